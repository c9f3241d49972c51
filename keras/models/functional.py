"""Functional models: a graph of layers that is itself a layer and can be trained."""

from __future__ import annotations

import warnings
from typing import Any

from keras.core import context, masking, tree
from keras.core.classes import declared_class
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Shape, Structure, TensorLike
from keras.layers.core.input_layer import Input
from keras.layers.layer import Layer
from keras.models import functional_config
from keras.models.graph import Function, pack, set_graph
from keras.models.graph_model import GraphModel
from keras.models.host_stage import HostStage, Staged, stage_of
from keras.models.inputs import InputAdapter, input_name
from keras.models.model import Model, takes_graph
from keras.models.plan import Plan
from keras.ops.operation import node_of


@public_class("keras.models", module="keras.src.models.functional", pure=True)
class Functional(GraphModel, Function, Model):
    """A model given by its inputs and outputs.

    `keras.Model(inputs, outputs)` makes one.

    Args:
        inputs: KerasTensors of `keras.Input`, alone or nested in lists, tuples,
            dicts. Where others are given, the graph behind them is cut off.
        outputs: KerasTensors made from them, nested likewise.
        name: a name; made up by default.
        trainable: whether its weights may be trained.

    Raises:
        ValueError: if an output cannot be computed from the inputs, if the same
            input is given twice, or two layers have one name.

    Example:

    >>> import keras
    >>> x = keras.Input((3,))
    >>> model = keras.Model(x, keras.layers.Dense(2)(x))
    >>> model.output_shape
    (None, 2)
    """

    _properties_in_files = ("layers",)
    _first_in_files = "layers"
    _is_functional = True

    def __init__(
        self,
        inputs: TensorLike,
        outputs: TensorLike,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        trainable = kwargs.pop("trainable", True)
        self._keras_init_model(name=name, autocast=False, **kwargs)
        inputs, outputs = _with_input_layers(self, inputs, outputs)
        set_graph(self, inputs, outputs)
        _check_keys(self._kept_inputs.value, f"{type(self).__name__} {self.name!r}")
        self._keras_adapt = InputAdapter(self, self._kept_inputs.value)
        _check_names(self)
        self._adopt_layers([op for op in self._keras_graph.operations if _is_layer(op)])
        self.built = True
        if not trainable:
            self.trainable = False

    # Calling -------------------------------------------------------------------

    def call(
        self,
        inputs: Structure,
        training: bool | None = None,
        mask: TensorLike = None,
        **kwargs: Any,
    ) -> Structure:
        """The values of the outputs.

        Args:
            inputs: tensors in the structure of the inputs, or a dict by their names.
            training: for the layers that behave differently in training.
            mask: masks of the inputs, in their structure.
        """
        if type(inputs) is Staged:
            rest = HostStage.rest_of(self._keras_graph)
            outputs = run_plan(rest, list(inputs.values), training)
        else:
            flat = self._keras_adapt(inputs)
            if mask is not None:
                _put_masks(self._keras_adapt, flat, mask)
            outputs = run_plan(self._keras_graph, flat, training)
        ends = self._kept_outputs.value
        if (
            len(outputs) == 1
            and _alone(ends)
            and not isinstance(outputs[0], KerasTensor)
        ):
            return outputs[0]  # on data, an output alone in a list comes bare
        return pack(outputs, self._kept_outputs)

    def _standardize_inputs(self, inputs: TensorLike) -> list[Any]:
        """The inputs as tensors in the order of the graph, as packages call it."""
        return self._keras_adapt(inputs)

    def _host_stage(self) -> HostStage | None:
        return stage_of(self._keras_graph, self._keras_adapt)

    def compute_output_spec(
        self, inputs: TensorLike, training: bool | None = None, mask: TensorLike = None
    ) -> Structure:
        """Shapes and dtypes of the outputs for such inputs, as KerasTensors."""
        flat = self._keras_adapt(inputs)
        return Function.compute_output_spec(
            self, tree.pack_sequence_as(self._kept_inputs.value, flat)
        )

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Shapes of the outputs for other input shapes."""
        return Function.compute_output_shape(self, input_shape)

    def compute_mask(self, inputs: TensorLike, previous_mask: Any = None) -> Structure:
        """The masks of the outputs, in their structure; None where there is none."""
        flat = self._keras_adapt(inputs)
        _put_masks(self._keras_adapt, flat, previous_mask)
        outputs = self._keras_graph.run(flat)
        return pack([masking.get_mask(x) for x in outputs], self._kept_outputs)

    def build(self, input_shape: Any = None) -> None:
        """Nothing to do: the layers of a graph are built."""

    # Description ---------------------------------------------------------------

    @property
    def input_names(self) -> list[str]:
        """The names of the input layers, in the order of `inputs`."""
        return list(self._keras_adapt.names)

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs, in their order."""
        return [x._keras_history.operation.name for x in self._keras_graph.outputs]

    @property
    def input(self) -> Any:
        """The input KerasTensors in their structure."""
        return self._kept_inputs.value

    @property
    def output(self) -> Any:
        """The output KerasTensors in their structure."""
        return self._kept_outputs.value

    @property
    def input_shape(self) -> Any:
        """The shapes of the inputs; one alone without structure."""
        return _shapes(self._kept_inputs.value)

    @property
    def output_shape(self) -> Any:
        """The shapes of the outputs; one alone without structure."""
        return _shapes(self._kept_outputs.value)

    @property
    def input_dtype(self) -> Any:
        """The dtypes of the inputs; one alone without structure."""
        flat = [x.dtype for x in self._keras_graph.inputs]
        return flat[0] if len(flat) == 1 else pack(flat, self._kept_inputs)

    # Config --------------------------------------------------------------------

    def get_build_config(self) -> dict[str, Any] | None:
        """A graph comes built: there is no input shape to remember."""
        return {"input_shape": None}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Nothing to do."""
        del config

    def get_config(self) -> dict[str, Any]:
        """The layers and how they are connected, as Keras 3 files keep them."""
        if not takes_graph(declared_class(self)):
            return Model._own_config(self)
        return functional_config.write(self)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """The model of a config that `get_config` returned."""
        return functional_config.read(cls, config, custom_objects)


Model._graph_class = Functional


def run_plan(plan: Plan, inputs: list[Any], training: bool | None) -> list[Any]:
    """The outputs of a plan, inside the call of its model, for adapted inputs."""
    ambient = context.get()
    if plan.direct(inputs, ambient, training):
        return plan.run_directly(inputs, ambient.call.training)
    if training is not None and ambient.call is not None:
        if ambient.call.training is training:
            training = None  # the layers find it there themselves
    return plan.run(inputs, training)


def _alone(structure: Structure) -> bool:
    """Whether the outputs are one tensor, perhaps in a list or tuple of its own."""
    if isinstance(structure, (list, tuple)) and len(structure) == 1:
        structure = structure[0]
    return isinstance(structure, KerasTensor)


def _is_layer(operation: Any) -> bool:
    return isinstance(operation, Layer)


def _shapes(structure: Structure) -> Any:
    shapes = tree.map_structure(lambda x: tuple(x.shape), structure)
    flat = tree.flatten(structure)
    return tuple(flat[0].shape) if len(flat) == 1 else shapes


def _put_masks(adapt: InputAdapter, flat: list[Any], mask: TensorLike) -> None:
    if mask is None:
        return
    masks = [mask] if len(flat) == 1 and hasattr(mask, "shape") else adapt.flatten(mask)
    for x, each in zip(flat, masks, strict=True):
        if each is not None and x is not None:
            masking.set_mask(x, each)


def _with_input_layers(
    model: Model, inputs: TensorLike, outputs: TensorLike
) -> tuple[Any, Any]:
    """The graph on InputLayers: where an input is none, one takes its place."""
    flat = tree.flatten(inputs)
    known = all(isinstance(x, KerasTensor) and _is_made_by_input(x) for x in flat)
    if known or not all(isinstance(x, KerasTensor) for x in flat):
        return inputs, outputs
    owner = f"{type(model).__name__} {model.name!r}"
    plan = Plan(flat, tree.flatten(outputs), owner)
    fresh = [
        x
        if _is_made_by_input(x)
        else Input(batch_shape=x.shape, dtype=x.dtype, name=f"{input_name(x)}_input")
        for x in flat
    ]
    results = plan.rerun(fresh, lambda operation: operation)
    return (
        tree.pack_sequence_as(inputs, fresh),
        results[0]
        if isinstance(outputs, KerasTensor)
        else tree.pack_sequence_as(outputs, results),
    )


def _is_made_by_input(x: KerasTensor) -> bool:
    return x._keras_history is not None and node_of(x).is_input


def _check_keys(inputs: TensorLike, title: str) -> None:
    """Warns of keys in a dict of inputs that are not the names of the Inputs."""
    for key, x in inputs.items() if isinstance(inputs, dict) else ():
        if isinstance(x, KerasTensor) and input_name(x) != key:
            warnings.warn(
                f"Key {key!r} in the dict of inputs of {title} is not the name of its "
                f"Input, {input_name(x)!r}. Data goes by the keys; make them agree: "
                f"keras.Input(..., name={key!r}).",
                UserWarning,
                stacklevel=4,
            )


def _check_names(model: Model) -> None:
    seen: dict[str, Any] = {}
    for operation in model._keras_graph.operations:
        first = seen.setdefault(operation.name, operation)
        if first is not operation:
            raise ValueError(
                f"Two operations of {type(model).__name__} {model.name!r} are called "
                f"{operation.name!r}: {type(first).__name__} and "
                f"{type(operation).__name__}. Names must be unique, because files "
                "tell layers apart by them: give one of them another name=."
            )
