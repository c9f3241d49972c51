"""The examples in the ops' docstrings run, and say the same on every backend."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re

import pytest

import keras.ops


class _Shapes(doctest.OutputChecker):
    """Takes `torch.Size([2, 3])` and `TensorShape([2, 3])` for `(2, 3)`."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        got = re.sub(r"(?:torch\.Size|TensorShape)\(\[(.*?)\]\)", self._as_tuple, got)
        return super().check_output(want, got, optionflags)

    @staticmethod
    def _as_tuple(match: re.Match[str]) -> str:
        sizes = match[1]
        return f"({sizes},)" if sizes and "," not in sizes else f"({sizes})"


def examples() -> list[doctest.DocTest]:
    """Every docstring with an example, in all modules of the ops."""
    finder = doctest.DocTestFinder(recurse=False)
    found = []
    for module_info in pkgutil.walk_packages(keras.ops.__path__, "keras.ops."):
        module = importlib.import_module(module_info.name)
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if callable(value) and not name.startswith("_"):
                tests = finder.find(value, name, module=False, globs={})
                found.extend(test for test in tests if test.examples)
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_example(backend: str, example: doctest.DocTest) -> None:
    """The example prints what the docstring says."""
    runner = doctest.DocTestRunner(
        checker=_Shapes(), optionflags=doctest.NORMALIZE_WHITESPACE
    )
    copy = doctest.DocTest(
        example.examples, {}, example.name, example.filename, example.lineno, None
    )
    problems: list[str] = []
    runner.run(copy, out=problems.append)
    assert not problems, "".join(problems)


def test_every_op_has_an_example() -> None:
    """No public op without one."""
    documented = {example.name for example in EXAMPLES}
    public = {
        getattr(value, "__name__", name)
        for name, value in vars(keras.ops).items()
        if callable(value) and not name.startswith("_")
    }
    assert public - documented == set()
