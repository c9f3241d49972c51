"""Whether reading a config may run code that it brings along.

It may not, unless the outermost caller said `safe_mode=False` or the process called
`enable_unsafe_deserialization()`. Nothing said (None) means safe. The outermost
caller decides for all that is read inside: neither a nested default nor anything in
the file can loosen it.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType

from keras.core.errors import UnsafeDeserializationError

_allowed_everywhere = False
_scope: ContextVar[bool | None] = ContextVar("keras_safe_mode", default=None)


class SafeModeScope:
    """Fixes safe mode for a `with` block; an enclosing scope has the last word.

    Args:
        safe_mode: False allows code from the file; True and None do not.
    """

    def __init__(self, safe_mode: bool | None = True) -> None:
        self._safe = safe_mode is None or bool(safe_mode)
        self._tokens: list[Token[bool | None]] = []

    def __enter__(self) -> SafeModeScope:
        outer = _scope.get()
        self._tokens.append(_scope.set(self._safe if outer is None else outer))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        _scope.reset(self._tokens.pop())


def in_safe_mode() -> bool:
    """Whether code from a config must not be run."""
    return not _allowed_everywhere and _scope.get() is not False


def enable_unsafe_deserialization() -> None:
    """Turns safe mode off in this process: configs may bring code that is run.

    Only for files that you trust as you trust a program. It cannot be called while a
    file is being read.

    Raises:
        UnsafeDeserializationError: when called by something that a file asked for.

    Example:

    >>> import keras
    >>> keras.config.enable_unsafe_deserialization()  # doctest: +SKIP
    """
    global _allowed_everywhere
    if _scope.get() is not None:
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
