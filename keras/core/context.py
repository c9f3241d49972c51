"""The ambient state of a thread or task: which backend, scopes and call we are in.

Every scope of Keras (`backend_scope`, `StatelessScope`, autocast, `name_scope`,
`device`, the context of a layer call) is one field of one small record, held in
one `ContextVar`. That gives three properties at once:

- threads and asyncio tasks never see each other's scopes;
- hot paths pay for one `ContextVar.get()`, whatever number of scopes exists;
- leaving a scope restores exactly what was there before, also after an exception.

`torch.compile` can trace neither a read nor a write of a `ContextVar`, but it
follows `threading.local`. So each thread also has a mirror of what it entered last;
a traced read takes that (the torch backend tells the tracer), and a traced scope
changes the field in place and puts it back, which the tracer simulates like any
other attribute (`tracing` is the hook that says so).
"""

from __future__ import annotations

import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Any


class Context:
    """One immutable-by-convention record of all ambient state."""

    __slots__ = (
        "autocast",
        "backend",
        "brief",
        "call",
        "device",
        "names",
        "remat",
        "stateless",
        "symbolic",
    )

    def __init__(self) -> None:
        self.backend: Any = None  # a Backend, or None for the process default
        self.stateless: Any = None  # the innermost StatelessScope
        self.autocast: str | None = None  # dtype that float variables are read in
        self.call: Any = None  # the CallContext of the outermost running layer
        self.names: tuple[str, ...] = ()  # open name scopes, outermost first
        self.device: str | None = None
        self.symbolic: Any = None  # the innermost SymbolicScope
        self.remat: Any = None
        self.brief = False  # a pass of few steps, for which compiling long never pays

    def replace(self, field: str, value: Any) -> Context:
        """A copy of this record with one field changed."""
        new = Context.__new__(Context)
        new.backend = self.backend
        new.stateless = self.stateless
        new.autocast = self.autocast
        new.call = self.call
        new.names = self.names
        new.device = self.device
        new.symbolic = self.symbolic
        new.remat = self.remat
        new.brief = self.brief
        setattr(new, field, value)
        return new


_DEFAULT = Context()
_current: ContextVar[Context] = ContextVar("keras_context", default=_DEFAULT)


class _Mirror(threading.local):
    """The context that this thread entered last: all that a tracer can read."""

    context = _DEFAULT


mirror = _Mirror()

get = _current.get


def _never() -> bool:
    return False


# Says whether a tracer that cannot follow ContextVar writes is running. The torch
# backend puts torch.compiler.is_compiling here when it is loaded.
tracing = _never


def _no_backends() -> Any:
    raise RuntimeError("keras.backends is not loaded, so no backend is current.")


# The backend that things of this floor, such as tensors in configs, belong to. The
# floor of backends above replaces this.
current_backend = _no_backends


class Scope:
    """Sets one field of the context for a `with` block; re-entrant, exception-safe."""

    __slots__ = ("_field", "_undo", "_value")

    def __init__(self, field: str, value: Any) -> None:
        self._field = field
        self._value = value
        self._undo: list[Any] = []

    def __enter__(self) -> Any:
        context = get()
        if tracing():
            self._undo.append((context, getattr(context, self._field)))
            setattr(context, self._field, self._value)
        else:
            changed = context.replace(self._field, self._value)
            self._undo.append((_current.set(changed), context))
            mirror.context = changed
        return self._value

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        first, second = self._undo.pop()
        if isinstance(first, Context):
            setattr(first, self._field, second)
        else:
            _current.reset(first)
            mirror.context = second


class Restored:
    """Puts back a whole context, for code that runs later what began in it."""

    __slots__ = ("_context", "_undo")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._undo = (_current.set(self._context), mirror.context)
        mirror.context = self._context

    def __exit__(self, *error: object) -> None:
        token, mirrored = self._undo
        _current.reset(token)
        mirror.context = mirrored
