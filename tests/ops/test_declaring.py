"""What an op is stands in its declaration: these are declared here and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import ShapeLike, Tensor, TensorLike
from keras.ops import arithmetic, core
from keras.ops.declare import DECLARATIONS, composite, op
from keras.ops.files import InFiles, call_arguments
from keras.saving import deserialize_keras_object, serialize_keras_object

X = np.array([[0.0, 2.0], [-3.0, 0.0]], "float32")
PACKAGE = Path(keras.__file__).parent


@composite(
    promote="wide",
    strict=True,
    real=True,
    integers=("places",),
    bools_count=True,
    ranges={"share": (0, 1)},
    in_files=InFiles(
        "math", class_name="PICKof", of_the_call=("share",), of_the_operation=("gain",)
    ),
)
def pick_of(
    x: TensorLike, places: TensorLike, gain: TensorLike = 1.0, share: float = 0.5
) -> Tensor:
    """Some of a vector."""
    taken = ops.take(core.convert_to_tensor(x), places, axis=0)
    return arithmetic.multiply(arithmetic.multiply(taken, gain), share)


@op(sparse="values", promote="float")
def twice_of(x: TensorLike) -> Tensor:
    """Two of it."""
    return KerasTensor(x.shape, x.dtype)


@op(open_end="size")
def row_of(start: int = 0, size: int | None = 3) -> Tensor:
    """A row."""
    known = size if isinstance(size, int) else None
    return KerasTensor((known,), "int32")


@composite(strict=True)
def stretched_of(x: TensorLike, shape: ShapeLike) -> Tensor:
    """Takes what it gets."""
    return ops.ones(tuple(shape) if isinstance(shape, tuple) else (1,))


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """The ops of this file are gone afterwards."""
    yield
    for function in (pick_of, twice_of, row_of, stretched_of):
        del DECLARATIONS[function.__name__]


def test_it_computes_what_it_says(backend: str) -> None:
    """Numbers, and the shape of a graph."""
    x = np.array([1.0, 2.0, 4.0], "float32")
    got = ops.convert_to_numpy(pick_of(x, [2, 0], 3.0))
    np.testing.assert_allclose(got, [6.0, 1.5])
    np.testing.assert_allclose(
        ops.convert_to_numpy(pick_of(x, np.array([True, False]))), [1.0, 0.5]
    )
    assert pick_of(KerasTensor((5,)), KerasTensor((2,), "int32")).shape == (2,)


@pytest.mark.parametrize(
    ("args", "kwargs", "kind", "said"),
    [
        (([1.0], [0]), {"share": 1.5}, ValueError, "`share` must lie between 0 and 1"),
        (([1.0], [0.5]), {}, TypeError, "`places` must hold integers"),
        ((np.array([1j]), [0]), {}, TypeError, "`x` must be real"),
        (([1.0], [0], 1.0, "a"), {}, TypeError, "`share` must be a number"),
    ],
    ids=["range", "integers", "real", "kind"],
)
def test_it_refuses_what_it_says(
    backend: str, args: Any, kwargs: Any, kind: type[Exception], said: str
) -> None:
    """Eagerly as in a graph, with the op's name."""
    with pytest.raises(kind, match=f"keras.ops.pick_of: {said}"):
        pick_of(*args, **kwargs)
    shapes = [KerasTensor(np.shape(a), np.asarray(a).dtype.name) for a in args[:2]]
    with pytest.raises(kind, match=f"keras.ops.pick_of: {said}"):
        DECLARATIONS["pick_of"].infer((*shapes, *args[2:]), kwargs)


def test_only_what_says_so_is_checked_in_front(backend: str) -> None:
    """A body that would take a wrong shape never sees it."""
    with pytest.raises(TypeError, match="keras.ops.stretched_of: `shape` must be"):
        stretched_of(X, "a")  # type: ignore[arg-type]


def test_an_open_end_is_an_unknown_size() -> None:
    """None stands for a length that is not known yet, in a graph."""
    from keras.core.scopes import SymbolicScope

    with SymbolicScope():
        assert row_of(0, None).shape == (None,)
        assert row_of(start=0, size=None).shape == (None,)


def test_its_spec_says_whether_it_stays_sparse() -> None:
    """By the rule that it names."""
    assert twice_of(KerasTensor((2, 2), sparse=True)).sparse
    places = KerasTensor((1,), "int32")
    assert not pick_of(KerasTensor((3,), sparse=True), places).sparse


def test_files_name_it_as_it_says(backend: str) -> None:
    """Module, class, and whose its arguments are; and it comes back."""
    x = KerasTensor((3,), name="x")
    y = pick_of(x, KerasTensor((2,), "int32", name="places"), 2.0, 0.25)
    operation = y._keras_history.operation
    config = serialize_keras_object(operation)
    assert (config["module"], config["class_name"]) == ("keras.src.ops.math", "PICKof")
    assert config["config"] == {"name": operation.name, "gain": 2.0}
    node = operation._inbound_nodes[0]
    args, kwargs = call_arguments(operation, node.args, node.kwargs)
    assert (len(args), kwargs) == (2, {"share": 0.25})
    again = deserialize_keras_object(config)
    assert again(*args, **kwargs).shape == (2,)


def _strings(node: ast.AST) -> set[str]:
    return {
        part
        for leaf in ast.walk(node)
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
        for part in leaf.value.split()
    }


def test_no_table_lists_ops_by_name() -> None:
    """In the floors that ops stand on, and beside them, no container names four ops.

    Four: a name such as `sum` or `shape` is a word of its own, too. What a file shows
    of itself in `__all__` is no table.
    """
    found = []
    files = [*(PACKAGE / "core").rglob("*.py"), *(PACKAGE / "ops").glob("*.py")]
    kinds = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Constant)
    for file in files:
        tree = ast.parse(file.read_text())
        for node in tree.body:
            value = getattr(node, "value", None)
            exports = (
                isinstance(node, ast.Assign)
                and ast.unparse(node.targets[0]) == "__all__"
            )
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and value and not exports:
                names: set[str] = set()
                for inner in ast.walk(value):
                    if isinstance(inner, kinds):
                        names |= _strings(inner)
                named = names & set(DECLARATIONS)
                if len(named) > 3:
                    found.append((file.name, node.lineno, sorted(named)))
    assert found == []


def test_every_op_of_reals_refuses_complex_numbers(backend: str) -> None:
    """Whichever of the quick ways its tensors take into the backend."""
    numbers = ops.convert_to_tensor(np.full((2, 3, 4), 1 + 1j, "complex64"))
    lengths = ops.convert_to_tensor(np.ones((2,), "int32"))
    static = {"stft": (4, 2, 4)}
    of_reals = [found for found in DECLARATIONS.values() if found.real]
    assert len(of_reals) > 80
    for found in of_reals:
        tensors = sorted(set(found.tensors) - found.optional)
        given = [lengths if i in found.integers else numbers for i in tensors]
        if found.name == "ctc_decode":
            given[1] = lengths
        with pytest.raises(TypeError, match=f"{found.title}.* must be real"):
            found.public(*given, *static.get(found.name, ()))
