"""The steps of a layer's call.

Calling a layer has two paths. The everyday case (built, one tensor of the layer's
backend and dtype, no mask in the process) goes to `call` after a few comparisons.
Everything else — building, converting, casting, masks, symbolic inputs, several
tensors — goes through `_full_call`, whose steps stand one below the other. Both give
the same results; what may be skipped is worked out in `shortcut.py`.
"""

from __future__ import annotations

import inspect
from typing import Any

from keras.backends import current, host_of, load, process
from keras.backends.backend import FOREIGN, SYMBOLIC, TENSOR
from keras.backends.foreign import framework_of
from keras.core import context, dtypes, limits, tree
from keras.core.errors import BackendError, OpError, brief
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask, masks_in_use, set_mask
from keras.core.typing import Structure, Tensor, TensorLike
from keras.layers.building import LayerBuilding
from keras.layers.call_plan import CallPlan
from keras.layers.input_spec import (
    check_inputs,
    describe,
    name_layer,
    refuse_complex,
    refuse_structure,
)
from keras.layers.masks import give_masks, holds_tensor, pass_masks
from keras.layers.output_layouts import in_layout
from keras.layers.rematerialization import Rematerialization
from keras.layers.shortcut import NOTHING, Shortcut
from keras.ops.operation import connect

_MISSING: Any = object()


class CallContext:
    """What the outermost running layer call says to the calls inside it."""

    __slots__ = ("entry", "training")

    def __init__(self, entry: Any, training: bool | None) -> None:
        self.entry = entry
        self.training = training


