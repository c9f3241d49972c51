"""Small numeric helpers for preparing data, all in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Class numbers as one-hot rows.

    Args:
        x: Class numbers from 0 on, of any shape; a last dimension of 1 is
            dropped.
        num_classes: The number of classes; `None` takes the highest number in
            `x` plus one.

    Returns:
        A float array of the shape of `x` with a dimension `num_classes` added.

    Raises:
        ValueError: If a number is negative or not below `num_classes`, or if `x`
            is empty and `num_classes` is `None`.

    Example:

    >>> from keras.utils import to_categorical
    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    labels = np.asarray(x).astype("int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if num_classes is None:
        if labels.size == 0:
            raise ValueError(
                "`to_categorical` cannot tell the number of classes of an empty `x`. "
                "Pass `num_classes`."
            )
        num_classes = int(labels.max()) + 1
    outside = labels[(labels < 0) | (labels >= num_classes)]
    if outside.size:
        raise ValueError(
            f"`to_categorical` needs class numbers from 0 to {num_classes - 1} "
            f"(num_classes={num_classes}). Received: {int(outside.flat[0])}"
        )
    return np.eye(num_classes)[labels]


def normalize(x: Any, axis: int = -1, order: float = 2) -> np.ndarray:
    """Scale vectors to norm 1.

    Args:
        x: An array.
        axis: The axis along which the vectors lie.
        order: The order of the norm: 2 is the Euclidean one.

    Returns:
        An array like `x`; vectors of zeros stay zeros.

    Example:

    >>> from keras.utils import normalize
    >>> normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    array = np.asarray(x)
    norm = np.linalg.norm(np.atleast_1d(array), order, axis, keepdims=True)
    return array / np.where(norm == 0, 1, norm)
