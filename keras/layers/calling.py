"""The steps of a layer's call.

Calling a layer has two paths. The everyday case (built, one tensor of the layer's
backend and dtype, no mask in the process) goes to `call` after a few comparisons.
Everything else — building, converting, casting, masks, symbolic inputs, several
tensors — goes through `_full_call`, whose steps stand one below the other. Both give
the same results; which one is taken is decided by `_settle` and the argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from keras.backends import load, process
from keras.backends.backend import FOREIGN, SYMBOLIC, TENSOR
from keras.backends.foreign import framework_of
from keras.core import context, dtypes, tree
from keras.core.errors import BackendError
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask, masks_in_use, set_mask
from keras.layers.building import LayerBuilding
from keras.layers.call_plan import CallPlan, parameters_of
from keras.layers.input_spec import check_inputs, describe
from keras.ops.operation import connect

_MISSING: Any = object()


class CallContext:
    """What the outermost running layer call says to the calls inside it."""

    __slots__ = ("entry", "training")

    def __init__(self, entry: Any, training: Any) -> None:
        self.entry = entry
        self.training = training


class LayerCall(LayerBuilding):
    """The call of a layer; see `Layer`."""

    _plain = False
    _everyday = False
    _mode: Any = None
    _hooked = False
    _implicit_training = True

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
        put = object.__setattr__
        put(self, "_plain", plain)
        put(self, "_everyday", plain and not plan.makes_masks and plan.names[:1] != [])
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
        if not self._plan.makes_specs or _takes_all(type(self).compute_output_spec):
            outputs = self.compute_output_spec(*bound.args[1:], **bound.kwargs)
        else:
            spec_names = parameters_of(type(self).compute_output_spec)
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
            value = self._brought_here(value)
            kind = TENSOR
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

    def _brought_here(self, value: Any) -> Any:
        """A tensor of another framework as one of this backend, without gradients."""
        try:
            return self._backend.convert_to_tensor(value)
        except Exception as error:
            if not load(framework_of(value) or "numpy").in_trace():
                raise
            raise BackendError(
                f"{describe(self)} lives on the {self._backend.name} backend, but it "
                f"was called on a {type(value).__module__}.{type(value).__name__} that "
                "is being traced and has no numbers yet. Call it outside of the traced "
                "function, or convert the model with model.to_backend(name)."
            ) from error

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
        own = self._plan.makes_masks
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


def _apply(call: Callable[..., Any], bound: Any) -> Any:
    """Calls with bound arguments, `self` left out."""
    return call(*bound.args[1:], **bound.kwargs)


def _masks_of(value: Any) -> Any:
    if type(value) in (list, tuple):
        masks = [_masks_of(item) for item in value]
        return masks if any(mask is not None for mask in masks) else None
    return None if value is None else get_mask(value)


def _takes_all(function: Callable[..., Any]) -> bool:
    """Whether a method takes any positional arguments, and so all there are."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.kind is p.VAR_POSITIONAL for p in parameters)
