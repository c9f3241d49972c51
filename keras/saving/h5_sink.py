"""New HDF5 files on a disk that may be full.

HDF5 ends the process, or leaves objects that cannot be freed, if the system refuses a
write while it closes a file. So it writes through a file object that refuses nothing:
it keeps the first error, drops what comes after, and the error is raised once HDF5 has
let go of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

from keras.saving.archive import Section


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


class _Sink(Section):
    """A file whose writes never fail; `error` is what one would have raised."""

    def __init__(self, file: Any) -> None:
        super().__init__(file, 0, 0)
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

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
        self.size = max(self.size, self._position)
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
        self.size = self._position if size is None else size
        try:
            if self.error is None:
                self._file.truncate(self.size)
        except OSError as error:
            self.error = error
        return self.size

    def flush(self) -> None:
        try:
            if self.error is None and not self._file.closed:
                self._file.flush()
        except OSError as error:
            self.error = error
