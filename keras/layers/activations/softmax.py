"""`Softmax`: probabilities from logits, leaving masked places out."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import axes
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Softmax(Layer):
    """Softmax along one or more axes.

    Args:
        axis: the axis or axes over which the outputs sum to 1; None for all.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`; `mask`, booleans that broadcast to the inputs, False for
    places to leave out.

    Example:

    >>> import keras
    >>> layer = keras.layers.Softmax()
    >>> keras.ops.convert_to_numpy(layer([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """

    _has_nothing_to_build = True

    def __init__(self, axis: Any = -1, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = None if axis is None else axes(self, "axis", axis)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """The probabilities; 0 where the mask is False."""
        if mask is None:
            return self._softmax(inputs)
        self._check_mask(tuple(inputs.shape), tuple(mask.shape))
        mask = ops.cast(mask, "bool")
        # Finite, so that a row without any place left gives no NaN.
        far = -3e4 if ops.dtype(inputs) == "float16" else -1e9
        outputs = self._softmax(ops.where(mask, inputs, far))
        return ops.where(mask, outputs, 0.0)

    def _check_mask(self, shape: tuple[Any, ...], mask: tuple[Any, ...]) -> None:
        pairs = zip(reversed(shape), reversed(mask), strict=False)
        differs = any(other not in (1, None, size) and size for size, other in pairs)
        if differs or len(mask) > len(shape):
            raise ValueError(
                f"The mask of {self.name} (Softmax) must broadcast to its inputs. "
                f"Received: a mask of shape {mask} for inputs of shape {shape}. A mask "
                "of fewer axes needs axes of size 1 for the others."
            )

    def _softmax(self, inputs: Tensor) -> Tensor:
        if not isinstance(self.axis, list):
            return ops.softmax(inputs, axis=self.axis)
        if len(self.axis) == 1:
            return ops.softmax(inputs, axis=self.axis[0])
        total = ops.logsumexp(inputs, axis=tuple(self.axis), keepdims=True)
        return ops.exp(ops.subtract(inputs, total))
