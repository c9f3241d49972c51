"""When and with which shapes a layer is built."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

from keras.core import context, tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Shape
from keras.layers.arguments import refuse_quantized_policy
from keras.layers.call_plan import CallPlan
from keras.layers.files import LayerFiles
from keras.layers.input_spec import InputSpec, describe
from keras.layers.output_layouts import follow_output_layout
from keras.ops.operation import infer_spec


class LayerBuilding(LayerFiles):
    """The building of a layer; see `Layer`."""

    _keras_in_build = False

    def _build_if_needed(self, plan: CallPlan, arguments: dict[str, Any]) -> None:
        if self.built:
            return
        shapes = shapes_of(arguments)
        if plan.default_build:
            first = next(iter(shapes.values()), None)
            self._finish_default_build(first)
            return
        with SuspendedScopes():
            self._build_from(plan, shapes, arguments)
        self.built = True

    def _finish_default_build(self, input_shape: Any) -> None:
        """What follows where a layer has no `build` of its own."""
        object.__setattr__(self, "_keras_build_shapes", {"input_shape": input_shape})
        self.built = True
        follow_output_layout(self)
        if type(self)._post_build is not LayerBuilding._post_build:
            with SuspendedScopes():
                self._post_build()
        self._lock()

    def _post_build(self) -> None:
        """Called when the weights are made; subclasses in other packages have it."""

    @property
    def _build_shapes_dict(self) -> dict[str, Any] | None:
        """The shapes by the parameters of `build`, as bayesflow reads them."""
        return self._keras_build_shapes

    @_build_shapes_dict.setter
    def _build_shapes_dict(self, shapes: dict[str, Any] | None) -> None:
        object.__setattr__(self, "_keras_build_shapes", shapes)

    def _build_from(
        self, plan: CallPlan, shapes: dict[str, Any], arguments: dict[str, Any]
    ) -> None:
        """Calls `build` with the shapes that it asks for by its parameters.

        A single parameter is given the first shape, whatever its name; None where a
        layer that takes strings and the like is called on such. Of several, each
        `x_shape` is given the shape of the argument `x` of the call.
        """
        names = plan.build_names
        known = {f"{name}_shape" for name in plan.names}
        if not names:
            self.build(*shapes.values() if plan.build_takes_all else ())
        elif len(names) > 1 and known.issuperset(names):
            by_name = {f"{name}_shape": shape for name, shape in shapes.items()}
            self.build(**{name: by_name[name] for name in names if name in by_name})
        elif len(names) > 1 and not plan.build_needs_one:
            raise ValueError(
                f"{describe(self)} cannot be built: the parameters of its `build` must "
                "be named after those of its `call`, with `_shape` at the end. "
                f"Received: build({', '.join(names)}) and "
                f"call({', '.join(plan.names)})."
            )
        elif shapes or self._allow_non_tensor_positional_args:
            self.build(next(iter(shapes.values()), None))
        else:
            given = {k: v for k, v in arguments.items() if k != "self"}
            raise ValueError(
                f"{describe(self)} cannot be built: no argument of its call is a "
                f"tensor. Received: {given}. Pass an array, or make a tensor of "
                "numbers with `keras.ops.convert_to_tensor`."
            )

    def _has_unbuilt_layers(self) -> bool:
        """Whether there are sublayers whose weights are still to be made."""
        return any(
            not layer.built
            and (not layer._keras_plan.default_build or layer._has_unbuilt_layers())
            for layer in self._layers
        )

    def _build_by_running(self, input_shape: Shape) -> None:
        """Builds the sublayers by a symbolic run of `call` on inputs of a shape."""
        dtype = self.compute_dtype
        try:
            if input_shape is None:
                raise ValueError("no input shape is known.")
            specs = tree.map_shape_structure(
                lambda s: KerasTensor(s, dtype), input_shape
            )
            infer_spec(self.call, (specs,), {})
        except Exception as error:
            raise ValueError(
                f"{describe(self)} has no `build`, and its `call` cannot be run on "
                f"inputs of shape {input_shape}: {error} Call the layer on data "
                "instead, or give it a `build` method."
            ) from error

    def _keras_build_layers(self, bound: inspect.BoundArguments) -> None:
        """Builds the sublayers where only rules of the layer's own would be run.

        Else they would have no weights before the first call on data, and an optimizer
        that was made before it would never see them.
        """
        try:
            infer_spec(self.call, bound.args[1:], bound.kwargs)
        except Exception as error:  # noqa: BLE001 - any code of a user's
            warnings.warn(
                f"{describe(self)} has sublayers without weights yet and no `build`, "
                f"and its `call` cannot be run on KerasTensors: {error} They are built "
                "when it is called on data; give the layer a `build(self, "
                "input_shape)` that builds them to have them before.",
                stacklevel=6,
            )

    def _lock(self) -> None:
        """No new state from now on: what uses the layer has seen all of it."""
        self._tracker.lock()

    def _find_path(self) -> None:
        """Notes in which name scopes the layer stands, and its policy there."""
        with self._variable_scope():
            path = "/".join(context.get().names)
        object.__setattr__(self, "_path", path)
        if self._dtype_policies is not None:
            self._dtype_policy = self._own_policy(self._dtype_policies)

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built with, for `build_from_config`."""
        shapes = self._keras_build_shapes
        if shapes is None:
            return None
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": dict(shapes)}

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
            names = self._keras_plan.build_names
            if len(names) == 1 and names[0] not in shapes:
                self.build(next(iter(shapes.values())))
            else:
                self.build(**{name: shapes[name] for name in names if name in shapes})
        self.built = True


