"""Connectionist temporal classification: labels without alignment to the steps."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.errors import ShapeError
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss


def ctc(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """CTC loss of label sequences that end where 0 fills up.

    Args:
        y_true: class numbers, `(batch, max_labels)`; 0 is the blank and the padding.
        y_pred: logits, `(batch, steps, classes)`.

    Returns:
        One value per sample, `(batch,)`.

    Raises:
        ShapeError: for other ranks.

    Reference:
        Graves et al., "Connectionist Temporal Classification", 2006.

    Example:

    >>> import keras
    >>> loss = keras.losses.ctc([[1, 2]], keras.ops.zeros((1, 4, 3)))
    >>> loss.shape == (1,)
    True
    """
    y_true = ops.convert_to_tensor(y_true)
    y_pred = ops.convert_to_tensor(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ShapeError(
            "ctc takes y_true of shape (batch, max_labels) and y_pred of shape (batch, "
            f"steps, classes). Received: {tuple(y_true.shape)} and "
            f"{tuple(y_pred.shape)}."
        )
    y_true = ops.cast(y_true, "int32")
    batch, steps = ops.shape(y_pred)[:2]
    label_lengths = ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1)
    step_counts = ops.multiply(ops.ones((batch,), dtype="int32"), steps)
    return ops.ctc_loss(y_true, y_pred, label_lengths, step_counts, mask_index=0)


@public_class("keras.losses")
class CTC(FunctionLoss):
    """CTC loss; see `ctc`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> loss = keras.losses.CTC()([[1, 2]], keras.ops.zeros((1, 4, 3)))
    >>> loss.shape == ()
    True
    """

    function = staticmethod(ctc)
    _takes_class_numbers = True

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "ctc",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
