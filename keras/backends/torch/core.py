"""Tensors of the PyTorch backend: conversion, shapes, dtypes, places."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from keras.backends import specs
from keras.backends.foreign import host_array
from keras.backends.torch import dynamo
from keras.core import config, context, limits
from keras.core.dtypes import standardize_dtype
from keras.core.errors import BackendError
from keras.core.typing import DType, Structure, TensorLike

# `torch.compile` cannot trace a ContextVar write: scopes ask this before they do.
context.tracing = torch.compiler.is_compiling
dynamo.install()

_NATIVE = {
    name: getattr(torch, name)
    for name in [
        "bool",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "int8",
        "int16",
        "int32",
        "int64",
        "bfloat16",
        "float16",
        "float32",
        "float64",
        "float8_e4m3fn",
        "float8_e5m2",
        "complex64",
        "complex128",
    ]
}
# torch holds these, but has no operators on them: signed ones take their place.
_WIDER = {"uint16": "int32", "uint32": "int64"}
# Arrays of these dtypes and tensors can share memory.
_SHARED = frozenset(
    np.dtype(name)
    for name in _NATIVE
    if name not in ("bfloat16", *_WIDER) and not name.startswith("float8")
)
_get, _settings = context.get, config.settings
_NAMES = {dtype: name for name, dtype in _NATIVE.items()}
_NATIVE |= {name: _NATIVE[wider] for name, wider in _WIDER.items()}
mutable = True
tensor_types = (torch.Tensor, torch.nn.Parameter)
inexact = frozenset(
    dtype for dtype in _NAMES if dtype.is_floating_point or dtype.is_complex
)
reals = frozenset(dtype for dtype in _NAMES if not dtype.is_complex)
floats = inexact & reals
wide = frozenset((torch.float32, torch.float64, torch.complex64, torch.complex128))
_LONG_UNSIGNED = frozenset((torch.uint16, torch.uint32, torch.uint64))
_EIGHT_BITS = frozenset((torch.float8_e4m3fn, torch.float8_e5m2))
# torch's logic takes all of these as they are: what is not zero is true.
boolean = frozenset(_NAMES) - _LONG_UNSIGNED - _EIGHT_BITS
whole = frozenset((torch.int32, torch.int64))
_UNSHARED = _EIGHT_BITS | {torch.bfloat16}
joined = frozenset(
    dtype for dtype in boolean if not dtype.is_complex and dtype is not torch.bool
)


def native_dtype(dtype: DType) -> torch.dtype:
    """The torch dtype of a dtype name."""
    if dtype is None:
        dtype = _settings.floatx
    found = _NATIVE.get(dtype) if type(dtype) is str else None
    if found is not None:
        return found
    if isinstance(dtype, torch.dtype):
        return dtype
    name = standardize_dtype(dtype)
    if name not in _NATIVE:
        raise ValueError(f"The torch backend has no dtype {name!r}.")
    return _NATIVE[name]


def default_device() -> torch.device:
    """Where new tensors are placed: the device scope, else an accelerator, else CPU."""
    name = _get().device
    if name is not None:
        return torch.device(_torch_device(name))
    return _preferred[0] if _preferred else _prefer()


_preferred: list[torch.device] = []  # one, as soon as somebody has asked


def _prefer() -> torch.device:
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    _preferred.append(torch.device(kind))
    return _preferred[0]


def _torch_device(name: str) -> str:
    kind, _, index = name.partition(":")
    kind = "cuda" if kind == "gpu" else kind
    return kind if kind in ("cpu", "meta") or not index else f"{kind}:{index}"


def is_tensor(x: TensorLike) -> bool:
    return isinstance(x, torch.Tensor)


def shape_of(x: TensorLike) -> tuple[int | None, ...]:
    return tuple(x.shape)


shape = shape_of


def dtype_of(x: TensorLike) -> str:
    return _NAMES[x.dtype]


def canonical_dtype(dtype: str) -> str:
    return _WIDER.get(dtype, dtype)


def promotes(x1: TensorLike, x2: TensorLike) -> bool:
    """Whether elementwise functions bring two tensors of `joined` dtypes to ours."""
    # A tensor without dimensions counts less in torch.
    return x1.ndim > 0 < x2.ndim


def prepare_array(array: Any) -> Any:
    """A whole data set, so that its slices are tensors; it stays on the host."""
    if array.dtype in _SHARED and array.flags.writeable and array.flags.c_contiguous:
        return torch.from_numpy(array)[:]  # also the whole of it is a slice
    return array


def on_host(x: torch.Tensor) -> bool:
    return x.device.type == "cpu"


def to_batch(x: TensorLike, private: bool = False) -> Any:
    """A leaf of a batch on the device that layers compute on.

    Where it shall be `private`, slices of the data are copied.
    """
    shared = private and isinstance(x, torch.Tensor) and x._is_view()
    if type(x) is np.ndarray:
        if x.dtype not in _SHARED or not x.flags.writeable or not x.flags.c_contiguous:
            return x if x.dtype.kind in "OUS" else convert_to_tensor(x)
        x, shared = torch.from_numpy(x), private
    if isinstance(x, torch.Tensor):
        device = default_device()
        if x.device != device:
            return x.to(device, non_blocking=True)
        return x.clone() if shared else x
    return x


# Sizes that torch.export keeps open, and what is computed with them.
_OPEN_NUMBERS = (torch.SymInt, torch.SymFloat)


def convert_to_tensor(
    x: TensorLike, dtype: DType = None, sparse: bool | None = None
) -> Any:
    if sparse:
        raise ValueError("The torch backend has no sparse tensors.")
    if isinstance(x, torch.Tensor):
        return x if dtype is None else x.to(dtype=native_dtype(dtype))
    # Before all that looks for attributes: an open size has none inside torch.compile.
    if isinstance(x, (bool, int, float, complex)):
        return _number(x, native_dtype(_default_dtype(x) if dtype is None else dtype))
    if isinstance(x, _OPEN_NUMBERS):
        default = "int32" if isinstance(x, torch.SymInt) else config.floatx()
        wanted = native_dtype(default if dtype is None else dtype)
        number: Any = x
        return torch.scalar_tensor(number, dtype=wanted, device=default_device())
    if getattr(x, "_is_keras_variable", False):
        return convert_to_tensor(x.value, dtype)
    if torch.compiler.is_compiling() and isinstance(x, (list, tuple, np.ndarray)):
        return _traced(x, dtype)
    if isinstance(x, (list, tuple)) and any(isinstance(v, _OPEN_NUMBERS) for v in x):
        x = [convert_to_tensor(v) for v in x]
    if dtype is None:
        dtype = _default_dtype(x)
    if isinstance(x, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in x):
        x = torch.stack([convert_to_tensor(v) for v in x])
        return x.to(dtype=native_dtype(dtype))
    array = host_array(x)
    # A copy, unless the array is one: whose it is may write to it later.
    return _from_array(array, native_dtype(dtype), isinstance(x, (list, tuple)))


def _number(x: TensorLike, dtype: torch.dtype) -> Any:
    if type(x) is float or type(x) is bool:
        return torch.scalar_tensor(x, dtype=dtype, device=default_device())
    return torch.tensor(x, dtype=dtype, device=default_device())


def _traced(x: TensorLike, dtype: DType) -> Any:
    """Numbers inside `torch.compile`, which cannot look at a NumPy array's dtype."""
    if isinstance(x, np.ndarray):
        tensor = torch.as_tensor(x)
    elif any(isinstance(v, torch.Tensor) for v in x):
        tensor = torch.stack([convert_to_tensor(v) for v in x])
    else:
        # A list that a layer tracks is a list of its own kind, which torch cannot read.
        tensor = torch.tensor([*x] if isinstance(x, list) else x)
        if dtype is None and tensor.dtype is torch.int64:
            dtype = "int32"
        elif dtype is None and tensor.dtype.is_floating_point:
            dtype = config.floatx()
    wanted = tensor.dtype if dtype is None else native_dtype(dtype)
    return tensor.to(device=default_device(), dtype=wanted)


