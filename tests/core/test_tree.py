"""`keras.tree`: what the PyPI keras 3.15.1 accepts and refuses."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from keras import tree
from keras.core import plain_tree


@pytest.mark.parametrize("module", [tree, plain_tree])
def test_none_stays_where_it_is_no_leaf(module: Any) -> None:
    def add(x: int, y: int = 1) -> int:
        return x + y

    assert module.map_structure(add, [None, 1], none_is_leaf=False) == [None, 2]
    pair = ({"a": None, "b": 1}, {"a": None, "b": 5})
    mapped = module.map_structure(add, *pair, none_is_leaf=False)
    assert mapped == {"a": None, "b": 6}
    assert module.map_structure(lambda x: x is None, [None, 1]) == [True, False]


def test_structures_must_be_the_same() -> None:
    with pytest.raises(ValueError, match="containers where the first has leaves"):
        tree.map_structure(lambda x, y: x, [1], [[1, 2]])
    with pytest.raises(ValueError):
        tree.map_structure(lambda x, y: x, [[1]], [1])


def test_all_dictionaries_are_one_kind() -> None:
    tree.assert_same_structure({"a": [1], "b": 2}, OrderedDict(b=3, a=[4]))
    with pytest.raises(ValueError, match="The two structures differ"):
        tree.assert_same_structure({"a": 1}, OrderedDict(b=1))
    with pytest.raises(ValueError, match="The two structures differ"):
        tree.assert_same_structure([1, 2], (1, 2))
