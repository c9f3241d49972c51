"""Learning rates that fall along a simple curve."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Structure, TensorLike
from keras.optimizers.schedules.schedule import LearningRateSchedule, number, positive


@public_class("keras.optimizers.schedules")
class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: learning rate at step 0.
        decay_steps: steps in which it falls by `decay_rate`.
        decay_rate: factor for so many steps.
        staircase: whether it falls at once after so many steps, rather than evenly.
        name: name of the schedule.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.25)
    >>> float(schedule(5))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("ExponentialDecay", "decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate after so many steps."""
        progress = _progress(step, self.decay_steps, self.staircase)
        factor = ops.power(number(self.decay_rate), progress)
        return ops.multiply(factor, self.initial_learning_rate)


@public_class("keras.optimizers.schedules")
class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: learning rate at step 0.
        decay_steps: steps after which the divisor has grown by `decay_rate`.
        decay_rate: by how much it grows.
        staircase: whether it grows at once after so many steps, rather than evenly.
        name: name of the schedule.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.InverseTimeDecay(1.0, 10, 1.0)
    >>> float(schedule(10))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("InverseTimeDecay", "decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate after so many steps."""
        progress = _progress(step, self.decay_steps, self.staircase)
        divisor = ops.add(ops.multiply(progress, self.decay_rate), 1.0)
        return ops.divide(number(self.initial_learning_rate), divisor)


@public_class("keras.optimizers.schedules")
class PolynomialDecay(LearningRateSchedule):
    """From one learning rate to another along `(1 - step / decay_steps) ** power`.

    Args:
        initial_learning_rate: learning rate at step 0.
        decay_steps: steps until the end is reached.
        end_learning_rate: learning rate from then on.
        power: 1 is a straight line.
        cycle: whether the curve is stretched to the next multiple of `decay_steps`
            when its end is reached, so that the rate rises and falls again.
        name: name of the schedule.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.5)
    >>> float(schedule(5))
    0.75
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("PolynomialDecay", "decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate after so many steps."""
        step = number(step)
        length = number(self.decay_steps)
        if self.cycle:
            rounds = ops.maximum(ops.ceil(ops.divide(step, length)), 1.0)
            length = ops.multiply(length, rounds)
        else:
            step = ops.minimum(step, length)
        left = ops.subtract(1.0, ops.divide(step, length))
        span = self.initial_learning_rate - self.end_learning_rate
        curve = ops.power(left, float(self.power))
        return ops.add(ops.multiply(curve, span), self.end_learning_rate)


@public_class("keras.optimizers.schedules")
class PiecewiseConstantDecay(LearningRateSchedule):
    """One learning rate up to a boundary, another up to the next, …

    Args:
        boundaries: steps, rising, after each of which the next value holds.
        values: learning rates, one more than boundaries.
        name: name of the schedule.

    Raises:
        ValueError: if the numbers do not fit.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([2], [1.0, 0.5])
    >>> float(schedule(2)), float(schedule(3))
    (1.0, 0.5)
    """

    def __init__(
        self,
        boundaries: TensorLike,
        values: TensorLike,
        name: str = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) + 1 != len(values):
            raise ValueError(
                "PiecewiseConstantDecay needs one more of `values` than of "
                f"`boundaries`. Received: boundaries={boundaries}, values={values}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate after so many steps."""
        step = number(step)
        rate = number(self.values[0])
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = ops.where(ops.greater(step, number(boundary)), number(value), rate)
        return rate


def _progress(step: TensorLike, decay_steps: Any, staircase: bool) -> Any:
    progress = ops.divide(number(step), number(decay_steps))
    return ops.floor(progress) if staircase else progress
