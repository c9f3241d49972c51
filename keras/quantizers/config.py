"""What a layer is to become: the configs that `quantize` takes."""

from __future__ import annotations

from typing import Any

from keras.core.config_reader import deserialize_keras_object
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.serialization import serialize_keras_object
from keras.core.typing import Config
from keras.quantizers.quantizer import AbsMaxQuantizer


@public_class("keras.quantizers")
class QuantizationConfig(Configurable):
    """Base class of the configs: a mode and the quantizers of weights and activations.

    Args:
        weight_quantizer: quantizer of the weights; None for the layer's own.
        activation_quantizer: quantizer of the inputs; None to leave them as they are.
    """

    def __init__(
        self, weight_quantizer: Any = None, activation_quantizer: Any = None
    ) -> None:
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """The mode, `"int8"` and the like."""
        raise NotImplementedError(
            f"{type(self).__name__} says no mode: use a class derived from "
            "QuantizationConfig, such as Int8QuantizationConfig."
        )

    def dtype_policy_string(self) -> str:
        """The mode with its settings, as dtype policies are named."""
        return self.mode

    def without_data(self) -> QuantizationConfig:
        """What a layer keeps: the config itself, unless it came with data."""
        return self

    @staticmethod
    def weight_quantizer_or_default(config: Any, default: Any) -> Any:
        """The config's quantizer of weights; the default where it has none."""
        chosen = None if config is None else config.weight_quantizer
        return default if chosen is None else chosen

    @staticmethod
    def activation_quantizer_or_default(config: Any, default: Any) -> Any:
        """The config's quantizer of inputs, which may be None; else the default."""
        return default if config is None else config.activation_quantizer

    def get_config(self) -> Config:
        """The arguments, with quantizers as plain data."""
        config = super().get_config()
        for name in ("weight_quantizer", "activation_quantizer"):
            if name in config:
                config[name] = serialize_keras_object(getattr(self, name))
        return config

    @classmethod
    def from_config(cls, config: Config) -> Any:
        """The config that `get_config` wrote."""
        config = dict(config)
        for name in ("weight_quantizer", "activation_quantizer"):
            if isinstance(config.get(name), dict):
                config[name] = deserialize_keras_object(config[name])
        return cls(**config)


class _OfIntegers(QuantizationConfig):
    def _check_quantizers(self) -> None:
        """Refuses quantizers that give anything but int8."""
        for name in ("weight_quantizer", "activation_quantizer"):
            quantizer = getattr(self, name)
            found = getattr(quantizer, "output_dtype", "int8")
            if quantizer is not None and (not callable(quantizer) or found != "int8"):
                raise ValueError(
                    f"{type(self).__name__} expects `{name}` to be a Quantizer with "
                    f"output_dtype='int8'. Received: {name}={quantizer!r}, with "
                    f"output_dtype={found!r}."
                )


@public_class("keras.quantizers")
class Int8QuantizationConfig(_OfIntegers):
    """Weights of 8 bits, and inputs that are rounded to 8 bits for the product.

    Args:
        weight_quantizer: quantizer of the weights; None for absolute maxima of each
            output channel.
        activation_quantizer: quantizer of the inputs. `"default"` is an
            `AbsMaxQuantizer`; None leaves inputs as they are: only weights are small.

    Example:

    >>> import keras
    >>> keras.quantizers.Int8QuantizationConfig().mode
    'int8'
    """

    def __init__(
        self, weight_quantizer: Any = None, activation_quantizer: Any = "default"
    ) -> None:
        if activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        self._check_quantizers()

    @property
    def mode(self) -> str:
        """`"int8"`."""
        return "int8"


@public_class("keras.quantizers")
class Int4QuantizationConfig(_OfIntegers):
    """Weights of 4 bits, two in a byte.

    Args:
        weight_quantizer: quantizer of the weights; None for absolute maxima. Only
            without blocks.
        activation_quantizer: quantizer of the inputs; `"default"` and None leave them
            as they are. Only without blocks.
        block_size: number of weights of an output channel that share a scale and a
            zero point; None or -1 for one scale of the channel, and no zero point.

    Example:

    >>> import keras
    >>> config = keras.quantizers.Int4QuantizationConfig(block_size=4)
    >>> config.dtype_policy_string()
    'int4/4'
    """

    def __init__(
        self,
        weight_quantizer: Any = None,
        activation_quantizer: Any = "default",
        block_size: int | None = 128,
    ) -> None:
        whole = block_size is None or block_size == -1
        if not whole and (type(block_size) is not int or block_size < 1):
            raise ValueError(
                "Int4QuantizationConfig expects `block_size` to be None, -1 or a "
                f"positive integer. Received: block_size={block_size!r}."
            )
        if activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        if not whole and (weight_quantizer or activation_quantizer):
            raise ValueError(
                "Int4QuantizationConfig takes quantizers only without blocks: set "
                f"`block_size=None`, or leave them out. Received: "
                f"block_size={block_size}, weight_quantizer={weight_quantizer!r}, "
                f"activation_quantizer={activation_quantizer!r}."
            )
        self.block_size = block_size
        self._check_quantizers()

    @property
    def mode(self) -> str:
        """`"int4"`."""
        return "int4"

    def dtype_policy_string(self) -> str:
        """`"int4/<block_size>"`, with -1 for whole channels."""
        return f"int4/{-1 if self.block_size is None else self.block_size}"


@public_class("keras.quantizers")
class Float8QuantizationConfig(QuantizationConfig):
    """Products of 8-bit floats, whose scales follow the values of the last steps.

    Example:

    >>> import keras
    >>> keras.quantizers.Float8QuantizationConfig().mode
    'float8'
    """

    def __init__(self) -> None:
        super().__init__()

    @property
    def mode(self) -> str:
        """`"float8"`."""
        return "float8"
