"""The page of what compilers cannot take is true, and up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ops import compilation
from tests.ops.rows import Row, map_arrays

PAGE = Path(__file__).parents[2] / "docs" / "op_compilation.md"
ROWS = {row.id: row for rows in compilation.rows().values() for row in rows}
TAKEN = [
    ROWS[name] for name in ROWS if name not in compilation.exceptions("tensorflow")
]
TOGETHER = 24  # rows in one compiled function
CHUNKS = [TAKEN[start : start + TOGETHER] for start in range(0, len(TAKEN), TOGETHER)]


def test_the_page_is_the_table() -> None:
    """`python tools/op_compilation.py` writes it anew."""
    assert PAGE.read_text() == compilation.page()


def test_exceptions_are_exceptions(training_backend: str) -> None:
    """What is listed does fail: a gap that has closed leaves the list."""
    for name in compilation.exceptions(training_backend):
        assert compilation.failure(training_backend, ROWS[name]) is not None, name


@pytest.mark.parametrize("rows", CHUNKS, ids=lambda rows: rows[0].id)
def test_xla_takes_the_others(rows: list[Row]) -> None:
    """Every row that is not listed, through TensorFlow's XLA.

    `jax.jit` and `torch.compile` take every row in `test_table.py`.
    """
    pytest.importorskip("tensorflow")
    import keras

    with keras.backend_scope("tensorflow"):
        if compilation.failure("tensorflow", *rows) is not None:
            for row in rows:
                assert compilation.failure("tensorflow", row) is None, row.id


@pytest.mark.parametrize("op", ["matmul", "conv", "softmax", "sum", "einsum", "sort"])
def test_xla_runs_what_it_takes(op: str) -> None:
    """Machine code of it gives the eager numbers."""
    pytest.importorskip("tensorflow")
    import keras

    row = compilation.rows()[op][0]
    with keras.backend_scope("tensorflow"):
        given = map_arrays(keras.ops.convert_to_tensor, [list(row.args), row.kwargs])

        def function() -> Any:
            return getattr(keras.ops, op)(*given[0], **given[1])

        got = compilation.compiled("tensorflow", function)()
        np.testing.assert_allclose(got.numpy(), function().numpy(), 1e-4, 1e-5)
