"""JAX's sparse tensors, for who may meet one: their own module takes long to load."""

from __future__ import annotations

from typing import Any

import jax

from keras.core.typing import DType, TensorLike


def recast(x: TensorLike, dtype: DType) -> Any:
    """The same tensor with values of another dtype."""
    from jax.experimental.sparse import BCOO

    return BCOO((x.data.astype(dtype), x.indices), shape=x.shape)


def to_dense(x: TensorLike) -> jax.Array:
    if x.dtype == bool:  # these cannot be added up
        return recast(x, "int8").todense() != 0
    return x.todense()
