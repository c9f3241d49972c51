"""Dtype policies: which dtype layers compute in and keep their variables in."""

from keras.core.surface import surface as _surface
from keras.dtype_policies.policy import DTypePolicy as DTypePolicy
from keras.dtype_policies.policy import FloatDTypePolicy as FloatDTypePolicy
from keras.dtype_policies.policy import deserialize as deserialize
from keras.dtype_policies.policy import get as get
from keras.dtype_policies.policy import serialize as serialize
from keras.dtype_policies.policy_map import DTypePolicyMap as DTypePolicyMap
from keras.dtype_policies.quantized import AWQDTypePolicy as AWQDTypePolicy
from keras.dtype_policies.quantized import GPTQDTypePolicy as GPTQDTypePolicy
from keras.dtype_policies.quantized import Int4DTypePolicy as Int4DTypePolicy
from keras.dtype_policies.quantized import QuantizedDTypePolicy as QuantizedDTypePolicy
from keras.dtype_policies.quantized import (
    QuantizedFloat8DTypePolicy as QuantizedFloat8DTypePolicy,
)

__all__, __dir__ = _surface(globals())
