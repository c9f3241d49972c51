"""Dynamic loss scaling, for float16 gradients that would round to zero.

Reference: Micikevicius et al., "Mixed Precision Training", 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.core import placement, tree
from keras.core.facts import public_class
from keras.core.serialization import serialize_keras_object
from keras.core.typing import Identifier
from keras.optimizers.optimizer import Optimizer
from keras.optimizers.options import OPTION_NAMES
from keras.optimizers.parts.conditional import choose


@public_class("keras.optimizers")
class LossScaleOptimizer(Optimizer):
    """Another optimizer, with the loss scaled up and gradients scaled down again.

    The factor doubles after so many steps of finite gradients. A step with gradients
    that are not finite is left out, and the factor is halved.

    Args:
        inner_optimizer: the optimizer that does the updates.
        initial_scale: what the factor starts at.
        dynamic_growth_steps: after how many finite steps it doubles.
        name: name of the optimizer.
        **kwargs: `dynamic=True`, from Keras 2; clipping, decay and the like are the
            inner optimizer's.

    The `loss_scale_factor` of the inner optimizer becomes None: this one takes over.
    The gradient of a variable with `overwrite_with_gradient` is assigned as it is.

    Raises:
        ValueError: for arguments that are the inner optimizer's.

    Example:

    >>> import keras
    >>> optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), 8.0)
    >>> weight = keras.Variable(3.0)
    >>> optimizer.build([weight])
    >>> float(optimizer.scale_loss(keras.ops.array(2.0)))
    16.0
    >>> optimizer.apply([keras.ops.array(16.0)], [weight])
    >>> float(weight.numpy())
    2.0
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(
                "LossScaleOptimizer wraps a keras.optimizers.Optimizer. Received: "
                f"inner_optimizer={inner_optimizer!r}."
            )
        _check_arguments(kwargs)
        # The learning rate is the inner optimizer's; this one keeps its place in files.
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        inner_optimizer.loss_scale_factor = None
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps

    def build(self, var_list: Sequence[Any]) -> None:
        """Makes the factor, the counter of finite steps and the inner state."""
        if self.built:
            return
        super().build(var_list)
        self.step_counter = self._keras_counter("step_counter", 0, "int32")
        self.dynamic_scale = self._keras_counter(
            "dynamic_scale", self.initial_scale, "float32"
        )
        self.inner_optimizer.build(var_list)

    def _keras_rebind(self, copies: dict[int, Any]) -> None:
        super()._keras_rebind(copies)
        self.inner_optimizer._keras_rebind(copies)

    @property
    def variables(self) -> list[Any]:
        """The state, with that of the inner optimizer after it."""
        return [*self._variables, *self.inner_optimizer.variables]

    def unwritten_in_keras_2(self, iterations: int) -> list[tuple[Any, Any]]:
        """All of its own, and what is not written of the inner optimizer's.

        Args:
            iterations: how many updates the file says were done.
        """
        own = [(variable, variable.value) for variable in self._variables]
        return [*own, *self.inner_optimizer.unwritten_in_keras_2(iterations)]

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Updates variables from gradients of the scaled loss.

        Args:
            grads: a gradient, or None, for each variable.
            trainable_variables: the variables; those of `build` by default.
        """
        variables = list(self._variables_for(grads, trainable_variables))
        if placement.process.used:  # all replicas must find the same
            grads = placement.gradients_to_use(self._keras_backend, grads, variables)
        with self._keras_backend.update_scope():
            scale = self.dynamic_scale.value

            def update() -> None:
                unscaled = [
                    g
                    if g is None or variable._overwrite_with_gradient
                    else ops.divide(g, ops.cast(scale, g.dtype))
                    for g, variable in zip(grads, variables, strict=True)
                ]
                self.inner_optimizer.apply(unscaled, variables)
                self._grow()

            choose(self.check_finite(grads), update, self._shrink)

    def _grow(self) -> None:
        count = ops.add(self.step_counter, 1)
        due = ops.greater_equal(count, self.dynamic_growth_steps)
        scale = self.dynamic_scale
        scale.assign(ops.where(due, ops.multiply(scale, 2.0), scale))
        self.step_counter.assign(ops.where(due, ops.zeros_like(count), count))

    def _shrink(self) -> None:
        self.step_counter.assign(ops.zeros_like(self.step_counter))
        self.dynamic_scale.assign(ops.divide(self.dynamic_scale, 2.0))

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether all values of all gradients are finite, a boolean scalar."""
        found = [g for g in tree.flatten(list(grads)) if g is not None]
        # A sum is finite only if all its terms are.
        total = ops.sum(found[0])
        for gradient in found[1:]:
            total = ops.add(total, ops.cast(ops.sum(gradient), total.dtype))
        return ops.isfinite(total)

    def scale_loss(self, loss: Identifier) -> Any:
        """The loss, times the factor."""
        scale = self.dynamic_scale if self.built else self.initial_scale
        return ops.multiply(loss, scale)

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> Any:
        """The number of updates done by the inner optimizer."""
        return self.inner_optimizer.iterations

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Has the inner optimizer put its averages into the variables."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[Any] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Leaves variables out of the inner optimizer's weight decay."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, without its state."""
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }


def _check_arguments(given: dict[str, Any]) -> None:
    """Refuses what belongs to the inner optimizer, or to nobody."""
    given = dict(given)
    if not given.pop("dynamic", True):
        raise ValueError(
            "LossScaleOptimizer is dynamic: it has no `dynamic=False`. Set "
            "`loss_scale_factor` of the optimizer inside for a fixed factor."
        )
    for name, value in given.items():
        if name not in OPTION_NAMES:
            raise ValueError(
                f"LossScaleOptimizer has no argument {name!r}. Received: "
                f"{name}={value!r}."
            )
        if value is not None:
            raise ValueError(
                f"LossScaleOptimizer takes no `{name}`: set it on the optimizer "
                f"inside. Received: {name}={value!r}."
            )
