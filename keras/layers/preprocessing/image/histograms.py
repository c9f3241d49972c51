"""Layers that even out how often each value occurs in an image."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.classes import declared_class
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import integers, positive_integer
from keras.layers.preprocessing.image.base import ImageLayer


@public_class("keras.layers", pure=True)
class Equalization(ImageLayer):
    """Images whose values occur about equally often (histogram equalization).

    Args:
        value_range: the least and the greatest value of a pixel.
        bins: number of values that are told apart.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> images = keras.ops.reshape(keras.ops.array([10.0, 20.0, 21.0]), (1, 1, 3, 1))
    >>> found = keras.layers.Equalization()(images)
    >>> keras.ops.convert_to_numpy(found)[0, 0, :, 0].tolist()
    [0.0, 128.0, 255.0]
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = self._value_range(value_range)
        self.bins = positive_integer(self, "bins", bins)

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, each channel by itself."""
        low, high = self.value_range
        sizes: Any = ops.shape(images)
        count, height, width, channels = sizes
        unit = ops.clip((ops.cast(images, "float32") - low) / (high - low), 0.0, 1.0)
        values = ops.cast(ops.floor(unit * (self.bins - 1) + 1e-4), "int32")
        flat = ops.reshape(ops.transpose(values, (0, 3, 1, 2)), (-1, height * width))
        table = self._table(_counts(flat, self.bins))
        found = ops.take_along_axis(table, flat, axis=1)
        found = ops.reshape(found, (count, channels, height, width))
        found = ops.transpose(found, (0, 2, 3, 1)) / 255
        return found * (high - low) + low

    def _table(self, counts: Tensor) -> Any:
        """What each value becomes, from 0 to 255, `(images, bins)`."""
        sums = ops.cumsum(counts, axis=-1)
        total = sums[:, -1:]
        first = ops.min(ops.where(sums > 0, sums, total), axis=-1, keepdims=True)
        room = total - first
        scale = 255 / ops.where(room > 0, room, 1.0)
        table = ops.round((sums - first) * scale)
        same = ops.cast(ops.arange(self.bins), "float32")[None]
        same = same * (255 / max(self.bins - 1, 1))
        return ops.where(room > 0, ops.clip(table, 0, 255), same)


def _counts(values: Tensor, bins: int) -> Any:
    """How often each value occurs in each row, `(rows, bins)`."""
    rows: Any = ops.shape(values)[0]
    shifted = values + ops.arange(rows, dtype="int32")[:, None] * bins
    flat = ops.reshape(shifted, (-1,))
    ones = ops.ones_like(flat, dtype="float32")
    found = ops.segment_sum(ones, flat, num_segments=rows * bins)
    return ops.reshape(found, (rows, bins))


@public_class("keras.layers", pure=True)
class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Evens out values in each region of an image, to a limit of contrast (CLAHE).

    Source: Zuiderveld, 1994, "Contrast Limited Adaptive Histogram Equalization". It is
    applied outside of training as well.

    Args:
        value_range: the least and the greatest value of a pixel.
        clip_limit: how many times the average a value may count, rounded down to whole
            pixels; the rest is spread over all values. 0 or less sets no limit.
        tile_grid_size: number of regions along height and width.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.ContrastLimitedAdaptiveHistogramEqualization()
    >>> layer(keras.ops.ones((2, 16, 16, 3))).shape == (2, 16, 16, 3)
    True
    """

    _changes_always = True

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = self._value_range(value_range)
        if isinstance(clip_limit, bool) or not isinstance(clip_limit, (int, float)):
            raise ValueError(
                f"{declared_class(self).__name__} expects `clip_limit` to be a number. "
                f"Received: clip_limit={clip_limit!r}."
            )
        self.clip_limit = clip_limit
        self.tile_grid_size = integers(self, "tile_grid_size", tile_grid_size, 2)

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images, each channel by itself."""
        low, high = self.value_range
        sizes: Any = ops.shape(images)
        count, height, width, channels = sizes
        rows, columns = self.tile_grid_size
        size = math.ceil(int(height) / rows), math.ceil(int(width) / columns)
        unit = ops.clip((ops.cast(images, "float32") - low) / (high - low), 0.0, 1.0)
        values = ops.cast(ops.floor(unit * 255 + 1e-4), "int32")
        missing = rows * size[0] - height, columns * size[1] - width
        width_of = [(0, 0), (0, missing[0]), (0, missing[1]), (0, 0)]
        whole = ops.pad(values, width_of, mode="edge") if any(missing) else values
        tiles = ops.reshape(whole, (-1, rows, size[0], columns, size[1], channels))
        tiles = ops.transpose(tiles, (0, 5, 1, 3, 2, 4))
        tables = self._tables(ops.reshape(tiles, (-1, size[0] * size[1])))
        tables = ops.reshape(tables, (count, channels, rows * columns * 256))
        found = self._looked_up(values, tables, size)
        return found / 255 * (high - low) + low

    def _tables(self, tiles: Tensor) -> Any:
        """What each value becomes in each region, `(regions, 256)`."""
        pixels = tiles.shape[1]
        counts = _counts(tiles, 256)
        limit = float(math.floor(self.clip_limit * pixels / 256))
        limit = limit if self.clip_limit > 0 else float(pixels)
        clipped = ops.minimum(counts, limit)
        excess = ops.sum(counts - clipped, axis=-1, keepdims=True)
        sums = ops.cumsum(clipped + excess / 256, axis=-1)
        first = sums[:, :1]
        room = ops.maximum(sums[:, -1:] - first, 1e-6)
        return ops.clip((sums - first) * (255 / room), 0, 255)

    def _looked_up(self, values: Tensor, tables: Tensor, size: tuple[int, int]) -> Any:
        """Values in the tables of the four nearest regions, mixed by their distance."""
        sizes: Any = ops.shape(values)
        count, height, width, channels = sizes
        flat = ops.reshape(
            ops.transpose(values, (0, 3, 1, 2)), (count, channels, height * width)
        )
        near = []
        for axis, length in enumerate((height, width)):
            last = self.tile_grid_size[axis] - 1
            place = ops.cast(ops.arange(length), "float32") / size[axis] - 0.5
            first = ops.floor(place)
            part = place - first
            lower = ops.clip(ops.cast(first, "int32"), 0, last)
            upper = ops.clip(ops.cast(first, "int32") + 1, 0, last)
            near.append(((lower, 1 - part), (upper, part)))
        found: Any = 0.0
        for row, row_part in near[0]:
            for column, column_part in near[1]:
                tile = row[:, None] * self.tile_grid_size[1] + column[None, :]
                index = ops.reshape(tile, (1, 1, -1)) * 256 + flat
                value = ops.take_along_axis(tables, index, axis=2)
                weight = row_part[:, None] * column_part[None, :]
                found = found + value * ops.reshape(weight, (1, 1, -1))
        found = ops.reshape(found, (count, channels, height, width))
        return ops.transpose(found, (0, 2, 3, 1))
