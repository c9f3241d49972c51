"""Random numbers of the NumPy backend: Philox, keyed by the seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends import seeds
from keras.backends.numpy.core import native_dtype
from keras.core import config
from keras.core.typing import DType, Seed, ShapeLike, TensorLike


def advance(generator: Any) -> np.ndarray:
    """Takes the next seed from a `SeedGenerator`."""
    state = generator.state.value
    generator.state.assign(state + np.array([0, 1], state.dtype))
    return state


def _source(seed: Seed) -> np.random.Generator:
    generator = seeds.generator_of(seed)
    key = [seeds.check(seed), 0] if generator is None else generator.draw()
    low, high = (int(n) for n in key)
    return np.random.Generator(np.random.Philox(key=low + (high << 64)))


def _float(dtype: DType) -> Any:
    wanted = native_dtype(config.floatx() if dtype is None else dtype)
    if wanted.kind in "iub":
        raise ValueError("Expected a float dtype.")
    return wanted


def normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> np.ndarray:
    seeds.at_least(0, stddev)
    wanted = _float(dtype)
    drawn = _source(seed).standard_normal(seeds.sizes(shape))
    return np.asarray(drawn * stddev + mean).astype(wanted)


def uniform(
    shape: ShapeLike,
    minval: TensorLike = 0.0,
    maxval: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> np.ndarray:
    seeds.in_order(minval, maxval)
    wanted = _float(dtype)
    drawn = _source(seed).random(seeds.sizes(shape)) * (maxval - minval) + minval
    drawn = np.asarray(drawn).astype(wanted)
    # Rounding may reach the upper bound, which is excluded.
    below = np.nextafter(np.asarray(maxval, wanted), np.asarray(minval, wanted))
    return np.minimum(drawn, below)


def randint(
    shape: ShapeLike,
    minval: TensorLike,
    maxval: TensorLike,
    dtype: DType = "int32",
    seed: Seed = None,
) -> np.ndarray:
    minval, maxval = seeds.whole(minval), seeds.whole(maxval)
    seeds.in_order(minval, maxval, strictly=True)
    wanted = native_dtype(dtype)
    if wanted.kind not in "iu":
        raise ValueError("Expected an integer dtype.")
    drawn = _source(seed).integers(minval, maxval, seeds.sizes(shape))
    return np.asarray(drawn).astype(wanted)


def truncated_normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> np.ndarray:
    seeds.at_least(0, stddev)
    wanted = _float(dtype)
    source = _source(seed)
    shape = seeds.sizes(shape)
    count = math.prod(shape)
    drawn = source.standard_normal(count)
    while True:  # those outside are drawn anew
        outside = np.abs(drawn) > 2
        missing = int(np.sum(outside))
        if not missing:
            break
        drawn[outside] = source.standard_normal(missing)
    return np.asarray(drawn.reshape(shape) * stddev + mean).astype(wanted)


def categorical(
    logits: np.ndarray, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> np.ndarray:
    batch, classes = logits.shape
    noise = _source(seed).gumbel(size=(batch, num_samples, classes))
    drawn = np.argmax(logits[:, None].astype("float64") + noise, -1)
    return drawn.astype(native_dtype(dtype))


def dropout(
    inputs: np.ndarray,
    rate: float,
    noise_shape: ShapeLike | None = None,
    seed: Seed = None,
) -> np.ndarray:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    shape = inputs.shape if noise_shape is None else noise_shape
    shape = tuple(
        inputs.shape[i] if size is None else size for i, size in enumerate(shape)
    )
    kept = _source(seed).random(shape, "float32") >= rate
    if rate == 1:
        return np.zeros_like(inputs)
    scaled = inputs * inputs.dtype.type(1 / (1 - rate))
    return np.where(kept, scaled, np.zeros((), inputs.dtype))


def shuffle(x: np.ndarray, axis: int = 0, seed: Seed = None) -> np.ndarray:
    return _source(seed).permutation(x, axis)


def gamma(
    shape: ShapeLike, alpha: TensorLike, dtype: DType = None, seed: Seed = None
) -> np.ndarray:
    seeds.at_least(0, alpha)
    drawn = _source(seed).standard_gamma(alpha, seeds.sizes(shape))
    return np.asarray(drawn).astype(_float(dtype))


def beta(
    shape: ShapeLike,
    alpha: TensorLike,
    beta: np.ndarray,
    dtype: DType = None,
    seed: Seed = None,
) -> np.ndarray:
    seeds.at_least(0, alpha, beta)
    drawn = _source(seed).beta(alpha, beta, seeds.sizes(shape))
    return np.asarray(drawn).astype(_float(dtype))


def binomial(
    shape: ShapeLike,
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DType = None,
    seed: Seed = None,
) -> np.ndarray:
    seeds.at_least(0, counts, probabilities)
    seeds.in_order(probabilities, 1)
    counts = np.asarray(counts).astype("int64")
    drawn = _source(seed).binomial(counts, probabilities, seeds.sizes(shape))
    return np.asarray(drawn).astype(_float(dtype))