def borrow(x: np.ndarray, dtype: DType) -> Any:
    return _from_array(x, native_dtype(dtype), owned=True)


def _from_array(array: Any, dtype: torch.dtype, owned: bool) -> Any:
    name = array.dtype.name
    if name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        array, owned = array.astype("float32"), True  # torch reads no ml_dtypes arrays
    if array.dtype.kind not in "biufc":
        raise ValueError(
            f"The torch backend cannot hold values of dtype {name!r}. "
            "Expected numbers or booleans."
        )
    # A read-only or strided-backwards array cannot be shared with torch.
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array, owned = array.copy(), True
    tensor = torch.as_tensor(array)
    return tensor.to(device=default_device(), dtype=dtype, copy=not owned)


def _default_dtype(x: TensorLike) -> str:
    if isinstance(x, bool):
        return "bool"
    if isinstance(x, int):
        return "int32"
    if isinstance(x, float):
        return config.floatx()
    if hasattr(x, "dtype"):
        return standardize_dtype(x.dtype)
    if isinstance(x, (list, tuple)):
        tensors = [v for v in x if isinstance(v, torch.Tensor)]
        if tensors:
            return dtype_of(tensors[0])
    kind = np.asarray(x).dtype
    if kind.kind == "f":
        return config.floatx()
    return {"i": "int32", "c": "complex64"}.get(kind.kind, kind.name)


