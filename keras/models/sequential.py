"""`Sequential`: layers one after the other."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from keras.core import masking, naming, tree
from keras.core.errors import DeserializationError
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.registry import CustomObjectScope
from keras.core.scopes import SymbolicScope
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.core.typing import DType, Shape, ShapeLike, Structure, TensorLike
from keras.layers.core.input_layer import InputLayer
from keras.layers.layer import Layer
from keras.models.functional import Functional, _put_masks, run_plan
from keras.models.graph_model import GraphModel
from keras.models.host_stage import HostStage, Staged, stage_of
from keras.models.inputs import InputAdapter
from keras.models.model import Model
from keras.models.plan import Plan
from keras.saving.legacy_models import upgraded_sequential


@public_class("keras.models", module="keras", pure=True)
class Sequential(GraphModel, Model):
    """A model whose layers follow each other, each with one input and one output.

    Args:
        layers: the layers; the first may be `keras.Input(shape)`. Without one, the
            model is built when it is first called or when `build` is called.
        trainable: whether its weights may be trained.
        name: a name; made up by default.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    _properties_in_files = ("layers",)
    _first_in_files = "layers"

    def __init__(
        self, layers: Any = None, trainable: bool = True, name: str | None = None
    ) -> None:
        self._keras_init_model(trainable=trainable, name=name, autocast=False)
        self._adopt_layers([])
        self._keras_chain: _Chain | None = None
        if layers is not None:
            items = layers if isinstance(layers, (list, tuple)) else [layers]
            for layer in items:
                self.add(layer, rebuild=False)
            self._maybe_rebuild()

    # The list of layers --------------------------------------------------------

    def _take_layers(self, layers: list[Any]) -> None:
        first = self._keras_sequence[:1] if self._keras_chain is not None else []
        if first and is_input(first[0]) and first[0] not in layers:
            layers = [*first, *layers]
        before = self.layers
        self._adopt_layers([])
        for layer in layers:
            self._adopt_layers([*self._keras_sequence, self._keras_checked(layer)])
        self._keras_changed()
        if self._keras_chain is not None:
            pairs = zip(before, self.layers, strict=False)
            self._keras_chain.shorten(sum(1 for _ in takewhile(_are_one, pairs)))
            self._maybe_rebuild()

    def add(self, layer: Layer, rebuild: bool = True) -> None:
        """Puts a layer at the end.

        Args:
            layer: a layer, or `keras.Input(shape)` as the first one.
            rebuild: whether the model is built now if the input shape is known.

        Raises:
            ValueError: for what is no layer, a second input, or a name that is
                taken.
        """
        layer = self._keras_checked(layer)
        self._adopt_layers([*self._keras_sequence, layer])
        self._keras_changed()
        if self._keras_chain is None:
            self.built = False
        if rebuild:
            self._maybe_rebuild()

    def pop(self, rebuild: bool = True) -> Layer:
        """Takes the last layer away and returns it.

        Args:
            rebuild: kept for compatibility; what is known of the rest stays known.

        Raises:
            IndexError: if there is no layer.
        """
        layers = self.layers
        if not layers:
            raise IndexError(
                f"Sequential model {self.name!r} has no layers, so there is none to "
                "pop."
            )
        last = layers[-1]
        self._adopt_layers([x for x in self._keras_sequence if x is not last])
        self._keras_changed()
        if self._keras_chain is not None:
            self._keras_chain.shorten(len(layers) - 1)
        return last

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        held = super().layers
        return held[1:] if held and is_input(held[0]) else held

    @layers.setter
    def layers(self, value: Any) -> None:
        Model.layers.fset(self, value)  # type: ignore[attr-defined]

    def _keras_checked(self, layer: Layer) -> Any:
        if isinstance(layer, KerasTensor) and layer._keras_history is not None:
            operation = layer._keras_history.operation
            layer = operation if is_input(operation) else layer
        layer = self._ownable(layer)
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of keras.Layer can be added to a Sequential model. "
                f"Received: {layer!r} of type {type(layer).__name__}. Wrap a function "
                "in keras.layers.Lambda."
            )
        if is_input(layer) and self._keras_sequence:
            raise ValueError(
                f"Sequential model {self.name!r} already has "
                f"{self._keras_sequence[0].name!r} at its start; an Input can only be "
                "the first. Make the model anew with the Input you want."
            )
        if any(other.name == layer.name for other in self._keras_sequence):
            raise ValueError(
                "Layers of a Sequential model must have unique names. "
                f"{layer.name!r} is already in model {self.name!r}. Pass another "
                "name= to the layer; one layer cannot be in it twice."
            )
        return layer

    # Building ------------------------------------------------------------------

    def _maybe_rebuild(self) -> None:
        layers = list(self._keras_sequence)
        if self._keras_chain is None and layers and not is_input(layers[0]):
            shape, dtype = _known_input(layers[0])
            if shape is not None:
                self._keras_start(shape, dtype)
        elif self._keras_chain is None and len(layers) > 1:
            self._keras_start_at(layers[0])
        elif self._keras_chain is not None:
            self._keras_chain.extend(self.layers)

    def build(self, input_shape: Any = None) -> None:
        """Builds all layers for an input shape.

        Args:
            input_shape: `(batch, ...)`; None as batch stands for any. Without it,
                that of the model's `Input`.

        Raises:
            ValueError: if the shape is not known.
        """
        if self._keras_chain is not None:
            return
        if input_shape is not None and not tree.is_shape(input_shape):
            return  # several inputs into the first layer: each call tells the layers
        layers = list(self._keras_sequence)
        if layers and is_input(layers[0]):
            self._keras_start_at(layers[0])
            return
        if not layers:
            raise ValueError(
                f"Sequential model {self.name!r} cannot be built: it has no layers. "
                "Call model.add(layer)."
            )
        if input_shape is None:
            raise ValueError(
                f"Sequential model {self.name!r} does not know its input shape. Put "
                "keras.Input(shape) first, call it on data, or pass "
                "build(input_shape)."
            )
        self._keras_start(tuple(input_shape), None, deferred=True)

    def _keras_start(
        self, shape: ShapeLike, dtype: DType, deferred: bool = False
    ) -> None:
        if dtype is None:  # layers of text say that they take strings
            dtype = getattr(self._keras_sequence[0], "_input_dtype", None)
        made = InputLayer(batch_shape=tuple(shape), dtype=dtype)
        self._adopt_layers([made, *self._keras_sequence])
        self._keras_start_at(made, deferred)

    def _keras_start_at(self, input_layer: Any, deferred: bool = False) -> None:
        start = input_layer._inbound_nodes[0].outputs[0]
        chain = _Chain(self, start, not deferred)
        try:
            chain.extend(self.layers)
        except BaseException as error:
            if deferred:
                self._adopt_layers(
                    [x for x in self._keras_sequence if x is not input_layer]
                )
            if not isinstance(error, NotImplementedError):
                raise
            # A layer that cannot tell its output works on data all the same.
        else:
            self._keras_chain = chain
        self.built = True

    # Calling -------------------------------------------------------------------

    def call(
        self,
        inputs: Structure,
        training: bool | None = None,
        mask: TensorLike = None,
        **kwargs: Any,
    ) -> Structure:
        """The layers in turn.

        Args:
            inputs: a tensor.
            training: for the layers that behave differently in training.
            mask: the mask of the input.
        """
        chain = self._keras_chain
        if chain is None:
            if mask is not None and hasattr(inputs, "shape"):
                masking.set_mask(inputs, mask)
            outputs = inputs
            for layer in self.layers:
                outputs = layer(outputs)
            return outputs
        if type(inputs) is Staged:
            rest = HostStage.rest_of(chain.plan)
            outputs = run_plan(rest, list(inputs.values), training)
            return outputs[0] if chain.is_single else chain.pack(outputs)
        flat = chain.adapt(inputs)
        if mask is not None:
            _put_masks(chain.adapt, flat, mask)
        if chain.adapt.is_exact(flat):
            outputs = run_plan(chain.plan, flat, training)
        else:
            outputs = chain.plan.run(flat, training)
        return outputs[0] if chain.is_single else chain.pack(outputs)

    def _host_stage(self) -> HostStage | None:
        chain = self._keras_chain
        return None if chain is None else stage_of(chain.plan, chain.adapt)

    def compute_output_spec(
        self,
        inputs: TensorLike,
        training: bool | None = None,
        mask: TensorLike = None,
        **kwargs: Any,
    ) -> Structure:
        """Shape and dtype of the output, as a KerasTensor with its mask."""
        if mask is not None and self._keras_chain is not None:
            _put_masks(self._keras_chain.adapt, tree.flatten(inputs), mask)
        with SymbolicScope():
            for layer in self.layers:
                inputs = layer(inputs)  # the first call of a layer builds it
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape of the output for an input shape."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    # Description ---------------------------------------------------------------

    def _built_chain(self) -> _Chain:
        if self._keras_chain is None:
            raise AttributeError
        return self._keras_chain

    if not TYPE_CHECKING:  # checkers shall see that a name is unknown

        def __getattr__(self, name: str) -> Any:
            """What is not there: the properties below end here before the build."""
            if name in _OF_THE_CHAIN:
                raise AttributeError(
                    f"Sequential model {self.name!r} has no `{name}` yet: its input "
                    "shape is not known. Put keras.Input(shape) first, call it on "
                    "data, or call build(input_shape)."
                )
            further = getattr(super(), "__getattr__", None)  # of the torch module
            if further is not None:
                return further(name)
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            )

    @property
    def inputs(self) -> list[KerasTensor]:
        """The input KerasTensor, in a list."""
        return list(self._built_chain().plan.inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The output KerasTensors, flat."""
        return list(self._built_chain().plan.outputs)

    @property
    def input(self) -> Any:
        """The input KerasTensor."""
        return self._built_chain().plan.inputs[0]

    @property
    def output(self) -> Any:
        """The output KerasTensor."""
        return self._built_chain().results[-1]

    @property
    def input_names(self) -> list[str]:
        """The name of the input."""
        return list(self._built_chain().adapt.names)

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer, for each output."""
        return [x._keras_history.operation.name for x in self.outputs]  # type: ignore[union-attr]

    @property
    def input_shape(self) -> Any:
        """The shape of the input."""
        return tuple(self.input.shape)

    @property
    def output_shape(self) -> Any:
        """The shape of the output."""
        shapes = tree.map_structure(lambda x: tuple(x.shape), self.output)
        return shapes

    @property
    def input_dtype(self) -> Any:
        """The dtype of the input."""
        return self.input.dtype

    # Config --------------------------------------------------------------------

    def get_build_config(self) -> dict[str, Any] | None:
        """The input shape or shapes, if they are known."""
        if self._keras_chain is None:
            return super().get_build_config()
        return {"input_shape": self.input_shape}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds for the input shape of a config."""
        shape = config.get("input_shape")
        if shape is not None and self._keras_chain is None:
            self.build(shape if isinstance(shape, dict) else tuple(shape))

    def get_config(self) -> dict[str, Any]:
        """The layers in order, as Keras 3 files keep them."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
            "layers": [serialize_keras_object(layer) for layer in super().layers],
        }
        if self._keras_chain is not None:
            config["build_input_shape"] = self.input_shape
        return config

    @staticmethod
    def _config_of_list(layers: list[Any]) -> dict[str, Any]:
        """The config that a list of layers stands for, as Keras 2 wrote it once."""
        return upgraded_sequential(layers)

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any] | list[dict[str, Any]],
        custom_objects: dict[str, Any] | None = None,
    ) -> Any:
        """The model of a config that `get_config` returned.

        Args:
            config: the config; or a list of those of the layers, as of Keras 2.
            custom_objects: name -> class or function, besides registered ones.
        """
        known: Any = upgraded_sequential(config)
        if not isinstance(known.get("layers"), (list, tuple)):
            raise DeserializationError(
                "The config of a Sequential model needs `layers`, a list. Received a "
                f"config with the keys {sorted(known)}."
            )
        model = cls(name=known.get("name"))
        with CustomObjectScope(custom_objects or {}):
            for entry in known["layers"]:
                model.add(deserialize_keras_object(entry), rebuild=False)
        model._maybe_rebuild()
        shape = known.get("build_input_shape")
        if model._keras_chain is None and shape is not None and model._keras_sequence:
            if tree.is_shape(shape):
                model.build(tuple(shape))
        if known.get("trainable") is False:
            model.trainable = False
        return model


