"""Image kernels of the JAX backend: compiled as a whole, also outside of functions."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from keras.backends.resizing import between
from keras.core.typing import TensorLike


def resize_bilinear(
    images: TensorLike, size: Any, antialias: bool = False
) -> TensorLike:
    if antialias:
        return resize_by_weights(images, size, "bilinear", True)
    return _between_two(images, tuple(size))


@partial(jax.jit, static_argnums=1)
def _between_two(x: jax.Array, size: Any) -> jax.Array:
    for axis, output in ((1, size[0]), (2, size[1])):
        if x.shape[axis] != output:
            low, high, part = between(x.shape[axis], output)
            first, second = (jnp.take(x, i, axis=axis) for i in (low, high))
            x = first + (second - first) * part.reshape((-1, *[1] * (3 - axis)))
    return x


def resize_by_weights(
    images: TensorLike, size: Any, method: str, antialias: bool = False
) -> TensorLike:
    shape = (images.shape[0], *size, images.shape[3])
    method = {"bicubic": "cubic"}.get(method, method)
    return jax.image.resize(images, shape, method, antialias=antialias)
