"""Checks of constructor arguments that many layers share.

A wrong argument is reported where the layer is made, with the layer's class and the
argument's name, and not by a framework in the middle of a training step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from keras.backends import seeds
from keras.core.classes import declared_class, is_ours
from keras.core.config import standardize_data_format
from keras.core.facts import facts_of
from keras.core.serialization import deserialize_keras_object
from keras.layers.weights.form import modes_of

if TYPE_CHECKING:
    from keras.layers.layer import Layer

T = TypeVar("T")
_maker: ContextVar[str | None] = ContextVar("maker", default=None)


@contextmanager
def parts_of(layer: object) -> Iterator[None]:
    """Errors of parts that `layer` makes of its own arguments name the layer.

    Nobody wrote the part, as the cell of an `LSTM`.
    """
    token = _maker.set(class_name(layer))
    try:
        yield
    finally:
        _maker.reset(token)


def class_name(layer: object) -> str:
    """The name of the class that the user wrote, the public one where it has one."""
    maker = _maker.get()
    if maker is not None:
        return maker
    said = facts_of(layer)
    return declared_class(layer).__name__ if said is None else said.name


def integer(value: Any) -> int | None:
    """An int, a NumPy integer or a tensor of one as an int; None for all else."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return index(value)
    except TypeError:
        return None


def items_of(value: Any) -> list[Any] | None:
    """What a sequence, an array or another ordered iterable holds; None for all else.

    An array of rank 0 is a number.
    """
    unordered = isinstance(value, (str, bytes, Set, Mapping))
    if unordered or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0:
        return None
    return list(value)


def positive_integer(layer: Layer, argument: str, value: Any) -> int:
    """`value` as an int of 1 or more.

    Raises:
        ValueError: if it is something else.
    """
    number = integer(value)
    if number is None or number < 1:
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be a positive integer. "
            f"Received: {argument}={value!r}."
        )
    return number


def integer_or_later(layer: Layer, argument: str, value: Any) -> Any:
    """`positive_integer` of it, or None: a user's subclass may say it in `build`."""
    if value is None and not is_ours(declared_class(layer)):
        return None
    return positive_integer(layer, argument, value)


def integers(
    layer: Layer,
    argument: str,
    value: Any,
    count: int | None = None,
    least: int | None = 1,
) -> tuple[int, ...]:
    """One integer for each of `count` axes, from one for all or one for each.

    Args:
        layer: the layer, for the error.
        argument: the argument's name.
        value: an integer, or a list, tuple, array or other iterable of integers.
        count: how many; None for any number of them.
        least: the smallest that is allowed; None for any integer.

    Raises:
        ValueError: for another number of them, or values below `least`.
    """
    items = items_of(value)
    items = [value] * (count or 1) if items is None else items
    numbers = [number for number in map(integer, items) if number is not None]
    few = len(numbers) != len(items) or (count is not None and len(items) != count)
    if few or (least is not None and min(numbers, default=least) < least):
        many = {None: ", or a tuple of such", 1: ""}.get(count, f", or {count} of them")
        limit = "" if least is None else f" of {least} or more"
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be an integer{limit}{many}. "
            f"Received: {argument}={value!r}."
        )
    return tuple(numbers)


def axes(layer: Layer, argument: str, value: Any) -> int | list[int]:
    """One axis as an int, or several as a list of them.

    Raises:
        ValueError: if it is something else.
    """
    numbers = integers(layer, argument, value, least=None)
    return numbers[0] if items_of(value) is None else list(numbers)


def number(layer: Layer, argument: str, value: Any, least: float | None = None) -> Any:
    """`value`, if it is a number: a Python one, a NumPy scalar or a tensor of one.

    Args:
        layer: the layer, for the error.
        argument: the argument's name.
        value: what was given.
        least: the smallest that is allowed; None for any number, NaN among them.

    Raises:
        ValueError: for what is no number, or one below `least`.
    """
    found = None
    if not isinstance(value, (str, bytes)) and not getattr(value, "ndim", 0):
        with suppress(TypeError, ValueError):
            found = float(value)
    if found is None or (least is not None and not found >= least):
        limit = "" if least is None else f", {least} or more"
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be a number{limit}. "
            f"Received: {argument}={value!r}."
        )
    return value


def flag(layer: Layer, argument: str, value: Any) -> Any:
    """`value`, if it is True or False, or an integer in their place.

    Raises:
        ValueError: if it is something else, such as an argument of another place.
    """
    if not isinstance(value, bool) and integer(value) is None:
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be True or False. "
            f"Received: {argument}={value!r}."
        )
    return value


