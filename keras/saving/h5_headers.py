"""What the HDF5 library would trust of a file, looked at first.

The library takes memory for as many bytes as a text of variable length claims, and
frees what it never had while it lists a group whose index is damaged. Both stand in the
header of an object, which is read here without it. Format:
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, "Disk Format:
Level 1A1", "1B", "1D" and "2A".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from keras.core.errors import DeserializationError
from keras.saving.h5_trees import NOWHERE, check_heap, check_tree

_SYMBOL_TABLE, _LINKS, _ATTRIBUTE, _CONTINUATION = 0x11, 0x02, 0x0C, 0x10
_SHARED = 2  # a flag: what follows is not the message, but where it is
_MOST_BLOCKS = 10_000
_MOST_NODES = 100_000
_REFERENCE = 16  # bytes of the place of a text: its length, its heap, its number there


def _number(data: Any, place: int, size: int) -> int:
    found = data[place : place + size]
    if len(found) != size:
        raise DeserializationError(f"The HDF5 file ends before byte {place + size:,}.")
    return int.from_bytes(found, "little")


def _damaged(what: str, place: int) -> NoReturn:
    raise DeserializationError(f"{what} at byte {place:,} of the HDF5 file is damaged.")


def messages(data: Any, address: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of each message in the header of an object.

    Args:
        data: the bytes of the file.
        address: where the header is.
    """
    newer = data[address : address + 4] == b"OHDR"
    head, todo = (_newer if newer else _older)(data, address)
    for count, (start, size) in enumerate(
        iter(lambda: todo.pop() if todo else None, None)
    ):
        place, end = start, start + size
        while place + head <= end:
            kind = _number(data, place, 1 if newer else 2)
            length = _number(data, place + (1 if newer else 2), 2)
            flags = _number(data, place + (3 if newer else 4), 1)
            place += head
            if kind == _CONTINUATION:
                where, room = _number(data, place, 8), _number(data, place + 8, 8)
                # The newer ones stand between a signature and a checksum.
                todo.append((where + 4, room - 8) if newer else (where, room))
            elif not flags & _SHARED:
                yield kind, place, length
            place += length
        if count > _MOST_BLOCKS:
            _damaged("The header", address)


def _older(data: Any, address: int) -> tuple[int, list[Any]]:
    if _number(data, address, 1) != 1:
        _damaged("The header", address)
    return 8, [(address + 16, _number(data, address + 8, 4))]


def _newer(data: Any, address: int) -> tuple[int, list[Any]]:
    flags = _number(data, address + 5, 1)
    place = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = _number(data, place, width)
    return (6 if flags & 4 else 4), [(place + width, size)]


def longest_claim(data: Any, address: int, name: str) -> int | None:
    """Bytes that a text of variable length in an attribute says to have, at most.

    Args:
        data: the bytes of the file.
        address: of the object that has the attribute.
        name: of the attribute.

    Returns:
        None, if the header does not hold it.
    """
    wanted = name.encode()
    for kind, place, size in messages(data, address):
        if kind != _ATTRIBUTE:
            continue
        version = _number(data, place, 1)
        sizes = [_number(data, place + at, 2) for at in (2, 4, 6)]
        # The first version fills each part up to eight bytes.
        parts = [-(-x // 8) * 8 for x in sizes] if version == 1 else sizes
        start = place + (9 if version == 3 else 8)
        if data[start : start + sizes[0]].rstrip(b"\0") == wanted:
            values = range(
                start + sum(parts), place + size - _REFERENCE + 1, _REFERENCE
            )
            return max((_number(data, at, 4) for at in values), default=0)
    return None


def check_group(data: Any, address: int) -> None:
    """Walks the index of a group.

    Raises:
        DeserializationError: if a node, or a name, is not where it should be.
    """
    for kind, place, _ in messages(data, address):
        if kind == _SYMBOL_TABLE:
            heap = _number(data, place + 8, 8)
            if data[heap : heap + 4] != b"HEAP":
                _damaged("The heap of names", heap)
            names = _number(data, heap + 24, 8), _number(data, heap + 8, 8)
            _check_nodes(data, _number(data, place, 8), *names)
        elif kind == _LINKS:
            flags = _number(data, place + 1, 1)
            start = place + 2 + (8 if flags & 1 else 0)
            places = [start + 8, *([start + 16] if flags & 2 else [])]
            if (heap := _number(data, start, 8)) != NOWHERE:
                check_heap(data, heap)
            for tree in (_number(data, at, 8) for at in places):
                if tree != NOWHERE:
                    check_tree(data, tree)


def _check_nodes(data: Any, top: int, names: int, size: int) -> None:
    """Walks the tree of a group; `size` bytes of names start at `names`."""
    todo, seen = [top], set[int]()
    while todo:
        node = todo.pop()
        signature = data[node : node + 4]
        if node in seen or len(seen) > _MOST_NODES:
            _damaged("The index of a group", node)
        seen.add(node)
        if signature == b"TREE" and _number(data, node + 4, 1) == 0:
            count = _number(data, node + 6, 2)
            todo += (_number(data, node + 32 + 16 * i, 8) for i in range(count))
        elif signature == b"SNOD":
            for i in range(_number(data, node + 6, 2)):
                offset = _number(data, node + 8 + 40 * i, 8)
                rest = data[names + offset : names + max(size, offset)]
                if offset >= size or b"\0" not in rest:
                    _damaged("A name in a group", node)
        else:
            _damaged("The index of a group", node)
