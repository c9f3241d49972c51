"""Lion: steps of one size, in the direction of the sign.

Reference: Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023.
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
class Lion(SlotOptimizer):
    """Steps of the learning rate, in the direction of the sign of a running mean.

    It takes a learning rate three to ten times smaller, and a weight decay as much
    larger, than AdamW.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        beta_1: how much of the mean goes into the direction, from 0 (excluded) to 1.
        beta_2: how much of the mean stays with each step.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Lion(0.5).apply([keras.ops.array(3.0)], [weight])
    >>> float(weight.numpy())
    0.5
    """

    slots = (("momentum",),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "`beta_1` of Lion must be above 0 and at most 1: without it Lion only "
                f"takes signs of gradients. Received: beta_1={beta_1}."
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        mean = self.slot("momentum", variable)
        direction = _blend(mean, gradient, self.beta_1)
        variable.assign_sub(ops.multiply(ops.sign(direction), rate))
        mean.assign(_blend(mean, gradient, self.beta_2))


def _blend(old: Any, new: Any, keep: float) -> Any:
    return ops.add(ops.multiply(old, keep), ops.multiply(new, 1 - keep))
