"""Layers that change the size of images."""

from __future__ import annotations

from typing import Any

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import Data, Seed, Sizes, Structure, Tensor, TensorLike
from keras.layers.arguments import one_of, positive_integer
from keras.layers.input_spec import describe
from keras.layers.preprocessing.image.base import ImageLayer, RandomImageLayer
from keras.utils.bounding_boxes.formats import joined, parts

_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area")


def _scaled(
    boxes: Any, x: TensorLike, y: TensorLike, right: Any = 0.0, down: Any = 0.0
) -> Any:
    """Boxes of images that are scaled and then shifted."""
    a, b, c, d = parts(boxes["boxes"])
    found = joined(a * x + right, b * y + down, c * x + right, d * y + down)
    return {**boxes, "boxes": found}


def _largest_part(sizes: Any, height: int, width: int) -> tuple[int, int, int, int]:
    """The largest part of an image with the proportions of a size, in the middle."""
    high, wide = int(sizes[0]), int(sizes[1])
    part_high = max(1, min(high, int(wide * height / width)))
    part_wide = max(1, min(wide, int(high * width / height)))
    return (high - part_high) // 2, (wide - part_wide) // 2, part_high, part_wide


def _cut(images: Tensor, top: Any, left: Any, height: int, width: int) -> Any:
    return images[:, top : top + height, left : left + width, :]


