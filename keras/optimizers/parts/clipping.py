"""Keeping gradients within bounds before they are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from keras import ops
from keras.backends import current
from keras.core.typing import TensorLike

Clip = Callable[[Sequence[Any]], list[Any]]


def make_clip(
    clipnorm: float | None, global_clipnorm: float | None, clipvalue: float | None
) -> Clip | None:
    """The function that bounds gradients; None where nothing is to be bounded.

    Raises:
        ValueError: if more than one bound is given, or one is not above 0.
    """
    bounds = {
        "clipnorm": clipnorm,
        "global_clipnorm": global_clipnorm,
        "clipvalue": clipvalue,
    }
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if len(given) > 1:
        raise ValueError(
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. "
            f"Received: {', '.join(f'{k}={v}' for k, v in given.items())}."
        )
    for name, bound in given.items():
        if bound <= 0:
            raise ValueError(f"`{name}` must be above 0. Received: {name}={bound}.")
    if clipvalue is not None:
        return partial(_clip_values, limit=clipvalue)
    if clipnorm is not None:
        return partial(_clip_norms, limit=clipnorm)
    if global_clipnorm is not None:
        return partial(clip_by_global_norm, limit=global_clipnorm)
    return None


# Functions of the module, not lambdas: an optimizer that holds one is pickled.
def _clip_values(gradients: Sequence[Any], limit: float) -> list[Any]:
    return [ops.clip(gradient, -limit, limit) for gradient in gradients]


def _clip_norms(gradients: Sequence[Any], limit: float) -> list[Any]:
    return [clip_by_norm(gradient, limit) for gradient in gradients]


def clip_by_norm(gradient: TensorLike, limit: float) -> Any:
    """The gradient, shortened where its norm is above the limit."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return ops.divide(ops.multiply(gradient, limit), ops.maximum(norm, limit))


def clip_by_global_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """The gradients, all shortened by the same factor where together they are long.

    Norms that are not finite give gradients that are not, so that it shows.
    """
    at_once = current().__dict__.get("clip_by_global_norm")
    if at_once is not None:
        return at_once(gradients, limit)
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients]
    total = squares[0]
    for square in squares[1:]:
        total = ops.add(total, square)
    norm = ops.sqrt(total)
    factor = ops.divide(limit, ops.maximum(norm, limit))
    return [ops.multiply(g, ops.cast(factor, g.dtype)) for g in gradients]
