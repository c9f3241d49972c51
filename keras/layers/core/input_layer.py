"""`Input` and `InputLayer`: where the graph of a functional model begins."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from keras.core import config as settings
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor, standardize_shape
from keras.core.typing import Config, DType, ShapeLike, TensorLike
from keras.layers.declared import Declared
from keras.layers.layer import Layer
from keras.ops.operation import Node

if TYPE_CHECKING:
    from keras.backends.backend import Backend


@public_class("keras.layers", pure=True)
class InputLayer(Layer):
    """The layer behind `keras.Input`: it brings a tensor into a model.

    Args:
        shape: shape of one sample, `(features,)`; None stands for any size.
        batch_size: size of the batch, None for any.
        dtype: dtype of the values; `floatx()` by default.
        sparse: whether the input is sparse.
        ragged: whether the input is ragged.
        batch_shape: shape with the batch axis, instead of `shape` and `batch_size`.
        input_tensor: a KerasTensor to stand for the input.
        optional: whether the model may be called with None in its place.
        name: name of the layer, and of the input.

    Example:

    >>> import keras
    >>> layer = keras.layers.InputLayer(shape=(3,), name="features")
    >>> layer.output.shape
    (None, 3)
    """

    _is_input = True

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: DType = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Spellings of Keras 2.
        if "input_shape" in kwargs:
            warnings.warn(
                "The argument `input_shape` of InputLayer is called `shape` now.",
                stacklevel=2,
            )
            shape = kwargs.pop("input_shape")
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        super().__init__(name=name, **kwargs)
        if input_tensor is None:
            batch_shape = _batch_shape(shape, batch_size, batch_shape)
            dtype = _dtype(dtype)
        else:
            _check_tensor(input_tensor)
            _check_same(
                input_tensor, shape, batch_size, batch_shape, dtype, sparse, ragged
            )
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
            sparse, ragged = input_tensor.sparse, input_tensor.ragged
        _check_layouts(self._keras_backend, sparse=sparse, ragged=ragged)
        self.batch_shape = tuple(batch_shape)
        self._tensor_dtype = dtype
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.optional = optional
        output = input_tensor
        if output is None:
            output = KerasTensor(
                self.batch_shape, dtype, self.sparse, self.ragged, name=self.name
            )
        Node(self, (), {}, output)
        self.built = True

    batch_shape = Declared()

    @property
    def dtype(self) -> str:
        """The dtype of the input."""
        return self._tensor_dtype

    @property
    def output(self) -> Any:
        """The KerasTensor that stands for the input."""
        return self._inbound_nodes[0].outputs[0]

    def _take_dtype(self, dtype: str) -> None:
        """Float values are brought in as the layers after it take them."""
        super()._take_dtype(dtype)
        if dtypes.is_float(self._tensor_dtype):
            self._tensor_dtype = self.output._dtype = dtype

    def call(self) -> None:
        """Nothing to compute: the model hands in the value."""

    def get_config(self) -> Config:
        """Shape, dtype and name of the input."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self._tensor_dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config: Config) -> InputLayer:
        """The input layer of a config."""
        return cls(**config)


def _batch_shape(
    shape: Any, batch_size: int | None, batch_shape: Any
) -> tuple[Any, ...]:
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            "Input needs either `shape` (without batch axis) or `batch_shape` (with "
            f"it). Received: shape={shape!r}, batch_shape={batch_shape!r}."
        )
    if batch_shape is not None:
        if batch_size is not None:
            raise ValueError(
                "`batch_shape` already says the batch size: leave `batch_size` out. "
                f"Received: batch_size={batch_size!r}, batch_shape={batch_shape!r}."
            )
        return _checked("batch_shape", batch_shape)
    return (*_checked("batch_size", (batch_size,)), *_checked("shape", shape))


def _checked(argument: str, shape: ShapeLike) -> tuple[Any, ...]:
    if isinstance(shape, int):
        raise ValueError(
            f"`{argument}` of Input must be a tuple. Received: {argument}={shape}. "
            f"Did you mean {argument}=({shape},)?"
        )
    try:
        return standardize_shape(shape)
    except ValueError as error:
        raise ValueError(
            f"Sizes in `{argument}` of Input must be None or 0 and more, and whole "
            f"numbers. Received: {argument}={shape!r}."
        ) from error


def _dtype(dtype: DType) -> str:
    if dtype is None:
        return settings.floatx()
    if isinstance(dtype, dict):  # a serialized policy, in files of some versions
        dtype = dtype.get("config", {}).get("name", settings.floatx())
    return dtypes.standardize_dtype(getattr(dtype, "compute_dtype", dtype))


def _check_tensor(tensor: TensorLike) -> None:
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            "The tensor that Input wraps must be a KerasTensor, such as the output of "
            f"a layer called on keras.Input. Received: {type(tensor).__name__}. "
            "Call the model on other tensors instead."
        )


def _check_same(
    tensor: KerasTensor,
    shape: Any,
    batch_size: int | None,
    batch_shape: Any,
    dtype: DType,
    sparse: bool | None,
    ragged: bool | None,
) -> None:
    """Compares what is said of a tensor with the tensor."""
    said = {
        "shape": None if shape is None else (tuple(shape), tensor.shape[1:]),
        "batch_size": None if batch_size is None else (batch_size, tensor.shape[0]),
        "batch_shape": None
        if batch_shape is None
        else (tuple(batch_shape), tensor.shape),
        "dtype": None if dtype is None else (_dtype(dtype), tensor.dtype),
        "sparse": None if sparse is None else (bool(sparse), tensor.sparse),
        "ragged": None if ragged is None else (bool(ragged), tensor.ragged),
    }
    for argument, pair in said.items():
        if pair is not None and pair[0] != pair[1]:
            raise ValueError(
                f"`{argument}` of Input contradicts the tensor that it wraps, which "
                f"has {pair[1]!r}. Leave `{argument}` out. Received: "
                f"{argument}={pair[0]!r}, tensor={tensor!r}."
            )


def _check_layouts(backend: Backend, **wanted: bool | None) -> None:
    """Whether the backend has such tensors."""
    for layout, is_wanted in wanted.items():
        if is_wanted and layout not in backend.layouts:
            raise ValueError(
                f"The {backend.name} backend has no {layout} tensors. Leave "
                f"`{layout}` out and pass dense ones, or use another backend. "
                f"Received: {layout}=True."
            )


def Input(
    shape: ShapeLike | None = None,
    batch_size: int | None = None,
    dtype: DType = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: TensorLike = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbolic tensor that a functional model begins with.

    Args:
        shape: shape of one sample, without batch axis; None stands for any size.
        batch_size: size of the batch, None for any.
        dtype: dtype of the values, `"float32"`, `"int32"`, `"string"`, ...;
            `floatx()` by default.
        sparse: whether the input is sparse.
        ragged: whether the input is ragged.
        batch_shape: shape with the batch axis, instead of `shape` and `batch_size`.
        name: name of the input; made up by default.
        tensor: a KerasTensor to make an input of.
        optional: whether the model may be called with None in its place.

    Returns:
        A KerasTensor of shape `(batch_size, *shape)`.

    Raises:
        ValueError: if neither or both of `shape` and `batch_shape` are given, an
            argument contradicts `tensor`, or the backend has no such tensors.

    Example:

    >>> import keras
    >>> keras.Input((28, 28, 1)).shape
    (None, 28, 28, 1)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
