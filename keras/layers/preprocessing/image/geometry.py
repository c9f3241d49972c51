"""Layers that move pixels: turns, shifts, zooms, shears, flips and perspective.

Each of them works out, for each image, a 3 x 3 matrix that says where in the old image
(column, row, 1) a pixel of the new one is read. Images and masks are read by it, and
boxes are moved by its inverse.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import Data, Seed, Structure, Tensor, TensorLike
from keras.layers.arguments import one_of
from keras.layers.preprocessing.image.base import RandomImageLayer
from keras.ops.image.geometry import projected
from keras.utils.bounding_boxes.moving import transformed

if TYPE_CHECKING:
    from keras.layers.layer import Layer

_FILL_MODES = ("reflect", "wrap", "constant", "nearest")
_INTERPOLATIONS = ("nearest", "bilinear")


class GeometricLayer(RandomImageLayer):
    """A layer that reads pixels at other places."""

    _changes_places = True
    _in_perspective = False  # or the last row of its matrices is [0, 0, 1]

    def __init__(
        self,
        *,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.fill_mode = one_of(self, "fill_mode", fill_mode, _FILL_MODES)
        self.interpolation = one_of(
            self, "interpolation", interpolation, _INTERPOLATIONS
        )
        self.fill_value = fill_value

    def matrices(self, images: Tensor, height: Any, width: Any) -> Any:
        """Where the pixels of each image are read, `(batch, 3, 3)`."""
        raise NotImplementedError

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """A matrix for each image."""
        images = data["images"]
        height, width = (ops.cast(n, "float32") for n in ops.shape(images)[1:3])
        return self.matrices(images, height, width)

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The images, read at other places."""
        return self._read(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks, each pixel of which is one of the old ones."""
        return self._read(segmentation_masks, transformation, "nearest")

    def _read(self, images: Tensor, matrices: Tensor, interpolation: str) -> Any:
        rows = matrices if self._in_perspective else matrices[:, :2]
        return projected(images, rows, interpolation, self.fill_mode, self.fill_value)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool = True
    ) -> Any:
        """Boxes around the corners of the old ones."""
        # A pixel's number is that of its middle; a box ends at the edges of pixels.
        half = ops.convert_to_tensor([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        back = ops.convert_to_tensor([[1.0, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
        forward = ops.matmul(ops.matmul(half, ops.linalg.inv(transformation)), back)
        return {
            **bounding_boxes,
            "boxes": transformed(bounding_boxes["boxes"], forward),
        }

    def get_transformed_x_y(self, x: Tensor, y: Tensor, transform: TensorLike) -> Any:
        """Where the places (x, y) go.

        Args:
            x: numbers of columns.
            y: numbers of rows.
            transform: the eight numbers of `ops.image.affine_transform`, `(8,)` or
                `(batch, 8)`.
        """
        transform = ops.convert_to_tensor(transform)
        a, b, c, d, e, f, g, h = (transform[..., i : i + 1] for i in range(8))
        if len(transform.shape) == 1:
            a, b, c, d, e, f, g, h = (v[0] for v in (a, b, c, d, e, f, g, h))
        k = g * x + h * y + 1
        return (a * x + b * y + c) / k, (d * x + e * y + f) / k


def matrix(a: TensorLike, b: TensorLike, c: TensorLike, d: Any, e: Any, f: Any) -> Any:
    """`(batch, 3, 3)` of `[[a, b, c], [d, e, f], [0, 0, 1]]`."""
    zero, one = ops.zeros_like(a), ops.ones_like(a)
    rows = [[a, b, c], [d, e, f], [zero, zero, one]]
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)


def _moved(bounding_boxes: Any, left: TensorLike, up: TensorLike) -> Any:
    """Boxes as corners, so many pixels further left and up."""
    x1, y1, x2, y2 = ops.split(bounding_boxes["boxes"], 4, axis=-1)
    boxes = ops.concatenate([x1 - left, y1 - up, x2 - left, y2 - up], axis=-1)
    return {**bounding_boxes, "boxes": boxes}


@public_class("keras.layers", pure=True)
class RandomRotation(GeometricLayer):
    """In training, turns each image by a random angle about its middle.

    Args:
        factor: the range of angles, as parts of a full turn: two numbers, or one for
            that much to either side. Positive ones turn counter clock-wise.
        fill_mode: what lies outside: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: an integer for repeatable numbers.
        fill_value: the constant.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomRotation((0.5, 0.5))
    >>> image = keras.ops.reshape(keras.ops.arange(4.0), (2, 2, 1))
    >>> keras.ops.convert_to_numpy(keras.ops.round(layer(image)))[:, :, 0].tolist()
    [[3.0, 2.0], [1.0, 0.0]]
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Seed = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            fill_mode=fill_mode,
            interpolation=interpolation,
            seed=seed,
            fill_value=fill_value,
            data_format=data_format,
            **kwargs,
        )
        self.factor = self._factor(factor, -1.0, 1.0)

    def matrices(self, images: Tensor, height: Any, width: Any) -> Any:
        """Turns about the middle."""
        angle = self.uniform(images, *self.factor) * (2 * math.pi)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        return matrix(
            cosine,
            -sine,
            x - cosine * x + sine * y,
            sine,
            cosine,
            y - sine * x - cosine * y,
        )


