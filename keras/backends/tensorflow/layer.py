"""What layers and optimizers are on the TensorFlow backend: trackable.

`tf.train.Checkpoint` and `tf.saved_model.save` see their variables, sublayers,
`tf.function`s and whatever else of TensorFlow's they hold. What is made after a
checkpoint was restored takes its values when it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from keras.backends.variable import Variable
    from keras.layers.layer import Layer
    from keras.models.model import Model

_Trackable = tf.__internal__.tracking.Trackable
_Function = type(tf.function(lambda: None))
_SIGNATURE = "_default_save_signature"


class layer_mixin(_Trackable):
    """The second base of every layer class on this backend."""

    # What pickle and deepcopy leave out: TensorFlow's notes on restored checkpoints.
    _native_state = frozenset(
        (
            "_self_unconditional_checkpoint_dependencies",
            "_self_unconditional_dependency_names",
            "_self_unconditional_deferred_dependencies",
            "_self_update_uid",
            "_self_name_based_restores",
            "_self_saveable_object_factories",
            "_self_setattr_tracking",
            _SIGNATURE,
        )
    )

    def _init_native(self) -> None:
        pass

    def _track_variable_native(self, variable: Variable) -> None:
        self._was_added(variable._value)

    def _track_layer_native(self, name: str, layer: Layer) -> None:
        self._was_added(layer)

    def _untrack_native(self, item: Any) -> None:
        """Nothing: what a checkpoint sees is looked up when it is asked for."""

    def _is_foreign_module(self, value: Any) -> bool:
        return False

    def _track_foreign(self, name: str, value: Any) -> None:
        if isinstance(value, _Trackable) and not hasattr(value, "_tracked_as"):
            self._was_added(value)

    def _restore_native(self) -> None:
        """Nothing, likewise."""

    def _was_added(self, child: Any) -> None:
        """Gives a new child what a checkpoint restored earlier holds for it."""
        if self.__dict__.get("_self_unconditional_deferred_dependencies"):
            for name, known in self._children().items():
                if known is child:
                    self._handle_deferred_dependencies(name=name, trackable=child)

    def _children(self) -> dict[str, Any]:
        """Everything trackable that the layer holds, by name."""
        children: dict[str, Any] = {}
        for variable in self._own_variables():
            _put(children, variable.name, variable._value)
        index = 0
        for name, layer in self._named_layers().items():
            # Layers of a graph or list go by their place: names differ from run to run.
            _put(children, name if name in self.__dict__ else f"layers/{index}", layer)
            # Inputs do not count: a Sequential may get its own when it is built.
            index += not getattr(layer, "_is_input", False)
        for name, value in self.__dict__.items():
            if isinstance(value, _Trackable) and not getattr(
                value, "_keras_layer", False
            ):
                _put(children, name, value)
        return children

    def _lookup_dependency(self, name: str, cached_dependencies: Any = None) -> Any:
        return self._children().get(name)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> Any:
        children = {**super()._trackable_children(save_type, **kwargs)}
        children.update(self._children())
        if save_type == "savedmodel":
            children.update(_functions_of(self))
            if hasattr(self, "fit") and self.built:
                serve = _serving_function(self)
                if serve is not None:
                    children[_SIGNATURE] = serve
        return children


class optimizer_mixin(_Trackable):
    """The second base of every optimizer class on this backend."""

    _native_state = layer_mixin._native_state

    def _children(self) -> dict[str, Any]:
        # Names of states hold names of layers, which differ from run to run.
        children = {f"_variables/{i}": v._value for i, v in enumerate(self.variables)}
        inner = getattr(self, "inner_optimizer", None)
        if isinstance(inner, _Trackable):
            children["inner_optimizer"] = inner
        return children

    def _was_added(self, variable: Variable) -> None:
        """Gives a new state what a checkpoint restored earlier holds for it."""
        if self.__dict__.get("_self_unconditional_deferred_dependencies"):
            name = f"_variables/{len(self._variables) - 1}"
            self._handle_deferred_dependencies(name=name, trackable=variable._value)

    def _lookup_dependency(self, name: str, cached_dependencies: Any = None) -> Any:
        return self._children().get(name)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> Any:
        return {**super()._trackable_children(save_type, **kwargs), **self._children()}


def _put(children: dict[str, Any], name: str, child: Any) -> None:
    """Adds a child; a second one of the same name gets a number."""
    unique, number = name, 1
    while unique in children and children[unique] is not child:
        unique, number = f"{name}_{number}", number + 1
    children[unique] = child


def _functions_of(layer: Layer) -> dict[str, Any]:
    """The methods that are a `tf.function`, as TensorFlow's own modules export them."""
    functions = {}
    for cls in type(layer).__mro__:
        for name, value in cls.__dict__.items():
            if isinstance(value, _Function) and name not in functions:
                functions[name] = getattr(layer, name)
    for function in functions.values():
        function._list_all_concrete_functions_for_serialization()
    return functions


def _serving_function(model: Model) -> Any:
    """What a saved model serves by default: its call, on batches of any size."""
    specs = _input_specs(model)
    if specs is None:
        return None
    # One object for all the times that TensorFlow asks while it saves.
    key = [id(layer) for layer in model._layers]
    known, function = model.__dict__.get(_SIGNATURE, (None, None))
    if known == key:
        return function

    def serve(inputs: Any) -> Any:
        outputs = model(inputs, training=False)
        flat = tf.nest.flatten(outputs)
        if isinstance(outputs, dict):
            return outputs
        return {f"output_{index}": output for index, output in enumerate(flat)}

    function: Any = tf.function(serve, input_signature=[specs], autograph=False)
    function.get_concrete_function()
    object.__setattr__(model, _SIGNATURE, (key, function))
    return function


def _input_specs(model: Model) -> Any:
    """The specs of a model's inputs; None where they are not known."""
    inputs = getattr(model, "input", None)
    if inputs is None:
        shapes = getattr(model, "_keras_build_shapes", None) or {}
        if len(shapes) != 1:
            return None
        (shape,) = shapes.values()
        if not isinstance(shape, tuple) or not all(
            size is None or isinstance(size, int) for size in shape
        ):
            return None
        return tf.TensorSpec((None, *shape[1:]), model.compute_dtype)
    return tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), inputs)
