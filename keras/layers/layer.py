"""`Layer`: computation with state, callable on tensors of its backend.

Calling a layer has two paths. The everyday case (built, one tensor of the layer's
backend and dtype, no mask in the process) goes to `call` after a few comparisons.
Everything else — building, converting, casting, masks, symbolic inputs, several
tensors — goes through `_full_call`, whose steps stand one below the other. Both give
the same results; which one is taken is decided by `_settle` and the argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from keras.backends import process
from keras.backends.backend import FOREIGN, SYMBOLIC, TENSOR
from keras.core import context, dtypes, tree
from keras.core.classes import (
    constructor_parameters,
    declared_class,
    takes_any_keyword,
)
from keras.core.errors import BackendError
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask, masks_in_use, set_mask
from keras.core.scopes import StatelessScope
from keras.layers.arguments import refuse_quantized_policy
from keras.layers.call_plan import CallPlan, plan_of
from keras.layers.files import LayerFiles
from keras.layers.input_spec import check_inputs, describe
from keras.ops.operation import connect, infer_spec

_MISSING: Any = object()


class CallContext:
    """What the outermost running layer call says to the calls inside it."""

    __slots__ = ("entry", "training")

    def __init__(self, entry: Any, training: Any) -> None:
        self.entry = entry
        self.training = training


@public_class("keras.layers", module="keras")
class Layer(LayerFiles):
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
    input_spec: Any = None
    _plain = False
    _everyday = False
    _mode: Any = None
    _in_build = False
    _hooked = False
    _is_quantizable = False  # whether a quantized dtype policy concerns its weights

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        from keras import regularizers

        shape = kwargs.pop("input_shape", None)
        shape = (None, *shape) if shape is not None else kwargs.pop("batch_shape", None)
        width = kwargs.pop("input_dim", None)
        shape = (None, width) if shape is None and width is not None else shape
        if kwargs:
            raise ValueError(
                f"Unknown argument(s) of {type(self).__name__}: "
                f"{', '.join(sorted(kwargs))}. Beside its own, a layer takes name, "
                "dtype, trainable, autocast and activity_regularizer."
            )
        self._init_state(name, trainable, dtype, autocast)
        put = object.__setattr__
        put(self, "activity_regularizer", regularizers.get(activity_regularizer))
        put(self, "_plan", plan_of(type(self), Layer))
        put(self, "_build_shapes", None)
        if shape is not None:
            put(self, "_batch_shape", tuple(shape))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _tracked_build(cls.__dict__["build"])

    # For subclasses ------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the weights; called before the first `call`.

        Args:
            input_shape: the shape of the input, or its structure of shapes. Parameters
                named `x_shape` are given the shape of the argument `x` of `call`.
        """
        if self._plan.default_build and self._layers:
            self._build_by_running(input_shape)
        self.built = True

    def _build_by_running(self, input_shape: Any) -> None:
        """Builds the sublayers by a symbolic run of `call`."""
        dtype = self.compute_dtype
        specs = tree.map_shape_structure(lambda s: KerasTensor(s, dtype), input_shape)
        try:
            infer_spec(self.call, (specs,), {})
        except Exception as error:
            raise ValueError(
                f"{describe(self)} has no `build`, and its `call` cannot be run on "
                f"inputs of shape {input_shape}: {error} Call the layer on data "
                "instead, or give it a `build` method."
            ) from error

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation, on tensors."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `call`: it says what the layer "
            "computes. Add a method `call(self, inputs)`."
        )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the output; by default that of the input."""
        return previous_mask

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for given input shapes."""
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
        outputs = self.compute_output_spec(*specs, **named)
        return tree.map_structure(lambda x: x.shape, outputs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The shape and dtype of the output, as KerasTensors."""
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return infer_spec(self.call, args, kwargs)
        bound = self._plan.bind(self, args, kwargs)
        shapes = _shapes_of(bound.arguments)
        given = tuple(shapes.values())
        names = [
            name
            for name in _parameters(type(self).compute_output_shape)
            if name in {f"{key}_shape" for key in shapes}
        ]
        if names:
            shape = self.compute_output_shape(
                **{name: shapes[name.removesuffix("_shape")] for name in names}
            )
        else:
            shape = self.compute_output_shape(given[0])
        dtype = self.compute_dtype
        return tree.map_shape_structure(lambda s: KerasTensor(s, dtype), shape)

    # Calling -------------------------------------------------------------------

    def _settle(self) -> None:
        """Everyday calls need no building, casting of weights, masks or penalties."""
        plan = self.__dict__.get("_plan")
        if plan is None:
            return
        policy = self._dtype_policy
        plain = (
            self.built
            and policy.compute_dtype == policy.variable_dtype
            and self.activity_regularizer is None
        )
        makes_masks = type(self).compute_mask is not Layer.compute_mask
        put = object.__setattr__
        put(self, "_plain", plain)
        put(self, "_everyday", plain and not makes_masks and plan.names[:1] != [])
        put(self, "_input_dtype", self._backend.native_dtype(policy.compute_dtype))
        spec = self.input_spec
        put(
            self,
            "_one_spec",
            spec if not isinstance(spec, (list, tuple, dict)) else None,
        )
        if isinstance(spec, (list, tuple, dict)) and spec:
            put(self, "_everyday", False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the layer on tensors, arrays or KerasTensors."""
        if self._hooked and self._has_hooks():  # only on torch
            return self._backend.call_with_hooks(self, args, kwargs)
        return self._call_without_hooks(*args, **kwargs)

    def _call_without_hooks(
        self, x: Any = _MISSING, /, *args: Any, **kwargs: Any
    ) -> Any:
        backend = self._backend
        ambient = context.get()
        if (
            self._everyday
            and not args
            and (ambient.backend or process.default) is backend
            and backend.kinds.get(type(x)) == TENSOR
            and (x.dtype is self._input_dtype or x.dtype not in backend.inexact)
            and ambient.autocast is None
            and not masks_in_use()
            and ambient.remat is None
        ):
            plan = self._plan
            if not kwargs:
                training = None
            elif len(kwargs) == 1 and "training" in kwargs:
                training = kwargs["training"]
            else:
                return self._full_call(ambient, (x,), kwargs)
            spec = self._one_spec
            if spec is not None and spec.problem(tuple(x.shape)):
                check_inputs(spec, x, self)
            outer = ambient.call
            if training is None and outer is not None:
                training = outer.training
            if training is None:
                training = self._default_training(plan)
            if outer is None:
                self._clear_losses()
                if self._layers:
                    with context.Scope("call", CallContext(self, training)):
                        return self._invoke(plan, x, training)
            elif self._layers and training is not outer.training:
                with context.Scope("call", CallContext(outer.entry, training)):
                    return self._invoke(plan, x, training)
            return self._invoke(plan, x, training)
        if x is not _MISSING:
            args = (x, *args)
        return self._full_call(ambient, args, kwargs)

    def _invoke(self, plan: CallPlan, x: Any, training: Any) -> Any:
        if plan.has_training and training is not None:
            return self.call(x, training=training)
        return self.call(x)

    def _default_training(self, plan: CallPlan) -> Any:
        """What counts where nobody says; None leaves it to the layers inside."""
        return plan.training_default if self._mode is None else self._mode

    def _full_call(self, ambient: Any, args: Any, kwargs: Any) -> Any:
        """Every step of a call, in order."""
        backend = self._backend
        if (ambient.backend or process.default) is not backend:
            with context.Scope("backend", backend):
                return self._full_call(context.get(), args, kwargs)
        if "_plan" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__} was called before its `__init__` called "
                "`super().__init__()`."
            )
        plan = self._plan
        if self._dtype_policies is not None and not self.built:
            self._find_path()
        call_kwargs = dict(kwargs)
        args = tuple(self._convert(arg) for arg in args)
        call_kwargs = {
            k: v if k == "training" else self._convert(v)
            for k, v in call_kwargs.items()
        }
        training = self._resolve_training(plan, ambient, call_kwargs)
        if plan.has_training and training is not None:
            call_kwargs["training"] = training
        elif not plan.takes_any:
            call_kwargs.pop("training", None)
        bound = plan.bind(self, args, call_kwargs)
        symbolic = any(
            isinstance(leaf, KerasTensor) for leaf in tree.flatten((args, call_kwargs))
        )
        outer = ambient.call
        if outer is None:
            self._clear_losses()
        entry = outer.entry if outer is not None else self
        with (
            context.Scope("call", CallContext(entry, training)),
            self._variable_scope(),
            context.Scope("autocast", self._autocast_dtype()),
        ):
            self._build_if_needed(plan, bound.arguments)
            self._check(bound.arguments)
            self._add_masks(plan, bound)
            if symbolic:
                outputs = self._symbolic(ambient, args, call_kwargs, bound)
            else:
                outputs = _apply(self.call, bound)
            if self.activity_regularizer is not None:
                for output in tree.flatten(outputs):
                    if not isinstance(output, KerasTensor):
                        self.add_loss(self._activity_loss(output))
        self._pass_mask(bound.arguments, outputs)
        return outputs

    def _activity_loss(self, output: Any) -> Any:
        """The penalty on an output, per sample of the batch."""
        from keras import ops

        size = ops.cast(ops.shape(output)[0], dtypes.standardize_dtype(output.dtype))
        regularizer: Any = self.activity_regularizer
        return regularizer(output) / size

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The call on KerasTensors: output specs, and a node of the graph."""
        return self(*args, **kwargs)

    def _symbolic(self, ambient: Any, args: Any, kwargs: Any, bound: Any) -> Any:
        if type(self).compute_output_spec is Layer.compute_output_spec:
            outputs = self.compute_output_spec(*bound.args[1:], **bound.kwargs)
        else:
            spec_names = _parameters(type(self).compute_output_spec)
            given = {
                k: v
                for k, v in bound.arguments.items()
                if k in spec_names and k not in ("training", "mask")
            }
            outputs = self.compute_output_spec(**given)
        self.built = True
        if ambient.symbolic is not None:
            return outputs
        recorded = dict(kwargs)
        if recorded.get("training") in (None, False) or self._implicit_training:
            recorded.pop("training", None)
        return connect(self, args, recorded, outputs)

    _implicit_training = True

    def _resolve_training(self, plan: CallPlan, ambient: Any, kwargs: Any) -> Any:
        training = kwargs.get("training")
        object.__setattr__(self, "_implicit_training", training is None)
        if training is None and ambient.call is not None:
            training = ambient.call.training
        if training is None:
            training = self._default_training(plan)
        return training

    def _autocast_dtype(self) -> str | None:
        policy = self._dtype_policy
        if not self.autocast or not dtypes.is_float(policy.compute_dtype):
            return None
        if policy.compute_dtype == policy.variable_dtype:
            return None
        return policy.compute_dtype

    def _convert(self, value: Any) -> Any:
        """Arrays become tensors of this backend, floats the compute dtype."""
        if isinstance(value, (str, bool, int, float, type(None))):
            return value
        if type(value) in (list, tuple, dict) or tree.is_nested(value):
            return tree.map_structure(self._convert_leaf, value)
        return self._convert_leaf(value)

    def _convert_leaf(self, value: Any) -> Any:
        backend = self._backend
        kind = backend.kind_of(value)
        if kind == SYMBOLIC:
            return self._cast_symbolic(value)
        if kind == FOREIGN:
            raise BackendError(
                f"{describe(self)} lives on the {backend.name} backend, but it was "
                f"called on a {type(value).__module__}.{type(value).__name__}. Convert "
                "it with keras.ops.convert_to_numpy first, or the model with "
                "model.to_backend(name)."
            )
        if kind != TENSOR:
            if not hasattr(value, "__array__") or not hasattr(value, "dtype"):
                return value
            value = backend.convert_to_tensor(value)
        if not self.autocast:
            return value
        want = self._dtype_policy.compute_dtype
        have = backend.dtype_of(value)
        if have != want and dtypes.is_float(have) and dtypes.is_float(want):
            mask = get_mask(value)
            value = backend.cast(value, want)
            if mask is not None:
                set_mask(value, mask)
        return value

    def _cast_symbolic(self, value: KerasTensor) -> KerasTensor:
        want = self._dtype_policy.compute_dtype
        if not self.autocast or value.dtype == want:
            return value
        if not (dtypes.is_float(value.dtype) and dtypes.is_float(want)):
            return value
        # The graph keeps the tensor as it is: the call casts it when it runs.
        cast = KerasTensor(value.shape, want, value.sparse, value.ragged)
        cast._keras_history = value._keras_history
        cast._keras_mask = value._keras_mask
        cast.record_history = value.record_history
        return cast

    def _find_path(self) -> None:
        """Notes in which name scopes the layer stands, and its policy there."""
        with self._variable_scope():
            path = "/".join(context.get().names)
        object.__setattr__(self, "_path", path)
        if self._dtype_policies is not None:
            self._dtype_policy = self._own_policy(self._dtype_policies)

    def _build_if_needed(self, plan: CallPlan, arguments: dict[str, Any]) -> None:
        if self.built:
            return
        shapes = _shapes_of(arguments)
        if plan.default_build:
            object.__setattr__(self, "_build_shapes", shapes)
            self.built = True
            return
        with SuspendedScopes():
            self._build_from(plan, shapes, arguments)
        self.built = True

    def _build_from(
        self, plan: CallPlan, shapes: dict[str, Any], arguments: dict[str, Any]
    ) -> None:
        object.__setattr__(self, "_build_shapes", shapes)
        names = plan.build_names
        by_name = {f"{name}_shape": shape for name, shape in shapes.items()}
        if len(names) == 1 and names[0] not in by_name:
            if not shapes:
                given = {k: v for k, v in arguments.items() if k != "self"}
                raise ValueError(
                    f"{describe(self)} cannot be built: no argument of its call is a "
                    f"tensor. Received: {given}. Pass an array, or make a tensor of "
                    "numbers with `keras.ops.convert_to_tensor`."
                )
            self.build(next(iter(shapes.values())))
        elif names:
            self.build(**{name: by_name.get(name) for name in names})
        else:
            self.build(*shapes.values())

    def _check(self, arguments: dict[str, Any]) -> None:
        if self.input_spec is not None:
            first = next(v for k, v in arguments.items() if k != "self")
            check_inputs(self.input_spec, first, self)

    def _add_masks(self, plan: CallPlan, bound: Any) -> None:
        """Gives `call` the masks that travel with its tensors, where it takes them."""
        if not masks_in_use():
            return
        arguments = bound.arguments
        names = [name for name in arguments if name not in ("self", "training")]
        if plan.has_mask and arguments.get("mask") is None and names:
            mask = _masks_of(arguments[names[0]])
            if mask is not None:
                arguments["mask"] = mask
        for name, mask_name in plan.masks.items():
            if name in arguments and arguments.get(mask_name) is None:
                mask = _masks_of(arguments[name])
                if mask is not None:
                    arguments[mask_name] = mask

    def _pass_mask(self, arguments: dict[str, Any], outputs: Any) -> None:
        own = type(self).compute_mask is not Layer.compute_mask
        if not own and not masks_in_use():
            return
        first = next((v for k, v in arguments.items() if k != "self"), None)
        previous = _masks_of(first)
        if previous is None and not own:
            return
        if not self.supports_masking and not own:
            return
        masks = self.compute_mask(first, previous)
        if masks is None:
            return
        leaves = tree.flatten(outputs)
        flat = masks if isinstance(masks, (list, tuple)) else [masks] * len(leaves)
        for output, mask in zip(leaves, flat, strict=False):
            if mask is not None and get_mask(output) is None:
                set_mask(output, mask)

    # Stateless use -------------------------------------------------------------

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
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
        mapping = pairs
        with StatelessScope(mapping, collect_losses=return_losses) as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else None
        updated = []
        for variable in self.non_trainable_variables:
            value = scope.get_current_value(variable)
            updated.append(variable.value if value is None else value)
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    # Config --------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer, as plain Python data."""
        from keras.core.serialization import serialize_leniently

        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_leniently(self.dtype_policy),
        }
        config.update(super().get_config())
        config["name"], config["trainable"] = self.name, self.trainable
        config["dtype"] = serialize_leniently(self.dtype_policy)
        for name in ("activity_regularizer", "autocast"):
            if name in config and config[name] in (None, True):
                if not self._keeps_in_config(name):
                    del config[name]
        for name in ("input_shape", "batch_shape", "input_dim"):
            if not self._keeps_in_config(name):
                config.pop(name, None)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer made from what `get_config` returned.

        A constructor that takes no `name`, `trainable` or `dtype` is not given them.
        """
        declared = declared_class(cls)
        if not takes_any_keyword(declared.__init__):
            known = constructor_parameters(declared)
            base = ("name", "trainable", "dtype")
            config = {k: v for k, v in config.items() if k in known or k not in base}
        return super().from_config(config)

    def _keeps_in_config(self, name: str) -> bool:
        cls = declared_class(self)
        own = cls.__init__ is not Layer.__init__
        return own and name in constructor_parameters(cls)

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built with, for `build_from_config`."""
        shapes = self._build_shapes
        if not shapes:
            return None
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": {f"{name}_shape": s for name, s in shapes.items()}}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer as `get_build_config` says."""
        if self.built or not config:
            return
        if "input_shape" in config:
            shape = _as_shapes(config["input_shape"])
            if shape is not None:
                self.build(shape)
        elif "shapes_dict" in config:
            shapes = {k: _as_shapes(v) for k, v in config["shapes_dict"].items()}
            names = self._plan.build_names
            self.build(**{name: shapes.get(name) for name in names})
        self.built = True

    def quantize(
        self, mode: Any = None, type_check: bool = True, config: Any = None
    ) -> None:
        """Quantizes the weights, where the layer knows how.

        Raises:
            ValueError: always, here: this layer has no quantized form.
        """
        raise ValueError(
            f"{describe(self)} has no quantized form. Received: mode={mode!r}."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


class SuspendedScopes:
    """Weights are made for real, also where a call only works out shapes."""

    def __enter__(self) -> None:
        self._scopes = [
            context.Scope("symbolic", None),
            context.Scope("autocast", None),
        ]
        for scope in self._scopes:
            scope.__enter__()

    def __exit__(self, *error: Any) -> None:
        for scope in reversed(self._scopes):
            scope.__exit__(*error)


def _tracked_build(build: Callable[..., Any]) -> Callable[..., Any]:
    """`build` in the layer's name scope, marking it built, on its own backend."""

    @wraps(build)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._in_build:
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_in_build", True)
        try:
            with context.Scope("backend", self._backend), self._variable_scope():
                self._find_path()
                refuse_quantized_policy(self)
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_in_build", False)
        if self._build_shapes is None:
            names = self._plan.build_names
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            shapes = {k.removesuffix("_shape"): v for k, v in given.items()}
            object.__setattr__(self, "_build_shapes", shapes)
        self.built = True

    return wrapper


def _apply(call: Callable[..., Any], bound: Any) -> Any:
    """Calls with bound arguments, `self` left out."""
    return call(*bound.args[1:], **bound.kwargs)


def _parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def _shapes_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """The shapes of those arguments that are tensors or structures of them."""
    shapes: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in ("self", "training") or name == "mask" or name.endswith("_mask"):
            continue
        leaves = tree.flatten(value)
        if leaves and any(hasattr(leaf, "shape") for leaf in leaves):
            shapes[name] = tree.map_structure(_shape_of, value)
    return shapes


def _shape_of(value: Any) -> Any:
    shape = getattr(value, "shape", None)
    if shape is None:
        return None
    as_list = getattr(shape, "as_list", None)
    return tuple(shape) if as_list is None else tuple(as_list())


def _masks_of(value: Any) -> Any:
    if type(value) in (list, tuple):
        masks = [_masks_of(item) for item in value]
        return masks if any(mask is not None for mask in masks) else None
    return None if value is None else get_mask(value)


def _as_shapes(value: Any) -> Any:
    """Shapes read from JSON: innermost lists become tuples."""
    if isinstance(value, dict):
        return {key: _as_shapes(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if tree.is_shape(value):
            return tuple(value)
        return [_as_shapes(item) for item in value]
    return value
