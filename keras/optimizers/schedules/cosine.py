"""Learning rates that fall along half a cosine wave.

Reference: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
Restarts", 2016.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Structure, TensorLike
from keras.optimizers.schedules.schedule import LearningRateSchedule, number, positive


@public_class("keras.optimizers.schedules")
class CosineDecay(LearningRateSchedule):
    """Half a cosine wave, with a rise before it if wanted.

    Args:
        initial_learning_rate: learning rate at step 0.
        decay_steps: steps from the top to the end.
        alpha: the end, as a share of the top.
        name: name of the schedule.
        warmup_target: the top, to which the rate rises first. None: it starts there.
        warmup_steps: steps of the rise.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(1.0, 10)
    >>> round(float(schedule(5)), 4)
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("CosineDecay", "decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate after so many steps."""
        step = number(step)
        if self.warmup_target is None:
            return self._fall(step, self.initial_learning_rate)
        rising = self.warmup_target - self.initial_learning_rate
        share = ops.divide(step, float(max(self.warmup_steps, 1)))
        rise = ops.add(ops.multiply(share, rising), self.initial_learning_rate)
        fall = self._fall(ops.subtract(step, self.warmup_steps), self.warmup_target)
        return ops.where(ops.less(step, float(self.warmup_steps)), rise, fall)

    def _fall(self, step: TensorLike, top: float) -> Any:
        done = ops.divide(ops.minimum(step, float(self.decay_steps)), self.decay_steps)
        return _wave(done, top, top * self.alpha, 1.0)


@public_class("keras.optimizers.schedules")
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosine waves, one after the other, each from the top.

    Args:
        initial_learning_rate: learning rate at step 0.
        first_decay_steps: steps of the first wave.
        t_mul: how much longer each wave is than the one before.
        m_mul: how much lower each wave starts than the one before.
        alpha: the lowest rate, as a share of the first.
        name: name of the schedule.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.CosineDecayRestarts(1.0, 10)
    >>> float(schedule(10))
    1.0
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = positive(
            "CosineDecayRestarts", "first_decay_steps", first_decay_steps
        )
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: TensorLike) -> Structure:
        """The learning rate after so many steps."""
        done = ops.divide(number(step), float(self.first_decay_steps))
        if self.t_mul == 1.0:
            wave = ops.floor(done)
            done = ops.subtract(done, wave)
        else:
            # The wave in which the step lies, and where it starts: a geometric series.
            grown = ops.subtract(1.0, ops.multiply(done, 1.0 - self.t_mul))
            wave = ops.floor(ops.divide(ops.log(grown), math.log(self.t_mul)))
            length = ops.power(number(self.t_mul), wave)
            start = ops.divide(ops.subtract(1.0, length), 1.0 - self.t_mul)
            done = ops.divide(ops.subtract(done, start), length)
        top = ops.power(number(self.m_mul), wave)
        rate = self.initial_learning_rate
        return _wave(done, rate, rate * self.alpha, top)


def _wave(done: Any, top: float, bottom: float, height: Any) -> Any:
    """`top` at 0 (times `height`), `bottom` at 1, a cosine between."""
    half = ops.multiply(ops.add(ops.cos(ops.multiply(done, math.pi)), 1.0), 0.5)
    return ops.add(ops.multiply(ops.multiply(half, height), top - bottom), bottom)
