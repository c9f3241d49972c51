"""A model on another backend: the same config, weights and training state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from traceback import walk_tb
from types import FunctionType
from typing import Any

import numpy as np

from keras.backends import backend_scope, load
from keras.core import tree
from keras.core.classes import declared_class, is_ours
from keras.core.configurable import Configurable
from keras.core.keras_tensor import KerasTensor
from keras.core.reading import object_sharing
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.core.typing import Config, Structure
from keras.layers.core.input_layer import InputLayer
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.rematerialization import keep_rematerialization

# The number of a layer among all of a model, and the name of a variable in it.
_Place = tuple[int, str]


def to_backend(model: Layer, name: str) -> Any:
    """A layer or model like the given one that lives on another backend."""
    target = load(name)
    if model._keras_backend is target:
        return model
    with backend_scope(model._keras_backend), object_sharing():
        config = serialize_keras_object(model)
        custom = dict(_custom_objects(model))
    first_call = getattr(model, "_keras_first_call", None)
    if first_call:  # which says more than the one shape that a file has
        config.pop("build_config", None)
    with backend_scope(target):
        with object_sharing():
            copy = _made(model, config, custom, name)
        if first_call and not copy.built:
            _build_as(copy, first_call)
        _copy_weights(model, copy, name)
        for old, new in zip(_layers_of(model), _layers_of(copy), strict=False):
            keep_rematerialization(new, old._keras_remat)
        pairs = zip(_with_host_state(model), _with_host_state(copy), strict=False)
        for old, new in pairs:
            new._host_state = old._host_state
        _copy_optimizer(model, copy)
    return copy


def packed(model: Any) -> tuple[Any, ...]:
    """All that makes an equal model: what pickle and deepcopy keep."""
    with backend_scope(model._keras_backend), object_sharing():
        optimizer = getattr(model, "optimizer", None)
        state = None
        if optimizer is not None and optimizer.built:
            state = [variable.numpy() for variable in optimizer.variables]
        return (
            model._keras_backend.name,
            serialize_keras_object(model),
            dict(_custom_objects(model)),
            _places(model, model.weights),
            [variable.numpy() for variable in model.weights],
            state,
            [layer._host_state for layer in _with_host_state(model)],
            [layer._keras_remat for layer in _layers_of(model)],
        )


def unpacked(
    backend: str,
    config: Config,
    custom: dict[str, Any],
    places: Sequence[_Place],
    weights: Sequence[np.ndarray],
    state: Structure,
    host: Sequence[Any] = (),
    rematerializations: Sequence[Any] = (),
) -> Any:
    """The model of what `packed` returned."""
    with backend_scope(backend):
        with object_sharing():
            model = deserialize_keras_object(
                config, custom_objects=custom, safe_mode=False
            )
        order = _order(places, _places(model, model.weights))
        model.set_weights([weights[i] for i in order])
        for layer, kept in zip(_with_host_state(model), host, strict=False):
            layer._host_state = kept
        for layer, kept in zip(_layers_of(model), rematerializations, strict=False):
            keep_rematerialization(layer, kept)
        if state is not None:
            model.optimizer.build(model.trainable_variables)
            for variable, value in zip(model.optimizer.variables, state, strict=True):
                variable.assign(value)
    return model


def _made(model: Layer, config: Config, custom: dict[str, Any], name: str) -> Any:
    try:
        return deserialize_keras_object(config, custom_objects=custom, safe_mode=False)
    except Exception as error:
        raise ValueError(
            f"Model {model.name!r} cannot be made on the {name} backend"
            f"{at_fault(error)}: {error}. A layer that calls a framework natively "
            "works on that framework only; write it with keras.ops to use it on all."
        ) from error


def at_fault(error: BaseException) -> str:
    """Which layer was computing when an error rose, as words to be put in a message."""
    found, current = None, error
    while current is not None:
        for frame, _ in walk_tb(current.__traceback__):
            owner = frame.f_locals.get("self")
            if frame.f_code.co_name == "call" and isinstance(owner, Layer):
                found = owner
        current = current.__cause__
    return "" if found is None else f", because of {describe(found)}"


def _build_as(copy: Any, first_call: dict[str, Any]) -> None:
    """Builds a model without a graph on what the first call of another was given."""
    given = tree.map_structure(
        lambda x: x if x is None else KerasTensor(x.shape, x.dtype), first_call
    )
    copy(**given)


def _layers_of(layer: Layer) -> Iterator[Any]:
    """The layer and all inside, but for inputs: a copy may have some that it lacks."""
    yield layer
    for child in layer._layers:
        if not isinstance(child, InputLayer):
            yield from _layers_of(child)


def _with_host_state(model: Layer) -> Iterator[Any]:
    """The layers that keep something that is no variable, such as a vocabulary."""
    for layer in _layers_of(model):
        if hasattr(type(layer), "_host_state"):
            yield layer


def _custom_objects(model: Layer) -> Iterator[tuple[str, Any]]:
    """Classes and functions of the user's that the config names."""
    for layer in _layers_of(model):
        yield from _if_custom(declared_class(layer))
        for value in vars(layer).values():
            if isinstance(value, (list, tuple, dict)):
                for item in tree.flatten(value):
                    yield from _custom_of(item)
            else:
                yield from _custom_of(value)
    compilation = getattr(model, "_keras_compilation", None)
    settings = {} if compilation is None else compilation.arguments
    for item in tree.flatten(settings):
        yield from _custom_of(item)
    for operation in getattr(getattr(model, "_keras_graph", None), "operations", ()):
        yield from _if_custom(declared_class(operation))


