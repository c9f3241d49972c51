"""Tensors of the JAX backend: conversion, shapes, dtypes, places."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
from jax._src.array import ArrayImpl as _Array  # no public name
from jax._src.core import trace_state_clean as _trace_state_clean  # no public name

from keras.backends import specs
from keras.backends.foreign import host_array
from keras.backends.jax.bcoo import recast, to_dense
from keras.core import config, limits
from keras.core.dtypes import standardize_dtype
from keras.core.errors import BackendError
from keras.core.typing import DType, Structure, TensorLike

_EXTRA = {
    name: np.dtype(getattr(ml_dtypes, name))
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2")
}
mutable = False
# Not the type of an array that is made here: none can be made before
# `jax.distributed.initialize`, which comes later.
tensor_types = (_Array,)
inexact = frozenset(
    map(np.dtype, ("float16", "float32", "float64", "complex64", "complex128"))
) | frozenset(_EXTRA.values())
_COMPLEX = frozenset(map(np.dtype, ("complex64", "complex128")))
floats = inexact - _COMPLEX
reals = floats | frozenset(map(np.dtype, ("bool", *np.typecodes["AllInteger"])))
wide = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))
# Logic takes all of these as they are: what is not zero is true.
boolean = wide | frozenset(
    map(np.dtype, ("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32"))
)
whole = frozenset(map(np.dtype, ("int32", "int64")))
# Of integers, `jnp.power` makes something else.
joined = frozenset((_EXTRA["bfloat16"], *map(np.dtype, ("float16", "float32"))))
_NARROW = {
    "int64": "int32",
    "uint64": "uint32",
    "float64": "float32",
    "complex128": "complex64",
}


def canonical_dtype(dtype: str) -> str:
    if dtype in _NARROW and not jax.config.jax_enable_x64:
        return _NARROW[dtype]
    return dtype


def promotes(x1: TensorLike, x2: TensorLike) -> bool:
    """Whether elementwise functions bring two tensors of `joined` dtypes to ours."""
    # A weakly typed array counts as a Python number.
    return not (x1.weak_type or x2.weak_type)


def native_dtype(dtype: DType) -> np.dtype[Any]:
    """The dtype JAX uses for a dtype name: 64-bit ones only where x64 is enabled."""
    name = canonical_dtype(standardize_dtype(dtype))
    return _EXTRA.get(name) or np.dtype(name)


def is_tensor(x: TensorLike) -> bool:
    return isinstance(x, jax.Array) or is_sparse(x)


layouts: frozenset[str] = frozenset(("sparse",))


def is_sparse(x: TensorLike) -> bool:
    """Whether `x` is a sparse tensor of this backend, a BCOO."""
    # By name: who has one has imported its module, which takes long.
    cls = type(x)
    return cls.__name__ == "BCOO" and cls.__module__.startswith("jax.")


def shape_of(x: TensorLike) -> tuple[int | None, ...]:
    return x.shape


shape = shape_of


def dtype_of(x: TensorLike) -> str:
    return x.dtype.name


def convert_to_tensor(
    x: TensorLike, dtype: DType = None, sparse: bool | None = None
) -> Any:
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    if isinstance(x, jax.Array):
        if dtype is None or x.dtype.name == dtype:
            return x
        return x.astype(native_dtype(dtype))
    if is_sparse(x):
        x = to_dense(x) if sparse is False else x
        return x if dtype is None else cast(x, dtype)
    if dtype is None:
        dtype = standardize_dtype(x.dtype) if hasattr(x, "dtype") else _default_dtype(x)
    native = native_dtype(dtype)
    if isinstance(x, (list, tuple)):
        return jnp.array(x, dtype=native)
    # JAX may share an array's memory, which its owner can write to: it gets a copy.
    return jnp.asarray(np.array(host_array(x), native))


def _default_dtype(x: TensorLike) -> Any:
    """Python floats become floatx, Python ints int32; JAX values keep their dtype."""
    if isinstance(x, (list, tuple)):
        arrays = [v for v in x if hasattr(v, "dtype")]
        if arrays:
            return standardize_dtype(jnp.result_type(*arrays))
    dtype = np.asarray(x).dtype
    if dtype.kind == "f":
        return config.floatx()
    if dtype.kind == "i":
        return "int32"
    return standardize_dtype(dtype)


def host_view(x: TensorLike) -> Any:
    if type(x) is not _Array:
        if getattr(x, "_is_keras_variable", False):
            x = x.value
        if is_sparse(x):
            x = to_dense(x)
    try:
        return np.asarray(x) if type(x) is _Array else host_array(x)
    except RuntimeError:
        if getattr(x, "is_fully_addressable", True):
            raise
        # Other processes hold parts of it; all of them must ask for the whole at once.
        from jax.experimental import multihost_utils  # slow to import

        return np.asarray(multihost_utils.process_allgather(x, tiled=True))


def cast(x: TensorLike, dtype: DType) -> Any:
    if isinstance(x, jax.Array):
        wanted = native_dtype(dtype)
        return x if x.dtype == wanted else x.astype(wanted)
    if is_sparse(x):
        wanted = native_dtype(dtype)
        return x if x.dtype == wanted else recast(x, wanted)
    return convert_to_tensor(x, dtype)


def borrow(x: np.ndarray, dtype: DType) -> Any:
    """A copy after all: JAX may give the memory that it holds to a result."""
    return jnp.array(x, native_dtype(dtype))


def own(x: TensorLike) -> Any:
    """A copy that nobody else can write to: JAX arrays are immutable, but donation
    can end the life of one."""
    return jnp.array(x, copy=True)


def stop_gradient(x: TensorLike) -> Structure:
    return jax.lax.stop_gradient(x)


def synchronize(x: TensorLike) -> Any:
    """Waits until the value is there."""
    return jax.block_until_ready(x)


def profiler(folder: str) -> contextlib.AbstractContextManager[Any]:
    """Inside, what is computed is recorded, for TensorBoard to show from a folder."""
    return jax.profiler.trace(folder)


def in_trace() -> bool:
    """Whether a compiling or differentiating trace is under way."""
    return not _trace_state_clean()


def eager_scope() -> contextlib.AbstractContextManager[Any]:
    """Inside, computations happen at once, also while a trace is under way."""
    return jax.ensure_compile_time_eval()


def _device(name: str) -> Any:
    kind, _, index = name.partition(":")
    kind = "gpu" if kind == "cuda" else kind
    try:
        return jax.devices(kind)[int(index or 0)]
    except (RuntimeError, IndexError, ValueError) as error:
        raise BackendError(
            f"JAX has no device {name!r}. There are: {', '.join(devices())}."
        ) from error


def device_scope(name: str) -> contextlib.AbstractContextManager[Any]:
    return jax.default_device(_device(name))


def devices(kind: str | None = None) -> list[str]:
    """The names of the devices there are."""
    found = [f"{device.platform}:{device.id}" for device in jax.devices()]
    return [name for name in found if kind is None or name.startswith(kind)]


def compute_output_spec(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Structure:
    """Traces the function abstractly, with two sizes for each unknown one."""
    found: list[Any] = []

    def run() -> None:
        found.append(specs.by_running(function, args, kwargs, _ones))

    jax.eval_shape(run)
    return found[0]


def _ones(shape: tuple[int, ...], dtype: str) -> Any:
    limits.claim_run(shape, dtype)
    return jnp.ones(shape, native_dtype(dtype))
