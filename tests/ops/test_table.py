"""Contracts over every row of the ops' tables, on every backend."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.ops import exemptions
from tests.ops.rows import Row, all_rows, flatten, map_arrays

ALL = all_rows()
BY_ID = {row.id: row for row in ALL}


def over(rows: list[Row]) -> Any:
    """Parametrizes a test with rows."""
    return pytest.mark.parametrize("row", rows, ids=[row.id for row in rows])


def call(row: Row, make: Any) -> Any:
    """The op on the row's arguments, with arrays turned into what `make` gives."""
    args, kwargs = map_arrays(make, row.args), map_arrays(make, row.kwargs)
    return getattr(ops, row.op)(*args, **kwargs)


@cache
def eager_of(backend: str, row_id: str) -> list[Any]:
    """The outputs of a row by the backend, which is the current one: worked out once.

    They hold on to no graph, so later tests may look at them again.
    """
    assert backend == keras.config.backend()
    return flatten(call(BY_ID[row_id], ops.convert_to_tensor))


def to_numpy(x: Any) -> np.ndarray:
    """An array of a tensor; numbers and dtype-less leaves as they are."""
    array = np.asarray(ops.convert_to_numpy(x))
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def skip_exempt(contract: str, row: Row, backend: str) -> None:
    """Skips what stands in `exemptions.py`."""
    why = exemptions.reason(contract, row.id, backend)
    if why is not None:
        pytest.skip(why)


@over(ALL)
def test_values(backend: str, row: Row) -> None:
    """The values are those of NumPy or SciPy."""
    skip_exempt("values", row, backend)
    assert row.reference is not None
    result = eager_of(backend, row.id)
    with np.errstate(all="ignore"):
        expected = flatten(row.reference(*row.args, **row.kwargs))
    assert len(result) == len(expected)
    for got, want in zip(result, expected, strict=True):
        got, want = to_numpy(got), np.asarray(want)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=row.rtol, atol=row.atol)


def spec(x: np.ndarray) -> keras.KerasTensor:
    """A symbolic tensor of the array's shape and dtype."""
    dtype = keras.backend.standardize_dtype(x.dtype)
    return keras.KerasTensor(x.shape, dtype)


def agree(symbolic: Any, eager: Any) -> None:
    """Shape and dtype of a symbolic result are those of the eager one."""
    shape = tuple(ops.shape(eager))
    assert len(symbolic.shape) == len(shape)
    pairs = zip(symbolic.shape, shape, strict=True)
    assert all(s in (None, e) for s, e in pairs), (symbolic.shape, shape)
    assert symbolic.dtype == keras.backend.standardize_dtype(eager.dtype)


def has_arrays(row: Row) -> bool:
    """Whether any argument is a tensor, apart from indices in a key."""
    arguments = [row.args[0]] if row.op == "get_item" else [row.args, row.kwargs]
    return any(isinstance(x, np.ndarray) for x in flatten(arguments))


SYMBOLIC = [row for row in ALL if has_arrays(row)]


def symbolic_call(row: Row, make: Any) -> Any:
    """The op on symbolic tensors; index arrays of a key stay arrays."""
    if row.op == "get_item":
        return ops.get_item(make(row.args[0]), row.args[1])
    return call(row, make)


@over(SYMBOLIC)
def test_symbolic_equals_eager(backend: str, row: Row) -> None:
    """The rule knows the shapes and dtypes that the backend returns."""
    eager = eager_of(backend, row.id)
    symbolic = flatten(symbolic_call(row, spec))
    assert len(symbolic) == len(eager)
    for s, e in zip(symbolic, eager, strict=True):
        if isinstance(s, keras.KerasTensor):
            agree(s, e)


@over(SYMBOLIC)
def test_unknown_batch(backend: str, row: Row) -> None:
    """With an unknown first size the rule still fits what the backend returns."""
    skip_exempt("unknown size", row, backend)

    def unknown(x: np.ndarray) -> keras.KerasTensor:
        known = spec(x)
        return keras.KerasTensor(
            (None, *known.shape[1:]) if x.ndim else (), known.dtype
        )

    eager = eager_of(backend, row.id)
    for s, e in zip(flatten(symbolic_call(row, unknown)), eager, strict=True):
        if isinstance(s, keras.KerasTensor):
            agree(s, e)


def compiled(name: str, function: Any) -> Any:
    """The function compiled by the framework's own means."""
    if name == "jax":
        import jax

        return jax.jit(function)
    if name == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    import torch

    torch._dynamo.reset()
    return torch.compile(function, fullgraph=True, backend="eager")


def in_graph(name: str, rows: list[Row]) -> list[list[Any]]:
    """The outputs of each row, all out of one compiled function.

    A compiler takes longer to start than to compile one op.
    """
    calls = [[list(row.args), row.kwargs] for row in rows]

    def function(*tensors: Any) -> list[list[Any]]:
        feed = iter(tensors)
        filled = map_arrays(lambda _: next(feed), calls)
        pairs = zip(rows, filled, strict=True)
        return [flatten(getattr(ops, row.op)(*a, **kw)) for row, (a, kw) in pairs]

    leaves = [x for x in flatten(calls) if isinstance(x, np.ndarray)]
    return compiled(name, function)(*map(ops.convert_to_tensor, leaves))


COMPILED = [row for row in SYMBOLIC if row.op != "get_item"]
TOGETHER = 16  # rows in one compiled function
CHUNKS = [
    COMPILED[start : start + TOGETHER] for start in range(0, len(COMPILED), TOGETHER)
]


@pytest.mark.parametrize("rows", CHUNKS, ids=lambda rows: f"{rows[0].id}+")
def test_jit_equals_eager(framework_backend: str, rows: list[Row]) -> None:
    """A compiled function gives the same values, without leaving the graph."""
    rows = [
        row for row in rows if not exemptions.reason("jit", row.id, framework_backend)
    ]
    for row, found in zip(rows, in_graph(framework_backend, rows), strict=True):
        eager = eager_of(framework_backend, row.id)
        for got, want in zip(found, eager, strict=True):
            np.testing.assert_allclose(
                to_numpy(got), to_numpy(want), rtol=1e-5, atol=1e-6, err_msg=row.id
            )
