"""Lists and dicts of a layer, which tell their owner what is put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from keras.core import tree

Track = Callable[[Any], Any]


class TrackedList(list[Any]):
    """A list, every new element of which is shown to the owner."""

    def __init__(self, values: Iterable[Any] = (), track: Track | None = None) -> None:
        self._track = track
        super().__init__(values if track is None else map(track, values))

    def _shown(self, value: Any) -> Any:
        return value if self._track is None else self._track(value)

    def append(self, value: Any) -> None:
        super().append(self._shown(value))

    def insert(self, index: Any, value: Any) -> None:
        super().insert(index, self._shown(value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([self._shown(value) for value in values])

    def __iadd__(self, values: Iterable[Any]) -> TrackedList:
        self.extend(values)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            super().__setitem__(index, [self._shown(v) for v in value])
        else:
            super().__setitem__(index, self._shown(value))

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        from copy import deepcopy

        return [deepcopy(value, memo) for value in self]


class TrackedDict(dict[Any, Any]):
    """A dict, every new value of which is shown to the owner."""

    def __init__(self, values: Any = (), track: Track | None = None) -> None:
        self._track = track
        super().__init__()
        self.update(values)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value if self._track is None else self._track(value))

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        from copy import deepcopy

        return {key: deepcopy(value, memo) for key, value in self.items()}


tree.register_node(
    TrackedList, lambda values: (list(values), None), lambda _, values: list(values)
)
tree.register_node(
    TrackedDict,
    lambda values: (
        [values[k] for k in sorted(values)],
        sorted(values),
        sorted(values),
    ),
    lambda keys, values: dict(zip(keys, values, strict=True)),
)


def unique(items: Iterable[Any]) -> list[Any]:
    """The items without repeats, by identity, in order."""
    first: dict[int, Any] = {}
    for item in items:
        first.setdefault(id(item), item)
    return list(first.values())