class SuspendedScopes:
    """Weights are made for real, also where a call only works out shapes."""

    def __enter__(self) -> None:
        self._scopes = [
            context.Scope("symbolic", None),
            context.Scope("stateless", None),
            context.Scope("autocast", None),
        ]
        for scope in self._scopes:
            scope.__enter__()

    def __exit__(self, *error: Any) -> None:
        for scope in reversed(self._scopes):
            scope.__exit__(*error)


def tracked_build(build: Callable[..., Any]) -> Callable[..., Any]:
    """`build` in the layer's name scope, marking it built, on its own backend."""

    @wraps(build)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._keras_in_build:
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_keras_in_build", True)
        try:
            with context.Scope("backend", self._keras_backend), self._variable_scope():
                self._find_path()
                refuse_quantized_policy(self)
                build(self, *args, **kwargs)
                names = self._keras_plan.build_names or ["input_shape"]
                shapes = {**dict(zip(names, args, strict=False)), **kwargs}
                object.__setattr__(self, "_keras_build_shapes", shapes)
                self.built = True
                follow_output_layout(self)
                self._post_build()
        finally:
            object.__setattr__(self, "_keras_in_build", False)
        self._lock()

    return wrapper


def tracked_quantize(quantize: Callable[..., Any]) -> Callable[..., Any]:
    """`quantize`, in which a built layer may put new weights in place of its own."""

    @wraps(quantize)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with context.Scope("backend", self._keras_backend), self._tracker.unlocked():
            return quantize(self, *args, **kwargs)

    return wrapper


def shapes_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """The shapes of those arguments that are tensors or structures of them."""
    shapes: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in ("self", "training"):
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


def specs_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """Shapes and dtypes of those arguments that are tensors or structures of them."""
    return {
        name: tree.map_structure(_spec_of, arguments[name])
        for name in shapes_of(arguments)
    }


def _spec_of(value: Any) -> Any:
    shape = _shape_of(value)
    if shape is None:
        return None
    texts = getattr(value.dtype, "kind", "") in tuple("OSTU")  # NumPy's strings
    return InputSpec(shape=shape, dtype="string" if texts else value.dtype)


def _as_shapes(value: Any) -> Any:
    """Shapes read from JSON: innermost lists become tuples."""
    if isinstance(value, dict):
        return {key: _as_shapes(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if tree.is_shape(value):
            return tuple(value)
        return [_as_shapes(item) for item in value]
    return value
