"""The functions of `tf.keras.backend`, which Keras 3 keeps for `tf.keras` alone.

Programs of Keras 2 say `from tensorflow.keras import backend as K`. Each function is
said in `keras.ops`, so it runs on every backend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import keras
from keras import ops, random
from keras.core.config import standardize_data_format
from keras.core.typing import DType, Seed, Shape, Structure, Tensor, TensorLike

__all__: list[str] = []


def _public(function: Callable[..., Any]) -> Callable[..., Any]:
    __all__.append(function.__name__)
    return function


# Tensors and variables ----------------------------------------------------------------


@_public
def arange(start: Any, stop: Any = None, step: int = 1, dtype: str = "int32") -> Tensor:
    """Numbers from `start` to `stop`; up to `start` where `stop` is None."""
    start, stop = (0, start) if stop is None else (start, stop)
    return ops.arange(start, stop, step, dtype=dtype)


@_public
def constant(
    value: Any, dtype: DType | None = None, shape: Any = None, name: str | None = None
) -> Tensor:
    """A tensor of a value, of `floatx` unless a dtype is given."""
    tensor = ops.convert_to_tensor(value, dtype=dtype or keras.config.floatx())
    return tensor if shape is None else ops.broadcast_to(tensor, shape)


@_public
def variable(
    value: Any,
    dtype: DType | None = None,
    name: str | None = None,
    constraint: Any = None,
) -> keras.Variable:
    """A variable that begins with a value."""
    dtype = dtype or keras.config.floatx()
    made = keras.Variable(np.asarray(value), dtype=dtype, name=name)
    made.constraint = constraint
    return made


@_public
def ones(shape: Shape, dtype: DType | None = None, name: Any = None) -> Tensor:
    """A tensor of ones."""
    return ops.ones(shape, dtype=dtype)


@_public
def zeros(shape: Shape, dtype: DType | None = None, name: Any = None) -> Tensor:
    """A tensor of zeros."""
    return ops.zeros(shape, dtype=dtype)


@_public
def ones_like(x: TensorLike, dtype: DType | None = None, name: Any = None) -> Tensor:
    """Ones in the shape of a tensor."""
    return ops.ones_like(x, dtype=dtype)


@_public
def zeros_like(x: TensorLike, dtype: DType | None = None, name: Any = None) -> Tensor:
    """Zeros in the shape of a tensor."""
    return ops.zeros_like(x, dtype=dtype)


@_public
def eye(size: Any, dtype: DType | None = None, name: Any = None) -> Tensor:
    """An identity matrix; `size` may be two numbers."""
    sizes = size if isinstance(size, (tuple, list)) else (size, size)
    return ops.eye(*sizes, dtype=dtype)


@_public
def cast_to_floatx(x: Any) -> Any:
    """An array or tensor in `floatx`."""
    if ops.is_tensor(x) or isinstance(x, (keras.Variable, keras.KerasTensor)):
        return ops.cast(x, keras.config.floatx())
    return np.asarray(x, dtype=keras.config.floatx())


@_public
def count_params(x: Any) -> int:
    """How many numbers a tensor holds."""
    return int(np.prod(x.shape))


@_public
def dtype(x: Any) -> str:
    """The name of a tensor's dtype."""
    return keras.backend.standardize_dtype(x.dtype)


@_public
def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """The shape as a tuple; None where there is none."""
    try:
        return tuple(None if size is None else int(size) for size in x.shape)
    except (AttributeError, TypeError, ValueError):
        return None


@_public
def ndim(x: Any) -> int:
    """How many axes a tensor has."""
    return len(x.shape)


@_public
def is_sparse(tensor: Any) -> bool:
    """Whether a tensor is sparse."""
    return (
        keras.backend.is_keras_tensor(tensor)
        and bool(tensor.sparse)
        or ("Sparse" in type(tensor).__name__)
    )


@_public
def to_dense(tensor: Any) -> Tensor:
    """A sparse tensor with its zeros; another as it is."""
    return ops.convert_to_tensor(tensor, sparse=False) if is_sparse(tensor) else tensor


