"""Whether reading a config may run code that it brings along.

The strictest word wins: what a caller or an enclosing scope says is safe stays safe for
all that is read inside, whatever is said there. Code is run only where the outermost
one said `safe_mode=False` and none inside of it True. Who says nothing (None, or no
argument) takes over what encloses it; where nothing does, that is safe.

`enable_unsafe_deserialization()` turns safe mode off for the process: what calls say
then no longer counts, only a `SafeModeScope(True)` does, as in Keras.
"""

from __future__ import annotations

from typing import Any

from keras.core import reading
from keras.core.errors import UnsafeDeserializationError


class _NothingSaid(int):
    """The default of arguments named `safe_mode`: True, but known from a True given."""

    def __repr__(self) -> str:
        return "True"


NOTHING_SAID: Any = _NothingSaid(1)

_allowed_everywhere = False


class SafeModeScope(reading.ReadingScope):
    """Fixes safe mode for a `with` block; of scopes within scopes the strictest wins.

    Args:
        safe_mode: True forbids code from the file; False allows it where no enclosing
            scope forbids it; None leaves it as it is, which is safe at the outermost.
    """

    def __init__(self, safe_mode: bool | None = True) -> None:
        super().__init__()
        said = safe_mode is not None and safe_mode is not NOTHING_SAID
        self._said = bool(safe_mode) if said else None

    def changed(self, now: reading.Reading) -> reading.Reading:
        if now.safe is None:
            safe = not _allowed_everywhere if self._said is None else self._said
        else:
            safe = now.safe or self._said is True
        return now._replace(safe=safe)


def safe_mode_of_call(safe_mode: bool | None) -> SafeModeScope:
    """The scope of a call that has an argument `safe_mode`."""
    return SafeModeScope(None if _allowed_everywhere else safe_mode)


def in_safe_mode() -> bool:
    """Whether code from a config must not be run."""
    safe = reading.current().safe
    return not _allowed_everywhere if safe is None else safe


def enable_unsafe_deserialization() -> None:
    """Turns safe mode off in this process: configs may bring code that is run.

    Arguments named `safe_mode` do not count from then on.
    Only for files that you trust as you trust a program. It cannot be called while a
    file is being read.

    Raises:
        UnsafeDeserializationError: when called by something that a file asked for.

    Example:

    >>> import keras
    >>> keras.config.enable_unsafe_deserialization()  # doctest: +SKIP
    """
    global _allowed_everywhere
    if reading.current().safe is not None:
        raise UnsafeDeserializationError(
            "Safe mode cannot be turned off while a config or file is being read. "
            "Call keras.config.enable_unsafe_deserialization() before loading, or "
            "pass safe_mode=False to the loading function."
        )
    _allowed_everywhere = True


def refuse_code(what: str) -> None:
    """Raises if safe mode forbids what a config asks for.

    Args:
        what: what it asks for, as the subject of a sentence.

    Raises:
        UnsafeDeserializationError: in safe mode.
    """
    if in_safe_mode():
        raise UnsafeDeserializationError(
            f"{what} would run code that is stored in the file, so it is not loaded "
            "in safe mode. If you trust where the file comes from, pass "
            "safe_mode=False to the loading function, or call "
            "keras.config.enable_unsafe_deserialization() first."
        )
