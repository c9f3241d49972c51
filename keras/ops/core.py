"""Conversion, shapes and dtypes, and reading and writing windows of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.backends import current
from keras.backends.backend import FOREIGN
from keras.core import dtypes, limits
from keras.core.errors import ShapeError
from keras.core.facts import loadable
from keras.core.keras_tensor import KerasTensor
from keras.core.tree import flatten
from keras.core.typing import DType, Shape, ShapeLike, Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import clip
from keras.ops.declare import composite, op
from keras.ops.files import InFiles

# Conversion -----------------------------------------------------------------------


@loadable
def convert_to_tensor(
    x: TensorLike,
    dtype: DType | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
) -> Tensor:
    """A tensor of the current backend with the values of `x`.

    Args:
        x: tensor of any backend, array, number, (nested) list of them, or Variable.
        dtype: dtype of the result; by default that of `x`. Python floats become
            `floatx()`, Python integers int32.
        sparse: whether a sparse tensor may stay sparse; False makes it dense.
        ragged: the same for ragged tensors.

    Returns:
        A tensor; `x` itself if it is one already and the dtype fits. It shares no
        memory with an array.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_tensor([1, 2]).shape[0]
    2
    """
    del ragged
    if isinstance(x, KerasTensor):
        if x.sparse and sparse is False:
            x = densified(x)
        return x if dtype is None else cast(x, dtype)
    if sparse is None:
        return current().convert_to_tensor(x, dtype)
    return current().convert_to_tensor(x, dtype, sparse)


@composite(in_files=InFiles("core", class_name="ConvertToTensor"))
def densified(x: TensorLike, sparse: bool = False) -> Tensor:
    """What `convert_to_tensor(x, sparse=False)` is in a graph. Internal."""
    if isinstance(x, KerasTensor):
        return KerasTensor(x.shape, x.dtype)
    return current().convert_to_tensor(x, None, sparse)


@loadable
def convert_to_numpy(x: TensorLike) -> Any:
    """A NumPy array with the values of `x`.

    Args:
        x: tensor of any backend, or anything that can be made one.

    Returns:
        A NumPy array of its own: it may be written to, and does not change with `x`.
        Numbers in lists keep NumPy's dtypes.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.ones((2,))).tolist()
    [1.0, 1.0]
    """
    if isinstance(x, KerasTensor):
        x.__array__()  # raises: there are no numbers
    if isinstance(x, (list, tuple)) and any(hasattr(v, "shape") for v in flatten(x)):
        x = current().convert_to_tensor(x)
    return current().convert_to_numpy(x)


@op(sparse="values", in_files=InFiles("core"))
def cast(x: TensorLike, dtype: DType) -> Tensor:
    """The values of `x` in another dtype.

    Args:
        x: tensor of any shape.
        dtype: dtype name.

    Returns:
        A tensor of the shape of `x`; `x` itself if it has that dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.cast([1.9, -1.9], "int32")).tolist()
    [1, -1]
    """
    return KerasTensor(x.shape, dtypes.standardize_dtype(dtype), sparse=x.sparse)


@composite(in_files=InFiles("core"))
def saturate_cast(x: TensorLike, dtype: DType) -> Tensor:
    """The values of `x` in another dtype, those beyond its range at its ends.

    Args:
        x: tensor of any shape.
        dtype: dtype name.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.saturate_cast([300, -5], "uint8")).tolist()
    [255, 0]
    """
    x = convert_to_tensor(x)
    source, target = dtypes.standardize_dtype(x.dtype), dtypes.standardize_dtype(dtype)
    low, high = _range(target, source)
    if low is not None and source != "bool" and not dtypes.is_complex(source):
        x = clip(x, low, high)
    return cast(x, target)


def _range(target: str, source: str) -> tuple[Any, Any]:
    """The ends of the target's range, within that of the source."""
    if target == "bool" or dtypes.is_complex(target) or dtypes.is_complex(source):
        return None, None
    low, high = _ends(target)
    if not dtypes.is_float(source) and source != "bool":
        ends = _ends(source)
        return max(low, ends[0]), min(high, ends[1])
    if not dtypes.is_float(target):
        # The ends as floats of the source, rounded inwards: 2**31 - 1 is none.
        import numpy as np
        from ml_dtypes import bfloat16

        kind = np.dtype(bfloat16 if source == "bfloat16" else source)
        inner = kind.type(high)
        if float(inner) > high:
            inner = np.nextafter(inner, kind.type(0))
        return float(low), float(inner)
    return low, high


