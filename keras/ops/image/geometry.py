"""Images seen through a transformation of their coordinates.

For each place of the output, its place in the input is computed, and the input read
there: at the nearest pixel, or between the four around it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, Tensor, TensorLike
from keras.ops import (
    arithmetic,
    core,
    creation,
    indexing,
    joining,
    linalg,
    logic,
    rounding,
    shaping,
)
from keras.ops.declare import composite
from keras.ops.image import layout
from keras.ops.image.filters import blurred

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
INTERPOLATIONS = ("nearest", "bilinear")


def _inside(index: Any, size: Any, fill_mode: str) -> Any:
    """An index brought into the image."""
    if fill_mode == "wrap":
        return arithmetic.mod(index, size)
    if fill_mode == "mirror":
        return _mirrored(index, size)
    if fill_mode == "reflect":  # mirrored about the edges of pixels, not their centres
        return arithmetic.floor_divide(_mirrored(2 * index + 1, 2 * size + 1), 2)
    return arithmetic.clip(index, 0, size - 1)


def _mirrored(index: Any, size: Any) -> Any:
    last = (
        arithmetic.maximum(size - 1, 1)
        if not isinstance(size, int)
        else max(size - 1, 1)
    )
    found = arithmetic.absolute(arithmetic.mod(index + last, 2 * last) - last)
    return arithmetic.minimum(found, size - 1)


def _reads(
    coordinates: list[Any], sizes: list[Any], order: int, fill_mode: str
) -> list[tuple[list[Any], Any, Any]]:
    """What to read: indices, whether they are inside, and the weight (None for 1).

    Where all indices are brought into the image, None stands for inside.
    """
    bounded = fill_mode == "constant"
    per_axis = []
    for place, size in zip(coordinates, sizes, strict=True):
        if order == 0:
            choices: list[Any] = [(core.cast(rounding.round(place), "int32"), None)]
        else:
            low = rounding.floor(place)
            upper = place - low
            index: Any = core.cast(low, "int32")
            choices = [(index, 1 - upper), (index + 1, upper)]
        per_axis.append(
            [
                (
                    _inside(index, size, fill_mode),
                    logic.logical_and(index >= 0, index < size) if bounded else None,
                    weight,
                )
                for index, weight in choices
            ]
        )
    found = []
    for chosen in itertools.product(*per_axis):
        valid = weight = None
        for _, inside, w in chosen:
            if bounded:
                valid = inside if valid is None else logic.logical_and(valid, inside)
            weight = w if weight is None else weight * w
        found.append(([index for index, _, _ in chosen], valid, weight))
    return found


@composite(strict=True, real=True)
def map_coordinates(
    inputs: TensorLike,
    coordinates: TensorLike,
    order: int,
    fill_mode: str = "constant",
    fill_value: float = 0,
) -> Tensor:
    """Reads a tensor at places that need not be whole numbers.

    Args:
        inputs: tensor of any rank.
        coordinates: `(rank, ...)`: for each axis, where to read.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what is outside: `"constant"`, `"nearest"` (the edge goes on),
            `"wrap"`, `"mirror"` (about the edge's centre), `"reflect"` (about the
            edge).
        fill_value: the constant.

    Returns:
        A tensor of the shape of `coordinates` without its first axis, of the dtype
        of `inputs`.

    Raises:
        ShapeError: if there is not one coordinate for each axis.
        ValueError: for another order or mode.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor([0.0, 10.0])
    >>> float(keras.ops.image.map_coordinates(x, [[0.5]], order=1)[0])
    5.0
    """
    layout.check_choice("map_coordinates", "fill_mode", fill_mode, FILL_MODES)
    layout.check_choice("map_coordinates", "order", order, (0, 1))
    shape, places = core.shape(inputs), core.shape(coordinates)
    if not places or places[0] != len(shape):
        raise ShapeError(
            "keras.ops.image.map_coordinates expects `coordinates` with one row for "
            f"each axis of `inputs`. Received: inputs.shape={tuple(shape)}, "
            f"coordinates.shape={tuple(places)}."
        )
    dtype = core.dtype(inputs)
    kind = core.dtype(coordinates)
    if "complex" in kind or kind == "bool":
        raise TypeError(
            "keras.ops.image.map_coordinates expects `coordinates` to be real numbers. "
            f"Received: dtype {kind}."
        )
    if isinstance(inputs, KerasTensor) or isinstance(coordinates, KerasTensor):
        return KerasTensor(places[1:], dtype)
    coordinates = core.convert_to_tensor(coordinates)
    if layout.is_integer(coordinates):
        coordinates = core.cast(coordinates, "float32")
    wide = "float64" if dtype == "float64" else "float32"
    flat = core.cast(shaping.reshape(inputs, (-1,)), wide)
    rows = [coordinates[axis] for axis in range(len(shape))]
    total: Any = None
    for index, valid, weight in _reads(rows, list(shape), order, fill_mode):
        position: Any = 0
        for one, size in zip(index, shape, strict=True):
            position = position * size + one
        value = indexing.take(flat, position)
        if fill_mode == "constant":
            value = logic.where(valid, value, float(fill_value))
        value = value if weight is None else value * core.cast(weight, wide)
        total = value if total is None else total + value
    return layout.restore(total, dtype)


def _sampled(
    images: TensorLike,
    y: TensorLike,
    x: TensorLike,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
) -> Any:
    """Reads a batch of images at rows `y` and columns `x`, `(batch, height, width)`."""
    dtype = core.dtype(images)
    images = core.cast(images, "float64" if dtype == "float64" else "float32")
    if interpolation == "nearest":
        found = _read(images, y, x, 0, fill_mode, fill_value)
    elif fill_mode == "wrap":
        found = sample_bilinear(*_wrapped(images, y, x), "nearest")
    else:
        found = sample_bilinear(images, y, x, fill_mode, fill_value)
    return layout.restore(found, dtype)


def _wrapped(images: Any, y: Any, x: Any) -> tuple[Any, Any, Any]:
    """Images with their first row and column after the last, and places in them."""
    _, height, width, _ = core.shape(images)
    images = joining.concatenate([images, images[:, :1]], axis=1)
    images = joining.concatenate([images, images[:, :, :1]], axis=2)
    y, x = (
        # Quicker than `mod`; what rounding leaves outside is read at the edge.
        place - rounding.floor(place / size) * size
        for place, size in ((y, _as_float(height)), (x, _as_float(width)))
    )
    return images, y, x


def _as_float(size: Any) -> Any:
    return float(size) if isinstance(size, int) else core.cast(size, "float32")


def displaced(
    images: TensorLike, moves: TensorLike, interpolation: str, mode: str, value: float
) -> Any:
    """Images read so many rows and columns further, `(batch, height, width, 2)`."""
    rows, columns = _grid(images)
    y, x = rows + moves[..., 0], columns + moves[..., 1]
    return _sampled(images, y, x, interpolation, mode, value)


@composite(strict=True, real=True)
def sample_bilinear(
    images: TensorLike,
    y: TensorLike,
    x: TensorLike,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Tensor:
    """The everyday case of reading images, for which frameworks have kernels. Internal.

    Args:
        images: floats, `(batch, height, width, channels)`.
        y: rows to read at, `(batch, new height, new width)`.
        x: columns.
        fill_mode: what is outside, one of `affine_transform`'s but `"wrap"`.
        fill_value: the constant.

    Returns:
        Images of the new size.
    """
    return _read(images, y, x, 1, fill_mode, fill_value)


def _read(
    images: TensorLike,
    y: TensorLike,
    x: TensorLike,
    order: int,
    fill_mode: str,
    fill_value: float,
) -> Any:
    sizes: Any = core.shape(images)
    batch, height, width, channels = sizes
    wide = core.dtype(images)
    flat = shaping.reshape(images, (-1, channels))
    # Whole pixels are taken, out of all images at once.
    first = creation.arange(batch, dtype="int32")[:, None, None] * (height * width)
    total: Any = None
    for index, valid, weight in _reads([y, x], [height, width], order, fill_mode):
        position = index[0] * width + index[1] + first
        value = indexing.take(flat, position, axis=0)
        if fill_mode == "constant":
            value = logic.where(valid[..., None], value, float(fill_value))
        if weight is not None:
            value = value * core.cast(weight, wide)[..., None]
        total = value if total is None else total + value
    return total


def _grid(images: TensorLike) -> tuple[Any, Any]:
    """Rows and columns of all pixels, `(1, height, 1)` and `(1, 1, width)`."""
    _, height, width, _ = core.shape(images)
    rows = core.cast(creation.arange(height, dtype="int32"), "float32")
    columns = core.cast(creation.arange(width, dtype="int32"), "float32")
    return rows[None, :, None], columns[None, None, :]


def projected(
    images: TensorLike,
    matrices: TensorLike,
    interpolation: str,
    mode: str,
    value: float,
) -> Any:
    """Images read where matrices send each pixel; see `read_projected`."""
    if interpolation != "bilinear" or mode not in ("constant", "nearest", "reflect"):
        y, x = _places(images, matrices)
        return _sampled(images, y, x, interpolation, mode, value)
    dtype = core.dtype(images)
    images = core.cast(images, "float64" if dtype == "float64" else "float32")
    return layout.restore(read_projected(images, matrices, mode, value), dtype)


def _places(images: TensorLike, matrices: TensorLike) -> tuple[Any, Any]:
    """Rows and columns to which matrices send each pixel, `(batch, height, width)`."""
    rows, columns = _grid(images)
    # Of the additions, only the last is one of whole images.
    x, y, *depth = (
        (row[:, :1, None] * columns + row[:, 2:, None]) + row[:, 1:2, None] * rows
        for row in (matrices[:, i] for i in range(matrices.shape[1]))
    )
    if depth:
        x, y = x / depth[0], y / depth[0]
    batch, height, width, _ = core.shape(images)
    return (
        shaping.broadcast_to(y, (batch, height, width)),
        shaping.broadcast_to(x, (batch, height, width)),
    )


@composite(strict=True, real=True)
def read_projected(
    images: TensorLike,
    matrices: TensorLike,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Tensor:
    """Turned and shifted images, for which frameworks have kernels. Internal.

    Args:
        images: floats, `(batch, height, width, channels)`.
        matrices: where in the old image (column, row, 1) a pixel of the new one is
            read, float32, `(batch or 1, 3, 3)`, or `(batch or 1, 2, 3)` without the
            last row where that is `[0, 0, 1]`, which saves the division.
        fill_mode: what is outside: `"constant"`, `"nearest"` or `"reflect"`.
        fill_value: the constant.

    Returns:
        Images of the same shape, read between pixels.
    """
    y, x = _places(images, matrices)
    return sample_bilinear(images, y, x, fill_mode, fill_value)


def _matrices(parameters: Any) -> Any:
    """`(batch, 3, 3)` of 8 parameters each, the last number of all being 1."""
    last = creation.ones_like(parameters[:, :1])
    whole = joining.concatenate([parameters, last], axis=1)
    return shaping.reshape(whole, (-1, 3, 3))


def _check_batch(name: str, what: str, batch: Any, images: TensorLike) -> None:
    """Refuses parameters for another number of images than there are."""
    shape = tuple(core.shape(images))
    count = shape[0] if len(shape) == 4 else 1
    given = batch[0] if batch else 1
    if isinstance(given, int) and isinstance(count, int) and given not in (1, count):
        raise ShapeError(
            f"keras.ops.image.{name} expects `{what}` for one image or for each of "
            f"{count}. Received: `{what}` for {given}, images.shape={shape}."
        )


@composite(strict=True, real=True)
def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Moves, turns, scales and shears images.

    The pixel at column `x` and row `y` of the output is read at column
    `(a0 x + a1 y + a2) / k` and row `(b0 x + b1 y + b2) / k` of the input, with
    `k = c0 x + c1 y + 1`.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        transform: `[a0, a1, a2, b0, b1, b2, c0, c1]`, `(8,)` for all images or
            `(batch, 8)`.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode: what is outside: `"constant"`, `"nearest"`, `"wrap"`, `"mirror"` or
            `"reflect"`.
        fill_value: the constant.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for an unknown interpolation or mode.
        ShapeError: for images or transforms of another shape.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> same = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    >>> keras.ops.image.affine_transform(x, same).shape == (1, 4, 4, 3)
    True
    """
    name = "affine_transform"
    layout.check_choice(name, "interpolation", interpolation, INTERPOLATIONS)
    layout.check_choice(name, "fill_mode", fill_mode, FILL_MODES)
    last = layout.is_last(name, data_format)
    images = layout.tensor(name, images)
    shape = tuple(core.shape(transform))
    if len(shape) not in (1, 2) or shape[-1] != 8:
        raise ShapeError(
            "keras.ops.image.affine_transform expects `transform` of shape (8,) or "
            f"(batch, 8). Received: {shape}."
        )
    _check_batch(name, "transform", shape[:-1], images)
    if isinstance(images, KerasTensor) or isinstance(transform, KerasTensor):
        return KerasTensor(tuple(core.shape(images)), core.dtype(images))
    transform = core.cast(core.convert_to_tensor(transform), "float32")
    matrices = _matrices(shaping.reshape(transform, (-1, 8)))

    def run(x: TensorLike) -> Structure:
        return projected(x, matrices, interpolation, fill_mode, fill_value)

    return layout.on_batch(run, images, last)