class _Chain:
    """The graph of a Sequential model; grows and shrinks with its layers."""

    def __init__(self, model: Model, start: KerasTensor, convert_dtype: bool) -> None:
        self._owner = f"Sequential model {model.name!r}"
        self._name = model.name
        self.start = start
        self.results: list[Any] = []
        self.adapt = InputAdapter(model, start, convert_dtype, any_size=True)
        self.plan = Plan([start], [start], self._owner)
        self.is_single = True

    def extend(self, layers: list[Any]) -> None:
        """Calls the layers that are new; their weights' paths name the model."""
        with naming.inside(self._name):
            for layer in layers[len(self.results) :]:
                last = self.results[-1] if self.results else self.start
                self.results.append(layer(last))
        self._plan()

    def shorten(self, count: int) -> None:
        """Forgets the layers after the first `count`."""
        del self.results[count:]
        self._plan()

    def pack(self, leaves: list[Any]) -> Any:
        """The outputs in their structure."""
        return tree.pack_sequence_as(self.results[-1], leaves)

    def _plan(self) -> None:
        output = self.results[-1] if self.results else self.start
        self.is_single = isinstance(output, KerasTensor)
        self.plan = Plan([self.start], tree.flatten(output), self._owner)


_OF_THE_CHAIN = frozenset(
    (
        "input",
        "input_dtype",
        "input_names",
        "input_shape",
        "inputs",
        "output",
        "output_names",
        "output_shape",
        "outputs",
    )
)


def _are_one(pair: tuple[Any, Any]) -> bool:
    return pair[0] is pair[1]


def is_input(layer: Layer) -> bool:
    return isinstance(layer, InputLayer)


def _known_input(layer: Layer) -> tuple[Any, Any]:
    """The input shape and dtype that a first layer brings along, if any."""
    shape = getattr(layer, "_batch_shape", None)
    if shape is not None:
        return shape, None
    if isinstance(layer, Functional) and len(layer.inputs) == 1:
        return layer.inputs[0].shape, layer.inputs[0].dtype
    if isinstance(layer, Sequential) and layer._keras_chain is not None:
        return layer.input_shape, layer.input_dtype
    return None, None


__all__ = ["Sequential"]
