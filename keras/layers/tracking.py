"""What a layer owns: the variables, sublayers, metrics and seeds in its attributes."""

from __future__ import annotations

from typing import Any, Self

from keras.backends import current
from keras.backends.specialise import specialise
from keras.backends.variable import Variable
from keras.core.errors import BackendError
from keras.core.naming import name_of
from keras.dtype_policies import policy as dtype_policies
from keras.layers.containers import TrackedDict, TrackedList
from keras.layers.input_spec import describe
from keras.metrics import Metric
from keras.ops.operation import Operation
from keras.random.seed_generator import SeedGenerator

_PLAIN = frozenset((int, float, str, bool, type(None)))
# Attributes that decide which path calls of the layer take.
_SETTLING = frozenset(
    (
        "activity_regularizer",
        "autocast",
        "built",
        "input_spec",
        "supports_masking",
        "_dtype_policy",
    )
)


class LayerTracking(Operation):
    """The attributes of a layer, and what of them it owns; see `Layer`."""

    _keras_layer = True
    # Attributes that pickle and deepcopy leave out: caches that are made anew.
    _transient: tuple[str, ...] = ("_watchers",)
    # Lists of what is reached by its own name anyway.
    _not_in_files = ("_layers", "_metrics", "_losses")

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        backend = current()
        self = object.__new__(specialise(cls, backend))
        put = object.__setattr__
        put(self, "_recorded", (args, kwargs))
        put(self, "_backend", backend)
        if backend.layer_mixin is not None:
            self._init_native()
        return self

    def _init_state(
        self, name: str | None, trainable: bool, dtype: Any, autocast: bool
    ) -> None:
        put = object.__setattr__
        put(self, "name", name_of(name, self))
        put(self, "_inbound_nodes", [])
        put(self, "_outbound_nodes", [])
        put(self, "_layers", [])
        put(self, "_metrics", [])
        put(self, "_seed_generators", [])
        put(self, "_trainable_variables", [])
        put(self, "_non_trainable_variables", [])
        put(self, "_losses", [])
        put(self, "_child_names", {})
        put(self, "_locked", False)
        put(self, "_watchers", [])
        if not isinstance(trainable, bool):
            raise ValueError(
                f"`trainable` of {describe(self)} must be True or False. "
                f"Received: {trainable!r}."
            )
        put(self, "_trainable", trainable)
        put(self, "_dtype_policies", None)  # those of all paths, if it was given such
        put(self, "_dtype_policy", self._own_policy(dtype_policies.get(dtype)))
        put(self, "autocast", autocast)
        put(self, "built", False)

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) not in _PLAIN:
            value = self._track(name, value)
        object.__setattr__(self, name, value)
        if name in _SETTLING:
            self._settle()
        if self.__dict__.get("_watchers"):
            self._changed()

    def _changed(self) -> None:
        """Tells those who have compiled calls of this layer that it is another now."""
        for watcher in self.__dict__.get("_watchers", ()):
            watcher()

    def _settle(self) -> None:
        """Works out again whether calls may take the quick path; see `Layer`."""

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        for held in self._containers():
            held[:] = [item for item in held if item is not value]
        native = getattr(self, "_modules", None)
        if native is not None:
            for registry in (self._modules, self._parameters, self._buffers):
                registry.pop(name, None)
        object.__delattr__(self, name)
        self._changed()

    def _containers(self) -> list[list[Any]]:
        return [
            self._layers,
            self._metrics,
            self._seed_generators,
            self._trainable_variables,
            self._non_trainable_variables,
        ]

    def _track(self, name: str, value: Any) -> Any:
        """Notes what is ours in a value; containers are replaced by tracked ones."""
        if isinstance(value, Variable):
            self._track_variable(value)
        elif getattr(value, "_keras_layer", False) and not name.startswith("_keras"):
            self._track_layer(value, name)
        elif isinstance(value, Metric):
            self._need_init(name)
            _add(self._metrics, value)
        elif isinstance(value, SeedGenerator):
            self._need_init(name)
            _add(self._seed_generators, value)
            self._track_variable(value.state, of_generator=True)
        elif type(value) in (list, dict, tuple):
            return self._track_container(name, value)
        elif self._backend.layer_mixin is not None and hasattr(self, "_track_native"):
            self._track_native(name, value)
        return value

    def _track_container(self, name: str, value: Any) -> Any:
        def element(item: Any) -> Any:
            index = len(self._child_names)
            return self._track(f"{name}_{index}", item)

        if type(value) is tuple:
            tracked = [self._track(f"{name}_{i}", item) for i, item in enumerate(value)]
            return tuple(tracked) if _holds_state(value) else value
        if "_layers" not in self.__dict__ and not _holds_state(value):
            return value
        if type(value) is list:
            return TrackedList(value, element)
        return TrackedDict(value, element)

    def _need_init(self, name: str) -> None:
        if "_layers" not in self.__dict__:
            raise RuntimeError(
                f"Attribute {name!r} of {type(self).__name__} was set before "
                "`super().__init__()` was called. Call it first in `__init__`."
            )

    def _track_layer(self, layer: Any, name: str) -> None:
        self._need_init(name)
        if layer is self:
            return
        if layer._backend is not self._backend:
            raise BackendError(
                f"{describe(layer)} lives on the {layer._backend.name} backend, but "
                f"{describe(self)} lives on {self._backend.name}. Make both on one "
                "backend, or convert a model with model.to_backend("
                f"{self._backend.name!r})."
            )
        if _add(self._layers, layer):
            self._child_names[id(layer)] = name
            if self._backend.layer_mixin is not None and hasattr(
                self, "_track_layer_native"
            ):
                self._track_layer_native(name, layer)

    def _track_variable(self, variable: Any, of_generator: bool = False) -> None:
        self._need_init(variable.name)
        if of_generator:
            if hasattr(self, "_track_variable_native"):
                self._track_variable_native(variable)
            return
        held = (
            self._trainable_variables
            if variable.trainable
            else self._non_trainable_variables
        )
        if _add(held, variable) and hasattr(self, "_track_variable_native"):
            self._track_variable_native(variable)

    def _untrack_variable(self, variable: Any) -> None:
        """Lets go of a variable that is no longer one of this layer's."""
        for held in (self._trainable_variables, self._non_trainable_variables):
            held[:] = [other for other in held if other is not variable]
        if hasattr(self, "_untrack_variable_native"):
            self._untrack_variable_native(variable)

    def _own_variables(self) -> list[Any]:
        """The variables held by this layer itself, seeds included."""
        seeds = [generator.state for generator in self._seed_generators]
        return [*self._trainable_variables, *self._non_trainable_variables, *seeds]

    def _named_layers(self) -> dict[str, Any]:
        return {self._child_names[id(layer)]: layer for layer in self._layers}


def _add(held: list[Any], item: Any) -> bool:
    if any(item is other for other in held):
        return False
    held.append(item)
    return True


def _holds_state(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return any(
        getattr(item, "_keras_layer", False)
        or isinstance(item, (Variable, Metric, SeedGenerator))
        or (type(item) in (list, tuple, dict) and _holds_state(item))
        for item in items
    )
