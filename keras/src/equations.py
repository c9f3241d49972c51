"""Einsums as private functions of Keras 3 say them, for layers derived from its own."""

from __future__ import annotations

import string
from typing import Any

from keras.core.typing import Shape
from keras.layers.attention.multi_head_attention import einsums
from keras.layers.core.einsum_dense import labels, sizes


def sizes_of_einsum(
    equation: str, bias_axes: str | None, input_shape: Shape, output_shape: Any
) -> tuple[list[int], list[int] | None, list[int | None], list[int], list[int]]:
    """Shapes of kernel, bias and outputs; the kernel's axes: summed, and not."""
    partial = (
        output_shape if isinstance(output_shape, (list, tuple)) else [output_shape]
    )
    found = sizes(equation, bias_axes, tuple(input_shape), tuple(partial))
    bias = None if found.bias is None else list(found.bias)
    return list(found.kernel), bias, list(found.output), *found.fans


def axes_of_einsum(equation: str, input_shape: Shape) -> dict[int, Any]:
    """What an einsum sums, and the einsum of its gradient, by their places in Keras's.

    Returns:
        0 and 1: the axes of inputs and of kernel that are summed over; 8: the einsum
        that leads from outputs and kernel back to inputs.
    """
    inputs, kernel, outputs, _ = labels(equation, len(input_shape))
    summed = [
        [axis for axis, label in enumerate(side) if label not in outputs]
        for side in (inputs, kernel)
    ]
    return {0: summed[0], 1: summed[1], 8: f"{outputs},{kernel}->{inputs}"}


def projection(
    free_dims: int, bound_dims: int, output_dims: int
) -> tuple[str, str, int]:
    """A product that keeps axes, sums over the last ones, and puts new ones there.

    Returns:
        The einsum, its new axes, which a bias has, and the rank of its outputs.
    """
    letters = iter(string.ascii_lowercase)
    free, bound, new = (
        "".join(next(letters) for _ in range(count))
        for count in (free_dims, bound_dims, output_dims)
    )
    equation = f"{free}{bound},{bound}{new}->{free}{new}"
    return equation, new, free_dims + output_dims


def attention(rank: int, attn_axes: tuple[int, ...]) -> tuple[str, str, int]:
    """The einsums of keys with queries and of scores with values; the scores' rank."""
    first, second = einsums(rank - 1, tuple(attn_axes))
    return first, second, len(first.partition("->")[2])
