"""Whether a model's class brings a method of its own for one of the trainer's."""

from __future__ import annotations


def overrides(cls: type, name: str) -> bool:
    """Whether a class replaces a method that this folder defines."""
    module = getattr(getattr(cls, name, None), "__module__", None) or ""
    return not module.startswith("keras.training.")
