"""Functions whose derivatives JAX has not, or has as NaN where there is a number."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from keras.core.typing import Structure


@jax.jit
def root(x: jax.Array) -> jax.Array:
    """The square root, its derivative at 0 taken as 0: infinity times 0 is NaN."""
    return jnp.where(x == 0, x, jnp.sqrt(jnp.where(x == 0, 1, x)))


@jax.custom_jvp
def multiplied(x: jax.Array, places: Any, factors: Any) -> jax.Array:
    """The tensor multiplied at places, which may repeat: JAX has no derivative of it.

    Negative places have been dealt with; what lies outside is left out.
    """
    return x.at[places].multiply(factors)


@multiplied.defjvp
def _multiplied_jvp(primals: Structure, tangents: Structure) -> Any:
    x, places, factors = primals
    zero = factors == 0
    none = jnp.zeros(x.shape, "int32").at[places].add(zero.astype("int32"))
    others = jnp.where(zero, jnp.ones((), x.dtype), factors)
    # The product of the factors that are not 0, at each place.
    product = multiplied(jnp.ones_like(x), places, others)
    whole = jnp.where(none == 0, product, jnp.zeros((), x.dtype))
    # A factor's derivative is the product of all others: it, or another one, may be 0.
    left = none.at[places].get(mode="fill", fill_value=0) - zero
    rest = (x * product).at[places].get(mode="fill", fill_value=0) / others
    rest = jnp.where(left == 0, rest, jnp.zeros((), x.dtype))
    moved = (whole * tangents[0]).at[places].add(rest * tangents[2])
    return multiplied(x, places, factors), moved
