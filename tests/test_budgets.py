"""The house rules that can be counted: sizes, framework imports, backend branches."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "keras"
FRAMEWORKS = {"jax", "jaxlib", "tensorflow", "torch"}
BACKEND_NAMES = {"numpy", "jax", "tensorflow", "torch"}


def load_tool(name: str) -> ModuleType:
    """Import a script of tools/ by path; the folder is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


size_budget = load_tool("size_budget")


def outside_backends() -> list[Path]:
    """Source files that must know no framework."""
    walled = PACKAGE / "backends"
    return [
        path for path in sorted(PACKAGE.rglob("*.py")) if walled not in path.parents
    ]


def shown(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_files_are_within_budget() -> None:
    files, _ = size_budget.measure()
    assert files, "nothing was measured"
    assert size_budget.violations(files, size_budget.FILES) == []


def test_function_bodies_are_within_budget() -> None:
    _, functions = size_budget.measure()
    assert functions, "nothing was measured"
    assert size_budget.violations(functions, size_budget.FUNCTIONS) == []


def framework_imports(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Imports of a framework: statements, and import_module("...") calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            dynamic = called in {"import_module", "__import__"} and literal
            names = [first.value] if dynamic else []
        else:
            continue
        for name in names:
            if name.split(".")[0] in FRAMEWORKS:
                yield node, name


def test_frameworks_are_imported_only_under_backends() -> None:
    found = [
        f"{shown(path, node)} imports {name}"
        for path in outside_backends()
        for node, name in framework_imports(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def names_backend(node: ast.expr) -> bool:
    """Whether an expression reads like the current backend's name."""
    text = ast.unparse(node)
    return re.search(r"\bbackend(_name|\.name|\(\)|)\W*$", text) is not None


def backend_literals(node: ast.expr) -> bool:
    """Whether an expression is a backend's name, or a collection of them."""
    if isinstance(node, ast.Constant):
        return node.value in BACKEND_NAMES
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(backend_literals(element) for element in node.elts)
    return False


def backend_conditions(tree: ast.Module) -> Iterator[ast.Compare]:
    """Comparisons of the backend with a fixed name, whichever side it is on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(names_backend, sides)) and any(map(backend_literals, sides)):
                yield node


def test_no_branch_on_the_backend_outside_backends() -> None:
    found = [
        f"{shown(path, node)} {ast.unparse(node)}"
        for path in outside_backends()
        for node in backend_conditions(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "if backend() == 'torch': pass",
        "if keras.config.backend() != 'jax': pass",
        "x = 1 if self.backend_name in ('jax', 'numpy') else 2",
        "if 'torch' == layer.backend.name: pass",
    ],
)
def test_the_branch_check_sees_each_spelling(source: str) -> None:
    assert len(list(backend_conditions(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn as nn",
        "from jax import numpy as jnp",
        "importlib.import_module('tensorflow')",
    ],
)
def test_the_import_check_sees_each_spelling(source: str) -> None:
    assert len(list(framework_imports(ast.parse(source)))) == 1


def test_the_budget_counts_a_body_without_its_docstring() -> None:
    tree = ast.parse(
        'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    )
    assert [size_budget.body_lines(f) for f in size_budget.functions_of(tree)] == [2]


def test_the_budget_reports_what_breaks_it() -> None:
    budget = size_budget.Budget("file", p90=10, hard=20)
    sizes = [size_budget.Size("a.py", 5), size_budget.Size("b.py", 21)]
    assert size_budget.violations(sizes, budget) == [
        "b.py: 21 lines, hard stop 20 for a file",
        "p90 of file: 21 lines, budget 10",
    ]