@_public
def eval(x: Any) -> np.ndarray:
    """The numbers of a tensor or variable."""
    return ops.convert_to_numpy(x)


@_public
def get_value(x: Any) -> Any:
    """The numbers of a tensor or variable; anything else as it is."""
    if ops.is_tensor(x) or isinstance(x, keras.Variable):
        return ops.convert_to_numpy(x)
    return x


@_public
def batch_get_value(tensors: Iterable[Any]) -> list[Any]:
    """The numbers of several."""
    return [get_value(x) for x in tensors]


@_public
def set_value(x: keras.Variable, value: Any) -> None:
    """Writes a variable."""
    x.assign(np.asarray(value))


@_public
def batch_set_value(tuples: Iterable[tuple[keras.Variable, Any]]) -> None:
    """Writes several variables."""
    for x, value in tuples:
        set_value(x, value)


@_public
def update(x: keras.Variable, new_x: Any) -> Any:
    """Writes a variable."""
    return x.assign(new_x)


@_public
def update_add(x: keras.Variable, increment: Any) -> Any:
    """Adds to a variable."""
    return x.assign_add(increment)


@_public
def update_sub(x: keras.Variable, decrement: Any) -> Any:
    """Subtracts from a variable."""
    return x.assign_sub(decrement)


@_public
def moving_average_update(x: keras.Variable, value: Any, momentum: Any) -> Any:
    """Moves a variable towards a value: `x * momentum + value * (1 - momentum)`."""
    return x.assign(x * momentum + ops.cast(value, x.dtype) * (1.0 - momentum))


@_public
def stop_gradient(variables: Any) -> Any:
    """Tensors without a slope; several in a list."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(x) for x in variables]
    return ops.stop_gradient(variables)


@_public
def name_scope(name: str) -> keras.name_scope:
    """What is made inside has names that begin with this one."""
    return keras.name_scope(name)


# Random numbers -----------------------------------------------------------------------


@_public
def random_normal(
    shape: Shape,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Normally distributed numbers."""
    return random.normal(shape, mean, stddev, dtype=dtype, seed=seed)