def interpreted(
    layer: object, argument: str, get: Callable[[Any], T], identifier: Any
) -> T:
    """`get(identifier)`, whose error says which argument of which layer it was.

    Args:
        layer: the layer, for the error.
        argument: the argument's name.
        get: what makes an object of a name, a config or an object.
        identifier: what was given.

    Raises:
        ValueError: if `get` does.
    """
    try:
        return get(identifier)
    except ValueError as error:
        raise ValueError(f"`{argument}` of {class_name(layer)}: {error}") from error


def seed(layer: Layer, value: Any) -> Any:
    """`value`, if it is what a `keras.random.SeedGenerator` may be made with.

    Raises:
        ValueError: if it is something else.
    """
    if value is None or getattr(value, "_is_seed_generator", False):
        return value
    return interpreted(layer, "seed", seeds.check, value)


def data_format(layer: Layer, value: str | None) -> str:
    """The layout of images, `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: if it is something else.
    """
    return interpreted(layer, "data_format", standardize_data_format, value)


def sizes_or_none(layer: Layer, argument: str, value: Any) -> tuple[int | None, ...]:
    """A shape, some sizes of which may be left open; one may stand alone.

    Raises:
        ValueError: if it is something else.
    """
    items = items_of(value)
    items = [value] if items is None else items
    found = [None if item is None else integer(item) for item in items]
    for item, number in zip(items, found, strict=True):
        if item is not None and (number is None or number < 1):
            raise ValueError(
                f"{class_name(layer)} expects `{argument}` to be an integer of 1 or "
                f"more, or a tuple of such and of None. Received: {argument}={value!r}."
            )
    return tuple(found)


def one_of(layer: Layer, argument: str, value: Any, allowed: Sequence[Any]) -> Any:
    """`value`, if it is allowed.

    Raises:
        ValueError: if it is not.
    """
    if value not in allowed:
        known = ", ".join(map(repr, allowed))
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be one of {known}. "
            f"Received: {argument}={value!r}."
        )
    return value


def rate(layer: Layer, argument: str, value: Any) -> float:
    """`value`, a number from 0 to 1.

    Raises:
        ValueError: if it is something else.
    """
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be a number from 0 to 1. "
            f"Received: {argument}={value!r}."
        )
    return value  # pyright: ignore[reportReturnType]


def rate_below_1(layer: Layer, argument: str, value: float) -> float:
    """`value`, a checked rate, if some of the inputs are left with it.

    Raises:
        ValueError: if it is 1.
    """
    if value >= 1:
        raise ValueError(
            f"{class_name(layer)} needs `{argument}` below 1 in training: with 1 its "
            f"noise has no finite scale. Received: {argument}={value!r}."
        )
    return value


def refuse_quantized_policy(layer: Layer) -> None:
    """Says clearly that a layer whose weights would be quantized cannot be.

    Raises:
        ValueError: if its dtype policy names a mode that it does not have. Layers
            without such weights take the policy for the dtypes it names.
    """
    mode = layer.quantization_mode
    modes = [] if mode is None else modes_of(layer)
    if modes and mode not in modes:
        raise ValueError(
            f"{class_name(layer)} '{layer.name}' has no form for the mode {mode!r}. It "
            f"knows {', '.join(map(repr, modes))}. Use one of them, or a float policy "
            'such as "bfloat16" or "mixed_bfloat16". Received: '
            f"dtype={layer._dtype_policy.name!r}."
        )


def interpreted_config(layer: Layer, config: Any) -> Any:
    """`config`, or the object that it describes.

    Raises:
        ValueError: if it is no config of quantization.
    """
    if isinstance(config, dict) and "class_name" in config:
        config = deserialize_keras_object(config)
    if config is not None and not hasattr(config, "dtype_policy_string"):
        raise ValueError(
            f"{class_name(layer)} expects `quantization_config` to be a "
            "keras.quantizers.QuantizationConfig, or None. Received: "
            f"quantization_config={config!r}."
        )
    return config


def shape_of_first_layer(layer: Layer, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The input shape that a layer was given, as the first of a Sequential was once."""
    shape, width = kwargs.pop("input_shape", None), kwargs.pop("input_dim", None)
    warnings.warn(
        f"{class_name(layer)} is given its input shape, which is the model's to say "
        "now: begin the Sequential model with `keras.Input(shape)`.",
        stacklevel=4,
    )
    return (None, width) if shape is None else (None, *shape)
