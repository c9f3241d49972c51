"""How weights are updated from gradients: `keras.optimizers`."""

from __future__ import annotations

from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import Identifier
from keras.optimizers import legacy as legacy
from keras.optimizers import schedules as schedules
from keras.optimizers.adafactor import Adafactor as Adafactor
from keras.optimizers.adagrad import Adadelta as Adadelta
from keras.optimizers.adagrad import Adagrad as Adagrad
from keras.optimizers.adam import Adam as Adam
from keras.optimizers.adam import AdamW as AdamW
from keras.optimizers.adamax import Adamax as Adamax
from keras.optimizers.foreign import adopted as _adopted
from keras.optimizers.ftrl import Ftrl as Ftrl
from keras.optimizers.lamb import Lamb as Lamb
from keras.optimizers.lion import Lion as Lion
from keras.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from keras.optimizers.multi import MultiOptimizer as MultiOptimizer
from keras.optimizers.multi import OptimizerMap as OptimizerMap
from keras.optimizers.muon import Muon as Muon
from keras.optimizers.nadam import Nadam as Nadam
from keras.optimizers.optimizer import Optimizer as Optimizer
from keras.optimizers.rmsprop import RMSprop as RMSprop
from keras.optimizers.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
from keras.optimizers.sgd import SGD as SGD

_FAMILY = _Family("optimizer", "keras.optimizers", Optimizer)


def get(identifier: Identifier) -> Any:
    """An optimizer from a name, a config, or an optimizer.

    Args:
        identifier: None; a name such as `"adam"`; a config; an `Optimizer`; or one of
            the backend's framework: a `torch.optim` optimizer, its class or a
            `functools.partial` of that on torch, an optax transform on JAX.

    Returns:
        The optimizer, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> type(keras.optimizers.get("adamw")).__name__
    'AdamW'
    """
    guest = _adopted(identifier)
    if guest is not None:
        return guest
    found = _FAMILY.get(identifier)
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(
            f"Could not interpret optimizer identifier: {identifier!r}. Expected a "
            "keras.optimizers.Optimizer, a name or a config, or one of torch.optim or "
            "optax on their backends."
        )
    return found


def serialize(optimizer: Optimizer) -> Any:
    """The config of an optimizer, as `deserialize` accepts it."""
    return _FAMILY.serialize(optimizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer that a config stands for; its name may be in any case."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals(), "legacy", "schedules")
