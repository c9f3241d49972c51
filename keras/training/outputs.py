"""Which loss, metric, target or weight belongs to which output of a model.

`compile` and `fit` accept one value for the only output, a list by position, a
dictionary by name, or the very structure that the model returns. This is the one
place that knows these spellings; everything behind it works on flat lists, one
entry per output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Path = tuple[Any, ...]


class Outputs:
    """The outputs of a model, as a flat list.

    Args:
        y_pred: What the model returned: a tensor or a nested structure of them.
        names: The names of the outputs, where the model knows them.
    """

    def __init__(self, y_pred: Any, names: list[str] | None = None) -> None:
        self.paths: list[Path] = list(_paths(y_pred, ()))
        self.structure = _shape_of(y_pred)
        self.is_single = self.paths == [()]
        self.names = self._names(names)

    def _names(self, given: list[str] | None) -> list[str | None]:
        if self.is_single:
            return [given[0] if given and len(given) == 1 else None]
        if all(isinstance(path[0], str) for path in self.paths):
            return ["_".join(map(str, path)) for path in self.paths]
        if given and len(given) == len(self.paths):
            return list(given)
        return [None] * len(self.paths)

    @property
    def count(self) -> int:
        """The number of outputs."""
        return len(self.paths)

    def tensors(self, y_pred: Any) -> list[Any]:
        """The outputs in order."""
        return [y_pred] if self.is_single else [_at(y_pred, p) for p in self.paths]

    def pick(
        self,
        value: Any,
        what: str,
        is_leaf: Callable[[Any], bool],
        *,
        broadcast: bool = False,
        default: Any = None,
    ) -> list[Any]:
        """One entry of `value` per output.

        Args:
            value: One entry, a list, a dictionary, or a structure like the output.
            what: What the entries are, for messages: `"loss"`.
            is_leaf: Tells an entry from a container of entries.
            broadcast: Whether one entry may serve several outputs.
            default: The entry of an output that a dictionary leaves out.

        Raises:
            ValueError: If the two structures do not fit; both are shown.
        """
        if value is None:
            return [default] * self.count
        if is_leaf(value):
            if self.count == 1 or broadcast:
                return [value] * self.count
            raise self._misfit(value, what)
        found = self._by_path(value, is_leaf, default)
        if found is None:
            found = self._by_name(value, default)
        if found is None and isinstance(value, (list, tuple)):
            found = list(value) if len(value) == self.count else None
        if (
            found is None
            and isinstance(value, Mapping)
            and len(value) == self.count == 1
        ):
            found = list(value.values()) if self.names == [None] else None
        if found is None:
            raise self._misfit(value, what)
        return found

    def _by_path(self, value: Any, is_leaf: Any, default: Any) -> list[Any] | None:
        if self.is_single:
            return None
        used, found = set(), []
        for path in self.paths:
            here = value
            for key in path:
                if is_leaf(here):
                    return None
                if isinstance(here, Mapping) and isinstance(key, str):
                    here = here.get(key, default)
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

    def _by_name(self, value: Any, default: Any) -> list[Any] | None:
        if not isinstance(value, Mapping) or not set(value) <= set(self.names):
            return None
        return [value.get(name, default) for name in self.names]

    def _misfit(self, value: Any, what: str) -> ValueError:
        names = [name for name in self.names if name]
        known = f" with the names {names}" if names else ""
        return ValueError(
            f"`{what}` does not fit the outputs of the model.\n"
            f"The model has {self.count} output(s){known}, structured as: "
            f"{self.structure}\n"
            f"Received: {what}={_shape_of(value)}\n"
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


def _paths(y_pred: Any, path: Path) -> Any:
    if isinstance(y_pred, Mapping):
        for key, part in y_pred.items():
            yield from _paths(part, (*path, key))
    elif isinstance(y_pred, (list, tuple)):
        for index, part in enumerate(y_pred):
            yield from _paths(part, (*path, index))
    else:
        yield path


def _at(structure: Any, path: Path) -> Any:
    for key in path:
        structure = structure[key]
    return structure


def _shape_of(value: Any) -> Any:
    """A structure with arrays written as their shapes, for messages."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key!r}: {_shape_of(part)}" for key, part in value.items())
        return "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(str(_shape_of(part)) for part in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"<shape {tuple(shape)}>"
    name = getattr(value, "__name__", getattr(value, "name", None))
    return name if isinstance(name, str) else repr(value)