def _range(layer: Layer, value: Any, name: str) -> tuple[float, float]:
    try:
        return layer._factor(value, -1.0, 1.0)
    except ValueError as error:
        raise ValueError(str(error).replace("`factor`", f"`{name}`")) from None


@public_class("keras.layers", pure=True)
class RandomTranslation(GeometricLayer):
    """In training, shifts each image by a random part of its size.

    Args:
        height_factor: the range of shifts down, as parts of the height: two numbers, or
            one for that much either way.
        width_factor: the range of shifts to the right, as parts of the width.
        fill_mode: what lies outside: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: an integer for repeatable numbers.
        fill_value: the constant.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomTranslation(
    ...     (0.5, 0.5), (0.0, 0.0), fill_mode="constant")
    >>> image = keras.ops.reshape(keras.ops.arange(4.0), (2, 2, 1))
    >>> keras.ops.convert_to_numpy(layer(image))[:, :, 0].tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Seed = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            fill_mode=fill_mode,
            interpolation=interpolation,
            seed=seed,
            fill_value=fill_value,
            data_format=data_format,
            **kwargs,
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._down = _range(self, height_factor, "height_factor")
        self._right = _range(self, width_factor, "width_factor")

    def matrices(self, images: Tensor, height: Any, width: Any) -> Any:
        """Shifts."""
        down = self.uniform(images, *self._down) * height
        right = self.uniform(images, *self._right) * width
        zero, one = ops.zeros_like(down), ops.ones_like(down)
        return matrix(one, zero, -right, zero, one, -down)

    def get_shifted_bbox(
        self, bounding_boxes: Any, w_shift_factor: Any, h_shift_factor: Any
    ) -> Any:
        """Boxes `{"boxes": (..., 4), "labels": ...}` in pixels, moved left and up."""
        return _moved(bounding_boxes, w_shift_factor, h_shift_factor)


@public_class("keras.layers", pure=True)
class RandomZoom(GeometricLayer):
    """In training, zooms each image by a random factor about its middle.

    Args:
        height_factor: the range of changes along the height: two numbers, or one for
            that much either way. 0.2 shows a fifth more of the image, -0.2 a fifth
            less.
        width_factor: the same along the width; None keeps the proportions.
        fill_mode: what lies outside: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: an integer for repeatable numbers.
        fill_value: the constant.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomZoom(0.3)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Seed = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            fill_mode=fill_mode,
            interpolation=interpolation,
            seed=seed,
            fill_value=fill_value,
            data_format=data_format,
            **kwargs,
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._high = _range(self, height_factor, "height_factor")
        self._wide = None
        if width_factor is not None:
            self._wide = _range(self, width_factor, "width_factor")

    def matrices(self, images: Tensor, height: Any, width: Any) -> Any:
        """Zooms about the middle."""
        high = 1 + self.uniform(images, *self._high)
        wide = high if self._wide is None else 1 + self.uniform(images, *self._wide)
        x, y = (width - 1) / 2, (height - 1) / 2
        zero = ops.zeros_like(high)
        return matrix(wide, zero, x - wide * x, zero, high, y - high * y)

    def get_clipped_bbox(
        self, bounding_boxes: Any, h_end: Any, h_start: Any, w_end: Any, w_start: Any
    ) -> Any:
        """Boxes in pixels, cut to a window and counted from its corner."""
        x1, y1, x2, y2 = ops.split(bounding_boxes["boxes"], 4, axis=-1)
        x1, x2 = (ops.clip(x, w_start, w_end) for x in (x1, x2))
        y1, y2 = (ops.clip(y, h_start, h_end) for y in (y1, y2))
        boxes = ops.concatenate([x1, y1, x2, y2], axis=-1)
        return _moved({**bounding_boxes, "boxes": boxes}, w_start, h_start)


