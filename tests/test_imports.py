"""What importing loads, proved in fresh processes.

TensorFlow itself imports `keras`, so importing it must be cheap and must load no
framework; and a backend must not drag another one in.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import INSTALLED

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS = {"jax", "tensorflow", "torch"}
HEAVY = {"h5py", "rich", "pandas", "scipy", "sklearn"}
LOADED = """
import json, sys
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def run(code: str, backend: str | None = None, home: Path | None = None) -> str:
    """Standard output of `code` in a new interpreter, with a clean configuration."""
    env = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    env["KERAS_HOME"] = str(home or "/nonexistent")
    env["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if backend is not None:
        env["KERAS_BACKEND"] = backend
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def modules_after(code: str, backend: str | None = None) -> set[str]:
    """Top-level modules that `code` leaves in sys.modules."""
    return set(json.loads(run(code + LOADED, backend).splitlines()[-1]))


@pytest.mark.parametrize("backend_name", [None, *INSTALLED])
def test_import_keras_loads_no_framework(backend_name: str | None) -> None:
    loaded = modules_after("import keras", backend_name)
    assert "numpy" in loaded or "keras" in loaded
    assert loaded & (FRAMEWORKS | HEAVY) == set()


def test_no_module_hides_a_public_function() -> None:
    code = """
import importlib, keras, pkgutil
modules = {info.name for info in pkgutil.iter_modules(keras.__path__)}
print(sorted(modules & set(keras._NAMES)), keras.version() == keras.__version__)
"""
    assert run(code, "numpy").split() == ["[]", "True"]


@pytest.mark.parametrize("backend_name", INSTALLED)
def test_import_keras_loads_next_to_nothing(backend_name: str) -> None:
    """Time is measured by the benchmarks; here is what it would be spent on."""
    counted = """
import sys, numpy
before = set(sys.modules)
import keras
new = {name for name in set(sys.modules) - before}
print(sorted(name for name in new if name.startswith("keras")))
print(len(new))
"""
    names, count = run(counted, backend_name).splitlines()
    assert names == "['keras']"
    assert int(count) <= 3


def test_first_use_of_ops_loads_no_layers() -> None:
    loaded = json.loads(
        run(
            "import json, sys, keras; keras.ops.ones((1,)); "
            "print(json.dumps(sorted(n for n in sys.modules if 'keras' in n)))",
            "numpy",
        )
    )
    rooms = {name.split(".")[1] for name in loaded if "." in name}
    assert rooms <= {"backends", "core", "ops", "tree"}


USE = """
import keras
assert keras.backend.backend() == {name!r}
keras.layers.Dense
keras.ops.matmul
keras.ops.convert_to_tensor([1.0, 2.0])
"""


@pytest.mark.parametrize("backend_name", INSTALLED)
def test_a_backend_loads_only_its_own_framework(backend_name: str) -> None:
    loaded = modules_after(USE.format(name=backend_name), backend_name)
    # TensorFlow itself imports JAX where that is installed.
    bare = modules_after(f"import {backend_name}", backend_name)
    assert loaded & FRAMEWORKS == bare & FRAMEWORKS


def test_the_numpy_backend_computes_without_any_framework() -> None:
    code = """
import keras, numpy
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu")])
assert model.predict(numpy.ones((2, 4), "float32"), verbose=0).shape == (2, 3)
"""
    assert modules_after(code, "numpy") & FRAMEWORKS == set()


@pytest.mark.skipif("tensorflow" not in INSTALLED, reason="TensorFlow is not installed")
def test_tensorflow_finds_this_keras_as_tf_keras() -> None:
    code = """
import tensorflow as tf
layer = tf.keras.layers.Dense(2)
import keras
assert tf.keras.layers.Dense is keras.layers.Dense
print(keras.__file__)
"""
    assert Path(run(code, "tensorflow").splitlines()[-1]).parent == ROOT / "keras"


def test_an_unknown_backend_is_refused_with_the_choices() -> None:
    code = """
import keras
try:
    keras.config.set_backend("theano")
except ValueError as error:
    print(error)
"""
    message = run(code, "numpy")
    for word in ("theano", "numpy", "jax", "tensorflow", "torch"):
        assert word in message


# Edges between files --------------------------------------------------------------

PACKAGE = ROOT / "keras"
MODULES = {
    str(path.relative_to(ROOT).with_suffix("")).replace("/", "."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULES = {name.removesuffix(".__init__"): path for name, path in MODULES.items()}


def _loaded(node: ast.AST) -> Iterator[str]:
    """Names of modules that an import loads, without the packages around them."""
    if isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            yield full if full in MODULES else node.module
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All of a file, imports in functions included, but what is for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _nodes(node)


def _edges(name: str) -> set[str]:
    tree = ast.parse(MODULES[name].read_text())
    found = {module for node in _nodes(tree) for module in _loaded(node)}
    # `import keras` is the whole of it, on a user's behalf, by the lazy loader.
    return {module for module in found if module in MODULES} - {name, "keras"}


def _circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """Sets of files that all reach each other."""
    reached: dict[str, set[str]] = {}
    for start in edges:
        seen, todo = set(), [start]
        while todo:
            new = edges[todo.pop()] - seen
            seen |= new
            todo.extend(new)
        reached[start] = seen
    circles: list[set[str]] = []
    for name in edges:
        if name in reached[name] and not any(name in circle for circle in circles):
            circles.append({n for n in reached[name] if name in reached[n]})
    return circles


def test_files_do_not_import_in_circles() -> None:
    """Lazy imports count: none hides a circle."""
    assert _circles({name: _edges(name) for name in MODULES}) == []


def test_no_edge_stands_in_a_string() -> None:
    """A module of ours is imported by `import`, which the linter sees.

    Only lazy loaders, a package's `__getattr__` and its tables, may name it otherwise.
    """
    found = []
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            called = getattr(node, "func", None)
            word = getattr(called, "attr", getattr(called, "id", None))
            if word not in ("import_module", "__import__") or name == "keras":
                continue
            for leaf in ast.walk(node):
                text = leaf.value if isinstance(leaf, ast.Constant) else None
                if isinstance(text, str) and text.partition(".")[0] == "keras":
                    found.append(f"{name}: {text}")
    assert found == [
        "keras._tf_keras.keras: keras.",  # as TensorFlow asks for it
        "keras.src: keras._tf_keras.keras.",  # as packages ask for it
    ]


def test_an_import_in_a_function_says_why() -> None:
    """Ours and Python's stand at the top of the file, or with the reason beside them.

    Frameworks and optional packages need none: they are loaded where they are used.
    """
    found = []
    for name, path in MODULES.items():
        text = path.read_text()
        lines = text.splitlines()
        for node in _inside_functions(ast.parse(text)):
            if not _packages(node) & OURS:
                continue
            # One comment serves a block of imports: above it, or beside one of them.
            first = node.lineno
            while lines[first - 2].lstrip().startswith(("import ", "from ")):
                first -= 1
            if not any("#" in line for line in lines[first - 2 : node.end_lineno]):
                found.append(f"{name}:{node.lineno}")
    assert found == []


OURS = {"keras", *sys.stdlib_module_names}


def _packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "keras").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names}


def _inside_functions(tree: ast.AST) -> set[ast.Import | ast.ImportFrom]:
    return {
        node
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
