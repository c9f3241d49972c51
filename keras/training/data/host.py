"""Turning anything array-like into a NumPy array, importing no framework."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends.foreign import framework_of, host_array
from keras.training.data.sparse import is_sparse, sparse_rows


def is_pandas(value: Any) -> bool:
    """Whether `value` is a pandas DataFrame, Series or Index."""
    return type(value).__module__.partition(".")[0] == "pandas"


def is_array_like(value: Any) -> bool:
    """Whether `value` says itself that it can become an array."""
    return (
        isinstance(value, np.ndarray)
        or hasattr(value, "__array__")
        or hasattr(value, "__dlpack__")
        or is_pandas(value)
        or is_sparse(value)
        or _is_ragged(value)
    )


def _is_ragged(value: Any) -> bool:
    """Whether this is a `tf.RaggedTensor`."""
    return hasattr(value, "row_splits") and framework_of(value) == "tensorflow"


def to_host(value: Any, floatx: str | None = None, name: str = "the data") -> Any:
    """Convert one leaf to a NumPy array.

    Args:
        value: An array, a tensor of any framework, a pandas object, nested
            lists of numbers or strings, or a number.
        floatx: The float type that float32 and float64 data is cast to;
            `None` keeps every dtype.
        name: What to call it in an error.

    Returns:
        A NumPy array, sharing memory with `value` where that is possible.

    Raises:
        ValueError: If `value` does not describe one rectangular array.
        TypeError: If its elements are neither numbers nor strings.
    """
    if type(value) is np.ndarray:
        array = value
    else:
        sparse = sparse_rows(value)
        array = _as_numpy(value, name) if sparse is None else sparse[:]
    kind = array.dtype.kind
    if kind == "f":
        if floatx is not None and array.dtype != floatx:
            array = array.astype(floatx)
    elif kind == "O":
        stacked = _stacked(array)
        if stacked is not array:
            return to_host(stacked, floatx, name)
        array = _from_objects(array, floatx, name)
    return array


def _as_numpy(value: Any, name: str) -> np.ndarray:
    framework = framework_of(value)
    if framework == "torch":
        array = host_array(value)
        # float32 holds all values of bfloat16, which is no float to NumPy.
        return array.astype("float32") if array.dtype.kind == "V" else array
    if _is_ragged(value):
        return value.to_tensor().numpy()  # rows end in zeros
    if framework == "tensorflow" and not hasattr(value, "numpy"):
        raise ValueError(
            f"{name} is a TensorFlow {type(value).__name__}, which cannot be sliced "
            "into batches. Pass a `tf.data.Dataset` that yields it instead."
        )
    if is_pandas(value):
        return _from_pandas(value)
    if hasattr(value, "__array__") or not hasattr(value, "__dlpack__"):
        try:
            return np.asarray(value)
        except ValueError as error:
            raise ValueError(
                f"{name} cannot be made into one array: {error}. Received a "
                f"{type(value).__name__}. Pad its rows to one length, or use a "
                "`tf.data.Dataset` or `keras.utils.PyDataset` that does."
            ) from None
    return np.from_dlpack(value)


def _from_pandas(value: Any) -> np.ndarray:
    array = _stacked(value.to_numpy())
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _stacked(array: np.ndarray) -> np.ndarray:
    """A column of arrays of one shape, as tables hold them, as one array."""
    if array.dtype != object or array.ndim != 1 or not len(array):
        return array
    if not isinstance(array[0], (np.ndarray, list, tuple)):
        return array
    try:
        return np.stack(array.tolist())
    except ValueError:
        return array


def _from_objects(array: np.ndarray, floatx: str | None, name: str) -> np.ndarray:
    """Object arrays: strings stay, numbers (mixed pandas columns) become floats."""
    if all(isinstance(item, (str, bytes)) for item in array.flat):
        return array
    try:
        return array.astype(floatx or "float64")
    except (TypeError, ValueError):
        odd = next(
            item for item in array.flat if not isinstance(item, (int, float, np.number))
        )
        raise TypeError(
            f"{name} has dtype object and holds {odd!r} ({type(odd).__name__}). "
            "Only numbers, or only strings, can be fed to a model. Encode such "
            "columns first, and pad rows of unequal length."
        ) from None
