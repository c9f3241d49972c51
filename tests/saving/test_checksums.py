"""Sums of parts that are put together are those of the whole."""

from __future__ import annotations

import io
import random
import zlib

import pytest

from keras.saving import checksums
from keras.saving.checksums import Checksums, joined


@pytest.mark.parametrize("size", [0, 1, 2, 7, 255, 256, 4097, 1_000_003])
def test_two_parts(size: int) -> None:
    chance = random.Random(size)
    first, second = chance.randbytes(1001), chance.randbytes(size)
    found = joined(zlib.crc32(first), zlib.crc32(second), size)
    assert found == zlib.crc32(first + second)


def test_written_anyhow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over one another, cut off, with gaps: the sum is that of what is there."""
    monkeypatch.setattr(checksums, "_LARGE", 8)
    chance = random.Random(0)
    known = 0
    for _ in range(300):
        file, sums = io.BytesIO(), Checksums()

        def read(start: int, end: int, file: io.BytesIO = file) -> list[bytes]:
            return [file.getvalue()[start:end]]

        for _ in range(chance.randrange(1, 12)):
            start, size = chance.randrange(100), chance.randrange(1, 40)
            if chance.randrange(6) == 0:
                end = min(start, len(file.getvalue()))
                file.truncate(end)
                sums.cut(end)
                continue
            data = chance.randbytes(size)
            with sums.writing(start, memoryview(data)):
                file.seek(start)
                file.write(data)
        written = file.getvalue()
        known += len(sums._starts)
        assert sums.of_all(len(written), read) == zlib.crc32(written)
    assert known > 300


def test_parts_are_not_read_again() -> None:
    data = random.Random(1).randbytes(3 << 20)
    sums = Checksums()
    with sums.writing(5, memoryview(data)):
        pass
    places = []

    def read(start: int, end: int) -> list[bytes]:
        places.append((start, end))
        return [bytes(end - start)]

    found = sums.of_all(len(data) + 7, read)
    assert found == zlib.crc32(bytes(5) + data + bytes(2))
    assert places == [(0, 5), (len(data) + 5, len(data) + 7)]
