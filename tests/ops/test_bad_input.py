"""Every op refuses wrong input with one error, on every backend and symbolically.

The calls are made by `bad_input.py`: of each op a good one, with one argument spoilt.
Whatever comes of it must be the same everywhere; an error names the op, an argument,
and what was received. `exemptions.py` lists where that does not hold.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
import pytest

import keras
from tests.conftest import BACKENDS
from tests.ops import bad_input, exemptions
from tests.ops.bad_input import Bad

# Words that come before what was received, and those of Python's own errors.
TOLD = ("Received", "hape", "Too many indices", "Unknown dtype: ")
LEAKS = (
    "index out of range",
    "has no len",
    "not iterable",
    "unpack",
    "not supported between",
    "object has no",
    "invalid literal",
    "cannot be interpreted",
    "operand type",
)
CASES: dict[str, list[Bad]] = {}
for _bad in bad_input.cases():
    CASES.setdefault(_bad.op, []).append(_bad)


def known(bad: Bad) -> bool:
    """Whether the call stands among the known differences."""
    return any(
        bad.op == op
        and fnmatchcase(bad.parameter, parameter)
        and fnmatchcase(bad_input.show(bad.value), value)
        for op, parameter, value in exemptions.WRONG_INPUT
    )


def outcomes(bad: Bad) -> dict[str, tuple[str, str] | None]:
    """What each backend says, eagerly and symbolically.

    Where all others accept the call, JAX is not asked: it would compile for long.
    """
    found: dict[str, tuple[str, str] | None] = {}
    for backend in sorted(BACKENDS, key="jax".__eq__):
        with keras.backend_scope(backend):
            found[f"{backend}, symbolic"] = bad_input.outcome(bad, bad_input.symbolic)
            if backend != "jax" or any(found.values()):
                found[backend] = bad_input.outcome(bad, bad_input.eager)
    return found


KINDS = ("ValueError", "TypeError", "TensorTypeError", "ShapeError", "IndexError")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("op", CASES)
def test_one_error(op: str) -> None:
    """The same exception with the same text, or none, for each spoilt argument."""
    declaration = bad_input.function_of(op).declaration
    with np.errstate(all="ignore"):
        for bad in CASES[op]:
            if known(bad):
                continue
            found = outcomes(bad)
            assert len(set(found.values())) == 1, (bad.id, found)
            error = next(iter(found.values()))
            if error is not None:
                kind, text = error
                assert kind in KINDS
                assert op in text, (bad.id, text)
                assert any(f"`{p}`" in text for p in declaration.parameters), text
                assert any(told in text for told in TOLD), (bad.id, text)
                assert not any(leak in text for leak in LEAKS), (bad.id, text)


@pytest.mark.filterwarnings("ignore")
def test_known_differences_are_differences() -> None:
    """A difference that has gone leaves the list."""
    kept = set()
    with np.errstate(all="ignore"):
        for bad in [bad for op in CASES for bad in CASES[op] if known(bad)]:
            if len(set(outcomes(bad).values())) > 1:
                kept.add(bad.op)
    if set(BACKENDS) == {"numpy", "jax", "tensorflow", "torch"}:
        assert kept == {op for op, _, _ in exemptions.WRONG_INPUT}


def test_most_calls_are_wrong() -> None:
    """The table does what it is for: thousands of calls that must be refused."""
    with keras.backend_scope("numpy"):
        refused = sum(
            bad_input.outcome(bad, bad_input.symbolic) is not None
            for bads in CASES.values()
            for bad in bads
        )
    assert len(CASES) > 300
    assert refused > 4000
