"""Convolution and pooling of the TensorFlow backend.

On a CPU, TensorFlow's kernels want channels last, one stride for all axes of a
depthwise convolution, and no dilation beside strides. What they do not take is
brought into a form that they do: transposed, convolved at stride 1 and thinned out,
or with a kernel that holds the dilation as zeros. The data format is always named: in
three dimensions TensorFlow's gradients ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import tensorflow as tf

from keras.backends import windows
from keras.backends.tensorflow.core import shape as sizes_of
from keras.core.config import standardize_data_format
from keras.core.typing import Sizes, TensorLike


def _channels_last(x: tf.Tensor, data_format: str | None) -> tuple[Any, bool]:
    """The input with channels last, and whether they were in front."""
    if standardize_data_format(data_format) == "channels_last":
        return x, False
    return tf.transpose(x, (0, *range(2, x.shape.rank), 1)), True


def _restore(x: tf.Tensor, was_first: bool) -> tf.Tensor:
    if not was_first:
        return x
    rank = x.shape.rank
    return tf.transpose(x, (0, rank - 1, *range(1, rank - 1)))


def _padded(
    x: TensorLike,
    window: Any,
    strides: Any,
    dilation: Any,
    padding: str,
    value: Any = 0,
) -> Any:
    """The input with the padding of "same" written out."""
    if padding.lower() == "valid":
        return x
    pads: list[Any] = [(0, 0)]
    for n, k, s, d in zip(sizes_of(x)[1:-1], window, strides, dilation, strict=True):
        if isinstance(n, int):
            pads.append(windows.same_padding(n, k, s, d))
        else:
            total = tf.maximum((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
            pads.append((total // 2, total - total // 2))
    return tf.pad(x, [*pads, (0, 0)], constant_values=value)


def _thinned(x: TensorLike, strides: Any) -> tf.Tensor:
    """Every n-th place of each spatial axis."""
    return x[(slice(None), *(slice(None, None, s) for s in strides))]


def _dilated(kernel: Any, dilation: Any) -> Any:
    """The kernel with zeros between its places."""
    for axis, d in enumerate(dilation):
        if d > 1 and kernel.shape[axis] > 1:
            size = kernel.shape[axis]
            kernel = tf.expand_dims(kernel, axis + 1)
            pads = [(0, 0)] * kernel.shape.rank
            pads[axis + 1] = (0, d - 1)
            kernel = tf.pad(kernel, pads)
            shape = kernel.shape.as_list()
            shape[axis : axis + 2] = [size * d]
            kernel = tf.reshape(kernel, shape)
            cut = [slice(None)] * len(shape)
            cut[axis] = slice(0, (size - 1) * d + 1)
            kernel = kernel[tuple(cut)]
    return kernel


def _complex_too(function: Callable[..., Any]) -> Callable[..., Any]:
    """A product of complex numbers from products of their parts: no kernel has it."""

    @wraps(function)
    def call(
        inputs: tf.Tensor, kernel: tf.Tensor, *args: Any, **kwargs: Any
    ) -> tf.Tensor:
        if not inputs.dtype.is_complex:
            return function(inputs, kernel, *args, **kwargs)

        def product(x: tf.Tensor, y: tf.Tensor) -> Any:
            return function(x, y, *args, **kwargs)

        a, b = tf.math.real(inputs), tf.math.imag(inputs)
        c, d = tf.math.real(kernel), tf.math.imag(kernel)
        real = product(a, c) - product(b, d)
        return tf.complex(real, product(a, d) + product(b, c))

    return call


@_complex_too
def conv(
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> tf.Tensor:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.shape.rank - 2
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    _check_fit(x, kernel.shape, padding, dilation)
    groups = x.shape[-1] // kernel.shape[-2]
    if groups == 1:
        return _restore(_convolve(x, kernel, strides, padding, dilation), was_first)
    if kernel.shape[-2] == 1 and rank < 3 and x.dtype.is_floating:
        # A group for each channel: one kernel instead of as many as there are channels.
        kernel = tf.reshape(kernel, (*kernel.shape[:-2], groups, -1))
        y = depthwise_conv(x, kernel, strides, padding, "channels_last", dilation)
        return _restore(y, was_first)
    parts = [
        _convolve(part, own, strides, padding, dilation)
        for part, own in zip(
            tf.split(x, groups, -1), tf.split(kernel, groups, -1), strict=True
        )
    ]
    return _restore(tf.concat(parts, -1), was_first)


def _name(padding: str) -> Any:
    return padding.upper()


def _layout(x: tf.Tensor) -> Any:
    """TensorFlow's name of channels last."""
    return {3: "NWC", 4: "NHWC", 5: "NDHWC"}[x.shape.rank]


