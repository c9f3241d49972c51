"""The variables that are an optimizer's state: made, listed, saved and loaded."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

from keras import initializers
from keras.backends import current, load
from keras.backends.bound import BackendBound
from keras.backends.specialise import specialise
from keras.backends.variable import Variable
from keras.core import context, naming
from keras.core.classes import declared_class
from keras.core.facts import default_hook
from keras.core.typing import DType, Initializer, TensorLike


class OptimizerState(BackendBound):
    """What an optimizer remembers between steps."""

    name: str
    _variables: list[Any]
    _trainable_variables: list[Any]
    _keras_index: dict[int, int]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        backend = current()
        made: Any = specialise(cls, backend, "optimizer_mixin")
        return super().__new__(made, *args, **kwargs)

    def __reduce_ex__(self, protocol: Any) -> Any:
        drop = getattr(self, "_native_state", ())
        state = {k: v for k, v in self.__dict__.items() if k not in drop}
        cls = declared_class(self)
        return _blank, (cls, self._keras_backend.name), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._index_variables()

    def _index_variables(self) -> None:
        """Finds the places of the variables anew: those of a copy are others."""
        self._keras_index = {id(v): i for i, v in enumerate(self._trainable_variables)}

    def _keras_rebind(self, copies: dict[int, Any]) -> None:
        """Trains others in place of its variables.

        Args:
            copies: the others, by the id of those in whose place they are.
        """
        kept = self._trainable_variables
        self._trainable_variables = [copies.get(id(v), v) for v in kept]
        self._index_variables()

    def _keras_keep(self, variable: Variable) -> Any:
        """Makes a variable part of the state."""
        self._variables.append(variable)
        if self._keras_backend.optimizer_mixin is not None:
            self._was_added(variable)
        return variable

    @property
    def variables(self) -> list[Any]:
        """Everything that is the optimizer's state, in the order it is saved in."""
        return list(self._variables)

    def _keras_counter(self, name: str, value: Any, dtype: str) -> Any:
        with naming.name_scope(_scope_name(self.name)):
            variable = Variable(
                value,
                dtype=dtype,
                trainable=False,
                name=name,
                aggregation="only_first_replica",
            )
        return self._keras_keep(variable)

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Initializer = "zeros",
        dtype: DType = None,
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
        return self._keras_keep(variable)

    def add_variable_from_reference(
        self,
        reference_variable: Any,
        name: str | None = None,
        initializer: Initializer = "zeros",
    ) -> Any:
        """Makes a variable of the shape and dtype of another.

        Args:
            reference_variable: the weight that the state belongs to.
            name: what the state is; its name is that of the weight with this added.
            initializer: its first value.

        Returns:
            The variable. None for a weight whose gradient is its new value
            (`overwrite_with_gradient`): what is assigned needs no state.
        """
        if getattr(reference_variable, "overwrite_with_gradient", False):
            return None
        path = getattr(reference_variable, "path", None) or reference_variable.name
        state = self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            layout=getattr(reference_variable, "_layout", None),
            name=f"{path}_{name or 'slot'}".replace("/", "_"),
        )
        order = getattr(reference_variable, "_memory_order", None)
        if order is not None:
            state.order_in_memory(order)
        return state

    def _references(self, weights: Sequence[Any]) -> Any:
        """Each variable of the state, with the weight that it was made for, or None."""
        known = {weight.path.replace("/", "_"): weight for weight in weights}
        for state in self.variables:
            parts = state.name.split("_")
            names = ("_".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
            weight = next((known[name] for name in names if name in known), None)
            fits = weight is not None and weight.shape == state.shape
            yield state, weight if fits else None

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Any], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """Makes state for each of the variables.

        Args:
            trainable_variables: the weights.
            name: what the state is, or several names.
            initializer: its first value, or one for each name.

        Returns:
            A list of variables; a tuple of lists for several names. None stands for
            a weight that needs no state: see `add_variable_from_reference`.
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

    def _get_variable_index(self, variable: Variable) -> int:
        index = self._keras_index.get(id(variable))
        if index is None:
            raise ValueError(self._unknown_variable(variable))
        return index

    def _unknown_variable(self, variable: Variable) -> str:
        known = ", ".join(v.path for v in self._trainable_variables[:8])
        return (
            f"Optimizer {self.name!r} does not know the variable "
            f"{getattr(variable, 'path', variable)!r}. It was built for: {known}. "
            "Make a new optimizer for other variables, or call `build` with all of "
            "them before the first `apply`."
        )

    # What Keras 3 optimizers offer to their subclasses -------------------------------

    def assign(self, variable: Variable, value: Any) -> None:
        """Overwrites a variable."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Adds to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtracts from a variable."""
        variable.assign_sub(value)

    # Saving --------------------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrites the state.

        Args:
            weights: an array for each of `variables`.
        """
        variables = self.variables
        same_number("weights", weights, variables, self.name)
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store: Any) -> None:
        """Puts the state into a mapping, as arrays under "0", "1", …"""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def unwritten_in_keras_2(self, iterations: int) -> list[tuple[Any, Any]]:
        """The variables that files of Keras 2 lack, each with its value.

        Args:
            iterations: how many updates the file says were done.
        """
        rate = getattr(self, "_learning_rate", None)
        return [(rate, rate.value)] if isinstance(rate, Variable) else []

    def _filed_variables(self) -> list[Any]:
        return list(self.variables)

    @default_hook
    def load_own_variables(self, store: Any) -> None:
        """Takes the state from a mapping; of another number of arrays it takes none."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"Optimizer {self.name!r} has {len(variables)} variables, but the "
                f"saved one has {len(store.keys())}: its state is not loaded.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            variable._load(store, str(i))


def _blank(cls: type, backend_name: str) -> Any:
    """An optimizer without state, on a backend; pickle fills it."""
    with context.Scope("backend", load(backend_name)):
        new: Any = cls.__new__
        return new(cls)


def _scope_name(name: str) -> str:
    return name.replace("/", ">")


def same_number(
    what: str, values: TensorLike, variables: Sequence[Any], name: str
) -> None:
    if len(values) != len(variables):
        raise ValueError(
            f"Optimizer {name!r} has {len(variables)} variables for `{what}`. "
            f"Received: {len(values)} values."
        )
