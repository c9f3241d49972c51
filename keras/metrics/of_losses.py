"""Losses, watched as metrics: the mean over all samples seen."""

from __future__ import annotations

from typing import Any

from keras import losses, ops
from keras.core.facts import public_class
from keras.core.masking import get_mask, set_mask
from keras.core.typing import DType, Tensor, TensorLike
from keras.losses.shapes import pair
from keras.metrics.mean import FunctionMetric, Mean


@public_class("keras.metrics")
class MeanSquaredError(FunctionMetric):
    """The mean of squared errors.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.MeanSquaredError()([[0.0, 0.0]], [[1.0, 3.0]]))
    5.0
    """

    function = staticmethod(losses.mean_squared_error)
    _keras_direction = "down"

    def __init__(self, name: str = "mean_squared_error", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class RootMeanSquaredError(Mean):
    """The root of the mean of squared errors.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.RootMeanSquaredError()
    >>> float(metric([[0.0], [0.0]], [[4.0], [4.0]]))
    4.0
    """

    _keras_direction = "down"

    def __init__(
        self, name: str = "root_mean_squared_error", dtype: DType = None
    ) -> None:
        super().__init__(name, dtype)

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Takes a batch of true and predicted values into account."""
        mask = get_mask(y_pred)
        y_true, y_pred = pair(y_true, y_pred)
        squares = ops.square(ops.subtract(y_pred, y_true))
        if mask is not None:
            missing = len(squares.shape) - len(mask.shape)
            if missing > 0:
                axes = tuple(range(len(mask.shape), len(squares.shape)))
                squares = ops.mean(squares, axis=axes)
            set_mask(squares, mask)
        super().update_state(squares, sample_weight)

    def result(self) -> Tensor:
        """The root of the mean so far."""
        return ops.sqrt(super().result())


@public_class("keras.metrics")
class MeanAbsoluteError(FunctionMetric):
    """The mean of absolute errors.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.MeanAbsoluteError()([[0.0, 0.0]], [[1.0, 3.0]]))
    2.0
    """

    function = staticmethod(losses.mean_absolute_error)
    _keras_direction = "down"

    def __init__(self, name: str = "mean_absolute_error", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class MeanAbsolutePercentageError(FunctionMetric):
    """The mean of errors in percent of the true values.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.MeanAbsolutePercentageError()([[2.0]], [[1.0]]))
    50.0
    """

    function = staticmethod(losses.mean_absolute_percentage_error)
    _keras_direction = "down"

    def __init__(
        self, name: str = "mean_absolute_percentage_error", dtype: DType = None
    ) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class MeanSquaredLogarithmicError(FunctionMetric):
    """The mean of squared errors of logarithms.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.MeanSquaredLogarithmicError()([[1.0]], [[1.0]]))
    0.0
    """

    function = staticmethod(losses.mean_squared_logarithmic_error)
    _keras_direction = "down"

    def __init__(
        self, name: str = "mean_squared_logarithmic_error", dtype: DType = None
    ) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class LogCoshError(FunctionMetric):
    """The mean logarithm of the hyperbolic cosine of errors.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.LogCoshError()([[1.0]], [[1.0]]))
    0.0
    """

    function = staticmethod(losses.log_cosh)
    _keras_direction = "down"

    def __init__(self, name: str = "logcosh", dtype: DType = None) -> None:
        super().__init__(name, dtype)


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """The cosine of the angle between labels and predictions."""
    return ops.negative(losses.cosine_similarity(y_true, y_pred, axis))


@public_class("keras.metrics")
class CosineSimilarity(FunctionMetric):
    """The mean cosine of the angle between labels and predictions.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        axis: axis along which the vectors lie.

    Example:

    >>> import keras
    >>> float(keras.metrics.CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]))
    1.0
    """

    function = staticmethod(cosine_similarity)
    _keras_direction = "up"

    def __init__(
        self, name: str = "cosine_similarity", dtype: DType = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype, axis=axis)


@public_class("keras.metrics")
class Hinge(FunctionMetric):
    """The mean margin between labels of -1 and 1.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.Hinge()([[0.0, 1.0]], [[-1.0, 0.5]]))
    0.25
    """

    function = staticmethod(losses.hinge)
    _keras_direction = "down"

    def __init__(self, name: str = "hinge", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class SquaredHinge(FunctionMetric):
    """The mean squared margin between labels of -1 and 1.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.SquaredHinge()([[0.0, 1.0]], [[-1.0, 0.0]]))
    0.5
    """

    function = staticmethod(losses.squared_hinge)
    _keras_direction = "down"

    def __init__(self, name: str = "squared_hinge", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class CategoricalHinge(FunctionMetric):
    """The mean margin between classes.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 0.25]]))
    1.25
    """

    function = staticmethod(losses.categorical_hinge)
    _keras_direction = "down"

    def __init__(self, name: str = "categorical_hinge", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class KLDivergence(FunctionMetric):
    """The mean divergence of predicted probabilities from true ones.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    function = staticmethod(losses.kl_divergence)
    _keras_direction = "down"

    def __init__(self, name: str = "kl_divergence", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class Poisson(FunctionMetric):
    """The mean of `y_pred - y_true * log(y_pred)`.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> round(float(keras.metrics.Poisson()([[2.0]], [[1.0]])), 4)
    1.0
    """

    function = staticmethod(losses.poisson)
    _keras_direction = "down"

    def __init__(self, name: str = "poisson", dtype: DType = None) -> None:
        super().__init__(name, dtype)


@public_class("keras.metrics")
class BinaryCrossentropy(FunctionMetric):
    """The mean crossentropy of yes-or-no labels.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label that moves to 0.5.

    Example:

    >>> import keras
    >>> metric = keras.metrics.BinaryCrossentropy()
    >>> round(float(metric([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    function = staticmethod(losses.binary_crossentropy)
    _keras_direction = "down"

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: DType = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(name, dtype, **options)


@public_class("keras.metrics")
class CategoricalCrossentropy(FunctionMetric):
    """The mean crossentropy with one-hot labels.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: share of each label that is spread over all classes.
        axis: axis of the classes.

    Example:

    >>> import keras
    >>> metric = keras.metrics.CategoricalCrossentropy()
    >>> round(float(metric([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    function = staticmethod(losses.categorical_crossentropy)
    _keras_direction = "down"

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: DType = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(name, dtype, axis=axis, **options)


@public_class("keras.metrics")
class SparseCategoricalCrossentropy(FunctionMetric):
    """The mean crossentropy with class numbers as labels.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: a class number whose places do not count.
        axis: axis of the classes.

    Example:

    >>> import keras
    >>> metric = keras.metrics.SparseCategoricalCrossentropy()
    >>> round(float(metric([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    function = staticmethod(losses.sparse_categorical_crossentropy)
    _keras_direction = "down"

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: DType = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        options = {"from_logits": from_logits, "ignore_class": ignore_class}
        super().__init__(name, dtype, axis=axis, **options)
