"""Blur, edges and structural similarity: small convolutions of each channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, Tensor, TensorLike
from keras.ops import core, joining, reduction
from keras.ops.declare import composite
from keras.ops.image import layout
from keras.ops.nn.convolution import depthwise_conv


def _gaussian(size: int, sigma: Any) -> Any:
    places = np.arange(size, dtype="float64") - (size - 1) / 2
    values = np.exp(-(places**2) / (2 * float(sigma) ** 2))
    return values / values.sum()


def _filtered(images: TensorLike, window: TensorLike, padding: str) -> Any:
    """Each channel convolved with one window."""
    dtype = core.dtype(images)
    channels: Any = core.shape(images)[-1]
    kernel = np.repeat(np.asarray(window)[:, :, None, None], channels, 2)
    kernel = core.convert_to_tensor(kernel.astype("float32"))
    return depthwise_conv(images, core.cast(kernel, dtype), 1, padding, "channels_last")


def blurred(
    images: TensorLike, kernel_size: tuple[int, int], sigma: tuple[Any, Any]
) -> Any:
    """A batch, channels last, convolved with a Gaussian: first rows, then columns."""
    down = _gaussian(kernel_size[0], sigma[0])[:, None]
    across = _gaussian(kernel_size[1], sigma[1])[None, :]
    return _filtered(_filtered(images, down, "same"), across, "same")


def _working_dtype(dtype: str) -> str:
    return dtype if dtype in ("float16", "bfloat16", "float64") else "float32"


@composite(strict=True, real=True)
def gaussian_blur(
    images: TensorLike,
    kernel_size: Any = (3, 3),
    sigma: Any = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Blurs images with a Gaussian kernel; what lies outside counts as 0.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        kernel_size: height and width of the kernel.
        sigma: its standard deviations along height and width, in pixels.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: if `kernel_size` is not two positive integers.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 5, 5, 1))
    >>> y = keras.ops.image.gaussian_blur(x)
    >>> round(float(y[0, 2, 2, 0]), 4)
    1.0
    """
    size = layout.pair("gaussian_blur", "kernel_size", kernel_size)
    spread = tuple(sigma) if isinstance(sigma, (tuple, list)) else (sigma, sigma)
    last = layout.is_last("gaussian_blur", data_format)
    images = layout.tensor("gaussian_blur", images)
    if isinstance(images, KerasTensor):
        return KerasTensor(images.shape, images.dtype)
    dtype = core.dtype(images)

    def run(x: TensorLike) -> Structure:
        x = core.cast(x, _working_dtype(dtype))
        return layout.restore(blurred(x, size, spread), dtype)

    return layout.on_batch(run, images, last)


_SOBEL = np.array([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])


@composite(strict=True, real=True)
def sobel_edges(images: TensorLike, data_format: str | None = None) -> Tensor:
    """How images change along height and width (Sobel filters).

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        A tensor of the shape of `images` with an axis of size 2 at the end: the
        change along height, and along width. What lies outside counts as 0.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 5, 5, 3))
    >>> keras.ops.image.sobel_edges(x).shape == (1, 5, 5, 3, 2)
    True
    """
    last = layout.is_last("sobel_edges", data_format)
    images = layout.tensor("sobel_edges", images)
    if isinstance(images, KerasTensor):
        dtype = _working_dtype(images.dtype)
        return KerasTensor((*images.shape, 2), dtype)
    x = core.cast(images, _working_dtype(core.dtype(images)))
    edges = [
        layout.on_batch(lambda v, w=window: _filtered(v, w, "same"), x, last)
        for window in (_SOBEL, _SOBEL.T)
    ]
    return joining.stack(edges, axis=-1)


@composite(strict=True, real=True)
def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Structural similarity of images, 1 for equal ones.

    Source: Wang et al., 2004, "Image quality assessment: from error visibility to
    structural similarity".

    Args:
        image1: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        image2: images of the same shape.
        max_val: the greatest value a pixel can have.
        filter_size: size of the Gaussian window.
        filter_sigma: its standard deviation, in pixels.
        k1: keeps the comparison of brightness finite.
        k2: keeps the comparison of contrast finite.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch,)`, or a scalar for single images.

    Raises:
        ShapeError: if the shapes differ or the window does not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 16, 16, 3))
    >>> round(float(keras.ops.image.ssim(x, x)[0]), 4)
    1.0
    """
    last = layout.is_last("ssim", data_format)
    image1 = layout.tensor("ssim", image1, "image1")
    image2 = layout.tensor("ssim", image2, "image2")
    shapes = tuple(core.shape(image1)), tuple(core.shape(image2))
    sizes = layout.spatial(shapes[0], last)[:2]
    small = any(isinstance(n, int) and n < filter_size for n in sizes)
    if shapes[0] != shapes[1] or small:
        raise ShapeError(
            "keras.ops.image.ssim expects images of one shape, at least `filter_size` "
            f"high and wide. Received: image1.shape={shapes[0]}, "
            f"image2.shape={shapes[1]}, filter_size={filter_size}."
        )
    if isinstance(image1, KerasTensor) or isinstance(image2, KerasTensor):
        dtype = _working_dtype(core.dtype(image1))
        return KerasTensor(shapes[0][:-3], dtype)
    dtype = _working_dtype(core.dtype(image1))
    image1, image2 = core.cast(image1, dtype), core.cast(image2, dtype)
    line = _gaussian(filter_size, filter_sigma)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2

    def mean(x: TensorLike) -> Any:
        x = _filtered(x, line[:, None], "valid")
        return _filtered(x, line[None, :], "valid")

    def smooth(x: TensorLike) -> Any:
        return layout.on_batch(mean, x, last)

    m1, m2 = smooth(image1), smooth(image2)
    v1 = smooth(image1 * image1) - m1 * m1
    v2 = smooth(image2 * image2) - m2 * m2
    both = smooth(image1 * image2) - m1 * m2
    brightness = (2 * m1 * m2 + c1) / (m1 * m1 + m2 * m2 + c1)
    structure = (2 * both + c2) / (v1 + v2 + c2)
    return reduction.mean(brightness * structure, axis=(-3, -2, -1))
