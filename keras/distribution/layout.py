"""`TensorLayout`: which dimension of a tensor is split over which axis of a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.distribution.mesh import DeviceMesh


@public_class("keras.distribution", loadable=False)
class TensorLayout:
    """How a tensor lies on a mesh.

    Args:
        axes: for each dimension the name of the mesh axis that it is split over, a
            tuple of several, or None for whole.
        device_mesh: the mesh; it can be set later, once.

    Raises:
        ValueError: if the mesh has no axis of such a name, or one is used twice.

    Example:

    >>> import keras
    >>> mesh = keras.distribution.DeviceMesh((1,), ("model",), ["cpu:0"])
    >>> keras.distribution.TensorLayout((None, "model"), mesh).axes
    (None, 'model')
    """

    def __init__(
        self, axes: Sequence[Any], device_mesh: DeviceMesh | None = None
    ) -> None:
        self._axes = tuple(axes)
        self._device_mesh = device_mesh
        self._check_axes()

    @property
    def axes(self) -> tuple[Any, ...]:
        """The mesh axis of each dimension."""
        return self._axes

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, device_mesh: DeviceMesh) -> None:
        if self._device_mesh is not None:
            raise ValueError(
                f"The mesh of {self!r} is set already and cannot be replaced. Make "
                "another TensorLayout for another mesh."
            )
        self._device_mesh = device_mesh
        self._check_axes()

    @cached_property
    def backend_layout(self) -> Any:
        """What the framework calls a layout: a `NamedSharding`, or DTensor placements.

        Raises:
            ValueError: while there is no mesh.
        """
        mesh = self.mesh
        return mesh.backend.distribution.layout(mesh, self._axes)

    @property
    def mesh(self) -> DeviceMesh:
        """The mesh, which must be there."""
        if self._device_mesh is None:
            raise ValueError(
                f"{self!r} has no mesh yet. Pass `device_mesh`, or put the layout into "
                "a LayoutMap, which has one."
            )
        return self._device_mesh

    @property
    def is_split(self) -> bool:
        """Whether a device may hold less than the whole."""
        return any(self.mesh.size_of(axis) > 1 for axis in self._axes)

    def local_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape that one device holds of a tensor of this shape."""
        sizes = [self.mesh.size_of(axis) for axis in self._axes]
        sizes += [1] * (len(shape) - len(sizes))
        return tuple(size // by for size, by in zip(shape, sizes, strict=True))

    def check(self, shape: Sequence[int], what: str) -> None:
        """Raises an error that names `what` if a tensor of this shape cannot lie so."""
        mesh = self.mesh
        if len(self._axes) > len(shape):
            raise ValueError(
                f"{what} has shape {tuple(shape)}, but its layout {self._axes} is "
                f"for {len(self._axes)} dimensions. Give one axis, or None, for each."
            )
        for dimension, axis in enumerate(self._axes):
            parts = mesh.size_of(axis)
            if shape[dimension] % parts:
                raise ValueError(
                    f"{what} has shape {tuple(shape)}: dimension {dimension}, of size "
                    f"{shape[dimension]}, does not divide into {parts} parts along "
                    f"the mesh axis {axis!r}. Its layout is {self._axes} on the mesh "
                    f"{dict(zip(mesh.axis_names, mesh.shape, strict=True))}. Choose a "
                    f"size that is a multiple of {parts}, or None in its place."
                )

    def _check_axes(self) -> None:
        if self._device_mesh is None:
            return
        flat: list[Any] = []
        for axis in self._axes:
            flat.extend(axis if isinstance(axis, tuple) else (axis,))
        used = [axis for axis in flat if axis is not None]
        known = list(self._device_mesh.axis_names)
        unknown = [axis for axis in used if axis not in known]
        if unknown:
            raise ValueError(
                f"The layout {self._axes} names axes that the mesh lacks: {unknown}. "
                f"Its axes: {known}."
            )
        if len(set(used)) < len(used):
            raise ValueError(
                f"The layout {self._axes} splits two dimensions over one mesh axis. "
                "Each axis can split one dimension only."
            )

    def __repr__(self) -> str:
        return f"<TensorLayout axes={self._axes}, device_mesh={self._device_mesh}>"


def distribute_tensor(tensor: Any, layout: TensorLayout) -> Tensor:
    """A tensor, laid out over a mesh.

    Args:
        tensor: a tensor or array, of any shape that the layout divides.
        layout: the layout. Inside `keras.jit` it becomes a constraint on the compiler.

    Returns:
        The tensor of the mesh's backend, each device with its part.

    Raises:
        ValueError: if the layout does not fit the shape.
    """
    if not isinstance(layout, TensorLayout):
        raise ValueError(
            "`layout` must be a keras.distribution.TensorLayout. Received: "
            f"{layout!r} of type {type(layout).__name__}."
        )
    backend = layout.mesh.backend
    shape = getattr(tensor, "shape", None)
    if shape is None:
        tensor = backend.convert_to_tensor(tensor)
        shape = tensor.shape
    layout.check(tuple(shape), "The tensor")
    return backend.distribution.distribute_value(tensor, layout)
