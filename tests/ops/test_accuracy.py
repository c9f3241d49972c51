"""Every backend stays within the published error bounds, over the float dtypes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.ops import accuracy
from tests.ops.compilation import compiled

PAGE = Path(__file__).parents[2] / "docs" / "op_error_bounds.md"


def published() -> dict[tuple[str, str, str], float]:
    """(op, dtype, backend) -> error, as the page says."""
    bounds: dict[tuple[str, str, str], float] = {}
    dtype, names = "", []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("## "):
            dtype = line[3:]
        elif line.startswith("| op |"):
            names = cells[1:]
        elif line.startswith("| "):
            for backend, cell in zip(names, cells[1:], strict=True):
                if cell != "-":
                    bounds[cells[0], dtype, backend] = float(cell)
    return bounds


BOUNDS = published()
ROWS = accuracy.rows()


def test_the_page_is_whole() -> None:
    """It has the ops with float results; `tools/op_error_bounds.py` writes it."""
    listed = {op for op, _, _ in BOUNDS}
    assert listed <= set(ROWS)
    assert len(listed) > 200
    assert max(BOUNDS.values()) < 1e9


@pytest.mark.parametrize("op", ROWS)
def test_bound(backend: str, op: str) -> None:
    """Within one and a half of the published error and half an epsilon more.

    The numbers are the same on every run; another CPU adds up in another order, and
    may round the last digit the other way.
    """
    listed = tuple(d for d in accuracy.DTYPES if (op, d, backend) in BOUNDS)
    for dtype, error in accuracy.errors(ROWS[op], listed).items():
        assert error is not None
        assert error <= 1.5 * BOUNDS[op, dtype, backend] + 0.5, dtype


def test_float64_is_float64() -> None:
    """No op computes by way of float32, whose epsilon is 5e8 of float64's."""
    assert max(error for (_, d, _), error in BOUNDS.items() if d == "float64") < 1e3


# Functions of NumPy's own name and meaning, on what is no ordinary number.
ODD = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], "float32")
UNARY = (
    "abs arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad exp "
    "exp2 expm1 floor isfinite isinf isnan isneginf isposinf log log10 log1p log2 "
    "logical_not nan_to_num negative reciprocal round sign signbit sin sinh sqrt "
    "square tan tanh trunc"
)
BINARY = (
    "add subtract multiply divide maximum minimum power arctan2 equal fmax fmin "
    "greater hypot less logaddexp not_equal floor_divide mod"
)


NARROW = ("float16", "bfloat16", "float32")


def of_odd_numbers(op: str) -> list[list[Any]]:
    """In each dtype: of odd numbers, of nothing, of one; on JAX compiled as one."""

    def results(odd: Any) -> list[list[Any]]:
        function = getattr(ops, op)
        return [
            [
                function(ops.cast(odd, dtype)),
                function(ops.zeros((0, 3), dtype)),
                function(ops.ones((), dtype)),
            ]
            for dtype in NARROW
        ]

    if keras.config.backend() == "jax":
        return compiled("jax", results)(ODD)
    return results(ops.convert_to_tensor(ODD))


@pytest.mark.parametrize("op", UNARY.split(" "))
def test_zeros_infinities_and_nan(backend: str, op: str) -> None:
    """NumPy's answer on them, with the sign of a zero; empty and 0-d tensors too."""
    reference = getattr(np, op)
    for dtype, (odd, nothing, one) in zip(NARROW, of_odd_numbers(op), strict=True):
        got = ops.convert_to_numpy(odd).astype("float32")
        with np.errstate(all="ignore"):
            want = np.asarray(reference(ODD)).astype("float32")
        if op == "nan_to_num":  # the largest number is the dtype's
            got, want = np.clip(got, -1e4, 1e4), np.clip(want, -1e4, 1e4)
        if op == "signbit":  # a NaN's sign says nothing
            got, want = got[:-1], want[:-1]
        tolerance = {"float32": 1e-6, "float16": 2e-3, "bfloat16": 1e-2}[dtype]
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
        if op in ("abs", "negative", "sin", "square", "sqrt", "tanh", "expm1"):
            np.testing.assert_array_equal(np.signbit(got[:2]), np.signbit(want[:2]))
        assert tuple(nothing.shape) == (0, 3)
        assert tuple(one.shape) == ()


@pytest.mark.parametrize("op", BINARY.split(" "))
def test_odd_pairs(backend: str, op: str) -> None:
    """NumPy's answer for each pair of odd numbers; empty and 0-d tensors too."""
    function = getattr(ops, op)
    x1, x2 = (x.ravel() for x in np.meshgrid(ODD, ODD))
    got = ops.convert_to_numpy(function(*map(ops.convert_to_tensor, (x1, x2))))
    with np.errstate(all="ignore"):
        want = getattr(np, op)(x1, x2)
    np.testing.assert_allclose(got, want, rtol=1e-6)
    empty = ops.zeros((0, 3))
    assert tuple(function(empty, ops.ones((3,))).shape) == (0, 3)
    assert tuple(function(ops.ones(()), ops.ones(())).shape) == ()
