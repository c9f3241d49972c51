"""The state of a layer: variables, sublayers, metrics, seeds, losses, and their names.

The half of `Layer` that has nothing to do with calling it.
"""

from __future__ import annotations

from typing import Any, Self

from keras import constraints, initializers, regularizers
from keras.backends import current
from keras.backends.specialise import specialise
from keras.backends.variable import Variable
from keras.core import context
from keras.core.naming import inside, name_of
from keras.dtype_policies import policy as dtype_policies
from keras.layers.input_spec import describe
from keras.layers.tracking import TrackedDict, TrackedList, unique
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


class _Added:
    """Whether any layer ever added a loss: as long as none did, none has to go."""

    any = False


_added = _Added()


class LayerState(Operation):
    """Variables and sublayers of a layer; see `Layer`."""

    _keras_layer = True
    # Attributes that pickle and deepcopy leave out: caches that are made anew.
    _transient: tuple[str, ...] = ("_watchers",)

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

    # Tracking ------------------------------------------------------------------

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
            from keras.core.errors import BackendError

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

    def _own_variables(self) -> list[Any]:
        """The variables held by this layer itself, seeds included."""
        seeds = [generator.state for generator in self._seed_generators]
        return [*self._trainable_variables, *self._non_trainable_variables, *seeds]

    def _named_layers(self) -> dict[str, Any]:
        return {self._child_names[id(layer)]: layer for layer in self._layers}

    # Variables -----------------------------------------------------------------

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Any:
        """Makes a variable that belongs to this layer.

        Args:
            shape: shape, scalar by default.
            initializer: an initializer or its name; `"glorot_uniform"` for floats,
                `"zeros"` else.
            dtype: dtype name; the policy's variable dtype by default.
            trainable: whether training updates it.
            autocast: whether it is read in the compute dtype inside `call`.
            regularizer: adds a penalty to the loss.
            constraint: projects it after each update.
            aggregation: how replicas are joined.
            overwrite_with_gradient: whether its gradient is its new value.
            name: a name without `/`.

        Returns:
            A `keras.Variable`.
        """
        self._need_init(name or "variable")
        dtype = self.variable_dtype if dtype is None else dtype
        if initializer is None:
            from keras.core.dtypes import is_float

            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        with context.Scope("backend", self._backend), self._variable_scope():
            variable = Variable(
                initializers.get(initializer),
                shape=() if shape is None else tuple(shape),
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Any:
        """`add_weight` with shape and initializer always given; see there."""
        return self.add_weight(
            shape,
            initializer,
            dtype,
            trainable,
            autocast,
            regularizer,
            constraint,
            name=name,
        )

    def _variable_scope(self) -> Any:
        return inside(self.name)

    def _all_layers(self) -> list[Any]:
        """This layer and all below it, each once."""
        if not self._layers:
            return [self]
        found: dict[int, Any] = {}
        stack = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                if layer._layers:
                    stack.extend(reversed(layer._layers))
        return list(found.values())

    @property
    def variables(self) -> list[Any]:
        """All variables: weights, then the states of random generators.

        Those of metrics are in `metrics_variables`.
        """
        layers = self._all_layers()
        seeds = [g.state for layer in layers for g in layer._seed_generators]
        return unique([*_weights_of(layers), *seeds])

    @property
    def weights(self) -> list[Any]:
        """The weights of this layer and those below, in the order of the layers."""
        return unique(_weights_of(self._all_layers()))

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training updates."""
        if not self.trainable:
            return []
        return [v for v in self.variables if self._trains(v)]

    def _trains(self, variable: Any) -> bool:
        return variable.trainable

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The variables that training does not update."""
        skip = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in skip]

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training updates."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training does not update."""
        if not self.trainable:
            return self.weights
        return [v for v in self.weights if not v.trainable]

    @property
    def metrics(self) -> list[Any]:
        """The metrics of this layer and those below."""
        return unique([m for layer in self._all_layers() for m in layer._metrics])

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of the metrics."""
        return unique([v for metric in self.metrics for v in metric.variables])

    @property
    def trainable(self) -> bool:
        """Whether training updates this layer; setting it sets all below as well."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = bool(value)
        object.__setattr__(self, "_trainable", value)
        for variable in self._trainable_variables:
            variable.trainable = value
        for layer in self._layers:
            layer.trainable = value

    def get_weights(self) -> list[Any]:
        """The values of the weights, as NumPy arrays."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the weights from arrays, in the order of `weights`.

        Raises:
            ValueError: if the number of arrays or a shape differs; nothing is set then.
        """
        mine = self.weights
        if len(mine) != len(weights):
            raise ValueError(
                f"{describe(self)} has {len(mine)} weights, but {len(weights)} arrays "
                f"were given. Expected shapes: {[v.shape for v in mine]}."
            )
        for variable, value in zip(mine, weights, strict=True):
            if tuple(value.shape) != tuple(variable.shape):
                raise ValueError(
                    f"Weight {variable.path!r} of {describe(self)} has shape "
                    f"{variable.shape}. Received an array of shape {value.shape}."
                )
        for variable, value in zip(mine, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """The number of elements of all weights.

        Raises:
            ValueError: if the layer is not built yet.
        """
        if not self.built and not self.weights:
            raise ValueError(
                f"{describe(self)} has no weights yet, because it is not built. Call "
                "it on data or `build(input_shape)` first."
            )
        total = 0
        for variable in self.weights:
            size = 1
            for length in variable.shape:
                size *= length
            total += size
        return total

    # Dtypes --------------------------------------------------------------------

    @property
    def dtype_policy(self) -> Any:
        """The dtype policy, or the map that it was taken from."""
        return self._dtype_policies or self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = self._own_policy(dtype_policies.get(value))

    def _own_policy(self, policy: Any) -> Any:
        """The policy itself, or what a map has for this layer's path.

        A layer that is not built yet has no path, and the default policy.
        """
        is_map = hasattr(policy, "default_policy")
        object.__setattr__(self, "_dtype_policies", policy if is_map else None)
        if not is_map:
            return policy
        path = self.__dict__.get("_path")
        return policy.default_policy if path is None else policy[path]

    @property
    def quantization_mode(self) -> str | None:
        """How the dtype policy quantizes; None where it does not."""
        return self._dtype_policy.quantization_mode

    @property
    def dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype that `call` computes in."""
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that float inputs are cast to."""
        return self.compute_dtype

    @property
    def path(self) -> str:
        """The name with the name scopes that the layer was built in."""
        return getattr(self, "_path", self.name)

    # Losses --------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar (or several) to the losses of the current call."""
        losses = loss if isinstance(loss, (list, tuple)) else [loss]
        stateless = context.get().stateless
        if stateless is not None and stateless.collect_losses:
            for value in losses:
                stateless.add_loss(value)
        self._losses.extend(losses)
        _added.any = True

    @property
    def losses(self) -> list[Any]:
        """The losses of the last call, and the penalties on the weights."""
        layers = self._all_layers()
        added = [loss for layer in layers for loss in layer._losses]
        stateless = context.get().stateless
        if stateless is not None and stateless.collect_losses:
            added = list(stateless.losses)
        return added + self._regularization_losses()

    def _regularization_losses(self) -> list[Any]:
        return [
            variable.regularizer(variable.value)
            for variable in self.trainable_weights
            if variable.regularizer is not None
        ]

    def _clear_losses(self) -> None:
        if _added.any:
            for layer in self._all_layers():
                layer._losses.clear()

    # Files, copies -------------------------------------------------------------

    def save_own_variables(self, store: Any) -> None:
        """Writes the layer's own weights into a mapping, under "0", "1", …"""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        for index, variable in enumerate(own):
            store[str(index)] = variable

    def load_own_variables(self, store: Any) -> None:
        """Sets the layer's own weights from what `save_own_variables` wrote."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        if len(store.keys()) != len(own):
            hint = "" if self.built else " The layer is not built yet."
            raise ValueError(
                f"{describe(self)} expected {len(own)} variables, but the file has "
                f"{len(store.keys())}.{hint}"
            )
        for index, variable in enumerate(own):
            variable.assign(store[str(index)])

    def __getstate__(self) -> dict[str, Any]:
        drop = {"_child_names", "_native_call", *getattr(self, "_native_state", ())}
        for cls in type(self).__mro__:
            drop.update(cls.__dict__.get("_transient", ()))
        state = {k: v for k, v in self.__dict__.items() if k not in drop}
        state["_children"] = self._named_layers()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        children = state.pop("_children", {})
        names = {id(layer): name for name, layer in children.items()}
        self.__dict__.update(state, _child_names=names, _watchers=[])
        for name, value in list(self.__dict__.items()):
            if type(value) in (list, dict) and not name.startswith("_"):
                object.__setattr__(self, name, self._track_container(name, value))
        if hasattr(self, "_restore_native"):
            self._restore_native()
        self._settle()

    def __reduce_ex__(self, protocol: Any) -> Any:
        cls = getattr(type(self), "_keras_class", type(self))
        return _make, (cls, self._backend.name), self.__getstate__()


def _make(cls: type, backend_name: str) -> Any:
    from keras.backends import load

    with context.Scope("backend", load(backend_name)):
        new: Any = cls.__new__
        return new(cls)


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


def _weights_of(layers: list[Any]) -> list[Any]:
    """The weights that some layers hold themselves."""
    found: list[Any] = []
    for layer in layers:
        found += layer._trainable_variables
        found += layer._non_trainable_variables
    return found
