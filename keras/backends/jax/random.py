"""Random numbers of the JAX backend: Threefry keys out of the seed's two integers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras.backends import seeds
from keras.backends.arguments import is_number
from keras.backends.jax.core import native_dtype
from keras.core import config
from keras.core.typing import DType, Seed, ShapeLike, TensorLike

_ONE = np.array([0, 1], "uint32")


def advance(generator: Any) -> jax.Array:
    """Takes the next seed from a `SeedGenerator`."""
    state = generator.state.value
    generator.state.assign(state + _ONE)
    return state


def _key(seed: Seed) -> jax.Array:
    generator = seeds.generator_of(seed)
    if generator is None:
        state: Any = np.array([seeds.check(seed), 0], "uint32")
    else:
        state = generator.draw()
    return jax.random.wrap_key_data(state, impl="threefry2x32")


def _float(dtype: DType) -> Any:
    return native_dtype(config.floatx() if dtype is None else dtype)


def _scaled(x: jax.Array, factor: Any, offset: jax.Array) -> jax.Array:
    if is_number(factor, 1) and is_number(offset, 0):
        return x
    return _multiply_add(x, factor, offset)


@jax.jit  # rounded once, as where it is a part of compiled code
def _multiply_add(x: jax.Array, factor: Any, offset: jax.Array) -> jax.Array:
    return (x * factor + offset).astype(x.dtype)


def normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> jax.Array:
    seeds.at_least(0, stddev)
    x = jax.random.normal(_key(seed), seeds.sizes(shape), _float(dtype))
    return _scaled(x, stddev, mean)


def uniform(
    shape: ShapeLike,
    minval: TensorLike = 0.0,
    maxval: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> jax.Array:
    seeds.in_order(minval, maxval)
    return jax.random.uniform(
        _key(seed), seeds.sizes(shape), _float(dtype), minval, maxval
    )


def randint(
    shape: ShapeLike,
    minval: TensorLike,
    maxval: TensorLike,
    dtype: DType = "int32",
    seed: Seed = None,
) -> jax.Array:
    minval, maxval = seeds.whole(minval), seeds.whole(maxval)
    seeds.in_order(minval, maxval, strictly=True)
    wanted = native_dtype(dtype)
    return jax.random.randint(_key(seed), seeds.sizes(shape), minval, maxval, wanted)


def truncated_normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> jax.Array:
    seeds.at_least(0, stddev)
    wanted = _float(dtype)
    x = jax.random.truncated_normal(_key(seed), -2.0, 2.0, seeds.sizes(shape), wanted)
    return _scaled(x, stddev, mean)


def categorical(
    logits: jax.Array, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> jax.Array:
    batch, _ = logits.shape
    shape = (num_samples, batch)
    drawn = jax.random.categorical(_key(seed), logits, -1, shape=shape)
    return drawn.T.astype(native_dtype(dtype))


def dropout(
    inputs: jax.Array,
    rate: float,
    noise_shape: ShapeLike | None = None,
    seed: Seed = None,
) -> jax.Array:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    if rate == 1:
        return jnp.zeros_like(inputs)
    shape = inputs.shape if noise_shape is None else noise_shape
    shape = tuple(
        inputs.shape[i] if size is None else size for i, size in enumerate(shape)
    )
    kept = jax.random.bernoulli(_key(seed), 1 - rate, shape)
    scaled = inputs * (1 / (1 - rate))
    return jnp.where(kept, scaled, jnp.zeros((), inputs.dtype))


def shuffle(x: jax.Array, axis: int = 0, seed: Seed = None) -> jax.Array:
    return jax.random.permutation(_key(seed), x, axis)


def _wide(dtype: DType, *parameters: Any) -> tuple[Any, ...]:
    """At least float32, and the parameters in it."""
    wide = np.dtype("float32") if dtype.itemsize == 2 else dtype
    return (wide, *(jnp.asarray(parameter, wide) for parameter in parameters))


def gamma(
    shape: ShapeLike, alpha: TensorLike, dtype: DType = None, seed: Seed = None
) -> jax.Array:
    seeds.at_least(0, alpha)
    wanted = _float(dtype)
    wide, alpha = _wide(wanted, alpha)
    drawn = jax.random.gamma(_key(seed), alpha, seeds.sizes(shape), wide)
    return drawn.astype(wanted)


def beta(
    shape: ShapeLike,
    alpha: TensorLike,
    beta: jax.Array,
    dtype: DType = None,
    seed: Seed = None,
) -> jax.Array:
    seeds.at_least(0, alpha, beta)
    wanted = _float(dtype)
    wide, alpha, beta = _wide(wanted, alpha, beta)
    drawn = jax.random.beta(_key(seed), alpha, beta, seeds.sizes(shape), wide)
    return drawn.astype(wanted)


def binomial(
    shape: ShapeLike,
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DType = None,
    seed: Seed = None,
) -> jax.Array:
    seeds.at_least(0, counts, probabilities)
    seeds.in_order(probabilities, 1)
    wanted = _float(dtype)
    wide, counts, probabilities = _wide(wanted, counts, probabilities)
    drawn = jax.random.binomial(
        _key(seed), counts, probabilities, seeds.sizes(shape), wide
    )
    return drawn.astype(wanted)
