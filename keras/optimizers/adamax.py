"""Adamax: Adam by the largest gradient in place of the mean square.

Reference: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions
from keras.optimizers.parts.bias import correction
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class Adamax(SlotOptimizer):
    """Adam with the infinity norm: the largest gradient, slowly forgotten.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        beta_1: how much of the mean of gradients stays with each step.
        beta_2: how much of the largest gradient stays with each step.
        epsilon: keeps the divisor from 0.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adamax(0.5).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.5
    """

    slots = (("momentum", "norm"),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        dtype = variable.dtype
        rate = ops.cast(learning_rate, dtype)
        gradient = ops.cast(gradient, dtype)
        step = ops.add(self.iterations, 1)
        filled = correction(self.beta_1, step, dtype)
        momentum = self.slot("momentum", variable)
        largest = self.slot("norm", variable)
        off = ops.subtract(gradient, momentum)
        momentum.assign_add(ops.multiply(off, 1 - self.beta_1))
        faded = ops.multiply(largest, self.beta_2)
        largest.assign(ops.maximum(faded, ops.abs(gradient)))
        divisor = ops.multiply(ops.add(largest, self.epsilon), filled)
        variable.assign_sub(ops.divide(ops.multiply(momentum, rate), divisor))