def _custom_of(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, partial):
        value = value.func
    if isinstance(value, FunctionType):
        if value.__name__ != "<lambda>":
            yield from _if_custom(value)
    elif isinstance(value, Configurable):
        yield from _if_custom(declared_class(value))


def _if_custom(value: Any) -> Iterator[tuple[str, Any]]:
    if not is_ours(value):
        yield value.__name__, value


def _copy_weights(model: Layer, copy: Any, name: str) -> None:
    for old, new in zip(_layers_of(model), _layers_of(copy), strict=False):
        if _pairs(old, new) is None:
            ours, theirs = old.variables, new.variables
            if new._layers and old._layers:
                continue  # a layer inside is to blame, and named
            raise ValueError(
                f"Layer {old.name!r} of class {type(old).__name__} does not have the "
                f"same variables on the {name} backend: {_shown(ours)} here, "
                f"{_shown(theirs)} there. Create all variables in __init__() or "
                "build(), and give build() an input shape, so that the config tells "
                "them."
            )
    old_variables, new_variables = model.variables, copy.variables
    if len(old_variables) != len(new_variables):
        raise ValueError(
            f"Model {model.name!r} has {len(old_variables)} variables, but made from "
            f"its config on the {name} backend {len(new_variables)}: "
            f"{_shown(old_variables)} and {_shown(new_variables)}. Build the model "
            "(call it on data) first, and let its constructor make all its layers."
        )
    for old, new in _pairs(model, copy) or zip(
        old_variables, new_variables, strict=True
    ):
        new.assign(old.numpy())


def _pairs(model: Layer, copy: Layer) -> list[tuple[Any, Any]] | None:
    """Which variable of a layer is which of its copy; None where none fit."""
    ours, theirs = model.variables, copy.variables
    if len(ours) != len(theirs):
        return None
    order = _order(_places(model, ours), _places(copy, theirs))
    pairs = [(ours[i], new) for i, new in zip(order, theirs, strict=True)]
    return pairs if all(a.shape == b.shape for a, b in pairs) else None


def _places(model: Layer, variables: Sequence[Any]) -> list[_Place]:
    """Where each variable belongs: to which of the layers, and by which name."""
    owned: dict[int, _Place] = {}
    for number, layer in enumerate(_layers_of(model)):
        for variable in layer._own_variables():
            owned.setdefault(id(variable), (number, variable.name))
    return [owned.get(id(variable), (-1, variable.path)) for variable in variables]


def _order(ours: Sequence[_Place], theirs: Sequence[_Place]) -> Sequence[int]:
    """For each of theirs which of ours it is: by name, or else as they stand.

    A layer that was quantized after it was built has its variables in another order.
    """
    found = {place: i for i, place in enumerate(ours)}
    if len(found) == len(ours) == len(theirs) and found.keys() == set(theirs):
        return [found[place] for place in theirs]
    return range(len(ours))


def _shown(variables: list[Any]) -> str:
    return ", ".join(f"{v.path} {tuple(v.shape)}" for v in variables) or "none"


def _copy_optimizer(model: Layer, copy: Any) -> None:
    old = getattr(model, "optimizer", None)
    new = getattr(copy, "optimizer", None)
    if old is None or new is None or not old.built:
        return
    if not new.built:
        new.build(copy.trainable_variables)
    for source, target in zip(old.variables, new.variables, strict=True):
        target.assign(source.numpy())