@_public
def random_uniform(
    shape: Shape,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Uniformly distributed numbers."""
    return random.uniform(shape, minval, maxval, dtype=dtype, seed=seed)


@_public
def truncated_normal(
    shape: Shape,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Normally distributed numbers within two deviations of the mean."""
    return random.truncated_normal(shape, mean, stddev, dtype=dtype, seed=seed)


@_public
def random_bernoulli(
    shape: Shape, p: float = 0.0, dtype: DType | None = None, seed: Seed = None
) -> Tensor:
    """Ones with probability `p`, else zeros."""
    drawn = random.uniform(shape, dtype="float32", seed=seed)
    return ops.cast(ops.less_equal(drawn, p), dtype or keras.config.floatx())


@_public
def random_normal_variable(
    shape: Shape,
    mean: float,
    scale: float,
    dtype: DType | None = None,
    name: str | None = None,
    seed: Seed = None,
) -> keras.Variable:
    """A variable that begins with normally distributed numbers."""
    drawn = random.normal(shape, mean, scale, dtype="float32", seed=seed)
    return variable(ops.convert_to_numpy(drawn), dtype, name)


@_public
def random_uniform_variable(
    shape: Shape,
    low: float,
    high: float,
    dtype: DType | None = None,
    name: str | None = None,
    seed: Seed = None,
) -> keras.Variable:
    """A variable that begins with uniformly distributed numbers."""
    drawn = random.uniform(shape, low, high, dtype="float32", seed=seed)
    return variable(ops.convert_to_numpy(drawn), dtype, name)


# Reductions and shapes ----------------------------------------------------------------


@_public
def argmax(x: TensorLike, axis: int = -1) -> Tensor:
    """The place of the largest."""
    return ops.argmax(x, axis=axis)


@_public
def argmin(x: TensorLike, axis: int = -1) -> Tensor:
    """The place of the smallest."""
    return ops.argmin(x, axis=axis)


@_public
def mean(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean; of booleans in `floatx`."""
    if dtype(ops.convert_to_tensor(x)) == "bool":
        x = ops.cast(x, keras.config.floatx())
    return ops.mean(x, axis=axis, keepdims=keepdims)


@_public
def cumsum(x: TensorLike, axis: int = 0) -> Tensor:
    """Running sums."""
    return ops.cumsum(x, axis=axis)


@_public
def cumprod(x: TensorLike, axis: int = 0) -> Tensor:
    """Running products."""
    return ops.cumprod(x, axis=axis)


@_public
def clip(x: TensorLike, min_value: Any, max_value: Any) -> Tensor:
    """Values between two bounds; None is no bound."""
    low = -float("inf") if min_value is None else min_value
    high = float("inf") if max_value is None else max_value
    return ops.clip(x, low, high)


@_public
def pow(x: TensorLike, a: Any) -> Tensor:
    """Powers."""
    return ops.power(x, a)


@_public
def concatenate(tensors: Sequence[TensorLike], axis: int = -1) -> Tensor:
    """Tensors in a row."""
    return ops.concatenate(tensors, axis=axis)


@_public
def expand_dims(x: TensorLike, axis: int = -1) -> Tensor:
    """One more axis, of size 1."""
    return ops.expand_dims(x, axis)


@_public
def flatten(x: TensorLike) -> Tensor:
    """A vector of all that a tensor holds."""
    return ops.reshape(x, (-1,))


@_public
def batch_flatten(x: Any) -> Tensor:
    """`(batch, features)`: all axes but the first as one."""
    return ops.reshape(x, (-1, int(np.prod(x.shape[1:]))))


@_public
def permute_dimensions(x: TensorLike, pattern: Sequence[int]) -> Tensor:
    """The axes in another order."""
    return ops.transpose(x, pattern)


@_public
def repeat(x: TensorLike, n: int) -> Tensor:
    """`(batch, features)` to `(batch, n, features)`."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


@_public
def repeat_elements(x: TensorLike, rep: int, axis: int) -> Tensor:
    """Each element of an axis, `rep` times."""
    return ops.repeat(x, rep, axis=axis)


@_public
def reverse(x: TensorLike, axes: Any) -> Tensor:
    """Axes from their end to their start."""
    return ops.flip(x, axis=axes)


@_public
def gather(reference: TensorLike, indices: TensorLike) -> Tensor:
    """The rows of these indices."""
    return ops.take(reference, indices, axis=0)


@_public
def one_hot(indices: TensorLike, num_classes: int) -> Tensor:
    """Indices as vectors with one 1."""
    return ops.one_hot(indices, num_classes)


@_public
def temporal_padding(x: TensorLike, padding: Sequence[int] = (1, 1)) -> Tensor:
    """Zeros around the middle axis of `(batch, steps, features)`."""
    return ops.pad(x, [(0, 0), tuple(padding), (0, 0)])


@_public
def spatial_2d_padding(
    x: TensorLike, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None
) -> Tensor:
    """Zeros around images."""
    return _padded(x, padding, data_format)


@_public
def spatial_3d_padding(
    x: TensorLike,
    padding: Any = ((1, 1), (1, 1), (1, 1)),
    data_format: str | None = None,
) -> Tensor:
    """Zeros around volumes."""
    return _padded(x, padding, data_format)


def _padded(x: TensorLike, padding: Any, data_format: str | None) -> Tensor:
    spatial = [tuple(pair) for pair in padding]
    last = standardize_data_format(data_format) == "channels_last"
    edges = [(0, 0), *spatial, (0, 0)] if last else [(0, 0), (0, 0), *spatial]
    return ops.pad(x, edges)


@_public
def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str,
    interpolation: str = "nearest",
) -> Tensor:
    """Images, larger by factors."""
    last = data_format == "channels_last"
    height, width = x.shape[1:3] if last else x.shape[2:4]
    size = (height * height_factor, width * width_factor)
    return ops.image.resize(
        x, size, interpolation=interpolation, data_format=data_format
    )


@_public
def resize_volumes(
    x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str
) -> Tensor:
    """Volumes, larger by factors: each element is repeated."""
    first = 1 if data_format == "channels_last" else 2
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), first):
        x = ops.repeat(x, factor, axis=axis)
    return x


