"""The CRC-32 of a file that is written in parts, and not in order.

The sum of large parts is taken while they are written, in another thread; that of the
whole follows from those of its parts, without reading them again. A CRC-32 is the rest
of a division of polynomials over GF(2): bytes that follow multiply what came before by
a power of x.
"""

from __future__ import annotations

import sys
import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_POLYNOMIAL = 0xEDB88320  # its bits in the order of zip files: x**0 is the highest
_ONE = 1 << 31
_LARGE = 1 << 20  # of less, the sum takes longer to put together than to take


def joined(first: int, second: int, size: int) -> int:
    """The sum of two byte strings, one after the other.

    Args:
        first: the sum of the first.
        second: the sum of the second.
        size: the bytes of the second.
    """
    power, bit = _ONE, 3  # eight bits to a byte
    while size:
        if size & 1:
            power = _product(power, _power(bit))
        size >>= 1
        bit += 1
    return _product(power, first) ^ second


@cache
def _power(bit: int) -> int:
    """x to the power of 2**bit."""
    if not bit:
        return _ONE >> 1
    root = _power(bit - 1)
    return _product(root, root)


def _product(one: int, other: int) -> int:
    """The product of two polynomials, modulo that of CRC-32."""
    result = 0
    while one:
        if one & _ONE:
            result ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = (other >> 1) ^ (_POLYNOMIAL if other & 1 else 0)
    return result


class Checksums:
    """The sums of the large parts of a file, as they are written."""

    def __init__(self) -> None:
        self._starts: list[int] = []  # in order
        self._parts: dict[int, tuple[int, int]] = {}  # start -> end, sum

    @contextmanager
    def writing(self, start: int, data: Any) -> Iterator[None]:
        """A block in which data are written to a place.

        Args:
            start: the place.
            data: a memory view of bytes.
        """
        self._forget(start, start + len(data))
        if len(data) < _LARGE:
            yield
            return
        found: list[int] = []
        summing = threading.Thread(target=lambda: found.append(zlib.crc32(data)))
        summing.start()
        try:
            yield
        finally:
            summing.join()
        self._starts.insert(bisect_left(self._starts, start), start)
        self._parts[start] = start + len(data), found[0]

    def _forget(self, start: int, end: int) -> None:
        """What is overwritten is of no use."""
        first = bisect_left(self._starts, start)
        if first and self._parts[self._starts[first - 1]][0] > start:
            first -= 1
        last = bisect_left(self._starts, end)
        for known in self._starts[first:last]:
            del self._parts[known]
        del self._starts[first:last]

    def cut(self, size: int) -> None:
        """Notes that the file ends at a place."""
        self._forget(size, sys.maxsize)

    def of_all(self, size: int, read: Any) -> int:
        """The sum of the whole file.

        Args:
            size: its bytes.
            read: gives the blocks from one place to another, of which no sum is known.
        """
        total = place = 0
        for start in [*self._starts, size]:
            for block in read(place, start):
                total = zlib.crc32(block, total)
            place = start
            if start in self._parts:
                place, part = self._parts[start]
                total = joined(total, part, place - start)
        return total
