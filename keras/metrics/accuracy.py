"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.backends import current
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.shapes import same_rank
from keras.metrics.mean import FunctionMetric


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """1 where a prediction equals its label, else 0.

    Example:

    >>> import keras
    >>> from keras.metrics.accuracy import accuracy
    >>> keras.ops.convert_to_numpy(accuracy([[1, 2]], [[1, 3]])).tolist()
    [[1.0, 0.0]]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=ops.dtype(y_pred))
    y_true, y_pred = same_rank(y_true, y_pred)
    return ops.cast(ops.equal(y_true, y_pred), config.floatx())


def binary_accuracy(
    y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5
) -> Any:
    """1 where a yes-or-no prediction is right, else 0.

    Args:
        y_true: labels of 0 and 1, of any shape.
        y_pred: predictions of the same shape.
        threshold: a prediction above it means 1.

    Returns:
        One value per prediction, of the same shape.

    Example:

    >>> import keras
    >>> values = keras.metrics.binary_accuracy([[1.0, 0.0]], [[0.9, 0.8]])
    >>> keras.ops.convert_to_numpy(values).tolist()
    [[1.0, 0.0]]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    y_true, y_pred = same_rank(y_true, y_pred)
    decided = ops.cast(ops.greater(y_pred, threshold), ops.dtype(y_true))
    return ops.cast(ops.equal(y_true, decided), config.floatx())


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """1 where the largest prediction is that of the right class, else 0.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> y_true, y_pred = [[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]]
    >>> values = keras.metrics.categorical_accuracy(y_true, y_pred)
    >>> keras.ops.convert_to_numpy(values).tolist()
    [1.0, 0.0]
    """
    right = ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))
    return ops.cast(right, config.floatx())


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """1 where the largest prediction is that of the right class, else 0.

    Args:
        y_true: class numbers, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: predictions, `(batch, ..., classes)`.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> y_true, y_pred = [1, 0], [[0.2, 0.8], [0.4, 0.6]]
    >>> values = keras.metrics.sparse_categorical_accuracy(y_true, y_pred)
    >>> keras.ops.convert_to_numpy(values).tolist()
    [1.0, 0.0]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _class_numbers(y_true, y_pred)
    right = ops.equal(y_true, ops.argmax(y_pred, axis=-1))
    return ops.cast(right, config.floatx())


def top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5
) -> Any:
    """1 where the right class is among the `k` largest predictions, else 0.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        k: how many predictions count.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> y_true, y_pred = [[0, 1, 0]], [[0.5, 0.3, 0.2]]
    >>> float(keras.metrics.top_k_categorical_accuracy(y_true, y_pred, k=2)[0])
    1.0
    """
    return _in_top_k(ops.argmax(y_true, axis=-1), ops.convert_to_tensor(y_pred), k)


def sparse_top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the right class is among the `k` largest predictions, else 0.

    Args:
        y_true: class numbers, `(batch, ...)`.
        y_pred: predictions, `(batch, ..., classes)`; or, with `from_sorted_ids`, class
            numbers, the most likely first.
        k: how many predictions count.
        from_sorted_ids: whether predictions are sorted class numbers.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> y_true, y_pred = [1], [[0.5, 0.3, 0.2]]
    >>> float(keras.metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k=2)[0])
    1.0
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _class_numbers(y_true, y_pred)
    if not from_sorted_ids:
        return _in_top_k(y_true, y_pred, k)
    first = ops.cast(y_pred[..., :k], ops.dtype(y_true))
    found = ops.any(ops.equal(ops.expand_dims(y_true, -1), first), axis=-1)
    return ops.cast(found, config.floatx())


def _class_numbers(y_true: TensorLike, y_pred: TensorLike) -> Any:
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    return y_true if y_true.dtype in _integers() else ops.cast(y_true, "int32")


def _integers() -> tuple[Any, ...]:
    """The integer dtypes that class numbers mostly have, as the backend has them."""
    native = current().native_dtype
    return native("int64"), native("int32")


def _in_top_k(y_true: TensorLike, y_pred: TensorLike, k: int) -> Any:
    shape = ops.shape(y_true)
    if len(shape) != 1:
        classes = ops.shape(y_pred)[-1]
        y_pred = ops.reshape(y_pred, (-1, classes))
        y_true = ops.reshape(y_true, (-1,))
    found = ops.in_top_k(ops.cast(y_true, "int32"), y_pred, k=k)
    found = ops.cast(found, config.floatx())
    return found if len(shape) == 1 else ops.reshape(found, shape)


@public_class("keras.metrics")
class Accuracy(FunctionMetric):
    """How often predictions equal labels.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    function = staticmethod(accuracy)
    _keras_direction = "up"

    def __init__(self, name: str = "accuracy", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class BinaryAccuracy(FunctionMetric):
    """How often predictions on the right side of a threshold match labels of 0 and 1.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        threshold: a prediction above it means 1; from 0 to 1.

    Raises:
        ValueError: for a threshold outside.

    Example:

    >>> import keras
    >>> metric = keras.metrics.BinaryAccuracy()
    >>> float(metric([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]))
    0.75
    """

    function = staticmethod(binary_accuracy)
    _keras_direction = "up"

    def __init__(
        self, name: str = "binary_accuracy", dtype: DType = None, threshold: float = 0.5
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(
                "`threshold` of BinaryAccuracy must lie between 0 and 1. "
                f"Received: threshold={threshold}."
            )
        super().__init__(name, dtype, threshold=threshold)


@public_class("keras.metrics")
class CategoricalAccuracy(FunctionMetric):
    """How often the largest prediction is that of the right class; one-hot labels.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.CategoricalAccuracy()
    >>> float(metric([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]]))
    0.5
    """

    function = staticmethod(categorical_accuracy)
    _keras_direction = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class SparseCategoricalAccuracy(FunctionMetric):
    """How often the largest prediction is that of the right class; class numbers.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.SparseCategoricalAccuracy()
    >>> float(metric([1, 0], [[0.2, 0.8], [0.4, 0.6]]))
    0.5
    """

    function = staticmethod(sparse_categorical_accuracy)
    _keras_direction = "up"

    def __init__(
        self, name: str = "sparse_categorical_accuracy", dtype: DType = None
    ) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class TopKCategoricalAccuracy(FunctionMetric):
    """How often the right class is among the `k` largest predictions; one-hot labels.

    Args:
        k: how many predictions count.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.TopKCategoricalAccuracy(k=1)
    >>> float(metric([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    function = staticmethod(top_k_categorical_accuracy)
    _keras_direction = "up"

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: DType = None
    ) -> None:
        super().__init__(name, dtype, k=k)


@public_class("keras.metrics")
class SparseTopKCategoricalAccuracy(FunctionMetric):
    """How often the right class is among the `k` largest predictions; class numbers.

    Args:
        k: how many predictions count.
        name: name of the metric.
        dtype: dtype of the result.
        from_sorted_ids: whether predictions are class numbers, the most likely first.

    Example:

    >>> import keras
    >>> metric = keras.metrics.SparseTopKCategoricalAccuracy(k=1)
    >>> float(metric([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    function = staticmethod(sparse_top_k_categorical_accuracy)
    _keras_direction = "up"
    _config_optional = ("from_sorted_ids",)

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: DType = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype, k=k, from_sorted_ids=from_sorted_ids)
