"""Random numbers of the JAX backend: Threefry keys out of the seed's two integers."""

from __future__ import annotations

from typing import Any

import jax as _jax
import jax.numpy as _jnp
import numpy as _np

from keras.backends import seeds as _seeds
from keras.backends.jax.core import native_dtype as _native_dtype
from keras.core import config as _config
from keras.core.typing import DType, Seed, ShapeLike, TensorLike

_ONE = _np.array([0, 1], "uint32")


def advance(generator: Any) -> _jax.Array:
    """Takes the next seed from a `SeedGenerator`."""
    state = generator.state.value
    generator.state.assign(state + _ONE)
    return state


def seed_framework(seed: int) -> None:
    """JAX has no global generator."""


def _key(seed: Seed) -> _jax.Array:
    generator = _seeds.generator_of(seed)
    if generator is None:
        state: Any = _np.array([_seeds.check(seed), 0], "uint32")
    else:
        state = generator.draw()
    return _jax.random.wrap_key_data(state, impl="threefry2x32")


def _float(dtype: DType) -> Any:
    return _native_dtype(_config.floatx() if dtype is None else dtype)


def _is(value: Any, number: float) -> bool:
    return isinstance(value, (int, float)) and value == number


def _scaled(x: _jax.Array, factor: Any, offset: _jax.Array) -> _jax.Array:
    if _is(factor, 1) and _is(offset, 0):
        return x
    return _multiply_add(x, factor, offset)


@_jax.jit  # rounded once, as where it is a part of compiled code
def _multiply_add(x: _jax.Array, factor: Any, offset: _jax.Array) -> _jax.Array:
    return (x * factor + offset).astype(x.dtype)


def normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> _jax.Array:
    _seeds.at_least(0, stddev)
    x = _jax.random.normal(_key(seed), _seeds.sizes(shape), _float(dtype))
    return _scaled(x, stddev, mean)


def uniform(
    shape: ShapeLike,
    minval: TensorLike = 0.0,
    maxval: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> _jax.Array:
    _seeds.in_order(minval, maxval)
    return _jax.random.uniform(
        _key(seed), _seeds.sizes(shape), _float(dtype), minval, maxval
    )


def randint(
    shape: ShapeLike,
    minval: TensorLike,
    maxval: TensorLike,
    dtype: DType = "int32",
    seed: Seed = None,
) -> _jax.Array:
    minval, maxval = _seeds.whole(minval), _seeds.whole(maxval)
    _seeds.in_order(minval, maxval, strictly=True)
    wanted = _native_dtype(dtype)
    return _jax.random.randint(_key(seed), _seeds.sizes(shape), minval, maxval, wanted)


def truncated_normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> _jax.Array:
    _seeds.at_least(0, stddev)
    wanted = _float(dtype)
    x = _jax.random.truncated_normal(_key(seed), -2.0, 2.0, _seeds.sizes(shape), wanted)
    return _scaled(x, stddev, mean)


def categorical(
    logits: _jax.Array, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> _jax.Array:
    batch, _ = logits.shape
    shape = (num_samples, batch)
    drawn = _jax.random.categorical(_key(seed), logits, -1, shape=shape)
    return drawn.T.astype(_native_dtype(dtype))


def dropout(
    inputs: _jax.Array,
    rate: float,
    noise_shape: ShapeLike | None = None,
    seed: Seed = None,
) -> _jax.Array:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    if rate == 1:
        return _jnp.zeros_like(inputs)
    shape = inputs.shape if noise_shape is None else noise_shape
    shape = tuple(
        inputs.shape[i] if size is None else size for i, size in enumerate(shape)
    )
    kept = _jax.random.bernoulli(_key(seed), 1 - rate, shape)
    scaled = inputs * (1 / (1 - rate))
    return _jnp.where(kept, scaled, _jnp.zeros((), inputs.dtype))


def shuffle(x: _jax.Array, axis: int = 0, seed: Seed = None) -> _jax.Array:
    return _jax.random.permutation(_key(seed), x, axis)


def _wide(dtype: DType, *parameters: Any) -> tuple[Any, ...]:
    """At least float32, and the parameters in it."""
    wide = _np.dtype("float32") if dtype.itemsize == 2 else dtype
    return (wide, *(_jnp.asarray(parameter, wide) for parameter in parameters))


def gamma(
    shape: ShapeLike, alpha: TensorLike, dtype: DType = None, seed: Seed = None
) -> _jax.Array:
    _seeds.at_least(0, alpha)
    wanted = _float(dtype)
    wide, alpha = _wide(wanted, alpha)
    drawn = _jax.random.gamma(_key(seed), alpha, _seeds.sizes(shape), wide)
    return drawn.astype(wanted)


def beta(
    shape: ShapeLike,
    alpha: TensorLike,
    beta: _jax.Array,
    dtype: DType = None,
    seed: Seed = None,
) -> _jax.Array:
    _seeds.at_least(0, alpha, beta)
    wanted = _float(dtype)
    wide, alpha, beta = _wide(wanted, alpha, beta)
    drawn = _jax.random.beta(_key(seed), alpha, beta, _seeds.sizes(shape), wide)
    return drawn.astype(wanted)


def binomial(
    shape: ShapeLike,
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DType = None,
    seed: Seed = None,
) -> _jax.Array:
    _seeds.at_least(0, counts, probabilities)
    _seeds.in_order(probabilities, 1)
    wanted = _float(dtype)
    wide, counts, probabilities = _wide(wanted, counts, probabilities)
    drawn = _jax.random.binomial(
        _key(seed), counts, probabilities, _seeds.sizes(shape), wide
    )
    return drawn.astype(wanted)
