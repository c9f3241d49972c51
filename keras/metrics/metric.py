"""`Metric`: numbers about predictions, gathered batch by batch in variables.

State stays on the device: `update_state` adds to variables and never waits; only
looking at a result does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from keras import initializers, ops
from keras.backends.bound import BackendBound
from keras.backends.variable import Variable
from keras.core import context, dtypes, naming
from keras.core.classes import declared_class
from keras.core.containers import PLAIN
from keras.core.facts import public_class
from keras.core.scopes import StatelessScope
from keras.core.tracking import Tracker
from keras.core.typing import DType, Initializer, Tensor
from keras.losses.loss import compute_dtype


@public_class("keras.metrics", module="keras")
class Metric(BackendBound):
    """Base class of metrics.

    Subclasses make their variables with `add_weight` in the constructor, and define
    `update_state` and `result`. Variables and other metrics that are set as
    attributes are found by themselves.

    Args:
        dtype: dtype of the results and of variables made without one, or a dtype
            policy. `floatx()` by default.
        name: name of the metric; made from the class name by default.

    Example:

    >>> import keras
    >>> class Largest(keras.Metric):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.largest = self.add_weight(name="largest")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         peak = keras.ops.max(y_pred)
    ...         self.largest.assign(keras.ops.maximum(self.largest, peak))
    ...     def result(self):
    ...         return self.largest.value
    >>> metric = Largest()
    >>> float(metric([0.0], [4.0]))
    4.0
    """

    _on_own_backend = (
        "__call__",
        "update_state",
        "result",
        "reset_state",
        "add_variable",
        "add_weight",
        "stateless_update_state",
        "stateless_result",
        "stateless_reset_state",
    )
    _tracked_as = "metric"
    # Whether larger values are better: "up", "down" or None where neither is.
    _keras_direction: str | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls, *args, **kwargs)
        put = object.__setattr__
        put(self, "_variables", [])
        put(self, "_metrics", [])
        put(self, "_tracker", Tracker(self))
        return self

    def __init__(self, dtype: DType = None, name: str | None = None) -> None:
        self.name = naming.name_of(name, self, slash=True)
        self._dtype = compute_dtype(dtype)

    # What it owns --------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) not in PLAIN:
            if not hasattr(type(getattr(type(self), name, None)), "__set__"):
                value = self._tracker.set(name, value)
        elif name in self._tracker.attributes:
            self._tracker.drop(name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._tracker.drop(name, deleted=True)

    def _keras_own(self, item: Any, name: str) -> None:
        if item._tracked_as == "variable":
            self._variables.append(item)
        elif item._tracked_as == "metric":
            self._metrics.append(item)

    def _disown(self, item: Any) -> None:
        for held in (self._variables, self._metrics):
            held[:] = [other for other in held if other is not item]

    def _ownable(self, value: Any) -> Any:
        return value

    def __getstate__(self) -> dict[str, Any]:
        state = {k: v for k, v in self.__dict__.items() if k != "_tracker"}
        return {**state, "_tracked": self._tracker.note()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        note = state.pop("_tracked")
        self.__dict__.update(state)
        self._tracker.adopt([*self._variables, *self._metrics], note)

    @property
    def dtype(self) -> str:
        """The dtype of results."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The variables of this metric and of the metrics it holds."""
        found = list(self._variables)
        for metric in self._metrics:
            found.extend(metric.variables)
        return found

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """All variables: none of them is trained."""
        return self.variables

    # What subclasses define ----------------------------------------------------

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Takes a batch into account: `(y_true, y_pred, sample_weight=None)`."""
        raise NotImplementedError(
            f"{type(self).__name__} must define "
            "`update_state(self, y_true, y_pred, sample_weight=None)`."
        )

    def result(self) -> Tensor:
        """The value so far: a scalar tensor, or a dict of them."""
        raise NotImplementedError(f"{type(self).__name__} must define `result(self)`.")

    def reset_state(self) -> None:
        """Starts anew: all variables become zero."""
        set_to_zero(self.variables)

    # Variables -----------------------------------------------------------------

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Initializer,
        dtype: DType = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Makes a variable of the metric.

        Args:
            shape: its shape.
            initializer: its first value: a name, or a callable `(shape, dtype)`.
            dtype: its dtype; that of the metric by default.
            aggregation: how values of replicas are joined.
            name: its name.
        """
        # Some are made on first sight of data, wherever that is.
        outside = context.Scope("stateless", None)
        with outside, naming.name_scope(self.name.replace("/", ">")):
            variable = Variable(
                initializers.get(initializer),
                shape=tuple(shape),
                dtype=dtypes.standardize_dtype(dtype or self._dtype),
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._tracker.make(variable, variable.name)
        return variable

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Initializer = None,
        dtype: DType = None,
        name: str | None = None,
    ) -> Variable:
        """Makes a variable that starts at zero unless told otherwise."""
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    # Use -----------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Takes a batch into account and returns the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(
        self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any
    ) -> list[Any]:
        """What a batch makes of given values; neither they nor the metric change.

        Args:
            metric_variables: a value for each of `variables`.
            *args: arguments of `update_state`.
            **kwargs: arguments of `update_state`.

        Returns:
            The new values.
        """
        if not self.variables:
            # Variables that are made on first sight of data.
            with StatelessScope():
                self.update_state(*args, **kwargs)
        with self._keras_stateless(metric_variables) as scope:
            self.update_state(*args, **kwargs)
        return [scope.get_current_value(variable) for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result for given values of `variables`; the metric does not change."""
        with self._keras_stateless(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The values that `variables` have after `reset_state`."""
        with StatelessScope() as scope:
            self.reset_state()
        values = [scope.get_current_value(variable) for variable in self.variables]
        pairs = zip(values, self.variables, strict=True)
        return [v.value if value is None else value for value, v in pairs]

    def _keras_stateless(self, values: Sequence[Any]) -> StatelessScope:
        if values is None or len(values) != len(self.variables):
            count = "None" if values is None else len(values)
            raise ValueError(
                f"Metric {self.name!r} has {len(self.variables)} variables, so "
                f"`metric_variables` must hold as many values. Received: {count}."
            )
        return StatelessScope(list(zip(self.variables, values, strict=True)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    def __str__(self) -> str:
        return self.__repr__()


def reset_together(metrics: Iterable[Any]) -> None:
    """Starts metrics anew, those that become zero in one go."""
    zero: list[Variable] = []
    for metric in metrics:
        if declared_class(metric).reset_state is Metric.reset_state:
            zero += metric.variables
        else:
            metric.reset_state()
    set_to_zero(zero)


def set_to_zero(variables: Sequence[Variable]) -> None:
    """Writes zeros to variables of one backend."""
    if not variables:
        return
    if context.get().stateless is not None:
        for variable in variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))
    else:
        variables[0].backend.set_to_zero(variables)
