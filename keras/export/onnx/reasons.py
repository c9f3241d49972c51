"""What an ONNX file cannot hold, and why."""

from __future__ import annotations

from keras.core.errors import BackendError

REASONS: dict[str, str] = {}


class CannotExport(BackendError):
    """A layer, or an op in it, that cannot be written."""


def because(reason: str, *names: str) -> None:
    """Says of ops without a function in this folder why they have none."""
    REASONS.update(dict.fromkeys(names, reason))