def is_in_parts(x: TensorLike) -> bool:
    """Whether `x` is a DTensor, of which each process has a part."""
    # By name: who has one has imported its class, which takes long.
    return type(x) not in tensor_types and hasattr(x, "full_tensor")


def gathered(x: Any) -> Any:
    """A tensor in parts as a plain one, whole in every process; others as they are."""
    return x.full_tensor() if is_in_parts(x) else x


def part_here(x: Any) -> Any:
    """The part that this process has of a tensor; of a plain one, itself."""
    return x.to_local() if is_in_parts(x) else x


def host_view(x: TensorLike) -> Any:
    if type(x) is not torch.Tensor:  # which is slow to say what it lacks
        if getattr(x, "_is_keras_variable", False):
            x = x.value
        if not isinstance(x, torch.Tensor):
            return host_array(x)
        x = gathered(x)
    if x.requires_grad:
        x = x.detach()
    if not x.is_cpu:
        x = x.cpu()
    if x.dtype in _UNSHARED:
        import ml_dtypes

        return x.float().numpy().astype(getattr(ml_dtypes, _NAMES[x.dtype]))
    return x.numpy() if x.dtype in reals else x.resolve_conj().numpy()


def convert_to_numpy(x: TensorLike) -> Any:
    if type(x) is not torch.Tensor and getattr(x, "_is_keras_variable", False):
        x = x.value
    view = host_view(x)
    # From a device, or a dtype that NumPy lacks, it is a copy already.
    fresh = isinstance(x, torch.Tensor) and (not x.is_cpu or x.dtype in _UNSHARED)
    # Rows first: a kernel of a convolution lies otherwise in torch (`order_in_memory`).
    return np.asarray(view, order="C") if fresh else np.array(view, order="C")


def cast(x: TensorLike, dtype: DType) -> Any:
    if isinstance(x, torch.Tensor):
        native = native_dtype(dtype)
        # By name: given by position, torch tries to read it as a device first.
        return x if x.dtype is native else x.to(dtype=native)
    return convert_to_tensor(x, dtype)


def own(x: TensorLike) -> Any:
    """A copy that nobody else can write to, laid out as fused kernels need it."""
    return x.detach().clone(memory_format=torch.contiguous_format)


def stop_gradient(x: TensorLike) -> Structure:
    return x.detach()


def synchronize(x: TensorLike) -> Any:
    """Waits until the value is there."""
    if isinstance(x, torch.Tensor) and x.is_cuda:
        torch.cuda.synchronize(x.device)
    return x


def profiler(folder: str) -> contextlib.AbstractContextManager[Any]:
    """Inside, what is computed is recorded, for TensorBoard to show from a folder."""
    handler = torch.profiler.tensorboard_trace_handler(folder)
    return torch.profiler.profile(on_trace_ready=handler)


def in_trace() -> bool:
    """Whether a compiling or differentiating trace is under way."""
    return torch.compiler.is_compiling()


def device_scope(name: str) -> contextlib.AbstractContextManager[Any]:
    try:
        torch.device(_torch_device(name))
    except RuntimeError as error:
        raise BackendError(f"torch has no device {name!r}: {error}") from error
    return contextlib.nullcontext()


def devices(kind: str | None = None) -> list[str]:
    """The names of the devices there are."""
    found = ["cpu:0"] if kind in (None, "cpu") else []
    if kind in (None, "gpu", "cuda"):
        found += [f"gpu:{i}" for i in range(torch.cuda.device_count())]
    return found


def compute_output_spec(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Structure:
    """Runs the function on storage-less tensors of two sizes for each unknown one.

    Functions that meet real tensors on the way cannot run without storage; they are
    run on real ones.
    """
    with torch.no_grad():
        try:
            with context.Scope("device", "meta"):
                return specs.by_running(function, args, kwargs, _meta)
        except (RuntimeError, TypeError, ValueError, NotImplementedError):
            return specs.by_running(function, args, kwargs, _ones)


def _meta(shape: tuple[int, ...], dtype: str) -> Any:
    return torch.empty(shape, dtype=native_dtype(dtype), device="meta")


def _ones(shape: tuple[int, ...], dtype: str) -> Any:
    limits.claim_run(shape, dtype)
    return torch.ones(shape, dtype=native_dtype(dtype), device=default_device())


# The largest numbers of narrow dtypes: PyTorch refuses Python numbers beyond them.
_LARGEST = {kind: torch.finfo(kind).max for kind in (torch.float16, torch.bfloat16)}


def held(number: Any, dtype: torch.dtype) -> Any:
    """A number as a dtype holds it, which is infinite beyond its range."""
    largest = _LARGEST.get(dtype)
    if largest is None or not isinstance(number, (int, float)):
        return number
    if number > largest:
        return float("inf")
    return -float("inf") if number < -largest else number
