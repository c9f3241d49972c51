"""Event files, which TensorBoard shows: written here, without TensorBoard.

A file is a row of records, each with two check sums; a record is a small protocol
buffer (`Event`). Both forms are simple and have not changed in years, so nothing needs
to be installed where a model is trained. See the messages `Event`, `Summary`,
`HistogramProto` and `TensorProto` of TensorFlow for the numbers of the fields.
"""

from __future__ import annotations

import os
import socket
import struct
import time
import zlib
from typing import Any

import numpy as np

from keras.core import placement

_POLYNOMIAL = 0x82F63B78  # of CRC-32C, reversed
_DT_STRING = 7
_BUCKETS = 30


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def _check_sum(data: bytes) -> bytes:
    """The masked CRC-32C of a record."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    return struct.pack("<I", masked)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _doubles(field: int, values: np.ndarray) -> bytes:
    return _bytes(field, np.asarray(values, "<f8").tobytes())


def _png(pixels: np.ndarray) -> bytes:
    """A picture as a PNG file (RFC 2083): its lines, unfiltered, after a header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    height, width, channels = pixels.shape
    colors = {1: 0, 3: 2, 4: 6}[channels]
    lines = pixels.reshape(height, width * channels)
    header = struct.pack(">IIBBBBB", width, height, 8, colors, 0, 0, 0)
    data = zlib.compress(np.pad(lines, ((0, 0), (1, 0))).tobytes())
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


class EventFile:
    """One event file in a folder, made when the first event is written.

    Args:
        folder: where it lies; made if need be.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._file: Any = None

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Writes a number of a curve."""
        self._value(_bytes(1, tag) + _float(2, value), step)

    def histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        """Writes how values are spread; those that are no numbers are left out."""
        flat = np.asarray(values, "float64").reshape(-1)
        flat = flat[np.isfinite(flat)]
        if not flat.size:
            return
        counts, edges = np.histogram(flat, bins=_BUCKETS)
        shape = (
            _double(1, float(flat.min()))
            + _double(2, float(flat.max()))
            + _double(3, float(flat.size))
            + _double(4, float(flat.sum()))
            + _double(5, float((flat * flat).sum()))
            + _doubles(6, edges[1:])
            + _doubles(7, counts)
        )
        self._value(_bytes(1, tag) + _bytes(5, shape), step)

    def image(self, tag: str, pixels: np.ndarray, step: int) -> None:
        """Writes a picture.

        Args:
            tag: its name.
            pixels: `(height, width, channels)` of uint8, 1, 3 or 4 channels.
            step: when it was so.
        """
        height, width, channels = pixels.shape
        image = _integer(1, height) + _integer(2, width) + _integer(3, channels)
        self._value(_bytes(1, tag) + _bytes(4, image + _bytes(4, _png(pixels))), step)

    def text(self, tag: str, plugin: str, value: str, step: int) -> None:
        """Writes a text for one of TensorBoard's plugins."""
        tensor = _integer(1, _DT_STRING) + _bytes(2, b"") + _bytes(8, value)
        metadata = _bytes(1, _bytes(1, plugin))
        self._value(_bytes(1, tag) + _bytes(8, tensor) + _bytes(9, metadata), step)

    def flush(self) -> None:
        """Puts what was written on disk."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Closes the file; further events begin a new one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _value(self, value: bytes, step: int) -> None:
        if self._file is None:
            self._open()
        event = _double(1, time.time()) + _integer(2, step)
        self._record(event + _bytes(5, _bytes(1, value)))

    def _open(self) -> None:
        if not placement.writes_files():
            self._file = open(os.devnull, "wb")  # noqa: SIM115
            return
        os.makedirs(self.folder, exist_ok=True)
        number = 0
        while True:
            name = (
                f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}."
                f"{os.getpid()}.{number}.v2"
            )
            try:
                self._file = open(os.path.join(self.folder, name), "xb")  # noqa: SIM115
                break
            except FileExistsError:
                number += 1
        self._record(_double(1, time.time()) + _bytes(3, "brain.Event:2"))

    def _record(self, data: bytes) -> None:
        length = struct.pack("<Q", len(data))
        self._file.write(length + _check_sum(length) + data + _check_sum(data))
