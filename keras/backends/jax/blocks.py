"""Windows and blocks of the JAX backend."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from keras.backends import windows


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


def complex_from(real: jax.Array, imaginary: Any) -> jax.Array:
    if real.dtype.itemsize == 2:
        real, imaginary = real.astype("float32"), imaginary.astype("float32")
    return jax.lax.complex(real, imaginary)
