"""Large groups of the newer kind: an index and a heap, whose blocks have checksums.

When the HDF5 library meets a damaged block while it lists a group, it frees memory that
it never had. So the blocks are walked here first. Format:
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, "Disk Format:
Level 1A2" and "1F"; the checksum is Bob Jenkins' lookup3.
"""

from __future__ import annotations

import struct
from typing import Any

from keras.core.errors import DeserializationError

_MOST_NODES = 100_000
_MOST_BLOCK = 1 << 24
_HEAP = 146  # bytes of the header of a heap without filters
NOWHERE = (1 << 64) - 1
_HEADER, _PREFIX, _CHECKSUM = 38, 6, 4
_WORD = 0xFFFFFFFF


def check_tree(data: Any, address: int) -> None:
    """Walks all nodes of a tree.

    Args:
        data: the bytes of the file.
        address: where the tree's header is.

    Raises:
        DeserializationError: if one is damaged.
    """
    header = data[address : address + _HEADER]
    _verify(header, b"BTHD", address)
    node, record, depth = (int.from_bytes(header[a:b], "little") for a, b in _SIZES)
    if not record or node < 64 or depth > 16:
        raise _error(address)
    most, totals = [(node - _PREFIX - _CHECKSUM) // record], [0]
    width, total = _bytes_for(most[0]), most[0]
    for _ in range(depth):
        pointer = 8 + width + totals[-1]
        most.append((node - _PREFIX - _CHECKSUM - pointer) // (record + pointer))
        total = (most[-1] + 1) * total + most[-1]
        totals.append(_bytes_for(total))
    root = int.from_bytes(header[16:24], "little")
    count, walked = int.from_bytes(header[24:26], "little"), 0
    todo = [(root, count, depth)] if count else []
    while todo:
        place, count, level = todo.pop()
        pointer = 8 + width + totals[level - 1] if level else 0
        size = _PREFIX + count * record + pointer * (count + 1 if level else 0)
        walked += 1
        if count > most[level] or walked > _MOST_NODES:
            raise _error(place)
        whole = data[place : place + size + _CHECKSUM]
        _verify(whole, b"BTIN" if level else b"BTLF", place)
        if whole[5] != header[5]:
            raise _error(place)
        for i in range(count + 1) if level else ():
            at = _PREFIX + count * record + pointer * i
            child = int.from_bytes(whole[at : at + 8], "little")
            inner = int.from_bytes(whole[at + 8 : at + 8 + width], "little")
            todo.append((child, inner, level - 1))


def check_heap(data: Any, address: int) -> None:
    """Walks all blocks of the heap that the links of a group lie in.

    Raises:
        DeserializationError: if one is damaged.
    """
    header = data[address : address + _HEAP]
    _verify(header, b"FRHP", address)
    if header[7] or header[8] or not header[9] & 2:  # filters; blocks without checksums
        raise _error(address)
    width, start, most, bits, _, root, rows = struct.unpack("<HQQHHQH", header[110:142])
    offset = 13 + -(-bits // 8)  # bytes before what a block holds
    powers = all(one and not one & (one - 1) for one in (width, start, most))
    if not powers or start > most or max(width, most) > _MOST_BLOCK:
        raise _error(address)
    todo, walked = [(root, start, rows)], 0
    while todo:
        place, size, rows = todo.pop()
        walked += 1
        if place == NOWHERE:
            continue
        if walked > _MOST_NODES or rows > 64:
            raise _error(place)
        if not rows:
            block = data[place : place + size]
            stored = block[offset : offset + _CHECKSUM]
            zeros = block[:offset] + bytes(_CHECKSUM) + block[offset + _CHECKSUM :]
            _verify(zeros + stored, b"FHDB", place)
            continue
        end = offset + 8 * width * rows
        block = data[place : place + end + _CHECKSUM]
        _verify(block, b"FHIB", place)
        for i in range(width * rows):
            child = int.from_bytes(block[offset + 8 * i : offset + 8 * i + 8], "little")
            size = start << max(i // width - 1, 0)
            inner = (size // (start * width)).bit_length() if size > most else 0
            todo.append((child, size, inner))


_SIZES = ((6, 10), (10, 12), (12, 14))  # of a node, of a record; the depth


def _bytes_for(number: int) -> int:
    return max(1, -(-number.bit_length() // 8))


def _error(place: int) -> DeserializationError:
    return DeserializationError(
        f"The index of a group at byte {place:,} of the HDF5 file is damaged."
    )


def _verify(block: bytes, signature: bytes, place: int) -> None:
    body, stored = block[:-_CHECKSUM], block[-_CHECKSUM:]
    whole = len(block) > _PREFIX + _CHECKSUM and block[:4] == signature
    if not whole or block[4] or checksum(body) != int.from_bytes(stored, "little"):
        raise _error(place)


def checksum(body: bytes) -> int:
    """Bob Jenkins' lookup3 of some bytes, as HDF5 uses it."""
    a = b = c = (0xDEADBEEF + len(body)) & _WORD
    start = 0
    while len(body) - start > 12:
        x, y, z = _words(body[start : start + 12])
        a, b, c = (a + x) & _WORD, (b + y) & _WORD, (c + z) & _WORD
        for turn in (4, 6, 8, 16, 19, 4):
            # The three take turns; each round mixes the last into the first.
            a = (a - c) & _WORD ^ _turned(c, turn)
            a, b, c = b, (c + b) & _WORD, a
        start += 12
    rest = body[start:]
    if not rest:
        return c
    x, y, z = _words(rest.ljust(12, b"\0"))
    a, b, c = (a + x) & _WORD, (b + y) & _WORD, (c + z) & _WORD
    for turn in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turned(b, turn)) & _WORD
        a, b, c = b, c, a
    return b


def _words(block: bytes) -> tuple[int, int, int]:
    first, second, third = block[:4], block[4:8], block[8:]
    return (
        int.from_bytes(first, "little"),
        int.from_bytes(second, "little"),
        int.from_bytes(third, "little"),
    )


def _turned(word: int, count: int) -> int:
    return (word << count | word >> (32 - count)) & _WORD
