"""Error classes, and how an error is worded here.

A message says what was expected, what was received, and the way out. Prefer a
builtin class (`ValueError`, `TypeError`) unless a program may want to catch this
very case. Inner code states the fact; the boundary (an op, a layer call, a file)
adds its name and shapes once.
"""

from __future__ import annotations


class BackendError(RuntimeError):
    """Objects of different backends met, or a backend cannot do what was asked."""


class MissingFunctionError(BackendError, AttributeError):
    """A backend lacks a function; `hasattr` of a backend is False for it."""


class MissingBackendError(ImportError):
    """The framework of a backend is not installed."""


class ShapeError(ValueError):
    """Shapes do not fit the operation."""

    layer: str | None = None  # the name of the layer that it ended, once that is said


class DeserializationError(ValueError, TypeError):
    """A config or a file cannot be turned back into an object.

    Keras raises a TypeError where it does not know a class, a ValueError elsewhere:
    programs catch the one or the other, and load with what was missing.
    """


class UnsafeDeserializationError(DeserializationError):
    """A file asks for something that could run code or leave its own bounds."""
