"""Adam and AdamW.

References: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2014; Reddi et
al., "On the Convergence of Adam and Beyond", 2018 (amsgrad); Loshchilov and Hutter,
"Decoupled Weight Decay Regularization", 2019 (AdamW).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions, OtherOptimizerOptions
from keras.optimizers.parts.bias import correction
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class Adam(SlotOptimizer):
    """Steps of about the learning rate, by running means of gradients and squares.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        beta_1: how much of the mean of gradients stays with each step.
        beta_2: how much of the mean of squares stays with each step.
        epsilon: keeps the divisor from 0. It stands outside the bias correction: the
            "epsilon hat" of the paper.
        amsgrad: whether to divide by the largest mean of squares so far.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adam(learning_rate=0.5).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.5
    """

    fused_kernel = "fused_adam"
    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The two running means, and the largest second one for amsgrad."""
        return (*self.slots, ("velocity_hat",)) if self.amsgrad else self.slots

    def fused_arguments(self) -> dict[str, Any]:
        """The hyperparameters."""
        return {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}

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
        alpha = ops.divide(ops.multiply(rate, ops.sqrt(correction_2)), correction_1)
        momentum = self.slot("momentum", variable)
        velocity = self.slot("velocity", variable)
        off = ops.subtract(gradient, momentum)
        momentum.assign_add(ops.multiply(off, 1.0 - self.beta_1))
        off = ops.subtract(ops.square(gradient), velocity)
        velocity.assign_add(ops.multiply(off, 1.0 - self.beta_2))
        if self.amsgrad:
            largest = self.slot("velocity_hat", variable)
            largest.assign(ops.maximum(largest, velocity))
            velocity = largest
        divisor = ops.add(ops.sqrt(velocity), self.epsilon)
        variable.assign_sub(ops.divide(ops.multiply(momentum, alpha), divisor))


@public_class("keras.optimizers")
class AdamW(Adam):
    """Adam with weight decay that is not part of the gradient.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        weight_decay: share of each weight, times the learning rate, that is taken off
            with every step.
        beta_1: how much of the mean of gradients stays with each step.
        beta_2: how much of the mean of squares stays with each step.
        epsilon: keeps the divisor from 0.
        amsgrad: whether to divide by the largest mean of squares so far.
        **options: see `Optimizer`.

    Raises:
        ValueError: if `weight_decay` is None; Adam is that.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.AdamW(0.5, 0.0).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.5
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OtherOptimizerOptions],
    ) -> None:
        if weight_decay is None:
            raise ValueError(
                "`weight_decay` of AdamW must be a number. Received: None. "
                "For Adam without weight decay use keras.optimizers.Adam."
            )
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=weight_decay,
            **options,
        )
