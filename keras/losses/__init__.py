"""What training minimises: `keras.losses`."""

from __future__ import annotations

from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import Identifier
from keras.losses.circle import Circle as Circle
from keras.losses.circle import circle as circle
from keras.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from keras.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from keras.losses.crossentropy import (
    CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy,
)
from keras.losses.crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from keras.losses.crossentropy import binary_crossentropy as binary_crossentropy
from keras.losses.crossentropy import (
    categorical_crossentropy as categorical_crossentropy,
)
from keras.losses.crossentropy import (
    categorical_generalized_cross_entropy as categorical_generalized_cross_entropy,
)
from keras.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from keras.losses.ctc import CTC as CTC
from keras.losses.ctc import ctc as ctc
from keras.losses.distribution import KLDivergence as KLDivergence
from keras.losses.distribution import Poisson as Poisson
from keras.losses.distribution import kl_divergence as kl_divergence
from keras.losses.distribution import poisson as poisson
from keras.losses.focal import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from keras.losses.focal import (
    CategoricalFocalCrossentropy as CategoricalFocalCrossentropy,
)
from keras.losses.focal import binary_focal_crossentropy as binary_focal_crossentropy
from keras.losses.focal import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from keras.losses.hinge import CategoricalHinge as CategoricalHinge
from keras.losses.hinge import Hinge as Hinge
from keras.losses.hinge import SquaredHinge as SquaredHinge
from keras.losses.hinge import categorical_hinge as categorical_hinge
from keras.losses.hinge import hinge as hinge
from keras.losses.hinge import squared_hinge as squared_hinge
from keras.losses.loss import Loss as Loss
from keras.losses.overlap import Dice as Dice
from keras.losses.overlap import Tversky as Tversky
from keras.losses.overlap import dice as dice
from keras.losses.overlap import tversky as tversky
from keras.losses.regression import CosineSimilarity as CosineSimilarity
from keras.losses.regression import Huber as Huber
from keras.losses.regression import LogCosh as LogCosh
from keras.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from keras.losses.regression import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
)
from keras.losses.regression import MeanSquaredError as MeanSquaredError
from keras.losses.regression import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)
from keras.losses.regression import cosine_similarity as cosine_similarity
from keras.losses.regression import huber as huber
from keras.losses.regression import log_cosh as log_cosh
from keras.losses.regression import mean_absolute_error as mean_absolute_error
from keras.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from keras.losses.regression import mean_squared_error as mean_squared_error
from keras.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)

# The usual abbreviations; metrics know them too.
_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
}
_FAMILY = _Family("loss", "keras.losses", Loss, aliases=_ALIASES, functions=True)


def get(identifier: Identifier) -> Any:
    """A loss from a name, a config, or a callable.

    Args:
        identifier: None; a name: `"mse"` and `"mean_squared_error"` mean the
            function, `"MeanSquaredError"` an instance of the class; a config; a
            `Loss`; or a function `(y_true, y_pred) -> values per sample`.

    Returns:
        The loss or function, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> keras.losses.get("mse") is keras.losses.mean_squared_error
    True
    """
    return _FAMILY.get(identifier)


def serialize(loss: Identifier) -> Any:
    """The config of a loss or loss function, as `deserialize` accepts it."""
    return _FAMILY.serialize(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss that a config or name stands for."""
    return _FAMILY.deserialize(name, custom_objects)


__all__, __dir__ = _surface(globals())
