"""What a layer's `call` takes, worked out once per class from its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras.core.classes import cached_by_class, is_ours
from keras.core.errors import brief
from keras.layers.input_spec import describe

if TYPE_CHECKING:
    from keras.layers.layer import Layer

_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class CallPlan:
    """What a layer class's methods take, and which of them are its own.

    Args:
        cls: the class.
        base: `Layer`, whose own methods are the defaults.

    Attributes:
        names: the parameters of `call`, in order.
        has_training: whether it takes `training`.
        training_place: at which place among the arguments of `call` it stands.
        has_mask: whether it takes `mask`.
        takes_masks: whether it takes `mask`, or `x_mask` for an argument `x`.
        build_names: the parameters of `build`, `*args` and `**kwargs` left out.
        build_takes_all: whether `build` takes `*args`.
        build_needs_one: whether it is a build of ours that can do with one shape: a
            subclass of a recurrent layer may name the arguments of its `call` anew.
        default_build: whether the class has no `build` of its own.
        covered_call: the `call` of a layer of ours that a subclass's covers, which says
            the layer's shapes if asked for them alone; None where there is none.
        default_call: whether it has no `__call__` of its own, as models have.
        makes_masks: whether it has a `compute_mask` of its own.
        makes_shapes: whether it has a `compute_output_shape` of its own.
        makes_specs: whether it has a `compute_output_spec` of its own.
        takes_one: whether it is one of ours that is called on one tensor: so its
            `call` says, by the type of what comes first.
        takes_numbers: the same, but lists of numbers do as well.
        builds_from_one: whether it is built for that tensor.
        spec_names: the parameters of `compute_output_spec`.
        shape_names: the parameters of `compute_output_shape`.
        shapes_asked: 0 where that takes none, of a layer whose output is always of one
            shape; else 1.
    """

    def __init__(self, cls: Any, base: Any) -> None:
        self.signature = _with_self(inspect.signature(cls.call))
        parameters = list(self.signature.parameters.values())[1:]
        self.names = _named(parameters)
        self.takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.has_training = "training" in self.names
        places = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.training_place = places.index("training") if "training" in places else None
        self.has_mask = "mask" in self.names
        self.takes_masks = self.has_mask or any(
            f"{name}_mask" in self.names for name in self.names
        )
        training = self.signature.parameters.get("training")
        default = training.default if training is not None else None
        self.training_default = None if default is inspect.Parameter.empty else default
        build = getattr(cls.build, "__wrapped__", cls.build)
        given = list(inspect.signature(build).parameters.values())[1:]
        self.build_names = _named(given)
        self.build_takes_all = any(p.kind is p.VAR_POSITIONAL for p in given)
        needed = [
            p for p in given if p.default is p.empty and p.name in self.build_names
        ]
        self.build_needs_one = is_ours(build) and len(needed) == 1
        self.default_build = build is getattr(base.build, "__wrapped__", base.build)
        first = parameters[0].annotation if parameters and is_ours(cls.call) else None
        self.takes_one = first == "Tensor"
        self.takes_numbers = first == "TensorLike"
        self.builds_from_one = self.takes_one and not self.default_build
        self.covered_call = _covered(cls)
        self.default_call = cls.__call__ is base.__call__
        self.makes_masks = cls.compute_mask is not base.compute_mask
        self.makes_shapes = cls.compute_output_shape is not base.compute_output_shape
        self.makes_specs = cls.compute_output_spec is not base.compute_output_spec
        self.spec_names = _parameters_of(cls.compute_output_spec)
        self.shape_names = _parameters_of(cls.compute_output_shape)
        asked = inspect.signature(cls.compute_output_shape).parameters.values()
        self.shapes_asked = int(
            any(p.kind is not p.VAR_KEYWORD and p.name != "self" for p in asked)
        )

    def name_training(
        self, layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...]:
        """The arguments in front of `training`; it and those behind it go to `kwargs`.

        Raises:
            TypeError: if it is something else than True, False or None: most often a
                second tensor, which the layer does not take.
        """
        place: int = self.training_place or 0
        named = dict(zip(self.names[place:], args[place:], strict=False))
        flag = named["training"]
        if not (flag is None or isinstance(flag, bool)):
            shape = getattr(flag, "shape", None)
            what = brief(flag) if shape is None else f"a tensor of shape {tuple(shape)}"
            raise TypeError(
                f"{describe(layer)} takes {place} argument(s) in front of `training`, "
                f"which is True, False or None. Received as argument {place}: {what}. "
                "Several tensors go in as a list, to a layer that takes one."
            )
        if len(args) - place > len(named) or not named.keys().isdisjoint(kwargs):
            return args  # `bind` says what is wrong
        kwargs.update(named)
        return args[:place]

    def bind(self, layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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


def _covered(cls: type) -> Callable[..., Any] | None:
    ours = next((c for c in cls.__mro__ if is_ours(c) and "call" in vars(c)), None)
    call = vars(ours)["call"] if ours is not None else None
    if call is None or getattr(cls, "call", None) is call:
        return None
    parameters = list(inspect.signature(call).parameters.values())
    return call if _named(parameters[1:]) else None  # one that takes any is abstract


def _with_self(signature: inspect.Signature) -> inspect.Signature:
    """The signature with its first parameter named `self`, whatever its author says."""
    parameters = list(signature.parameters.values())
    if not parameters or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return signature
    return signature.replace(
        parameters=[parameters[0].replace(name="self"), *parameters[1:]]
    )


def _named(parameters: list[inspect.Parameter]) -> list[str]:
    return [p.name for p in parameters if p.kind not in _REST]


def _parameters_of(function: Callable[..., Any]) -> list[str]:
    """The names of a method's parameters, without `self`."""
    return [name for name in inspect.signature(function).parameters if name != "self"]


plan_of = cached_by_class(CallPlan)
