"""Crossentropy between true and predicted classes.

The numbers come from the ops of the same names, which hand them to the framework's
fused kernels.
"""

from __future__ import annotations

import warnings
from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.masking import set_mask
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import as_float, labels_like, of_distributions, pair


@of_distributions
def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Crossentropy with one-hot labels.

    Args:
        y_true: probabilities of classes, usually 0 and 1, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label, from 0 to 1, that is spread evenly over
            all classes.
        axis: axis of the classes.

    Returns:
        One value per sample, `(batch, ...)`.

    Raises:
        ValueError: where labels and predictions differ in shape.

    Example:

    >>> import keras
    >>> y_true, y_pred = [[0.0, 1.0]], [[0.5, 0.5]]
    >>> round(float(keras.losses.categorical_crossentropy(y_true, y_pred)[0]), 4)
    0.6931
    """
    y_pred = as_float(y_pred)
    y_true = labels_like(y_true, y_pred)
    if y_pred.shape[axis] == 1:
        warnings.warn(
            "categorical_crossentropy compares classes, but there is only one in "
            f"y_pred: its shape is {tuple(y_pred.shape)}, with classes along axis "
            f"{axis}, so the loss is always about 0. For two classes use "
            "binary_crossentropy, for class numbers sparse_categorical_crossentropy.",
            SyntaxWarning,
            stacklevel=2,
        )
    if label_smoothing:
        y_true = smooth_classes(y_true, label_smoothing, axis)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits, axis)


def sparse_categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """Crossentropy with class numbers as labels.

    Args:
        y_true: class numbers, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: predictions, `(batch, ..., classes)`.
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: a class number whose places do not count: their loss is 0, and
            a mean leaves them out.
        axis: axis of the classes.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> y_true, y_pred = [1], [[0.5, 0.5]]
    >>> loss = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
    >>> round(float(loss[0]), 4)
    0.6931
    """
    if axis != -1:
        y_true, y_pred = ops.convert_to_tensor(y_true), as_float(y_pred)
        if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
            y_true = ops.squeeze(y_true, axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    y_pred = as_float(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    y_true = ops.cast(y_true, "int32")
    counts = ops.not_equal(y_true, ignore_class)
    labels = ops.where(counts, y_true, 0)
    values = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    values = ops.where(counts, values, 0.0)
    set_mask(values, counts)
    return values


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Crossentropy of yes-or-no labels, averaged over `axis`.

    Args:
        y_true: labels of 0 and 1, `(batch, ..., size)`.
        y_pred: predictions of the same shape.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label, from 0 to 1, that moves to 0.5.
        axis: axis to take the mean over.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    y_true, y_pred = pair(y_true, y_pred)
    if label_smoothing:
        y_true = smooth_binary(y_true, label_smoothing)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


def smooth_binary(y_true: TensorLike, label_smoothing: float) -> Any:
    """Labels moved towards 0.5."""
    return ops.add(ops.multiply(y_true, 1.0 - label_smoothing), 0.5 * label_smoothing)


def smooth_classes(y_true: TensorLike, label_smoothing: float, axis: int) -> Any:
    """Labels of which a share is spread evenly over all classes."""
    classes: Any = ops.shape(y_true)[axis]
    if not isinstance(classes, int):
        classes = ops.cast(classes, y_true.dtype)
    share = label_smoothing / classes
    return ops.add(ops.multiply(y_true, 1.0 - label_smoothing), share)


def categorical_generalized_cross_entropy(
    y_true: TensorLike, y_pred: TensorLike, q: float
) -> Any:
    """`(1 - p ** q) / q`, p being the probability given to the right class.

    Between crossentropy (q towards 0) and absolute error (q = 1): noisy labels do
    less harm.

    Args:
        y_true: class numbers, `(batch, ...)`, or one-hot labels.
        y_pred: probabilities, `(batch, ..., classes)`.
        q: from 0 (excluded) to 1.

    Returns:
        One value per sample, `(batch, ...)`.

    Reference:
        Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural
        Networks with Noisy Labels", 2018.

    Example:

    >>> import keras
    >>> y_true, y_pred = [1], [[0.75, 0.25]]
    >>> loss = keras.losses.categorical_generalized_cross_entropy(y_true, y_pred, 0.5)
    >>> float(loss[0])
    1.0
    """
    y_pred = as_float(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if len(y_true.shape) < len(y_pred.shape):
        classes: Any = ops.shape(y_pred)[-1]
        y_true = ops.one_hot(ops.cast(y_true, "int32"), classes)
    y_true = labels_like(y_true, y_pred)
    right = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    return ops.divide(ops.subtract(1.0, ops.power(right, q)), q)


@public_class("keras.losses")
class CategoricalCrossentropy(FunctionLoss):
    """Crossentropy with one-hot labels; see `categorical_crossentropy`.

    Args:
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
    >>> loss = keras.losses.CategoricalCrossentropy()
    >>> round(float(loss([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    function = staticmethod(categorical_crossentropy)
    options = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@public_class("keras.losses")
class SparseCategoricalCrossentropy(FunctionLoss):
    """Crossentropy with class numbers; see `sparse_categorical_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: a class number whose places do not count.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        axis: axis of the classes.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> loss = keras.losses.SparseCategoricalCrossentropy()
    >>> round(float(loss([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    function = staticmethod(sparse_categorical_crossentropy)
    options = ("from_logits", "ignore_class", "axis")
    _takes_class_numbers = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def _classes_in(self, shape: tuple[int | None, ...]) -> int | None:
        return shape[self.axis]


@public_class("keras.losses")
class BinaryCrossentropy(FunctionLoss):
    """Crossentropy of yes-or-no labels; see `binary_crossentropy`.

    Args:
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
    >>> loss = keras.losses.BinaryCrossentropy(from_logits=True)
    >>> round(float(loss([[1.0]], [[0.0]])), 4)
    0.6931
    """

    function = staticmethod(binary_crossentropy)
    options = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@public_class("keras.losses")
class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """Crossentropy for noisy labels; see `categorical_generalized_cross_entropy`.

    Args:
        q: from 0 (crossentropy, excluded) to 1 (absolute error, excluded).
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Raises:
        ValueError: if `q` does not lie between 0 and 1.

    Example:

    >>> import keras
    >>> loss = keras.losses.CategoricalGeneralizedCrossEntropy()
    >>> float(loss([1], [[0.75, 0.25]]))
    1.0
    """

    function = staticmethod(categorical_generalized_cross_entropy)
    _takes_class_numbers = True
    options = ("q",)

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_generalized_cross_entropy",
        dtype: DType = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(
                "`q` of CategoricalGeneralizedCrossEntropy must lie between 0 and 1. "
                f"Received: q={q}."
            )
        super().__init__(name, reduction, dtype)
        self.q = q
