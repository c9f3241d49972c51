"""Crossentropy that pays less attention to what is easy.

Reference: Lin et al., "Focal Loss for Dense Object Detection", 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.crossentropy import smooth_binary, smooth_classes
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import as_float, labels_like, of_distributions, pair


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary crossentropy times `(1 - p) ** gamma`, averaged over `axis`.

    p is the probability given to the right answer.

    Args:
        y_true: labels of 0 and 1, `(batch, ..., size)`.
        y_pred: predictions of the same shape.
        apply_class_balancing: whether class 1 gets the weight `alpha`, class 0
            `1 - alpha`.
        alpha: weight of class 1.
        gamma: how strongly easy samples are played down; 0 is crossentropy.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label, from 0 to 1, that moves to 0.5.
        axis: axis to take the mean over.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.binary_focal_crossentropy([[1.0]], [[0.5]])
    >>> round(float(loss[0]), 4)
    0.1733
    """
    y_true, y_pred = pair(y_true, y_pred)
    if label_smoothing:
        y_true = smooth_binary(y_true, label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    values = ops.binary_crossentropy(y_true, y_pred, False)
    right = _either(y_true, y_pred, ops.subtract(1.0, y_pred))
    values = ops.multiply(values, ops.power(ops.subtract(1.0, right), gamma))
    if apply_class_balancing:
        values = ops.multiply(values, _either(y_true, alpha, 1.0 - alpha))
    return ops.mean(values, axis=axis)


def _either(y_true: TensorLike, one: Any, zero: Any) -> Any:
    return ops.add(
        ops.multiply(y_true, one), ops.multiply(ops.subtract(1.0, y_true), zero)
    )


@of_distributions
def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Categorical crossentropy times `alpha * (1 - p) ** gamma`.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        alpha: a weight for all classes, or a list with one for each.
        gamma: how strongly easy samples are played down; 0 is crossentropy.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label that is spread over all classes.
        axis: axis of the classes.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> y_true, y_pred = [[0.0, 1.0]], [[0.5, 0.5]]
    >>> loss = keras.losses.categorical_focal_crossentropy(y_true, y_pred)
    >>> round(float(loss[0]), 4)
    0.0433
    """
    y_pred = as_float(y_pred)
    y_true = labels_like(y_true, y_pred)
    if label_smoothing:
        y_true = smooth_classes(y_true, label_smoothing, axis)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    y_pred = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0 - config.epsilon())
    values = ops.negative(ops.multiply(y_true, ops.log(y_pred)))
    focus = ops.power(ops.subtract(1.0, y_pred), gamma)
    weight: Any = alpha
    if isinstance(alpha, (list, tuple)):
        weight = ops.convert_to_tensor(alpha, dtype=y_pred.dtype)
    focus = ops.multiply(focus, weight)
    return ops.sum(ops.multiply(focus, values), axis=axis)


@public_class("keras.losses")
class BinaryFocalCrossentropy(FunctionLoss):
    """Focal crossentropy of yes-or-no labels; see `binary_focal_crossentropy`.

    Args:
        apply_class_balancing: whether class 1 gets the weight `alpha`.
        alpha: weight of class 1.
        gamma: how strongly easy samples are played down.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label that moves to 0.5.
        axis: axis to take the mean over.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> loss = keras.losses.BinaryFocalCrossentropy()
    >>> round(float(loss([[1.0]], [[0.5]])), 4)
    0.1733
    """

    function = staticmethod(binary_focal_crossentropy)
    options = (
        "apply_class_balancing",
        "alpha",
        "gamma",
        "from_logits",
        "label_smoothing",
        "axis",
    )

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_focal_crossentropy",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@public_class("keras.losses")
class CategoricalFocalCrossentropy(FunctionLoss):
    """Focal crossentropy with one-hot labels; see `categorical_focal_crossentropy`.

    Args:
        alpha: a weight for all classes, or a list with one for each.
        gamma: how strongly easy samples are played down.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label that is spread over all classes.
        axis: axis of the classes.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> loss = keras.losses.CategoricalFocalCrossentropy()
    >>> round(float(loss([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433
    """

    function = staticmethod(categorical_focal_crossentropy)
    options = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_focal_crossentropy",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
