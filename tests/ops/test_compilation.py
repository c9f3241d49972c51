"""The page of what compilers cannot take is true, and up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
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


def test_exceptions_are_exceptions(framework_backend: str) -> None:
    """What is listed does fail: a gap that has closed leaves the list."""
    for name in compilation.exceptions(framework_backend):
        assert compilation.failure(framework_backend, ROWS[name]) is not None, name


@pytest.mark.parametrize("rows", CHUNKS, ids=lambda rows: rows[0].id)
def test_xla_takes_the_others(rows: list[Row]) -> None:
    """Every row that is not listed, through TensorFlow's XLA.

    `jax.jit` and `torch.compile` take every row in `test_table.py`.
    """
    pytest.importorskip("tensorflow")
    with keras.backend_scope("tensorflow"):
        if compilation.failure("tensorflow", *rows) is not None:
            for row in rows:
                assert compilation.failure("tensorflow", row) is None, row.id


def test_neighbours_of_half_floats(framework_backend: str) -> None:
    """`nextafter` of half floats: inside compilers too, where NumPy cannot be asked."""

    def take(x1: Any, x2: Any) -> Any:
        return ops.nextafter(x1, x2)

    numbers = [0.0, -0.0, 1.0, -2.0, 6e-8, -6e-8, 65504.0, np.inf, -np.inf, np.nan]
    for name in ("float16", "bfloat16"):
        with np.errstate(all="ignore"):
            x1 = ops.convert_to_numpy(ops.cast(numbers * len(numbers), name))
            x2 = ops.convert_to_numpy(ops.cast(np.repeat(numbers, len(numbers)), name))
            expected = np.nextafter(x1, x2)
        tensors = [ops.convert_to_tensor(x) for x in (x1, x2)]
        for function in (ops.nextafter, compilation.compiled(framework_backend, take)):
            found = ops.convert_to_numpy(function(*tensors))
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found.astype("f4"), expected.astype("f4"))


def test_torch_compiles_ctc_with_its_gradient() -> None:
    """The kernel is one op of the graph: the same losses and gradients."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)

    def loss(output: Any) -> Any:
        return ops.ctc_loss(target, output, lengths, steps, mask_index=0)

    with keras.backend_scope("torch"):
        target = ops.convert_to_tensor(random.integers(1, 5, (3, 4)))
        steps, lengths = ops.array([9, 7, 8]), ops.array([4, 2, 3])
        output = torch.tensor(random.normal(size=(3, 9, 5))).requires_grad_()
        torch._dynamo.reset()
        graph = torch.compile(loss, fullgraph=True, backend="aot_eager")
        results = [function(output) for function in (loss, graph)]
        assert torch.equal(*results)
        weights = torch.tensor([1.0, 2.0, 3.0])
        gradients = [
            torch.autograd.grad((result * weights).sum(), output)[0]
            for result in results
        ]
        torch.testing.assert_close(*gradients)
        assert gradients[0].abs().max() > 0.1


@pytest.mark.parametrize("op", ["matmul", "conv", "softmax", "sum", "einsum", "sort"])
def test_xla_runs_what_it_takes(op: str) -> None:
    """Machine code of it gives the eager numbers."""
    pytest.importorskip("tensorflow")

    row = compilation.rows()[op][0]
    with keras.backend_scope("tensorflow"):
        given = map_arrays(keras.ops.convert_to_tensor, [list(row.args), row.kwargs])

        def function() -> Any:
            return getattr(keras.ops, op)(*given[0], **given[1])

        got = compilation.compiled("tensorflow", function)()
        np.testing.assert_allclose(got.numpy(), function().numpy(), 1e-4, 1e-5)
