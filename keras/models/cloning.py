"""`clone_model`: a model of the same layout with new weights."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from keras.core import tree
from keras.core.classes import declared_class
from keras.core.keras_tensor import KerasTensor
from keras.core.safe_mode import SafeModeScope
from keras.layers.layer import Layer
from keras.layers.rematerialization import keep_rematerialization, rematerialize_like
from keras.models.functional import Functional
from keras.models.inputs import outline
from keras.models.sequential import Sequential, is_input

if TYPE_CHECKING:
    from keras.models.model import Model


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model with the same layers, newly made, so that it has weights of its own.

    Args:
        model: a functional or Sequential model, or a subclass with `get_config`.
        input_tensors: KerasTensors to build on in place of new inputs.
        clone_function: makes the new layer from an old one; by default from its
            config. May return the old layer, which then is shared.
        call_function: calls a new layer, `(layer, *args, **kwargs)`; functional
            models only.
        recursive: whether `clone_function` is also applied inside inner models.
        **kwargs: none are known.

    Returns:
        The new model.

    Raises:
        ValueError: for what is no model, or arguments that do not apply to it.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> keras.models.clone_model(model).layers[0] is model.layers[0]
    False
    """
    kwargs.pop("cache", None)
    if kwargs:
        raise TypeError(f"clone_model() got unknown arguments: {sorted(kwargs)}.")
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "`call_function` applies to functional models only. Received the "
                f"Sequential model {model.name!r}."
            )
        return _clone_sequential(
            model, input_tensors, _cloner(clone_function, recursive)
        )
    if isinstance(model, Functional):
        clone = _cloner(clone_function, recursive)
        return _clone_functional(model, input_tensors, clone, call_function)
    if not isinstance(model, Layer):
        raise ValueError(
            "clone_model() takes a Keras model. "
            f"Received: {model!r} of type {type(model).__name__}."
        )
    if clone_function is not None or input_tensors is not None:
        raise ValueError(
            "`clone_function` and `input_tensors` apply to functional and Sequential "
            f"models only. {model.name!r} is a {type(model).__name__} with its own "
            "call()."
        )
    return _compiled_like(model, _made_anew(model))


def _cloner(
    clone_function: Callable[[Any], Any] | None, recursive: bool
) -> Callable[[Any], Any]:
    def clone(layer: Layer) -> Any:
        if is_input(layer):
            return _made_anew(layer)
        if recursive and isinstance(layer, (Functional, Sequential)):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        if clone_function is not None and isinstance(layer, Layer):
            new = clone_function(layer)
            if isinstance(new, Layer):
                rematerialize_like(layer, new)
            return new
        if isinstance(layer, Functional):
            return _clone_functional(layer, None, clone, None)
        return _made_anew(layer)

    return clone


def _made_anew(layer: Layer) -> Any:
    """A layer of the same config.

    Safe mode stays on but for the layers that hold code themselves: a file read in safe
    mode made none of them, so theirs is the program's own. What another config says may
    come from anywhere (CVE-2026-12481).
    """
    cls = declared_class(layer)
    with SafeModeScope(False) if vars(cls).get("_holds_code") else nullcontext():
        new = type(layer).from_config(layer.get_config())
    if isinstance(layer, Layer):
        rematerialize_like(layer, new)
    return new


def _clone_sequential(
    model: Model, input_tensors: Any, clone: Callable[[Any], Any]
) -> Any:
    layers = [clone(layer) for layer in model._keras_sequence]
    given = tree.flatten(input_tensors) if input_tensors is not None else []
    if given:
        if len(given) != 1 or not isinstance(given[0], KerasTensor):
            raise ValueError(
                "`input_tensors` of a Sequential model must be one KerasTensor. "
                f"Received: {input_tensors!r}."
            )
        layers = [given[0], *[layer for layer in layers if not is_input(layer)]]
    new = type(model)(layers, name=model.name, trainable=model.trainable)
    return _compiled_like(model, new)


def _clone_functional(
    model: Model,
    input_tensors: Any,
    clone: Callable[[Any], Any],
    call_function: Callable[..., Any] | None,
) -> Any:
    graph = model._keras_graph
    made = {id(op): clone(op) for op in graph.operations if not is_input(op)}

    def function(operation: Any) -> Callable[..., Any]:
        new = made[id(operation)]
        return new if call_function is None else partial(call_function, new)

    if input_tensors is None:
        inputs = [
            clone(x._keras_history.operation)._inbound_nodes[0].outputs[0]
            for x in graph.inputs
        ]
    else:
        try:
            tree.assert_same_structure(model.input, input_tensors)
        except (TypeError, ValueError):
            raise ValueError(
                "`input_tensors` must have the structure of the inputs of model "
                f"{model.name!r}, {outline(model.input)}. Received: "
                f"{outline(input_tensors)}."
            ) from None
        inputs = tree.flatten(input_tensors)
    outputs = graph.rerun(inputs, function)
    ends = model._kept_outputs.value
    packed = (
        outputs[0]
        if isinstance(ends, KerasTensor)
        else tree.pack_sequence_as(ends, outputs)
    )
    starts = model._kept_inputs.value
    start = (
        inputs[0]
        if isinstance(starts, KerasTensor)
        else tree.pack_sequence_as(starts, inputs)
    )
    new = Functional(start, packed, name=model.name)
    if not model.trainable:
        new.trainable = False
    return _compiled_like(model, new)


def _compiled_like(model: Model, new: Any) -> Any:
    keep_rematerialization(new, model._keras_remat)
    if getattr(model, "compiled", False):
        new.compile_from_config(model.get_compile_config())
    return new
