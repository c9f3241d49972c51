"""Circle loss: pulls embeddings of one class together and others apart.

Reference: Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity
Optimization", 2020.
"""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.masking import set_mask
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import as_float


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Circle loss of embeddings, by the similarity of all pairs.

    Args:
        y_true: class numbers, `(batch,)` or `(batch, 1)`.
        y_pred: embeddings of length 1, `(batch, size)`.
        ref_labels: class numbers of the embeddings to compare with; `y_true` by
            default.
        ref_embeddings: the embeddings to compare with; `y_pred` by default.
        remove_diagonal: whether a sample is not compared with itself.
        gamma: how sharply similar pairs stand out.
        margin: how relaxed the optimum is.

    Returns:
        One value per sample, `(batch,)`. A mean leaves out samples whose class no
        other has.

    Example:

    >>> import keras
    >>> y_pred = keras.ops.normalize(keras.ops.ones((3, 2)))
    >>> keras.losses.circle([0, 0, 1], y_pred).shape == (3,)
    True
    """
    y_pred = as_float(y_pred)
    dtype = ops.dtype(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    reference = y_pred if ref_embeddings is None else ops.cast(ref_embeddings, dtype)
    labels = y_true if ref_labels is None else ops.convert_to_tensor(ref_labels)
    similar = ops.matmul(y_pred, ops.transpose(reference))
    same = ops.equal(ops.reshape(y_true, (-1, 1)), ops.reshape(labels, (1, -1)))
    different = ops.logical_not(same)
    if remove_diagonal:
        rows, columns = ops.shape(same)
        itself = ops.equal(
            ops.expand_dims(ops.arange(rows), 1),
            ops.expand_dims(ops.arange(columns), 0),
        )
        same = ops.logical_and(same, ops.logical_not(itself))
    # Each pair weighs as much as it is away from its optimum; the weights are constant.
    pull = ops.relu(ops.subtract(1.0 + margin, ops.stop_gradient(similar)))
    push = ops.relu(ops.add(ops.stop_gradient(similar), margin))
    positive = ops.multiply(
        pull, ops.multiply(ops.subtract(similar, 1.0 - margin), -gamma)
    )
    negative = ops.multiply(push, ops.multiply(ops.subtract(similar, margin), gamma))
    values = ops.softplus(
        ops.add(_logsumexp(positive, same), _logsumexp(negative, different))
    )
    # Samples that nothing else shares a class with have nothing to be pulled to.
    set_mask(values, ops.any(same, axis=1))
    return values


def _logsumexp(values: TensorLike, counts: TensorLike) -> Any:
    lowest = -1e9 if ops.dtype(values) != "float16" else -6e4
    return ops.logsumexp(ops.where(counts, values, lowest), axis=1)


@public_class("keras.losses")
class Circle(FunctionLoss):
    """Circle loss of embeddings; see `circle`.

    Args:
        gamma: how sharply similar pairs stand out.
        margin: how relaxed the optimum is.
        remove_diagonal: whether a sample is not compared with itself.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> y_pred = keras.ops.normalize(keras.ops.ones((3, 2)))
    >>> keras.losses.Circle()([0, 0, 1], y_pred).shape == ()
    True
    """

    function = staticmethod(circle)
    options = ("remove_diagonal", "gamma", "margin")
    _takes_class_numbers = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str = "circle",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma = gamma
        self.margin = margin
        self.remove_diagonal = remove_diagonal
