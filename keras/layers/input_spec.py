"""InputSpec: what a layer expects of an input, checked before `call`."""

from __future__ import annotations

from typing import Any

from keras.core import tree
from keras.core.dtypes import standardize_dtype
from keras.core.errors import OpError, TensorTypeError, brief
from keras.core.facts import public_class
from keras.core.keras_tensor import standardize_shape
from keras.core.typing import DType, ShapeLike, Structure, TensorLike
from keras.layers.arguments import class_name


@public_class("keras.layers")
class InputSpec:
    """The rank, shape and dtype that a layer accepts.

    Args:
        dtype: dtype name.
        shape: `(batch, ...)`, None for any size.
        ndim: the exact rank.
        max_ndim: the largest rank.
        min_ndim: the smallest rank.
        axes: sizes of single axes, such as `{-1: 64}`.
        allow_last_axis_squeeze: whether a last axis of size 1 may lack or be extra.
        name: the name of the input, for dicts.
        optional: whether None is accepted.

    Example:

    >>> import keras
    >>> keras.InputSpec(min_ndim=2, axes={-1: 8})
    InputSpec(min_ndim=2, axes={-1: 8})
    """

    def __init__(
        self,
        dtype: DType = None,
        shape: ShapeLike | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else standardize_shape(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = _axes(axes or {})
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional
        highest = self.ndim or self.max_ndim
        if highest and any(not -highest <= axis < highest for axis in self.axes):
            raise ValueError(
                f"`axes` of an InputSpec of rank {highest} must lie between {-highest} "
                f"and {highest - 1}. Received: axes={self.axes}."
            )

    def __repr__(self) -> str:
        shown = {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": None if self.shape else self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes or None,
        }
        parts = [f"{k}={v}" for k, v in shown.items() if v is not None]
        return f"InputSpec({', '.join(parts)})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal spec."""
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec of a config."""
        return cls(**config)

    def problem(self, shape: tuple[Any, ...]) -> str | None:
        """What is wrong with an input of this shape, or None."""
        rank = len(shape)
        if self.shape is not None and self.allow_last_axis_squeeze:
            shape, rank = self._squeezed(shape)
        if self.ndim is not None and rank != self.ndim:
            return f"expected rank {self.ndim}, got rank {rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected rank {self.min_ndim} or more, got rank {rank}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected rank {self.max_ndim} or less, got rank {rank}"
        for axis, size in self.axes.items():
            if not -rank <= axis < rank:
                return f"expected an axis {axis}, got rank {rank}"
            if size is not None and shape[axis] not in (size, None):
                return f"expected size {size} on axis {axis}, got {shape[axis]}"
        if self.shape is not None:
            for axis, (want, have) in enumerate(zip(self.shape, shape, strict=False)):
                if want is not None and have is not None and want != have:
                    return (
                        f"expected shape {self.shape}, which has size {want} on axis "
                        f"{axis}, got {have}"
                    )
        return None

    def _squeezed(self, shape: tuple[Any, ...]) -> tuple[tuple[Any, ...], int]:
        wanted: tuple[Any, ...] = self.shape or ()
        if len(shape) == len(wanted) + 1 and shape[-1] == 1:
            shape = shape[:-1]
        elif len(shape) + 1 == len(wanted) and wanted[-1] == 1:
            shape = (*shape, 1)
        return shape, len(shape)


def _axes(given: Any) -> dict[int, Any]:
    """Sizes by axis; of a file, axes are strings."""
    try:
        return {int(axis): size for axis, size in given.items()}
    except (AttributeError, TypeError, ValueError):
        raise ValueError(
            "InputSpec expects `axes` to be a dict of sizes by axis, as {-1: 64}. "
            f"Received: axes={given!r}."
        ) from None


def check_inputs(input_spec: Any, inputs: TensorLike, layer: Any) -> None:
    """Checks inputs against the spec(s) of a layer.

    Raises:
        ValueError: naming the layer, what it expects and what it got.
    """
    specs = tree.flatten(input_spec)
    if isinstance(inputs, dict) and all(spec.name for spec in specs):
        missing = [spec.name for spec in specs if spec.name not in inputs]
        if missing:
            raise ValueError(
                f"{describe(layer)} misses the input(s) {missing}. "
                f"Received the keys {sorted(inputs)}."
            )
        values = [inputs[spec.name] for spec in specs]
    else:
        values = tree.flatten(inputs)
    if len(values) != len(specs):
        raise ValueError(
            f"{describe(layer)} expects {len(specs)} input(s), but it received "
            f"{len(values)}: shapes {[getattr(v, 'shape', None) for v in values]}."
        )
    for index, (spec, value) in enumerate(zip(specs, values, strict=True)):
        if spec is not None and not (value is None and spec.optional):
            check_input(spec, value, layer, str(index))


def check_input(spec: InputSpec, value: TensorLike, layer: Any, which: str) -> None:
    """Checks one input of a layer; `which` is its number, or its name in quotes.

    Raises:
        ValueError: naming the layer, what it expects and what it got.
    """
    shape = getattr(value, "shape", None)
    if shape is None:
        raise ValueError(
            f"{describe(layer)} expects a tensor as input {which}. "
            f"Received: {value!r} of type {type(value).__name__}."
        )
    problem = spec.problem(tuple(shape))
    if problem:
        raise ValueError(
            f"Input {which} of {describe(layer)} does not fit: {problem}. "
            f"Full shape received: {tuple(shape)}. {_way_out(spec, shape)}"
        )


def refuse_structure(layer: Any, first: Any) -> None:
    """Says of a layer of one tensor that it was given none, or a structure of them.

    Raises:
        ValueError: if what it was given has no shape, and is no list of numbers or
            strings for a layer that takes them.
    """
    if hasattr(first, "shape"):
        return
    plan = layer._keras_plan
    if not (first is None or isinstance(first, dict) or plan.builds_from_one):
        # With no weights to make, a list of numbers will do, as for an op.
        leaves = tree.flatten(first)
        if plan.takes_numbers or not any(hasattr(x, "shape") for x in leaves):
            return
    raise ValueError(
        f"{describe(layer)} expects one tensor or array. Received: {brief(first)} of "
        f"type {type(first).__name__}. `keras.ops.convert_to_tensor` makes one of "
        "numbers; of several tensors keras.layers.Concatenate or keras.ops.stack makes "
        "one."
    )


def refuse_complex(inputs: Structure) -> None:
    """Says of complex numbers that a layer computes with real ones.

    Raises:
        TensorTypeError: before a cast loses the imaginary part in silence.
    """
    for x in tree.flatten(inputs):
        if "complex" in str(getattr(x, "dtype", "")):
            raise TensorTypeError(
                "Complex numbers would lose their imaginary part here. Received: a "
                f"tensor of shape {tuple(x.shape)} and dtype "
                f"{standardize_dtype(x.dtype)}. Pass `keras.ops.real(x)`, or both "
                "parts side by side: "
                "`keras.ops.concatenate([keras.ops.real(x), keras.ops.imag(x)], -1)`."
            )


def _way_out(spec: InputSpec, shape: ShapeLike) -> str:
    least = spec.ndim or spec.min_ndim or 0
    if len(shape) == least - 1:
        return (
            "The first axis is the batch: add it to a single sample with "
            "`keras.ops.expand_dims(x, 0)`, or give the missing axis otherwise."
        )
    if len(shape) < least or (spec.ndim is not None and len(shape) > spec.ndim):
        return "`keras.ops.reshape` brings the data to the rank that is expected."
    return (
        "Layers keep the sizes that they were built with: make the data fit, or make "
        "a new layer for data of this shape."
    )


def describe(layer: Any) -> str:
    """How errors name a layer."""
    return f"{class_name(layer)} layer {layer.name!r}"


def name_layer(error: OpError, layer: Any, inputs: Structure) -> None:
    """Adds to an op's error the layer that it ended, and the shapes of its inputs.

    It is the innermost one: the layers around it leave the error as it is.
    """
    if error.layer is None:
        error.layer = layer.name
        shapes = [tuple(x.shape) for x in tree.flatten(inputs) if hasattr(x, "shape")]
        received = ", ".join(map(str, shapes))
        error.args = (
            f"{error} This is in {describe(layer)}, called on shapes: {received}.",
        )
