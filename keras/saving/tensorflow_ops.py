"""Ops of TensorFlow in the graphs of Keras 2, as ops of Keras.

Keras 2 made a layer of each TensorFlow function that was called on its tensors:
`tf.reshape(x, ...)` a `TFOpLambda`, `x[:, 0]` a `SlicingOpLambda`. A file names the
function. Here the name is looked up in one table, and what it finds is called on the
tensors of the graph: the model that comes out is one of Keras 3, and is saved as such.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras import ops
from keras.core import limits
from keras.core.errors import DeserializationError, UnknownNameError, brief
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config

OP_CLASSES = ("TFOpLambda", "SlicingOpLambda")
# Where TensorFlow has functions; names below are the last part.
_HOMES = ("", "math", "nn", "linalg", "__operators__")
Function = Callable[..., Any]


class Unknown:
    """A size that is known only when the model is called."""


class Sizes(tuple[Any, ...]):
    """What `tf.shape` gives: one value, not one for each of its items."""

    __slots__ = ()


UNKNOWN = Unknown()


def tensorflow_op(entry: Config) -> TensorFlowOp | None:
    """What the entry of a graph that stands for an op is called as; None for others.

    Args:
        entry: the config of a layer in the form of Keras 3.

    Raises:
        UnknownNameError: if the op is not in the table.
    """
    if entry.get("class_name") not in OP_CLASSES or entry.get("module") is not None:
        return None
    config = entry.get("config")
    name = config.get("function") if isinstance(config, Mapping) else None
    layer = str(entry.get("name"))[:200]
    home, _, last = str(name).removeprefix("compat.v1.").rpartition(".")
    found = _TABLE.get(last) if home in _HOMES else _TABLE.get(f"{home}.{last}")
    if found is None:
        raise UnknownNameError(
            f"Layer {layer!r} is the TensorFlow op {'tf.' + str(name)[:200]!r}, for "
            "which no op of Keras is known here. Make the model anew with keras.ops, "
            "then load its weights: model.load_weights(filepath)."
        )
    limits.note_object()
    return TensorFlowOp(found, f"tf.{name}", layer)


class TensorFlowOp:
    """A function of the table as a step of a graph.

    Args:
        function: takes the arguments of TensorFlow.
        name: what TensorFlow calls it.
        layer: the name of its layer in Keras 2.
    """

    def __init__(self, function: Function, name: str, layer: str) -> None:
        self._function, self.tensorflow_name, self.name = function, name, layer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # A name says nothing, and None is what is not given.
        given = {k: x for k, x in kwargs.items() if k != "name" and x is not None}
        where = f"The op {self.tensorflow_name!r} of layer {self.name!r}"
        try:
            inspect.signature(self._function).bind(*args, **given)
        except TypeError as error:
            raise DeserializationError(
                f"{where} has arguments that are not read here: {error}. "
                f"It has: {', '.join(given) or 'none'}."
            ) from None
        values = (*args, *given.values())
        if any(isinstance(x, (Unknown, Sizes)) for x in values):
            values = ()
        elif not any(_has_tensor(x) for x in values):
            raise DeserializationError(f"{where} is called on {brief(args)} alone.")
        try:
            return self._function(*args, **given)
        except DeserializationError as error:
            raise DeserializationError(f"{where}: {error}") from error


def _has_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_tensor, value))
    return isinstance(value, KerasTensor)


def _constant(value: Any) -> Any:
    """A number or tensor as it is, a list of numbers as an array."""
    if not isinstance(value, (list, tuple)):
        return value
    array = np.asarray(value)
    limits.claim_values("A constant in a graph", array.size, 8)
    return array.astype("float32") if array.dtype.kind == "f" else array


# Forms that many share --------------------------------------------------------------


def _one(op: Function) -> Function:
    return lambda x: op(x)


def _two(op: Function) -> Function:
    def call(x: Any, y: Any) -> Any:
        if isinstance(x, Unknown) or isinstance(y, Unknown):
            return UNKNOWN  # a size worked out of one that is not known
        return op(_constant(x), _constant(y))

    return call


def _sized(op: Function, plain: Function) -> Function:
    """An op on tensors, or on sizes, which are plain numbers."""
    on_tensors = _two(op)

    def call(x: Any, y: Any) -> Any:
        if isinstance(x, int) and isinstance(y, int):
            return plain(x, y)
        return on_tensors(x, y)

    return call


def _reduced(op: Function) -> Function:
    return lambda x, axis=None, keepdims=False: op(
        x, axis=_axis(axis), keepdims=keepdims
    )


def _axis(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _along(op: Function, default: int) -> Function:
    return lambda x, axis=default: op(x, axis=axis)


def _shape(sizes: Any) -> tuple[int, ...]:
    """A shape for `reshape`; one unknown size follows from the others."""
    found = [-1 if isinstance(size, Unknown) else size for size in sizes]
    if found.count(-1) > 1:
        raise DeserializationError("several sizes of its shape are not known")
    return tuple(found)


def _known(sizes: Any) -> tuple[int, ...]:
    if isinstance(sizes, Unknown) or any(isinstance(x, Unknown) for x in sizes):
        raise DeserializationError("a size is needed that is not known before a call")
    return tuple(sizes)


# Functions with arguments of their own ----------------------------------------------


def _sizes_of(x: Any, out_type: Any = None) -> Sizes:
    del out_type
    return Sizes(UNKNOWN if size is None else size for size in x.shape)


def _item(x: Any, slice_spec: Any) -> Any:
    if isinstance(x, Sizes):
        key = _key(slice_spec) if isinstance(slice_spec, dict) else slice_spec
        found = x[key]
        return Sizes(found) if isinstance(found, tuple) else found
    spec = slice_spec if isinstance(slice_spec, list) else [slice_spec]
    keys = [_key(part) for part in spec]
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        count = len(x.shape) - sum(key is not None for key in keys) + 1
        keys[place : place + 1] = [slice(None)] * count
    result = x[tuple(key for key in keys if key is not None)]
    kept = [key for key in keys if not isinstance(key, int)]
    for axis, key in enumerate(kept):
        if key is None:
            result = ops.expand_dims(result, axis)
    return result


def _key(part: Any) -> Any:
    if isinstance(part, dict) and part.get("class_name") == "__ellipsis__":
        return Ellipsis
    if isinstance(part, dict):
        part = slice(*(part.get(name) for name in ("start", "stop", "step")))
        ends = (part.start, part.stop, part.step)
    else:
        ends = (part,)
    if not all(end is None or type(end) is int for end in ends):
        raise DeserializationError("it cuts at a place that is not known before a call")
    return part


def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> Any:
    del num
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis=axis)
    sizes = list(_known(num_or_size_splits))
    if -1 in sizes:
        whole = value.shape[axis]
        sizes[sizes.index(-1)] = whole - sum(sizes) - 1
    ends = [sum(sizes[: count + 1]) for count in range(len(sizes) - 1)]
    return ops.split(value, ends, axis=axis)


def _cumulated(op: Function) -> Function:
    def call(
        x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False
    ) -> Any:
        if exclusive or reverse:
            raise DeserializationError("exclusive=True and reverse=True are not read")
        return op(x, axis=axis)

    return call


def _normalized(x: Any, axis: Any = None, epsilon: float = 1e-12) -> Any:
    squares = ops.sum(ops.square(x), axis=_axis(axis), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, epsilon)))


def _norm(
    x: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False
) -> Any:
    if ord not in ("euclidean", 2):
        raise DeserializationError(f"ord={ord!r} is not read")
    return ops.sqrt(ops.sum(ops.square(x), axis=_axis(axis), keepdims=keepdims))


def _divided(x: Any, y: Any) -> Any:
    return ops.divide_no_nan(_constant(x), _constant(y))


def _matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False
) -> Any:
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    b = ops.swapaxes(b, -1, -2) if transpose_b else _constant(b)
    return ops.matmul(a, b)


def _padded(
    x: Any, paddings: Any, mode: str = "CONSTANT", constant_values: float = 0
) -> Any:
    mode, paddings = mode.lower(), [tuple(pair) for pair in paddings]
    if mode == "constant":
        return ops.pad(x, paddings, mode, constant_values)
    return ops.pad(x, paddings, mode)


def _gathered(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: int = 0,
    batch_dims: int = 0,
) -> Any:
    del validate_indices
    if batch_dims:
        raise DeserializationError("batch_dims is not read")
    return ops.take(params, _constant(indices), axis=axis)


def _one_hot(
    indices: Any,
    depth: int,
    on_value: float = 1,
    off_value: float = 0,
    axis: int = -1,
    dtype: str = "float32",
) -> Any:
    hot = ops.one_hot(indices, depth, axis=axis, dtype=dtype)
    if (on_value, off_value) == (1, 0):
        return hot
    return ops.add(ops.multiply(hot, on_value - off_value), off_value)


def _blocks(x: Any, block_size: int, data_format: str = "NHWC") -> Any:
    """`depth_to_space`: channels become rows and columns."""
    height, width, depth = _grid(x, data_format)
    depth //= block_size**2
    x = ops.reshape(x, (-1, height, width, block_size, block_size, depth))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height * block_size, width * block_size, depth))


def _deep(x: Any, block_size: int, data_format: str = "NHWC") -> Any:
    """`space_to_depth`: rows and columns become channels."""
    height, width, depth = _grid(x, data_format)
    rows, columns = height // block_size, width // block_size
    x = ops.reshape(x, (-1, rows, block_size, columns, block_size, depth))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows, columns, depth * block_size**2))


def _grid(x: Any, data_format: str) -> tuple[int, int, int]:
    _, height, width, depth = x.shape
    if data_format != "NHWC" or height is None or width is None:
        raise DeserializationError("rows and columns must be known, and channels last")
    return height, width, depth


def _pooled(op: Function) -> Function:
    def call(
        input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC"
    ) -> Any:
        if data_format != "NHWC":
            raise DeserializationError("channels must be last")
        sizes, steps = (
            tuple(x[1:-1]) if isinstance(x, list) and len(x) == 4 else x
            for x in (ksize, strides)
        )
        return op(input, sizes, steps, padding.lower(), data_format="channels_last")

    return call


def _resized(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Any:
    if preserve_aspect_ratio:
        raise DeserializationError("preserve_aspect_ratio=True is not read")
    options = {"interpolation": method, "antialias": antialias}
    return ops.image.resize(
        images, _known(size), data_format="channels_last", **options
    )


def _sliced(input_: Any, begin: Any, size: Any) -> Any:
    ends = zip(_known(begin), _known(size), strict=True)
    return input_[tuple(slice(at, None if n == -1 else at + n) for at, n in ends)]


def _sorted(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    result = ops.sort(values, axis=axis)
    return ops.flip(result, axis) if direction == "DESCENDING" else result


def _cast(x: Any, dtype: str) -> Any:
    return x if isinstance(x, (int, Unknown)) else ops.cast(x, dtype)


def _selected(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        raise DeserializationError("without x and y it gives as many rows as are true")
    return ops.where(condition, _constant(x), _constant(y))


def _sum_of(inputs: Any) -> Any:
    total = inputs[0]
    for one in inputs[1:]:
        total = ops.add(total, one)
    return total


def _arg(op: Function) -> Function:
    return lambda input, axis=0, output_type=None: op(input, axis=axis)


_TABLE: dict[str, Function] = {
    **{
        name: _one(op)
        for name, op in {
            "abs": ops.abs,
            "negative": ops.negative,
            "sign": ops.sign,
            "exp": ops.exp,
            "expm1": ops.expm1,
            "log": ops.log,
            "log1p": ops.log1p,
            "sqrt": ops.sqrt,
            "rsqrt": ops.rsqrt,
            "square": ops.square,
            "reciprocal": ops.reciprocal,
            "erf": ops.erf,
            "floor": ops.floor,
            "ceil": ops.ceil,
            "round": ops.round,
            "sin": ops.sin,
            "cos": ops.cos,
            "tan": ops.tan,
            "asin": ops.arcsin,
            "acos": ops.arccos,
            "atan": ops.arctan,
            "sinh": ops.sinh,
            "cosh": ops.cosh,
            "tanh": ops.tanh,
            "sigmoid": ops.sigmoid,
            "softplus": ops.softplus,
            "log_sigmoid": ops.log_sigmoid,
            "softsign": ops.softsign,
            "relu": ops.relu,
            "relu6": ops.relu6,
            "selu": ops.selu,
            "elu": ops.elu,
            "is_nan": ops.isnan,
            "is_inf": ops.isinf,
            "is_finite": ops.isfinite,
            "logical_not": ops.logical_not,
            "stop_gradient": ops.stop_gradient,
            "identity": lambda x: x,
        }.items()
    },
    **{
        name: _two(op)
        for name, op in {
            "truediv": ops.true_divide,
            "divide": ops.true_divide,
            "pow": ops.power,
            "mod": ops.mod,
            "floormod": ops.mod,
            "equal": ops.equal,
            "not_equal": ops.not_equal,
            "eq": ops.equal,
            "ne": ops.not_equal,
            "greater": ops.greater,
            "less": ops.less,
            "greater_equal": ops.greater_equal,
            "less_equal": ops.less_equal,
            "logical_and": ops.logical_and,
            "logical_or": ops.logical_or,
            "squared_difference": lambda x, y: ops.square(ops.subtract(x, y)),
        }.items()
    },
    "add": _sized(ops.add, lambda x, y: x + y),
    "subtract": _sized(ops.subtract, lambda x, y: x - y),
    "multiply": _sized(ops.multiply, lambda x, y: x * y),
    **dict.fromkeys(
        ("floordiv", "floor_div"),
        _sized(ops.floor_divide, lambda x, y: x // (y or math.inf)),
    ),
    "maximum": _sized(ops.maximum, max),
    "minimum": _sized(ops.minimum, min),
    "divide_no_nan": _divided,
    "atan2": lambda y, x: ops.arctan2(_constant(y), _constant(x)),
    **{
        f"reduce_{name}": _reduced(op)
        for name, op in {
            "sum": ops.sum,
            "mean": ops.mean,
            "max": ops.max,
            "min": ops.min,
            "prod": ops.prod,
            "std": ops.std,
            "variance": ops.var,
            "logsumexp": ops.logsumexp,
            "any": ops.any,
            "all": ops.all,
        }.items()
    },
    "norm": _norm,
    "l2_normalize": _normalized,
    "softmax": _along(ops.softmax, -1),
    "log_softmax": _along(ops.log_softmax, -1),
    "gelu": lambda features, approximate=False: ops.gelu(features, approximate),
    "leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, alpha),
    "silu": lambda features, beta=1.0: ops.multiply(
        features, ops.sigmoid(features if beta == 1 else features * beta)
    ),
    "bias_add": lambda value, bias: ops.add(value, _constant(bias)),
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(
        t, clip_value_min, clip_value_max
    ),
    "cast": _cast,
    "shape": _sizes_of,
    "reshape": lambda tensor, shape: ops.reshape(tensor, _shape(shape)),
    "transpose": lambda a, perm=None, conjugate=False: ops.transpose(a, perm),
    "expand_dims": lambda input, axis=-1: ops.expand_dims(input, axis),
    "squeeze": lambda input, axis=None: ops.squeeze(input, _axis(axis)),
    "tile": lambda input, multiples: ops.tile(input, _known(multiples)),
    "broadcast_to": lambda input, shape: ops.broadcast_to(input, _known(shape)),
    "repeat": lambda input, repeats, axis=None: ops.repeat(input, repeats, axis),
    "reverse": lambda tensor, axis: ops.flip(tensor, _axis(axis)),
    "ensure_shape": lambda x, shape: x,
    "concat": lambda values, axis: ops.concatenate(values, axis=axis),
    "stack": lambda values, axis=0: ops.stack(values, axis=axis),
    "unstack": lambda value, num=None, axis=0: ops.unstack(value, num, axis),
    "split": _split,
    "getitem": _item,
    "slice": _sliced,
    "gather": _gathered,
    "pad": _padded,
    "one_hot": _one_hot,
    "where": _selected,
    "zeros_like": lambda input, dtype=None: ops.zeros_like(input, dtype=dtype),
    "ones_like": lambda input, dtype=None: ops.ones_like(input, dtype=dtype),
    "argmax": _arg(ops.argmax),
    "argmin": _arg(ops.argmin),
    "sort": _sorted,
    "top_k": lambda input, k=1, sorted=True: ops.top_k(input, k, sorted),
    "cumsum": _cumulated(ops.cumsum),
    "cumprod": _cumulated(ops.cumprod),
    "matmul": _matmul,
    "add_n": _sum_of,
    "depth_to_space": _blocks,
    "space_to_depth": _deep,
    **dict.fromkeys(("max_pool", "max_pool2d"), _pooled(ops.max_pool)),
    **dict.fromkeys(("avg_pool", "avg_pool2d"), _pooled(ops.average_pool)),
    "image.resize": _resized,
}
