"""Dtypes of results: the same on every backend, symbolic or not, and as in Keras 3.

`golden_dtypes.json` holds what the PyPI keras 3.15.1 says of symbolic calls: one code
per dtype of `DTYPES`, in that order, for each op of one tensor; one per pair with
`OTHERS` for each op of two.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.ops import exemptions

GOLDEN = json.loads((Path(__file__).parent / "golden_dtypes.json").read_text())
DTYPES = GOLDEN["dtypes"]
OTHERS = GOLDEN["others"]
FLOATS = exemptions.FLOATS

DEVIATIONS = {
    (op, *deviation.dtypes): deviation.result
    for deviation in exemptions.DTYPES
    for op in deviation.ops
}
# Made of ops that complex numbers have no place in: these have no order.
ORDERED = (
    *("amax", "amin", "ptp", "nanmax", "nanmin", "nanmedian", "nanargmax"),
    *("nanargmin", "nanquantile", "nanpercentile", "isposinf", "isneginf"),
)
# Bits and divisors are those of integers; places in sorted complex numbers are not
# defined; windows of nothing but integers have no symbolic form.
SKIPPED_FLOAT = (
    "bitwise_not",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "gcd",
    "lcm",
)
SHIFTS = ("left_shift", "right_shift")
FLOAT_WITH_INT64 = ("hypot", "heaviside", "correlate")


def is_real(name: str) -> bool:
    """Whether the op refuses complex numbers."""
    return getattr(ops, name).declaration.real


def expected(name: str, *dtypes: str) -> str | None:
    """The dtype that the op must give, None where it must refuse."""
    if "complex64" in dtypes and (is_real(name) or name in ORDERED):
        return None
    key = (name, *dtypes)
    if key in DEVIATIONS:
        return DEVIATIONS[key]
    if name in (*SKIPPED_FLOAT, *SHIFTS) and any("int" not in d for d in dtypes):
        if not all(dtype == "bool" or "int" in dtype for dtype in dtypes):
            return None
    if name in FLOAT_WITH_INT64:
        return keras.backend.result_type(*dtypes, float)
    table = GOLDEN["unary" if len(dtypes) == 1 else "binary"][name]
    place = DTYPES.index(dtypes[0])
    if len(dtypes) == 2:
        place = place * len(OTHERS) + OTHERS.index(dtypes[1])
    return table[place]


def shape_for(name: str) -> tuple[int, ...]:
    """A shape that the op takes."""
    if name in ("correlate", "vdot", "vander"):
        return (3,)
    return (3, 1) if name == "squeeze" else (3, 3)


CASES = [(name, (dtype,)) for name in GOLDEN["unary"] for dtype in DTYPES] + [
    (name, (dtype, other))
    for name in GOLDEN["binary"]
    for dtype in DTYPES
    for other in OTHERS
]


@pytest.mark.parametrize("name", [*GOLDEN["unary"], *GOLDEN["binary"]])
def test_symbolic_dtypes_are_those_of_keras_3(name: str) -> None:
    """Every dtype, by the rule alone; TensorFlow, because it has 64-bit types."""
    with keras.backend_scope("tensorflow"):
        for dtypes in [dtypes for case, dtypes in CASES if case == name]:
            inputs = [keras.KerasTensor(shape_for(name), dtype) for dtype in dtypes]
            want = expected(name, *dtypes)
            if want is None:
                with pytest.raises(TypeError):
                    getattr(ops, name)(*inputs)
            else:
                assert getattr(ops, name)(*inputs).dtype == want, dtypes


EAGER = ["bool", "uint8", "int8", "int32", "int64", *FLOATS]


def value(name: str, dtype: str) -> Any:
    """Numbers that are in every op's domain."""
    array = np.full(shape_for(name), 1.0)
    return ops.cast(ops.convert_to_tensor(array), dtype)


def evaluated(function: Any, tensors: list[Any]) -> Any:
    """The result; on JAX what it would be, by JAX's own evaluation without numbers.

    That gives the dtype that running it gives, and spares thousands of compilations.
    """
    if keras.config.backend() == "jax":
        import jax

        return jax.eval_shape(function, *tensors)
    return function(*tensors)


@pytest.mark.parametrize("name", [*GOLDEN["unary"], *GOLDEN["binary"]])
def test_eager_dtypes_are_the_symbolic_ones(backend: str, name: str) -> None:
    """What the backend returns, for every dtype (pairs: with float16 and int32)."""
    unary = name in GOLDEN["unary"]
    others = [()] if unary else [("int32",), ("float16",)]
    for dtype in EAGER:
        for other in others:
            dtypes = (dtype, *other)
            if expected(name, *dtypes) is None:
                continue
            specs = [keras.KerasTensor(shape_for(name), d) for d in dtypes]
            symbolic = getattr(ops, name)(*specs)
            result = evaluated(getattr(ops, name), [value(name, d) for d in dtypes])
            got = keras.backend.standardize_dtype(result.dtype)
            assert got == symbolic.dtype, dtypes
