"""Class weights, expressed as the sample weights that they stand for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras.core import config
from keras.core.typing import Data
from keras.training.data.host import to_host
from keras.training.data.structure import is_leaf


def class_weight_to_sample_weights(
    y: Data, class_weight: Mapping[int, float]
) -> np.ndarray:
    """The weight of each sample, looked up by its class.

    Args:
        y: Class numbers of shape `(samples,)` or `(samples, 1)`, rounded if they
            are floats, or one-hot rows (or probabilities) of shape
            `(samples, classes)`.
        class_weight: Maps a class number to its weight; classes that are not
            in it weigh 1.

    Returns:
        An array of shape `(samples,)`, of type `keras.config.floatx()`.

    Raises:
        ValueError: If `y` is a structure of several outputs, or of rank above 2.

    Example:

    >>> from keras.training.data.class_weights import class_weight_to_sample_weights
    >>> class_weight_to_sample_weights([0, 1, 2], {1: 3.0}).tolist()
    [1.0, 3.0, 1.0]
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            "`class_weight` must map class numbers to weights, like {0: 1.0, 1: 5.0}."
            f" Received: {class_weight!r}"
        )
    if not is_leaf(y):
        raise ValueError(
            "`class_weight` works for a model with one output, but `y` is a "
            f"{type(y).__name__}. Pass `sample_weight` for each output instead."
        )
    labels = to_host(y, name="`y`")
    if labels.ndim > 2 or labels.ndim == 0:
        raise ValueError(
            "`class_weight` needs `y` of shape (samples,), (samples, 1) or one-hot "
            f"(samples, classes). Received: {labels.shape}. For weights per step or "
            "pixel pass `sample_weight`."
        )
    if labels.ndim == 2:
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    classes, positions = np.unique(np.rint(labels).astype("int64"), return_inverse=True)
    weights = [class_weight.get(int(label), 1.0) for label in classes]
    return np.asarray(weights, dtype=config.floatx())[positions]
