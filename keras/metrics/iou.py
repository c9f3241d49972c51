"""Intersection over union: how well predicted areas cover true ones."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras import ops
from keras.core import dtypes, limits
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.metric import Metric


@public_class("keras.metrics")
class IoU(Metric):
    """The mean over classes of true positives / (true positives + all errors).

    `total_cm` holds the counts, `(num_classes, num_classes)`: a row for each true
    class, a column for each predicted one. Pairs of which one is no class at all
    (negative, or `num_classes` and more) do not count.

    Args:
        num_classes: the number of classes.
        target_class_ids: the classes that count.
        name: name of the metric.
        dtype: dtype of the counts, `int32` by default.
        ignore_class: a class number whose places do not count.
        sparse_y_true: whether labels are class numbers rather than one-hot.
        sparse_y_pred: whether predictions are class numbers rather than a value for
            each class.
        axis: axis of the classes, where there is one.

    Raises:
        ValueError: for a class that is not one of `num_classes`.

    Example:

    >>> import keras
    >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    _keras_direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype or "int32", name)
        if max(target_class_ids) >= num_classes or min(target_class_ids) < 0:
            raise ValueError(
                f"`target_class_ids` of {type(self).__name__} must be class numbers "
                f"from 0 to {num_classes - 1}. Received: {list(target_class_ids)}."
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", name="total_confusion_matrix"
        )

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of any shape.
            y_pred: predictions of that shape.
            sample_weight: weights of the labels; all 1 by default. Where the counts
                are integers, as they are by default, weights are rounded down.
        """
        y_true = self._class_numbers(y_true, self.sparse_y_true)
        y_pred = self._class_numbers(y_pred, self.sparse_y_pred)
        weights = None
        if sample_weight is not None:
            weights = self._weights(sample_weight, y_true)
        y_true, y_pred = ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,))
        if self.ignore_class is not None:
            counts = ops.cast(ops.not_equal(y_true, self.ignore_class), self._dtype)
            weights = counts if weights is None else ops.multiply(weights, counts)
        size = self.num_classes
        known = ops.cast(
            ops.logical_and(_is_class(y_true, size), _is_class(y_pred, size)),
            self._dtype,
        )
        weights = known if weights is None else ops.multiply(weights, known)
        # What does not count may be no class at all; its weight is 0.
        y_true, y_pred = ops.clip(y_true, 0, size - 1), ops.clip(y_pred, 0, size - 1)
        cell = ops.add(ops.multiply(y_true, size), y_pred)
        matrix = ops.segment_sum(weights, cell, num_segments=size * size)
        self.total_cm.assign_add(ops.reshape(matrix, (size, size)))

    def _weights(self, sample_weight: TensorLike, y_true: TensorLike) -> Any:
        """A weight for each label, in one row."""
        if not dtypes.is_float(self._dtype) and _is_fractional(sample_weight):
            warnings.warn(
                f"{type(self).__name__} {self.name!r} counts in {self._dtype}, which "
                "cuts weights off after the point. Pass dtype='float32' to the metric, "
                "or weights of whole numbers.",
                stacklevel=4,
            )
        weights = ops.cast(ops.convert_to_tensor(sample_weight), self._dtype)
        ranks = len(weights.shape), len(y_true.shape)
        if ranks[0] > 0 and ops.size(weights) == ops.size(y_true):
            return ops.reshape(weights, (-1,))
        if 0 < ranks[0] < ranks[1]:
            weights = ops.expand_dims(weights, tuple(range(*ranks)))
        if ranks[0] <= ranks[1]:
            weights = ops.broadcast_to(weights, ops.shape(y_true))
        return ops.reshape(weights, (-1,))

    def _class_numbers(self, values: TensorLike, sparse: bool) -> Any:
        values = ops.convert_to_tensor(values)
        if not sparse:
            values = ops.argmax(values, axis=self.axis)
        return ops.cast(values, "int32")

    def result(self) -> Tensor:
        """The mean over the classes that have occurred."""
        matrix = ops.cast(self.total_cm, "float32")
        hits = ops.diagonal(matrix)
        union = ops.subtract(
            ops.add(ops.sum(matrix, axis=0), ops.sum(matrix, axis=1)), hits
        )
        chosen = ops.convert_to_tensor(self.target_class_ids, dtype="int32")
        hits, union = ops.take(hits, chosen), ops.take(union, chosen)
        occurred = ops.sum(ops.cast(ops.not_equal(union, 0), "float32"))
        return ops.divide_no_nan(ops.sum(ops.divide_no_nan(hits, union)), occurred)


def _is_class(values: Tensor, classes: int) -> Tensor:
    return ops.logical_and(ops.greater_equal(values, 0), ops.less(values, classes))


def _is_fractional(weights: TensorLike) -> bool:
    """Whether weights are of a float dtype, or plain numbers with a part after the
    point."""
    dtype = getattr(weights, "dtype", None)
    if dtype is None:
        values = np.asarray(weights)
        return values.dtype.kind == "f" and bool(np.any(values % 1))
    return dtypes.is_float(dtypes.standardize_dtype(dtype))


@public_class("keras.metrics")
class BinaryIoU(IoU):
    """Intersection over union of yes-or-no predictions.

    Args:
        target_class_ids: the classes that count: 0, 1 or both.
        threshold: a prediction of at least this means 1.
        name: name of the metric.
        dtype: dtype of the counts.

    Example:

    >>> import keras
    >>> metric = keras.metrics.BinaryIoU(threshold=0.3)
    >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of 0 and 1.
            y_pred: predictions of the same shape.
            sample_weight: weights of the labels; all 1 by default.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        decided = ops.cast(ops.greater_equal(y_pred, self.threshold), "int32")
        super().update_state(y_true, decided, sample_weight)


@public_class("keras.metrics")
class MeanIoU(IoU):
    """Intersection over union, the mean over all classes.

    Args:
        num_classes: the number of classes.
        name: name of the metric.
        dtype: dtype of the counts.
        ignore_class: a class number whose places do not count.
        sparse_y_true: whether labels are class numbers rather than one-hot.
        sparse_y_pred: whether predictions are class numbers.
        axis: axis of the classes, where there is one.

    Example:

    >>> import keras
    >>> metric = keras.metrics.MeanIoU(num_classes=2)
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        limits.claim_values(type(self).__name__, num_classes, 64)
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )


@public_class("keras.metrics")
class OneHotIoU(IoU):
    """Intersection over union, with one-hot labels.

    Args:
        num_classes: the number of classes.
        target_class_ids: the classes that count.
        name: name of the metric.
        dtype: dtype of the counts.
        ignore_class: a class number whose places do not count.
        sparse_y_pred: whether predictions are class numbers.
        axis: axis of the classes.

    Example:

    >>> import keras
    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[1])
    >>> float(metric([[1, 0], [0, 1]], [[0.2, 0.8], [0.1, 0.9]]))
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes,
            target_class_ids,
            name,
            dtype,
            ignore_class,
            False,
            sparse_y_pred,
            axis,
        )


@public_class("keras.metrics")
class OneHotMeanIoU(MeanIoU):
    """Intersection over union, the mean over all classes, with one-hot labels.

    Args:
        num_classes: the number of classes.
        name: name of the metric.
        dtype: dtype of the counts.
        ignore_class: a class number whose places do not count.
        sparse_y_pred: whether predictions are class numbers.
        axis: axis of the classes.

    Example:

    >>> import keras
    >>> metric = keras.metrics.OneHotMeanIoU(num_classes=2)
    >>> float(metric([[1, 0], [0, 1]], [[0.2, 0.8], [0.1, 0.9]]))
    0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis
        )
