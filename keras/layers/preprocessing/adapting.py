"""What `adapt` takes: arrays, lists, tables and data sets, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from keras.backends.foreign import framework_of, host_array
from keras.core.classes import declared_class
from keras.core.typing import Data
from keras.layers.layer import Layer


def batches(layer: Layer, data: Data, steps: int | None = None) -> Iterator[np.ndarray]:
    """The data as NumPy arrays, one after the other.

    Args:
        layer: the layer that is adapted, for errors.
        data: an array, a tensor, nested lists, a table of one kind of values, or
            something that yields batches: a `tf.data.Dataset`, a torch `DataLoader`, a
            `PyDataset`, a generator or another iterable of arrays.
        steps: how many batches to take of what yields them; None for all.

    Raises:
        ValueError: if there is nothing in it, or a batch holds more than one array.
    """
    if is_array(data):
        parts: Iterable[Any] = (data,)
    else:
        _check_iterable(layer, data)
        parts = islice(_items(data), steps)
    empty = True
    for part in parts:
        if _is_structure(part):
            raise ValueError(
                f"`adapt` of {declared_class(layer).__name__} expects batches of one "
                f"array each, and no labels. Received: a batch of type "
                f"{type(part).__name__} with {len(part)} parts. Leave only the inputs, "
                "such as with `dataset.map(lambda x, y: x)`."
            )
        empty = False
        yield to_array(part)
    if empty:
        raise ValueError(
            f"`adapt` of {declared_class(layer).__name__} received no data: the "
            f"{type(data).__name__} is empty, or was used up before."
        )


def _is_structure(part: Data) -> bool:
    """Whether a batch is several arrays, and not one or lists of values."""
    if isinstance(part, (list, tuple)):
        return any(getattr(item, "ndim", 0) for item in part)
    return isinstance(part, Mapping)


def is_array(data: Data) -> bool:
    """Whether data are one array or table, or lists that make one."""
    if isinstance(data, (list, tuple)):
        while isinstance(data, (list, tuple)) and data:
            data = data[0]
        return isinstance(data, (bool, int, float, str, bytes, np.generic, np.ndarray))
    if isinstance(data, (str, bytes, np.generic, int, float)):
        return True
    return not hasattr(data, "element_spec") and any(
        hasattr(data, name)
        for name in ("__array__", "__dlpack__", "row_splits", "to_numpy")
    )


def to_array(data: Data) -> np.ndarray:
    """Data as one NumPy array; rows of unequal length one after the other."""
    if hasattr(data, "row_splits"):  # a ragged tensor
        data = data.flat_values
    if hasattr(data, "to_numpy"):  # tables of pandas, polars and pyarrow
        return np.asarray(data.to_numpy())
    if framework_of(data) is not None:
        return host_array(data)
    depth = _depth_of_text(data)
    if depth is not None:  # NumPy's own strings lose NULs at their ends
        array = np.asarray(data, dtype=object)
        if array.ndim == depth:
            return array
        return np.array(list(_leaves(data)), dtype=object)
    try:
        return np.asarray(data)
    except ValueError:  # lists of unequal length
        return np.asarray(list(_leaves(data)))


def _depth_of_text(data: Data) -> int | None:
    """How deep lists are nested that begin with a string; None for other data."""
    depth = 0
    while isinstance(data, (list, tuple)) and data:
        data, depth = data[0], depth + 1
    return depth if isinstance(data, (str, bytes)) else None


def _leaves(data: Data) -> Iterator[Any]:
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _leaves(item)
    elif isinstance(data, np.ndarray):
        yield from data.reshape(-1)
    else:
        yield data


def _items(data: Data) -> Iterator[Any]:
    if hasattr(data, "__iter__"):
        return iter(data)
    return (data[index] for index in range(len(data)))  # as a `PyDataset`


def _check_iterable(layer: Layer, data: Data) -> None:
    indexed = hasattr(data, "__getitem__") and hasattr(data, "__len__")
    if data is None or not (hasattr(data, "__iter__") or indexed):
        raise ValueError(
            f"`adapt` of {declared_class(layer).__name__} expects an array, a tensor, "
            "a list, a table or something that yields batches of them. Received: "
            f"{type(data).__name__}."
        )


def numbers_only(layer: Layer, array: np.ndarray) -> np.ndarray:
    """The array, if it holds numbers; a table of mixed columns as floats.

    Raises:
        ValueError: if it holds something else.
    """
    try:
        return array.astype("float64")
    except (TypeError, ValueError):
        odd: Sequence[Any] = array.reshape(-1)[:3].tolist()
        raise ValueError(
            f"{declared_class(layer).__name__} expects numbers. Received values such "
            f"as {odd}. Use StringLookup or TextVectorization for strings."
        ) from None
