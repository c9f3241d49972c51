"""`ReLU`: the rectifier with its three options."""

from __future__ import annotations

from typing import Unpack

from keras import activations
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import number
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class ReLU(Layer):
    """Rectifier: `x` above the threshold, `negative_slope * (x - threshold)` below.

    Args:
        max_value: the largest output, 0 or more; None for no limit.
        negative_slope: slope below the threshold, 0 or more.
        threshold: where the slope changes, 0 or more.
        **kwargs: `name`, `dtype`: see `Layer`.

    Raises:
        ValueError: if an argument is negative.

    Example:

    >>> import keras
    >>> layer = keras.layers.ReLU(max_value=6)
    >>> keras.ops.convert_to_numpy(layer([-1.0, 2.0, 9.0])).tolist()
    [0.0, 2.0, 6.0]
    """

    _has_nothing_to_build = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None:
            max_value = number(self, "max_value", max_value, least=0)
        self.max_value = max_value
        self.negative_slope = number(self, "negative_slope", negative_slope, least=0)
        self.threshold = number(self, "threshold", threshold, least=0)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The rectified inputs."""
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )
