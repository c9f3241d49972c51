"""A load that fails half-way, when a disk fails or somebody presses Ctrl-C.

What does not fit is found before anything is assigned; what cannot be read may turn out
only then. A model of everyday size gets back the values that it had. Copies of a large
one would take its memory twice: there, every byte of the file is read once before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from keras.core.dtypes import itemsize
from keras.saving.stores import to_array

_MOST_KEPT = 64 << 20


@contextmanager
def all_or_nothing(
    variables: Iterable[Any], read_through: Callable[[], None]
) -> Iterator[None]:
    """A block that assigns variables; all keep their values if it fails.

    Args:
        variables: what it may assign.
        read_through: reads all of the file; called where the values are too many to
            be kept beside the new ones.
    """
    found = list(variables)
    size = sum(math.prod(one.shape) * itemsize(one.dtype) for one in found)
    if size > _MOST_KEPT:
        read_through()
        try:
            yield
        except BaseException as error:
            error.add_note(
                "The file could be read at first, and failed while values were "
                "assigned: some of them are new, some as they were."
            )
            raise
        return
    kept = [np.array(to_array(one)) for one in found]
    try:
        yield
    except BaseException:
        for one, value in zip(found, kept, strict=True):
            with suppress(RuntimeError):  # nothing hides the first error
                one.assign(value)
        raise
