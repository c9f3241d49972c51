"""Random numbers of the TensorFlow backend: Philox bits, keyed by the seed.

TensorFlow and XLA agree on Philox's bits but not on the floats they make of them; so
floats are made here, and compiled code draws what eager code draws. Gamma, beta and
binomial draws are TensorFlow's own; XLA has no kernel for the first two.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from keras.backends import seeds
from keras.backends.arguments import is_number
from keras.backends.tensorflow.core import native_dtype
from keras.backends.tensorflow.core import shape as sizes_of
from keras.core import config
from keras.core.typing import DType, Seed, TensorLike

_raw = tf.raw_ops


def advance(generator: Any) -> Any:
    """Takes the next seed from a `SeedGenerator`."""
    state = tf.identity(generator.state.value)
    generator.state.assign(state + tf.constant([0, 1], state.dtype))
    return state


def seed_framework(seed: int) -> None:
    tf.random.set_seed(seed)


def _key(seed: Seed) -> Any:
    generator = seeds.generator_of(seed)
    if generator is None:
        return tf.constant([seeds.check(seed), 0], tf.int64)
    return tf.cast(generator.draw(), tf.int64)


def _float(dtype: DType) -> Any:
    wanted = native_dtype(config.floatx() if dtype is None else dtype)
    if not wanted.is_floating:
        raise ValueError("Expected a float dtype.")
    return wanted


def _philox(seed: Seed) -> dict[str, Any]:
    """Where Philox starts. `tf.random` works out the same in dozens of small steps."""
    key, counter = _raw.StatelessRandomGetKeyCounter(seed=_key(seed))
    return {"key": key, "counter": counter, "alg": 1}


def _bits(shape: Any, seed: Seed, double: bool) -> Any:
    """Random integers: of 53 bits for doubles, else of 24."""
    dtype, spare = (tf.uint64, 11) if double else (tf.uint32, 8)
    bits = _raw.StatelessRandomUniformFullIntV2(
        shape=shape, dtype=dtype, **_philox(seed)
    )
    kept = tf.bitwise.right_shift(bits, tf.constant(spare, dtype))
    return tf.cast(kept, tf.int64 if double else tf.int32)


def _unit(shape: Any, seed: Seed, double: bool = False) -> Any:
    """Numbers of 0 or more, below 1."""
    bits = _bits(shape, seed, double)
    if double:
        return tf.cast(bits, tf.float64) * 2.0**-53
    return tf.cast(bits, tf.float32) * 2.0**-24


def _symmetric(shape: Any, seed: Seed, double: bool = False) -> Any:
    """Numbers between -1 and 1, both excluded."""
    bits = _bits(shape, seed, double)
    # The largest is rounded off: TensorFlow's `erfinv` adds 1, which would make 2.
    if double:
        x = (tf.cast(bits - 2**52, tf.float64) + 0.5) * 2.0**-52
        return tf.minimum(x, 1.0 - 2.0**-52)
    x = (tf.cast(bits - 2**23, tf.float32) + 0.5) * 2.0**-23
    return tf.minimum(x, 1.0 - 2.0**-23)


def _scaled(x: TensorLike, factor: Any, offset: Any, dtype: DType) -> Any:
    x = x if is_number(factor, 1) else x * tf.cast(factor, x.dtype)
    x = x if is_number(offset, 0) else x + tf.cast(offset, x.dtype)
    return tf.cast(x, dtype)


def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> Any:
    seeds.at_least(0, stddev)
    seeds.at_least(-math.inf, mean)
    shape = seeds.sizes(shape)
    wanted = _float(dtype)
    x = _symmetric(shape, seed, wanted == tf.float64)
    return _scaled(tf.math.erfinv(x) * math.sqrt(2), stddev, mean, wanted)


def uniform(
    shape: Any,
    minval: Any = 0.0,
    maxval: Any = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> Any:
    seeds.in_order(minval, maxval)
    shape = seeds.sizes(shape)
    wanted = _float(dtype)
    x = _unit(shape, seed, wanted == tf.float64)
    drawn = _scaled(x, maxval - minval, minval, wanted)
    if wanted.size > 2 and is_number(minval, 0) and is_number(maxval, 1):
        return drawn
    # Rounding may reach the upper bound, which is excluded.
    top = tf.cast(maxval, wanted)
    steps = 2.0**-7 if wanted == tf.bfloat16 else 2.0**-10
    steps = steps if wanted.size == 2 else 2.0**-23
    size = tf.maximum(tf.abs(top), tf.cast(tf.abs(maxval - minval), wanted))
    return tf.where(drawn < top, drawn, top - size * tf.cast(steps, wanted))


def randint(
    shape: Any, minval: Any, maxval: Any, dtype: DType = "int32", seed: Seed = None
) -> Any:
    minval, maxval = seeds.whole(minval), seeds.whole(maxval)
    seeds.in_order(minval, maxval, strictly=True)
    shape = seeds.sizes(shape)
    wanted = native_dtype(dtype)
    if not wanted.is_integer:
        raise ValueError("Expected an integer dtype.")
    if not (_is_scalar(minval) and _is_scalar(maxval)):
        low, high = tf.cast(minval, tf.float64), tf.cast(maxval, tf.float64)
        x = _unit(shape, seed, double=True) * (high - low) + low
        return tf.cast(tf.floor(x), wanted)
    drawn = wanted if wanted in (tf.int32, tf.int64) else tf.int64
    x = _raw.StatelessRandomUniformIntV2(
        shape=shape,
        minval=tf.cast(minval, drawn),
        maxval=tf.cast(maxval, drawn),
        **_philox(seed),
    )
    return tf.cast(x, wanted)


def _is_scalar(bound: Any) -> bool:
    return len(getattr(bound, "shape", ())) == 0


# The part of the normal distribution within two standard deviations.
_WITHIN = math.erf(2 / math.sqrt(2))


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> Any:
    seeds.at_least(0, stddev)
    seeds.at_least(-math.inf, mean)
    shape = seeds.sizes(shape)
    wanted = _float(dtype)
    x = _symmetric(shape, seed, wanted == tf.float64) * _WITHIN
    x = tf.clip_by_value(tf.math.erfinv(x) * math.sqrt(2), -2.0, 2.0)
    return _scaled(x, stddev, mean, wanted)


def categorical(
    logits: Any, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> Any:
    batch, classes = sizes_of(logits)
    u = (_symmetric((batch, num_samples, classes), seed) + 1) * 0.5
    # Of logits plus Gumbel noise, the greatest is drawn with the right probability.
    noise = -tf.math.log(-tf.math.log(u))
    drawn = tf.argmax(tf.cast(logits, noise.dtype)[:, None] + noise, -1)
    return tf.cast(drawn, native_dtype(dtype))


def dropout(
    inputs: Any, rate: float, noise_shape: Any = None, seed: Seed = None
) -> Any:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    if rate == 1:
        return tf.zeros_like(inputs)
    sizes = sizes_of(inputs)
    shape = sizes if noise_shape is None else noise_shape
    shape = [sizes[i] if size is None else size for i, size in enumerate(shape)]
    scaled = inputs * tf.cast(1 / (1 - rate), inputs.dtype)
    kept = _unit(shape, seed) >= rate
    return tf.where(kept, scaled, tf.zeros((), inputs.dtype))


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> Any:
    # Sorting random numbers: XLA compiles it, unlike TensorFlow's own shuffle.
    order = tf.argsort(_unit((sizes_of(x)[axis],), seed), stable=True)
    return tf.gather(x, order, axis=axis)


def _gamma(shape: Any, key: Any, alpha: Any, dtype: DType) -> Any:
    wide = dtype if dtype == tf.float64 else tf.float32
    alpha = tf.broadcast_to(tf.cast(alpha, wide), shape)
    return tf.random.stateless_gamma(shape, key, alpha, dtype=wide)


def gamma(shape: Any, alpha: Any, dtype: DType = None, seed: Seed = None) -> Any:
    seeds.at_least(0, alpha)
    shape = seeds.sizes(shape)
    wanted = _float(dtype)
    return tf.cast(_gamma(shape, _key(seed), alpha, wanted), wanted)


def beta(
    shape: Any, alpha: Any, beta: Any, dtype: DType = None, seed: Seed = None
) -> Any:
    seeds.at_least(0, alpha, beta)
    shape = seeds.sizes(shape)
    wanted = _float(dtype)
    first, second = tf.unstack(tf.random.split(tf.cast(_key(seed), tf.int32)))
    a = _gamma(shape, first, alpha, wanted)
    b = _gamma(shape, second, beta, wanted)
    return tf.cast(a / (a + b), wanted)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: DType = None, seed: Seed = None
) -> Any:
    seeds.at_least(0, counts, probabilities)
    seeds.in_order(probabilities, 1)
    shape = seeds.sizes(shape)
    wanted = _float(dtype)
    wide = wanted if wanted == tf.float64 else tf.float32
    counts = tf.cast(counts, wide)
    probabilities = tf.cast(probabilities, wide)
    drawn = tf.random.stateless_binomial(
        shape, _key(seed), counts, probabilities, output_dtype=wide
    )
    return tf.cast(drawn, wanted)
