"""Tensors of the NumPy backend: conversion, shapes, dtypes, places."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from keras.backends import specs
from keras.backends.foreign import host_array
from keras.backends.numpy.gradients.traced import Traced, as_array, is_traced, primal
from keras.core import config, limits
from keras.core.dtypes import standardize_dtype
from keras.core.typing import DType, Structure, TensorLike

_NATIVE = {
    name: np.dtype(getattr(ml_dtypes, name))
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2")
}
mutable = True
tensor_types = (np.ndarray, Traced)
inexact = frozenset(
    map(np.dtype, ("float16", "float32", "float64", "complex64", "complex128"))
) | frozenset(_NATIVE.values())
_COMPLEX = frozenset(map(np.dtype, ("complex64", "complex128")))
floats = inexact - _COMPLEX
reals = floats | frozenset(map(np.dtype, ("bool", *np.typecodes["AllInteger"])))
wide = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))
# Logic takes all of these as they are: what is not zero is true.
boolean = wide | frozenset(
    map(np.dtype, ("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32"))
)
whole = frozenset(map(np.dtype, ("int32", "int64")))
joined: frozenset[Any] = frozenset()


def native_dtype(dtype: DType) -> np.dtype[Any]:
    """The NumPy dtype of a dtype name."""
    name = standardize_dtype(dtype)
    return _NATIVE.get(name) or np.dtype(name)


def is_tensor(x: TensorLike) -> bool:
    return isinstance(x, (np.ndarray, np.generic, Traced))


def shape_of(x: TensorLike) -> tuple[int | None, ...]:
    return x.shape


shape = shape_of


def dtype_of(x: TensorLike) -> str:
    return x.dtype.name


def convert_to_tensor(
    x: TensorLike, dtype: DType = None, sparse: bool | None = None
) -> Any:
    if sparse:
        raise ValueError("The numpy backend has no sparse tensors.")
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    wanted = None if dtype is None else native_dtype(dtype)
    if is_traced(x):
        return x if wanted is None else x.astype(wanted)
    array = host_array(x)
    if wanted is None and not hasattr(x, "dtype"):
        wanted = _default(array)
    # A copy, as elsewhere: whose array it is may write to it later.
    return np.array(array, wanted)


def _default(array: Any) -> Any:
    """Python floats become floatx, Python ints int32, complex numbers complex64."""
    if array.dtype.kind == "f":
        return native_dtype(config.floatx())
    if array.dtype.kind == "c":
        return np.dtype("complex64")
    if array.dtype.kind == "i":
        return np.dtype("int32")
    return None


def host_view(x: TensorLike) -> Any:
    return host_array(primal(x.value if hasattr(x, "_is_keras_variable") else x))


def cast(x: TensorLike, dtype: DType) -> Any:
    return as_array(x).astype(native_dtype(dtype), copy=False)


def borrow(x: np.ndarray, dtype: DType) -> Any:
    return x.astype(native_dtype(dtype), copy=False)


def own(x: TensorLike) -> Any:
    """A copy that nobody else can write to."""
    return np.array(primal(x))


def stop_gradient(x: TensorLike) -> Structure:
    return primal(x)


def synchronize(x: TensorLike) -> Any:
    """Waits until the value is there."""
    return x


def device_scope(name: str) -> contextlib.AbstractContextManager[Any]:
    if not name.startswith("cpu"):
        raise ValueError(
            f"The numpy backend has the device 'cpu' only. Received: {name!r}."
        )
    return contextlib.nullcontext()


def devices(kind: str | None = None) -> list[str]:
    """The names of the devices there are."""
    return ["cpu:0"] if kind in (None, "cpu") else []


def compute_output_spec(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Structure:
    """Runs the function on arrays of two different sizes for each unknown one."""
    return specs.by_running(function, args, kwargs, _ones)


def _ones(shape: tuple[int, ...], dtype: str) -> Any:
    limits.claim_run(shape, dtype)
    return np.ones(shape, native_dtype(dtype))
