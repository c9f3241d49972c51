"""The page of what compilers cannot take is true, and up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops import compilation

PAGE = Path(__file__).parents[2] / "docs" / "op_compilation.md"
ROWS = {row.id: row for rows in compilation.rows().values() for row in rows}
SPREAD = sorted(set(ROWS) - set(compilation.EXCEPTIONS["tensorflow"]))[::40]


def test_the_page_is_the_table() -> None:
    """`python tools/op_compilation.py` writes it anew."""
    assert PAGE.read_text() == compilation.page()


def test_exceptions_are_exceptions(training_backend: str) -> None:
    """What is listed does fail: a gap that has closed leaves the list."""
    for name in compilation.EXCEPTIONS[training_backend]:
        assert compilation.failure(training_backend, ROWS[name]) is not None, name


@pytest.mark.parametrize("name", SPREAD)
def test_xla_takes_the_others(name: str) -> None:
    """Some rows all over the tables through TensorFlow's XLA."""
    pytest.importorskip("tensorflow")
    import keras

    with keras.backend_scope("tensorflow"):
        assert compilation.failure("tensorflow", ROWS[name]) is None
