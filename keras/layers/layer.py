"""`Layer`: computation with state, callable on tensors of its backend."""

from __future__ import annotations

from functools import partial
from typing import Any

from keras import dtype_policies, regularizers
from keras.core import context, tree
from keras.core.classes import (
    constructor_parameters,
    declared_class,
    takes_any_keyword,
)
from keras.core.configurable import config_class
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import StatelessScope
from keras.core.serialization import deserialize_keras_object, serialize_leniently
from keras.core.typing import (
    DType,
    Regularizer,
    Shape,
    Structure,
    Tensor,
    TensorLike,
)
from keras.layers.arguments import interpreted, shape_of_first_layer
from keras.layers.building import shapes_of, tracked_build, tracked_quantize
from keras.layers.call_plan import plan_of
from keras.layers.calling import CallContext, LayerCall
from keras.layers.input_spec import describe
from keras.layers.quantizing import no_form, policy_in_config
from keras.layers.rematerialization import current_rematerialization
from keras.ops.operation import infer_spec


@public_class("keras.layers", module="keras")
class Layer(LayerCall):
    """A computation with weights.

    A subclass makes its weights in `__init__` or, where they depend on the input, in
    `build(input_shape)`, and computes in `call(inputs)`. It works on the backend that
    was current when it was made; there it is also that framework's own kind of object
    (a `torch.nn.Module`, a TensorFlow trackable).

    Args:
        activity_regularizer: adds a penalty on the output to the losses.
        trainable: whether training updates the weights.
        dtype: a dtype, a dtype policy or its name; the global policy by default.
        autocast: whether float inputs are cast to the compute dtype.
        name: a name; made up from the class by default.

    Example:

    >>> import keras
    >>> class Scale(keras.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(keras.ops.ones((2, 3))).shape[1]
    3
    """

    supports_masking = False
    # A layer that no compiler can trace sets this to False; see `Model.compile`.
    supports_jit = True
    _properties_in_files: tuple[str, ...] = ()
    input_spec: Any = None
    _has_nothing_to_build = False  # but a subclass with a `build` of its own has
    _layer_arguments: tuple[str, ...] = ()  # of the constructor, that are layers
    _outputs_first_in_torch: tuple[str, ...] = ()  # weights that torch keeps so
    # What it does with its big weights: of the products of `WeightForm`. The forms that
    # have them are the modes in which a quantized dtype policy concerns the layer.
    _keras_products: tuple[str, ...] = ()
    # Whether `model.quantize` leaves the layer alone unless it is told otherwise.
    _quantized_on_request = False
    quantization_config: Any = None

    def __init__(
        self,
        *,
        activity_regularizer: Regularizer = None,
        trainable: bool = True,
        dtype: DType = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        shape = kwargs.pop("batch_shape", None)
        if kwargs and not kwargs.keys().isdisjoint(("input_shape", "input_dim")):
            shape = shape_of_first_layer(self, kwargs)
        if kwargs:
            raise ValueError(
                f"Unknown argument(s) of {type(self).__name__}: "
                f"{', '.join(sorted(kwargs))}. Beside its own, a layer takes name, "
                "dtype, trainable, autocast and activity_regularizer."
            )
        self._keras_init_state(name, trainable, dtype, autocast)
        put = object.__setattr__
        regularizer = interpreted(
            self, "activity_regularizer", regularizers.get, activity_regularizer
        )
        put(self, "activity_regularizer", regularizer)
        plan = plan_of(type(self), Layer)
        put(self, "_keras_plan", plan)
        put(self, "_keras_build_shapes", None)
        if context.get().remat is not None:
            put(self, "_keras_remat", current_rematerialization())
        put(self, "supports_masking", plan.makes_masks or self.supports_masking)
        if shape is not None:
            put(self, "_batch_shape", tuple(shape))
        if self._has_nothing_to_build and plan.default_build:
            self.built = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = tracked_build(cls.__dict__["build"])
        if "quantize" in cls.__dict__:
            cls.quantize = tracked_quantize(cls.__dict__["quantize"])

    def build(self, input_shape: Any) -> None:
        """Makes the weights; called before the first `call`.

        Args:
            input_shape: the shape of the input, or its structure of shapes. Parameters
                named `x_shape` are given the shape of the argument `x` of `call`.
        """
        if self._keras_plan.default_build and self._has_unbuilt_layers():
            self._build_by_running(input_shape)
        if self._keras_in_build:  # a subclass goes on
            self.built = True
        else:
            self._finish_default_build(input_shape)

    def call(self, *args: Any, **kwargs: Any) -> Tensor:
        """The computation, on tensors."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `call`: it says what the layer "
            "computes. Add a method `call(self, inputs)`."
        )

    def compute_mask(self, inputs: TensorLike, previous_mask: Any) -> Structure:
        """The mask of the output; by default that of the input."""
        return previous_mask

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Shape:
        """The shape of the output for given input shapes."""
        if (
            not args
            and "input_shape" in kwargs
            and "input" not in self._keras_plan.names
        ):
            args = (kwargs.pop("input_shape"),)  # whatever `call` calls its inputs
        dtype = self.compute_dtype
        specs = [
            tree.map_shape_structure(lambda s: KerasTensor(s, dtype), a) for a in args
        ]
        named = {
            key.removesuffix("_shape"): tree.map_shape_structure(
                lambda s: KerasTensor(s, dtype), value
            )
            for key, value in kwargs.items()
        }
        covered = self._keras_plan.covered_call
        if covered is not None and len(specs) == 1 and not named:
            outputs = infer_spec(partial(covered, self), tuple(specs), {})
        else:
            outputs = self.compute_output_spec(*specs, **named)
        return tree.map_structure(lambda x: x.shape, outputs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Structure:
        """The shape and dtype of the output, as KerasTensors."""
        if not self._keras_plan.makes_shapes:
            running = context.get().call
            if running is not None and running.training is None:
                # A framework's own modules would count a run in vain in training.
                running = CallContext(running.entry, False)
            with context.Scope("call", running):
                return infer_spec(self.call, args, kwargs)
        bound = self._keras_plan.bind(self, args, kwargs)
        shapes = shapes_of(bound.arguments)
        given = tuple(shapes.values())
        names = [
            name
            for name in self._keras_plan.shape_names
            if name in {f"{key}_shape" for key in shapes}
        ]
        if names:
            shape = self.compute_output_shape(
                **{name: shapes[name.removesuffix("_shape")] for name in names}
            )
        else:
            shape = self.compute_output_shape(*given[: self._keras_plan.shapes_asked])
        dtype = self.compute_dtype
        return tree.map_shape_structure(lambda s: KerasTensor(s, dtype), shape)

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Structure:
        """The call as a pure function of the variables' values.

        Args:
            trainable_variables: values for `self.trainable_variables`.
            non_trainable_variables: values for `self.non_trainable_variables`.
            *args: arguments of the call.
            return_losses: whether the losses are returned as well.
            **kwargs: keyword arguments of the call.

        Returns:
            `(outputs, non_trainable_variables)`, and the losses if asked for.

        Raises:
            ValueError: if the layer is not built, or the numbers of values differ.
        """
        if not self.built:
            raise ValueError(
                f"{describe(self)} must be built before `stateless_call`. Call it on "
                "data or `build(input_shape)` first."
            )
        pairs = []
        for what, variables, values in (
            ("trainable_variables", self.trainable_variables, trainable_variables),
            (
                "non_trainable_variables",
                self.non_trainable_variables,
                non_trainable_variables,
            ),
        ):
            if len(variables) != len(values):
                raise ValueError(
                    f"{describe(self)} has {len(variables)} {what}, but {len(values)} "
                    "values were given."
                )
            pairs.extend(zip(variables, values, strict=True))
        scope = StatelessScope(pairs, collect_losses=return_losses)
        try:
            with scope:
                outputs = self(*args, **kwargs)
                losses = self.losses if return_losses else None
        finally:
            self._clear_losses()  # of a trace, which may end here
        updated = []
        for variable in self.non_trainable_variables:
            value = scope.get_current_value(variable)
            updated.append(variable.value if value is None else value)
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer, as plain Python data."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_leniently(self.dtype_policy),
        }
        config.update(super().get_config())
        config["name"], config["trainable"] = self.name, self.trainable
        config["dtype"] = serialize_leniently(policy_in_config(self))
        for name in ("activity_regularizer", "autocast"):
            if name in config and config[name] in (None, True):
                if not self._keeps_in_config(name):
                    del config[name]
        # A class of the user's that says it to its base itself will say it again.
        if "autocast" in config and "autocast" not in self._given_arguments()[0]:
            if not self._keeps_in_config("autocast"):
                del config["autocast"]
        for name in ("input_shape", "batch_shape", "input_dim"):
            if not self._keeps_in_config(name):
                config.pop(name, None)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer made from what `get_config` returned.

        A constructor that takes no `name`, `trainable` or `dtype` is not given them.
        A plain dtype policy comes as its name.
        """
        held = {k: config[k] for k in cls._layer_arguments if k in config}
        if held:  # also as Keras 2 wrote them, by class name and config alone
            config = {**config, **deserialize_keras_object(held)}
        if isinstance(config.get("dtype"), dict):
            policy = dtype_policies.deserialize(config["dtype"])
            plain = type(policy) is dtype_policies.DTypePolicy
            config = {**config, "dtype": policy.name if plain else policy}
        declared = declared_class(cls)
        if not takes_any_keyword(declared.__init__):
            known = constructor_parameters(declared)
            base = ("name", "trainable", "dtype")
            config = {k: v for k, v in config.items() if k in known or k not in base}
        return super().from_config(config)

    def _keeps_in_config(self, name: str) -> bool:
        declared = declared_class(self)
        known, by_hand = config_class(declared)
        asked = [known] if by_hand else [known, declared]
        return any(
            name in constructor_parameters(cls)
            for cls in asked
            if cls.__init__ is not Layer.__init__
        )

    def quantize(
        self, mode: Any = None, type_check: bool = True, config: Any = None
    ) -> None:
        """Quantizes the weights, where the layer knows how.

        A layer of your own may define it: it turns the weights into what the mode
        asks for and sets `dtype_policy` to `"<mode>_from_<policy>"`. Within it, a
        built layer takes new weights. Layers inside it are quantized by
        `model.quantize` without it. docs/quantization.md has an example.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`.
            type_check: whether subclasses of the library's layers are refused.
            config: a `keras.quantizers.QuantizationConfig`.

        Raises:
            NotImplementedError: always, here: this layer has no quantized form.
        """
        raise NotImplementedError(no_form(self, mode))

    def _quantized_state(self) -> Any:
        """What `quantize` changes, so that it can be undone."""
        return self.quantization_config, self.dtype_policy

    def _restore_quantized_state(self, state: Any) -> None:
        """Undoes `quantize`."""
        config, policy = state
        if self.dtype_policy != policy:
            self.quantization_config, self.dtype_policy = config, policy

    def quantized_build(self, input_shape: Any, mode: str) -> None:
        """Makes quantized weights, where the layer knows how.

        Args:
            input_shape: shape of the inputs, or of the weight.
            mode: `"int8"` and the like.

        Raises:
            NotImplementedError: always, here: this layer has no quantized form.
        """
        raise NotImplementedError(no_form(self, mode))

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """`call`, which uses the weights in the form that they have."""
        return self.call(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
