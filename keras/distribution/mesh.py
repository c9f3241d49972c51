"""`DeviceMesh`: devices in a grid whose axes have names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from keras.backends import current
from keras.core.facts import public_class
from keras.distribution.devices import list_devices


@public_class("keras.distribution", loadable=False)
class DeviceMesh:
    """A grid of devices, over whose axes tensors are split.

    Args:
        shape: the number of devices along each axis.
        axis_names: a name for each axis, such as `("batch", "model")`.
        devices: the devices, as `list_devices` names them; all by default.

    Raises:
        ValueError: if the names do not fit the shape, or the shape the devices.

    Example:

    >>> import keras
    >>> keras.distribution.DeviceMesh((1,), ("batch",), ["cpu:0"])
    <DeviceMesh shape=(1,), axis_names=('batch',)>
    """

    def __init__(
        self,
        shape: Sequence[int],
        axis_names: Sequence[str],
        devices: Any = None,
    ) -> None:
        if not shape or not axis_names:
            raise ValueError(
                "A DeviceMesh needs at least one axis. Received: "
                f"shape={shape}, axis_names={axis_names}."
            )
        if len(shape) != len(axis_names):
            raise ValueError(
                "A DeviceMesh needs a name for each axis of its shape. Received: "
                f"shape={shape}, axis_names={axis_names}."
            )
        if len(set(axis_names)) < len(axis_names):
            raise ValueError(
                "Each axis of a DeviceMesh needs a name of its own. Received: "
                f"axis_names={axis_names}."
            )
        names = np.array(list_devices() if devices is None else devices)
        if np.prod(shape) != names.size:
            raise ValueError(
                f"A DeviceMesh of shape {tuple(shape)} needs {np.prod(shape)} devices. "
                f"There are {names.size}: {', '.join(map(str, names.ravel()[:16]))}. "
                "Choose a shape whose product is their number, or pass `devices`."
            )
        self._shape = tuple(int(size) for size in shape)
        self._axis_names = axis_names
        self._devices = names.reshape(self._shape)
        self._backend = current()

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of devices along each axis."""
        return self._shape

    @property
    def axis_names(self) -> Sequence[str]:
        """The names of the axes."""
        return self._axis_names

    @property
    def devices(self) -> np.ndarray:
        """The names of the devices, in an array of the mesh's shape."""
        return self._devices

    @property
    def backend(self) -> Any:
        """The backend whose devices these are."""
        return self._backend

    @cached_property
    def backend_mesh(self) -> Any:
        """The framework's own mesh: a `jax.sharding.Mesh` or torch's `DeviceMesh`."""
        return self._backend.distribution.mesh(
            self._shape, tuple(self._axis_names), self._devices
        )

    def size_of(self, axis: Any) -> int:
        """The number of devices along an axis; along several, their product."""
        if axis is None:
            return 1
        if isinstance(axis, tuple):
            return int(np.prod([self.size_of(each) for each in axis]))
        return self._shape[list(self._axis_names).index(axis)]

    def __repr__(self) -> str:
        return f"<DeviceMesh shape={self._shape}, axis_names={self._axis_names}>"