@public_class("keras.layers", pure=True)
class Resizing(ImageLayer):
    """Images of another size.

    Args:
        height: the height wanted; None where `layer.height` is set before a call.
        width: the width wanted; None likewise.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or
            `"lanczos5"`.
        crop_to_aspect_ratio: whether to cut off what does not fit the proportions.
        pad_to_aspect_ratio: whether to fill up what is missing of them.
        fill_mode: `"constant"`.
        fill_value: what it is filled with.
        antialias: whether to smooth before making images smaller.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Images keep their dtype.

    Example:

    >>> import keras
    >>> keras.layers.Resizing(4, 6)(keras.ops.ones((2, 8, 8, 3))).shape == (2, 4, 6, 3)
    True
    """

    _changes_always = True
    _changes_places = True
    _keeps_dtype = True

    def __init__(
        self,
        height: int | None,
        width: int | None,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = (
            size if size is None else positive_integer(self, name, size)
            for name, size in (("height", height), ("width", width))
        )
        self.interpolation = one_of(
            self, "interpolation", interpolation.lower(), _INTERPOLATIONS
        )
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                "Resizing keeps the proportions by cutting off or by filling up. "
                "Received: crop_to_aspect_ratio=True and pad_to_aspect_ratio=True."
            )
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = antialias

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The size of the images before."""
        return ops.shape(data["images"])[1:3]

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images in the size wanted."""
        return self._resized(images, self.interpolation, self.fill_value)

    def _wanted(self) -> tuple[int, int]:
        """The size wanted, which must be known by now."""
        height, width = self.height, self.width
        if height is None or width is None:
            raise ValueError(
                f"{describe(self)} needs the size of its images before it is called. "
                f"Received: height={height}, width={width}. Set layer.height and "
                "layer.width."
            )
        return height, width

    def _resized(self, images: Tensor, interpolation: str, fill: float) -> Any:
        return ops.image.resize(
            images,
            self._wanted(),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=fill,
            data_format="channels_last",
        )

    def transform_segmentation_masks(
        self,
        segmentation_masks: Tensor,
        transformation: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The masks in the size wanted, each pixel one of the old ones."""
        return self._resized(segmentation_masks, "nearest", 0.0)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes, scaled."""
        high, wide = (float(size) for size in transformation)
        height, width = self._wanted()
        y, x = height / high, width / wide
        if self.crop_to_aspect_ratio:
            y = x = max(y, x)
        elif self.pad_to_aspect_ratio:
            y = x = min(y, x)
        right, down = (width - wide * x) / 2, (height - high * y) / 2
        return _scaled(bounding_boxes, x, y, right, down)

    def output_size(self, height: Any, width: Any) -> tuple[Any, Any]:
        """The size wanted."""
        return self._wanted()


class _Crop(ImageLayer):
    """A layer that cuts a part out; images that are too small are made larger."""

    _changes_always = True
    _changes_places = True

    def _check_sizes(self, height: Any, width: Any) -> None:
        self.height = positive_integer(self, "height", height)
        self.width = positive_integer(self, "width", width)

    def _place(self, sizes: Sizes, training: bool) -> tuple[Any, Any]:
        """First row and column of the part."""
        raise NotImplementedError

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Size of the images, and where the part begins; None if it is all of it."""
        sizes: Any = ops.shape(data["images"])[1:3]
        known = all(isinstance(size, int) for size in sizes)
        if known and (sizes[0] < self.height or sizes[1] < self.width):
            return sizes, None
        if not training and isinstance(self, RandomImageLayer):
            return sizes, None
        return sizes, self._place(sizes, training)

    def _taken(self, images: Tensor, transformation: Any, interpolation: str) -> Any:
        sizes, place = transformation
        if place is not None:
            return ops.slice(
                images,
                (0, *place, 0),
                (ops.shape(images)[0], self.height, self.width, images.shape[-1]),
            )
        top, left, high, wide = _largest_part(sizes, self.height, self.width)
        return ops.image.resize(
            _cut(images, top, left, high, wide),
            (self.height, self.width),
            interpolation=interpolation,
            data_format="channels_last",
        )

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The part of the images."""
        if transformation is None:
            transformation = self.get_random_transformation({"images": images})
        return self._taken(images, transformation, "bilinear")

    def transform_segmentation_masks(
        self,
        segmentation_masks: Tensor,
        transformation: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The part of the masks."""
        return self._taken(segmentation_masks, transformation, "nearest")

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes in the part."""
        sizes, place = transformation
        if place is not None:
            top, left = (ops.cast(value, "float32") for value in place)
            return _scaled(bounding_boxes, 1.0, 1.0, -left, -top)
        top, left, high, wide = _largest_part(sizes, self.height, self.width)
        x, y = self.width / wide, self.height / high
        return _scaled(bounding_boxes, x, y, -left * x, -top * y)

    def output_size(self, height: Any, width: Any) -> tuple[Any, Any]:
        """The size of the part."""
        return self.height, self.width


@public_class("keras.layers", pure=True)
class CenterCrop(_Crop):
    """The middle part of images; of smaller ones, the largest part, made larger.

    Args:
        height: its height.
        width: its width.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> images = keras.ops.reshape(keras.ops.arange(16.0), (1, 4, 4, 1))
    >>> found = keras.layers.CenterCrop(2, 2)(images)
    >>> keras.ops.convert_to_numpy(found)[0, :, :, 0].tolist()
    [[5.0, 6.0], [9.0, 10.0]]
    """

    def __init__(
        self,
        height: int,
        width: int,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._check_sizes(height, width)

    def _place(self, sizes: Any, training: bool) -> tuple[Any, Any]:
        return (sizes[0] - self.height) // 2, (sizes[1] - self.width) // 2


@public_class("keras.layers", pure=True)
class RandomCrop(_Crop, RandomImageLayer):
    """In training, a part of images at a random place; else their largest middle part.

    One place is drawn for a batch. Images that are smaller, and all images outside of
    training, are cut to the proportions wanted and resized.

    Args:
        height: its height.
        width: its width.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        name: a name; made up by default.
        **kwargs: `bounding_box_format`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomCrop(4, 5)
    >>> layer(keras.ops.ones((2, 8, 8, 3)), training=True).shape == (2, 4, 5, 3)
    True
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: Seed = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self._check_sizes(height, width)

    def _place(self, sizes: Any, training: bool) -> tuple[Any, Any]:
        drawn = random.uniform((2,), dtype="float32", seed=self._keras_source())
        room = [ops.cast(size, "float32") for size in sizes]
        room = [room[0] - self.height + 1, room[1] - self.width + 1]
        places = [ops.floor(drawn[i] * room[i]) for i in range(2)]
        last = [ops.maximum(r - 1, 0) for r in room]  # a draw may round up to 1
        top, left = (
            ops.cast(ops.minimum(place, end), "int32")
            for place, end in zip(places, last, strict=True)
        )
        return top, left
