"""Training a small model to do as a large one does: `keras.distillation`."""

from keras.core.surface import surface as _surface
from keras.distillation.distillation_loss import DistillationLoss as DistillationLoss
from keras.distillation.distiller import Distiller as Distiller
from keras.distillation.feature_distillation import (
    FeatureDistillation as FeatureDistillation,
)
from keras.distillation.logits_distillation import (
    LogitsDistillation as LogitsDistillation,
)

__all__, __dir__ = _surface(globals())
