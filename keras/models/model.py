"""`Model`: a layer that can be trained, saved, described and moved between backends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Self

from keras.core import tree
from keras.core.classes import (
    constructor_parameters,
    declared_class,
    is_ours,
    takes_any_keyword,
)
from keras.core.errors import DeserializationError, brief
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.registry import CustomObjectScope
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.core.typing import Structure
from keras.export.formats import export_model
from keras.layers.building import specs_of
from keras.layers.call_plan import CallPlan
from keras.layers.layer import Layer
from keras.layers.transfer import to_backend
from keras.models import functional_config
from keras.models.jax_function import JaxFunction, jax_function
from keras.models.page import page
from keras.models.quantizing import Filters, quantize
from keras.models.specialise import make_functional
from keras.models.state_tree import get_state_tree, set_state_tree
from keras.models.summary import print_summary
from keras.saving import load_weights, save_model, save_weights
from keras.saving.contents import written_by
from keras.saving.json_text import read_json
from keras.saving.legacy_models import of_keras_2
from keras.saving.orbax import write_checkpoint
from keras.saving.report import LoadReport
from keras.training.trainer import Trainer


@public_class("keras.models", module="keras")
class Model(Trainer, Layer):
    """Layers together, with `compile`, `fit`, `evaluate`, `predict` and `save`.

    There are three ways to make one: `Model(inputs, outputs)` from a graph of
    layers, a subclass with `call`, or `keras.Sequential`.

    Args:
        inputs: for a graph: KerasTensors of `keras.Input`, alone or nested.
        outputs: for a graph: KerasTensors made from `inputs`, alone or nested.
        name: a name; made up by default.
        trainable: whether the weights may be trained.
        dtype: dtype policy, of a subclass.

    Example:

    >>> import keras
    >>> class Twice(keras.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.dense = keras.layers.Dense(3)
    ...     def call(self, x):
    ...         return self.dense(x) * 2
    >>> Twice()(keras.ops.ones((2, 4))).shape == (2, 3)
    True
    """

    # What a model of a graph is; `Functional` says that it is that.
    _graph_class: Any = None
    _remats_inside = True
    # The layers of a graph, in its order; other models have theirs in attributes.
    _keras_sequence: Any = None
    # What the first call of a model without a graph was given, by parameter.
    _keras_first_call: dict[str, Any] | None = None
    _not_in_files = ("_keras_sequence", "_keras_first_call")
    _properties_in_files = ("layers",)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if declared_class(cls) is Model and is_graph_call(args, kwargs):
            functional = Model._graph_class
            return functional.__new__(functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if is_graph_call(args, kwargs):
            make_functional(self, Model._graph_class, args, kwargs)
            return
        self._keras_init_model(*args, **kwargs)

    def _keras_init_model(self, *args: Any, **kwargs: Any) -> None:
        """What every kind of model starts with."""
        if args:
            raise ValueError(
                f"{declared_class(self).__name__}(inputs, outputs) takes "
                "KerasTensors, in any structure: start with keras.Input(shape). "
                f"Received: {', '.join(type(x).__name__ for x in args)}."
            )
        Layer.__init__(self, *args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """The state, and which of its variables the optimizer trains."""
        state = super().__getstate__()
        trained = getattr(self.optimizer, "_trainable_variables", ())
        if trained:
            places = {id(v): place for place, v in enumerate(self.variables)}
            state["_trained"] = [places.get(id(v)) for v in trained]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        trained = state.pop("_trained", ())
        super().__setstate__(state)
        # A graph inside comes back with new variables, of which the optimizer's copy
        # knows nothing.
        if trained:
            own, known = self.variables, self.optimizer._trainable_variables
            pairs = zip(known, trained, strict=True)
            copies = {id(v): own[place] for v, place in pairs if place is not None}
            self.optimizer._keras_rebind(copies)

    def _adopt_layers(self, layers: list[Any]) -> None:
        """Holds these layers, in this order, under their own names."""
        object.__setattr__(self, "_keras_sequence", layers)
        self._tracker.give(layers, [layer.name for layer in layers])

    def _build_if_needed(self, plan: CallPlan, arguments: dict[str, Any]) -> None:
        if not self.built:
            object.__setattr__(self, "_keras_first_call", specs_of(arguments))
        super()._build_if_needed(plan, arguments)

    def call(self, *args: Any, **kwargs: Any) -> Structure:
        """The computation; subclasses define it."""
        raise NotImplementedError(
            f"Model {self.name!r} of class {type(self).__name__} does not define "
            "`call(self, inputs)`. Define it, or make the model with "
            "keras.Model(inputs, outputs)."
        )

    # Layers --------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in this model."""
        return list(
            self._layers if self._keras_sequence is None else self._keras_sequence
        )

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError(
            f"`layers` of model {self.name!r} lists what it holds and cannot be set. "
            "Give your own list of layers another attribute name."
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place in `layers`.

        Args:
            name: the name.
            index: the place, counted from 0.

        Raises:
            ValueError: if neither or both are given, or there is no such layer.
        """
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError(
                "get_layer() takes either a name or an index. "
                f"Received: name={name!r}, index={index!r}."
            )
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    f"Model {self.name!r} has {len(layers)} layers, so there is no "
                    f"layer at index {index}."
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name!r}. Model {self.name!r} has the layers "
            f"{[layer.name for layer in layers]}."
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[..., Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: list[str] | tuple[str, str] | None = None,
    ) -> None:
        """Prints a table of the layers, their output shapes and parameters.

        Args:
            line_length: width in characters; by default that of the terminal.
            positions: shares of the width, one for each column, as running sums.
            print_fn: takes the text instead of standard output.
            expand_nested: whether layers of inner models are listed too.
            show_trainable: whether a column says which layers are trained.
            layer_range: names (or patterns) of the first and the last layer shown.
        """
        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    # Files ---------------------------------------------------------------------

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves the model: config, weights, compile settings, optimizer state.

        Args:
            filepath: a path that ends in `.keras` (or `.h5`, the older format).
            overwrite: whether an existing file is replaced.
            zipped: whether the file is one zip archive (True by default) or a
                folder.
            **kwargs: what older code passes, such as `include_optimizer`.
        """
        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def _keras_save_checkpoint(
        self, manager: Any, step: int, weights_only: bool
    ) -> None:
        """For `keras.callbacks.OrbaxCheckpoint`."""
        write_checkpoint(self, manager, step, weights_only)

    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        max_shard_size: float | None = None,
    ) -> None:
        """Saves the weights only.

        Args:
            filepath: a path that ends in `.weights.h5`, `.weights.json` (several
                files) or `.safetensors`.
            overwrite: whether an existing file is replaced.
            max_shard_size: largest size of one file, in GB.
        """
        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(
        self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any
    ) -> LoadReport:
        """Loads weights that `save_weights` or `save` wrote.

        Args:
            filepath: the file.
            skip_mismatch: whether layers that do not fit keep their values, with a
                warning, instead of an error.
            **kwargs: `by_name` for older files, `objects_to_skip`.

        Returns:
            What was loaded, and what was missing, unexpected or of another shape.
        """
        return load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def _repr_html_(self) -> str:
        """What notebooks show: the summary, with models in it folded away."""
        return page(self)

    def quantize(
        self,
        mode: str | None = None,
        config: Any = None,
        filters: Filters = None,
        **kwargs: Any,
    ) -> None:
        """Turns the big weights of the layers into ones of few bits.

        Layers that have no quantized form stay as they are. If one fails, all are as
        they were.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`.
            config: a `keras.quantizers.QuantizationConfig`, which says more than the
                mode.
            filters: which layers: a regular expression that is searched in their names,
                a list of such, or a callable of a layer that returns a bool.
            **kwargs: `type_check=False` quantizes subclasses of the library's layers,
                and `convolutions=True`, in mode `"int8"`, convolutions too. Keras has
                no such layers, so that it cannot read a file with them.

        Raises:
            ValueError: if the model is not built, a layer is quantized already, or the
                arguments do not fit each other.
            NotImplementedError: if no layer has a form for the mode yet, though some
                have one for others.

        Example:

        >>> import keras
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
        >>> model.quantize("int8")
        >>> model.layers[0].dtype_policy.name
        'int8_from_float32'
        """
        type_check = kwargs.pop("type_check", True)
        convolutions = kwargs.pop("convolutions", False)
        if kwargs:
            raise ValueError(
                f"`quantize` of {type(self).__name__} {self.name!r} received unknown "
                f"arguments: {', '.join(kwargs)}. It knows mode, config, filters, "
                "type_check and convolutions."
            )
        quantize(self, mode, config, filters, type_check, convolutions)

    def get_quantization_layer_structure(self, mode: str | None = None) -> Any:
        """The order in which data passes the layers, for modes that calibrate.

        A model that is quantized by GPTQ or AWQ overrides it.

        Args:
            mode: `"gptq"` or `"awq"`.

        Returns:
            A dict with `"pre_block_layers"`, the layers that inputs pass first, and
            `"sequential_blocks"`, the layers that follow one another; None if it is
            not known, as here.
        """
        del mode

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Writes the model for use without Keras.

        Args:
            filepath: where to.
            format: the format, such as `"tf_saved_model"` or `"onnx"`.
            verbose: whether to tell about it.
            input_signature: shapes and dtypes of the inputs, where the model does
                not know them.
            **kwargs: options of the format.
        """
        export_model(
            self,
            filepath,
            format=format,
            verbose=verbose,
            input_signature=input_signature,
            **kwargs,
        )

    # Config --------------------------------------------------------------------

    def _own_config(self) -> dict[str, Any]:
        """The constructor arguments, as any layer has them."""
        return Layer.get_config(self)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """The model of a config that `get_config` returned.

        Args:
            config: the config.
            custom_objects: name -> class or function, besides registered ones.
        """
        with CustomObjectScope(custom_objects or {}):
            if functional_config.is_graph(config) and takes_graph(declared_class(cls)):
                return functional_config.read(cls, config)
            return cls._from_arguments(config)

    @classmethod
    def _from_arguments(cls, config: dict[str, Any]) -> Any:
        """By the constructor; what every model has is set where it does not take it."""
        declared = declared_class(cls)
        own = declared.get_config
        if takes_any_keyword(declared.__init__) or not is_ours(own):
            return super().from_config(config)
        accepted = constructor_parameters(declared)
        rest = {
            key: config[key]
            for key in ("name", "trainable", "dtype")
            if key in config and key not in accepted
        }
        model = super().from_config({k: v for k, v in config.items() if k not in rest})
        if "name" in rest:
            object.__setattr__(model, "name", rest["name"])
        if rest.get("trainable") is False:
            model.trainable = False
        return model

    def to_json(self, **kwargs: Any) -> str:
        """The config as a JSON string, for `keras.models.model_from_json`.

        Args:
            **kwargs: for `json.dumps`.
        """
        return json.dumps(serialize_keras_object(self), **kwargs)

    # State ---------------------------------------------------------------------

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """All variables as nested dicts, by the parts of their paths.

        Args:
            value_format: `"backend_tensor"`, or `"numpy_array"` for copies.

        Returns:
            A dict with `trainable_variables`, `non_trainable_variables`,
            `optimizer_variables` and `metrics_variables`.
        """
        return get_state_tree(self, value_format)

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Assigns what `get_state_tree` returned; parts may be left out.

        Args:
            state_tree: nested dicts of values.

        Raises:
            ValueError: if it names a variable that the model does not have.
        """
        set_state_tree(self, state_tree)

    def to_backend(self, name: str) -> Any:
        """This model on another backend.

        Args:
            name: `"jax"`, `"tensorflow"`, `"torch"` or `"numpy"`.

        Returns:
            A model of the same class with the same config, weights, compile settings
            and optimizer state; the model itself if it lives there already.

        Raises:
            ValueError: if a layer cannot be made there; it is named.

        Example:

        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> there = model.to_backend("numpy")
        >>> type(there.layers[0].kernel.numpy()).__name__
        'ndarray'
        """
        return to_backend(self, name)

    def as_jax_function(self) -> JaxFunction:
        """This model as a pure function of JAX, from any backend.

        Returns:
            A `JaxFunction`: `params` and `state`, dicts of arrays by the paths of the
            variables, and `apply(params, state, *inputs)`, which optax, `jax.grad`,
            `jax.vmap`, `jax.shard_map` and `jax.export` take.

        Raises:
            ValueError: if the model is not built, or a layer cannot be made on JAX.

        Example:

        >>> import numpy as np
        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> function = model.as_jax_function()
        >>> sorted(path.split("/")[-1] for path in function.params)
        ['bias', 'kernel']
        >>> x = np.ones((3, 2), "float32")
        >>> function.apply(function.params, function.state, x).shape
        (3, 1)
        """
        return jax_function(self)


def is_graph_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether constructor arguments are those of a functional model."""
    if "inputs" in kwargs and "outputs" in kwargs:
        return True
    if len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs):
        return _holds_tensor(args[0])
    return False


def _holds_tensor(value: Any) -> bool:
    return any(isinstance(x, KerasTensor) for x in tree.flatten(value))


def takes_graph(cls: type) -> bool:
    """Whether a class is made from `inputs` and `outputs`, so that a graph config fits.

    A class whose constructor makes the graph itself has a config of its own.
    """
    if cls.__init__ is Model.__init__:
        return True
    return {"inputs", "outputs"} <= set(constructor_parameters(cls))


def model_from_json(
    json_string: str, custom_objects: dict[str, Any] | None = None
) -> Any:
    """The model of a JSON string that `Model.to_json` returned; weights are new.

    Args:
        json_string: the string.
        custom_objects: name -> class or function, besides registered ones.

    Raises:
        ValueError: if it is no such JSON, or names what is not known.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> keras.models.model_from_json(model.to_json()).output_shape
    (None, 1)
    """
    config = read_json(json_string, "The JSON of the model")
    if not isinstance(config, dict) or "class_name" not in config:
        raise DeserializationError(
            f"The JSON describes no model: it holds {brief(config)}. Expected an "
            "object with a `class_name`, as model.to_json() returns it."
        )
    version = config.get("keras_version")
    with written_by(version):
        config = of_keras_2(config, version)
        return deserialize_keras_object(config, custom_objects=custom_objects)
