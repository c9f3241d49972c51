"""Ops on BCOO, JAX's sparse array.

A function here takes what the op takes, dtypes agreed, at least one of the tensors
sparse. None means that there is no sparse way, and the caller makes them dense.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import sparse

from keras.backends.jax.bcoo import to_dense
from keras.backends.jax.core import is_sparse
from keras.core.typing import Axis, Data, TensorLike


def from_dense(x: jax.Array, most: int | None = None) -> Any:
    """The same numbers, kept where they are not zero.

    Inside `jax.jit` it must be known how many these are at most.
    """
    if most is None or not isinstance(x, jax.core.Tracer):
        return sparse.BCOO.fromdense(x)
    return sparse.BCOO.fromdense(x, nse=min(most, x.size))


def map_values(
    function: Callable[..., Any], x: TensorLike, *args: Any, **kwargs: Any
) -> Any:
    """A function that keeps zeros, on the values that are there."""
    if not x.unique_indices:
        x = sparse.bcoo_sum_duplicates(x, nse=x.nse)
    return _with_data(x, function(x.data, *args, **kwargs))


def _with_data(x: jax.Array, data: Data) -> Any:
    return sparse.BCOO(
        (data, x.indices),
        shape=x.shape,
        indices_sorted=x.indices_sorted,
        unique_indices=x.unique_indices,
    )


def _flat(x: TensorLike) -> Any:
    """Without batch and dense axes: one index vector for each number."""
    if x.n_batch or x.n_dense:
        return sparse.bcoo_update_layout(x, n_batch=0, n_dense=0)
    return x


def _at(dense: Any, x: jax.Array) -> jax.Array:
    """The numbers of an array at the places of a sparse one."""
    places = tuple(x.indices[:, axis] for axis in range(x.ndim))
    return jnp.broadcast_to(dense, x.shape)[places]


def _covers(x: jax.Array, dense: Any) -> bool:
    """Whether a number or array broadcasts to the shape of the sparse one."""
    return jnp.broadcast_shapes(x.shape, jnp.shape(dense)) == x.shape


# Arithmetic -------------------------------------------------------------------------


def add(x1: jax.Array, x2: jax.Array) -> Any:
    if not (is_sparse(x1) and is_sparse(x2) and x1.shape == x2.shape):
        return None
    return sparse.sparsify(jnp.add)(_flat(x1), _flat(x2))


def subtract(x1: jax.Array, x2: jax.Array) -> Any:
    if not (is_sparse(x1) and is_sparse(x2) and x1.shape == x2.shape):
        return None
    return add(x1, _with_data(x2, -x2.data))


def multiply(x1: TensorLike, x2: TensorLike) -> Any:
    if is_sparse(x1) and is_sparse(x2):
        if x1.shape != x2.shape:
            return None
        return sparse.bcoo_multiply_sparse(_flat(x1), _flat(x2))
    x, dense = (x1, x2) if is_sparse(x1) else (x2, x1)
    if not _covers(x, dense):
        return None
    x = _flat(x)
    return _with_data(x, x.data * (dense if jnp.ndim(dense) == 0 else _at(dense, x)))


def divide(x1: jax.Array, x2: jax.Array) -> Any:
    if is_sparse(x2) or not _covers(x1, x2):
        return None
    if not isinstance(x2, jax.core.Tracer) and bool((jnp.asarray(x2) == 0).any()):
        return from_dense(to_dense(x1) / x2)  # 0 / 0 is NaN, not left out
    x = _flat(x1)
    return _with_data(x, x.data / (x2 if jnp.ndim(x2) == 0 else _at(x2, x)))


true_divide = divide


def _pairwise(function: Callable[..., Any], x1: TensorLike, x2: TensorLike) -> Any:
    if not (is_sparse(x1) and is_sparse(x2) and x1.shape == x2.shape):
        return None
    nse = min(_flat(x1).nse + _flat(x2).nse, x1.size)
    return sparse.BCOO.fromdense(function(x1.todense(), x2.todense()), nse=nse)


def maximum(x1: jax.Array, x2: jax.Array) -> jax.Array:
    return _pairwise(jnp.maximum, x1, x2)


def minimum(x1: jax.Array, x2: jax.Array) -> jax.Array:
    return _pairwise(jnp.minimum, x1, x2)


def matmul(x1: jax.Array, x2: jax.Array) -> Any:
    if x1.ndim > 2 or x2.ndim > 2:
        return None
    if is_sparse(x1) and is_sparse(x2):
        return _flat(x1) @ _flat(x2)
    return (_flat(x1) if is_sparse(x1) else x1) @ (_flat(x2) if is_sparse(x2) else x2)


# Shapes and sums --------------------------------------------------------------------


def transpose(x: TensorLike, axes: Any = None) -> Any:
    axes = tuple(range(x.ndim))[::-1] if axes is None else axes
    order = tuple(axis % x.ndim for axis in axes)
    return sparse.bcoo_transpose(_flat(x), permutation=order)


def reshape(x: TensorLike, newshape: Any) -> Any:
    sizes = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    return sparse.bcoo_reshape(_flat(x), new_sizes=_filled(sizes, x.size))


def _filled(sizes: Sequence[int], total: int) -> list[int]:
    """The sizes with -1 worked out."""
    known = 1
    for size in sizes:
        known *= size if size != -1 else 1
    if (-1 in sizes and total % known) or (-1 not in sizes and known != total):
        raise ValueError("The number of elements would change.")
    return [total // known if size == -1 else size for size in sizes]


def expand_dims(x: TensorLike, axis: Any) -> Any:
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    rank = x.ndim + len(axes)
    places = {a % rank for a in axes}
    sizes = iter(x.shape)
    return sparse.bcoo_reshape(
        _flat(x), new_sizes=[1 if a in places else next(sizes) for a in range(rank)]
    )


def squeeze(x: TensorLike, axis: Axis = None) -> Any:
    if axis is None:
        axis = tuple(a for a, size in enumerate(x.shape) if size == 1)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    return sparse.bcoo_squeeze(_flat(x), dimensions=tuple(a % x.ndim for a in axes))


def sum(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None:
        axis = tuple(range(x.ndim))
    axes = tuple(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis))
    total = sparse.bcoo_reduce_sum(_flat(x), axes=axes)
    total = sparse.bcoo_sum_duplicates(total, nse=total.nse)
    if not keepdims:
        return total
    sizes = [1 if a in axes else size for a, size in enumerate(x.shape)]
    return sparse.bcoo_reshape(total, new_sizes=sizes)


def mean(x: jax.Array, axis: Any = None, keepdims: bool = False) -> jax.Array:
    total = sum(x, axis, keepdims)
    count = x.size // max(total.size, 1)
    return _with_data(total, total.data / count)


def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    if not all(map(is_sparse, xs)):
        return None
    return sparse.bcoo_concatenate([_flat(x) for x in xs], dimension=axis % xs[0].ndim)


def counts(x: jax.Array, weights: TensorLike = None, minlength: int = 0) -> jax.Array:
    """How often each integer is among the values that are there."""
    x = _flat(x)
    traced = isinstance(x.data, jax.core.Tracer)
    most = 0 if traced or not x.nse else int(x.data.max()) + 1
    inside = jnp.all(x.indices < jnp.asarray(x.shape), -1)  # the rest is padding
    each = inside.astype("int32")
    if weights is not None:
        each = jnp.where(inside, _at(to_dense(weights), x), 0)
    result = jnp.zeros((*x.shape[:-1], max(most, minlength)), each.dtype)
    places = (*x.indices[:, :-1].T, x.data.astype("int32"))
    return result.at[places].add(each)
