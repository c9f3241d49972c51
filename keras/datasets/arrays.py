"""Arrays out of files that were pickled, read so that no code of theirs can run.

The originals of some data sets are pickles. A pickle names functions and calls them; of
the names, four are known here, and what stands for them are makers of our own, which
build numbers, bytes and arrays. Any other name ends the reading.
"""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from keras.core.errors import DeserializationError
from keras.core.npz import npz_members, read_header


def read_npz(path: str) -> dict[str, np.ndarray]:
    """The arrays of a `.npz` file by name, those of Python objects too.

    Args:
        path: of the file.

    Raises:
        ValueError: if it is damaged, or holds more than numbers and lists.
    """
    return {name: _read_npy(file) for name, file in npz_members(path)}


def _read_npy(file: IO[bytes]) -> np.ndarray:
    shape, by_columns, dtype = read_header(file)
    if dtype.hasobject:
        return read_pickle(file)
    return _filled(shape, dtype, file.read(), by_columns)


def read_pickle(file: IO[bytes]) -> Any:
    """What a pickle holds: an array, or a dict of numbers, lists and arrays.

    Args:
        file: open for reading; text in it is given as bytes.

    Raises:
        ValueError: if it is damaged, or holds more than that.
    """
    try:
        found = _Reader(file, encoding="bytes").load()
    except DeserializationError:
        raise
    # Bytes at random end in any error, of memory and of numbers too large as well.
    except Exception as error:
        raise DeserializationError(
            f"The pickled data cannot be read: {error}."
        ) from error
    if isinstance(found, dict):
        return {key: _array_of(value) for key, value in found.items()}
    return _array_of(found)


def _array_of(value: Any) -> Any:
    return value.array if isinstance(value, _Array) else value


class _Reader(pickle.Unpickler):
    """Builds plain data only."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        # New ones for each name, so that nothing a pickle does to them lasts.
        makers = {
            "numpy.core.multiarray._reconstruct": _Maker(lambda *_: _Array()),
            "numpy._core.multiarray._reconstruct": _Maker(lambda *_: _Array()),
            "numpy.ndarray": object(),
            "numpy.dtype": _Maker(_Dtype),
            "_codecs.encode": _Maker(_encoded),
        }
        name = f"{module_name}.{global_name}"
        if name not in makers:
            raise pickle.UnpicklingError(
                f"it names {name}, but only arrays, lists and numbers are read"
            )
        return makers[name]


class _Maker:
    """A function that a pickle may call, and do nothing else with."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)


def _encoded(text: Any, encoding: Any) -> bytes:
    # Python 3 writes bytes so, where Python 2 is to be able to read them.
    if _text(encoding) != "latin1":
        raise pickle.UnpicklingError(f"it has text of the encoding {encoding!r}")
    return text.encode("latin1") if isinstance(text, str) else bytes(text)


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


class _Dtype:
    """What stands for a `numpy.dtype`."""

    def __init__(self, name: Any, *_: Any) -> None:
        if not re.fullmatch("[biuf][1248]|O8?", _text(name)):
            raise pickle.UnpicklingError(f"it has an array of dtype {name!r}")
        self.dtype = np.dtype(_text(name))

    def __setstate__(self, state: Any) -> None:
        order = _text(state[1])
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """What stands for an array until its data are read."""

    array: np.ndarray

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, by_columns, data = state
        if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
            raise pickle.UnpicklingError("it has an array without dtype")
        self.array = _filled(shape, dtype.dtype, data, bool(by_columns))


def _filled(
    shape: tuple[int, ...], dtype: np.dtype, data: Any, by_columns: bool
) -> np.ndarray:
    """An array of data: bytes, or a list for an array of objects."""
    size = math.prod(shape)
    held = isinstance(data, list if dtype.hasobject else (bytes, bytearray))
    if not held or len(data) != size * (1 if dtype.hasobject else dtype.itemsize):
        raise DeserializationError(
            f"An array of shape {shape} and dtype {dtype} has other data than fit "
            "these: the file is damaged."
        )
    if dtype.hasobject:
        flat = np.empty(size, dtype=object)
        for place, item in enumerate(data):
            flat[place] = item
    else:
        flat = np.frombuffer(bytearray(data), dtype)
    return flat.reshape(shape, order="F" if by_columns else "C")
