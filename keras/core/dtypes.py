"""Dtype names and the one promotion lattice that rules and backends share.

Dtypes are plain strings (`"float32"`) everywhere outside a backend. Promotion
follows JAX's lattice: it is total, commutative and associative, and a Python
scalar is *weak*: it takes the dtype of what it meets within its own kind. 64-bit
types never appear unless an operand has one already.

Source: JAX's "Type promotion semantics" (the lattice), NEP 50 (weak scalars).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core import config
from keras.core.typing import DType

BOOL = ("bool",)
UINTS = ("uint8", "uint16", "uint32", "uint64")
INTS = ("int8", "int16", "int32", "int64")
FLOATS = ("bfloat16", "float16", "float32", "float64")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
COMPLEX = ("complex64", "complex128")
ALL = (*BOOL, *UINTS, *INTS, *FLOATS, *FLOAT8, *COMPLEX, "string")

# Weak nodes of the lattice: a Python int, float and complex number.
_WEAK = {bool: "bool", int: "int*", float: "float*", complex: "complex*"}

_PARENTS: dict[str, tuple[str, ...]] = {
    "bool": ("int*",),
    "int*": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "uint64": ("float*",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float*",),
    "float*": ("bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "complex*"),
    "float8_e4m3fn": ("float32",),
    "float8_e5m2": ("float32",),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex*": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}

_PYTHON_NAMES = {"bool": "bool", "int": "int32", "float": None, "str": "string"}


def _upper_bounds() -> dict[str, frozenset[str]]:
    bounds: dict[str, frozenset[str]] = {}

    def visit(node: str) -> frozenset[str]:
        if node not in bounds:
            above = (visit(parent) for parent in _PARENTS[node])
            bounds[node] = frozenset({node}).union(*above)
        return bounds[node]

    for name in _PARENTS:
        visit(name)
    return bounds


_UPPER = _upper_bounds()


def standardize_dtype(dtype: DType) -> str:
    """The name of a dtype given as a name, a NumPy/JAX/TF/torch dtype or a type.

    Args:
        dtype: `None` stands for `floatx()`; `bool`, `int` and `float` for
            `"bool"`, `"int32"` and `floatx()`.

    Returns:
        A dtype name such as `"float32"`.

    Raises:
        ValueError: if there is no such dtype here.

    Example:

    >>> import keras, numpy as np
    >>> keras.backend.standardize_dtype(np.float32)
    'float32'
    """
    if dtype is None:
        return config.floatx()
    if type(dtype) is str and dtype in _KNOWN:
        return dtype
    return _standardize_other(dtype)


_KNOWN = frozenset(ALL)


def _standardize_other(dtype: DType) -> str:
    name: Any = dtype
    if isinstance(dtype, type) and dtype.__module__ == "builtins":
        name = dtype.__name__
    elif isinstance(getattr(dtype, "name", None), str):  # NumPy, JAX, TensorFlow
        name = dtype.name
    elif isinstance(dtype, type) and issubclass(dtype, np.generic):
        name = np.dtype(dtype).name
    elif not isinstance(dtype, str):
        text = str(dtype)
        if text.startswith("torch."):
            name = text[len("torch.") :]
        elif "jax" in text or "numpy" in text:
            name = np.dtype(dtype).name
    if name in ("int", "float", "bool", "str"):
        return _PYTHON_NAMES[name] or config.floatx()
    if isinstance(name, str) and name in _KNOWN:
        return name
    raise ValueError(
        f"Unknown dtype: {dtype!r} (type {type(dtype).__name__}). "
        f"Allowed dtypes: {', '.join(ALL)}."
    )


def _joins() -> dict[tuple[str, str], str]:
    """The least upper bound of each pair of nodes."""
    joins: dict[tuple[str, str], str] = {}
    for first, above_first in _UPPER.items():
        for second, above_second in _UPPER.items():
            common = above_first & above_second
            if first != second and {first, second} & {*FLOAT8}:
                if "*" not in first + second:
                    continue  # 8 bits are scaled: who mixes them casts, and knows how
            for node in common:
                if common <= _UPPER[node]:
                    joins[first, second] = node
    return joins


# A plain table: `torch.compile` can follow a lookup, not a cached function.
_JOINS = _joins()


def _node(dtype: DType) -> str:
    if isinstance(dtype, type) and dtype in _WEAK:
        return _WEAK[dtype]
    name = standardize_dtype(dtype)
    if name == "string":
        raise ValueError(
            'Dtype "string" takes no part in arithmetic. Expected a numeric dtype.'
        )
    return name


def result_type(*dtypes: Any) -> str:
    """The dtype in which operands of the given dtypes meet.

    Args:
        *dtypes: dtype names or dtypes. The Python types `int`, `float`,
            `complex` stand for weak Python scalars.

    Returns:
        A dtype name. Weak results become `"int32"`, `floatx()`, `"complex64"`.

    Example:

    >>> import keras
    >>> keras.backend.result_type("int32", "float16")
    'float16'
    >>> keras.backend.result_type("bfloat16", float)
    'bfloat16'
    """
    if not dtypes:
        return config.floatx()
    joined = _node(dtypes[0])
    for other in dtypes[1:]:
        node = _node(other)
        if (joined, node) not in _JOINS:
            raise ValueError(
                f"Dtypes {joined} and {node} have no common dtype; cast one of them "
                "explicitly with keras.ops.cast."
            )
        joined = _JOINS[joined, node]
    if joined == "int*":
        return "int32"
    if joined == "float*":
        return config.floatx()
    if joined == "complex*":
        return "complex64"
    return joined


def float_result(*dtypes: Any) -> str:
    """`result_type`, with bool and integers brought to `floatx()`."""
    joined = result_type(*dtypes)
    return joined if joined in _INEXACT else config.floatx()


def wide_result(*dtypes: Any) -> str:
    """`float_result`, with half precision brought to float32."""
    joined = float_result(*dtypes)
    return "float32" if joined in ("float16", "bfloat16") else joined


_INEXACT = frozenset((*FLOATS, *FLOAT8, *COMPLEX))
_FLOAT_SET = frozenset((*FLOATS, *FLOAT8))
_INT_SET = frozenset((*INTS, *UINTS))


def is_float(dtype: DType) -> bool:
    """Whether the dtype is a real floating point type.

    Example:

    >>> import keras
    >>> keras.backend.is_float_dtype("bfloat16")
    True
    """
    return standardize_dtype(dtype) in _FLOAT_SET


def is_int(dtype: DType) -> bool:
    """Whether the dtype is a signed or unsigned integer type (bool is not).

    Example:

    >>> import keras
    >>> keras.backend.is_int_dtype("uint8")
    True
    """
    return standardize_dtype(dtype) in _INT_SET


def is_complex(dtype: DType) -> bool:
    """Whether the dtype is complex."""
    return standardize_dtype(dtype) in COMPLEX


def itemsize(dtype: DType) -> int:
    """The size of one element, in bytes."""
    name = standardize_dtype(dtype)
    if name in FLOAT8 or name == "bool":
        return 1
    bits = int("".join(c for c in name if c.isdigit()) or 0)
    return bits // 8
