"""Small numeric helpers for preparing data, reckoned in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import current
from keras.core.config import floatx
from keras.core.typing import TensorLike


def to_categorical(x: TensorLike, num_classes: int | None = None) -> Any:
    """Class numbers as one-hot rows.

    Args:
        x: Class numbers from 0 on, of any shape; a last dimension of 1 is
            dropped.
        num_classes: The number of classes; `None` takes the highest number in
            `x` plus one.

    Returns:
        A float array of the shape of `x` with a dimension `num_classes` added; of a
        tensor of the current backend, a tensor of `floatx()`.

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
    rows = np.eye(num_classes)[labels]
    is_array = isinstance(x, np.ndarray) or not current().is_tensor(x)
    return rows if is_array else _tensor(rows)


def normalize(x: TensorLike, axis: int = -1, order: float = 2) -> Any:
    """Scale vectors to norm 1.

    Args:
        x: An array, a tensor or nested lists.
        axis: The axis along which the vectors lie.
        order: The order of the norm: 2 is the Euclidean one.

    Returns:
        An array for an array, else a tensor of the current backend; vectors of zeros
        stay zeros.

    Example:

    >>> import numpy as np
    >>> from keras.utils import normalize
    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    array = np.asarray(x)
    norm = np.linalg.norm(np.atleast_1d(array), order, axis, keepdims=True)
    scaled = array / np.where(norm == 0, 1, norm)
    return scaled if isinstance(x, np.ndarray) else _tensor(scaled)


def _tensor(array: np.ndarray) -> Any:
    return current().convert_to_tensor(array, floatx())
