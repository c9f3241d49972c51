"""How convolutions and pools are written to ONNX, which has channels first.

Inputs with channels last are reordered, and so are the outputs; between two of these
ops nothing is left of that (`graph.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import windows
from keras.core.config import image_data_format
from keras.core.dtypes import is_float
from keras.export.onnx.graph import Value, constant, emit, in_order, ops


def _is_last(data_format: str | None) -> bool:
    return (data_format or image_data_format()) == "channels_last"


def _first(x: Value, last: bool) -> Value:
    """With the channels in the second place."""
    if not last:
        return x
    return in_order(x, [0, x.ndim - 1, *range(1, x.ndim - 1)])


def _back(x: Value, rank: int, last: bool) -> Value:
    return in_order(x, [0, *range(2, rank + 2), 1]) if last else x


def _padding(
    x: Value, window: list[int], strides: list[int], dilation: list[int], padding: str
) -> dict[str, Any]:
    """The attributes of a node whose input has channels first."""
    if padding.lower() == "valid":
        return {}
    sizes = x.shape[2:]
    if None in sizes:
        if any(s > 1 for s in strides) or any(
            (k - 1) * d % 2 for k, d in zip(window, dilation, strict=True)
        ):
            return {"auto_pad": "SAME_UPPER"}
        sizes = [1_000_000] * len(window)  # stride 1: the same for every size
    pairs = windows.paddings(sizes, window, strides, dilation, padding)
    return {"pads": [p[0] for p in pairs] + [p[1] for p in pairs]}


def _convolved(
    inputs: Value, kernel: Value, bias: Value | None, groups: int, strides: Any,
    padding: str, data_format: str | None, dilation_rate: Any,
) -> Value:  # fmt: skip
    rank, last = inputs.ndim - 2, _is_last(data_format)
    window = [int(n) for n in kernel.shape[2:]]
    strides = list(windows.tuple_of(strides, rank))
    dilation = list(windows.tuple_of(dilation_rate, rank))
    x = _first(inputs, last)
    found = emit(
        "Conv", x, kernel, bias, strides=strides, dilations=dilation, group=groups,
        kernel_shape=window, **_padding(x, window, strides, dilation, padding),
    )  # fmt: skip
    found._dtype = inputs.dtype
    return _back(found, rank, last)


def _kernel(kernel: Value) -> Value:
    """`(*window, in, out)` as `(out, in, *window)`."""
    rank = kernel.ndim - 2
    return ops.transpose(kernel, [rank + 1, rank, *range(rank)])


def _channels(inputs: Value, data_format: str | None) -> Any:
    return inputs.shape[-1 if _is_last(data_format) else 1]


def _conv(
    inputs: Value, kernel: Value, bias: Any, strides: Any, padding: str,
    data_format: str | None, dilation_rate: Any,
) -> Value:  # fmt: skip
    groups = (_channels(inputs, data_format) or kernel.shape[-2]) // kernel.shape[-2]
    return _convolved(
        inputs, _kernel(kernel), bias, groups, strides, padding, data_format,
        dilation_rate,
    )  # fmt: skip


def conv(
    inputs: Value, kernel: Value, strides: Any = 1, padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = 1,
) -> Value:  # fmt: skip
    return _conv(inputs, kernel, None, strides, padding, data_format, dilation_rate)


def depthwise_conv(
    inputs: Value, kernel: Value, strides: Any = 1, padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = 1,
) -> Value:  # fmt: skip
    return _depthwise(
        inputs, kernel, None, strides, padding, data_format, dilation_rate
    )


def _depthwise(
    inputs: Value, kernel: Value, bias: Any, strides: Any, padding: str,
    data_format: str | None, dilation_rate: Any,
) -> Value:  # fmt: skip
    *window, channels, multiplier = kernel.shape
    rank = len(window)
    kernel = ops.transpose(kernel, [rank, rank + 1, *range(rank)])
    kernel = ops.reshape(kernel, [channels * multiplier, 1, *window])
    return _convolved(
        inputs, kernel, bias, int(channels), strides, padding, data_format,
        dilation_rate,
    )  # fmt: skip


def conv_transpose(
    inputs: Value, kernel: Value, strides: Any = 1, padding: str = "valid",
    output_padding: Any = None, data_format: str | None = None, dilation_rate: Any = 1,
) -> Value:  # fmt: skip
    rank, last = inputs.ndim - 2, _is_last(data_format)
    window = [int(n) for n in kernel.shape[:rank]]
    strides = list(windows.tuple_of(strides, rank))
    dilation = list(windows.tuple_of(dilation_rate, rank))
    extra = windows.tuple_of(output_padding, rank)
    x = _first(inputs, last)
    front, end, more = [], [], []
    # How much is cut off does not depend on the size; any that is large will do.
    for k, s, d, e in zip(window, strides, dilation, extra, strict=True):
        n = 1000
        before, output = windows.transposed_crop(n, k, s, d, padding, e)
        after = (n - 1) * s + (k - 1) * d + 1 - before - output
        front.append(before)
        end.append(max(after, 0))
        more.append(max(-after, 0))
    weight = ops.transpose(kernel, [rank + 1, rank, *range(rank)])
    # An output padding must be smaller than a stride or dilation: the rest is put on.
    small = [
        min(m, max(s, d) - 1) for m, s, d in zip(more, strides, dilation, strict=True)
    ]
    found = emit(
        "ConvTranspose", x, weight, strides=strides, dilations=dilation,
        kernel_shape=window, pads=front + end, output_padding=small, dtype=x.dtype,
    )  # fmt: skip
    rest = [m - s for m, s in zip(more, small, strict=True)]
    if any(rest):
        found.note([None] * x.ndim, x.dtype)
        found = ops.pad(found, [(0, 0), (0, 0), *((0, r) for r in rest)])
    return _back(found, rank, last)


# A convolution takes its bias along.


def conv_with_bias(
    inputs: Value, kernel: Value, bias: Any, strides: Any = 1, padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = 1,
) -> Value:  # fmt: skip
    return _conv(
        inputs, kernel, ops.reshape(bias, (-1,)), strides, padding, data_format,
        dilation_rate,
    )  # fmt: skip


def depthwise_conv_with_bias(
    inputs: Value, kernel: Value, bias: Any, strides: Any = 1, padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = 1,
) -> Value:  # fmt: skip
    return _depthwise(
        inputs, kernel, ops.reshape(bias, (-1,)), strides, padding, data_format,
        dilation_rate,
    )  # fmt: skip


# Pools ----------------------------------------------------------------------------


def _pooled(
    op: str, inputs: Value, pool_size: Any, strides: Any, padding: str,
    data_format: str | None,
) -> Value:  # fmt: skip
    rank, last = inputs.ndim - 2, _is_last(data_format)
    window = list(windows.tuple_of(pool_size, rank))
    steps = window if strides is None else list(windows.tuple_of(strides, rank))
    x = _first(inputs, last)
    if not is_float(x.dtype):  # ONNX pools floats; these hold all int32
        x = ops.cast(x, "float64")
    found = emit(
        op, x, kernel_shape=window, strides=steps, dtype=x.dtype,
        **_padding(x, window, steps, [1] * rank, padding),
    )  # fmt: skip
    found.note([None] * x.ndim, x.dtype)
    return ops.cast(_back(found, rank, last), inputs.dtype)


def max_pool(
    inputs: Value, pool_size: Any, strides: Any = None, padding: str = "valid",
    data_format: str | None = None,
) -> Value:  # fmt: skip
    return _pooled("MaxPool", inputs, pool_size, strides, padding, data_format)


def average_pool(
    inputs: Value, pool_size: Any, strides: Any = None, padding: str = "valid",
    data_format: str | None = None,
) -> Value:  # fmt: skip
    return _pooled("AveragePool", inputs, pool_size, strides, padding, data_format)


def _adaptive(
    inputs: Value, output_size: Any, data_format: str | None, largest: bool
) -> Value:
    rank, last = inputs.ndim - 2, _is_last(data_format)
    x = _first(inputs, last)
    for axis, count in enumerate(windows.adaptive_size(output_size, rank), 2):
        n = x.shape[axis]
        if n is None:
            name = "adaptive_max_pool" if largest else "adaptive_average_pool"
            raise TypeError(
                f"keras.ops.{name} can be written to ONNX for known sizes only. "
                f"Received: inputs of shape {inputs.shape}. Export with an input "
                "signature that says the sizes."
            )
        bins = windows.adaptive_bins(n, count)
        shape = [*x.shape[:axis], count, *x.shape[axis + 1 :]]
        if largest:
            parts = [
                ops.max(x[(slice(None),) * axis + (slice(a, b),)], axis, keepdims=True)
                for a, b in bins
            ]
            x = ops.concatenate(parts, axis)
        else:
            shares = np.zeros((n, count), x.dtype)
            for i, (a, b) in enumerate(bins):
                shares[a:b, i] = 1 / (b - a)
            moved = ops.moveaxis(x, axis, -1)
            x = ops.moveaxis(ops.matmul(moved, constant(shares)), -1, axis)
        x.note(shape, inputs.dtype)
    return _back(x, rank, last)


def adaptive_max_pool(
    inputs: Value, output_size: Any, data_format: str | None = None
) -> Value:
    return _adaptive(inputs, output_size, data_format, largest=True)


def adaptive_average_pool(
    inputs: Value, output_size: Any, data_format: str | None = None
) -> Value:
    return _adaptive(inputs, output_size, data_format, largest=False)


def fold(
    x: Value, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
    stride: Any = 1,
) -> Value:  # fmt: skip
    pairs = [list(windows.tuple_of(v, 2)) for v in (output_size, kernel_size)]
    rest = [list(windows.tuple_of(v, 2)) for v in (dilation, padding, stride)]
    return emit(
        "Col2Im", x, constant(pairs[0], "int64"), constant(pairs[1], "int64"),
        dilations=rest[0], pads=rest[1] * 2, strides=rest[2],
    )  # fmt: skip
