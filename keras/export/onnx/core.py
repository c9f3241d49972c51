"""Values of the ONNX backend: conversion, shapes, dtypes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.backends import load
from keras.core.dtypes import standardize_dtype
from keras.core.typing import DType, Structure, TensorLike
from keras.export.onnx.graph import Value, constant, emit, in_order, size

mutable = False
tensor_types = (Value,)
floats = frozenset(("float16", "float32", "float64", "bfloat16"))
inexact = floats | {"complex64", "complex128"}
reals = floats | {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
}  # fmt: skip
wide = frozenset(("float32", "float64"))
boolean = frozenset(("bool",))
whole = frozenset(("int32", "int64"))
joined: frozenset[Any] = frozenset()


def native_dtype(dtype: DType) -> str:
    return standardize_dtype(dtype)


def is_tensor(x: TensorLike) -> bool:
    return isinstance(x, Value)


def shape_of(x: Value) -> tuple[int | None, ...]:
    return x.shape


def shape(x: Value) -> tuple[Any, ...]:
    return tuple(size(x, axis) for axis in range(x.ndim))


def dtype_of(x: Value) -> str:
    return x.dtype


def convert_to_tensor(
    x: TensorLike, dtype: DType = None, sparse: bool | None = None
) -> Any:
    if sparse:
        raise ValueError("The ONNX backend has no sparse tensors.")
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    if isinstance(x, Value):
        return x if dtype is None else cast(x, dtype)
    if type(x) in (list, tuple) and any(isinstance(v, Value) for v in x):
        from keras.ops.joining import stack  # ops ask this backend, which ops load

        return stack([convert_to_tensor(v, dtype) for v in x])
    return constant(load("numpy").convert_to_tensor(x, dtype))


def convert_to_numpy(x: TensorLike) -> Any:
    return np.array(x)


def host_view(x: TensorLike) -> Any:
    return np.asarray(x)


def own(x: TensorLike) -> Any:
    return x


def cast(x: Value, dtype: DType) -> Value:
    wanted = standardize_dtype(dtype)
    if x.dtype == wanted:
        return x
    if x.base is not None:
        return in_order(cast(x.base, wanted), x.order)
    return emit("Cast", x, to=wanted, shape=x.shape, dtype=wanted)


def stop_gradient(variable: Value) -> Value:
    return variable


def copy(x: Value) -> Value:
    return x


def synchronize(x: TensorLike) -> Any:
    return x


def in_trace() -> bool:
    return True


def is_traced(x: TensorLike) -> bool:
    return isinstance(x, Value) and not x.is_constant


def device_scope(name: str) -> contextlib.AbstractContextManager[Any]:
    return contextlib.nullcontext()


def devices(kind: str | None = None) -> list[str]:
    return []


def sum_over_replicas(x: TensorLike) -> Any:
    return x


def compute_output_spec(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Structure:
    raise TypeError(
        "A layer's outputs are not known to the ONNX backend by running it."
    )
