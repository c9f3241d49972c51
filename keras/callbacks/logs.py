"""Logs that stay on the device until somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keras.backends.foreign import framework_of, host_array
from keras.core.typing import TensorLike


class LazyLogs(dict):
    """The logs of a step or epoch: a `dict` of floats, read on first access.

    Reading a value makes the host wait for the device, so nothing is read before
    a callback asks. The first look converts all values at once (they come from
    one step, so waiting for one is waiting for all), and from then on this is an
    ordinary dictionary.

    Args:
        source: The device scalars by name, or a function that returns them.
        fetch: Turns the whole mapping into host values in one transfer; `None`
            converts one by one with `float`.

    Example:

    >>> from keras.callbacks.logs import LazyLogs
    >>> logs = LazyLogs(lambda: {"loss": 0.5})
    >>> logs["loss"]
    0.5
    """

    __slots__ = ("_fetch", "_source")

    def __init__(
        self,
        source: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        fetch: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        # json's encoder looks at the bare size before it asks for the items, and
        # would take an unread dictionary for an empty one.
        super().__setitem__("unread", None)
        self._source: Any = source
        self._fetch = fetch

    def _read(self) -> None:
        source = self._source
        if source is None:
            return
        values: Any = source() if callable(source) else source
        if self._fetch is not None:
            values = self._fetch(values)
        host = to_host_logs(values)
        self._source = self._fetch = None
        super().clear()
        super().update(host)

    @property
    def was_read(self) -> bool:
        """Whether the values have been converted."""
        return self._source is None

    def __getitem__(self, key: str) -> Any:
        self._read()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._read()
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._read()
        super().__delitem__(key)

    # Overriding __iter__ also keeps dict(logs), {**logs} and f(**logs) away from
    # CPython's shortcut, which would copy the storage unread.
    def __iter__(self) -> Iterator[str]:
        self._read()
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        self._read()
        return super().__reversed__()

    def __len__(self) -> int:
        self._read()
        return super().__len__()

    def __contains__(self, key: object) -> bool:
        self._read()
        return super().__contains__(key)

    def __eq__(self, other: object) -> bool:
        self._read()
        if isinstance(other, LazyLogs):
            other._read()
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __or__(self, other: TensorLike) -> Any:
        return self.copy() | dict(other)

    def __ror__(self, other: TensorLike) -> Any:
        return dict(other) | self.copy()

    def __ior__(self, other: TensorLike) -> Any:
        self.update(other)
        return self

    def __repr__(self) -> str:
        self._read()
        return super().__repr__()

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.copy(),)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def keys(self) -> Any:
        """The names."""
        self._read()
        return super().keys()

    def values(self) -> Any:
        """The numbers."""
        self._read()
        return super().values()

    def items(self) -> Any:
        """The pairs of name and number."""
        self._read()
        return super().items()

    def get(self, key: str, default: Any = None) -> Any:
        """The number of that name, or `default`."""
        self._read()
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """Remove a name and return its number."""
        self._read()
        return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        """Remove the last pair and return it."""
        self._read()
        return super().popitem()

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The number of that name, set to `default` where it is missing."""
        self._read()
        return super().setdefault(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several names."""
        self._read()
        super().update(*args, **kwargs)

    def clear(self) -> None:
        """Forget everything, unread values included."""
        self._source = self._fetch = None
        super().clear()

    def copy(self) -> dict[str, Any]:
        """An ordinary dictionary with the same content."""
        return dict(self.items())


def to_host_logs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Logs as Python floats; nested mappings are flattened by their inner names.

    A tensor of several numbers becomes an array; what is no number stays as it is.

    Example:

    >>> from keras.callbacks.logs import to_host_logs
    >>> to_host_logs({"loss": 1, "scores": {"a": 0.5}})
    {'loss': 1.0, 'a': 0.5}
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(to_host_logs(value))
        elif value is not None:
            flat[name] = _as_float(value)
    return flat


def _as_float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        if framework_of(value) is None and not isinstance(value, np.ndarray):
            return value
    try:
        return np.array(host_array(value))  # the state it may show goes on changing
    except (TypeError, ValueError, RuntimeError, NotImplementedError):
        return value  # a ragged or sparse one, say
