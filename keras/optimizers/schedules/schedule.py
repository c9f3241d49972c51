"""`LearningRateSchedule`: a learning rate that depends on the step."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.typing import Structure, TensorLike


@public_class("keras.optimizers.schedules")
class LearningRateSchedule(Configurable):
    """Base class: a callable from the number of updates done to a learning rate.

    Subclasses define `__call__(self, step)`.

    Example:

    >>> import keras
    >>> class Halving(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.5 ** keras.ops.cast(step, "float32")
    >>> optimizer = keras.optimizers.SGD(learning_rate=Halving())
    >>> float(optimizer.learning_rate)
    1.0
    """

    name: str | None = None

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate.

        Args:
            step: number of updates done, an integer scalar.

        Returns:
            A float scalar.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `__call__(self, step)`."
        )

    def is_portable(self) -> bool:
        """Whether the schedule gives the same on whatever backend it is called.

        Ours do; what a user's class does in its own code is not known.
        """
        return type(self).__call__.__module__.startswith("keras.optimizers.schedules.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} schedule>"


def number(value: Any) -> Any:
    """A float32 scalar of the current backend."""
    return ops.cast(value, "float32")


def positive(owner: str, what: str, value: Any) -> Any:
    """The value, or an error that names it, if it is not above 0."""
    if value <= 0:
        raise ValueError(
            f"`{what}` of {owner} must be above 0. Received: {what}={value}."
        )
    return value
