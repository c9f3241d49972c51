"""Muon: momentum whose matrices are made orthogonal; AdamW for all that is no matrix.

References: Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024; Liu
et al., "Muon is Scalable for LLM Training", 2025 (the scale of updates).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.patterns import check_pattern
from keras.core.typing import LearningRate, TensorLike
from keras.optimizers.options import OtherOptimizerOptions
from keras.optimizers.parts.bias import correction
from keras.optimizers.slotted import SlotOptimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class Muon(SlotOptimizer):
    """Orthogonal momentum for matrices, AdamW for everything else.

    Matrices are variables of two dimensions; embeddings and layers that are excluded
    take AdamW too.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        adam_beta_1: `beta_1` of AdamW.
        adam_beta_2: `beta_2` of AdamW.
        adam_weight_decay: weight decay of AdamW.
        epsilon: keeps the divisor of AdamW from 0.
        weight_decay: weight decay of matrices.
        exclude_layers: regular expressions; variables in whose paths one is found take
            AdamW.
        exclude_embeddings: whether variables with "embedding" in their path do.
        muon_a: factor of the first power in the Newton-Schulz iteration.
        muon_b: factor of the third power.
        muon_c: factor of the fifth power.
        adam_lr_ratio: learning rate of AdamW, as a share of the other.
        momentum: how much of the sum of gradients stays with each step.
        ns_steps: number of Newton-Schulz iterations.
        nesterov: whether to look ahead along the momentum.
        rms_rate: size of updates: they are scaled by this times the root of the larger
            dimension. None: they are not scaled.
        **options: see `Optimizer`.

    Example:

    >>> import keras
    >>> weight = keras.Variable([[1.0, 0.0], [0.0, 1.0]])
    >>> keras.optimizers.Muon(0.1).apply([keras.ops.eye(2)], [weight])
    >>> bool(weight.numpy()[0, 0] < 1.0)
    True
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Unpack[OtherOptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or ())
        for pattern in self.exclude_layers:
            check_pattern(pattern)
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def uses_adam(self, variable: Variable) -> bool:
        """Whether a variable takes AdamW."""
        path = variable.path
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in path.lower():
            return True
        return any(re.search(pattern, path) for pattern in self.exclude_layers)

    def build(self, var_list: Sequence[Any]) -> None:
        """Makes the momentum of all variables, and the squares of those of AdamW."""
        if self.built:
            return
        super().build(var_list)
        momenta, velocities = [], []
        for variable in var_list:
            momenta.append(self.add_variable_from_reference(variable, "momentum"))
            adam = self.uses_adam(variable)
            velocities.append(
                self.add_variable_from_reference(variable, "velocity") if adam else None
            )
        self._keras_slots.update(momentum=momenta, velocity=velocities)

    def apply_weight_decay(
        self, variables: Sequence[Any], learning_rate: LearningRate
    ) -> None:
        """Each kind of variable has a decay of its own."""
        for variable in variables:
            adam = self.uses_adam(variable)
            rate = self.adam_weight_decay if adam else self.weight_decay
            if rate:
                self._keras_decay.apply([variable], rate, learning_rate)

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        if self.slot("velocity", variable) is not None:
            self._adam_step(gradient, variable, ops.multiply(rate, self.adam_lr_ratio))
            return
        total = self.slot("momentum", variable)
        total.assign(ops.add(ops.multiply(total, self.momentum), gradient))
        ahead = total.value
        if self.nesterov:
            ahead = ops.add(ops.multiply(total, self.momentum), gradient)
        update = self.lr_adjust(self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        variable.assign_sub(ops.multiply(update, rate))

    def _adam_step(self, gradient: TensorLike, variable: Variable, rate: Any) -> None:
        dtype = variable.dtype
        step = ops.add(self.iterations, 1)
        correction_1 = correction(self.adam_beta_1, step, dtype)
        correction_2 = correction(self.adam_beta_2, step, dtype)
        alpha = ops.divide(ops.multiply(rate, ops.sqrt(correction_2)), correction_1)
        mean = self.slot("momentum", variable)
        squares = self.slot("velocity", variable)
        off = ops.subtract(gradient, mean)
        mean.assign_add(ops.multiply(off, 1.0 - self.adam_beta_1))
        off = ops.subtract(ops.square(gradient), squares)
        squares.assign_add(ops.multiply(off, 1.0 - self.adam_beta_2))
        divisor = ops.add(ops.sqrt(squares), self.epsilon)
        variable.assign_sub(ops.divide(ops.multiply(mean, alpha), divisor))

    def lr_adjust(self, x: TensorLike) -> Any:
        """An orthogonal update, scaled to about the size of AdamW's updates.

        Args:
            x: the update, of two or more dimensions.
        """
        if self.rms_rate is None:
            return x
        larger = max(x.shape[0], x.shape[1])
        return ops.multiply(x, self.rms_rate * larger**0.5)

    def transpose_last_axis(self, X: Any) -> Any:
        """The tensor with its last two axes swapped."""
        return ops.swapaxes(X, -1, -2)

    def zeropower_via_newtonschulz5(self, x: TensorLike, steps: int) -> Any:
        """Brings all singular values of a matrix near 1, without working them out.

        Args:
            x: a matrix, or a stack of them.
            steps: number of iterations of a polynomial of degree five.
        """
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else ops.convert_to_tensor(x)
        squares = ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)
        x = ops.divide(x, ops.add(ops.sqrt(squares), 1e-7))
        for _ in range(steps):
            square = ops.matmul(x, self.transpose_last_axis(x))
            fourth = ops.matmul(square, square)
            factor = ops.add(
                ops.multiply(square, self.muon_b), ops.multiply(fourth, self.muon_c)
            )
            x = ops.add(ops.multiply(x, self.muon_a), ops.matmul(factor, x))
        return self.transpose_last_axis(x) if tall else x
