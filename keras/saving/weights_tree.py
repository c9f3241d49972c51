"""The weights of a file as a tree of objects, without a model: `layers/dense` -> "0".

What an editor shows and changes. It is read through the same checked readers as all
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.core import limits
from keras.core.reading import boundary
from keras.saving.open_weights import open_reader
from keras.saving.stores import Writer, to_array
from keras.saving.walk import own_variables, owners

if TYPE_CHECKING:
    from keras.models.model import Model

Arrays = dict[str, np.ndarray]


@dataclass
class WeightsTree:
    """Arrays by object and key, and what else a file says of an object.

    Attributes:
        objects: path of an object (`"layers/dense"`) -> key (`"0"`) -> array. Objects
            that only lead to others are not in it.
        names: path of an object -> the name it had in its model, where that is known.
    """

    objects: dict[str, Arrays] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def matching(self, name: str) -> list[str]:
        """The paths that a name or a path means: of objects, and of groups of them."""
        wanted = name.strip("/")
        known = sorted({*self.objects, *self._groups()})
        if wanted in known:
            return [wanted]
        return [path for path in known if path.rpartition("/")[2] == wanted]

    def _groups(self) -> Iterator[str]:
        for path in self.objects:
            parts = path.split("/")
            for count in range(1, len(parts)):
                yield "/".join(parts[:count])

    def below(self, path: str) -> list[str]:
        """An object and those inside of it, as far as they hold arrays."""
        return [p for p in self.objects if p == path or p.startswith(f"{path}/")]

    def write(self, writer: Writer) -> None:
        """Puts all arrays into a file."""
        for path, arrays in self.objects.items():
            store = writer.at(path, self.names.get(path, path.rpartition("/")[2]))
            store.update(arrays)


def read_tree(path: str) -> WeightsTree:
    """All weights of a file.

    Raises:
        DeserializationError: if it is damaged or unsafe.
    """
    tree = WeightsTree()
    with boundary(path), ExitStack() as files:
        reader, stored = open_reader(path, files)
        files.enter_context(limits.of_file(path, stored))
        for inner in sorted(reader.paths()):
            store = reader.at(inner)
            tree.objects[inner] = {key: store[key] for key in store}
            name = reader.name_of(inner)
            if name is not None:
                tree.names[inner] = name
    return tree


def tree_of(model: Model) -> WeightsTree:
    """The weights that a model would write by the usual hooks."""
    tree = WeightsTree()
    for path, obj in owners(model):
        variables = own_variables(obj)
        if variables:
            arrays = {str(i): to_array(v) for i, v in enumerate(variables)}
            tree.objects[path] = arrays
            tree.names[path] = str(getattr(obj, "name", ""))
    return tree


def drawn(entries: dict[str, str]) -> Iterator[str]:
    """Texts by path as the lines of a tree."""
    top: dict[str, Any] = {}
    for path, text in entries.items():
        node = top
        *parents, last = path.split("/")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = text
    yield from _branches(top, "")


def _branches(node: dict[str, Any], indent: str) -> Iterator[str]:
    last = len(node) - 1
    for number, (name, inner) in enumerate(node.items()):
        branch, further = ("└─ ", "   ") if number == last else ("├─ ", "│  ")
        if isinstance(inner, str):
            yield f"{indent}{branch}{name}: {inner}"
        else:
            yield f"{indent}{branch}{name}"
            yield from _branches(inner, indent + further)
