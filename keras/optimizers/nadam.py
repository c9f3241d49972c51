"""Nadam: Adam with Nesterov momentum.

Reference: Dozat, "Incorporating Nesterov Momentum into Adam", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions
from keras.optimizers.parts.bias import correction
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable

_MOST_MOMENTA = 10_000  # of which the product is 0 for every use


@public_class("keras.optimizers")
class Nadam(SlotOptimizer):
    """Adam that looks ahead along a momentum which grows with the steps.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        beta_1: how much of the mean of gradients stays with each step, in the end.
        beta_2: how much of the mean of squares stays with each step.
        epsilon: keeps the divisor from 0.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Nadam(0.5).apply([keras.ops.array(3.0)], [weight])
    >>> float(weight.numpy()) < 1.0
    True
    """

    slots = (("momentum", "velocity"),)

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

    def build(self, var_list: Sequence[Any]) -> None:
        """Makes the running means, and the product of all momenta so far."""
        if self.built:
            return
        super().build(var_list)
        dtype = var_list[0].dtype if var_list else None
        self._product = self.add_variable((), "ones", dtype, name="momentum_product")

    def unwritten_in_keras_2(self, iterations: int) -> list[tuple[Any, Any]]:
        """The learning rate, and the product of all momenta so far.

        Args:
            iterations: how many updates the file says were done.
        """
        steps = np.arange(1, min(iterations, _MOST_MOMENTA) + 1)
        product = np.prod(self.beta_1 * (1 - 0.5 * 0.96**steps))
        return [*super().unwritten_in_keras_2(iterations), (self._product, product)]

    def before_step(self) -> None:
        """Takes this step's momentum into the product."""
        momentum = self._momentum_at(ops.add(self.iterations, 1), self._product.dtype)
        self._product.assign(ops.multiply(self._product, momentum))

    def _momentum_at(self, step: TensorLike, dtype: str) -> Any:
        faded = ops.power(ops.cast(0.96, dtype), ops.cast(step, dtype))
        return ops.multiply(ops.subtract(1.0, ops.multiply(faded, 0.5)), self.beta_1)

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        dtype = variable.dtype
        rate = ops.cast(learning_rate, dtype)
        gradient = ops.cast(gradient, dtype)
        number = ops.add(self.iterations, 1)
        now = self._momentum_at(number, dtype)
        next_one = self._momentum_at(ops.add(number, 1), dtype)
        product = ops.cast(self._product, dtype)
        correction_2 = correction(self.beta_2, number, dtype)
        mean = self.slot("momentum", variable)
        squares = self.slot("velocity", variable)
        off = ops.subtract(gradient, mean)
        mean.assign_add(ops.multiply(off, 1 - self.beta_1))
        off = ops.subtract(ops.square(gradient), squares)
        squares.assign_add(ops.multiply(off, 1 - self.beta_2))
        ahead = ops.divide(
            ops.multiply(mean, next_one),
            ops.subtract(1.0, ops.multiply(product, next_one)),
        )
        here = ops.divide(
            ops.multiply(gradient, ops.subtract(1.0, now)), ops.subtract(1.0, product)
        )
        divisor = ops.add(ops.sqrt(ops.divide(squares, correction_2)), self.epsilon)
        step_taken = ops.multiply(ops.add(ahead, here), rate)
        variable.assign_sub(ops.divide(step_taken, divisor))
