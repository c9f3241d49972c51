"""`Masking`: tells later layers which time steps to skip."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Tensor, TensorLike
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Masking(Layer):
    """Masks time steps whose features all equal a value, and sets them to 0.

    Args:
        mask_value: the value that marks padding.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs and outputs are `(batch, time, features)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Masking(mask_value=0.0)
    >>> mask = layer.compute_mask(keras.ops.convert_to_tensor([[[1.0], [0.0]]]))
    >>> keras.ops.convert_to_numpy(mask).tolist()
    [[True, False]]
    """

    _has_nothing_to_build = True

    def __init__(
        self, mask_value: float = 0.0, **kwargs: Unpack[AllLayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        # A tensor scalar occurs in files of Keras 2.
        if isinstance(mask_value, dict) and "config" in mask_value:
            mask_value = mask_value["config"]["value"]
        if np.asarray(mask_value).dtype.kind not in "biuf":
            raise ValueError(
                "Masking expects `mask_value` to be a number, or one for each feature. "
                f"Received: mask_value={mask_value!r}."
            )
        self.mask_value = mask_value
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, mask: TensorLike = None) -> Tensor:
        """`(batch, time)` booleans, False for padding."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with zeros for padding."""
        seen = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.multiply(inputs, ops.cast(seen, ops.dtype(inputs)))
