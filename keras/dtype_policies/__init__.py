"""Dtype policies: which dtype layers compute in and keep their variables in."""

from keras.dtype_policies.policy import DTypePolicy as DTypePolicy
from keras.dtype_policies.policy import FloatDTypePolicy as FloatDTypePolicy
from keras.dtype_policies.policy import deserialize as deserialize
from keras.dtype_policies.policy import get as get
from keras.dtype_policies.policy import serialize as serialize