@composite(strict=True, real=True)
def perspective_transform(
    images: TensorLike,
    start_points: TensorLike,
    end_points: TensorLike,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Moves four points of an image to other places, and all others in perspective.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        start_points: four points `(x, y)`: `(4, 2)` for all images or
            `(batch, 4, 2)`.
        end_points: where they go, of the same shape.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_value: what is outside.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for an unknown interpolation.
        ShapeError: for images or points of another shape.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> points = [[0.0, 0.0], [0.0, 3.0], [3.0, 0.0], [3.0, 3.0]]
    >>> keras.ops.image.perspective_transform(x, points, points).shape == (1, 4, 4, 3)
    True
    """
    name = "perspective_transform"
    layout.check_choice(name, "interpolation", interpolation, INTERPOLATIONS)
    last = layout.is_last(name, data_format)
    images = layout.tensor(name, images)
    for what, points in (("start_points", start_points), ("end_points", end_points)):
        shape = tuple(core.shape(points))
        if len(shape) not in (2, 3) or shape[-2:] != (4, 2):
            raise ShapeError(
                f"keras.ops.image.{name} expects `{what}` of shape (4, 2) or "
                f"(batch, 4, 2). Received: {shape}."
            )
        _check_batch(name, what, shape[:-2], images)
    if core.shape(start_points) != core.shape(end_points):
        raise ShapeError(
            f"keras.ops.image.{name} expects `start_points` and `end_points` of one "
            f"shape. Received: {tuple(core.shape(start_points))} and "
            f"{tuple(core.shape(end_points))}."
        )
    if isinstance(images, KerasTensor):
        return KerasTensor(images.shape, images.dtype)
    start, end = (
        shaping.reshape(core.cast(core.convert_to_tensor(p), "float32"), (-1, 4, 2))
        for p in (start_points, end_points)
    )
    matrices = _matrices(_homography(start, end))

    def run(x: TensorLike) -> Structure:
        return projected(x, matrices, interpolation, "constant", fill_value)

    return layout.on_batch(run, images, last)


def _homography(start: TensorLike, end: Any) -> Any:
    """The 8 parameters that send end points back to start points, `(batch, 8)`."""
    x, y = end[..., 0], end[..., 1]
    u, v = start[..., 0], start[..., 1]
    one, zero = creation.ones_like(x), creation.zeros_like(x)
    columns = joining.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=-1)
    rows = joining.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=-1)
    matrix = joining.concatenate([columns, rows], axis=1)
    return linalg.solve(matrix, joining.concatenate([u, v], axis=1)[..., None])[..., 0]


@composite(strict=True, real=True)
def elastic_transform(
    images: TensorLike,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Distorts images by smooth random displacements.

    Source: Simard et al., 2003, "Best Practices for Convolutional Neural Networks".

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        alpha: strength of the displacements.
        sigma: how smooth they are: standard deviation in pixels of the blur that
            random numbers go through.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode: what is outside: `"constant"`, `"nearest"`, `"wrap"`, `"mirror"` or
            `"reflect"`.
        fill_value: the constant.
        seed: an integer, a `SeedGenerator`, or None for the process-wide generator.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for an unknown interpolation or mode.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.ops.image.elastic_transform(x, seed=1).shape == (1, 8, 8, 3)
    True
    """
    # Ops do without `keras.random` until something is drawn.
    from keras import random

    name = "elastic_transform"
    layout.check_choice(name, "interpolation", interpolation, INTERPOLATIONS)
    layout.check_choice(name, "fill_mode", fill_mode, FILL_MODES)
    last = layout.is_last(name, data_format)
    images = layout.tensor(name, images)
    if isinstance(images, KerasTensor):
        return KerasTensor(images.shape, images.dtype)

    def run(x: TensorLike) -> Structure:
        batch, height, width, _ = core.shape(x)
        noise = random.normal((batch, height, width, 2), dtype="float32", seed=seed)
        reach = 2 * math.ceil(3 * sigma) + 1
        moved = blurred(noise, (reach, reach), (sigma, sigma)) * alpha
        rows, columns = _grid(x)
        y, x_places = rows + moved[..., 0], columns + moved[..., 1]
        return _sampled(x, y, x_places, interpolation, fill_mode, fill_value)

    return layout.on_batch(run, images, last)
