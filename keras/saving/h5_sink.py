"""New HDF5 files on a disk that may be full.

HDF5 ends the process, or leaves objects that cannot be freed, if the system refuses a
write while it closes a file. So it writes through a file object that refuses nothing:
it keeps the first error, drops what comes after, and the error is raised once HDF5 has
let go of the file.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO


@contextmanager
def new_h5(target: str | BinaryIO) -> Iterator[Any]:
    """A new HDF5 file to write into.

    Args:
        target: its path, or a file object that can be written anywhere.

    Raises:
        OSError: what the system said, after the block.
    """
    import h5py

    with ExitStack() as files:
        if isinstance(target, str):
            target = files.enter_context(open(target, "w+b", buffering=0))
        sink = _Sink(target)
        with h5py.File(sink, "w") as file:
            yield file
        if sink.error is not None:
            raise sink.error


class _Sink(io.RawIOBase):
    """A file whose writes never fail; `error` is what one would have raised."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file
        self._position = self._size = 0
        self.error: OSError | None = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if self.error is None:
            try:
                self._file.seek(self._position)
                left = view
                while left:
                    left = left[self._file.write(left) :]
            except OSError as error:
                self.error = error
        self._position += len(view)
        self._size = max(self._size, self._position)
        return len(view)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self.error is not None:
            view[:] = bytes(len(view))
            count = len(view)
        else:
            self._file.seek(self._position)
            count = self._file.readinto(view)
        self._position += count
        return count

    def truncate(self, size: int | None = None) -> int:
        self._size = self._position if size is None else size
        try:
            if self.error is None:
                self._file.truncate(self._size)
        except OSError as error:
            self.error = error
        return self._size

    def flush(self) -> None:
        try:
            if self.error is None and not self._file.closed:
                self._file.flush()
        except OSError as error:
            self.error = error
