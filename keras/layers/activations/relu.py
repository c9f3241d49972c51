"""`ReLU`: the rectifier with its three options."""

from __future__ import annotations

from typing import Unpack

from keras import activations
from keras.core.facts import public_class
from keras.core.typing import Tensor
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
        given = {"negative_slope": negative_slope, "threshold": threshold}
        if max_value is not None:
            given["max_value"] = max_value
        for name, value in given.items():
            if value is None or value < 0:
                raise ValueError(
                    f"ReLU expects `{name}` to be 0 or more. Received: {name}={value}."
                )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The rectified inputs."""
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )
