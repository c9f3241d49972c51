"""Pooling over all spatial axes: one vector for each sample."""

from __future__ import annotations

from typing import Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Shape, Structure, Tensor, TensorLike
from keras.layers import arguments
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.ops.operation import infer_spec


class BaseGlobalPooling(Layer):
    """Base of layers that make one value of all places of a channel."""

    rank: int

    _has_nothing_to_build = True

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(self, data_format)
        self.keepdims = arguments.flag(self, "keepdims", keepdims)
        first = 1 if self.data_format == "channels_last" else 2
        self._axes = tuple(range(first, first + self.rank))
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_spec(self, inputs: TensorLike) -> Structure:
        """The shape of the output, and the dtype of the inputs."""
        return infer_spec(self.call, (inputs,), {})

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, channels)`, or with axes of size 1."""
        sizes = enumerate(input_shape)
        if self.keepdims:
            return tuple(1 if i in self._axes else n for i, n in sizes)
        return tuple(n for i, n in sizes if i not in self._axes)


class BaseGlobalAverage(BaseGlobalPooling):
    """The mean over all places."""

    def call(self, inputs: Tensor) -> Tensor:
        """The means, `(batch, channels)`."""
        empty = 0 in [inputs.shape[axis] for axis in self._axes]
        reduce = ops.sum if empty else ops.mean  # of no places: 0, as if masked
        return reduce(inputs, axis=self._axes, keepdims=self.keepdims)


class BaseGlobalMax(BaseGlobalPooling):
    """The largest value of all places."""

    def call(self, inputs: Tensor) -> Tensor:
        """The largest values, `(batch, channels)`."""
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


@public_class("keras.layers", pure=True)
class GlobalAveragePooling1D(BaseGlobalAverage):
    """The mean of each channel over all steps.

    Masked steps are left out.

    Args:
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        keepdims: whether to keep the spatial axes, with size 1.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, steps, channels)`, outputs `(batch, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.GlobalAveragePooling1D()
    >>> tuple(layer(keras.ops.ones((2, 8, 3))).shape)
    (2, 3)
    """

    rank = 1

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """The means, `(batch, channels)`, over the steps that are not masked."""
        if mask is None:
            return super().call(inputs)
        axis = self._axes[0]
        weights = ops.cast(ops.expand_dims(mask, 3 - axis), ops.dtype(inputs))
        total = ops.sum(ops.multiply(inputs, weights), axis, keepdims=self.keepdims)
        count = ops.sum(weights, axis, keepdims=self.keepdims)
        return ops.divide(total, ops.maximum(count, 1))  # of no steps: 0

    def compute_mask(self, inputs: Tensor, mask: TensorLike = None) -> None:
        """No mask: the steps are gone."""
        return None


@public_class("keras.layers", pure=True)
class GlobalAveragePooling2D(BaseGlobalAverage):
    """The mean of each channel over all places.

    Args:
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        keepdims: whether to keep the spatial axes, with size 1.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, height, width, channels)`, outputs `(batch, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.GlobalAveragePooling2D()
    >>> tuple(layer(keras.ops.ones((2, 8, 8, 3))).shape)
    (2, 3)
    """

    rank = 2


@public_class("keras.layers", pure=True)
class GlobalAveragePooling3D(BaseGlobalAverage):
    """The mean of each channel over all places.

    Args:
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        keepdims: whether to keep the spatial axes, with size 1.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, depth, height, width, channels)`, outputs `(batch, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.GlobalAveragePooling3D()
    >>> tuple(layer(keras.ops.ones((2, 4, 4, 4, 3))).shape)
    (2, 3)
    """

    rank = 3


@public_class("keras.layers", pure=True)
class GlobalMaxPooling1D(BaseGlobalMax):
    """The largest value of each channel over all steps.

    Args:
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        keepdims: whether to keep the spatial axes, with size 1.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, steps, channels)`, outputs `(batch, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.GlobalMaxPooling1D()
    >>> tuple(layer(keras.ops.ones((2, 8, 3))).shape)
    (2, 3)
    """

    rank = 1


@public_class("keras.layers", pure=True)
class GlobalMaxPooling2D(BaseGlobalMax):
    """The largest value of each channel over all places.

    Args:
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        keepdims: whether to keep the spatial axes, with size 1.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, height, width, channels)`, outputs `(batch, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.GlobalMaxPooling2D()
    >>> tuple(layer(keras.ops.ones((2, 8, 8, 3))).shape)
    (2, 3)
    """

    rank = 2


@public_class("keras.layers", pure=True)
class GlobalMaxPooling3D(BaseGlobalMax):
    """The largest value of each channel over all places.

    Args:
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        keepdims: whether to keep the spatial axes, with size 1.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, depth, height, width, channels)`, outputs `(batch, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.GlobalMaxPooling3D()
    >>> tuple(layer(keras.ops.ones((2, 4, 4, 4, 3))).shape)
    (2, 3)
    """

    rank = 3
