"""Adagrad and Adadelta: learning rates for each weight, by its past gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from keras import initializers, ops
from keras.core.facts import public_class
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OptimizerOptions
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class Adagrad(SlotOptimizer):
    """Gradients divided by the root of the sum of their squares so far.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        initial_accumulator_value: what the sum of squares starts at, not negative.
        epsilon: keeps the divisor from 0.
        **options: see `Optimizer`.

    Reference:
        Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic
        Optimization", 2011.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> optimizer = keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.0)
    >>> optimizer.apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.5
    """

    slots = (("accumulator",),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def initial_slot(self, name: str) -> Any:
        """The value that the sum of squares starts at."""
        return initializers.Constant(self.initial_accumulator_value)

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        squares = self.slot("accumulator", variable)
        squares.assign_add(ops.square(gradient))
        divisor = ops.sqrt(ops.add(squares, self.epsilon))
        variable.assign_sub(ops.divide(ops.multiply(gradient, rate), divisor))


@public_class("keras.optimizers")
class Adadelta(SlotOptimizer):
    """Steps in proportion to past steps, divided by past gradients.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        rho: how much of the running means of squares stays with each step.
        epsilon: added to the means under the root.
        **options: see `Optimizer`.

    Reference:
        Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012.

    Example:

    >>> import keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adadelta(1.0).apply([keras.ops.array(3.0)], [weight])
    >>> float(weight.numpy()) < 1.0
    True
    """

    slots = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.epsilon = epsilon

    def update_step(
        self, grad: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(grad, variable.dtype)
        squares = self.slot("accumulated_grad", variable)
        steps = self.slot("accumulated_delta_var", variable)
        squares.assign(self._blend(squares, ops.square(gradient)))
        step = ops.multiply(
            gradient, ops.divide(self._root(steps), self._root(squares))
        )
        steps.assign(self._blend(steps, ops.square(step)))
        variable.assign_sub(ops.multiply(step, rate))

    def _root(self, mean: TensorLike) -> Any:
        return ops.sqrt(ops.add(mean, self.epsilon))

    def _blend(self, old: Any, new: Any) -> Any:
        return ops.add(ops.multiply(old, self.rho), ops.multiply(new, 1 - self.rho))
