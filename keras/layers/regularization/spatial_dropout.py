"""`SpatialDropout1D`, `2D`, `3D`: whole channels are dropped."""

from __future__ import annotations

from keras import dtype_policies
from keras.core.facts import public_class
from keras.core.typing import Config, DType
from keras.layers import arguments
from keras.layers.input_spec import InputSpec
from keras.layers.regularization.dropout import Dropout


class BaseSpatialDropout(Dropout):
    """What dropping the channels of any number of spatial axes shares.

    Args:
        rate: the part of the channels to drop.
        rank: the number of spatial axes.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable noise.
        name: the name.
        dtype: a dtype or policy.
    """

    def __init__(
        self,
        rate: float,
        rank: int,
        data_format: str,
        seed: int | None,
        name: str | None,
        dtype: DType,
    ) -> None:
        last = data_format == "channels_last"
        places = (1,) * rank
        noise_shape = (None, *places, None) if last else (None, None, *places)
        super().__init__(rate, noise_shape, seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=rank + 2)

    def get_config(self) -> Config:
        """The arguments; a plain dtype policy by its name."""
        config = super().get_config()
        del config["trainable"]
        if type(self.dtype_policy) is dtype_policies.DTypePolicy:
            config["dtype"] = self.dtype_policy.name
        return config


@public_class("keras.layers", pure=True)
class SpatialDropout1D(BaseSpatialDropout):
    """In training, sets random channels of sequences to 0 and scales up the others.

    Neighbours in a sequence are alike, so that dropping single values would take
    little away.

    Source: Tompson et al., 2014 (https://arxiv.org/abs/1411.4280).

    Args:
        rate: the part of the channels to drop, from 0 to 1.
        seed: an integer for repeatable noise.
        name: the name; by default one made from the class's.
        dtype: a dtype or policy, by default the global policy.

    Inputs of shape `(batch, steps, channels)` give outputs of the same shape.

    Example:

    >>> import keras
    >>> y = keras.layers.SpatialDropout1D(0.5)(keras.ops.ones((1, 4, 2)), training=True)
    >>> bool(keras.ops.all(y[:, :1] == y))
    True
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(rate, 1, "channels_last", seed, name, dtype)


@public_class("keras.layers", pure=True)
class SpatialDropout2D(BaseSpatialDropout):
    """In training, sets random channels of images to 0 and scales up the others.

    Source: Tompson et al., 2014 (https://arxiv.org/abs/1411.4280).

    Args:
        rate: the part of the channels to drop, from 0 to 1.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        seed: an integer for repeatable noise.
        name: the name; by default one made from the class's.
        dtype: a dtype or policy, by default the global policy.

    Inputs `(batch, height, width, channels)` give outputs of the same shape; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 2))
    >>> y = keras.layers.SpatialDropout2D(0.5)(x, training=True)
    >>> bool(keras.ops.all(y[:, :1, :1] == y))
    True
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        data_format = arguments.data_format(self, data_format)
        super().__init__(rate, 2, data_format, seed, name, dtype)
        self.data_format = data_format


@public_class("keras.layers", pure=True)
class SpatialDropout3D(BaseSpatialDropout):
    """In training, sets random channels of volumes to 0 and scales up the others.

    Source: Tompson et al., 2014 (https://arxiv.org/abs/1411.4280).

    Args:
        rate: the part of the channels to drop, from 0 to 1.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        seed: an integer for repeatable noise.
        name: the name; by default one made from the class's.
        dtype: a dtype or policy, by default the global policy.

    Inputs `(batch, depth, height, width, channels)` give outputs of the same shape;
    with `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 2, 2, 2, 3))
    >>> y = keras.layers.SpatialDropout3D(0.5)(x, training=True)
    >>> bool(keras.ops.all(y[:, :1, :1, :1] == y))
    True
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        data_format = arguments.data_format(self, data_format)
        super().__init__(rate, 3, data_format, seed, name, dtype)
        self.data_format = data_format
