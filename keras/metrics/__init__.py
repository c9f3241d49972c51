"""What is watched during training: `keras.metrics`."""

from __future__ import annotations

from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import Identifier
from keras.losses import binary_crossentropy as binary_crossentropy
from keras.losses import binary_focal_crossentropy as binary_focal_crossentropy
from keras.losses import categorical_crossentropy as categorical_crossentropy
from keras.losses import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from keras.losses import categorical_hinge as categorical_hinge
from keras.losses import hinge as hinge
from keras.losses import huber as huber
from keras.losses import kl_divergence as kl_divergence
from keras.losses import log_cosh as log_cosh
from keras.losses import mean_absolute_error as mean_absolute_error
from keras.losses import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from keras.losses import mean_squared_error as mean_squared_error
from keras.losses import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
from keras.losses import poisson as poisson
from keras.losses import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from keras.losses import squared_hinge as squared_hinge
from keras.metrics.accuracy import Accuracy as Accuracy
from keras.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from keras.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from keras.metrics.accuracy import (
    SparseCategoricalAccuracy as SparseCategoricalAccuracy,
)
from keras.metrics.accuracy import (
    SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy,
)
from keras.metrics.accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from keras.metrics.accuracy import binary_accuracy as binary_accuracy
from keras.metrics.accuracy import categorical_accuracy as categorical_accuracy
from keras.metrics.accuracy import (
    sparse_categorical_accuracy as sparse_categorical_accuracy,
)
from keras.metrics.accuracy import (
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
)
from keras.metrics.accuracy import (
    top_k_categorical_accuracy as top_k_categorical_accuracy,
)
from keras.metrics.auc import AUC as AUC
from keras.metrics.confusion_counts import FalseNegatives as FalseNegatives
from keras.metrics.confusion_counts import FalsePositives as FalsePositives
from keras.metrics.confusion_counts import TrueNegatives as TrueNegatives
from keras.metrics.confusion_counts import TruePositives as TruePositives
from keras.metrics.correlation import ConcordanceCorrelation as ConcordanceCorrelation
from keras.metrics.correlation import PearsonCorrelation as PearsonCorrelation
from keras.metrics.correlation import concordance_correlation as concordance_correlation
from keras.metrics.correlation import pearson_correlation as pearson_correlation
from keras.metrics.f_score import F1Score as F1Score
from keras.metrics.f_score import FBetaScore as FBetaScore
from keras.metrics.iou import BinaryIoU as BinaryIoU
from keras.metrics.iou import IoU as IoU
from keras.metrics.iou import MeanIoU as MeanIoU
from keras.metrics.iou import OneHotIoU as OneHotIoU
from keras.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
from keras.metrics.mean import Mean as Mean
from keras.metrics.mean import MeanMetricWrapper as MeanMetricWrapper
from keras.metrics.mean import Sum as Sum
from keras.metrics.metric import Metric as Metric
from keras.metrics.of_losses import BinaryCrossentropy as BinaryCrossentropy
from keras.metrics.of_losses import CategoricalCrossentropy as CategoricalCrossentropy
from keras.metrics.of_losses import CategoricalHinge as CategoricalHinge
from keras.metrics.of_losses import CosineSimilarity as CosineSimilarity
from keras.metrics.of_losses import Hinge as Hinge
from keras.metrics.of_losses import KLDivergence as KLDivergence
from keras.metrics.of_losses import LogCoshError as LogCoshError
from keras.metrics.of_losses import MeanAbsoluteError as MeanAbsoluteError
from keras.metrics.of_losses import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
)
from keras.metrics.of_losses import MeanSquaredError as MeanSquaredError
from keras.metrics.of_losses import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)
from keras.metrics.of_losses import Poisson as Poisson
from keras.metrics.of_losses import RootMeanSquaredError as RootMeanSquaredError
from keras.metrics.of_losses import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from keras.metrics.of_losses import SquaredHinge as SquaredHinge
from keras.metrics.operating_point import PrecisionAtRecall as PrecisionAtRecall
from keras.metrics.operating_point import RecallAtPrecision as RecallAtPrecision
from keras.metrics.operating_point import (
    SensitivityAtSpecificity as SensitivityAtSpecificity,
)
from keras.metrics.operating_point import (
    SpecificityAtSensitivity as SpecificityAtSensitivity,
)
from keras.metrics.precision_recall import Precision as Precision
from keras.metrics.precision_recall import Recall as Recall
from keras.metrics.r2_score import R2Score as R2Score

_FAMILY = _Family(
    "metric",
    "keras.metrics",
    Metric,
    aliases={
        "mse": "MeanSquaredError",
        "mae": "MeanAbsoluteError",
        "mape": "MeanAbsolutePercentageError",
        "msle": "MeanSquaredLogarithmicError",
        "bce": "BinaryCrossentropy",
        "kld": "KLDivergence",
        "log_cosh": "LogCoshError",
        "rmse": "RootMeanSquaredError",
    },
    functions=True,
    prefers_classes=True,
)


def get(identifier: Identifier) -> Any:
    """A metric from a name, a config, or a callable.

    Args:
        identifier: None; a name such as `"mse"` or `"auc"`; a config; a `Metric`; or a
            function `(y_true, y_pred) -> values per sample`.

    Returns:
        The metric or function, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> keras.metrics.get("mse")
    <MeanSquaredError name=mean_squared_error>
    """
    return _FAMILY.get(identifier)


def serialize(metric: Any) -> Any:
    """The config of a metric, as `deserialize` accepts it."""
    return _FAMILY.serialize(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric that a config or name stands for."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals())
