"""The walks in Python agree with those of optree, and compilers can trace them."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import pytest

import keras
from keras.core import plain_tree, tree
from keras.core.containers import TrackedDict, TrackedList

Point = namedtuple("Point", ["x", "y"])


class ListOfOurs(list[Any]):
    """A subclass that nobody registered is a leaf."""


STRUCTURES = [
    1,
    None,
    [],
    {},
    [1, (2, None), {"b": 3, "a": [4, 5]}],
    {"b": 1, "a": {"z": 2, "c": ()}},
    {2: 1, "a": 2},
    OrderedDict([("b", 1), ("a", 2)]),
    Point(1, [2, 3]),
    (TrackedList([1, 2]), TrackedDict({"b": 1, "a": 2})),
    [ListOfOurs([1, 2]), 3],
]
EACH = pytest.mark.parametrize("structure", STRUCTURES, ids=str)


@EACH
def test_the_same_as_optree(structure: Any) -> None:
    assert plain_tree.flatten(structure) == tree.flatten(structure)
    assert plain_tree.is_nested(structure) == tree.is_nested(structure)

    def shown(*leaves: Any) -> str:
        return str(leaves)

    for count in (1, 2):
        given = [structure] * count
        mine = plain_tree.map_structure(shown, *given)
        theirs = tree.map_structure(shown, *given)
        assert mine == theirs and str(mine) == str(theirs)
    leaves = list(range(len(tree.flatten(structure))))
    packed = plain_tree.pack_sequence_as(structure, leaves)
    assert packed == tree.pack_sequence_as(structure, leaves)
    assert str(packed) == str(tree.pack_sequence_as(structure, leaves))


def test_misfits_are_errors() -> None:
    for module in (plain_tree, tree):
        with pytest.raises(ValueError):
            module.map_structure(max, [1, 2], [1])
        with pytest.raises(ValueError, match="2 leaves .* 1 elements"):
            module.pack_sequence_as([1, 2], [1])


def test_layers_and_models_of_dicts_compile_whole() -> None:
    torch = pytest.importorskip("torch")

    def compiled(f: Any) -> Any:
        torch._dynamo.reset()
        return torch.compile(f, fullgraph=True, backend="eager")

    with keras.backend_scope("torch"):
        x = {"b": torch.ones(2, 3), "a": torch.arange(6.0).reshape(2, 3)}
        both = keras.Input((3,), name="a"), keras.Input((3,), name="b")
        model = keras.Model(
            dict(zip("ab", both, strict=True)),
            {"sum": keras.layers.Add()(list(both)), "a": both[0]},
        )
        expected = model(x)
        torch.testing.assert_close(compiled(model)(x), expected)
        add = keras.layers.Add()
        add([x["a"], x["b"]])
        found = compiled(lambda p, q: add([p, q]))(x["a"], x["b"])
        torch.testing.assert_close(found, x["a"] + x["b"])

        class Pair(keras.Layer):
            def call(self, inputs: Any) -> Any:
                return keras.tree.map_structure(lambda t: t * 2, inputs)

        pair = Pair()
        expected = pair(x)
        torch.testing.assert_close(compiled(pair)(x), expected)