@public_class("keras.layers", pure=True)
class RandomShear(GeometricLayer):
    """In training, shears each image by a random amount.

    Args:
        x_factor: the range of shifts to the right or left for each row down: two
            numbers, or one for the range from 0.
        y_factor: the range of shifts up or down for each column.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: what lies outside: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"`.
        fill_value: the constant.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomShear(0.3, 0.1)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            fill_mode=fill_mode,
            interpolation=interpolation,
            seed=seed,
            fill_value=fill_value,
            data_format=data_format,
            **kwargs,
        )
        self.x_factor = _range(self, x_factor, "x_factor")
        self.y_factor = _range(self, y_factor, "y_factor")

    def matrices(self, images: Tensor, height: Any, width: Any) -> Any:
        """Shears that leave the first row or column where it is."""
        along = self.uniform(images, *self.x_factor) * self.sign(images)
        down = self.uniform(images, *self.y_factor) * self.sign(images)
        zero, one = ops.zeros_like(down), ops.ones_like(down)
        return matrix(one, along, zero, down, one, zero)

    def get_shifted_bbox(
        self, bounding_boxes: Any, w_shift_factor: Any, h_shift_factor: Any
    ) -> Any:
        """Boxes `{"boxes": (..., 4), "labels": ...}` in pixels, moved left and up."""
        return _moved(bounding_boxes, w_shift_factor, h_shift_factor)


@public_class("keras.layers", pure=True)
class RandomFlip(RandomImageLayer):
    """In training, mirrors each image at random.

    Args:
        mode: `"horizontal"`: left and right change places; `"vertical"`: above and
            below; `"horizontal_and_vertical"`: one, the other, both or none.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomFlip("horizontal", seed=1)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    _changes_places = True

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        modes = ("horizontal", "vertical", "horizontal_and_vertical")
        self.mode = one_of(self, "mode", mode, modes)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Which images are mirrored along their rows, and which along their columns."""
        images = data["images"]
        height, width = (ops.cast(n, "float32") for n in ops.shape(images)[1:3])
        never = ops.zeros((ops.shape(images)[0],), dtype="bool")
        across = self.uniform(images, 0.0, 1.0) < 0.5 if "horiz" in self.mode else never
        down = self.uniform(images, 0.0, 1.0) < 0.5 if "vert" in self.mode else never
        return across, down, height, width

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The images, some of them mirrored."""
        for way, flips, axis in zip(
            ("horiz", "vert"), transformation[:2], (2, 1), strict=True
        ):
            if way in self.mode:
                chosen = ops.reshape(flips, (-1, 1, 1, 1))
                images = ops.where(chosen, ops.flip(images, axis=axis), images)
        return images

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks, mirrored as the images are."""
        return self.transform_images(segmentation_masks, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The boxes, mirrored as the images are."""
        across, down, height, width = transformation
        boxes = bounding_boxes["boxes"]
        left, top, right, bottom = (boxes[..., i] for i in range(4))
        across, down = across[:, None], down[:, None]
        corners = [
            ops.where(across, width - right, left),
            ops.where(down, height - bottom, top),
            ops.where(across, width - left, right),
            ops.where(down, height - top, bottom),
        ]
        return {**bounding_boxes, "boxes": ops.stack(corners, axis=-1)}


@public_class("keras.layers", pure=True)
class RandomPerspective(GeometricLayer):
    """In training, shows images as if seen from another side.

    Args:
        factor: the chance that an image is changed: a number, or a range of them.
        scale: how far the corners move, from 0 to 1: their places are drawn from this
            part of half the size.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_value: what lies outside.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandomPerspective(scale=0.3)
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape == (2, 8, 8, 3)
    True
    """

    _in_perspective = True

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            fill_mode="constant",
            interpolation=interpolation,
            seed=seed,
            fill_value=fill_value,
            data_format=data_format,
            **kwargs,
        )
        self.factor = self._factor(factor)
        if not isinstance(scale, (int, float)) or not 0 <= scale <= 1:
            raise ValueError(
                "RandomPerspective expects `scale` to be a number from 0 to 1. "
                f"Received: scale={scale!r}."
            )
        self.scale = scale

    def matrices(self, images: Tensor, height: Any, width: Any) -> Any:
        """From the corners of the new images to places inside of the old ones."""
        count = ops.shape(images)[0]
        chance = self.uniform(images, *self.factor)
        moves = self.uniform(images, 0.0, 1.0) < chance
        reach = ops.where(moves, self.scale / 2, 0.0)[:, None, None]
        drawn = random.uniform((count, 4, 2), seed=self._keras_source()) * reach
        sides = ops.convert_to_tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        last = ops.stack([width - 1, height - 1])
        corners = sides * last
        inner = (sides + drawn * (1 - 2 * sides)) * last
        return _homography(corners + ops.zeros_like(inner), inner)


def _homography(start: Tensor, end: Tensor) -> Any:
    """The matrix that sends four points to four others, `(batch, 3, 3)`."""
    x, y = start[..., 0], start[..., 1]
    u, v = end[..., 0], end[..., 1]
    one, zero = ops.ones_like(x), ops.zeros_like(x)
    first = ops.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=-1)
    second = ops.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=-1)
    system = ops.concatenate([first, second], axis=1)
    wanted = ops.concatenate([u, v], axis=1)[..., None]
    found = ops.linalg.solve(system, wanted)[..., 0]
    whole = ops.concatenate([found, one[:, :1]], axis=-1)
    return ops.reshape(whole, (-1, 3, 3))
