"""Gradient descent, with momentum if wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class SGD(SlotOptimizer):
    """Gradient descent: `w -= learning_rate * g`.

    With momentum, `v = momentum * v - learning_rate * g` and `w += v`; with `nesterov`
    too, `w += momentum * v - learning_rate * g`.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        momentum: how much of the last step goes on, from 0 to 1.
        nesterov: whether to look ahead along the momentum.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(3.0)
    >>> keras.optimizers.SGD(learning_rate=0.5).apply([keras.ops.array(2.0)], [weight])
    >>> float(weight.numpy())
    2.0
    """

    fused_kernel = "fused_sgd"

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(
                "`momentum` of SGD must lie between 0 and 1. "
                f"Received: momentum={momentum}."
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the state for these variables; `apply` does it on first use.

        Args:
            variables: the variables to train.
        """
        super().build(variables)

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """Momentum, if there is any."""
        return (("momentum",),) if self.momentum else ()

    def fused_arguments(self) -> dict[str, Any]:
        """Factor of the momentum, and how it is used."""
        return {"momentum_factor": self.momentum, "nesterov": self.nesterov}

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.multiply(ops.cast(gradient, variable.dtype), rate)
        if not self.momentum:
            variable.assign_sub(step)
            return
        velocity = self.slot("momentum", variable)
        moved = ops.subtract(ops.multiply(velocity, self.momentum), step)
        velocity.assign(moved)
        if self.nesterov:
            moved = ops.subtract(ops.multiply(moved, self.momentum), step)
        variable.assign_add(moved)
