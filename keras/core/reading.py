"""The reading of a file or config: one record, which everything that reads asks.

What holds while a config is turned into objects, or weights into values, is said by
whoever starts it and must be known deep below, also below hooks of the user's: which
names are known, whether code of the file may run, which objects were met before, how
much may still be taken, and where in the file the reader stands. All of it is one
record in one `ContextVar`, so that threads and tasks never see each other's, and
leaving a scope restores exactly what was there before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from keras.core.errors import DeserializationError

if TYPE_CHECKING:
    from keras.core.limits import Budget

_no_objects: Mapping[str, Any] = {}


class Shared:
    """Objects met so far: what was written by identity, what was read by its id.

    Keras 3 writes an object that occurs twice in a model with an id, and reads it
    back as one object; single objects need it not.
    """

    def __init__(self) -> None:
        self.written: dict[int, tuple[Any, dict[str, Any]]] = {}
        self.configs: dict[int, int] = {}  # id of such a config -> id of its object
        self.read: dict[int | str, Any] = {}


class Place:
    """Where in a config the reader stands, outermost first.

    Args:
        source: the file that the config is from; empty where it came alone.
    """

    def __init__(self, source: str = "") -> None:
        self.steps: list[str] = []
        self._source = source

    def __str__(self) -> str:
        steps = " > ".join(self.steps)[-1000:] or "the top of the config"
        return f"{steps} in {self._source}" if self._source else steps


class Reading(NamedTuple):
    """What holds where a file or config is being read; immutable."""

    custom_objects: Mapping[str, Any] = _no_objects  # of open scopes, by name
    safe: bool | None = None  # whether code of the file is forbidden; None: unsaid
    shared: Shared | None = None  # None: each occurrence is an object of its own
    budget: Budget | None = None  # None: nothing is being read
    place: Place | None = None  # None: no config is being read
    compile: bool = True  # whether compile settings in the config count
    # Variables that the file is to give their values, each with its initializer, which
    # then draws no numbers; None: all initializers count.
    waiting: list[tuple[Any, Any]] | None = None


_nothing_read = Reading()
_current: ContextVar[Reading] = ContextVar("keras_reading", default=_nothing_read)

current = _current.get


class ReadingScope:
    """Changes fields of the record for a `with` block; re-entrant.

    Args:
        **changes: fields of `Reading` and their values.
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._tokens: list[Token[Reading]] = []

    def changed(self, now: Reading) -> Reading:
        """The record inside the block."""
        return now._replace(**self._changes)

    def __enter__(self) -> Self:
        self._tokens.append(_current.set(self.changed(_current.get())))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        _current.reset(self._tokens.pop())


def hooks_of_objects() -> ReadingScope:
    """The scope in which objects read their own weights and files.

    Nothing is said there of safe mode, which is about configs: packages refuse to open
    a file that a config names by `in_safe_mode()`, and open their own assets by the
    same function. What asks without being told stays safe.
    """
    return ReadingScope(safe=None)


# What Python, NumPy and readers of formats raise for data that is not as it must be.
_RAW = (
    *(LookupError, TypeError, AttributeError, ArithmeticError, AssertionError),
    *(RuntimeError, MemoryError, UnicodeError, EOFError, BufferError, NameError),
)


@contextmanager
def boundary(source: str) -> Iterator[None]:
    """The reading of something by a public function: damage has one error.

    Args:
        source: how errors name what is read.

    Raises:
        DeserializationError: instead of the errors that Python, NumPy or a framework
            raise for data that is not as it must be.
    """
    try:
        yield
    except DeserializationError:
        raise  # one of an unknown name is a TypeError as well
    except RecursionError:
        raise DeserializationError(f"{source} is nested too deeply.") from None
    except _RAW as error:
        raise DeserializationError(
            f"{source} cannot be read, it is damaged or of another version: "
            f"{type(error).__name__}: {str(error)[:1000]}."
        ) from error
    except OSError as error:
        if type(error) is not OSError or error.errno is not None:
            raise  # about the file, not what is in it
        raise DeserializationError(f"{source} is damaged: {error}.") from error


def object_sharing() -> ReadingScope:
    """A scope in which an object that occurs twice is written and read as one."""
    return ReadingScope(shared=Shared())
