"""Windows over a series, as a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core.typing import TensorLike
from keras.utils.batches import Batches, as_dataset, checked_count


def _check(length: int, **given: Any) -> None:
    start, end = given.pop("start_index"), given.pop("end_index")
    for name, value in given.items():
        checked_count(name, value)
    for name, value in (("start_index", start), ("end_index", end)):
        if value is not None:
            checked_count(name, value, 0)
    if start is not None and start >= length:
        raise ValueError(
            f"`start_index` must be below the length of the data, {length}. Received: "
            f"start_index={start}."
        )
    if end is not None and not (start or 0) < end:
        raise ValueError(
            "`end_index` must be above `start_index` and 0. Received: start_index="
            f"{start}, end_index={end}."
        )


def timeseries_dataset_from_array(
    data: TensorLike,
    targets: TensorLike,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Any:
    """Windows over a series, and what is to be told from each of them.

    Args:
        data: the series, `(steps, ...)`.
        targets: what belongs to the window that begins at each step; None for windows
            alone.
        sequence_length: steps of a window.
        sequence_stride: steps from the beginning of one window to that of the next.
        sampling_rate: steps from one value of a window to the next.
        batch_size: windows of a batch; None for one by one.
        shuffle: whether windows come in a random order.
        seed: of the orders.
        start_index: the first step that is used.
        end_index: the step before which it ends.
        format: `"tf"` or `"grain"`: see the returns.

    Returns:
        A `tf.data.Dataset`, or without TensorFlow a `keras.utils.PyDataset`; with
        format="grain" a `grain.IterDataset`, which needs grain; of
        `(windows, targets)` or windows: `(batch, sequence_length, ...)`.

    Raises:
        ValueError: for numbers that do not fit.

    Example:

    >>> import keras, numpy as np
    >>> data = np.arange(6)
    >>> batches = keras.utils.timeseries_dataset_from_array(data[:-3], data[3:], 3)
    >>> [x.tolist() for x, y in map(lambda b: map(np.asarray, b), batches)]
    [[[0, 1, 2]]]
    """
    data = np.asarray(data)
    _check(
        len(data),
        sequence_length=sequence_length,
        sequence_stride=sequence_stride,
        sampling_rate=sampling_rate,
        start_index=start_index,
        end_index=end_index,
    )
    values = None if targets is None else np.asarray(targets)
    first = start_index or 0
    last = len(data) if end_index is None else min(end_index, len(data))
    starts = last - first - (sequence_length - 1) * sampling_rate
    if values is not None:
        starts = min(starts, len(values) - first)
    places = first + np.arange(0, max(starts, 0), sequence_stride)
    inside = np.arange(sequence_length) * sampling_rate

    def load(indices: np.ndarray) -> Any:
        begin = places[indices]
        windows = data[begin[:, None] + inside]
        return windows if values is None else (windows, values[begin])

    batches = Batches(load, len(places), batch_size, shuffle, seed)
    return as_dataset(batches, format)
