"""Regular expressions out of configs, which may be made to take forever.

Python's matcher tries all ways in which a pattern can fit; a pattern of a few
characters can have more of them than there is time. One that comes out of a file is
looked at first: what is repeated must be simple, and the repeats few enough for the
text.
"""

from __future__ import annotations

import re

from keras.core import reading
from keras.core.errors import UnsafeDeserializationError

_MOST_STEPS = 30_000_000
_LONGEST = 300  # characters of a name that a pattern is meant for
# What a pattern consists of, as far as it counts here.
_PARTS = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"  # an escaped character, a class of them
    r"|(?P<open>\((?:\?[:=!<P][^()]*?[:=!>]?)?)|(?P<close>\))|(?P<either>\|)"
    r"|(?P<repeat>[*+?]|\{[\d,]+\})\??|.",
    re.DOTALL,
)


def check_pattern(pattern: str) -> None:
    """Refuses a pattern that may take too long, where a config is being read.

    Raises:
        UnsafeDeserializationError: if it repeats what itself repeats or branches, or
            has too many repeats.
    """
    place = reading.current().place
    if place is None or not isinstance(pattern, str):
        return
    if len(pattern) > _LONGEST or _steps(pattern) > _MOST_STEPS:
        raise UnsafeDeserializationError(
            f"The regular expression {pattern[:100]!r} at {place} may take very long "
            "to match, so it is not used out of a file: it repeats what itself "
            "repeats or branches, or repeats too often. Write it more simply, such as "
            "'.*/attention/.*', or set it after loading."
        )


def _steps(pattern: str) -> float:
    """A bound for the ways in which a pattern can be tried on a name."""
    ways = 1.0
    # Of each open group: whether there is a choice in it.
    groups = [False]
    closed = False  # whether what stands before is a group with a choice in it
    for part in _PARTS.finditer(pattern):
        if part["open"]:
            groups.append(False)
        elif part["close"]:
            inner = groups.pop() if len(groups) > 1 else False
            groups[-1] |= inner
            closed = inner
            continue
        elif part["either"]:
            groups[-1] = True
            ways *= 2
        elif part["repeat"]:
            optional = part["repeat"] == "?"
            if closed and not optional:
                return float("inf")
            groups[-1] = True
            ways *= 2 if optional else _LONGEST
        closed = False
    return ways
