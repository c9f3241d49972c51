"""Schedule-free AdamW: an average of the iterates in place of a falling learning rate.

Reference: Defazio et al., "The Road Less Scheduled", 2024.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions
from keras.optimizers.parts.bias import correction
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class ScheduleFreeAdamW(SlotOptimizer):
    """AdamW on a base sequence, with gradients taken near the mean of that sequence.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments; it is not
            to fall with the steps.
        beta_1: how near gradients are taken to the mean rather than the base sequence.
        beta_2: how much of the mean of squares stays with each step.
        epsilon: keeps the divisor from 0.
        warmup_steps: steps in which the learning rate rises to its value.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.ScheduleFreeAdamW(0.5).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.5
    """

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, var_list: Any) -> None:
        """Makes the base sequence, which starts at the weights, and the squares."""
        if self.built:
            return
        super().build(var_list)
        for variable, base in zip(var_list, self._keras_slots["momentum"], strict=True):
            base.assign(ops.copy(variable.value))

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        dtype = variable.dtype
        rate = ops.cast(learning_rate, dtype)
        gradient = ops.cast(gradient, dtype)
        step = ops.cast(ops.add(self.iterations, 1), dtype)
        if self.warmup_steps:
            rise = ops.minimum(ops.divide(step, float(self.warmup_steps)), 1.0)
            rate = ops.multiply(rate, rise)
        base = self.slot("momentum", variable)
        squares = self.slot("velocity", variable)
        off = ops.subtract(ops.square(gradient), squares)
        squares.assign_add(ops.multiply(off, 1.0 - self.beta_2))
        filled = correction(self.beta_2, step, dtype)
        divisor = ops.add(ops.sqrt(ops.divide(squares, filled)), self.epsilon)
        direction = ops.multiply(ops.divide(gradient, divisor), rate)
        # The weights hold the point between the mean and the base sequence: move the
        # mean by its share of the new base, and that point with it.
        share = ops.divide(1.0, step)
        towards = ops.multiply(ops.subtract(base, variable), share)
        ahead = ops.subtract(ops.multiply(ops.subtract(1.0, share), self.beta_1), 1.0)
        variable.assign_add(ops.add(towards, ops.multiply(direction, ahead)))
        base.assign_sub(direction)
