"""Layers that blur, distort or erase parts of images."""

from __future__ import annotations

import math
from typing import Any

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import Data, Seed, Sizes, Structure, Tensor, TensorLike
from keras.layers.arguments import integers, one_of
from keras.layers.preprocessing.image.base import RandomImageLayer, per_image
from keras.ops.image.geometry import displaced


@public_class("keras.layers", pure=True)
class RandomGaussianBlur(RandomImageLayer):
    """In training, blurs some images with a Gaussian of random width.

    Args:
        factor: the chance that an image is blurred: a number, or a range of them.
        kernel_size: height and width of the kernel: odd, one for both or two.
        sigma: the range of standard deviations in pixels: two numbers, or one for the
            range from 0.
        value_range: the least and the greatest value of a pixel.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    What lies outside counts as 0.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomGaussianBlur()
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Sizes = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor)
        self.kernel_size = integers(self, "kernel_size", kernel_size, 2)
        self.sigma = self._factor(sigma, 0.0, math.inf)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Which images are blurred, and how far."""
        images = data["images"]
        chance = self.uniform(images, *self.factor)
        chosen = self.uniform(images, 0.0, 1.0) < chance
        return chosen, self.uniform(images, *self.sigma)

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, some of them blurred."""
        if transformation is None:
            return images
        chosen, sigma = transformation
        found = images
        for axis, size in zip((1, 2), self.kernel_size, strict=True):
            found = _smoothed(found, axis, size, per_image(sigma, images.dtype))
        found = ops.clip(found, *self.value_range)
        return ops.where(ops.reshape(chosen, (-1, 1, 1, 1)), found, images)


def _smoothed(images: Tensor, axis: int, size: int, sigma: Tensor) -> Any:
    """Images convolved along an axis with Gaussians, one for each image."""
    before = (size - 1) // 2
    width = [[0, 0]] * 4
    width[axis] = [before, size - 1 - before]
    padded = ops.pad(images, width)
    length: Any = ops.shape(images)[axis]
    places = [float(i - (size - 1) / 2) for i in range(size)]
    spread = ops.maximum(sigma, 1e-3)
    weights = [ops.exp(-((place / spread) ** 2) / 2) for place in places]
    total: Any = sum(weights[1:], start=weights[0])
    found: Any = 0.0
    for shift, weight in enumerate(weights):
        part = (slice(None),) * axis + (slice(shift, shift + length),)
        found = found + padded[part] * (weight / total)
    return found


@public_class("keras.layers", pure=True)
class RandomElasticTransform(RandomImageLayer):
    """In training, distorts some images as if printed on rubber.

    Source: Simard et al., 2003, "Best Practices for Convolutional Neural Networks".

    Args:
        factor: the chance that a batch is distorted: a number, or a range of them.
        scale: strength of the displacements: the range of it, two numbers or one for
            the range from 0.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: what lies outside: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"`.
        fill_value: the constant.
        value_range: the least and the greatest value of a pixel.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Boxes are drawn anew around the pixels that come from inside of them.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomElasticTransform()
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    _changes_places = True

    def __init__(
        self,
        factor: Any = 1.0,
        scale: TensorLike = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor)
        self.scale = self._factor(scale)
        self.interpolation = one_of(
            self, "interpolation", interpolation, ("nearest", "bilinear")
        )
        modes = ("reflect", "wrap", "constant", "nearest")
        self.fill_mode = one_of(self, "fill_mode", fill_mode, modes)
        self.fill_value = fill_value
        self.value_range = self._value_range(value_range)

    def get_elastic_transform_params(
        self, height: int, width: int, factor: float
    ) -> tuple[float, float]:
        """Strength and smoothness of the displacements for a size and a factor."""
        size = min(height, width)
        return size * factor * 0.5, max(1.0, size * factor * 0.05)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Which images are distorted, how strongly, and where to."""
        images = data["images"]
        sizes: Any = ops.shape(images)
        count, height, width, _ = sizes
        chance = self.uniform(images, *self.factor)
        chosen = self.uniform(images, 0.0, 1.0) < chance
        strength = self.uniform(images, *self.scale) * ops.cast(chosen, "float32")
        source = self._keras_source()
        noise = random.uniform((count, 2, height, width), -1, 1, seed=source)
        size = max(3, min(2 * (min(int(height), int(width)) // 8) + 1, 31))
        down, along = (_smoothing(n, size, size / 4) for n in (height, width))
        noise = ops.matmul(ops.matmul(down, noise), along)
        noise = noise * per_image(strength * size, "float32")
        return ops.transpose(noise, (0, 2, 3, 1))

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, distorted."""
        if transformation is None:
            return images
        found = self._read(images, transformation, self.interpolation)
        return ops.clip(found, *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks, distorted as the images are."""
        return self._read(segmentation_masks, transformation, "nearest")

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool = True
    ) -> Any:
        """Boxes around the pixels that are read inside of the old ones."""
        corners = ops.split(bounding_boxes["boxes"], 4, axis=-1)
        left, top, right, bottom = (x[:, None, None, :, 0] for x in corners)
        height, width = ops.shape(transformation)[1:3]
        rows, columns = _along(height, 1), _along(width, 2)
        # A pixel's number is that of its middle; a box ends at the edges of pixels.
        y, x = rows + transformation[..., :1] + 0.5, columns + transformation[..., 1:]
        x = x + 0.5
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)

        def ends(places: Any, size: Any) -> Any:
            first = ops.where(inside, places, ops.cast(size, "float32"))
            first = ops.min(first, axis=(1, 2))
            last = ops.max(ops.where(inside, places + 1, 0.0), axis=(1, 2))
            return first, ops.maximum(first, last)

        (x1, x2), (y1, y2) = ends(columns, width), ends(rows, height)
        return {**bounding_boxes, "boxes": ops.stack([x1, y1, x2, y2], axis=-1)}

    def _read(self, images: Tensor, moves: Tensor, interpolation: str) -> Any:
        return displaced(images, moves, interpolation, self.fill_mode, self.fill_value)


def _smoothing(length: Any, size: int, sigma: float) -> Any:
    """What a Gaussian of so many pixels makes of a line of pixels, as a matrix."""
    places = ops.cast(ops.arange(length), "float32")
    far = places[:, None] - places[None, :]
    reach = size // 2
    total = sum(math.exp(-((i / sigma) ** 2) / 2) for i in range(-reach, reach + 1))
    weights = ops.exp(-ops.square(far / sigma) / 2) / total
    return ops.where(ops.abs(far) <= reach, weights, 0.0)


def _along(size: Any, axis: int) -> Any:
    """0, 1, ... along one of four axes."""
    sizes = [1, 1, 1, 1]
    sizes[axis] = size
    return ops.reshape(ops.cast(ops.arange(size), "float32"), sizes)


@public_class("keras.layers", pure=True)
class RandomErasing(RandomImageLayer):
    """In training, covers a rectangle of some images.

    Source: Zhong et al., 2017 (https://arxiv.org/abs/1708.04896).

    Args:
        factor: the chance that an image is covered in part: a number, or a range.
        scale: the range of the part of the image that is covered.
        fill_value: what it is covered with; None for random values.
        value_range: the least and the greatest value of a pixel.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomErasing()
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: TensorLike = (0.02, 0.33),
        fill_value: TensorLike = None,
        value_range: Any = (0, 255),
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor)
        self.scale = self._factor(scale)
        self.fill_value = fill_value
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Which pixels are covered, and with what."""
        images = data["images"]
        chance = self.uniform(images, *self.factor)
        chosen = self.uniform(images, 0.0, 1.0) < chance
        area = self.uniform(images, *self.scale)
        inside = rectangle(self, images, area)
        inside = ops.logical_and(inside, ops.reshape(chosen, (-1, 1, 1, 1)))
        fill = self.fill_value
        if fill is None:
            low, high = self.value_range
            shape = ops.shape(images)
            fill = random.uniform(shape, low, high, seed=self._keras_source())
        return inside, fill

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, partly covered."""
        if transformation is None:
            return images
        inside, fill = transformation
        return ops.where(inside, ops.cast(fill, images.dtype), images)


def rectangle(layer: RandomImageLayer, images: Tensor, area: Tensor) -> Any:
    """Which pixels of each image are in a rectangle at a random place.

    Args:
        layer: draws the places.
        images: the batch.
        area: the part of each image that the rectangle has.

    Returns:
        `(batch, height, width, 1)` of booleans.
    """
    sizes: Any = ops.shape(images)[1:3]
    part = ops.sqrt(area)
    inside: Any = None
    for axis, size in zip((1, 2), sizes, strict=True):
        whole = ops.cast(size, "float32")
        length = ops.round(part * whole)
        room = whole - length
        start = ops.floor(layer.uniform(images, 0.0, 1.0) * (room + 1))
        start = ops.minimum(start, room)
        shape = [1, 1, 1, 1]
        shape[axis] = size
        places = ops.reshape(ops.cast(ops.arange(size), "float32"), shape)
        first, last = per_image(start, "float32"), per_image(start + length, "float32")
        within = ops.logical_and(places >= first, places < last)
        inside = within if inside is None else ops.logical_and(inside, within)
    return inside