def _ends(dtype: str) -> tuple[Any, Any]:
    import ml_dtypes
    import numpy as np

    if dtypes.is_float(dtype):
        info = ml_dtypes.finfo(dtype)
        return float(info.min), float(info.max)
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def as_float(x: TensorLike) -> Tensor:
    """A tensor with bool and integers brought to `floatx()`."""
    x = convert_to_tensor(x)
    dtype = dtypes.standardize_dtype(x.dtype)
    wanted = dtypes.float_result(dtype)
    return x if wanted == dtype else cast(x, wanted)


def common_float(*xs: TensorLike) -> list[Any]:
    """Tensors brought to the float dtype in which they meet."""
    found = [type(x) if isinstance(x, (bool, int, float)) else dtype(x) for x in xs]
    wanted = dtypes.float_result(*found)
    return [cast(x, wanted) for x in xs]


# Facts ----------------------------------------------------------------------------


@loadable
def is_tensor(x: TensorLike) -> bool:
    """Whether `x` is a tensor of the current backend; a KerasTensor is none.

    Args:
        x: anything.

    Returns:
        True or False.

    Example:

    >>> import keras
    >>> keras.ops.is_tensor(keras.ops.ones((2,))), keras.ops.is_tensor([1, 1])
    (True, False)
    """
    return current().is_tensor(x)


@loadable
def shape(x: TensorLike) -> Shape:
    """The shape of a tensor.

    Args:
        x: tensor.

    Returns:
        A tuple of integers. Unknown sizes are None for a KerasTensor, and scalar
        tensors inside a traced TensorFlow function.

    Example:

    >>> import keras
    >>> keras.ops.shape(keras.ops.ones((2, 3)))
    (2, 3)
    """
    if isinstance(x, KerasTensor) or getattr(x, "_is_keras_variable", False):
        return x.shape
    backend = current()
    if backend.is_tensor(x):
        return backend.shape(x)
    if backend.kind_of(x) == FOREIGN:  # also in a trace of its framework's
        return tuple(x.shape)
    return backend.shape(backend.convert_to_tensor(x))


@loadable
def dtype(x: TensorLike) -> str:
    """The dtype of a tensor, as a name.

    Args:
        x: tensor, or anything with a dtype.

    Returns:
        A dtype name such as `"float32"`.

    Example:

    >>> import keras
    >>> keras.ops.dtype(keras.ops.ones((2,), "float16"))
    'float16'
    """
    if not hasattr(x, "dtype"):
        x = current().convert_to_tensor(x)
    return dtypes.standardize_dtype(x.dtype)


@loadable
def ndim(x: TensorLike) -> int:
    """The number of dimensions of a tensor.

    Args:
        x: tensor.

    Returns:
        A Python integer.

    Example:

    >>> import keras
    >>> keras.ops.ndim(keras.ops.ones((2, 3)))
    2
    """
    return len(shape(x))


@loadable
def size(x: TensorLike) -> Any:
    """The number of elements of a tensor.

    Args:
        x: tensor.

    Returns:
        A Python integer; where sizes are unknown, in a KerasTensor or inside a traced
        TensorFlow function, a scalar int32 tensor.

    Example:

    >>> import keras
    >>> keras.ops.size(keras.ops.ones((2, 3)))
    6
    """
    sizes = shape(x)
    if None in sizes:
        return size_tensor(x)
    total: Any = 1
    for length in sizes:
        total = total * length
    return total


