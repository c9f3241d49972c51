"""Lamb: Adam whose steps are in proportion to the weights, for large batches.

Reference: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76
minutes", 2019.
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
class Lamb(SlotOptimizer):
    """Adam with steps scaled to the norm of each weight tensor.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        beta_1: how much of the mean of gradients stays with each step.
        beta_2: how much of the mean of squares stays with each step.
        epsilon: keeps the divisor from 0.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable([2.0])
    >>> keras.optimizers.Lamb(0.5).apply([keras.ops.array([3.0])], [weight])
    >>> round(float(weight.numpy()[0]), 4)
    1.0
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

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        dtype = variable.dtype
        rate = ops.cast(learning_rate, dtype)
        gradient = ops.cast(gradient, dtype)
        step = ops.add(self.iterations, 1)
        correction_1 = correction(self.beta_1, step, dtype)
        correction_2 = correction(self.beta_2, step, dtype)
        momentum = self.slot("momentum", variable)
        velocity = self.slot("velocity", variable)
        off = ops.subtract(gradient, momentum)
        momentum.assign_add(ops.multiply(off, 1 - self.beta_1))
        off = ops.subtract(ops.square(gradient), velocity)
        velocity.assign_add(ops.multiply(off, 1 - self.beta_2))
        root = ops.sqrt(ops.divide(velocity, correction_2))
        direction = ops.divide(
            ops.divide(momentum, correction_1), ops.add(root, self.epsilon)
        )
        weight_norm, step_norm = _norm(variable), _norm(direction)
        ratio = ops.divide_no_nan(weight_norm, step_norm)
        both = ops.logical_and(ops.greater(weight_norm, 0), ops.greater(step_norm, 0))
        ratio = ops.where(both, ratio, ops.ones_like(ratio))
        variable.assign_sub(ops.multiply(direction, ops.multiply(ratio, rate)))


def _norm(x: TensorLike) -> Any:
    return ops.sqrt(ops.sum(ops.square(x)))
