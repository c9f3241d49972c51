"""Lists, dicts and sets that tell those who keep them when they change.

A layer owns the layers and variables in its lists. So a list that is set as its
attribute is replaced by one of a subclass, every method of which that changes the
content tells the layer's `Tracker` afterwards. The same holds for dicts, sets and
the user's subclasses of them: what they are but for that, they stay.
"""

from __future__ import annotations

import copyreg
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import islice
from typing import Any

from keras.core import tree
from keras.core.plain_tree import ordered
from keras.core.typing import TensorLike

# The methods that change the content, of each kind of container.
_CHANGING: dict[type, tuple[str, ...]] = {
    list: (
        "__delitem__",
        "__iadd__",
        "__imul__",
        "__setitem__",
        "append",
        "clear",
        "extend",
        "insert",
        "pop",
        "remove",
        "reverse",
        "sort",
    ),
    dict: (
        "__delitem__",
        "__ior__",
        "__missing__",  # of a defaultdict
        "__setitem__",
        "clear",
        "move_to_end",  # of an OrderedDict
        "pop",
        "popitem",
        "setdefault",
        "update",
    ),
    set: (
        "__iand__",
        "__ior__",
        "__isub__",
        "__ixor__",
        "add",
        "clear",
        "difference_update",
        "discard",
        "intersection_update",
        "pop",
        "remove",
        "symmetric_difference_update",
        "update",
    ),
}
KINDS = tuple(_CHANGING)
# Of these, the ones that may do no more than put something at the end.
_GROWING: dict[type, tuple[str, ...]] = {
    list: ("__iadd__", "append", "extend"),
    dict: ("__setitem__",),
    set: (),
}
# Values that own nothing, whatever is done with them.
PLAIN = frozenset((int, float, str, bool, bytes, complex, type(None)))
# What the trackers note on a container: who keeps it, whether anything in it may be
# owned, and how many things in it are, as long as only its own methods change that.
_OWN = ("_keepers", "_holds_state", "_owned_count")

_made: weakref.WeakKeyDictionary[type, Any] = weakref.WeakKeyDictionary()


def is_tracked(value: Any) -> bool:
    """Whether a value is a container that tells of its changes."""
    return hasattr(type(value), "_keepers")


def tracked_class(cls: type) -> Any:
    """The subclass of a list, dict or set class that tells of changes."""
    made = _made.get(cls)
    if made is None:
        (kind,) = (kind for kind in KINDS if issubclass(cls, kind))
        namespace: dict[str, Any] = {
            name: _telling(getattr(cls, name), kind)
            for name in _CHANGING[kind]
            if hasattr(cls, name)
        }
        namespace.update(
            __module__=__name__,
            __doc__=cls.__doc__,
            _keepers=(),
            _holds_state=False,
            _owned_count=None,
            __reduce_ex__=_reduced,
        )
        made = type(cls)(f"Tracked{_capitalized(cls.__name__)}", (cls,), namespace)
        _made[cls] = made
    return made


def tracked(value: Any) -> Any:
    """A container with the content of `value`, of the class that tells of changes."""
    cls = type(value)
    made = tracked_class(cls)
    if cls in KINDS:
        return made(value)
    # As `copy.copy` does it: classes of their own may have attributes of their own.
    parts: Any = (*value.__reduce_ex__(4), None, None, None)
    make, args, state, items, pairs = parts[:5]
    new = (made if make is cls else make)(*_with(made, cls, args))
    if state:
        new.__dict__.update(state)
    if items is not None:
        new.extend(items)
    for key, item in pairs or ():
        new[key] = item
    return new


def contents(container: Any) -> Iterable[Any]:
    """The values in a container, without the keys of a dict."""
    return container.values() if isinstance(container, dict) else container


def newest(container: Any, count: int) -> list[tuple[Any, Any]]:
    """The last so many keys, or places, and values."""
    if isinstance(container, dict):
        pairs: Iterator[Any] = reversed(container.items())
    else:
        pairs = zip(reversed(range(len(container))), reversed(container), strict=True)
    return list(islice(pairs, count))[::-1]


def put_back(container: Any, values: TensorLike) -> None:
    """Puts a copy of earlier content back, telling nobody."""
    with _unheard(container):
        container.clear()
        (container.extend if isinstance(container, list) else container.update)(values)


