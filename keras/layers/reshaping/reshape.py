"""`Reshape`: samples in another shape."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from keras import ops
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Shape, Tensor
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Reshape(Layer):
    """Gives samples another shape.

    Args:
        target_shape: the new shape, without batch axis; one size may be -1, which
            stands for what is left.
        **kwargs: `name`, `dtype`: see `Layer`.

    Raises:
        ValueError: if the numbers of values differ.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Reshape((3, -1))(keras.ops.ones((2, 12))).shape)
    (2, 3, 4)
    """

    _has_nothing_to_build = True

    def __init__(self, target_shape: Any, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.target_shape = _target(target_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs as `(batch, *target_shape)`."""
        sizes = self.compute_output_shape(tuple(inputs.shape))[1:]
        if None not in sizes and 0 not in sizes:
            return ops.reshape(inputs, (-1, *sizes))
        sizes = self.target_shape if None in sizes else sizes
        return ops.reshape(inputs, (ops.shape(inputs)[0], *sizes))

    def compute_output_spec(self, inputs: KerasTensor) -> KerasTensor:
        """The shape of the output, and the dtype of the inputs."""
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, inputs.dtype, sparse=inputs.sparse)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, *target_shape)`, with -1 worked out where it can be."""
        batch, *sizes = input_shape
        target = self.target_shape
        if None in sizes:
            return (batch, *(None if n == -1 else n for n in target))
        total = math.prod([n for n in sizes if n is not None])
        given = math.prod([n for n in target if n != -1])
        open_size = -1 in target
        fits = given and total % given == 0 if open_size else total == given
        if not fits:
            raise ValueError(
                f"Reshape {self.name!r} cannot make {target} of samples of shape "
                f"{tuple(sizes)}: {total} values do not fit."
            )
        return (batch, *(total // given if n == -1 else n for n in target))


def _target(shape: Any) -> tuple[int, ...]:
    """`shape` as a tuple of sizes, of which one may be -1."""
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    whole = all(
        isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= -1
        for n in sizes
    )
    if not whole or sizes.count(-1) > 1:
        raise ValueError(
            "Reshape expects `target_shape` to hold sizes of 0 and more, and at most "
            f"one -1, which stands for what is left. Received: target_shape={shape!r}."
        )
    return tuple(int(n) for n in sizes)
