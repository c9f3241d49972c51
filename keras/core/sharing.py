"""Objects met so far while a file is written or read.

Within `object_sharing()`, an object that occurs twice is written with an id, and read
back as one object. Keras 3 does so for whole models; single objects need it not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Sharing:
    """What was written, by identity, and what was read, by the id in the file."""

    def __init__(self) -> None:
        self.written: dict[int, tuple[Any, dict[str, Any]]] = {}
        self.read: dict[int | str, Any] = {}


_sharing: ContextVar[Sharing | None] = ContextVar("keras_sharing", default=None)

current_sharing = _sharing.get


@contextmanager
def object_sharing() -> Iterator[None]:
    """Within it, an object that occurs twice is written and read as one."""
    token = _sharing.set(Sharing())
    try:
        yield
    finally:
        _sharing.reset(token)
