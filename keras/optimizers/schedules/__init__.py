"""Learning rates that change with the steps: `keras.optimizers.schedules`."""

from __future__ import annotations

from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.optimizers.schedules.cosine import CosineDecay as CosineDecay
from keras.optimizers.schedules.cosine import CosineDecayRestarts as CosineDecayRestarts
from keras.optimizers.schedules.decay import ExponentialDecay as ExponentialDecay
from keras.optimizers.schedules.decay import InverseTimeDecay as InverseTimeDecay
from keras.optimizers.schedules.decay import (
    PiecewiseConstantDecay as PiecewiseConstantDecay,
)
from keras.optimizers.schedules.decay import PolynomialDecay as PolynomialDecay
from keras.optimizers.schedules.schedule import (
    LearningRateSchedule as LearningRateSchedule,
)

_FAMILY = _Family(
    "learning rate schedule", "keras.optimizers.schedules", LearningRateSchedule
)


def serialize(learning_rate_schedule: LearningRateSchedule) -> Any:
    """The config of a schedule, as `deserialize` accepts it."""
    return _FAMILY.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The schedule that a config stands for."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals())
