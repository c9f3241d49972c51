"""Which loss, metric, target or weight belongs to which output of a model.

`compile` and `fit` accept one value for the only output, a list by position, a
dictionary by name, or the very structure that the model returns. This is the one
place that knows these spellings; everything behind it works on flat lists, one
entry per output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras.core.typing import Structure, TensorLike

Path = tuple[Any, ...]


class Outputs:
    """The outputs of a model, as a flat list.

    Args:
        y_pred: What the model returned: a tensor or a nested structure of them.
        names: The names of the outputs, where the model knows them.
    """

    def __init__(self, y_pred: TensorLike, names: list[str] | None = None) -> None:
        # Only the structure is kept: the leaves are replaced by their numbers.
        self._example, self.paths = _outline(y_pred)
        self.structure = shape_of(y_pred)
        self.is_single = self.paths == [()]
        self.names = self._names(names)

    def _names(self, given: list[str] | None) -> list[str | None]:
        if not self.is_single and all(
            len(path) == 1 and isinstance(path[0], str) for path in self.paths
        ):
            return [path[0] for path in self.paths]
        if given and len(given) == len(self.paths):
            return list(given)
        return [None] * len(self.paths)

    def part(self, path: Path) -> Any:
        """The outputs below a path, each replaced by its number."""
        return at(self._example, path)

    def label(self, path: Path) -> str | None:
        """The name of an output, or of a structure of outputs: `"pair/a"`."""
        part = self.part(path)
        if not path and not is_array(part):
            if isinstance(part, Mapping):
                return "_".join(map(str, keys_of(part)))
            names = [self.names[index] for index in leaves(part)]
            known = [name for name in names if name is not None]
            return "_".join(known) if len(known) == len(names) else None
        keys = [str(key) for key in path]
        if is_array(part) and not (path and isinstance(path[-1], str)):
            last = self.names[part]
            if last is None:
                return None
            keys[-1:] = [last]
        return "/".join(keys)

    @property
    def count(self) -> int:
        """The number of outputs."""
        return len(self.paths)

    def tensors(self, y_pred: TensorLike) -> list[Any]:
        """The outputs in order."""
        return [y_pred] if self.is_single else [at(y_pred, p) for p in self.paths]

    def fits(self, y_pred: TensorLike) -> bool:
        """Whether `y_pred` has the structure of these outputs."""
        return self.is_single is is_array(y_pred) and (
            self.is_single or _outline(y_pred)[1] == self.paths
        )

    def pick(
        self,
        value: Any,
        what: str,
        is_leaf: Callable[[Any], bool],
        *,
        broadcast: bool = False,
        among: list[int] | None = None,
    ) -> list[Any]:
        """One entry of `value` per output.

        Args:
            value: One entry, a list, a dictionary, or a structure like the output.
            what: What the entries are, for messages: `"y"`.
            is_leaf: Tells an entry from a container of entries.
            broadcast: Whether one entry may serve several outputs.
            among: The numbers of the outputs that need an entry, where a shorter
                value may mean them alone.

        Raises:
            ValueError: If the two structures do not fit; both are shown.
        """
        if value is None:
            return [None] * self.count
        found: list[Any] | None = None
        if is_leaf(value):
            if self.count == 1 or broadcast:
                return [value] * self.count
        else:
            found = self._by_path(value, is_leaf)
            if found is None:
                found = self._by_name(value)
            if found is None and isinstance(value, (list, tuple)):
                found = list(value) if len(value) == self.count else None
        if found is None and isinstance(value, Mapping) and self.count == 1:
            # The only output of a model that does not name it.
            found = list(value.values()) if self.names == [None] else None
        if found is None and among is not None and not isinstance(value, Mapping):
            found = self._among(leaves(value), among)
        if found is None or len(found) != self.count:
            raise self.misfit(value, what)
        return found

    def _among(self, entries: list[Any], among: list[int]) -> list[Any] | None:
        if len(entries) != len(among):
            return None
        found = dict(zip(among, entries, strict=True))
        return [found.get(index) for index in range(self.count)]

    def _by_path(self, value: Any, is_leaf: Any) -> list[Any] | None:
        if self.is_single:
            return None
        used, found = set(), []
        for path in self.paths:
            here = value
            for key in path:
                if is_leaf(here):
                    return None
                if isinstance(here, Mapping) and isinstance(key, str):
                    here = here.get(key)
                    used.add(key)
                elif isinstance(here, (list, tuple)) and isinstance(key, int):
                    if key >= len(here):
                        return None
                    here = here[key]
                else:
                    return None
            found.append(here)
        if isinstance(value, Mapping):
            return found if set(value) <= used else None
        tops = {path[0] for path in self.paths}
        return found if len(value) == len(tops) else None

    def _by_name(self, value: Any) -> list[Any] | None:
        if not isinstance(value, Mapping) or not set(value) <= set(self.names):
            return None
        return [value.get(name) for name in self.names]

    def misfit(self, value: Any, what: str) -> ValueError:
        """The error that shows `value` beside the outputs that it does not fit."""
        names = [name for name in self.names if name]
        known = f" with the names {names}" if names else ""
        return ValueError(
            f"`{what}` does not fit the outputs of the model.\n"
            f"The model has {self.count} output(s){known}, structured as: "
            f"{self.structure}\n"
            f"Received: {what}={shape_of(value)}\n"
            "Pass one entry per output: a list in the order of the outputs, a "
            "dictionary by their names, or the structure that the model returns. "
            "None leaves an output out."
        )


def is_array(value: Any) -> bool:
    """Whether a part of the data is one array rather than a container."""
    return not isinstance(value, (Mapping, list, tuple))


def is_object(value: Any) -> bool:
    """Whether a part of the settings is one loss, metric or weight (or its config)."""
    if isinstance(value, Mapping):
        return "class_name" in value and "config" in value
    return not isinstance(value, (list, tuple))


def leaves(value: Any) -> list[Any]:
    """The entries of nested containers, dictionaries by their sorted keys."""
    if is_array(value):
        return [value]
    parts = [value[key] for key in keys_of(value)]
    return [leaf for part in parts for leaf in leaves(part)]


def keys_of(container: Any) -> list[Any]:
    """The keys of a dictionary, sorted where they can be, or the indices of a list."""
    if not isinstance(container, Mapping):
        return list(range(len(container)))
    try:
        return sorted(container)
    except TypeError:
        return list(container)


def at(structure: Structure, path: Path) -> Any:
    """What stands at a path of keys and indices."""
    for key in path:
        structure = structure[key]
    return structure


def _outline(y_pred: TensorLike) -> tuple[Any, list[Path]]:
    """The structure with numbers for leaves, and the path to each number."""
    paths: list[Path] = []

    def walk(value: Any, path: Path) -> Any:
        if is_array(value):
            paths.append(path)
            return len(paths) - 1
        parts = {key: walk(value[key], (*path, key)) for key in keys_of(value)}
        if isinstance(value, Mapping):
            return {key: parts[key] for key in value}
        items = list(parts.values())
        if hasattr(value, "_fields"):
            return type(value)(*items)
        return tuple(items) if isinstance(value, tuple) else items

    return walk(y_pred, ()), paths


def shape_of(value: Any) -> Any:
    """A structure with arrays written as their shapes, for messages."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key!r}: {shape_of(part)}" for key, part in value.items())
        return "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(str(shape_of(part)) for part in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"<shape {tuple(shape)}>"
    name = getattr(value, "__name__", getattr(value, "name", None))
    return name if isinstance(name, str) else repr(value)
