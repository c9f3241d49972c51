"""FarmHash Fingerprint64: the hash of `Hashing` and of tables' unknown strings.

Source: Pike and Alakuijala, FarmHash (https://github.com/google/farmhash), of which
`Fingerprint64` is fixed for good. It is computed here for many strings at once: strings
of like length go through the same arithmetic of 64-bit integers, which wrap around.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

_K0, _K1, _K2 = (
    np.uint64(k) for k in (0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F)
)
_CROSS = np.uint64(0xC6A4A7935BD1E995)  # MurmurHash's
Words = np.ndarray
Pair = tuple[Words, Words]


def fingerprints(strings: Sequence[bytes]) -> Words:
    """The 64-bit fingerprint of each string, `(strings,)` of uint64."""
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    hashes = np.zeros(len(strings), np.uint64)
    # A kind of length, below 65 bytes; one for each number of 64-byte blocks above.
    kinds = np.searchsorted([0, 3, 7, 16, 32, 64], lengths)
    kinds = np.where(lengths > 64, 6 + (lengths - 1) // 64, kinds)
    for kind in np.unique(kinds).tolist():
        rows = np.flatnonzero(kinds == kind)
        text = _Bytes([strings[i] for i in rows.tolist()], lengths[rows])
        with np.errstate(over="ignore"):
            run = _BY_KIND[kind] if kind < 6 else partial(_long, blocks=kind - 6)
            hashes[rows] = run(text)
    return hashes


def combined(first: Words, second: Words) -> Words:
    """The fingerprint of pairs of fingerprints, as crosses of features use it."""
    with np.errstate(over="ignore"):
        mixed = first ^ _CROSS ^ (_mixed(second * _CROSS) * _CROSS)
        return _mixed(_mixed(mixed * _CROSS) * _CROSS)


class _Bytes:
    """Strings as rows of bytes, from which words are read."""

    def __init__(self, strings: list[bytes], lengths: np.ndarray) -> None:
        width = int(lengths.max(initial=0))
        joined = b"".join(text.ljust(width, b"\0") for text in strings)
        self.bytes = np.frombuffer(joined, np.uint8).reshape(len(strings), width)
        self.lengths = lengths
        self.length = lengths.astype(np.uint64)

    def word(self, start: int, size: int = 8) -> Words:
        """The little-endian integers at a place, counted from the end if negative."""
        if start >= 0:
            part = self.bytes[:, start : start + size]
        else:
            places = (self.lengths + start)[:, None] + np.arange(size)
            part = np.take_along_axis(self.bytes, places, axis=1)
        words = np.ascontiguousarray(part).view(f"<u{size}")[:, 0]
        return words.astype(np.uint64)

    def byte(self, places: np.ndarray) -> Words:
        """The bytes at a place of each string."""
        rows = np.arange(len(self.lengths))
        return self.bytes[rows, places].astype(np.uint64)

    def multiplier(self) -> Words:
        """What the hash of a short string multiplies by."""
        return _K2 + self.length * np.uint64(2)


def _rotated(x: Words, by: int) -> Words:
    return (x >> np.uint64(by)) | (x << np.uint64(64 - by))


def _mixed(x: Words) -> Words:
    return x ^ (x >> np.uint64(47))


def _joined(u: Words, v: Words, by: Words) -> Words:
    return _mixed((v ^ _mixed((u ^ v) * by)) * by) * by


def _empty(text: _Bytes) -> Words:
    return np.full(len(text.lengths), _K2)


def _to_3(text: _Bytes) -> Words:
    a, b, c = (
        text.byte(places)
        for places in (text.lengths * 0, text.lengths // 2, text.lengths - 1)
    )
    y = a + (b << np.uint64(8))
    z = text.length + (c << np.uint64(2))
    return _mixed(y * _K2 ^ z * _K0) * _K2


def _to_7(text: _Bytes) -> Words:
    first = text.length + (text.word(0, 4) << np.uint64(3))
    return _joined(first, text.word(-4, 4), text.multiplier())


def _to_16(text: _Bytes) -> Words:
    by = text.multiplier()
    a, b = text.word(0) + _K2, text.word(-8)
    c = _rotated(b, 37) * by + a
    return _joined(c, (_rotated(a, 25) + b) * by, by)


def _to_32(text: _Bytes) -> Words:
    by = text.multiplier()
    a, b = text.word(0) * _K1, text.word(8)
    c, d = text.word(-8) * by, text.word(-16) * _K2
    first = _rotated(a + b, 43) + _rotated(c, 30) + d
    return _joined(first, a + _rotated(b + _K2, 18) + c, by)


def _to_64(text: _Bytes) -> Words:
    by = text.multiplier()
    a, b = text.word(0) * _K2, text.word(8)
    c, d = text.word(-8) * by, text.word(-16) * _K2
    y = _rotated(a + b, 43) + _rotated(c, 30) + d
    z = _joined(y, a + _rotated(b + _K2, 18) + c, by)
    e, f = text.word(16) * by, text.word(24)
    g, h = (y + text.word(-32)) * by, (z + text.word(-24)) * by
    first = _rotated(e + f, 43) + _rotated(g, 30) + h
    return _joined(first, e + _rotated(f + a, 18) + g, by)


_BY_KIND: list[Callable[[_Bytes], Words]] = [
    _empty,
    _to_3,
    _to_7,
    _to_16,
    _to_32,
    _to_64,
]


def _weak(text: _Bytes, start: int, a: Words, b: Words) -> Pair:
    """Mixes 32 bytes into two words."""
    w, x, y, z = (text.word(start + 8 * i) for i in range(4))
    a = a + w
    b = _rotated(b + a + z, 21)
    c = a
    a = a + x + y
    return a + z, b + _rotated(a, 44) + c


def _long(text: _Bytes, blocks: int) -> Words:
    """Strings of more than 64 bytes: `blocks` of 64, then the last 64 of all."""
    seed = np.uint64(81)
    x = np.full(len(text.lengths), seed)
    y = np.full(len(text.lengths), seed * _K1 + np.uint64(113))
    z = _mixed(y * _K2 + np.uint64(113)) * _K2
    v: Pair = (np.zeros_like(x), np.zeros_like(x))
    w: Pair = v
    x = x * _K2 + text.word(0)
    for start in range(0, 64 * blocks, 64):
        x = _rotated(x + y + v[0] + text.word(start + 8), 37) * _K1
        y = _rotated(y + v[1] + text.word(start + 48), 42) * _K1
        x = x ^ w[1]
        y = y + v[0] + text.word(start + 40)
        z = _rotated(z + w[0], 33) * _K1
        v = _weak(text, start, v[1] * _K1, x + w[0])
        w = _weak(text, start + 32, z + w[1], y + text.word(start + 16))
        z, x = x, z
    by = _K1 + ((z & np.uint64(0xFF)) << np.uint64(1))
    nine = np.uint64(9)
    w = (w[0] + ((text.length - np.uint64(1)) & np.uint64(63)), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x = _rotated(x + y + v[0] + text.word(-56), 37) * by
    y = _rotated(y + v[1] + text.word(-16), 42) * by
    x = x ^ (w[1] * nine)
    y = y + v[0] * nine + text.word(-24)
    z = _rotated(z + w[0], 33) * by
    v = _weak(text, -64, v[1] * by, x + w[0])
    w = _weak(text, -32, z + w[1], y + text.word(-48))
    z, x = x, z
    first = _joined(v[0], w[0], by) + _mixed(y) * _K0 + z
    return _joined(first, _joined(v[1], w[1], by) + x, by)
