"""What pooling over any number of spatial axes shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from keras.core.typing import Sizes, Tensor
from keras.layers import arguments
from keras.layers.arguments import integers, one_of
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


class BasePooling(Layer):
    """Base of layers that make one value of each window.

    Subclasses say over how many axes, `rank`, and with which op, `pool`.
    """

    rank: int
    pool: Callable[..., Tensor]

    _has_nothing_to_build = True

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = integers(self, "pool_size", pool_size, self.rank)
        strides = self.pool_size if strides is None else strides
        self.strides = integers(self, "strides", strides, self.rank)
        padding = str(padding).lower()
        self.padding = one_of(self, "padding", padding, ("valid", "same"))
        self.data_format = arguments.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:
        """The pooled inputs."""
        return type(self).pool(
            inputs, self.pool_size, self.strides, self.padding, self.data_format
        )
