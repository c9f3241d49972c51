"""`Optimizer`: from gradients to new values of variables.

A subclass is an `update_step` and the slots it needs per variable. All else (building,
clipping, decay, averages, accumulation, loss scaling, state) is here and in `parts`.

Where the backend has a fused kernel for an optimizer, an eager step takes one call for
all variables. It is used only while `update_step` is the one that the kernel stands for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from keras import initializers, ops
from keras.backends import backend_scope
from keras.backends.bound import BackendBound
from keras.backends.variable import Variable
from keras.core import naming
from keras.core.scopes import StatelessScope
from keras.optimizers.options import accepts_options, with_options
from keras.optimizers.parts import averaging
from keras.optimizers.parts.clipping import make_clip
from keras.optimizers.parts.conditional import choose, is_open
from keras.optimizers.parts.decay import WeightDecay
from keras.optimizers.parts.mirror import HostMirror
from keras.optimizers.schedules.schedule import LearningRateSchedule


class Optimizer(BackendBound):
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

    # Names of the state that each variable has, in groups: the variables of a group
    # stand side by side for each weight, one group follows another.
    slots: ClassVar[tuple[tuple[str, ...], ...]] = ()
    # The backend function that stands for `update_step`, of the class that says so.
    fused_kernel: ClassVar[str | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        init = cls.__dict__.get("__init__")
        if init is not None and accepts_options(init):
            cls.__init__ = with_options(init, Optimizer.__init__)  # type: ignore[method-assign]

    def __init__(
        self,
        learning_rate: Any,
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
        if kwargs:
            raise ValueError(
                f"{type(self).__name__} has no argument {', '.join(map(repr, kwargs))}. "
                "Learning rates that change are schedules: "
                "keras.optimizers.schedules."
            )
        self.name = naming.name_of(name, self)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = _checked_momentum(use_ema, ema_momentum)
        self.ema_overwrite_frequency = _checked_frequency(
            use_ema, ema_overwrite_frequency
        )
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = _checked_steps(gradient_accumulation_steps)
        self.built = False
        self._clip = make_clip(clipnorm, global_clipnorm, clipvalue)
        self._decay = WeightDecay()
        self._variables: list[Any] = []
        self._trainable_variables: list[Any] = []
        self._index: dict[int, int] = {}
        self._slots: dict[str, list[Any]] = {}
        self._averages: list[Any] = []
        self._accumulators: list[Any] = []
        self._last_seen: Any = None
        self._learning_rate: Any = None
        self._rate_mirror: HostMirror | None = None
        self._iterations = self._counter("iteration", 0, "int32")
        self._step_mirror = HostMirror(self._iterations)
        self._set_learning_rate(learning_rate)

    # Counting and the learning rate ---------------------------------------------

    def _counter(self, name: str, value: Any, dtype: str) -> Any:
        with naming.name_scope(_scope_name(self.name)):
            variable = Variable(
                value,
                dtype=dtype,
                trainable=False,
                name=name,
                aggregation="only_first_replica",
            )
        self._variables.append(variable)
        return variable

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

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._set_learning_rate(value)

    def _set_learning_rate(self, value: Any) -> None:
        old = self._learning_rate
        is_number = not callable(value) and not isinstance(value, Mapping)
        if isinstance(old, Variable) and is_number:
            with backend_scope(self._backend):
                old.assign(value)
            return
        if isinstance(old, Variable):
            self._variables = [v for v in self._variables if v is not old]
        if is_number:
            if not hasattr(value, "shape"):
                value = _checked_rate(value)
            with backend_scope(self._backend):
                self._learning_rate = self._counter("learning_rate", value, "float32")
            # Second in line, wherever it is made.
            self._variables.insert(1, self._variables.pop())
            self._rate_mirror = HostMirror(self._learning_rate)
            return
        if isinstance(value, Mapping):
            from keras.optimizers import schedules

            value = schedules.deserialize(value)
        self._learning_rate = value
        self._rate_mirror = None

    # Variables -------------------------------------------------------------------

    @property
    def variables(self) -> list[Any]:
        """Everything that is the optimizer's state, in the order it is saved in."""
        return list(self._variables)

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the state for these variables; `apply` does it on first use.

        Args:
            variables: the variables to train.
        """
        if self.built:
            return
        variables = list(variables)
        self._trainable_variables = variables
        self._index = {id(variable): i for i, variable in enumerate(variables)}
        self.built = True
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = self.add_optimizer_variables(
                variables, "gradient_accumulator"
            )
        for group in self.slot_groups():
            initial = [self.initial_slot(name) for name in group]
            made = self.add_optimizer_variables(variables, group, initial)
            self._slots.update(zip(group, made, strict=True))

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups of slots that this instance needs; `slots` by default."""
        return self.slots

    def initial_slot(self, name: str) -> Any:
        """The initializer of a slot: zeros by default."""
        return "zeros"

    def slot(self, name: str, variable: Any) -> Any:
        """The state of that name which belongs to a variable."""
        return self._slots[name][self._get_variable_index(variable)]

    def _get_variable_index(self, variable: Any) -> int:
        index = self._index.get(id(variable))
        if index is None:
            raise ValueError(self._unknown_variable(variable))
        return index

    def _unknown_variable(self, variable: Any) -> str:
        known = ", ".join(v.path for v in self._trainable_variables[:8])
        return (
            f"Optimizer {self.name!r} does not know the variable "
            f"{getattr(variable, 'path', variable)!r}. It was built for: {known}. "
            "Make a new optimizer for other variables, or call `build` with all of "
            "them before the first `apply`."
        )

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Any:
        """Makes a variable that is part of the state.

        Args:
            shape: its shape.
            initializer: its first value: a name, a tensor or a callable.
            dtype: its dtype, `floatx()` by default.
            aggregation: how values of replicas are joined.
            layout: its layout on a device mesh.
            name: its name.
        """
        if isinstance(initializer, str):
            initializer = initializers.get(initializer)
        with naming.name_scope(_scope_name(self.name)):
            variable = Variable(
                initializer,
                shape=tuple(shape),
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                layout=layout,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self,
        reference_variable: Any,
        name: str | None = None,
        initializer: Any = "zeros",
    ) -> Any:
        """Makes a variable of the shape and dtype of another.

        Args:
            reference_variable: the weight that the state belongs to.
            name: what the state is; its name is that of the weight with this added.
            initializer: its first value.
        """
        path = getattr(reference_variable, "path", None) or reference_variable.name
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            layout=getattr(reference_variable, "_layout", None),
            name=f"{path}_{name or 'slot'}".replace("/", "_"),
        )

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Any], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """Makes state for each of the variables.

        Args:
            trainable_variables: the weights.
            name: what the state is, or several names.
            initializer: its first value, or one for each name.

        Returns:
            A list of variables; a tuple of lists for several names.
        """
        names = [name] if isinstance(name, str) else list(name)
        if isinstance(initializer, (list, tuple)):
            first = list(initializer)
        else:
            first = [initializer] * len(names)
        made: tuple[list[Any], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for values, what, start in zip(made, names, first, strict=True):
                values.append(self.add_variable_from_reference(variable, what, start))
        return made[0] if isinstance(name, str) else made

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
        with self._backend.update_scope():
            grads, variables = self._with_gradients(list(grads), variables)
            if variables:
                self._apply(grads, variables)
            self._count()

    def _variables_for(self, grads: Sequence[Any], given: Sequence[Any] | None) -> Any:
        if given is None:
            if not self.built:
                raise ValueError(
                    f"Optimizer {self.name!r} is not built yet. Pass "
                    "`trainable_variables`, or call `build(variables)` first."
                )
            given = self._trainable_variables
        elif given is not self._last_seen:
            given = list(given)
            if not self.built:
                self.build(given)
            for variable in given:
                if id(variable) not in self._index:
                    raise ValueError(self._unknown_variable(variable))
        if len(grads) != len(given):
            raise ValueError(
                f"Optimizer {self.name!r} received {len(grads)} gradients for "
                f"{len(given)} variables."
            )
        return given

    def _with_gradients(self, grads: list[Any], variables: Any) -> tuple[Any, Any]:
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

    def _apply(self, grads: list[Any], variables: Any) -> None:
        if self.loss_scale_factor is not None:
            grads = [ops.divide(g, self.loss_scale_factor) for g in grads]
        steps = self.gradient_accumulation_steps
        if not steps:
            self._step(grads, variables)
        else:
            indices = [self._get_variable_index(v) for v in variables]
            sums = [self._accumulators[i] for i in indices]

            def update() -> None:
                pairs = zip(grads, sums, strict=True)
                means = [ops.divide(ops.add(g, total), steps) for g, total in pairs]
                self._step(means, variables)
                for total in sums:
                    total.assign(ops.zeros_like(total))

            def accumulate() -> None:
                for gradient, total in zip(grads, sums, strict=True):
                    total.assign_add(gradient)

            choose(self._is_due(steps), update, accumulate)
        if self.use_ema:
            self._average()

    def _is_due(self, steps: int) -> Any:
        number = self._step_mirror.read() if is_open() else None
        if number is not None:
            return (number + 1) % steps == 0
        return ops.equal(ops.mod(ops.add(self._iterations, 1), steps), 0)

    def _step(self, grads: list[Any], variables: Any) -> None:
        """One update of the variables: the heart of `apply`."""
        if self._clip is not None:
            grads = self._clip(grads)
        if not self._fused_step(grads, variables):
            rate = self.learning_rate
            self.before_step()
            self.apply_weight_decay(variables, rate)
            for gradient, variable in zip(grads, variables, strict=True):
                self.update_step(gradient, variable, rate)
        for variable in variables:
            if variable._constraint is not None:
                variable.assign(variable._constraint(variable.value))

    def apply_weight_decay(self, variables: Sequence[Any], learning_rate: Any) -> None:
        """Takes its share off each variable that decays, before its update."""
        if self.weight_decay:
            self._decay.apply(variables, self.weight_decay, learning_rate)

    def before_step(self) -> None:
        """Done once before the `update_step` of all variables; nothing by default."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
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

    def _count(self) -> None:
        number = self._step_mirror.read() if is_open() else None
        self._iterations.assign_add(1)
        if number is not None:
            self._step_mirror.wrote(number + 1)

    # The fused path --------------------------------------------------------------

    def fused_arguments(self) -> dict[str, Any] | None:
        """Hyperparameters for the fused kernel; None where it does not fit."""
        return {}

    def _kernel(self) -> Callable[..., bool] | None:
        """The backend's kernel, if it stands for this class's `update_step`."""
        if self.fused_kernel is None:
            return None
        for cls in type(self).__mro__:
            if "update_step" in cls.__dict__:
                if "fused_kernel" not in cls.__dict__:
                    return None
                return self._backend.__dict__.get(self.fused_kernel)
        return None

    def _fused_step(self, grads: list[Any], variables: Any) -> bool:
        """Updates all variables in one call; False where that cannot be done."""
        kernel = self._kernel()
        if kernel is None or not is_open():
            return False
        arguments = self.fused_arguments()
        step = self._step_mirror.read()
        if arguments is None or step is None:
            return False
        step = step // (self.gradient_accumulation_steps or 1)
        rate = self._host_rate(step)
        if rate is None:
            return False
        indices = [self._index[id(variable)] for variable in variables]
        names = [name for group in self.slot_groups() for name in group]
        slots = {name: [self._slots[name][i] for i in indices] for name in names}
        decayed: list[Any] = []
        if self.weight_decay:
            decayed = [v for v in variables if self._decay.applies_to(v)]
        return kernel(
            variables,
            grads,
            decayed,
            step=step + 1,
            learning_rate=rate,
            weight_decay=self.weight_decay or 0.0,
            **slots,
            **arguments,
        )

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

    def _average(self) -> None:
        variables, averages = self._trainable_variables, self._averages
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
            variable.assign(self._averages[self._get_variable_index(variable)].value)

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
        self._decay.exclude(var_list or (), var_names or ())

    def scale_loss(self, loss: Any) -> Any:
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
        """As `apply`, on given values, which are not changed.

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
        _same_number("optimizer_variables", optimizer_variables, mine, self.name)
        _same_number("trainable_variables", trainable_variables, weights, self.name)
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

    # What Keras 3 optimizers offer to their subclasses -------------------------------

    def assign(self, variable: Any, value: Any) -> None:
        """Overwrites a variable."""
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """Adds to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Subtracts from a variable."""
        variable.assign_sub(value)

    # State and config ----------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrites the state.

        Args:
            weights: an array for each of `variables`.
        """
        variables = self.variables
        _same_number("weights", weights, variables, self.name)
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store: Any) -> None:
        """Puts the state into a mapping, as arrays under "0", "1", …"""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Takes the state from a mapping; of another number of arrays it takes none."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"Optimizer {self.name!r} has {len(variables)} variables, but the saved "
                f"one has {len(store.keys())}: its state is not loaded.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, without its state."""
        from keras.core.serialization import serialize_keras_object

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
        from keras.core.registry import CustomObjectScope

        with CustomObjectScope(custom_objects):
            return super().from_config(config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _scope_name(name: str) -> str:
    return name.replace("/", ">")


def _same_number(what: str, values: Any, variables: Sequence[Any], name: str) -> None:
    if len(values) != len(variables):
        raise ValueError(
            f"Optimizer {name!r} has {len(variables)} variables for `{what}`. "
            f"Received: {len(values)} values."
        )


def _checked_rate(value: Any) -> float:
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float)):
        raise ValueError(
            "`learning_rate` must be a number, a "
            "keras.optimizers.schedules.LearningRateSchedule, or a callable without "
            f"arguments. Received: {value!r}."
        )
    return float(value)


def _checked_momentum(use_ema: bool, momentum: float) -> float:
    if use_ema and not 0 <= momentum <= 1:
        raise ValueError(
            "`ema_momentum` must lie between 0 and 1. "
            f"Received: ema_momentum={momentum}."
        )
    return momentum


def _checked_frequency(use_ema: bool, frequency: int | None) -> int | None:
    if use_ema and frequency is not None:
        if not isinstance(frequency, int) or frequency < 1:
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer above 0, or None. "
                f"Received: ema_overwrite_frequency={frequency}."
            )
    return frequency


def _checked_steps(steps: int | None) -> int | None:
    if steps is not None and (not isinstance(steps, int) or steps < 2):
        raise ValueError(
            "`gradient_accumulation_steps` must be an integer of 2 or more, or None. "
            f"Received: gradient_accumulation_steps={steps}."
        )
    return steps
