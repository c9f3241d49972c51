"""JSON out of files, counted before it is parsed.

Python takes some 100 bytes for each object and list, and 40 for each item, whatever
little it takes in the text; a config that was packed well is small on the disk.
"""

from __future__ import annotations

import json
from typing import Any

from keras.core.errors import DeserializationError, UnsafeDeserializationError

MOST_TEXT = 256 << 20
_MOST_MEMORY = 512 << 20


def read_json(text: str | bytes, what: str) -> Any:
    """The data of a JSON text.

    Args:
        text: the text.
        what: how errors name it.

    Raises:
        DeserializationError: if it is no JSON, or nested too deeply.
        UnsafeDeserializationError: if it would take too much memory.
    """
    if isinstance(text, bytes):
        holders, items = text.count(b"{") + text.count(b"["), text.count(b",")
    else:
        holders, items = text.count("{") + text.count("["), text.count(",")
    needed = 2 * len(text) + 100 * holders + 40 * items
    if needed > _MOST_MEMORY:
        raise UnsafeDeserializationError(
            f"{what} is JSON of {len(text):,} characters with {holders:,} objects and "
            f"lists, which would take some {needed >> 20:,} MiB of memory; at most "
            f"{_MOST_MEMORY >> 20:,} MiB are allowed."
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise DeserializationError(
            f"{what} is no readable JSON: {error}. It has {len(text):,} characters and "
            f"begins with {text[:20]!r}. Copy or download it again, or save it anew."
        ) from error