@composite
def size_tensor(x: TensorLike) -> Tensor:
    """The number of elements as a tensor: what `size` is in a graph."""
    if None in shape(x):
        return KerasTensor((), "int32")
    return cast(size(x), "int32")


# Gradients ------------------------------------------------------------------------


@op(sparse="values", in_files=InFiles("core"))
def stop_gradient(variable: TensorLike) -> Tensor:
    """The same values, through which no gradient flows.

    Args:
        variable: tensor of any shape.

    Returns:
        A tensor of the same values.

    Example:

    >>> import keras
    >>> float(keras.ops.stop_gradient(keras.ops.ones(())))
    1.0
    """
    return rules.elementwise(variable)


# Windows --------------------------------------------------------------------------


@op(in_files=InFiles("core", of_the_call=("start_indices",)))
def slice(inputs: TensorLike, start_indices: Sequence[int], shape: ShapeLike) -> Tensor:
    """A window of a tensor.

    Args:
        inputs: tensor of n dimensions.
        start_indices: n integers or scalar tensors: where the window begins.
        shape: n sizes of the window; -1 for all that is left.

    Returns:
        A tensor of the shape of the window.

    Raises:
        ShapeError: if the window does not lie inside the tensor.

    Example:

    >>> import keras
    >>> x = keras.ops.reshape(keras.ops.arange(6), (2, 3))
    >>> keras.ops.convert_to_numpy(keras.ops.slice(x, (0, 1), (2, 2))).tolist()
    [[1, 2], [4, 5]]
    """
    rank = len(inputs.shape)
    start_indices, shape = rules.listed(start_indices), rules.listed(shape)
    if len(start_indices) != rank or len(shape) != rank:
        raise ShapeError(
            f"`start_indices` and `shape` of slice need {rank} entries for a tensor "
            f"of shape {inputs.shape}. Received: start_indices={start_indices!r}, "
            f"shape={shape!r}."
        )
    sizes = []
    for start, length, whole in zip(start_indices, shape, inputs.shape, strict=True):
        known = start if isinstance(start, int) else None
        if length == -1:
            length = None if whole is None or known is None else whole - known
        elif whole is not None and length is not None and length + (known or 0) > whole:
            raise ShapeError(
                "The window of slice reaches outside the tensor. Received: "
                f"start_indices={start_indices!r}, shape={shape!r} for a tensor of "
                f"shape {inputs.shape}."
            )
        sizes.append(length)
    return KerasTensor(tuple(sizes), inputs.dtype)


