"""`Optimizer`: from gradients to new values of variables.

A subclass is an `update_step` and the state it needs per variable (`slotted.py`). All
else (clipping, decay, averages, accumulation, loss scaling) is here and in `parts`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from operator import is_ as is_same
from typing import Any

from keras import ops
from keras.backends import backend_scope
from keras.backends.variable import Variable
from keras.core import naming, placement
from keras.core.errors import BackendError
from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.scopes import StatelessScope
from keras.core.serialization import serialize_keras_object
from keras.core.typing import Identifier, LearningRate, TensorLike
from keras.optimizers import schedules
from keras.optimizers.options import accepts_options, with_options
from keras.optimizers.parts import averaging
from keras.optimizers.parts.checks import (
    checked_frequency,
    checked_momentum,
    checked_rate,
    checked_steps,
)
from keras.optimizers.parts.clipping import make_clip
from keras.optimizers.parts.conditional import choose, is_open
from keras.optimizers.parts.decay import WeightDecay
from keras.optimizers.parts.mirror import HostMirror
from keras.optimizers.schedules.schedule import LearningRateSchedule
from keras.optimizers.state import OptimizerState, same_number


@public_class("keras.optimizers", module="keras")
class Optimizer(OptimizerState):
    """Base class of optimizers.

    Args:
        learning_rate: a number, a schedule, or a callable without arguments.
        weight_decay: share of each weight, times the learning rate, that is taken off
            with every step. None: no decay.
        clipnorm: the longest norm of each gradient.
        clipvalue: the largest size of each value of a gradient.
        global_clipnorm: the longest norm of all gradients together.
        use_ema: whether to keep an exponential moving average of the weights, which
            `finalize_variable_values` puts into them.
        ema_momentum: how much of the average stays with each step.
        ema_overwrite_frequency: after how many steps the average is put into the
            weights. None: only at the end of training.
        loss_scale_factor: factor on the loss in `scale_loss`, which is taken off the
            gradients again.
        gradient_accumulation_steps: how many calls of `apply` make one update, with
            the mean of their gradients.
        name: name of the optimizer; made from the class name by default.

    Example:

    >>> import keras
    >>> class Descent(keras.Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         variable.assign_sub(gradient * learning_rate)
    >>> weight = keras.Variable(3.0)
    >>> Descent(learning_rate=0.5).apply([keras.ops.array(2.0)], [weight])
    >>> float(weight.numpy())
    2.0
    """

    _on_own_backend = (
        "build",
        "apply",
        "apply_gradients",
        "update_step",
        "stateless_apply",
        "add_variable",
        "add_variable_from_reference",
        "add_optimizer_variables",
        "finalize_variable_values",
        "scale_loss",
        "set_weights",
        "save_own_variables",
        "load_own_variables",
    )
    _config_excluded = ("learning_rate",)
    _properties_in_files: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        init = cls.__dict__.get("__init__")
        if init is not None and accepts_options(init):
            cls.__init__ = with_options(init, Optimizer.__init__)

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("decay", None) is not None:
            warnings.warn(
                f"{type(self).__name__} has no argument `decay` any more; it is "
                "ignored. Learning rates that change are schedules: "
                "keras.optimizers.schedules.",
                stacklevel=3,
            )
        if kwargs:
            raise ValueError(
                f"{type(self).__name__} has no argument "
                f"{', '.join(map(repr, kwargs))}. "
                "Learning rates that change are schedules: "
                "keras.optimizers.schedules."
            )
        self.name = naming.name_of(name, self)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = checked_momentum(use_ema, ema_momentum)
        self.ema_overwrite_frequency = checked_frequency(
            use_ema, ema_overwrite_frequency
        )
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = checked_steps(gradient_accumulation_steps)
        self.built = False
        self._keras_clip = make_clip(clipnorm, global_clipnorm, clipvalue)
        self._keras_decay = WeightDecay()
        self._variables: list[Any] = []
        self._trainable_variables: list[Any] = []
        self._keras_index: dict[int, int] = {}
        self._keras_averages: list[Any] = []
        self._keras_accumulators: list[Any] = []
        self._learning_rate: Any = None
        self._rate_mirror: HostMirror | None = None
        self._iterations = self._keras_counter("iteration", 0, "int32")
        self._step_mirror = HostMirror(self._iterations)
        self._set_learning_rate(learning_rate)

    # Counting and the learning rate ---------------------------------------------

    @property
    def iterations(self) -> Any:
        """The number of updates done, an integer scalar."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The current learning rate: a Variable, or what the schedule gives now."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self.iterations)
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        return self._learning_rate()

    def _get_current_learning_rate(self) -> Any:
        """`learning_rate`, as optimizers in other packages read it."""
        return self.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        follows = isinstance(self._learning_rate, LearningRateSchedule)
        if follows and not callable(value) and not isinstance(value, Mapping):
            raise TypeError(
                f"Optimizer {self.name!r} was made with a schedule, so its learning "
                "rate cannot be set to a number. Make it with a number instead, or set "
                f"another schedule. Received: learning_rate={value!r}."
            )
        self._set_learning_rate(value)

    def _set_learning_rate(self, value: Any) -> None:
        old = self._learning_rate
        is_number = not callable(value) and not isinstance(value, Mapping)
        if isinstance(old, Variable) and is_number:
            with backend_scope(self._keras_backend):
                old.assign(value)
            return
        if isinstance(old, Variable):
            self._variables = [v for v in self._variables if v is not old]
        if is_number:
            if not hasattr(value, "shape"):
                value = checked_rate(value)
            with backend_scope(self._keras_backend):
                self._learning_rate = self._keras_counter(
                    "learning_rate", value, "float32"
                )
            # Second in line, wherever it is made.
            self._variables.insert(1, self._variables.pop())
            self._rate_mirror = HostMirror(self._learning_rate)
            return
        if isinstance(value, Mapping):
            value = schedules.deserialize(value)
        self._learning_rate = value
        self._rate_mirror = None

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the state for these variables; `apply` does it on first use.

        Args:
            variables: the variables to train.
        """
        if self.built:
            return
        variables = list(variables)
        self._check_backend(variables)
        self._trainable_variables = variables
        self._keras_index = {id(variable): i for i, variable in enumerate(variables)}
        self.built = True
        if self.use_ema:
            self._keras_averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._keras_accumulators = [
                self._keras_accumulator(variable) for variable in variables
            ]

    def _keras_accumulator(self, variable: Variable) -> Any:
        """The sum of a variable's gradients, which files have of every one."""
        made = self.add_variable_from_reference(variable, "gradient_accumulator")
        if made is not None:
            return made
        name = f"{variable.path}_gradient_accumulator".replace("/", "_")
        return self.add_variable(variable.shape, dtype=variable.dtype, name=name)

    def _check_backend(self, variables: list[Any]) -> None:
        for variable in variables:
            if (
                getattr(variable, "backend", self._keras_backend)
                is not self._keras_backend
            ):
                raise BackendError(
                    f"Optimizer {self.name!r} lives on the {self._keras_backend.name} "
                    f"backend, but the variable {variable.path!r} lives on "
                    f"{variable.backend.name}. Make the optimizer inside `with "
                    f"keras.backend_scope({variable.backend.name!r}):`."
                )

    # Applying gradients ----------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Any) -> Any:
        """Updates variables from `(gradient, variable)` pairs."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self._iterations

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Updates variables from gradients.

        Args:
            grads: a gradient, or None, for each variable.
            trainable_variables: the variables; those of `build` by default.

        Raises:
            ValueError: if all gradients are None, numbers differ, or a variable is
                not one that the optimizer was built for.
        """
        variables = self._variables_for(grads, trainable_variables)
        if placement.process.used:
            grads = placement.gradients_to_use(self._keras_backend, grads, variables)
        with self._keras_backend.update_scope():
            found, variables = self._with_gradients(list(grads), variables)
            if variables:
                self._keras_apply(found, variables)
            self._keras_count()

    def _variables_for(self, grads: Sequence[Any], given: Sequence[Any] | None) -> Any:
        if given is None:
            if not self.built:
                raise ValueError(
                    f"Optimizer {self.name!r} is not built yet. Pass "
                    "`trainable_variables`, or call `build(variables)` first."
                )
            given = self._trainable_variables
        else:
            given = list(given)
            if not self.built:
                self.build(given)
            mine = self._trainable_variables
            if len(given) != len(mine) or not all(map(is_same, given, mine)):
                for variable in given:
                    if id(variable) not in self._keras_index:
                        raise ValueError(self._unknown_variable(variable))
        if len(grads) != len(given):
            raise ValueError(
                f"Optimizer {self.name!r} received {len(grads)} gradients for "
                f"{len(given)} variables."
            )
        return given

    def _with_gradients(
        self, grads: list[Any], variables: Sequence[Any]
    ) -> tuple[Any, Any]:
        """Drops variables without gradient, and sets those it is to overwrite."""
        plain = True
        for gradient, variable in zip(grads, variables, strict=True):
            if gradient is None or variable._overwrite_with_gradient:
                plain = False
                break
        if plain:
            return grads, variables
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            names = ", ".join(v.path for v in variables)
            raise ValueError(
                f"No gradients for any of the variables {names}. Was the loss computed "
                "from them, and by differentiable ops?"
            )
        if len(pairs) < len(grads):
            missing = [
                v.path for g, v in zip(grads, variables, strict=True) if g is None
            ]
            warnings.warn(
                f"No gradients for the variables {', '.join(missing)}; they stay as "
                "they are.",
                stacklevel=5,
            )
        for gradient, variable in pairs:
            if variable._overwrite_with_gradient:
                variable.assign(gradient)
        pairs = [(g, v) for g, v in pairs if not v._overwrite_with_gradient]
        return [g for g, _ in pairs], [v for _, v in pairs]

    def _keras_apply(self, grads: list[Any], variables: Sequence[Any]) -> None:
        if self.loss_scale_factor is not None:
            grads = [ops.divide(g, self.loss_scale_factor) for g in grads]
        steps = self.gradient_accumulation_steps
        if not steps:
            self._keras_step(grads, variables)
        else:
            indices = [self._get_variable_index(v) for v in variables]
            sums = [self._keras_accumulators[i] for i in indices]

            def update() -> None:
                pairs = zip(grads, sums, strict=True)
                means = [ops.divide(ops.add(g, total), steps) for g, total in pairs]
                self._keras_step(means, variables)
                for total in sums:
                    total.assign(ops.zeros_like(total))

            def accumulate() -> None:
                for gradient, total in zip(grads, sums, strict=True):
                    total.assign_add(gradient)

            choose(self._is_due(steps), update, accumulate)
        if self.use_ema:
            self._keras_average()

    def _is_due(self, steps: int) -> Any:
        number = self._step_mirror.read() if is_open() else None
        if number is not None:
            return (number + 1) % steps == 0
        return ops.equal(ops.mod(ops.add(self._iterations, 1), steps), 0)

    def _keras_step(self, grads: list[Any], variables: Sequence[Any]) -> None:
        """One update of the variables: the heart of `apply`."""
        if self._keras_clip is not None:
            grads = self._keras_clip(grads)
        if not self._step_at_once(grads, variables):
            rate = self.learning_rate
            self.before_step()
            self.apply_weight_decay(variables, rate)
            for gradient, variable in zip(grads, variables, strict=True):
                self.update_step(gradient, variable, rate)
        for variable in variables:
            if variable._constraint is not None:
                variable.assign(variable._constraint(variable.value))

    def apply_weight_decay(
        self, variables: Sequence[Any], learning_rate: LearningRate
    ) -> None:
        """Takes its share off each variable that decays, before its update."""
        if self.weight_decay:
            self._keras_decay.apply(variables, self.weight_decay, learning_rate)

    def _step_at_once(self, grads: list[Any], variables: Sequence[Any]) -> bool:
        """Updates all variables in one call; False where that cannot be done."""
        return False

    def before_step(self) -> None:
        """Done once before the `update_step` of all variables; nothing by default."""

    def update_step(
        self, gradient: TensorLike, variable: Variable, learning_rate: LearningRate
    ) -> None:
        """Updates one variable; subclasses define it.

        Args:
            gradient: its gradient.
            variable: the variable, to be assigned to.
            learning_rate: the learning rate now, a scalar.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define "
            "`update_step(self, gradient, variable, learning_rate)`."
        )

    def _keras_count(self) -> None:
        number = self._step_mirror.read() if is_open() else None
        self._iterations.assign_add(1)
        if number is not None:
            self._step_mirror.wrote(number + 1)

    def _host_rate(self, step: int) -> float | None:
        """The learning rate as a Python number, where it is known on the host."""
        if self._rate_mirror is not None:
            return self._rate_mirror.read()
        schedule = self._learning_rate
        if isinstance(schedule, LearningRateSchedule):
            if not schedule.is_portable():
                return None
            with backend_scope("numpy"):
                return float(schedule(step))
        value = schedule()
        return float(value) if isinstance(value, (int, float)) else None

    # Averages, decay, scaling ------------------------------------------------------

    def _keras_average(self) -> None:
        variables, averages = zip(*averaging.averaged(self), strict=True)
        step = self.iterations
        averaging.update_averages(variables, averages, self.ema_momentum, step)
        if self.ema_overwrite_frequency:
            averaging.overwrite_sometimes(
                variables, averages, self.ema_overwrite_frequency, step
            )

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Puts the moving averages into the variables, if they are kept.

        Args:
            var_list: the variables to set.
        """
        if not self.use_ema:
            return
        for variable in var_list:
            average = self._keras_averages[self._get_variable_index(variable)]
            if average is not None:
                # A copy, so that no two variables hold one array.
                variable.assign(ops.copy(average.value))

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[Any] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Leaves variables out of weight decay.

        Args:
            var_list: the variables.
            var_names: regular expressions; variables in whose names one is found.

        Raises:
            ValueError: after the optimizer is built.
        """
        if self.built:
            raise ValueError(
                f"Optimizer {self.name!r} is built already; call "
                "`exclude_from_weight_decay` before the first step."
            )
        self._keras_decay.exclude(var_list or (), var_names or ())

    def scale_loss(self, loss: Identifier) -> Any:
        """The loss, times `loss_scale_factor`."""
        if self.loss_scale_factor is None:
            return loss
        return ops.multiply(loss, self.loss_scale_factor)

    # Without state -----------------------------------------------------------------

    def stateless_apply(
        self,
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> tuple[list[Any], list[Any]]:
        """What `apply` makes of given values, which are not changed.

        Args:
            optimizer_variables: a value for each of `variables`.
            grads: a gradient for each trainable variable.
            trainable_variables: a value for each variable of `build`.

        Returns:
            New values of the trainable variables, and of the optimizer's.

        Raises:
            ValueError: if the optimizer is not built, or numbers differ.
        """
        if not self.built:
            raise ValueError(
                f"Optimizer {self.name!r} must be built before `stateless_apply`: call "
                "`optimizer.build(model.trainable_variables)`."
            )
        mine, weights = self.variables, self._trainable_variables
        same_number("optimizer_variables", optimizer_variables, mine, self.name)
        same_number("trainable_variables", trainable_variables, weights, self.name)
        mapping = [
            *zip(weights, trainable_variables, strict=True),
            *zip(mine, optimizer_variables, strict=True),
        ]
        with StatelessScope(mapping) as scope:
            self.apply(grads)
        return (
            [scope.get_current_value(variable) for variable in weights],
            [scope.get_current_value(variable) for variable in mine],
        )

    # State and config ----------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, without its state."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            rate = float(rate.numpy())
        else:
            rate = serialize_keras_object(rate)
        config = super().get_config()
        if "name" in config:
            config = {"name": config.pop("name"), "learning_rate": rate, **config}
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """An optimizer made from what `get_config` returned."""
        with CustomObjectScope(custom_objects):
            return super().from_config(config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
