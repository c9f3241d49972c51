"""Tensors of the TensorFlow backend: conversion, shapes, dtypes, places."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras.backends.foreign import host_array
from keras.core import config, host_memory, tree
from keras.core.dtypes import standardize_dtype
from keras.core.errors import BackendError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import DType, Structure, TensorLike

_LARGE = 1 << 16  # bytes of an array whose copy takes longer than to share it
mutable = False
# Not by way of a tensor: to make one settles what devices and workers there are.
tensor_types = (tf.__internal__.EagerTensor,)
inexact = frozenset(
    (
        tf.bfloat16,
        tf.float16,
        tf.float32,
        tf.float64,
        tf.complex64,
        tf.complex128,
    )
)
floats = frozenset(dtype for dtype in inexact if dtype.is_floating)
reals = floats | frozenset(
    (
        *(tf.bool, tf.int8, tf.int16, tf.int32, tf.int64),
        *(tf.uint8, tf.uint16, tf.uint32, tf.uint64),
    )
)
wide = frozenset((tf.float32, tf.float64, tf.complex64, tf.complex128))
boolean = frozenset((tf.bool,))
whole = frozenset((tf.int32, tf.int64))
joined: frozenset[Any] = frozenset()
_SPARSE = (tf.SparseTensor, tf.IndexedSlices, tf.RaggedTensor)


def native_dtype(dtype: DType) -> Any:
    """The TensorFlow dtype of a dtype name."""
    if isinstance(dtype, tf.DType):
        return dtype
    return tf.as_dtype(standardize_dtype(dtype))


def is_tensor(x: TensorLike) -> bool:
    return isinstance(x, (tf.Tensor, tf.Variable, *_SPARSE))


layouts: frozenset[str] = frozenset(("sparse", "ragged", "string"))


def is_sparse(x: TensorLike) -> bool:
    """Whether `x` is a sparse tensor of this backend."""
    return isinstance(x, tf.SparseTensor)


def shape_of(x: TensorLike) -> tuple[int | None, ...]:
    shape = x.shape
    if shape.rank is None:
        raise ValueError(f"A tensor of unknown rank cannot be used here: {x!r}.")
    return tuple(shape.as_list())


def shape(x: TensorLike) -> tuple[Any, ...]:
    """The shape; inside a traced function, unknown sizes are scalar tensors."""
    static = shape_of(x)
    if None not in static or isinstance(x, tf.RaggedTensor):
        return static  # no one size is that of all rows
    dynamic = tf.shape(x)
    return tuple(dynamic[i] if s is None else s for i, s in enumerate(static))


def dtype_of(x: TensorLike) -> str:
    return x.dtype.base_dtype.name


def convert_to_tensor(
    x: TensorLike, dtype: DType = None, sparse: bool | None = None
) -> Any:
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    if isinstance(x, _SPARSE):
        if sparse is False and isinstance(x, tf.SparseTensor):
            x = tf.sparse.to_dense(x)
        return x if dtype is None else cast(x, dtype)
    if isinstance(x, (tf.Tensor, tf.Variable)):
        return x if dtype is None else cast(x, dtype)
    if dtype is None and not hasattr(x, "dtype"):
        dtype = _default_dtype(x)
    if isinstance(x, (list, tuple)) and any(is_tensor(v) for v in tree.flatten(x)):
        x = tf.convert_to_tensor(tree.map_structure(_inner, x))
        return x if dtype is None else cast(x, dtype)
    if not isinstance(x, (bool, int, float, complex, str, bytes)):
        x = host_array(x)
    value: Any = x
    if dtype is None:
        return tf.convert_to_tensor(value)
    wanted = native_dtype(dtype)
    if isinstance(x, np.ndarray) and x.dtype.kind in "biufcV":
        value = x.astype(wanted.as_numpy_dtype, copy=False)
    return tf.convert_to_tensor(value, dtype=wanted)


def _inner(x: TensorLike) -> Any:
    return x.value if getattr(x, "_is_keras_variable", False) else x


def _default_dtype(x: TensorLike) -> Any:
    if isinstance(x, (bool, str, bytes)):
        return None
    if isinstance(x, int):
        return "int32"
    if isinstance(x, float):
        return config.floatx()
    if isinstance(x, (list, tuple)):
        leaves = tree.flatten(x)
        if any(is_tensor(v) or hasattr(v, "dtype") for v in leaves):
            first = next(v for v in leaves if hasattr(v, "dtype"))
            return standardize_dtype(first.dtype)
    kind = np.asarray(x).dtype.kind
    if kind == "f":
        return config.floatx()
    return {"i": "int32", "c": "complex64"}.get(kind)


def host_view(x: TensorLike) -> Any:
    if getattr(x, "_is_keras_variable", False):
        x = x.value
    if isinstance(x, tf.SparseTensor):
        x = tf.sparse.to_dense(x)
    elif isinstance(x, tf.RaggedTensor):
        x = x.to_tensor()
    elif isinstance(x, tf.IndexedSlices):
        x = tf.convert_to_tensor(x)
    if isinstance(x, tf.Tensor) and x.shape.rank == 0 and hasattr(x, "numpy"):
        return np.asarray(x.numpy())  # `__array__` of bfloat16 gives no array there
    return host_array(x)


def cast(x: TensorLike, dtype: DType) -> Any:
    wanted = native_dtype(dtype)
    if not is_tensor(x):
        return convert_to_tensor(x, dtype)
    if x.dtype is wanted:
        return x
    if isinstance(x, tf.SparseTensor):
        return tf.sparse.map_values(tf.cast, x, wanted)
    return tf.cast(x, wanted)


def borrow(x: np.ndarray, dtype: DType) -> Any:
    wanted = native_dtype(dtype)
    x = x.astype(wanted.as_numpy_dtype, copy=False)
    shared = x.dtype.kind in "fiuc" and x.nbytes >= _LARGE and host_memory.is_aligned(x)
    if shared and tf.executing_eagerly():
        # TensorFlow never gives back memory of its own, so what it keeps is in that.
        return tf.raw_ops.DeepCopy(x=tf.experimental.dlpack.from_dlpack(x.__dlpack__()))
    return tf.convert_to_tensor(x, wanted)


def own(x: TensorLike) -> Any:
    """A copy that nobody else can write to; TensorFlow's tensors are immutable."""
    return x


