"""What `JaxLayer` needs of JAX: keys, and pytrees as lists of arrays."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras.core.typing import Seed, Structure


def key_of(seed: Seed) -> Any:
    """A key of JAX's of what a `SeedGenerator` gives."""
    return jax.random.wrap_key_data(jnp.asarray(seed, jnp.uint32))


def initial_key(seed: int) -> Any:
    """The key that weights are made with."""
    return jax.random.key(seed)


def sample(shape: tuple[int | None, ...], dtype: str) -> Any:
    """An input to make weights with; sizes that are not known are 1."""
    return jnp.zeros([1 if size is None else size for size in shape], dtype)


def leaves(tree: Structure) -> tuple[list[tuple[str, Any]], Any]:
    """The arrays of a pytree with a name for each, and its structure."""
    found, structure = jax.tree_util.tree_flatten_with_path(tree)
    keys = [_key_kind(leaf) for _, leaf in found]
    named = [(_name(path), np.asarray(_data(leaf))) for path, leaf in found]
    return named, (structure, keys)


def _key_kind(leaf: Any) -> Any:
    """The kind of a random key; None for arrays of numbers."""
    is_key = jnp.issubdtype(getattr(leaf, "dtype", np.float32), jax.dtypes.prng_key)
    return jax.random.key_impl(leaf) if is_key else None


def _data(leaf: Any) -> Any:
    return leaf if _key_kind(leaf) is None else jax.random.key_data(leaf)


def _name(path: Any) -> str:
    keys = [getattr(k, "key", getattr(k, "name", getattr(k, "idx", k))) for k in path]
    return "_".join(map(str, keys)) or "value"


def pack(structure: Any, values: list[Any]) -> Structure:
    """The pytree of a structure and its leaves."""
    form, keys = structure
    found = [
        value if kind is None else jax.random.wrap_key_data(value, impl=kind)
        for value, kind in zip(values, keys, strict=True)
    ]
    return jax.tree_util.tree_unflatten(form, found)


def flat(tree: Structure) -> list[Any]:
    """The leaves of a pytree, keys as numbers."""
    return [_data(leaf) for leaf in jax.tree_util.tree_leaves(tree)]
