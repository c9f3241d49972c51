"""How far packed data may unfold. What says more was made to fill memory or a disk."""

from __future__ import annotations

MOST_EXPANSION = 200
MOST_MEMBERS = 100_000
_SLACK = 1 << 20


def most_unfolded(stored: int) -> int:
    """Bytes that so many stored ones may become.

    Args:
        stored: bytes, as they are packed.
    """
    return stored * MOST_EXPANSION + _SLACK