@op(promote="first", in_files=InFiles("core", of_the_call=("start_indices",)))
def slice_update(
    inputs: TensorLike, start_indices: Sequence[int], updates: TensorLike
) -> Tensor:
    """A copy of a tensor with a window of it replaced.

    Args:
        inputs: tensor of n dimensions.
        start_indices: n integers or scalar tensors: where the window begins.
        updates: tensor of n dimensions, the window's new values.

    Returns:
        A tensor of the shape and dtype of `inputs`.

    Raises:
        ShapeError: if the numbers of dimensions differ, or `updates` is larger.

    Example:

    >>> import keras
    >>> x = keras.ops.zeros((4,))
    >>> y = keras.ops.slice_update(x, (1,), keras.ops.ones((2,)))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    rank = len(inputs.shape)
    start_indices = rules.listed(start_indices)
    fits = len(updates.shape) == rank == len(start_indices) and all(
        None in pair or pair[0] <= pair[1]
        for pair in zip(updates.shape, inputs.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"`updates` of slice_update must have {rank} dimensions no larger than "
            f"those of `inputs`, and `start_indices` {rank} entries. Received: inputs "
            f"of shape {inputs.shape}, updates of shape {updates.shape}, "
            f"start_indices={start_indices!r}."
        )
    return KerasTensor(inputs.shape, inputs.dtype)


@op(integers=("indices",), in_files=InFiles("core"))
def scatter(indices: TensorLike, values: TensorLike, shape: ShapeLike) -> Tensor:
    """A tensor of zeros with values added at given places.

    Args:
        indices: int tensor `(..., n)`: places in the first n axes.
        values: tensor that broadcasts to `(..., *shape[n:])`; values at the same
            place add up.
        shape: shape of the result.

    Returns:
        A tensor of shape `shape` and the dtype of `values`.

    Raises:
        ShapeError: if `values` does not fit `indices` and `shape`.

    Example:

    >>> import keras
    >>> x = keras.ops.scatter([[0], [2]], [1.0, 2.0], (4,))
    >>> keras.ops.convert_to_numpy(x).tolist()
    [1.0, 0.0, 2.0, 0.0]
    """
    target = rules.as_shape(shape)
    _check_scatter("scatter", indices.shape, values.shape, target)
    return KerasTensor(target, values.dtype)


@op(promote="first", keep=("indices",), integers=("indices",), in_files=InFiles("core"))
def scatter_update(
    inputs: TensorLike,
    indices: TensorLike,
    updates: TensorLike,
    reduction: str | None = None,
) -> Tensor:
    """A copy of a tensor with values at given places replaced, or combined.

    Args:
        inputs: tensor.
        indices: int tensor `(..., n)`: places in the first n axes.
        updates: tensor that broadcasts to `(..., *inputs.shape[n:])`.
        reduction: None to replace; `"add"`, `"sub"`, `"mul"`, `"max"` or `"min"` to
            combine with what is there.

    Returns:
        A tensor of the shape and dtype of `inputs`.

    Raises:
        ShapeError: if `updates` does not fit.
        ValueError: for another reduction.

    Example:

    >>> import keras
    >>> x = keras.ops.scatter_update(keras.ops.zeros((3,)), [[1]], [5.0])
    >>> keras.ops.convert_to_numpy(x).tolist()
    [0.0, 5.0, 0.0]
    """
    allowed = (None, "add", "sub", "mul", "max", "min")
    if reduction not in (*allowed, "multiply"):
        raise ValueError(
            f"`reduction` must be one of {', '.join(map(repr, allowed))}. Received: "
            f"reduction={reduction!r}."
        )
    _check_scatter("scatter_update", indices.shape, updates.shape, inputs.shape)
    return KerasTensor(inputs.shape, inputs.dtype)


def _check_scatter(name: str, indices: Shape, values: Shape, target: Shape) -> None:
    depth = indices[-1] if indices else 0
    if depth is None:
        return
    expected = (*indices[:-1], *target[depth:])
    fits = bool(indices) and depth <= len(target) and len(values) <= len(expected)
    pairs = zip(values[::-1], expected[::-1], strict=False)
    if not fits or any(a not in (1, b, None) and b is not None for a, b in pairs):
        raise ShapeError(
            f"The values of {name} do not fit. For indices of shape {tuple(indices)} "
            f"and a tensor of shape {tuple(target)} they must broadcast to "
            f"{tuple(expected)}. Received: {tuple(values)}."
        )


@op(in_files=InFiles("core"))
def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The slices of a tensor along an axis, as a list.

    Args:
        x: tensor.
        num: the size of that axis, needed where it is unknown.
        axis: the axis to take apart.

    Returns:
        A list of tensors with one dimension less.

    Raises:
        ShapeError: if the size is unknown, or differs from `num`.

    Example:

    >>> import keras
    >>> [int(row) for row in keras.ops.unstack(keras.ops.arange(3))]
    [0, 1, 2]
    """
    along = rules.axis(axis, len(x.shape))
    length = x.shape[along]
    if (length is None and num is None) or (
        None not in (length, num) and length != num
    ):
        raise ShapeError(
            f"unstack needs to know the size of axis {axis} of shape {x.shape}. "
            f"Received: num={num}."
        )
    rest = (*x.shape[:along], *x.shape[along + 1 :])
    count = num if length is None else length
    limits.claim_outputs("unstack", count or 0)
    return [KerasTensor(rest, x.dtype) for _ in range(count or 0)]
