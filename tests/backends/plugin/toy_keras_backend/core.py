"""Tensors: what they are, where they come from, and their dtypes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.backends import specs
from keras.backends.foreign import host_array
from keras.core import config
from keras.core.dtypes import standardize_dtype
from toy_keras_backend.tensor import ToyTensor

tensor_types = (ToyTensor,)
mutable = False

# The dtypes that ops hand over as they are; see the contract.
floats = frozenset(map(np.dtype, ("float16", "float32", "float64")))
inexact = floats
reals = floats | frozenset(map(np.dtype, ("bool", "uint8", "int32", "int64")))
wide = frozenset(map(np.dtype, ("float32", "float64")))
boolean = frozenset((np.dtype("bool"),))
whole = frozenset(map(np.dtype, ("int32", "int64")))
joined: frozenset[Any] = frozenset()


def native_dtype(dtype: Any) -> Any:
    return np.dtype(standardize_dtype(dtype))


def canonical_dtype(dtype: str) -> str:
    return dtype


def promotes(x1: Any, x2: Any) -> bool:
    return False


def is_tensor(x: Any) -> bool:
    return isinstance(x, ToyTensor)


def is_sparse(x: Any) -> bool:
    return False


def shape_of(x: Any) -> tuple[int, ...]:
    return x.shape


shape = shape_of


def dtype_of(x: Any) -> str:
    return x.dtype.name


def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None) -> Any:
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    if isinstance(x, ToyTensor):
        return x if dtype is None else cast(x, dtype)
    array = host_array(x)
    if dtype is None and not hasattr(x, "dtype"):
        dtype = {"f": config.floatx(), "i": "int32"}.get(array.dtype.kind)
    return ToyTensor(np.array(array, None if dtype is None else native_dtype(dtype)))


def host_view(x: Any) -> Any:
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    return x.array if isinstance(x, ToyTensor) else host_array(x)


def convert_to_numpy(x: Any) -> Any:
    return np.array(host_view(x))


def cast(x: Any, dtype: Any) -> Any:
    return ToyTensor(x.array.astype(native_dtype(dtype)))


def own(x: Any) -> Any:
    return ToyTensor(x.array.copy())


def stop_gradient(x: Any) -> Any:
    return x


def synchronize(x: Any) -> Any:
    return x


def in_trace() -> bool:
    return False


def eager_scope() -> contextlib.AbstractContextManager[Any]:
    return contextlib.nullcontext()


def device_scope(name: str) -> contextlib.AbstractContextManager[Any]:
    return contextlib.nullcontext()


def devices(kind: str | None = None) -> list[str]:
    return ["cpu:0"]


def sum_over_replicas(x: Any) -> Any:
    return x


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def compute_output_spec(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    def ones(shape: Any, dtype: str) -> Any:
        return ToyTensor(np.ones(shape, native_dtype(dtype)))

    return specs.by_running(function, args, kwargs, ones)
