"""Every row of the tables on odd input: NaN, infinities and -0; nothing; one number.

The plainest row of each op is taken as it stands, with its float arrays changed; the
reference is the row's own. Where the reference refuses such input, so may the op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.ops import exemptions
from tests.ops.compilation import compiled
from tests.ops.rows import Row, all_rows, flatten, map_arrays


def odd(x: np.ndarray) -> np.ndarray:
    """Some numbers replaced."""
    if x.dtype.kind != "f" or x.size < 5:
        return x
    flat = x.copy().reshape(-1)
    for place, value in enumerate([np.nan, np.inf, -np.inf, -0.0]):
        flat[place * 3 % x.size] = value
    return flat.reshape(x.shape)


def empty(x: np.ndarray) -> np.ndarray:
    """No rows."""
    return x[:0] if x.ndim else x


def scalar(x: np.ndarray) -> np.ndarray:
    """The first number, of no dimension."""
    return x.reshape(-1)[:1].reshape(()) if x.dtype.kind in "fi" else x


TOGETHER = 24  # rows in one compiled function on JAX
KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "odd": odd,
    "empty": empty,
    "scalar": scalar,
}
ROWS: dict[str, Row] = {}
for _row in all_rows():
    _leaves = flatten([_row.args, _row.kwargs])
    if _row.reference is not None and any(
        isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in _leaves
    ):
        ROWS.setdefault(_row.op, _row)


def reference(row: Row, args: Any, kwargs: Any) -> list[np.ndarray] | None:
    """What must come; None where the reference takes no such input."""
    assert row.reference is not None
    try:
        return [np.asarray(x) for x in flatten(row.reference(*args, **kwargs))]
    except Exception:
        return None


def given(row: Row, kind: str) -> tuple[list[Any], dict[str, Any]]:
    """The row's arguments with their arrays changed."""
    args, kwargs = map_arrays(KINDS[kind], [list(row.args), row.kwargs])
    return args, kwargs


def results(rows: list[Row], kind: str) -> list[list[Any] | Exception]:
    """The outputs of each row on the current backend, or its error.

    On JAX many rows make one compiled function: it would compile each op anew for each
    kind of input, which takes minutes. One that fails is told from the others alone.
    """
    calls = [given(row, kind) for row in rows]

    def function(*tensors: Any) -> list[list[Any]]:
        feed = iter(tensors)
        filled = map_arrays(lambda _: next(feed), calls)
        pairs = zip(rows, filled, strict=True)
        return [flatten(getattr(ops, row.op)(*a, **kw)) for row, (a, kw) in pairs]

    leaves = [x for x in flatten(calls) if isinstance(x, np.ndarray)]
    tensors = [ops.convert_to_tensor(x) for x in leaves]
    in_jit = keras.config.backend() == "jax" and not any(
        exemptions.reason("jit", row.id, "jax") for row in rows
    )
    try:
        found = (compiled("jax", function) if in_jit else function)(*tensors)
    except Exception as error:
        if len(rows) == 1:
            return [error]
        return [results([row], kind)[0] for row in rows]
    return list(found)


def problem(found: list[Any] | Exception, expected: list[np.ndarray]) -> str | None:
    """What is wrong with an op's answer."""
    if isinstance(found, Exception):
        return f"{type(found).__name__}: {found}"
    try:
        for result, want in zip(found, expected, strict=True):
            got = np.asarray(ops.convert_to_numpy(result))
            assert got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4)
    except (AssertionError, ValueError) as error:
        return str(error)
    return None


def problems(rows: list[Row], kind: str) -> dict[str, str]:
    """What is wrong, row by row, on the current backend."""
    asked = [(row, reference(row, *given(row, kind))) for row in rows]
    asked = [(row, expected) for row, expected in asked if expected is not None]
    found: dict[str, str] = {}
    size = TOGETHER if keras.config.backend() == "jax" else 1
    for start in range(0, len(asked), size):
        part = asked[start : start + size]
        answers = results([row for row, _ in part], kind)
        for (row, expected), answer in zip(part, answers, strict=True):
            text = problem(answer, expected)
            if text is not None:
                found[row.id] = text
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_odd_input(backend: str, kind: str) -> None:
    """The answer is the reference's, or the row stands in `exemptions.py`.

    An exemption that is no longer needed fails, too.
    """
    exempt = {
        name
        for name in (row.id for row in ROWS.values())
        if exemptions.reason(kind, name, backend)
    }
    with np.errstate(all="ignore"):
        found = problems(list(ROWS.values()), kind)
    assert not {name: text for name, text in found.items() if name not in exempt}
    assert exempt <= set(found)


def test_most_rows_are_tried() -> None:
    """Exceptions stay exceptions."""
    assert len(ROWS) > 240
    for kind in KINDS:
        left_out = [r for r in ROWS.values() if exemptions.reason(kind, r.id, "numpy")]
        assert len(left_out) < 40


FAR: dict[str, tuple[Callable[..., Any], list[float]]] = {
    "clip": (lambda x: ops.clip(x, -1e9, 1e9), [1.0, -2.0]),
    "clip below": (lambda x: ops.clip(x, -1e9, 0.5), [0.5, -2.0]),
    "maximum": (lambda x: ops.maximum(x, -1e9), [1.0, -2.0]),
    "minimum": (lambda x: ops.minimum(x, 1e9), [1.0, -2.0]),
    "full": (lambda x: ops.full((2,), -1e9, dtype="float16"), [-np.inf] * 2),
    "full_like": (lambda x: ops.full_like(x, 1e9), [np.inf] * 2),
    "pad": (lambda x: ops.pad(x, [(0, 1)], constant_values=1e9), [1.0, -2.0, np.inf]),
    "where": (lambda x: ops.where(x > 0, x, -1e9), [1.0, -np.inf]),
}


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("name", FAR)
def test_numbers_beyond_a_narrow_dtype_are_infinite(backend: str, name: str) -> None:
    """Masks of `-1e9` and bounds that bound nothing, under `mixed_float16`."""
    function, expected = FAR[name]
    found = function(ops.cast(ops.convert_to_tensor([1.0, -2.0]), "float16"))
    assert ops.convert_to_numpy(found).tolist() == expected
