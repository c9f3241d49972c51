"""Functions whose derivatives JAX has not, or has as NaN where there is a number."""

from __future__ import annotations

from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.core.typing import Structure


@_jax.jit
def root(x: _jax.Array) -> _jax.Array:
    """The square root, its derivative at 0 taken as 0: infinity times 0 is NaN."""
    return _jnp.where(x == 0, x, _jnp.sqrt(_jnp.where(x == 0, 1, x)))


@_jax.custom_jvp
def multiplied(x: _jax.Array, places: Any, factors: Any) -> _jax.Array:
    """The tensor multiplied at places, which may repeat: JAX has no derivative of it.

    Negative places have been dealt with; what lies outside is left out.
    """
    return x.at[places].multiply(factors)


@multiplied.defjvp
def _multiplied_jvp(primals: Structure, tangents: Structure) -> Any:
    x, places, factors = primals
    zero = factors == 0
    none = _jnp.zeros(x.shape, "int32").at[places].add(zero.astype("int32"))
    others = _jnp.where(zero, _jnp.ones((), x.dtype), factors)
    # The product of the factors that are not 0, at each place.
    product = multiplied(_jnp.ones_like(x), places, others)
    whole = _jnp.where(none == 0, product, _jnp.zeros((), x.dtype))
    # A factor's derivative is the product of all others: it, or another one, may be 0.
    left = none.at[places].get(mode="fill", fill_value=0) - zero
    rest = (x * product).at[places].get(mode="fill", fill_value=0) / others
    rest = _jnp.where(left == 0, rest, _jnp.zeros((), x.dtype))
    moved = (whole * tangents[0]).at[places].add(rest * tangents[2])
    return multiplied(x, places, factors), moved
