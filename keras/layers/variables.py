"""The weights of a layer and of those below it, and the lists of them."""

from __future__ import annotations

from typing import Any

from keras import constraints, initializers, regularizers
from keras.backends.variable import Variable
from keras.core import context, dtypes
from keras.core.containers import unique
from keras.core.naming import current_path, inside
from keras.core.typing import Constraint, DType, Initializer, Regularizer, ShapeLike
from keras.layers.dtypes import LayerDtypes
from keras.layers.input_spec import describe


class LayerVariables(LayerDtypes):
    """The variables of a layer; see `Layer`."""

    @property
    def path(self) -> str:
        """The name with the name scopes that the layer was built in."""
        return getattr(self, "_path", self.name)

    def add_weight(
        self,
        shape: ShapeLike | None = None,
        initializer: Initializer = None,
        dtype: DType = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Regularizer = None,
        constraint: Constraint = None,
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
        self._check_initialized(name or "variable")
        dtype = self.variable_dtype if dtype is None else dtype
        if initializer is None:
            is_float = dtypes.is_float(dtype)
            initializer = "glorot_uniform" if is_float else "zeros"
        outside = context.Scope("stateless", None)
        with (
            outside,
            context.Scope("backend", self._keras_backend),
            self._weight_scope(),
        ):
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
        self._tracker.make(variable, variable.name)
        if not self._trainable:
            variable.trainable = False  # until the layer is thawed
        return variable

    def add_variable(
        self,
        shape: ShapeLike,
        initializer: Initializer,
        dtype: DType = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Regularizer = None,
        constraint: Constraint = None,
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

    def _open_name_scope(self) -> context.Scope:
        """The scope that names its weights, as subclasses in other packages enter."""
        return self._weight_scope()

    def _weight_scope(self) -> context.Scope:
        """The scopes that the layer was built in, also for weights that come later."""
        built_in = self.__dict__.get("_path")
        if built_in is None or f"{current_path()}/".startswith(f"{built_in}/"):
            return self._variable_scope()
        return context.Scope("names", tuple(built_in.split("/")))

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

    def _flatten_layers(
        self, include_self: bool = True, recursive: bool = True
    ) -> list[Any]:
        """The layers below this one, each once, and itself before them."""
        found = self._all_layers() if recursive else [self, *self._layers]
        return found if include_self else found[1:]

    @property
    def variables(self) -> list[Any]:
        """All variables: of each layer its weights and the states of its seeds.

        Those of metrics are in `metrics_variables`.
        """
        return unique([v for x in self._all_layers() for v in x._own_variables()])

    @property
    def weights(self) -> list[Any]:
        """The weights of this layer and those below, in the order of the layers."""
        return unique(_weights_of(self._all_layers()))

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training updates."""
        if not self.trainable:
            return []
        return [v for v in self.variables if self._keras_trains(v)]

    def _keras_trains(self, variable: Variable) -> bool:
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
        self._keras_changed(
            freezes=True
        )  # some compute otherwise while they are frozen

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


def _weights_of(layers: list[Any]) -> list[Any]:
    """The weights that some layers hold themselves."""
    found: list[Any] = []
    for layer in layers:
        found += layer._trainable_variables
        found += layer._non_trainable_variables
    return found
