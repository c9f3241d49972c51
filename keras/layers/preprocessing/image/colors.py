"""Layers for the colours of images."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Data, Seed, Structure, Tensor
from keras.layers.arguments import rate
from keras.layers.preprocessing.image.base import RandomImageLayer, per_image
from keras.layers.preprocessing.image.light import RandomBrightness, RandomContrast
from keras.ops.image.colors import hue_of, of_hue


class _ColorLayer(RandomImageLayer):
    """A layer with one random number for each image, and a range of values."""

    _least = 0.0

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor, self._least, 1.0)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The number of each image."""
        return self.uniform(data["images"], *self.factor)

    def _channels_changed(self, images: Tensor, change: Any) -> Any:
        """Images whose red, green and blue, from 0 to 1, go through a function."""
        low, high = self.value_range
        unit = ops.clip((images - low) / (high - low), 0.0, 1.0)
        parts = change([unit[..., i : i + 1] for i in range(3)])
        return ops.concatenate(parts, axis=-1) * (high - low) + low


@public_class("keras.layers", pure=True)
class RandomHue(_ColorLayer):
    """In training, turns the hues of each image by a random angle.

    Args:
        factor: the range of angles, as parts of half a turn: two numbers from 0 to 1,
            or one for the range from 0. The side is drawn as well.
        value_range: the least and the greatest value of a pixel.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomHue(0.2)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """What is added to the hues of each image, as part of a turn."""
        images = data["images"]
        return self.uniform(images, *self.factor) * self.sign(images) * 0.5

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """Images of other hues."""
        if transformation is None:
            return images
        turn = per_image(transformation, images.dtype)

        def turned(channels: Any) -> Any:
            value, spread, angle = hue_of(channels)
            return of_hue(value, spread, angle + turn * 6)

        return self._channels_changed(images, turned)


@public_class("keras.layers", pure=True)
class RandomSaturation(_ColorLayer):
    """In training, makes the colours of each image stronger or weaker at random.

    Args:
        factor: the range of strengths: 0 and less give grey, 0.5 changes nothing, 1
            the strongest colours. Two numbers, or one for the range from its negative.
        value_range: the least and the greatest value of a pixel.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomSaturation((0.5, 0.5))
    >>> image = keras.ops.reshape(keras.ops.array([200.0, 100.0, 50.0]), (1, 1, 3))
    >>> [round(float(x)) for x in layer(image)[0, 0]]
    [200, 100, 50]
    """

    _least = -1.0

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """Images of stronger or weaker colours."""
        if transformation is None:
            return images
        factor = per_image(transformation, images.dtype)
        change = ops.maximum(factor / ops.maximum(1 - factor, 1e-7), 0.0)

        def stronger(channels: Any) -> Any:
            """Distances from the greatest grow alike, until the least is 0."""
            red, green, blue = channels
            value = ops.maximum(ops.maximum(red, green), blue)
            spread = value - ops.minimum(ops.minimum(red, green), blue)
            most = value / ops.where(spread > 0, spread, 1.0)
            kept = 1 - ops.minimum(change, most)
            return [ops.maximum(x + (value - x) * kept, 0.0) for x in channels]

        return self._channels_changed(images, stronger)


@public_class("keras.layers", pure=True)
class RandomColorDegeneration(_ColorLayer):
    """In training, mixes each image with its grey form.

    Args:
        factor: the range of the part of grey, less than 0 for stronger colours: two
            numbers, or one for the range from its negative.
        value_range: the least and the greatest value of a pixel.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomColorDegeneration((1.0, 1.0))
    >>> image = keras.ops.reshape(keras.ops.array([100.0, 0.0, 0.0]), (1, 1, 3))
    >>> [round(float(x), 2) for x in layer(image)[0, 0]]
    [29.89, 29.89, 29.89]
    """

    _least = -1.0

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """Images of less colour."""
        if transformation is None:
            return images
        grey = ops.image.rgb_to_grayscale(images, "channels_last")
        factor = per_image(transformation, images.dtype)
        return ops.clip(images + (grey - images) * factor, *self.value_range)


@public_class("keras.layers", pure=True)
class RandomSharpness(_ColorLayer):
    """In training, makes each image sharper or softer at random.

    Args:
        factor: the range of sharpness: 0 gives a softened image, 0.5 changes nothing,
            1 sharpens. Two numbers from 0 to 1, or one for the range from 0.
        value_range: the least and the greatest value of a pixel.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomSharpness(0.5)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """Images, mixed with or moved away from their softened form."""
        if transformation is None:
            return images
        channels: Any = images.shape[-1]
        kernel = ops.convert_to_tensor([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13.0
        kernel = ops.cast(kernel, images.dtype)[:, :, None, None]
        kernel = ops.tile(kernel, (1, 1, channels, 1))
        soft = ops.depthwise_conv(
            images, kernel, padding="same", data_format="channels_last"
        )
        factor = per_image(transformation, images.dtype) * 2
        return ops.clip(soft + (images - soft) * factor, *self.value_range)


@public_class("keras.layers", pure=True)
class RandomPosterization(RandomImageLayer):
    """In training, keeps only some of the 8 bits of each value.

    Args:
        factor: the range of how many bits are kept, from 1 to 8, its end not included:
            two numbers, or one for the range from 1.
        value_range: the least and the greatest value of a pixel.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomPosterization((1, 1))
    >>> float(layer(keras.ops.full((1, 2, 2, 3), 200.0))[0, 0, 0, 0])
    128.0
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor, 1.0, 8.0)
        if not isinstance(factor, (tuple, list)):
            self.factor = (1, factor)
        self.value_range = self._value_range(value_range)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The size of the steps between values of each image, out of 256."""
        bits = ops.floor(self.uniform(data["images"], *self.factor))
        return ops.power(2.0, 8 - bits)

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """Images of fewer values."""
        if transformation is None:
            return images
        low, high = self.value_range
        step = per_image(transformation, images.dtype)
        if (low, high) == (0, 255):
            return ops.floor(images / step) * step
        values = (images - low) * (255 / (high - low))
        return ops.floor(values / step) * (step * ((high - low) / 255)) + low


@public_class("keras.layers", pure=True)
class RandomGrayscale(RandomImageLayer):
    """In training, makes some images grey.

    Args:
        factor: the chance that an image is made grey, from 0 to 1.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomGrayscale(1.0)
    >>> image = keras.ops.reshape(keras.ops.array([100.0, 0.0, 0.0]), (1, 1, 3))
    >>> [round(float(x), 2) for x in layer(image)[0, 0]]
    [29.89, 29.89, 29.89]
    """

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = rate(self, "factor", factor)

    def get_random_transformation(
        self, images: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Which images are made grey: of images, or of a dict that has them."""
        if isinstance(images, dict):
            images = images["images"]
        return self.uniform(images, 0.0, 1.0) < self.factor

    def transform_labels(
        self, labels: Tensor, transformations: Structure = None, *args: Any, **_: Any
    ) -> Tensor:
        """The labels: grey changes none."""
        return labels

    def transform_segmentation_masks(
        self,
        segmentation_masks: Tensor,
        transformations: Structure = None,
        *args: Any,
        **_: Any,
    ) -> Tensor:
        """The masks: grey changes none."""
        return segmentation_masks

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, some of them grey."""
        if transformation is None:
            return images
        chosen = ops.reshape(transformation, (-1, 1, 1, 1))
        grey = ops.image.rgb_to_grayscale(images, "channels_last")
        return ops.where(chosen, grey, images)


@public_class("keras.layers", pure=True)
class RandomColorJitter(RandomImageLayer):
    """In training, changes brightness, contrast, saturation and hue at random.

    Args:
        value_range: the least and the greatest value of a pixel.
        brightness_factor: see `RandomBrightness`; None leaves it as it is.
        contrast_factor: see `RandomContrast`.
        saturation_factor: see `RandomSaturation`.
        hue_factor: see `RandomHue`.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomColorJitter(brightness_factor=0.2, hue_factor=0.1)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = self._value_range(value_range)
        self.brightness_factor = brightness_factor
        self.contrast_factor = contrast_factor
        self.saturation_factor = saturation_factor
        self.hue_factor = hue_factor
        kinds = {
            "random_brightness": (RandomBrightness, brightness_factor),
            "random_contrast": (RandomContrast, contrast_factor),
            "random_saturation": (RandomSaturation, saturation_factor),
            "random_hue": (RandomHue, hue_factor),
        }
        self._parts = []
        for number, (name, (cls, factor)) in enumerate(kinds.items()):
            if factor is not None:
                own = None if seed is None else seed + number
                options: Any = {"dtype": self.dtype_policy, "name": name, "seed": own}
                self._parts.append(
                    cls(factor, value_range, data_format="channels_last", **options)
                )

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """What each of the parts does."""
        return [part.get_random_transformation(data, training) for part in self._parts]

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, changed by one part after the other."""
        if transformation is None:
            return images
        for part, given in zip(self._parts, transformation, strict=True):
            images = part.transform_images(images, given, training)
        return images
