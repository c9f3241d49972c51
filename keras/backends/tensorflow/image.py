"""Image kernels of the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras.backends.resizing import between, weights
from keras.backends.tensorflow.tracing import under_xla
from keras.core.typing import TensorLike


def read_projected(
    images: TensorLike,
    matrices: TensorLike,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> TensorLike:
    def gathered(images: tf.Tensor, matrices: tf.Tensor) -> Any:
        y, x = _places(images, matrices)
        return _gathered(images, y, x, fill_mode, fill_value)

    if under_xla():  # which has no such kernel
        return gathered(images, matrices)

    @tf.custom_gradient
    def read(images: tf.Tensor, matrices: tf.Tensor) -> Any:
        def gradient(upstream: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch((images, matrices))
                y = gathered(images, matrices)
            return tape.gradient(y, (images, matrices), upstream)

        found = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=_parameters(matrices),
            output_shape=tf.shape(images)[1:3],
            fill_value=float(fill_value),
            interpolation="BILINEAR",
            fill_mode=fill_mode.upper(),
        )
        return tf.ensure_shape(found, images.shape), gradient

    return read(tf.convert_to_tensor(images), tf.convert_to_tensor(matrices))


def _parameters(matrices: Any) -> tf.Tensor:
    """The 8 numbers of a kernel, of matrices whose last one is 1."""
    flat = tf.reshape(matrices, (-1, matrices.shape[1] * 3))
    if flat.shape[1] == 9:
        return flat[:, :8] / flat[:, 8:]
    return tf.pad(flat, ((0, 0), (0, 2)))


def _places(images: tf.Tensor, matrices: tf.Tensor) -> Any:
    """Rows and columns to which matrices send each pixel."""
    height, width = tf.unstack(tf.shape(images)[1:3])
    rows, columns = (tf.cast(tf.range(n), "float32") for n in (height, width))
    along, down, ahead = (matrices[:, :, i, None, None] for i in range(3))
    found = (along * columns + ahead) + down * rows[:, None]
    if found.shape[1] == 3:
        found = found[:, :2] / found[:, 2:]
    return found[:, 1], found[:, 0]


def _gathered(
    images: tf.Tensor, y: tf.Tensor, x: tf.Tensor, fill_mode: str, fill_value: float
) -> Any:
    """Images read at rows and columns by gathering: what XLA and slopes go by."""
    sizes = tf.shape(images)
    batch, height, width = sizes[0], sizes[1], sizes[2]
    shape = (batch, height, width)
    y, x = tf.broadcast_to(y, shape), tf.broadcast_to(x, shape)
    top, left = tf.floor(y), tf.floor(x)
    below, right = (tf.cast(p, images.dtype)[..., None] for p in (y - top, x - left))
    total: Any = 0
    for row, high in ((top, 1 - below), (top + 1, below)):
        for column, wide in ((left, 1 - right), (left + 1, right)):
            index = (tf.cast(row, "int32"), tf.cast(column, "int32"))
            places = [
                _inside(i, n, fill_mode)
                for i, n in zip(index, (height, width), strict=True)
            ]
            value = tf.gather_nd(images, tf.stack(places, -1), batch_dims=1)
            if fill_mode == "constant":
                within = tf.reduce_all([i == p for i, p in zip(index, places)], 0)
                value = tf.where(within[..., None], value, fill_value)
            total += value * high * wide
    return total


def _inside(index: Any, size: Any, fill_mode: str) -> Any:
    """Numbers of rows or columns, mirrored at the edges, or the nearest ones."""
    if fill_mode == "reflect":
        index = tf.math.floormod(index, 2 * size)
        return tf.minimum(index, 2 * size - 1 - index)
    return tf.clip_by_value(index, 0, size - 1)


def resize_bilinear(
    images: TensorLike, size: Any, antialias: bool = False
) -> TensorLike:
    if not under_xla():
        return _linear(lambda x: _resized(x, size, "bilinear", antialias), images)
    if antialias or not all(map(_is_known, (*images.shape[1:3], *size))):
        return _multiplied(images, size, "bilinear", antialias)
    for axis in (1, 2):
        low, high, part = between(images.shape[axis], size[axis - 1])
        first, second = (tf.gather(images, i, axis=axis) for i in (low, high))
        images = first + (second - first) * part.reshape((-1, *[1] * (3 - axis)))
    return images


def resize_by_weights(
    images: TensorLike, size: Any, method: str, antialias: bool = False
) -> TensorLike:
    if under_xla():  # which has no such kernels
        return _multiplied(images, size, method, antialias)
    return _linear(lambda x: _resized(x, size, method, antialias), images)


def _resized(x: tf.Tensor, size: Any, method: str, antialias: bool) -> tf.Tensor:
    if method != "bicubic" or antialias:
        return tf.image.resize(x, size, method, antialias=antialias)
    # That would look its weights up in a table of a thousand.
    size = tf.convert_to_tensor(size, "int32")
    known = tf.get_static_value(size)
    known = (None, None) if known is None else known
    found = tf.raw_ops.ScaleAndTranslate(
        images=x,
        size=size,
        scale=tf.cast(size / tf.shape(x)[1:3], "float32"),
        translation=tf.zeros(2),
        kernel_type="keyscubic",
        antialias=False,
    )
    return tf.ensure_shape(found, (x.shape[0], *known, x.shape[3]))


def _multiplied(x: Any, size: Any, method: str, antialias: bool) -> tf.Tensor:
    for axis, form in ((1, "bhwc,hk->bkwc"), (2, "bhwc,wk->bhkc")):
        old, new = x.shape[axis], size[axis - 1]
        if _is_known(old) and _is_known(new):
            if old == new:
                continue
            matrix = weights(old, new, new / old, 0.0, method, antialias, np)
        else:  # in the program that is traced
            old = tf.shape(x)[axis]
            scale = tf.cast(new, "float32") / tf.cast(old, "float32")
            matrix = weights(old, new, scale, 0.0, method, antialias, _Functions)
        x = tf.einsum(form, x, tf.cast(matrix, "float32"))
    return x


def _is_known(size: Any) -> bool:
    return isinstance(size, int)


class _Functions:
    """What `weights` needs, for sizes that are tensors."""

    abs, maximum, sin = tf.abs, tf.maximum, tf.sin
    logical_and, sum, where = tf.logical_and, tf.reduce_sum, tf.where

    @staticmethod
    def arange(stop: Any, dtype: str) -> tf.Tensor:
        return tf.cast(tf.range(stop), dtype)


def _linear(function: Callable[[Any], Any], x: tf.Tensor) -> Any:
    """A linear function of `x`, whose slope has slopes again; kernels' have none."""

    x = tf.convert_to_tensor(x)  # variables would have to have slopes of their own

    @tf.custom_gradient
    def forward(x: tf.Tensor) -> Any:
        return function(x), backward

    @tf.custom_gradient
    def backward(upstream: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, [x], [upstream])[0], forward

    return forward(x)