def cut(container: Any, count: int) -> None:
    """Takes off what was put at the end of the first so many, telling nobody."""
    with _unheard(container):
        for key, _ in reversed(newest(container, len(container) - count)):
            del container[key]


def put_item(container: Any, key: TensorLike, value: Any) -> None:
    """Puts one value in the place of another, telling nobody."""
    with _unheard(container):
        container[key] = value


@contextmanager
def _unheard(container: Any) -> Iterator[None]:
    keepers, container._keepers = container._keepers, ()
    try:
        yield
    finally:
        container._keepers = keepers


def _telling(change: Callable[..., Any], kind: Any) -> Callable[..., Any]:
    """A method that changes the content; the keepers hear of it."""

    # Putting another item in a place of a list is surgery, which is always allowed.
    replaces = kind is list and change.__name__ == "__setitem__"
    # What was put in may have become a container of this kind.
    returns_item = change.__name__ in ("setdefault", "__missing__")
    name = change.__name__  # a user's own `append` may do anything
    grows = name in _GROWING[kind] and change is getattr(kind, name)

    @wraps(change)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        keepers = self._keepers
        if not (self._holds_state or kwargs or any(map(_matters, args))):
            result = change(self, *args, **kwargs)
            return self[args[0]] if returns_item else result
        # What only grows is not looked through again: n times `append` is linear.
        owned, length = self._owned_count, len(self)
        grown = grows and owned is not None and not (kind is dict and args[0] in self)
        before = None if grown else kind(self)
        try:
            result = change(self, *args, **kwargs)
        finally:  # also where it failed half way
            try:
                for keeper in filter(None, [reference() for reference in keepers]):
                    if grown:
                        keeper.grown(self, length, owned)
                    else:
                        keeper.changed(self, replaces)
            except BaseException:
                cut(self, length) if grown else put_back(self, before)
                raise
        return self[args[0]] if returns_item else result

    return told


def _matters(value: Any) -> bool:
    """Whether putting a value into a container may give an owner something."""
    cls = type(value)
    return cls not in PLAIN and (
        hasattr(cls, "_tracked_as") or not hasattr(cls, "__array__")
    )


def _reduced(self: Any, protocol: Any) -> Any:
    """Copies and pickles are of the class that was given, and nobody keeps them."""
    mine: Any = type(self)
    cls: Any = mine.__base__
    make, args, *rest = cls.__reduce_ex__(self, protocol)
    if rest and isinstance(rest[0], dict):
        state = {key: value for key, value in rest[0].items() if key not in _OWN}
        rest[0] = state or None
    if make is copyreg.__newobj__:  # which pickle allows for the object's own class
        make = _new
    return (cls if make is mine else make, _with(cls, mine, args), *rest)


def _new(cls: Any, *args: Any) -> Any:
    return cls.__new__(cls, *args)


def _with(new: type, old: type, args: Iterable[Any]) -> tuple[Any, ...]:
    """Arguments with one class in the place of another."""
    return tuple([new if arg is old else arg for arg in args])


def _capitalized(name: str) -> str:
    return name[0].upper() + name[1:]


TrackedList: Any = tracked_class(list)
TrackedDict: Any = tracked_class(dict)
TrackedSet: Any = tracked_class(set)
TrackedOrderedDict: Any = tracked_class(OrderedDict)
TrackedDefaultDict: Any = tracked_class(defaultdict)

# In structures they count as what they were made of.
tree.register_node(
    TrackedList, lambda values: (list(values), None), lambda _, values: list(values)
)
tree.register_node(
    TrackedDict,
    lambda values: (
        [values[k] for k in ordered(values)],
        ordered(values),
        ordered(values),
    ),
    lambda keys, values: dict(zip(keys, values, strict=True)),
)
tree.register_node(
    TrackedOrderedDict,
    lambda values: (list(values.values()), list(values), list(values)),
    lambda keys, values: OrderedDict(zip(keys, values, strict=True)),
)
tree.register_node(
    TrackedDefaultDict,
    lambda values: (
        [values[k] for k in ordered(values)],
        (values.default_factory, ordered(values)),
        ordered(values),
    ),
    lambda note, values: defaultdict(note[0], zip(note[1], values, strict=True)),
)


def unique(items: Iterable[Any]) -> list[Any]:
    """The items without repeats, by identity, in order."""
    first: dict[int, Any] = {}
    for item in items:
        first.setdefault(id(item), item)
    return list(first.values())
