"""`Rescaling`: inputs in another range, such as pixels from 0 to 1."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.config import image_data_format
from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.typing import Config, CustomObjects, Tensor, TensorLike
from keras.layers.options import AllLayerOptions
from keras.layers.preprocessing.data_layer import DataLayer


@public_class("keras.layers", pure=True)
class Rescaling(DataLayer):
    """`inputs * scale + offset`, as floats.

    Args:
        scale: a number, or one for each channel.
        offset: a number, or one for each channel.
        **kwargs: `name`, `dtype`, and `data_format`, which says where the channels
            are: see `Layer`.

    Inputs may be integers, as images are.

    Example:

    >>> import keras
    >>> layer = keras.layers.Rescaling(1 / 255)
    >>> float(layer(keras.ops.convert_to_tensor([255]))[0])
    1.0
    """

    def __init__(
        self,
        scale: TensorLike,
        offset: TensorLike = 0.0,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        data_format = kwargs.pop("data_format", None)
        super().__init__(**kwargs)
        self.data_format = data_format or image_data_format()
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: TensorLike) -> Tensor:
        """The rescaled inputs."""
        inputs = ops.cast(inputs, self.compute_dtype)
        scale, offset = (
            self._aligned(self.scale, inputs),
            self._aligned(self.offset, inputs),
        )
        return ops.add(ops.multiply(inputs, scale), offset)

    def get_config(self) -> Config:
        """The arguments; NumPy's numbers and arrays as Python's."""
        config = super().get_config()
        for name in ("scale", "offset"):
            value = getattr(self, name)
            config[name] = value.tolist() if hasattr(value, "tolist") else value
        return config

    @classmethod
    def from_config(cls, config: Config, custom_objects: CustomObjects = None) -> Any:
        """The layer of a config; `custom_objects` by name, besides those registered."""
        with CustomObjectScope(custom_objects):
            return super().from_config(config)

    def _aligned(self, value: Any, inputs: Tensor) -> Any:
        """Values of channels where the channels of the inputs are."""
        # By type first: of an open number, torch.compile cannot say what it has.
        if isinstance(value, (int, float)) or not hasattr(value, "__len__"):
            return value
        value = ops.cast(value, self.compute_dtype)
        if self.data_format == "channels_first" and len(value.shape) == 1:
            after = len(inputs.shape) - 2
            return ops.reshape(value, (-1, *(1,) * max(0, after)))
        return value
