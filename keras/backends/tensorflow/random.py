"""Random numbers of the TensorFlow backend: stateless functions, keyed by the seed."""

from __future__ import annotations

from typing import Any

import tensorflow as _tf

from keras.backends import seeds as _seeds
from keras.backends.tensorflow.core import native_dtype as _native_dtype
from keras.backends.tensorflow.core import shape as _shape
from keras.core import config as _config


def advance(generator: Any) -> Any:
    """Takes the next seed from a `SeedGenerator`."""
    state = _tf.identity(generator.state.value)
    generator.state.assign(state + _tf.constant([0, 1], state.dtype))
    return state


def seed_framework(seed: int) -> None:
    _tf.random.set_seed(seed)


def _key(seed: Any) -> Any:
    generator = _seeds.generator_of(seed)
    if generator is None:
        return _tf.constant([_seeds.check(seed), 0], _tf.int64)
    return _tf.cast(generator.draw(), _tf.int64)


def _float(dtype: Any) -> Any:
    return _native_dtype(_config.floatx() if dtype is None else dtype)


def _is(value: Any, number: float) -> bool:
    return isinstance(value, (int, float)) and value == number


def _scaled(x: Any, factor: Any, offset: Any) -> Any:
    x = x if _is(factor, 1) else x * _tf.cast(factor, x.dtype)
    return x if _is(offset, 0) else x + _tf.cast(offset, x.dtype)


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    x = _tf.random.stateless_normal(shape, _key(seed), dtype=_float(dtype))
    return _scaled(x, stddev, mean)


def uniform(
    shape: Any,
    minval: Any = 0.0,
    maxval: Any = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    wanted = _float(dtype)
    if wanted.is_integer:
        raise ValueError("Expected a float dtype.")
    return _tf.random.stateless_uniform(
        shape,
        _key(seed),
        minval=_tf.cast(minval, wanted),
        maxval=_tf.cast(maxval, wanted),
        dtype=wanted,
    )


def randint(
    shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None
) -> Any:
    wanted = _native_dtype(dtype)
    if not wanted.is_integer:
        raise ValueError("Expected an integer dtype.")
    drawn = wanted if wanted in (_tf.int32, _tf.int64) else _tf.int64
    x = _tf.random.stateless_uniform(
        shape,
        _key(seed),
        minval=_tf.cast(minval, drawn),
        maxval=_tf.cast(maxval, drawn),
        dtype=drawn,
    )
    return _tf.cast(x, wanted)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    x = _tf.random.stateless_truncated_normal(shape, _key(seed), dtype=_float(dtype))
    return _scaled(x, stddev, mean)


def categorical(
    logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None
) -> Any:
    wanted = _native_dtype(dtype)
    drawn = _tf.random.stateless_categorical(
        logits, num_samples, _key(seed), dtype=_tf.int64
    )
    return _tf.cast(drawn, wanted)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    if rate == 1:
        return _tf.zeros_like(inputs)
    sizes = _shape(inputs)
    shape = sizes if noise_shape is None else noise_shape
    shape = [sizes[i] if size is None else size for i, size in enumerate(shape)]
    wide = inputs.dtype if inputs.dtype == _tf.float64 else _tf.float32
    noise = _tf.random.stateless_uniform(shape, _key(seed), dtype=wide)
    scaled = inputs * _tf.cast(1 / (1 - rate), inputs.dtype)
    return _tf.where(noise >= rate, scaled, _tf.zeros((), inputs.dtype))


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    size = _shape(x)[axis]
    # Sorting random numbers: XLA compiles it, unlike TensorFlow's own shuffle.
    order = _tf.argsort(_tf.random.stateless_uniform((size,), _key(seed)))
    return _tf.gather(x, order, axis=axis)


def _gamma(shape: Any, key: Any, alpha: Any, dtype: Any) -> Any:
    wide = dtype if dtype == _tf.float64 else _tf.float32
    alpha = _tf.broadcast_to(_tf.cast(alpha, wide), shape)
    return _tf.random.stateless_gamma(shape, key, alpha, dtype=wide)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    wanted = _float(dtype)
    return _tf.cast(_gamma(shape, _key(seed), alpha, wanted), wanted)


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    wanted = _float(dtype)
    first, second = _tf.unstack(_tf.random.split(_tf.cast(_key(seed), _tf.int32)))
    a = _gamma(shape, first, alpha, wanted)
    b = _gamma(shape, second, beta, wanted)
    return _tf.cast(a / (a + b), wanted)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Any:
    wanted = _float(dtype)
    wide = wanted if wanted == _tf.float64 else _tf.float32
    counts = _tf.cast(counts, wide)
    probabilities = _tf.cast(probabilities, wide)
    drawn = _tf.random.stateless_binomial(
        shape, _key(seed), counts, probabilities, output_dtype=wide
    )
    return _tf.cast(drawn, wanted)
