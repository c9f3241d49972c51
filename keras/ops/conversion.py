"""Arguments of an op, one by one: what they are, and the tensors they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.backends.backend import (
    FOREIGN,
    SCALAR,
    SPARSE,
    SYMBOLIC,
    TENSOR,
    VARIABLE,
)
from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import TensorLike

if TYPE_CHECKING:
    from keras.backends.backend import Backend

UNKNOWN = object()
PLAIN = 0  # a Python number that the backend gets as it is
FLOATS = frozenset(dtypes.FLOATS)


def reader(backend: Backend) -> Callable[[Any], Any]:
    """How this backend's tensors, and numbers, become arrays."""

    def read(value: Any) -> Any:
        known = backend.kind_of(value) in (TENSOR, VARIABLE, FOREIGN)
        return backend.convert_to_numpy(value) if known else np.asarray(value)

    return read


def plain_sizes(backend: Backend, value: Any) -> Any:
    """Python's numbers for NumPy's and for arrays and tensors of a few; else itself."""
    kind = type(value)
    if kind in (int, str, float, bool, type(None)):
        return value
    if kind in (tuple, list):
        plain = kind(plain_sizes(backend, v) for v in value)
        same = all(a is b for a, b in zip(plain, value, strict=True))
        return value if same else plain
    if isinstance(value, (np.integer, np.ndarray)):
        return _listed(value) if value.dtype.kind in "iuf" and value.ndim < 2 else value
    if backend.kinds.get(kind) == TENSOR and "int" in backend.dtype_of(value):
        try:
            array = np.asarray(backend.convert_to_numpy(value))
        except (TypeError, NotImplementedError):  # traced by JAX or TensorFlow
            return value
        return _listed(array) if array.ndim < 2 else value
    return value


def _listed(array: Any) -> Any:
    plain = array.tolist()
    return tuple(plain) if isinstance(plain, list) else plain


def look(kinds: dict[type, int], value: Any) -> Any:
    """What a conversion depends on: the dtype of a tensor, the type of a number."""
    if value is None:
        return None
    kind = kinds.get(type(value))
    if kind == TENSOR:
        return value.dtype
    if kind == VARIABLE:
        return VARIABLE, value.dtype
    return type(value) if kind == SCALAR else UNKNOWN


def dtypes_of(backend: Backend, values: list[Any], found: list[Any]) -> list[Any]:
    result: list[Any] = []
    for index, kind in found:
        if isinstance(kind, list):
            pairs = zip(values[index], kind, strict=True)
            result.extend(dtype_of(backend, value, inner) for value, inner in pairs)
        else:
            result.append(dtype_of(backend, values[index], kind))
    return result


def dtype_of(backend: Backend, value: Any, kind: int) -> Any:
    if kind in (TENSOR, SPARSE):
        return backend.dtype_of(value)
    if kind == SYMBOLIC:
        return backend.canonical_dtype(value.dtype)
    if kind == VARIABLE:
        return value.dtype
    if kind == SCALAR:
        return float if isinstance(value, float) else type(value)
    if kind == FOREIGN or hasattr(value, "dtype"):
        return backend.canonical_dtype(dtypes.standardize_dtype(value.dtype))
    return backend.dtype_of(backend.convert_to_tensor(value))


_NUMERIC = (
    "__array__",
    "__dlpack__",
    "__len__",
    "__float__",
    "__complex__",
    "__index__",
)


def can_be_tensor(value: Any) -> bool:
    """Whether something that is no tensor holds numbers, as far as one can see."""
    while type(value) in (list, tuple) and value:
        value = value[0]
    if hasattr(value, "dtype"):
        return getattr(value.dtype, "kind", "f") not in "OUS"
    if isinstance(value, (str, bytes, dict, set)):
        return False
    return any(hasattr(value, name) for name in _NUMERIC)


def described(value: Any) -> str:
    """A tensor's dtype and shape, or something short that stands for another value."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        name = dtypes.standardize_dtype(value.dtype)
        return f"<{name} {tuple(value.shape)}>"
    if isinstance(value, (tuple, list)) and any(hasattr(v, "shape") for v in value):
        return f"[{', '.join(map(described, value))}]"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def sparse_flags(found: list[Any]) -> list[bool]:
    """Of each tensor, whether it is sparse."""
    flags: list[bool] = []
    for _, kind in found:
        kinds = kind if isinstance(kind, list) else [kind]
        flags.extend(each == SPARSE for each in kinds)
    return flags


def to_dense(backend: Backend, value: Any) -> Any:
    is_sparse = backend.kind_of(value) == SPARSE
    return backend.sparse.to_dense(value) if is_sparse else value


def convert(backend: Backend, value: Any, kind: int, dtype: str | None) -> Any:
    if kind in (TENSOR, SPARSE):
        return value if dtype is None else backend.cast(value, dtype)
    if kind == VARIABLE:
        value = value.value
        return value if dtype is None else backend.cast(value, dtype)
    if value is None:
        return None
    if kind == SCALAR:
        value = float(value) if type(value) is np.float64 else value
        if dtype is not None and dtype not in FLOATS:
            # A number that its dtype cannot hold is brought to its kind first.
            value = bool(value) if dtype == "bool" else value
            value = int(value) if "int" in dtype else value
    return backend.convert_to_tensor(value, dtype=dtype)


def spec_of(backend: Backend, value: Any, dtype: str | None = None) -> Any:
    """Shape and dtype of anything tensor-like, as a KerasTensor without history."""
    if value is None:
        return None
    if isinstance(value, KerasTensor):
        if dtype is None or dtype == value.dtype:
            return value
        return KerasTensor(value.shape, dtype, sparse=value.sparse)
    kind = backend.kind_of(value)
    if kind == VARIABLE:
        return KerasTensor(value.shape, dtype or value.dtype)
    if kind not in (TENSOR, SPARSE):
        value = backend.convert_to_tensor(value)
    dtype = dtype or backend.dtype_of(value)
    return KerasTensor(backend.shape_of(value), dtype, sparse=kind == SPARSE)


def canonical(backend: Backend, outputs: TensorLike) -> Any:
    """The dtypes that this backend really has, where it lacks 64-bit ones."""
    if isinstance(outputs, KerasTensor):
        dtype = backend.canonical_dtype(outputs.dtype)
        if dtype != outputs.dtype:
            return KerasTensor(outputs.shape, dtype, sparse=outputs.sparse)
        return outputs
    if isinstance(outputs, (list, tuple)) and not hasattr(outputs, "_fields"):
        return type(outputs)(canonical(backend, output) for output in outputs)
    return outputs
