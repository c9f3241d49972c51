"""Choose the `DataSource` for whatever was passed to `fit` and its like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras.core.typing import Data
from keras.training.data.array_source import ArraySource
from keras.training.data.columns import is_column, is_stream, is_table
from keras.training.data.host import is_array_like
from keras.training.data.loaders import (
    GeneratorSource,
    IterableSource,
    PyDatasetSource,
    StreamSource,
    TFDatasetSource,
    TorchLoaderSource,
)
from keras.training.data.rows import Rows
from keras.training.data.source import DataSource
from keras.utils.py_dataset import PyDataset


def make_source(
    x: Data,
    y: Data = None,
    sample_weight: Data = None,
    *,
    batch_size: int | None = None,
    shuffle: bool | str = False,
    steps: int | None = None,
    class_weight: Mapping[int, float] | None = None,
    convert: Callable[[np.ndarray], Any] | None = None,
    seed: int | None = None,
    native: str | None = None,
) -> DataSource:
    """Make a source of batches.

    Args:
        x: Arrays (NumPy, pandas, tensors of any framework, lists of numbers) in
            any nested structure, a data set of Hugging Face, or a thing that yields
            batches by itself: a `PyDataset`, `tf.data.Dataset`, torch `DataLoader`,
            generator, iterator or any other iterable of batches.
        y: Targets, only beside arrays; beside a data set of Hugging Face also the
            name of a column.
        sample_weight: Sample weights, likewise.
        batch_size: Samples per batch for arrays, 32 where `None`; other data has
            its own batches.
        shuffle: `True`, `False` or `"batch"`; for arrays and `PyDataset`s.
        steps: Batches per epoch; `None` for one pass.
        class_weight: Maps class numbers to weights.
        convert: For arrays: applied once to each whole NumPy array.
        seed: Of the shuffle; drawn from NumPy's global state where `None`.
        native: The backend whose own tensors are kept; everything else becomes
            NumPy.

    Returns:
        The source.

    Raises:
        ValueError: If the parts do not fit together.
        TypeError: If `x` is nothing that batches can be made of.

    Example:

    >>> from keras.training.data.make_source import make_source
    >>> import numpy as np
    >>> source = make_source(np.zeros((5, 2)), np.zeros(5), batch_size=2)
    >>> [x.shape for x, y in source.epoch()]
    [(2, 2), (2, 2), (1, 2)]
    """
    kind = loader_kind(x)
    if kind is None:
        return ArraySource(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            shuffle=shuffle,
            steps=steps,
            class_weight=class_weight,
            convert=convert,
            seed=seed,
            native=native,
        )
    if kind is StreamSource:
        return StreamSource(x, y, sample_weight, batch_size, steps, class_weight)
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{name}` must be None where `x` yields batches by itself, as this "
                f"{type(x).__name__} does: each batch then is "
                f"`(x, y)` or `(x, y, sample_weight)`. Received: `{name}` of type "
                f"{type(value).__name__}."
            )
    if kind is DataSource:
        return x
    if kind is PyDatasetSource:
        return PyDatasetSource(x, steps, class_weight, native, shuffle, seed)
    return kind(x, steps, class_weight, native)


def loader_kind(x: Data) -> type[Any] | None:
    """The source class for data that yields batches; `None` for arrays.

    Raises:
        TypeError: If `x` is neither.
    """
    if is_table(x) or is_column(x):
        return None
    if isinstance(x, (list, tuple, Mapping, Rows)) or is_array_like(x):
        return None
    if isinstance(x, DataSource):
        return DataSource
    if isinstance(x, PyDataset):
        return PyDatasetSource
    if is_stream(x):
        return StreamSource
    for base in type(x).__mro__:
        module, name = base.__module__ or "", base.__name__
        if module.startswith("torch.utils.data") and name == "DataLoader":
            return TorchLoaderSource
        if module.startswith("tensorflow.") and "Dataset" in name:
            return TFDatasetSource
    if hasattr(x, "__next__"):
        return GeneratorSource
    if hasattr(x, "__iter__") and not isinstance(x, (str, bytes, set, frozenset)):
        return IterableSource
    raise TypeError(_unusable(x))


def _unusable(x: Data) -> str:
    message = (
        f"Data of type {type(x).__name__} cannot be fed to a model. Received: "
        f"x={str(x)[:80]}. Pass arrays or tensors (also in a list or dict), a "
        "`keras.utils.PyDataset`, a `tf.data.Dataset`, a torch `DataLoader` or a "
        "generator of batches."
    )
    if x is None:
        return "`x` is None. " + message
    if hasattr(x, "collect"):
        return message + " A lazy frame has no rows yet: pass `x.collect()`."
    if callable(x):
        return message + " This is a function: call it and pass what it returns."
    if hasattr(x, "__getitem__"):
        return message + " A torch `Dataset` needs a `DataLoader` around it."
    if isinstance(x, (int, float)):
        return message + " For one number pass `np.array([[x]])`."
    return message
