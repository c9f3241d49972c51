"""RMSprop: gradients divided by the root of their running mean square.

Reference: Hinton, "Neural Networks for Machine Learning", lecture 6, 2012.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class RMSprop(SlotOptimizer):
    """Gradients divided by the root of their running mean square.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        rho: how much of the mean of squares stays with each step.
        momentum: how much of the last step goes on.
        epsilon: added to the mean of squares.
        centered: whether to divide by an estimate of the variance instead.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.RMSprop(0.1, rho=0.75).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.8
    """

    fused_kernel = "fused_rmsprop"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The mean of squares, and what momentum and centering need."""
        groups: tuple[tuple[str, ...], ...] = (("velocity",),)
        if self.momentum > 0:
            groups += (("momentum",),)
        if self.centered:
            groups += (("average_gradient",),)
        return groups

    def fused_arguments(self) -> dict[str, Any]:
        """The hyperparameters."""
        return {
            "rho": self.rho,
            "momentum_factor": self.momentum,
            "epsilon": self.epsilon,
        }

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        dtype = variable.dtype
        rate = ops.cast(learning_rate, dtype)
        gradient = ops.cast(gradient, dtype)
        velocity = self.slot("velocity", variable)
        velocity.assign(_blend(velocity, ops.square(gradient), self.rho))
        divisor = ops.add(velocity, self.epsilon)
        if self.centered:
            average = self.slot("average_gradient", variable)
            average.assign(_blend(average, gradient, self.rho))
            divisor = ops.subtract(divisor, ops.square(average))
        step = ops.multiply(ops.multiply(gradient, rate), ops.rsqrt(divisor))
        if self.momentum > 0:
            momentum = self.slot("momentum", variable)
            momentum.assign(ops.add(ops.multiply(momentum, self.momentum), step))
            step = momentum
        variable.assign_sub(step)


def _blend(old: Any, new: Any, keep: float) -> Any:
    return ops.add(ops.multiply(old, keep), ops.multiply(new, 1 - keep))
