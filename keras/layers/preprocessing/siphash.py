"""SipHash-2-4: the keyed hash of `Hashing(salt=...)`.

Source: Aumasson and Bernstein, SipHash: a fast short-input PRF, 2012.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_START = (
    0x736F6D6570736575,
    0x646F72616E646F6D,
    0x6C7967656E657261,
    0x7465646279746573,
)


def keyed_hashes(strings: Sequence[bytes], key: Sequence[int]) -> np.ndarray:
    """The 64-bit hash of each string under a key of two 64-bit integers."""
    words = [(text, len(text) // 8 + 1) for text in strings]
    counts = np.fromiter((count for _, count in words), np.int64, len(words))
    hashes = np.zeros(len(words), np.uint64)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        # Padded to whole words, the last byte of which is the length.
        joined = b"".join(
            strings[i].ljust(8 * count - 1, b"\0") + bytes([len(strings[i]) & 0xFF])
            for i in rows.tolist()
        )
        blocks = np.frombuffer(joined, "<u8").reshape(len(rows), count)
        with np.errstate(over="ignore"):
            hashes[rows] = _hashed(blocks.astype(np.uint64), key)
    return hashes


def _hashed(blocks: np.ndarray, key: Sequence[int]) -> np.ndarray:
    keys = [np.uint64(part & 0xFFFFFFFFFFFFFFFF) for part in key]
    state = [
        np.full(len(blocks), np.uint64(start) ^ keys[i % 2])
        for i, start in enumerate(_START)
    ]
    for block in blocks.T:
        state[3] = state[3] ^ block
        for _ in range(2):
            state = _round(*state)
        state[0] = state[0] ^ block
    state[2] = state[2] ^ np.uint64(0xFF)
    for _ in range(4):
        state = _round(*state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _rotated(x: np.ndarray, by: int) -> np.ndarray:
    return (x << np.uint64(by)) | (x >> np.uint64(64 - by))


def _round(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray
) -> list[np.ndarray]:
    a = a + b
    b = _rotated(b, 13) ^ a
    a = _rotated(a, 32)
    c = c + d
    d = _rotated(d, 16) ^ c
    a = a + d
    d = _rotated(d, 21) ^ a
    c = c + b
    b = _rotated(b, 17) ^ c
    return [a, b, _rotated(c, 32), d]
