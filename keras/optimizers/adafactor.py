"""Adafactor: Adam with the memory of rows and columns instead of whole matrices.

Reference: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory
Cost", 2018.
"""

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
class Adafactor(SlotOptimizer):
    """Gradients divided by mean squares that are kept for rows and columns only.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        beta_2_decay: how fast the mean of squares becomes long, usually -0.8.
        epsilon_1: added to squares of gradients.
        epsilon_2: the smallest scale of a weight tensor.
        clip_threshold: the largest root mean square of a step.
        relative_step: kept for compatibility: the learning rate never is above
            `1 / sqrt(step)`, whatever is said here.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable([[1.0, 1.0]])
    >>> keras.optimizers.Adafactor(0.5).apply([keras.ops.ones((1, 2))], [weight])
    >>> [round(float(x), 4) for x in weight.numpy()[0]]
    [0.5, 0.5]
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, var_list: Sequence[Any]) -> None:
        """Makes the means of rows and of columns, or of all where there are none.

        All three are there for every variable, as in Keras 3's files; those that are
        not used are scalars.
        """
        if self.built:
            return
        super().build(var_list)
        rows, columns, values = [], [], []
        for variable in var_list:
            shape, name = tuple(variable.shape), variable.path.replace("/", "_")
            if len(shape) < 2:
                rows.append(self.add_variable((), dtype="int32", name=f"{name}_row"))
                columns.append(
                    self.add_variable((), dtype="int32", name=f"{name}_column")
                )
            else:
                by_row, by_column = shape[:-1], (*shape[:-2], shape[-1])
                dtype = variable.dtype
                rows.append(self.add_variable(by_row, dtype=dtype, name=f"{name}_row"))
                columns.append(
                    self.add_variable(by_column, dtype=dtype, name=f"{name}_column")
                )
            values.append(self.add_variable_from_reference(variable, "velocity"))
        self._keras_slots.update(row=rows, column=columns, velocity=values)

    def unwritten_in_keras_2(self, iterations: int) -> list[tuple[Any, Any]]:
        """The learning rate, and the scalars that stand for no rows and columns.

        Args:
            iterations: how many updates the file says were done.
        """
        means = [*self._keras_slots["row"], *self._keras_slots["column"]]
        scalars = [(one, one.value) for one in means if not one.shape]
        return [*super().unwritten_in_keras_2(iterations), *scalars]

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        dtype = variable.dtype
        rate = ops.cast(learning_rate, dtype)
        gradient = ops.cast(gradient, dtype)
        step = ops.cast(ops.add(self.iterations, 1), dtype)
        # As in Keras 3, also where `relative_step` is False.
        rate = ops.minimum(rate, ops.divide(1.0, ops.sqrt(step)))
        size = ops.maximum(_rms(variable), self.epsilon_2)
        keep = ops.subtract(1.0, ops.power(step, self.beta_2_decay))
        squares = ops.add(ops.square(gradient), self.epsilon_1)
        mean = self._mean_squares(variable, squares, keep)
        direction = ops.divide(gradient, ops.sqrt(mean))
        excess = ops.maximum(ops.divide(_rms(direction), self.clip_threshold), 1.0)
        factor = ops.divide(ops.multiply(size, rate), excess)
        variable.assign_sub(ops.multiply(direction, factor))

    def _mean_squares(self, variable: Variable, squares: Any, keep: Any) -> Any:
        if len(variable.shape) < 2:
            values = self.slot("velocity", variable)
            values.assign(_blend(values, squares, keep))
            return values
        rows, columns = self.slot("row", variable), self.slot("column", variable)
        rows.assign(_blend(rows, ops.mean(squares, axis=-1), keep))
        columns.assign(_blend(columns, ops.mean(squares, axis=-2), keep))
        share = ops.divide(rows, ops.mean(rows, axis=-1, keepdims=True))
        outer = ops.multiply(ops.expand_dims(share, -1), ops.expand_dims(columns, -2))
        self.slot("velocity", variable).assign(outer)
        return outer


def _blend(old: Any, new: Any, keep: Any) -> Any:
    return ops.add(ops.multiply(old, keep), ops.multiply(new, ops.subtract(1.0, keep)))


def _rms(x: TensorLike) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
