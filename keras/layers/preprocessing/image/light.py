"""Layers for brightness and contrast of images."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Data, Seed, Structure, Tensor
from keras.layers.preprocessing.image.base import (
    ImageLayer,
    RandomImageLayer,
    per_image,
)


@public_class("keras.layers", pure=True)
class RandomBrightness(RandomImageLayer):
    """In training, makes each image brighter or darker by a random amount.

    Args:
        factor: the range of what is added, as parts of the range of values: two
            numbers from -1 to 1, or one for that much either way.
        value_range: the least and the greatest value of a pixel.
        seed: an integer for repeatable numbers.
        **kwargs: `data_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomBrightness((0.5, 0.5), value_range=(0, 1))
    >>> float(layer(keras.ops.full((1, 2, 2, 3), 0.25))[0, 0, 0, 0])
    0.75
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = self._factor(factor, -1.0, 1.0)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """What is added to each image."""
        low, high = self.value_range
        return self.uniform(data["images"], *self.factor) * (high - low)

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """Brighter or darker images."""
        changed = images + per_image(transformation, images.dtype)
        return ops.clip(changed, *self.value_range)


@public_class("keras.layers", pure=True)
class RandomContrast(RandomImageLayer):
    """In training, changes the contrast of each image at random.

    Each channel becomes `(x - mean) * factor + mean`, with a factor between 1 - lower
    and 1 + upper.

    Args:
        factor: lower and upper, from 0 to 1: two numbers, or one as upper, with 0 as
            lower.
        value_range: the least and the greatest value of a pixel.
        seed: an integer for repeatable numbers.
        **kwargs: `data_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomContrast(0.2)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = self._factor(factor)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The factor of each image."""
        lower, upper = self.factor
        return self.uniform(data["images"], 1.0 - lower, 1.0 + upper)

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """Images of more or less contrast."""
        mean = ops.mean(images, axis=(1, 2), keepdims=True)
        factor = per_image(transformation, images.dtype)
        changed = images * factor + mean * (1 - factor)  # one pass less than by parts
        return ops.clip(changed, *self.value_range)


@public_class("keras.layers", pure=True)
class RandomInvert(RandomImageLayer):
    """In training, inverts the values of some images.

    Args:
        factor: the chance that an image is inverted: a number, or a range of them.
        value_range: the least and the greatest value of a pixel.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomInvert((1.0, 1.0))
    >>> float(layer(keras.ops.full((1, 2, 2, 3), 55.0))[0, 0, 0, 0])
    200.0
    """

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Which images are inverted."""
        chance = self.uniform(data["images"], *self.factor)
        return self.uniform(data["images"], 0.0, 1.0) < chance

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The images, some of them inverted."""
        chosen = ops.reshape(transformation, (-1, 1, 1, 1))
        low, high = self.value_range
        return ops.where(chosen, (low + high) - images, images)


@public_class("keras.layers", pure=True)
class Solarization(RandomImageLayer):
    """In training, inverts the values of each image that are above a threshold.

    Args:
        addition_factor: the range of what is added before, as parts of the greatest
            value: two numbers, or one for the range from 0.
        threshold_factor: the range of the threshold, likewise.
        value_range: the least and the greatest value of a pixel.
        seed: an integer for repeatable numbers.
        **kwargs: `data_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Solarization(threshold_factor=(0.5, 0.5))
    >>> images = keras.ops.reshape(keras.ops.array([10.0, 200.0]), (1, 1, 2, 1))
    >>> keras.ops.convert_to_numpy(layer(images))[0, 0, :, 0].tolist()
    [10.0, 55.0]
    """

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.addition_factor = self._factor(addition_factor)
        self.threshold_factor = self._factor(threshold_factor)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """What is added to each image, and its threshold."""
        images, most = data["images"], self.value_range[1]
        added = self.uniform(images, *self.addition_factor)
        return added * most, self.uniform(images, *self.threshold_factor) * most

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The images, bright places inverted."""
        low, high = self.value_range
        added, threshold = (per_image(x, images.dtype) for x in transformation)
        images = ops.clip(images + added, low, high)
        return ops.where(images < threshold, images, (low + high) - images)


@public_class("keras.layers", pure=True)
class AutoContrast(ImageLayer):
    """Stretches each channel of an image over the whole range of values.

    Args:
        value_range: the least and the greatest value of a pixel.
        **kwargs: `data_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> images = keras.ops.reshape(keras.ops.array([10.0, 20.0, 30.0]), (1, 1, 3, 1))
    >>> found = keras.layers.AutoContrast()(images)
    >>> keras.ops.convert_to_numpy(found)[0, 0, :, 0].tolist()
    [0.0, 127.5, 255.0]
    """

    _changes_always = True

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = self._value_range(value_range)

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, stretched."""
        least = ops.min(images, axis=(1, 2), keepdims=True)
        spread = ops.max(images, axis=(1, 2), keepdims=True) - least
        low, high = self.value_range
        flat = spread <= 0
        found = (images - least) * ((high - low) / ops.where(flat, 1.0, spread)) + low
        return ops.clip(ops.where(flat, images, found), low, high)