class LayerCall(LayerBuilding):
    """The call of a layer; see `Layer`."""

    _transient = ("_keras_shortcut",)
    _keras_shortcut = NOTHING
    # Whether inner layers do the steps of a call themselves, as those of a graph do.
    _steps_are_inside = False
    _output_layout: Any = None  # if a distribution has a rule for it
    _keras_remat: Rematerialization | None = None  # if it was made in a `RematScope`
    _remats_inside = False  # whether that is left to the layers inside
    # Whether a `compute_mask` of its own can make a mask, as the layer is now.
    _makes_masks = True
    _keras_mode: Any = None
    _implicit_training = True
    # As in Keras: a subclass that takes strings or plain lists says so with these.
    _convert_input_args = True
    _allow_non_tensor_positional_args = False
    # Whether complex numbers have a result: not where they would become real ones.
    _takes_complex = True

    @property
    def _call_signature(self) -> inspect.Signature:
        """The signature of `call`, without `self`."""
        signature = self._keras_plan.signature
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    @property
    def _call_has_training_arg(self) -> bool:
        """Whether `call` takes `training`."""
        return self._keras_plan.has_training

    @property
    def _call_has_mask_arg(self) -> bool:
        """Whether `call` takes `mask`."""
        return self._keras_plan.has_mask

    def _keras_settle(self) -> None:
        """Works out again what calls may skip, as something it rests on has changed."""
        if "_keras_plan" in self.__dict__:
            object.__setattr__(self, "_keras_shortcut", Shortcut(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Calls the layer on tensors, arrays or KerasTensors."""
        try:
            if self._keras_shortcut.hooked and self._has_hooks():  # only on torch
                return self._keras_backend.call_with_hooks(self, args, kwargs)
            return self._call_without_hooks(*args, **kwargs)
        except OpError as error:
            name_layer(error, self, (args, kwargs))
            raise

    def _call_without_hooks(
        self, x: TensorLike = _MISSING, /, *args: Any, **kwargs: Any
    ) -> Any:
        backend = self._keras_backend
        ambient = context.get()
        shortcut = self._keras_shortcut
        if (
            shortcut.everyday
            and not args
            and (ambient.backend or process.default) is backend
            and backend.kinds.get(type(x)) == TENSOR
            and (x.dtype is shortcut.dtype or x.dtype not in backend.inexact)
            and ambient.autocast is None
            and not masks_in_use()
        ):
            plan = self._keras_plan
            if not kwargs:
                training = None
            elif len(kwargs) == 1 and "training" in kwargs:
                training = kwargs["training"]
            else:
                return self._full_call(ambient, (x,), kwargs)
            spec = shortcut.spec
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
                        return self._keras_invoke(plan, x, training)
            elif self._layers and training is not outer.training:
                with context.Scope("call", CallContext(outer.entry, training)):
                    return self._keras_invoke(plan, x, training)
            return self._keras_invoke(plan, x, training)
        if x is not _MISSING:
            args = (x, *args)
        return self._full_call(ambient, args, kwargs)

    def _keras_invoke(
        self, plan: CallPlan, x: TensorLike, training: bool | None
    ) -> Any:
        if plan.has_training and training is not None:
            return self.call(x, training=training)
        return self.call(x)

    def _default_training(self, plan: CallPlan) -> Any:
        """What counts where nobody says; None leaves it to the layers inside."""
        return plan.training_default if self._keras_mode is None else self._keras_mode

    def _full_call(self, ambient: Any, args: Any, kwargs: Any) -> Any:
        """Every step of a call, in order."""
        backend = self._keras_backend
        if (ambient.backend or process.default) is not backend:
            backend = host_of(backend)
            if ambient.backend is not backend:
                with context.Scope("backend", backend):
                    return self._full_call(context.get(), args, kwargs)
        if "_keras_plan" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__} was called before its `__init__` called "
                "`super().__init__()`."
            )
        plan = self._keras_plan
        if self._dtype_policies is not None and not self.built:
            self._find_path()
        call_kwargs = dict(kwargs)
        if self._convert_input_args:
            args = tuple(self._keras_convert(arg) for arg in args)
            call_kwargs = {
                k: v if k == "training" else self._keras_convert(v)
                for k, v in call_kwargs.items()
            }
        if not self._allow_non_tensor_positional_args:
            self._check_positional(args)
        if plan.training_place is not None and len(args) > plan.training_place:
            args = plan.name_training(self, args, call_kwargs)
        training = self._keras_resolve_training(plan, ambient, call_kwargs)
        if plan.has_training and training is not None:
            call_kwargs["training"] = training
        elif not plan.takes_any:
            call_kwargs.pop("training", None)
        if not self._takes_complex or self.quantization_mode is not None:
            refuse_complex((args, call_kwargs))
        bound = plan.bind(self, args, call_kwargs)
        if plan.takes_one or plan.takes_numbers:
            refuse_structure(self, bound.args[1])
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
            if plan.builds_from_one and not self.built:
                if bound.args[1].shape == ():  # of other ranks `build` says more
                    self._keras_check(bound.arguments)
            self._build_if_needed(plan, bound.arguments)
            self._keras_check(bound.arguments)
            give_masks(plan, bound.arguments)
            if symbolic:
                outputs = self._keras_symbolic(ambient, args, call_kwargs, bound)
            else:
                outputs = self._keras_computed(bound)
            if self.activity_regularizer is not None and not symbolic:
                self._add_activity_losses(outputs)
        self._pass_masks(plan, bound.arguments, outputs)
        return outputs

    def _keras_computed(self, bound: Any) -> Any:
        """What `call` gives for bound arguments."""
        if self._keras_remat is not None:
            outputs = self._keras_remat.run(self, bound)
        else:
            outputs = self.call(*bound.args[1:], **bound.kwargs)
        return outputs if self._output_layout is None else in_layout(self, outputs)

    def _add_activity_losses(self, outputs: TensorLike) -> None:
        """The penalties on the outputs, per sample of the batch."""
        from keras import ops  # ops are loaded with the first call, not with layers

        regularizer: Any = self.activity_regularizer
        for output in tree.flatten(outputs):
            if output is not None:
                penalty = regularizer(output)
                if len(getattr(output, "shape", ())) > 0:
                    size = ops.maximum(ops.shape(output)[0], 1)  # an empty batch: 0
                    penalty = penalty / ops.cast(size, penalty.dtype)
                self.add_loss(penalty)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Structure:
        """The call on KerasTensors: output specs, and a node of the graph."""
        return self(*args, **kwargs)

    def _keras_symbolic(self, ambient: Any, args: Any, kwargs: Any, bound: Any) -> Any:
        plan = self._keras_plan
        limits.claim_calls(self.name)
        if plan.default_build and (plan.makes_shapes or plan.makes_specs):
            if self._has_unbuilt_layers():
                self._keras_build_layers(bound)
        outputs = self._keras_output_spec(plan, bound)
        self.built = True
        if ambient.symbolic is not None:
            return outputs
        recorded = dict(kwargs)
        if recorded.get("training") in (None, False) or self._implicit_training:
            recorded.pop("training", None)
        return connect(self, args, recorded, outputs)

    def _keras_output_spec(self, plan: CallPlan, bound: Any) -> Any:
        """What `compute_output_spec` says, given those arguments that it takes."""
        if not plan.makes_specs:
            return self.compute_output_spec(*bound.args[1:], **bound.kwargs)
        arguments = {k: v for k, v in bound.arguments.items() if k != "self"}
        given = {k: v for k, v in arguments.items() if k in plan.spec_names}
        if next(iter(arguments), None) in given:
            return self.compute_output_spec(**given)
        tensors = [v for k, v in arguments.items() if holds_tensor(v)]
        return self.compute_output_spec(*tensors)

    def _keras_resolve_training(self, plan: CallPlan, ambient: Any, kwargs: Any) -> Any:
        training = kwargs.get("training")
        object.__setattr__(self, "_implicit_training", training is None)
        if training is None and ambient.call is not None:
            training = ambient.call.training
        if training is None:
            training = self._default_training(plan)
        return training

    def _autocast_dtype(self) -> str | None:
        """The dtype that `call` reads float weights in; None for their own.

        `autocast=False` is about inputs. Weights are read in the compute dtype also
        then, but inside of a layer that casts its own, as Keras 3 has it.
        """
        policy = self._dtype_policy
        if not dtypes.is_float(policy.compute_dtype):
            return None
        if not self.autocast and context.get().autocast is not None:
            return None
        if policy.compute_dtype == policy.variable_dtype:
            return None
        return policy.compute_dtype

    def _keras_convert(self, value: Any) -> Any:
        """Arrays become tensors of this backend, floats the compute dtype."""
        if isinstance(value, (str, bool, int, float, type(None))):
            return value
        if type(value) in (list, tuple, dict) or tree.is_nested(value):
            return tree.map_structure(self._convert_leaf, value)
        return self._convert_leaf(value)

    def _convert_leaf(self, value: Any) -> Any:
        backend = current()
        kind = backend.kind_of(value)
        if kind == SYMBOLIC:
            return self._cast_symbolic(value)
        if kind == FOREIGN:
            value = self._brought_here(value)
            kind = TENSOR
        if kind != TENSOR:
            if not hasattr(value, "__array__") or not hasattr(value, "dtype"):
                return value
            strings = getattr(value.dtype, "kind", "-") in "OSUT"
            if strings and "string" not in backend.layouts:
                return value  # they are arrays until a layer makes numbers of them
            value = self._of_this_backend(value)
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

    def _of_this_backend(self, value: Any) -> Any:
        """An array as a tensor; one of Python's objects may hold neither kind."""
        try:
            return current().convert_to_tensor(value)
        except (TypeError, ValueError) as error:
            if getattr(value.dtype, "kind", "-") != "O":
                raise
            raise ValueError(
                f"{describe(self)} expects numbers or strings. Received: an array of "
                f"Python objects, dtype=object, such as {brief(value.flat[0])}. "
                "`x.astype('float32')` makes numbers of them."
            ) from error

    def _brought_here(self, value: Any) -> Any:
        """A tensor of another framework as one of this backend, without gradients."""
        try:
            return current().convert_to_tensor(value)
        except Exception as error:
            if not load(framework_of(value) or "numpy").in_trace():
                raise
            raise BackendError(
                f"{describe(self)} lives on the {self._keras_backend.name} backend, "
                f"but it was called on a "
                f"{type(value).__module__}.{type(value).__name__} that "
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

    def _check_positional(self, args: tuple[Any, ...]) -> None:
        """Options go by keyword: a graph and a file know them by their names."""
        for index, arg in enumerate(args):
            if hasattr(arg, "shape"):
                continue
            for leaf in tree.flatten(arg):
                if leaf is None or hasattr(leaf, "shape"):
                    continue
                if type(leaf) not in (int, float):
                    raise ValueError(
                        f"{describe(self)} takes only tensors as positional arguments, "
                        f"but argument {index} is or holds {leaf!r} of type "
                        f"{type(leaf).__name__}. Pass options such as `training` by "
                        "keyword."
                    )

    def _keras_check(self, arguments: dict[str, Any]) -> None:
        if self.input_spec is not None:
            first = next(v for k, v in arguments.items() if k != "self")
            check_inputs(self.input_spec, first, self)

    def _pass_masks(self, plan: CallPlan, arguments: Any, outputs: Any) -> None:
        """Puts the masks of the outputs beside them."""
        pass_masks(self, plan, arguments, outputs)
