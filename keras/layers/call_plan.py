"""What a layer's `call` takes, worked out once per class from its signature."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any


class CallPlan:
    """The parameters of `call` and of `build`.

    Attributes:
        names: the parameters of `call`, in order.
        has_training: whether it takes `training`.
        has_mask: whether it takes `mask`.
        masks: for each parameter `x` for which there is a parameter `x_mask`, that.
        makes_masks: whether the class has a `compute_mask` of its own.
        makes_specs: whether it has a `compute_output_spec` of its own.
    """

    def __init__(
        self,
        call: Any,
        build: Any,
        default_build: bool,
        makes_masks: bool,
        makes_specs: bool,
    ) -> None:
        self.signature = _with_self(inspect.signature(call))
        parameters = list(self.signature.parameters.values())[1:]
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        self.names = [p.name for p in parameters if p.kind not in kinds]
        self.takes_any = any(p.kind is kinds[1] for p in parameters)
        self.has_training = "training" in self.names
        self.has_mask = "mask" in self.names
        self.masks = {
            name: f"{name}_mask" for name in self.names if f"{name}_mask" in self.names
        }
        training = self.signature.parameters.get("training")
        default = training.default if training is not None else None
        self.training_default = None if default is inspect.Parameter.empty else default
        self.default_build = default_build
        self.makes_masks = makes_masks
        self.makes_specs = makes_specs
        self.build_names = [
            p.name
            for p in list(inspect.signature(build).parameters.values())[1:]
            if p.kind not in kinds
        ]

    def bind(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The arguments by name; a misfit is an error that shows the signature."""
        try:
            bound = self.signature.bind(layer, *args, **kwargs)
        except TypeError as error:
            shown = ", ".join(str(p) for p in self.signature.parameters.values())
            raise TypeError(
                f"{type(layer).__name__} layer {layer.name!r} cannot be called so: "
                f"{error}. Its signature is call({shown})."
            ) from None
        return bound


def _with_self(signature: inspect.Signature) -> inspect.Signature:
    """The signature with its first parameter named `self`, whatever its author says."""
    parameters = list(signature.parameters.values())
    if not parameters or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return signature
    return signature.replace(
        parameters=[parameters[0].replace(name="self"), *parameters[1:]]
    )


@cache
def plan_of(cls: Any, base: Any) -> CallPlan:
    """The plan of a layer class; `base` is `Layer`, whose `build` does nothing."""
    build = cls.build
    inner = getattr(build, "__wrapped__", build)
    default = inner is getattr(base.build, "__wrapped__", base.build)
    return CallPlan(
        cls.call,
        inner,
        default,
        makes_masks=cls.compute_mask is not base.compute_mask,
        makes_specs=cls.compute_output_spec is not base.compute_output_spec,
    )


def parameters_of(function: Any) -> list[str]:
    """The names of a method's parameters, without `self`."""
    return [name for name in inspect.signature(function).parameters if name != "self"]
