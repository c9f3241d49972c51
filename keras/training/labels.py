"""What `"accuracy"` and `"crossentropy"` mean, by the shapes of the data; and which
labels there cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core.typing import TensorLike
from keras.losses.loss import Loss
from keras.training.data.host import to_host

ACCURACY = ("accuracy", "acc")
CROSSENTROPY = ("crossentropy", "ce")


def kind_of_labels(y_true: TensorLike, y_pred: TensorLike) -> str:
    """`"Binary"`, `"Categorical"` or `"SparseCategorical"`.

    Args:
        y_true: Targets, or KerasTensors of their shapes; None where there are none.
        y_pred: Outputs, of shape `(batch, ..., classes)`.
    """
    true_shape: tuple[Any, ...] = () if y_true is None else tuple(y_true.shape)
    pred_shape: tuple[Any, ...] = tuple(y_pred.shape)
    if not pred_shape or pred_shape[-1] == 1:
        return "Binary"
    if len(true_shape) < len(pred_shape) or true_shape[-1] == 1:
        return "SparseCategorical"
    return "Categorical"


def check_class_numbers(labels: TensorLike, loss: Loss, count: int) -> None:
    """Refuse class numbers that lie outside `0 .. count - 1`.

    Args:
        labels: An array of them.
        loss: What they are for; the class that it ignores may be any.
        count: The number of classes.

    Raises:
        ValueError: With the first of them and its place.
    """
    numbers = to_host(labels, name="`y`")
    if numbers.dtype.kind not in "iuf":
        return
    if numbers.min() >= 0 and numbers.max() < count:
        return
    outside = ~((numbers >= 0) & (numbers < count))
    ignored = getattr(loss, "ignore_class", None)
    if ignored is not None:
        outside &= numbers != ignored
    places = np.argwhere(outside)
    if len(places):
        place = tuple(places[0].tolist())
        raise ValueError(
            f"The loss {loss.name!r} expects class numbers from 0 to {count - 1}, as "
            f"the model tells {count} classes apart. Received in `y`: "
            f"{numbers[place]} at {list(place)}. Give the last layer a unit for each "
            "class, number the classes anew with `np.unique(y, return_inverse=True)`, "
            "or leave places out with "
            "`SparseCategoricalCrossentropy(ignore_class=...)`."
        )


def holds_text(value: Any) -> bool:
    """Whether this is an array of strings or other objects."""
    dtype = getattr(value, "dtype", None)
    return getattr(dtype, "kind", None) in ("O", "U", "S") or dtype == "string"


def check_numbers(target: TensorLike) -> None:
    """Refuse targets that are text."""
    if holds_text(target):
        raise ValueError(
            f"The targets `y` have dtype {target.dtype}: they are text or other "
            "objects, and a loss compares numbers. Number the classes first, for "
            "instance with `classes, y = np.unique(y, return_inverse=True)`."
        )