def _also_empty(convolve: Any) -> Any:
    """TensorFlow gives an empty batch the shape of its inputs; that of one is right."""

    def call(x: tf.Tensor, *more: Any) -> tf.Tensor:
        if x.shape[0] != 0:
            return convolve(x, *more)
        one = tf.zeros((1, *x.shape[1:]), x.dtype)
        return convolve(tf.concat([x, one], 0), *more)[:0]

    return call


@_also_empty
def _convolve(
    x: TensorLike, kernel: Any, strides: Any, padding: str, dilation: Any
) -> Any:
    if max(strides) > 1 and max(dilation) > 1:
        x = _padded(x, kernel.shape[:-2], strides, dilation, padding)
        y = tf.nn.convolution(x, kernel, 1, "VALID", _layout(x), dilation)
        return _thinned(y, strides)
    window = kernel.shape[:-2]
    if len(strides) == 3 and any(s > k for s, k in zip(strides, window, strict=True)):
        # Where it cuts instead of padding, the kernel without oneDNN cuts in front.
        x, padding = _padded(x, window, strides, dilation, padding), "valid"
    return tf.nn.convolution(x, kernel, strides, _name(padding), _layout(x), dilation)


@_complex_too
def depthwise_conv(
    inputs: tf.Tensor,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> tf.Tensor:
    rank = inputs.shape.rank - 2
    if rank == 3:
        channels, multiplier = kernel.shape[-2:]
        shape = (*kernel.shape[:-2], 1, channels * multiplier)
        kernel = tf.reshape(kernel, shape)
        return conv(inputs, kernel, strides, padding, data_format, dilation_rate)
    x, was_first = _channels_last(inputs, data_format)
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    _check_fit(x, kernel.shape, padding, dilation)
    if rank == 1:
        x, kernel = x[:, None], kernel[None]
        strides, dilation = (1, *strides), (1, *dilation)
    y = _depthwise(x, kernel, strides, padding, dilation)
    return _restore(y[:, 0] if rank == 1 else y, was_first)


@_also_empty
def _depthwise(
    x: TensorLike, kernel: Any, strides: Any, padding: str, dilation: Any
) -> Any:
    dilated = max(dilation) > 1
    if strides[0] == strides[1] and (strides[0] == 1 or not dilated):
        steps = (1, *strides, 1)
        return tf.nn.depthwise_conv2d(
            x, kernel, steps, _name(padding), dilations=dilation if dilated else None
        )
    x = _padded(x, kernel.shape[:-2], strides, dilation, padding)
    if kernel.shape[0] == 1 and strides[0] == 1 and not dilated:
        # A row of one: its own axis may take the other's stride.
        return tf.nn.depthwise_conv2d(x, kernel, (1, *(strides[1],) * 2, 1), "VALID")
    y = tf.nn.depthwise_conv2d(
        x, kernel, (1, 1, 1, 1), "VALID", dilations=dilation if dilated else None
    )
    return _thinned(y, strides)


@_complex_too
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.shape.rank - 2
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    extra = windows.tuple_of(output_padding, rank)
    window = kernel.shape[:-2].as_list()
    if 0 in x.shape[1:-1]:
        # Of no places, TensorFlow may end the process; of a zero it gives as much.
        more = [int(n == 0) for n in x.shape]
        filled = tf.pad(x, [(0, 0), *((0, n) for n in more[1:-1]), (0, 0)])
        options = strides, padding, output_padding, "channels_last", dilation_rate
        y = conv_transpose(filled, kernel, *options)
        axes = zip(window, strides, dilation, extra, more[1:-1], strict=True)
        ends = [
            windows.transposed_size(0, k, s, d, padding, e) if empty else None
            for k, s, d, e, empty in axes
        ]
        return _restore(y[(slice(None), *map(slice, ends))], was_first)
    kernel = _dilated(kernel, dilation)
    sizes = sizes_of(x)[1:-1]
    full = [
        (n - 1) * s + k
        for n, s, k in zip(sizes, strides, kernel.shape[:-2], strict=True)
    ]
    output_shape: Any = (sizes_of(x)[0], *full, kernel.shape[-2])
    y = tf.nn.conv_transpose(x, kernel, output_shape, strides, "VALID", _layout(x))
    cut: list[Any] = [slice(None)]
    pads: list[Any] = [(0, 0)]
    crops = False
    for k, s, d, e, length in zip(window, strides, dilation, extra, full, strict=True):
        # Crop and missing end do not depend on the size of the input.
        crop, size = windows.transposed_crop(8, k, s, d, padding, e)
        missing = crop + size - (7 * s + (k - 1) * d + 1)
        crops = crops or crop > 0 or missing < 0
        cut.append(slice(crop, length + min(missing, 0)))
        pads.append((0, max(missing, 0)))
    if crops:
        y = y[tuple(cut)]
    if any(end for _, end in pads):
        y = tf.pad(y, [*pads, (0, 0)])
    return _restore(y, was_first)


def _check_fit(
    x: tf.Tensor, window: Any, padding: str, dilation: Sequence[int] = (1, 1, 1)
) -> None:
    """Where a window does not fit, TensorFlow says nothing: it pools nothing, and a
    convolution gives some tensor, which may be its input."""
    if padding.lower() == "valid":
        for n, k, d in zip(x.shape[1:-1], window, dilation, strict=False):
            if n is not None and n < (k - 1) * d + 1:
                raise ValueError("The window does not fit into the input.")


def max_pool(
    inputs: tf.Tensor,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> tf.Tensor:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.shape.rank - 2
    window = windows.tuple_of(pool_size, rank)
    strides = window if strides is None else windows.tuple_of(strides, rank)
    _check_fit(x, window, padding)
    if x.dtype.is_floating and not (rank == 3 and x.dtype == tf.float64):
        y = tf.nn.max_pool(x, window, strides, _name(padding), _layout(x))
    else:
        y = _max_of_slices(x, window, strides, padding)
    return _restore(y, was_first)


def _max_of_slices(x: TensorLike, window: Any, strides: Any, padding: str) -> Any:
    """Max pooling axis by axis, for dtypes that have no kernel."""
    if x.dtype == tf.bool:
        return tf.cast(
            _max_of_slices(tf.cast(x, "int32"), window, strides, padding), "bool"
        )
    ones = (1,) * len(window)
    x = _padded(x, window, strides, ones, padding, x.dtype.min)
    for axis, (k, s) in enumerate(zip(window, strides, strict=True), 1):
        lead = (slice(None),) * axis
        last = sizes_of(x)[axis] - k + 1
        parts = [x[(*lead, slice(i, i + last, s))] for i in range(k)]
        x = tf.reduce_max(tf.stack(parts), 0)
    return x


def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.shape.rank - 2
    window = windows.tuple_of(pool_size, rank)
    strides = window if strides is None else windows.tuple_of(strides, rank)
    _check_fit(x, window, padding)
    y = tf.nn.avg_pool(x, window, strides, _name(padding), _layout(x))
    return _restore(y, was_first)


def _adaptive(
    x: TensorLike, output_size: Sizes, data_format: str | None, reduce: Any
) -> tf.Tensor:
    first = 1 if standardize_data_format(data_format) == "channels_last" else 2
    rank = x.shape.rank
    if not 3 <= rank <= 5:
        raise ValueError("Three to five dimensions are needed.")
    output = windows.adaptive_size(output_size, rank - 2)
    axes = slice(first, first + rank - 2)
    known = None not in x.shape[1:]
    if known and (parts := windows.even_parts(x.shape[axes], output)) is not None:
        shape = (-1, *x.shape[1:first], *parts, *x.shape[axes.stop :])
        x = tf.reshape(x, shape)
        inner = range(first + 1, first + len(parts), 2)
        if rank < 5:
            return reduce(x, tuple(inner))
        for axis in reversed(inner):  # the slopes of all at once have too many axes
            x = reduce(x, axis)
        return x
    for axis, count in enumerate(output, first):
        lead = (slice(None),) * axis
        parts = [
            reduce(x[(*lead, slice(start, end))], axis)
            for start, end in windows.adaptive_bins(x.shape[axis], count)
        ]
        x = tf.stack(parts, axis)
    return x


def adaptive_max_pool(
    inputs: tf.Tensor, output_size: Sizes, data_format: str | None = None
) -> tf.Tensor:
    if inputs.dtype == tf.bool:
        return _adaptive(inputs, output_size, data_format, tf.reduce_any)
    return _adaptive(inputs, output_size, data_format, tf.reduce_max)


def adaptive_average_pool(
    inputs: tf.Tensor, output_size: Sizes, data_format: str | None = None
) -> tf.Tensor:
    return _adaptive(inputs, output_size, data_format, tf.reduce_mean)
