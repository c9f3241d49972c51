"""Optimizers of the frameworks in `compile`: of `torch.optim`, and optax transforms.

They do the updates, on the backend of their framework; a Keras optimizer around them
counts steps and holds their state, so that files and callbacks find it where they look.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.backends import current
from keras.core.errors import BackendError
from keras.core.typing import Identifier, LearningRate
from keras.optimizers.optimizer import Optimizer

_PREFIX = "native_"


def adopted(identifier: Identifier) -> Any:
    """The optimizer around one of a framework; None for what is none.

    Args:
        identifier: A `torch.optim` optimizer, its class or a `functools.partial` of
            that, or an optax transform.

    Raises:
        BackendError: On the backend of another framework.
    """
    framework = _framework_of(identifier)
    if framework is None:
        return None
    backend = current()
    adopt = backend.__dict__.get("adopt_optimizer")
    if backend.name != framework or adopt is None:
        raise BackendError(
            f"{identifier!r} updates tensors of the {framework} backend, but the "
            f"current one is {backend.name}. Make the model inside `with "
            f"keras.backend_scope({framework!r}):`, or pass a "
            "keras.optimizers.Optimizer or its name."
        )
    return ForeignOptimizer(adopt(identifier))


def _framework_of(value: Any) -> str | None:
    """Whose optimizer this is: a backend's name, or None."""
    cls: Any = value.func if isinstance(value, functools.partial) else value
    cls = cls if isinstance(cls, type) else type(cls)
    for base in cls.__mro__:
        if (base.__module__, base.__name__) == ("torch.optim.optimizer", "Optimizer"):
            return "torch"
        if base.__module__.startswith("optax") and hasattr(base, "update"):
            return "jax"
    return None


class ForeignOptimizer(Optimizer):
    """A Keras optimizer whose updates are those of a framework's own.

    Args:
        native: What the backend made of it: `state(variables)` gives its first state
            as tensors, `step(variables, grads, state)` updates the variables and
            returns the new state; `rate()` and `set_rate(value)` its learning rate.
        name: Name of the optimizer.
    """

    def __init__(self, native: Any, name: str | None = None) -> None:
        super().__init__(learning_rate=0.0, name=name or native.name)
        self.native = native
        self._keras_state: list[Any] = []

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the state for these variables.

        Args:
            variables: the variables to train.
        """
        if self.built:
            return
        super().build(variables)
        for i, value in enumerate(self.native.state(self._trainable_variables)):
            self._keras_state.append(
                self.add_variable(
                    value.shape,
                    lambda *_, value=value, **__: ops.copy(value),
                    self._keras_backend.dtype_of(value),
                    name=f"state_{i}",
                )
            )

    def _keras_step(self, grads: list[Any], variables: Sequence[Any]) -> None:
        given = {id(v): g for v, g in zip(variables, grads, strict=True)}
        every = self._trainable_variables
        found = [given.get(id(v)) for v in every]
        state = self.native.step(every, found, [v.value for v in self._keras_state])
        for variable, value in zip(self._keras_state, state, strict=True):
            variable.assign(value)
        for variable in variables:
            if variable._constraint is not None:
                variable.assign(variable._constraint(variable.value))

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the framework's optimizer."""
        index = self.native.rate_index
        return self.native.rate() if index is None else self._keras_state[index]

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        index = self.native.rate_index
        if index is not None:
            self._keras_state[index].assign(value)
            return
        self.native.set_rate(value)

    # Files -------------------------------------------------------------------------

    def save_own_variables(self, store: Any) -> None:
        """Puts the state into a mapping, also what the framework keeps by itself."""
        super().save_own_variables(store)
        for name, array in self.native.arrays().items():
            store[_PREFIX + name] = array

    def load_own_variables(self, store: Any) -> None:
        """Takes the state from a mapping."""
        names = list(store.keys())
        own = {name: store[name] for name in names if not name.startswith(_PREFIX)}
        super().load_own_variables(own)
        arrays = {
            name.removeprefix(_PREFIX): store[name]
            for name in names
            if name.startswith(_PREFIX)
        }
        self.native.set_arrays(arrays)

    def get_config(self) -> dict[str, Any]:
        """The arguments; those of the framework's optimizer are its own."""
        raise ValueError(
            f"{self.native!r} is an optimizer of its framework, which has no config. "
            "A model that is loaded has to be compiled with it again, before its "
            "weights and the state of the optimizer are read: "
            "`model.compile(...)`, then `model.load_weights(...)`."
        )