# Products -----------------------------------------------------------------------------


@_public
def dot(x: Any, y: Any) -> Tensor:
    """The product of the last axis of `x` with the last but one of `y`."""
    return ops.dot(x, y)


@_public
def batch_dot(x: Any, y: Any, axes: Any = None) -> Tensor:
    """The product of each sample of `x` with its one of `y`, over one axis of each.

    Args:
        x: a tensor of rank 2 or more.
        y: a tensor of rank 2 or more.
        axes: the two axes, or one for both; by default the last of `x` and the last
            but one of `y` (its last where it has rank 2).
    """
    ranks = len(x.shape), len(y.shape)
    if axes is None:
        axes = [1, 1] if ranks == (2, 2) else [ranks[0] - 1, max(1, ranks[1] - 2)]
    axes = [axes, axes] if isinstance(axes, int) else list(axes)
    axes = [axis % rank for axis, rank in zip(axes, ranks, strict=True)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    left = list(letters[: ranks[0]])
    right = ["a", *letters[ranks[0] : ranks[0] + ranks[1] - 1]]
    right[axes[1]] = left[axes[0]]
    summed = left[axes[0]]
    kept = [c for c in left if c != summed] + [c for c in right[1:] if c != summed]
    product = ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x, y)
    return ops.expand_dims(product, 1) if len(kept) == 1 else product


@_public
def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Tensor:
    """Adds a bias to the channels."""
    last = standardize_data_format(data_format) == "channels_last"
    if len(bias.shape) == 1 and not last:
        bias = ops.reshape(bias, (-1, *[1] * (len(x.shape) - 2)))
    return ops.add(x, bias)


@_public
def l2_normalize(x: TensorLike, axis: int | None = None) -> Tensor:
    """Vectors of length 1 along an axis; None takes all as one."""
    squared = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squared, 1e-12)))


# Control ------------------------------------------------------------------------------


@_public
def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values, or what one of two functions returns.

    A condition of one axis goes along the last axis of the values where it fits there,
    else along the first; one of more axes along the first.
    """
    condition = ops.convert_to_tensor(condition)
    if len(condition.shape) == 0:
        branches = [
            each if callable(each) else lambda each=each: each
            for each in (then_expression, else_expression)
        ]
        return ops.cond(ops.cast(condition, "bool"), *branches)
    first, second = (
        ops.convert_to_tensor(each() if callable(each) else each)
        for each in (then_expression, else_expression)
    )
    more = len(first.shape) - len(condition.shape)
    if more > 0 and condition.shape in ((1,), first.shape[-1:]):
        more = 0
    condition = ops.reshape(condition, (*condition.shape, *[1] * max(0, more)))
    return ops.where(ops.cast(condition, "bool"), first, second)


@_public
def map_fn(
    fn: Callable[..., Any], elems: Structure, name: Any = None, dtype: Any = None
) -> Structure:
    """A function of each element of the first axis."""
    return ops.map(fn, elems)


@_public
def foldl(
    fn: Callable[..., Any], elems: Any, initializer: Any = None, name: Any = None
) -> Any:
    """`fn(so_far, element)`, from the first element to the last."""
    elems = list(ops.unstack(elems)) if not isinstance(elems, list) else elems
    value = elems.pop(0) if initializer is None else initializer
    for element in elems:
        value = fn(value, element)
    return value


@_public
def foldr(
    fn: Callable[..., Any], elems: Any, initializer: Any = None, name: Any = None
) -> Any:
    """`fn(so_far, element)`, from the last element to the first."""
    elems = list(ops.unstack(elems)) if not isinstance(elems, list) else elems
    return foldl(fn, elems[::-1], initializer)


@_public
def gradients(loss: Any, variables: Any) -> Any:
    """Not to be had: TensorFlow gives such gradients of graphs alone, not eagerly."""
    raise RuntimeError(
        "`backend.gradients` works only in graphs of TensorFlow 1. Use "
        "`keras.grad` or `keras.value_and_grad` of a function instead."
    )
