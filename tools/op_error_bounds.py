"""Writes docs/op_error_bounds.md: the largest error of each op, by backend and dtype.

    python tools/op_error_bounds.py

What is measured, and how, stands in tests/ops/accuracy.py.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "op_error_bounds.md"
BACKENDS = ("numpy", "jax", "tensorflow", "torch")
HEAD = """# How exact the ops are

Written by `tools/op_error_bounds.py`; `tests/ops/test_accuracy.py` holds every backend
to these numbers (one and a half of the number, and 0.5 more: another CPU adds up in
another order).

Each op was run on its sample inputs of the tests' tables, rounded to the dtype, and
compared with NumPy or SciPy in float64. The number is the largest error in units of
the dtype's epsilon times the largest number of the output: 0.5 is a correctly rounded
result. Epsilon is 9.8e-4 (float16), 7.8e-3 (bfloat16), 1.2e-7 (float32) and 2.2e-16
(float64). Where an op computes in float32 what it gets in half precision and returns
float32, float32's epsilon counts. `-`: the result has no such dtype (JAX keeps 64-bit
types switched off), or the op takes no such dtype. CPU; measured with {versions}.

Decompositions (eig, eigh, lu_factor, qr, svd) are unique up to signs only: what they
decompose is put together again in float64, and compared with the input.
"""


def measure() -> dict[str, dict[str, dict[str, float | None]]]:
    """op -> dtype -> backend -> error."""
    sys.path.insert(0, str(ROOT))
    keras = importlib.import_module("keras")
    accuracy = importlib.import_module("tests.ops.accuracy")
    table: dict[str, dict[str, dict[str, float | None]]] = {}
    for name, row in accuracy.rows().items():
        table[name] = {dtype: {} for dtype in accuracy.DTYPES}
        for backend in BACKENDS:
            with keras.backend_scope(backend):
                for dtype, error in together(accuracy, row, backend).items():
                    table[name][dtype][backend] = error
    return table


def together(accuracy: Any, row: Any, backend: str) -> dict[str, float | None]:
    """The errors of all dtypes that the op takes, measured as the test does."""
    dtypes = tuple(accuracy.DTYPES)
    alone = {dtype: attempt(accuracy, row, dtype, backend) for dtype in dtypes}
    taken = tuple(dtype for dtype in dtypes if alone[dtype] is not None)
    if backend != "jax" or not taken:
        return alone
    return {**alone, **accuracy.errors(row, taken)}


def attempt(accuracy: Any, row: Any, dtype: str, backend: str) -> float | None:
    if backend == "jax" and dtype == "float64":
        return None
    try:
        return accuracy.errors(row, (dtype,))[dtype]
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as failure:
        print(f"{row.op} {backend} {dtype}: {str(failure)[:100]}", file=sys.stderr)
        return None


def render(table: dict[str, dict[str, dict[str, float | None]]]) -> str:
    versions = ", ".join(
        f"{name} {importlib.import_module(name).__version__}" for name in BACKENDS
    )
    lines = [HEAD.format(versions=versions)]
    for dtype in ("float32", "float16", "bfloat16", "float64"):
        lines += [f"## {dtype}", "", "| op | " + " | ".join(BACKENDS) + " |"]
        lines.append("|---" * (len(BACKENDS) + 1) + "|")
        for op, errors in table.items():
            cells = [cell(errors[dtype][backend]) for backend in BACKENDS]
            if set(cells) != {"-"}:
                lines.append(f"| {op} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def cell(error: float | None) -> str:
    return "-" if error is None else f"{error:.2g}" if error < 100 else f"{error:.0f}"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    PAGE.write_text(render(measure()))
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
