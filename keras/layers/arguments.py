"""Checks of constructor arguments that many layers share.

A wrong argument is reported where the layer is made, with the layer's class and the
argument's name, and not by a framework in the middle of a training step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras.core.classes import declared_class
from keras.layers.weights.form import form_of


def class_name(layer: Any) -> str:
    """The name of the class that the user wrote."""
    return declared_class(layer).__name__


def positive_integer(layer: Any, argument: str, value: Any) -> int:
    """`value` as an int of 1 or more.

    Raises:
        ValueError: if it is something else.
    """
    good = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not good or value < 1:
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be a positive integer. "
            f"Received: {argument}={value!r}."
        )
    return int(value)


def integers(
    layer: Any, argument: str, value: Any, count: int, least: int = 1
) -> tuple[int, ...]:
    """One integer for each of `count` axes, from one for all or one for each.

    Raises:
        ValueError: for another number of them, or values below `least`.
    """
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
    good = len(values) == count and all(
        isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v >= least
        for v in values
    )
    if not good:
        many = "" if count == 1 else f", or {count} of them"
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be an integer of {least} or "
            f"more{many}. Received: {argument}={value!r}."
        )
    return tuple(int(v) for v in values)


def one_of(layer: Any, argument: str, value: Any, allowed: Sequence[Any]) -> Any:
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


def rate(layer: Any, argument: str, value: Any) -> float:
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


def refuse_quantized_policy(layer: Any) -> None:
    """Says clearly that a layer whose weights would be quantized cannot be.

    Raises:
        ValueError: if its dtype policy says so. Layers without such weights take the
            policy for the dtypes it names.
    """
    mode = layer.quantization_mode
    if mode is not None and layer._is_quantizable and form_of(mode) is None:
        raise ValueError(
            f"{class_name(layer)} '{layer.name}' has no quantized form in this version "
            'of Keras. Use a float policy such as "bfloat16" or "mixed_bfloat16". '
            f"Received: dtype={layer._dtype_policy.name!r}."
        )


def refuse_quantization(layer: Any, **given: Any) -> None:
    """Says clearly that quantization is not part of this version.

    Raises:
        ValueError: if one of these arguments is not None.
    """
    for argument, value in given.items():
        if value is not None:
            raise ValueError(
                f"{class_name(layer)} does not support `{argument}` in this version of "
                "Keras, which has no quantized layers yet. Leave it None, and use "
                'dtype="mixed_bfloat16" or dtype="bfloat16" for smaller weights. '
                f"Received: {argument}={value!r}."
            )
