"""FTRL: follow the regularized leader, for sparse models.

Reference: McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013.
"""

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
class Ftrl(SlotOptimizer):
    """Weights worked out anew from the sum of all gradients, with L1 and L2 penalties.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        learning_rate_power: how rates fall with the sum of squares, at most 0; 0
            keeps them.
        initial_accumulator_value: what the sum of squares starts at, not negative.
        l1_regularization_strength: factor of the L1 penalty, not negative.
        l2_regularization_strength: factor of the L2 penalty, not negative.
        l2_shrinkage_regularization_strength: factor of an L2 penalty on the size of
            steps, not negative.
        beta: added to the L2 penalty as `beta / (2 * learning_rate)`.
        **options: see `Optimizer`.

    Raises:
        ValueError: for values outside of these.

    Example:

    >>> import keras
    >>> weight = keras.Variable(0.0)
    >>> keras.optimizers.Ftrl(0.5).apply([keras.ops.array(3.0)], [weight])
    >>> float(weight.numpy()) < 0
    True
    """

    slots = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        if learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` of Ftrl must not be above 0. "
                f"Received: learning_rate_power={learning_rate_power}."
            )
        shrinkage = l2_shrinkage_regularization_strength
        at_least_zero = {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": shrinkage,
        }
        for name, value in at_least_zero.items():
            if value < 0:
                raise ValueError(
                    f"`{name}` of Ftrl must not be negative. Received: {name}={value}."
                )
            setattr(self, name, value)
        self.learning_rate_power = learning_rate_power
        self.beta = beta
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength
        self._shrinkage = shrinkage

    def initial_slot(self, name: str) -> Any:
        """The value that the sum of squares starts at; zero for the other slot."""
        if name == "linear":
            return "zeros"
        return initializers.Constant(self.initial_accumulator_value)

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        squares = self.slot("accumulator", variable)
        linear = self.slot("linear", variable)
        shrunk = gradient
        if self._shrinkage:
            shrunk = ops.add(gradient, ops.multiply(variable, 2 * self._shrinkage))
        more = ops.add(squares, ops.square(gradient))
        power = -self.learning_rate_power
        raised, raised_before = ops.power(more, power), ops.power(squares, power)
        change = ops.divide(ops.subtract(raised, raised_before), rate)
        linear.assign_add(ops.subtract(shrunk, ops.multiply(change, variable)))
        penalty = ops.add(ops.divide(self.beta, rate), 2 * self._l2)
        quadratic = ops.add(ops.divide(raised, rate), penalty)
        inside = ops.clip(linear, -self._l1, self._l1)
        variable.assign(ops.divide(ops.subtract(inside, linear), quadratic))
        squares.assign(more)
