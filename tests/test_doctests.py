"""The examples in all docstrings of `keras` run, and print what they say.

On the default backend; `tests/ops/test_docs.py` runs those of the ops on every one.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import pytest

import keras
from tests.conftest import BACKENDS, FRAMEWORKS

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# Modules whose examples do not run here, and why.
LEFT_OUT = {
    "keras.ops": "run by tests/ops/test_docs.py on every backend",
    "keras.random": "run by tests/random/test_docs.py on every backend",
    "keras.activations": "run by tests/random/test_docs.py on every backend",
    "keras._tf_keras": "stands for other modules, under TensorFlow's names",
}


def modules() -> Iterator[ModuleType]:
    """All modules of the package, those of the frameworks that are tested."""
    for info in pkgutil.walk_packages(keras.__path__, "keras."):
        top = ".".join(info.name.split(".")[:2])
        if top in LEFT_OUT:
            continue
        parts = info.name.split(".")
        if len(parts) > 2 and parts[2] in set(FRAMEWORKS) - set(BACKENDS):
            continue
        yield importlib.import_module(info.name)


def examples() -> Iterator[doctest.DocTest]:
    """The docstrings with examples, each where it is defined."""
    finder = doctest.DocTestFinder()
    for module in modules():
        for test in finder.find(module, module.__name__, globs={}):
            if test.examples:
                yield test


EXAMPLES = list(examples())


class Checker(doctest.OutputChecker):
    """Takes `torch.Size([2, 3])` and `TensorShape([2, 3])` for `(2, 3)`."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        got = re.sub(
            r"(?:torch\.Size|TensorShape)\(\[(.*?)\]\)",
            lambda m: f"({m[1]},)" if m[1] and "," not in m[1] else f"({m[1]})",
            got,
        )
        return super().check_output(want, got, optionflags)


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_example(
    example: doctest.DocTest, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    with keras.backend_scope(keras.config.backend()):
        before = keras.config.backend()
        found = doctest.DocTest(
            example.examples, {}, example.name, example.filename, example.lineno, None
        )
        problems: list[str] = []
        runner = doctest.DocTestRunner(checker=Checker(), optionflags=FLAGS)
        runner.run(found, out=problems.append)
    assert not problems, "".join(problems)
    assert keras.config.backend() == before, "the example left another backend behind"


# The classes and functions that users reach, by the namespace that they reach them in.
NAMESPACES = [
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "initializers",
    "regularizers",
    "constraints",
    "callbacks",
    "models",
]


@pytest.mark.parametrize("name", NAMESPACES)
def test_every_public_class_has_a_docstring(name: str) -> None:
    namespace = importlib.import_module(f"keras.{name}")
    public = {
        attribute: value
        for attribute, value in vars(namespace).items()
        if not attribute.startswith("_")
        and inspect.isclass(value)
        and value.__module__.startswith("keras.")
    }
    assert public
    assert not [key for key, value in public.items() if not value.__dict__["__doc__"]]