def stop_gradient(x: TensorLike) -> Structure:
    return tf.stop_gradient(x)


def synchronize(x: TensorLike) -> Any:
    """Waits until the value is there."""
    return x.numpy() if hasattr(x, "numpy") else x


def profiler(folder: str) -> contextlib.AbstractContextManager[Any]:
    """Inside, what is computed is recorded, for TensorBoard to show from a folder."""
    return tf.profiler.experimental.Profile(folder)


def in_trace() -> bool:
    """Whether a graph is being traced."""
    return not tf.executing_eagerly()


def eager_scope() -> contextlib.AbstractContextManager[Any]:
    """Inside, computations happen at once, also while a trace is under way."""
    return tf.init_scope()


def device_scope(name: str) -> contextlib.AbstractContextManager[Any]:
    kind, _, index = name.partition(":")
    kind = "gpu" if kind == "cuda" else kind
    if f"{kind}:{index or 0}" not in devices():
        raise BackendError(
            f"TensorFlow has no device {name!r}. There are: {', '.join(devices())}."
        )
    return tf.device(f"{kind}:{index or 0}")


def devices(kind: str | None = None) -> list[str]:
    """The names of the devices there are."""
    found = [
        device.name.partition("device:")[2].lower()
        for device in tf.config.list_logical_devices()
    ]
    return [name for name in found if kind is None or name.startswith(kind)]


def compute_output_spec(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Structure:
    """Traces the function into a graph with placeholders for the KerasTensors."""
    leaves = tree.flatten((args, kwargs))
    found: list[Any] = []

    def trace(*given: Any) -> None:
        feed = iter(given)
        filled = [next(feed) if isinstance(x, KerasTensor) else x for x in leaves]
        inner_args, inner_kwargs = tree.pack_sequence_as((args, kwargs), filled)
        found.append(function(*inner_args, **inner_kwargs))

    symbolic = [x for x in leaves if isinstance(x, KerasTensor)]
    traced: Any = tf.function(trace, autograph=False)
    traced.get_concrete_function(
        *(tf.TensorSpec(x.shape, native_dtype(x.dtype)) for x in symbolic)
    )
    return tree.map_structure(_spec, found[0])


def _spec(x: TensorLike) -> Any:
    if not is_tensor(x):
        return x
    sparse = isinstance(x, tf.SparseTensor)
    return KerasTensor(shape_of(x), dtype_of(x), sparse=sparse)
