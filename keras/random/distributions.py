"""Draws from distributions.

Each backend keeps its own generator, for speed, keyed by the seed and the number of
draws made with it:

| backend | generator |
|---|---|
| NumPy | Philox 4x64 (`numpy.random.Generator`) |
| JAX | Threefry 2x32 (`jax.random`) |
| TensorFlow | Philox 4x32 (`tf.random.stateless_*`) |
| PyTorch | `torch.Generator`: Mersenne Twister on the CPU, Philox on CUDA |

So one seed gives one sequence on one backend, and different numbers on different
backends: no draw is equal between two of them. What they share is the distribution,
the state (`SeedGenerator.state`: the seed, and how many draws were made) and how it
counts on.

Eager code and compiled code (`keras.jit`, `jax.jit`, `tf.function`, XLA,
`torch.compile`) draw the same numbers; where a compiler fuses the arithmetic behind a
draw, the last digit may differ. XLA has no kernel for TensorFlow's `gamma`, `beta` and
`binomial`. docs/random_numbers.md says it in full, with what each generator costs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from keras.core import dtypes
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import DType, ShapeLike, Tensor, TensorLike
from keras.ops import checks, rules
from keras.ops.checks import INFINITY
from keras.ops.declare import op, unsure
from keras.random import seed as _seed  # noqa: F401 - registers the global generator


def _drawn(
    op_name: str, shape: ShapeLike, dtype: DType, kind: str = "float"
) -> KerasTensor:
    """The result, after checking that the dtype is one that can be drawn."""
    dtype = dtypes.standardize_dtype(dtype)
    fits = dtypes.is_float(dtype) if kind == "float" else dtypes.is_int(dtype)
    if not fits:
        raise ValueError(
            f"keras.random.{op_name} draws {kind} numbers, so it needs a {kind} dtype. "
            f"Received: dtype={dtype!r}."
        )
    return KerasTensor(rules.as_shape(shape), dtype)


def _at_least(least: float, **values: Any) -> None:
    """Refuses parameters that are numbers and too small."""
    for name, value in values.items():
        if isinstance(value, (int, float)) and value < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={value!r}."
            )


def _in_order(minval: TensorLike, maxval: TensorLike, strictly: bool) -> None:
    """Refuses bounds that are numbers and enclose nothing."""
    known = isinstance(minval, (int, float)) and isinstance(maxval, (int, float))
    if known and (minval >= maxval if strictly else minval > maxval):
        raise ValueError(
            f"`minval` must be {'less' if strictly else 'at most'} "
            f"{'than ' if strictly else ''}`maxval`. Received: minval={minval!r}, "
            f"maxval={maxval!r}."
        )


def _ranged(draw: Callable[..., Any]) -> Any:
    """Looks at parameters that are numbers before they become tensors.

    Inside compiled code nobody could look at them any more.
    """
    declaration = draw.declaration  # type: ignore[attr-defined]
    ranges, title = declaration.ranges, declaration.title

    @wraps(draw)
    def called(*args: Any, **kwargs: Any) -> Any:
        checks.check_numbers(ranges, title, args, kwargs)
        return draw(*args, **kwargs)

    return called


def _fits(shape: ShapeLike, **parameters: Any) -> None:
    """Refuses parameters that do not broadcast to the shape."""
    for name, value in parameters.items():
        given = getattr(value, "shape", None)
        if given is None:
            continue
        wanted, given = rules.as_shape(shape), tuple(given)
        pairs = zip(reversed(given), reversed(wanted), strict=False)
        if len(given) > len(wanted) or any(g not in (1, None, w) for g, w in pairs):
            raise ShapeError(
                f"`{name}` must broadcast to `shape`. Received: shape={wanted}, "
                f"{name}.shape={given}."
            )


@op
def normal(
    shape: ShapeLike,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType = None,
    seed: Any = None,
) -> Tensor:
    """Draws from the normal distribution.

    Args:
        shape: shape of the output.
        mean: mean.
        stddev: standard deviation.
        dtype: a float dtype, `floatx()` by default.
        seed: an integer (the same numbers each time), a `SeedGenerator` (others each
            time), or None for the process-wide generator.

    Returns:
        A tensor of that shape and dtype. The numbers depend on the seed and on the
        backend, whose own generator draws: Philox on NumPy and TensorFlow, Threefry on
        JAX, `torch.Generator` on PyTorch. No two backends draw equal numbers. Compiled
        code draws what eager code does.

    Example:

    >>> import keras
    >>> keras.random.normal((2, 3), seed=1).shape == (2, 3)
    True
    """
    _at_least(0, stddev=stddev)
    _fits(shape, mean=mean, stddev=stddev)
    return _drawn("normal", shape, dtype)


@op
def uniform(
    shape: ShapeLike,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DType = None,
    seed: Any = None,
) -> Tensor:
    """Draws from the uniform distribution over `minval <= x < maxval`.

    Args:
        shape: shape of the output.
        minval: lower bound, included.
        maxval: upper bound, excluded.
        dtype: a float dtype, `floatx()` by default; for integers see `randint`.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_numpy(keras.random.uniform((100,), seed=1))
    >>> bool((x >= 0).all() and (x < 1).all())
    True
    """
    _in_order(minval, maxval, strictly=False)
    _fits(shape, minval=minval, maxval=maxval)
    return _drawn("uniform", shape, dtype)


@op
def randint(
    shape: ShapeLike,
    minval: int,
    maxval: int,
    dtype: DType = "int32",
    seed: Any = None,
) -> Tensor:
    """Draws integers from `minval <= x < maxval`, all equally probable.

    Args:
        shape: shape of the output.
        minval: lower bound, included.
        maxval: upper bound, excluded.
        dtype: an integer dtype.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_numpy(keras.random.randint((100,), 0, 6, seed=1))
    >>> sorted({int(n) for n in x})
    [0, 1, 2, 3, 4, 5]
    """
    _in_order(minval, maxval, strictly=True)
    _fits(shape, minval=minval, maxval=maxval)
    return _drawn("randint", shape, dtype, "integer")


@op
def truncated_normal(
    shape: ShapeLike,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType = None,
    seed: Any = None,
) -> Tensor:
    """Draws from the normal distribution, within two standard deviations.

    Args:
        shape: shape of the output.
        mean: mean.
        stddev: standard deviation before truncation.
        dtype: a float dtype, `floatx()` by default.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_numpy(keras.random.truncated_normal((99,), seed=1))
    >>> bool((abs(x) <= 2).all())
    True
    """
    _at_least(0, stddev=stddev)
    _fits(shape, mean=mean, stddev=stddev)
    return _drawn("truncated_normal", shape, dtype)


@op(promote="float")
def categorical(
    logits: TensorLike, num_samples: int, dtype: DType = "int32", seed: Any = None
) -> Tensor:
    """Draws classes with the probabilities that logits stand for.

    Args:
        logits: `(batch, num_classes)`, unnormalized log probabilities.
        num_samples: how many draws for each row.
        dtype: an integer dtype.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        `(batch, num_samples)` class numbers.

    Raises:
        ShapeError: if `logits` does not have two dimensions.

    Example:

    >>> import keras
    >>> drawn = keras.random.categorical([[0.0, 99.0]], 3, seed=1)
    >>> keras.ops.convert_to_numpy(drawn).tolist()
    [[1, 1, 1]]
    """
    if len(logits.shape) != 2:
        raise ShapeError(
            "keras.random.categorical expects `logits` of shape (batch, num_classes). "
            f"Received: logits.shape={logits.shape}."
        )
    return _drawn("categorical", (logits.shape[0], num_samples), dtype, "integer")


@op(promote="float")
def dropout(
    inputs: TensorLike,
    rate: float,
    noise_shape: Any = None,
    seed: Any = None,
) -> Tensor:
    """Sets a random part of the values to 0 and scales the others up.

    Args:
        inputs: tensor of any shape.
        rate: the part to drop, from 0 to 1.
        noise_shape: shape of the random choice, broadcast to the inputs; None in it
            stands for the size of the inputs. By default each value has its own.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor like `inputs`.

    Raises:
        ValueError: if `rate` is not between 0 and 1.

    Example:

    >>> import keras
    >>> y = keras.ops.convert_to_numpy(keras.random.dropout([1.0] * 99, 0.5, seed=1))
    >>> sorted({float(v) for v in y})
    [0.0, 2.0]
    """
    if not 0 <= rate <= 1:
        raise ValueError(
            "keras.random.dropout expects `rate` between 0 and 1. "
            f"Received: rate={rate!r}."
        )
    if noise_shape is not None:
        if not isinstance(noise_shape, (tuple, list)):
            raise ShapeError(
                "`noise_shape` must be a tuple of integers, with None for the sizes of "
                f"the inputs. Received: noise_shape={noise_shape!r}."
            )
        concrete = (
            size if noise is None else noise
            for noise, size in zip(noise_shape, inputs.shape, strict=False)
        )
        if rules.broadcast(inputs.shape, tuple(concrete)) != inputs.shape:
            raise ShapeError(
                "keras.random.dropout expects `noise_shape` to broadcast to the "
                f"inputs. Received: inputs.shape={inputs.shape}, "
                f"noise_shape={noise_shape!r}."
            )
    return KerasTensor(inputs.shape, inputs.dtype)


@op
def shuffle(x: TensorLike, axis: int = 0, seed: Any = None) -> Tensor:
    """Puts the slices along an axis in random order.

    Args:
        x: tensor of rank 1 or more.
        axis: the axis to shuffle.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor like `x`.

    Example:

    >>> import keras
    >>> x = keras.random.shuffle([3, 1, 2], seed=1)
    >>> sorted(keras.ops.convert_to_numpy(x).tolist())
    [1, 2, 3]
    """
    rules.axis(axis, len(x.shape))
    return KerasTensor(x.shape, x.dtype)


@_ranged
@op(check=unsure, ranges={"alpha": (0, INFINITY)})
def gamma(
    shape: ShapeLike, alpha: TensorLike, dtype: DType = None, seed: Any = None
) -> Tensor:
    """Draws from the gamma distribution with scale 1.

    Args:
        shape: shape of the output.
        alpha: shape parameter, positive; broadcast to `shape`.
        dtype: a float dtype, `floatx()` by default.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> x = keras.random.gamma((9,), alpha=2.0, seed=1)
    >>> bool((keras.ops.convert_to_numpy(x) > 0).all())
    True
    """
    _fits(shape, alpha=alpha)
    return _drawn("gamma", shape, dtype)


@_ranged
@op(check=unsure, ranges={"alpha": (0, INFINITY), "beta": (0, INFINITY)})
def beta(
    shape: ShapeLike,
    alpha: TensorLike,
    beta: TensorLike,
    dtype: DType = None,
    seed: Any = None,
) -> Tensor:
    """Draws from the beta distribution.

    Args:
        shape: shape of the output.
        alpha: first parameter, positive; broadcast to `shape`.
        beta: second parameter, positive; broadcast to `shape`.
        dtype: a float dtype, `floatx()` by default.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor of that shape and dtype, with values between 0 and 1.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_numpy(keras.random.beta((9,), 2.0, 3.0, seed=1))
    >>> bool((x > 0).all() and (x < 1).all())
    True
    """
    _fits(shape, alpha=alpha, beta=beta)
    return _drawn("beta", shape, dtype)


@_ranged
@op(check=unsure, ranges={"counts": (0, INFINITY), "probabilities": (0, 1)})
def binomial(
    shape: ShapeLike,
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DType = None,
    seed: Any = None,
) -> Tensor:
    """Draws how many of so many trials succeed.

    Args:
        shape: shape of the output.
        counts: number of trials; broadcast to `shape`.
        probabilities: probability of success; broadcast to `shape`.
        dtype: a float dtype, `floatx()` by default.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
            Which generator draws depends on the backend: see `keras.random.normal`.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> x = keras.random.binomial((3,), counts=5, probabilities=1.0, seed=1)
    >>> keras.ops.convert_to_numpy(x).tolist()
    [5.0, 5.0, 5.0]
    """
    _fits(shape, counts=counts, probabilities=probabilities)
    return _drawn("binomial", shape, dtype)
