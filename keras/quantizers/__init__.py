"""Numbers of few bits for weights and activations: `keras.quantizers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import CustomObjects, Identifier
from keras.quantizers.calibrated import AWQConfig as AWQConfig
from keras.quantizers.calibrated import GPTQConfig as GPTQConfig
from keras.quantizers.config import Float8QuantizationConfig as Float8QuantizationConfig
from keras.quantizers.config import Int4QuantizationConfig as Int4QuantizationConfig
from keras.quantizers.config import Int8QuantizationConfig as Int8QuantizationConfig
from keras.quantizers.config import QuantizationConfig as QuantizationConfig
from keras.quantizers.fake_quant import (
    fake_quant_with_min_max_vars as fake_quant_with_min_max_vars,
)
from keras.quantizers.float8 import (
    compute_float8_amax_history as compute_float8_amax_history,
)
from keras.quantizers.float8 import compute_float8_scale as compute_float8_scale
from keras.quantizers.float8 import quantize_and_dequantize as quantize_and_dequantize
from keras.quantizers.packing import pack_int4 as pack_int4
from keras.quantizers.packing import unpack_int4 as unpack_int4
from keras.quantizers.quantizer import AbsMaxQuantizer as AbsMaxQuantizer
from keras.quantizers.quantizer import Quantizer as Quantizer
from keras.quantizers.quantizer import abs_max_quantize as abs_max_quantize
from keras.quantizers.quantizer import (
    abs_max_quantize_grouped_with_zero_point as abs_max_quantize_grouped_with_zero_point,  # noqa: E501
)

abs_max_quantizer = AbsMaxQuantizer

_FAMILY = _Family("quantizer", "keras.quantizers", Quantizer)


def get(identifier: Identifier, **kwargs: Any) -> Callable[..., Any] | None:
    """A quantizer from a name, a config, a class or a callable.

    Args:
        identifier: None; a name such as `"abs_max_quantizer"`; a config; a `Quantizer`
            or other callable from a tensor to integers and their scale.
        **kwargs: arguments of the quantizer, where a name or a class is given.

    Returns:
        The quantizer, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> keras.quantizers.get("abs_max_quantizer", axis=-1).axis
    (-1,)
    """
    if kwargs:
        cls = _FAMILY.find(identifier) if isinstance(identifier, str) else identifier
        if isinstance(cls, type) and issubclass(cls, Quantizer):
            return cls(**kwargs)
    return _FAMILY.get(identifier)


def serialize(initializer: Quantizer) -> Any:
    """The config of a quantizer, as `deserialize` accepts it."""
    return _FAMILY.serialize(initializer)


def deserialize(config: Any, custom_objects: CustomObjects = None) -> Any:
    """The quantizer that a config stands for."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals())
