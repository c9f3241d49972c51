"""`Journal`: what was done with data that keeps its own state, to be done again.

A dataset that shuffles itself, or a framework's pipeline, cannot be told where to go
on. It can be led there: the same calls, with the random numbers that were due then.
"""

from __future__ import annotations

from typing import Any

from keras.core.plain_data import same
from keras.random.seed import random_state

PASS = "pass"


class Journal:
    """Calls of a dataset with the state of all random numbers before each.

    Args:
        entries: Those of another journal, to go on with.
        all_passes: Whether earlier passes matter to the running one.
    """

    def __init__(self, entries: list[Any] | None = None, all_passes: bool = True):
        self._all_passes = all_passes
        self._entries: list[tuple[str, Any]] = []
        last: Any = None
        for kind, state in entries or ():
            last = last if state is None else state
            self._entries.append((kind, last))

    def note(self, kind: str) -> None:
        """Something is about to be done.

        Args:
            kind: `PASS` for a new pass, `"begin"` or `"end"` for a hook of epochs.
        """
        state = random_state()
        if self._entries and same(self._entries[-1][1], state):
            state = self._entries[-1][1]
        if kind == PASS and not self._all_passes:
            self._entries = [entry for entry in self._entries if entry[0] != PASS]
        self._entries.append((kind, state))

    def entries(self) -> list[Any]:
        """`(kind, state)` in order; None for a state that is as that before."""
        found, before = [], None
        for kind, state in self._entries:
            found.append((kind, None if state is before else state))
            before = state
        return found

    def begins_like(self, other: Journal) -> bool:
        """Whether the first pass had the random numbers of another's first."""
        first = [state for kind, state in self._entries if kind == PASS][:1]
        theirs = [state for kind, state in other._entries if kind == PASS][:1]
        return bool(first and theirs) and same(first[0], theirs[0])
