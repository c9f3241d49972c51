"""The examples in the docstrings of `keras.random` and `keras.activations` run."""

from __future__ import annotations

import doctest

import pytest

from keras import activations, random

DOCUMENTED = [
    value
    for module in (random, activations)
    for name, value in sorted(vars(module).items())
    if not name.startswith("_")
    and getattr(value, "__module__", "").startswith(
        ("keras.random", "keras.activations")
    )
]


@pytest.mark.parametrize("value", DOCUMENTED, ids=lambda value: value.__name__)
def test_example(backend: str, value: object) -> None:
    tests = doctest.DocTestFinder(recurse=False).find(value, globs={})
    assert any(test.examples for test in tests), "no example"
    problems: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        runner.run(test, out=problems.append)
    assert not problems, "".join(problems)
