"""What a layer owns: the variables, sublayers, metrics and seeds in its attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from keras.backends import current
from keras.backends.specialise import specialise
from keras.core import tree
from keras.core.containers import PLAIN
from keras.core.errors import BackendError
from keras.core.naming import name_of
from keras.core.tracking import Tracker
from keras.core.typing import DType
from keras.dtype_policies import policy as dtype_policies
from keras.layers.arguments import class_name, interpreted
from keras.layers.input_spec import describe
from keras.ops.operation import Operation

if TYPE_CHECKING:
    from keras.backends.variable import Variable
    from keras.layers.layer import Layer


_MISSING = object()
# What a weight takes values from, where it is set as the weight's attribute.
ARRAYS = (np.ndarray, list)
_NUMBERS = (np.ndarray, bool, int, float)


class LayerTracking(Operation):
    """The attributes of a layer, and what of them it owns; see `Layer`."""

    # Attributes that decide which path calls of the layer take.
    _settling = frozenset(
        (
            "activity_regularizer",
            "autocast",
            "built",
            "input_spec",
            "supports_masking",
            "_dtype_policy",
        )
    )

    _keras_layer = True
    _tracked_as = "layer"
    _trainable = True
    # `TorchModuleWrapper`, which derives from `Layer`, and so puts itself here.
    _module_wrapper: Any = None
    # Attributes that hold something of the framework's own, on backends that keep book.
    _keras_foreign: Any = frozenset()
    # Attributes that a call does not compute with.
    _not_computed_with: frozenset[str] = frozenset()
    # Attributes that pickle and deepcopy leave out: caches that are made anew.
    _transient: tuple[str, ...] = ("_keras_watchers",)
    # Lists of what is reached by its own name anyway.
    _not_in_files = ("_layers", "_metrics", "_losses")

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        backend = current()
        self = object.__new__(specialise(cls, backend))
        put = object.__setattr__
        put(self, "_recorded", (args, kwargs))
        put(self, "_keras_backend", backend)
        put(self, "_tracker", Tracker(self))
        put(self, "_layers", [])
        put(self, "_metrics", [])
        put(self, "_seed_generators", [])
        put(self, "_trainable_variables", [])
        put(self, "_non_trainable_variables", [])
        put(self, "_child_names", {})
        put(self, "_keras_watchers", [])
        if backend.layer_mixin is not None:
            self._init_native()
        return self

    def _keras_init_state(
        self, name: str | None, trainable: bool, dtype: DType, autocast: bool
    ) -> None:
        put = object.__setattr__
        put(self, "name", name_of(name, self))
        put(self, "_inbound_nodes", [])
        put(self, "_outbound_nodes", [])
        put(self, "_losses", [])
        if not isinstance(trainable, bool):
            raise ValueError(
                f"`trainable` of {class_name(self)} must be True or False. "
                f"Received: {trainable!r}."
            )
        put(self, "_trainable", trainable)
        policy = interpreted(self, "dtype", dtype_policies.get, dtype)
        put(self, "_dtype_policies", None)  # those of all paths, if it was given such
        put(self, "_dtype_policy", self._own_policy(policy))
        put(self, "autocast", autocast)
        put(self, "built", False)

    def __setattr__(self, name: str, value: Any) -> None:
        tracker = self._tracker
        if self._keras_watchers and self._notes_of_change(name, value):
            self._keras_changed()
        if type(value) in ARRAYS and self._takes_values(name, value):
            return
        if type(value) in PLAIN:
            if name in tracker.attributes:
                tracker.drop(name)
            if name in self._keras_foreign:
                self._untrack_foreign(name)
        elif name not in getattr(self, "_native_state", ()) and not _sets_another(
            type(self), name
        ):
            value = tracker.set(name, value)
            if self._keras_backend.layer_mixin is not None:
                self._track_foreign(name, value)
        object.__setattr__(self, name, value)
        if name in self._settling:
            self._keras_settle()

    def _takes_values(self, name: str, value: np.ndarray | list[Any]) -> bool:
        """Whether an attribute is a weight, which takes the values of an array."""
        weight = self._weight_at(name)
        if weight is None or not all(type(x) in _NUMBERS for x in tree.flatten(value)):
            return False
        array = np.asarray(value)
        if array.shape != tuple(weight.shape) or array.dtype.kind not in "biuf":
            raise ValueError(
                f"`{name}` of {describe(self)} is a weight of shape "
                f"{tuple(weight.shape)}. Received: {name}={type(value).__name__} of "
                f"shape {array.shape} and dtype {array.dtype}. Set an array of the "
                "weight's shape, or a keras.Variable to put another weight there."
            )
        weight.assign(array)
        return True

    def _weight_at(self, name: str) -> Variable | None:
        """The variable that an attribute is, if it is one."""
        held = self.__dict__.get(name)
        return held if getattr(held, "_is_keras_variable", False) else None

    def _notes_of_change(self, name: str, value: Any) -> bool:
        """Whether compiled code may compute otherwise with a new value."""
        old = self.__dict__.get(name, _MISSING)
        if old is value or (type(value) in PLAIN and old == value):
            return False
        return not (
            name in self._not_computed_with
            or name in getattr(self, "_native_state", ())
            or _sets_another(type(self), name)
        )

    def _keras_changed(self, freezes: bool = False) -> None:
        """Tells those who have compiled calls of this layer that it is another now.

        Args:
            freezes: whether all that is new is what `trainable` says.
        """
        for watcher in tuple(self._keras_watchers):
            watcher(freezes)

    def _keras_settle(self) -> None:
        """Works out again whether calls may take the quick path; see `Layer`."""

    def __delattr__(self, name: str) -> None:
        if name in self.__dict__:
            object.__delattr__(self, name)
        else:
            super().__delattr__(name)
        self._tracker.drop(name, deleted=True)
        if name in self._keras_foreign:
            self._untrack_foreign(name)
        self._keras_changed()

    # What the tracker tells -----------------------------------------------------

    def _keras_own(self, item: Any, name: str) -> None:
        kind = item._tracked_as
        native = self._keras_backend.layer_mixin is not None
        if kind == "layer":
            self._refuse_other_backend(item)
            name = self._keras_free_name(name)
            list.append(self._layers, item)  # see `HeldLayers`
            self._child_names[name] = id(item)
            if native:
                self._track_layer_native(name, item)
        elif kind == "variable":
            self._group_of(item).append(item)
            if native:
                self._track_variable_native(item)
        elif kind == "seed_generator":
            self._seed_generators.append(item)
            if native:
                self._track_variable_native(item.state)
        else:
            self._metrics.append(item)
        if self._keras_watchers:
            self._keras_changed()

    def _disown(self, item: Any) -> None:
        for held in (
            self._layers,
            self._metrics,
            self._seed_generators,
            self._trainable_variables,
            self._non_trainable_variables,
        ):
            kept = [other for other in held if other is not item]
            list.__setitem__(held, slice(None), kept)
        names = [n for n, child in self._child_names.items() if child == id(item)]
        for name in names:
            del self._child_names[name]
        if self._keras_backend.layer_mixin is not None:
            self._untrack_native(getattr(item, "state", item))
        if self._keras_watchers:
            self._keras_changed()

    def _ownable(self, value: Any) -> Any:
        """A layer in the place of a framework's own module, where there are such."""
        if self._keras_backend.layer_mixin is None or not self._is_foreign_module(
            value
        ):
            return value
        return self._module_wrapper(value)

    def _group_of(self, variable: Variable) -> list[Any]:
        """The list for a new variable, which stays in it when it is frozen later."""
        if variable.trainable:
            return self._trainable_variables
        return self._non_trainable_variables

    def _refuse_other_backend(self, layer: Layer) -> None:
        if layer._keras_backend is not self._keras_backend:
            raise BackendError(
                f"{describe(layer)} lives on the {layer._keras_backend.name} backend, "
                f"but {describe(self)} lives on {self._keras_backend.name}. Make both "
                "on one backend, or convert a model with model.to_backend("
                f"{self._keras_backend.name!r})."
            )

    def _keras_free_name(self, name: str) -> str:
        """The name, with another number where a sublayer has it already."""
        stem, free, number = name.rstrip("0123456789"), name, 0
        while free in self._child_names:
            number += 1
            free = f"{stem}{number}" if stem.endswith("_") else f"{name}_{number}"
        return free

    # ------------------------------------------------------------------------------

    def _check_initialized(self, name: str) -> None:
        if "_trainable" not in self.__dict__:
            raise RuntimeError(
                f"{name!r} of {type(self).__name__} was made before "
                "`super().__init__()` was called. Call it first in `__init__`."
            )

    def _own_variables(self) -> list[Any]:
        """The variables held by this layer itself, seeds included."""
        seeds = [generator.state for generator in self._seed_generators]
        return [*self._trainable_variables, *self._non_trainable_variables, *seeds]

    def _named_layers(self) -> dict[str, Any]:
        names = {child: name for name, child in self._child_names.items()}
        return {names[id(layer)]: layer for layer in self._layers}


def _sets_another(cls: type, name: str) -> bool:
    """Whether setting an attribute is up to a property, which sets another one."""
    return hasattr(type(getattr(cls, name, None)), "__set__")
