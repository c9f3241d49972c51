"""What `"accuracy"` and `"crossentropy"` mean, told by the shapes of the data."""

from __future__ import annotations

from typing import Any

from keras.core.typing import TensorLike

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
