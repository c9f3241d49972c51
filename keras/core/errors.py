"""Error classes, and how an error is worded here.

A message says what was expected, what was received, and the way out. Prefer a
builtin class (`ValueError`, `TypeError`) unless a program may want to catch this
very case. Inner code states the fact; the boundary (an op, a layer call, a file)
adds its name and shapes once.
"""

from __future__ import annotations


def brief(value: object) -> str:
    """What `repr` says, in one line that a message has room for."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 200 else f"{text[:200]}…"


class BackendError(RuntimeError):
    """Objects of different backends met, or a backend cannot do what was asked."""


class MissingFunctionError(BackendError, AttributeError):
    """A backend lacks a function; `hasattr` of a backend is False for it."""


class MissingBackendError(ImportError):
    """The framework of a backend is not installed."""


class OpError(Exception):
    """What an op says of its tensors; the layer whose call it ends adds its name."""

    layer: str | None = None  # that name, once it is said


class ShapeError(OpError, ValueError):
    """Shapes do not fit the operation."""


class TensorTypeError(OpError, TypeError):
    """No tensor, or one of a dtype that the operation does not take."""


class DeserializationError(ValueError):
    """A config or a file cannot be turned back into an object."""


class UnknownNameError(DeserializationError, TypeError):
    """A config names a class or a function that is not known.

    Keras raises a TypeError there: programs catch it, and load with what was missing.
    """


class UnsafeDeserializationError(DeserializationError):
    """A file asks for something that could run code or leave its own bounds."""
