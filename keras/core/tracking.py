"""`Tracker`: what an object owns, kept true to what its attributes hold.

A layer owns the variables, layers, metrics and random seeds in its attributes, also
in lists, dicts, sets and tuples there, nested or not. The tracker remembers the
attributes that hold any; whatever changes in them, it looks through them again and
tells the owner what is new and what has gone. So nothing that was popped, deleted or
replaced stays behind. The order is that of arrival.

What can be owned says so itself, by a class attribute `_tracked_as`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from keras.core.containers import (
    KINDS,
    PLAIN,
    contents,
    is_tracked,
    newest,
    put_item,
    tracked,
)


class Tracker:
    """What an object owns.

    The owner has three methods: `_own(item, name)` and `_disown(item)` hear what is
    owned from now on and no longer, and `_ownable(value)` returns what is to stand in
    the place of a foreign value.

    Args:
        owner: the object.
    """

    __slots__ = (
        "__weakref__",
        "_made",
        "_owner",
        "attributes",
        "given",
        "locked",
        "owned",
        "pauses",
    )

    def __init__(self, owner: Any) -> None:
        # No cycle: an owner goes with its last name.
        self._owner: Any = weakref.ref(owner)
        # Whether attributes are kept as they are, and nothing in them is owned.
        self.pauses = False
        # The attributes that hold what is owned, or may hold it later.
        self.attributes: dict[str, Any] = {}
        # All that is owned, by identity.
        self.owned: dict[int, Any] = {}
        # Of this, what stands in no attribute of its own: the layers of a graph.
        self.given: dict[int, Any] = {}
        # And what the owner itself made, see `make`.
        self._made: dict[int, Any] = {}
        self.locked = False

    # Who may come ---------------------------------------------------------------

    def lock(self) -> None:
        """From now on nothing new is owned: whoever uses the owner knows it all."""
        self.locked = True
        if self._made:
            held = self._held()
            self._made = {k: x for k, x in self._made.items() if k not in held}

    def unlock(self) -> None:
        """New things may be owned again."""
        self.locked = False

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """New things may be owned in this block."""
        was, self.locked = self.locked, False
        try:
            yield
        finally:
            if was:
                self.lock()

    # What the owner tells ---------------------------------------------------------

    def set(self, name: str, value: Any) -> Any:
        """Notes what an attribute holds from now on.

        Returns:
            What to keep in the attribute: containers that tell of their changes.
        """
        if self.pauses or (is_tracked(value) and self.attributes.get(name) is value):
            return value  # `blocks += [layer]`: the list has told already
        value = self._prepared(value)
        if not _may_hold(value):
            self.drop(name)
            return value
        old = self.attributes.get(name)
        new = self._new_in(name, value)
        self._check_lock(new)
        try:
            for child_name, item in new:
                self._own(item, child_name)
        except BaseException:
            self._sweep()
            raise
        self.attributes[name] = value
        if old is not None and old is not value:
            self._sweep()
        return value

    def drop(self, name: str, deleted: bool = False) -> None:
        """Notes that an attribute holds nothing to own any more."""
        if name not in self.attributes:
            return
        value = self.attributes.pop(name)
        if deleted:
            for item in _items(value):
                self._made.pop(id(item), None)
        self._sweep()

    def make(self, item: Any, name: str) -> None:
        """Owns what the owner made itself, whether it keeps it anywhere or not.

        A loop may use one attribute again and again, so what was made counts until
        the attribute is deleted, or, once the owner is complete, replaced.
        """
        if id(item) not in self.owned:
            self._check_lock([(name, item)])
            self._made[id(item)] = item
            self._own(item, name)

    def track(self, value: Any) -> Any:
        """Owns a value in no attribute; what bayesflow calls.

        Returns:
            The value, or the container in its place that tells of its changes.
        """
        value = self._prepared(value)
        for item in _items(value):
            self.make(item, getattr(item, "name", type(item).__name__))
        return value

    def give(self, items: list[Any], names: list[str]) -> None:
        """Owns these without an attribute, and those given before no longer."""
        self.given = {id(item): item for item in items}
        for item, name in zip(items, names, strict=True):
            if id(item) not in self.owned:
                self._own(item, name)
        self._sweep()

    def note(self) -> tuple[list[str], bool]:
        """What a copy or pickle of the owner keeps of this."""
        return list(self.attributes), self.locked

    def adopt(self, items: list[Any], note: tuple[list[str], bool]) -> None:
        """Starts anew in a copy, with what the copy owns and a note of `note`."""
        names, self.locked = note
        values = vars(self._owner())
        self.owned = {id(item): item for item in items}
        for name in names:
            if name in values:
                values[name] = self.attributes[name] = self._prepared(values[name])
        held = self._held()
        self.given = {k: item for k, item in self.owned.items() if k not in held}

    # What containers tell -----------------------------------------------------------

    def changed(self, container: Any, replaces: bool = False) -> None:
        """Looks through the attributes again: a container has other content now.

        Args:
            container: the container.
            replaces: whether something new came in the place of something else, so
                that also an owner that is built takes it.
        """
        self._prepare_contents(container)
        new = []
        for name, value in self.attributes.items():
            new += self._new_in(name, value)
        if not replaces:
            self._check_lock(new)
        for item in _items(container):
            self._made.pop(id(item), None)  # from now on the container says
        for name, item in new:
            self._own(item, name)
        self._sweep()

    def grown(self, container: Any, length: int, owned: int) -> None:
        """Looks through what was put at the end of a container, and no more.

        Args:
            container: the container.
            length: how long it was before.
            owned: how many things in it were owned then.
        """
        held = (name for name, value in self.attributes.items() if value is container)
        name, new, place = next(held, None), [], owned
        for key, item in newest(container, len(container) - length):
            kept = self._prepared(item)
            if kept is not item:
                put_item(container, key, kept)
            count = _owned_count(kept)
            if count is None or name is None:
                self.changed(container)
                return
            new += self._new_in(name, kept, place)
            place += count
        self._check_lock(new)
        for child_name, item in new:
            self._made.pop(id(item), None)  # from now on the container says
            self._own(item, child_name)
        container._owned_count = place
        container._holds_state = place > 0

    # -------------------------------------------------------------------------------

    def _own(self, item: Any, name: str) -> None:
        if id(item) not in self.owned:
            self.owned[id(item)] = item
            try:
                self._owner()._keras_own(item, name)
            except BaseException:
                del self.owned[id(item)]
                raise

    def _sweep(self) -> None:
        """Lets go of what is nowhere any more."""
        held = self._held()
        for key, item in list(self.owned.items()):
            if key not in held and key not in self.given and key not in self._made:
                del self.owned[key]
                self._owner()._disown(item)

    def _held(self) -> set[int]:
        return {id(x) for value in self.attributes.values() for x in _items(value)}

    def _new_in(
        self, name: str, value: Any, start: int | None = None
    ) -> list[tuple[str, Any]]:
        """What is not owned yet, each with a name: the attribute's, and its place.

        Args:
            name: the attribute.
            value: what it holds, or a part of that.
            start: the place of the part.
        """
        owner = self._owner()
        return [
            (name if item is value and start is None else f"{name}_{place}", item)
            for place, item in enumerate(_items(value), start or 0)
            if id(item) not in self.owned and item is not owner
        ]

    def _check_lock(self, new: list[tuple[str, Any]]) -> None:
        if self.locked and new:
            owner, (name, item) = self._owner(), new[0]
            raise ValueError(
                f"{type(owner).__name__} {owner.name!r} is built, so it takes no new "
                "variables, layers, metrics or seed generators: those who use it, such "
                "as an optimizer, would never see them. Make them in `__init__` or "
                f"`build`. Received for {name!r}: {item!r}."
            )

    def _prepared(self, value: Any) -> Any:
        """The value as it is kept: with containers that tell of their changes."""
        cls = type(value)
        if cls in PLAIN or hasattr(cls, "_tracked_as"):
            return value
        if isinstance(value, KINDS):
            made = value if is_tracked(value) else tracked(value)
            mine = weakref.ref(self)
            if mine not in made._keepers:
                made._keepers = (*made._keepers, mine)
            self._prepare_contents(made)
            return made
        if isinstance(value, tuple):
            items = [self._prepared(item) for item in value]
            same = all(a is b for a, b in zip(items, value, strict=True))
            return value if same else _tuple_like(value, items)
        return self._owner()._ownable(value)

    def _prepare_contents(self, container: Any) -> None:
        holds, owned = False, 0
        pairs = (
            container.items() if isinstance(container, dict) else enumerate(container)
        )
        for key, item in list(pairs):
            if type(item) in PLAIN:
                continue
            kept = self._prepared(item)
            if kept is not item and not isinstance(container, set):
                put_item(container, key, kept)
            holds = holds or _may_hold(kept)
            count = _owned_count(kept)
            owned = None if owned is None or count is None else owned + count
        container._holds_state = holds
        container._owned_count = owned


def no_automatic_dependency_tracking(method: Callable[..., Any]) -> Any:
    """A method whose attributes are kept as they are: their owner does not own them."""

    @wraps(method)
    def untracked(self: Any, *args: Any, **kwargs: Any) -> Any:
        tracker = self._tracker
        before, tracker.pauses = tracker.pauses, True
        try:
            return method(self, *args, **kwargs)
        finally:
            tracker.pauses = before

    return untracked


def _may_hold(value: Any) -> bool:
    """Whether a prepared value is owned, or holds what is or may be one day."""
    cls = type(value)
    if cls in PLAIN:
        return False
    if isinstance(value, (tuple, frozenset)):
        return any(map(_may_hold, value))
    return hasattr(cls, "_tracked_as") or is_tracked(value)


def _owned_count(value: Any) -> int | None:
    """How many things in a prepared value are owned; None where that may change."""
    cls = type(value)
    if cls in PLAIN:
        return 0
    if hasattr(cls, "_tracked_as"):
        return 1
    if isinstance(value, tuple):
        counts = [_owned_count(item) for item in value]
        return None if None in counts else sum(count or 0 for count in counts)
    return None if is_tracked(value) or isinstance(value, frozenset) else 0


def _items(value: Any) -> Iterator[Any]:
    """All that can be owned in a prepared value, in order."""
    if hasattr(type(value), "_tracked_as"):
        yield value
    elif getattr(value, "_holds_state", True) and _may_hold(value):
        for item in list(contents(value)):
            if type(item) not in PLAIN:
                yield from _items(item)


def _tuple_like(value: Any, items: list[Any]) -> Any:
    """A tuple of the class of `value` with other items."""
    new = tuple.__new__(type(value), items)
    if hasattr(value, "__dict__"):
        new.__dict__.update(vars(value))
    return new
