"""Windows and blocks of the JAX backend."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from keras.backends import windows
from keras.backends.arguments import check_layout


def unfold(
    x: jax.Array,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> jax.Array:
    batch, channels, *sizes = jnp.shape(x)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    x = jnp.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    parts = jnp.stack([x[:, :, a, b] for a, b in places], 2)
    rows = channels * len(places)
    return jnp.reshape(parts, (batch, rows, counts[0] * counts[1]))


def fold(
    x: jax.Array,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> jax.Array:
    sizes = windows.tuple_of(output_size, 2)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    batch, rows, count = jnp.shape(x)
    if rows % len(places) or count != counts[0] * counts[1]:
        raise ValueError("The sizes do not fit.")
    parts = jnp.reshape(x, (batch, rows // len(places), len(places), *counts))
    height, width = sizes[0] + 2 * p, sizes[1] + 2 * q
    total = jnp.zeros((batch, rows // len(places), height, width), x.dtype)
    for place, (a, b) in enumerate(places):
        total = total.at[:, :, a, b].add(parts[:, :, place])
    return total[:, :, p : p + sizes[0], q : q + sizes[1]]


def space_to_depth(
    x: jax.Array, block_size: int, data_format: str = "channels_last"
) -> jax.Array:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = jnp.shape(x)
        x = jnp.reshape(x, (b, c, h // n, n, w // n, n))
        x = jnp.transpose(x, (0, 1, 3, 5, 2, 4))
        return jnp.reshape(x, (b, c * n * n, h // n, w // n))
    b, h, w, c = jnp.shape(x)
    x = jnp.reshape(x, (b, h // n, n, w // n, n, c))
    x = jnp.transpose(x, (0, 1, 3, 2, 4, 5))
    return jnp.reshape(x, (b, h // n, w // n, n * n * c))


def depth_to_space(
    x: jax.Array, block_size: int, data_format: str = "channels_last"
) -> jax.Array:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = jnp.shape(x)
        x = jnp.reshape(x, (b, c // (n * n), n, n, h, w))
        x = jnp.transpose(x, (0, 1, 4, 2, 5, 3))
        return jnp.reshape(x, (b, c // (n * n), h * n, w * n))
    b, h, w, c = jnp.shape(x)
    x = jnp.reshape(x, (b, h, w, n, n, c // (n * n)))
    x = jnp.transpose(x, (0, 1, 3, 2, 4, 5))
    return jnp.reshape(x, (b, h * n, w * n, c // (n * n)))


def complex_from(real: jax.Array, imaginary: Any) -> jax.Array:
    if real.dtype.itemsize == 2:
        real, imaginary = real.astype("float32"), imaginary.astype("float32")
    return jax.lax.complex(real, imaginary)
