"""When and with which shapes a layer is built."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from keras.core import context, tree
from keras.layers.arguments import refuse_quantized_policy
from keras.layers.call_plan import CallPlan
from keras.layers.files import LayerFiles
from keras.layers.input_spec import describe


class LayerBuilding(LayerFiles):
    """The building of a layer; see `Layer`."""

    _in_build = False

    def _build_if_needed(self, plan: CallPlan, arguments: dict[str, Any]) -> None:
        if self.built:
            return
        shapes = shapes_of(arguments)
        if plan.default_build:
            object.__setattr__(self, "_build_shapes", shapes)
            self.built = True
            self._lock()
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


def tracked_build(build: Callable[..., Any]) -> Callable[..., Any]:
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
        self._lock()

    return wrapper


def shapes_of(arguments: dict[str, Any]) -> dict[str, Any]:
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


def _as_shapes(value: Any) -> Any:
    """Shapes read from JSON: innermost lists become tuples."""
    if isinstance(value, dict):
        return {key: _as_shapes(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if tree.is_shape(value):
            return tuple(value)
        return [_as_shapes(item) for item in value]
    return value
