"""`tf.keras.preprocessing.image`: images that are turned, moved, lit, at random too.

Images are NumPy arrays of rank 3. Random functions draw from NumPy's global state, as
programs that call `numpy.random.seed` rely on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras.utils import array_to_img, img_to_array


def apply_affine_transform(
    x: np.ndarray,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """An image that is zoomed, sheared, moved and turned about its centre, in one step.

    New programs use layers, such as `keras.layers.RandomRotation`.

    Args:
        x: an image of rank 3; channels come first or last.
        theta: degrees by which it is turned.
        tx: columns by which what is seen moves to the left.
        ty: rows by which what is seen moves up.
        shear: degrees by which rows are sheared.
        zx: columns of the image in one column of the result; less than 1 enlarges.
        zy: rows of the image in one row of the result.
        row_axis: axis of the rows.
        col_axis: axis of the columns.
        channel_axis: axis of the channels.
        fill_mode: what lies beyond the image: `"constant"`, `"nearest"`, `"reflect"`
            or `"wrap"`.
        cval: the value there for `"constant"`.
        order: of the spline that is between pixels, 0 to 5; 1 is linear.

    Returns:
        An image of that shape and dtype.

    Raises:
        ImportError: without SciPy.
        ValueError: for axes that are not distinct, or channels in the middle.

    Example:

    >>> import numpy as np
    >>> from keras._tf_keras.keras.preprocessing import image
    >>> x = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> image.apply_affine_transform(x, tx=1).tolist()
    [[[2.0, 2.0], [4.0, 4.0]]]
    """
    if len({row_axis, col_axis, channel_axis}) < 3:
        raise ValueError(
            "`row_axis`, `col_axis` and `channel_axis` must be distinct. Received: "
            f"row_axis={row_axis}, col_axis={col_axis}, channel_axis={channel_axis}."
        )
    if sorted((row_axis, col_axis)) not in ([0, 1], [1, 2]):
        raise ValueError(
            "Channels must be the first or the last axis. Received: "
            f"row_axis={row_axis}, col_axis={col_axis}, channel_axis={channel_axis}."
        )
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if np.array_equal(matrix, np.eye(3)):
        return x
    # Keras counts points as (column, row) but takes the centre as (row, column): what
    # is not square turns about a point beside its middle. Results have to be the same.
    rows, columns = x.shape[row_axis], x.shape[col_axis]
    centre = np.array([rows / 2 - 0.5, columns / 2 - 0.5])
    linear = matrix[:2, :2]
    offset = matrix[:2, 2] + centre - linear @ centre
    if col_axis > row_axis:
        linear, offset = linear[::-1, ::-1], offset[::-1]
    ndimage = _ndimage()
    planes = np.moveaxis(x, channel_axis, 0)
    moved = [
        ndimage.affine_transform(
            plane, linear, offset, order=order, mode=fill_mode, cval=cval
        )
        for plane in planes
    ]
    return np.moveaxis(np.stack(moved), 0, channel_axis)


def _matrix(
    theta: float, tx: float, ty: float, shear: float, zx: float, zy: float
) -> np.ndarray:
    """Where a point of the result, counted from the centre, lies in the image."""
    turn, slant = np.deg2rad(theta), np.deg2rad(shear)
    turned = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0]]
    sheared = [[1, -np.sin(slant), 0], [0, np.cos(slant), 0]]
    matrices = [turned, [[1, 0, tx], [0, 1, ty]], sheared, [[zx, 0, 0], [0, zy, 0]]]
    return np.linalg.multi_dot([np.array([*rows, [0, 0, 1]]) for rows in matrices])


def _ndimage() -> Any:
    try:
        from scipy import ndimage  # an optional package
    except ImportError as error:
        raise ImportError(
            "Affine transforms of images need the package SciPy: `pip install scipy`."
        ) from error
    return ndimage


def flip_axis(x: np.ndarray, axis: int) -> np.ndarray:
    """An image whose axis runs backwards."""
    return np.flip(x, axis)


def apply_channel_shift(
    x: np.ndarray, intensity: float, channel_axis: int = 0
) -> np.ndarray:
    """An image to which a number is added, within the range that it had.

    Args:
        x: an image of rank 3.
        intensity: the number.
        channel_axis: axis of the channels.

    Returns:
        An image of that shape.
    """
    del channel_axis  # all channels are moved alike
    return np.clip(x + intensity, np.min(x), np.max(x))


def apply_brightness_shift(
    x: np.ndarray, brightness: float, scale: bool = True
) -> np.ndarray:
    """An image that is lit more or less, by way of Pillow.

    Args:
        x: an image of rank 3 with 1, 3 or 4 channels, channels as configured.
        brightness: 0 is black, 1 leaves it, more is brighter.
        scale: whether values are stretched to 0 to 255 first. Without it, that is done
            to values beyond that range alone, and undone afterwards.

    Returns:
        An image of that shape, of whole numbers from 0 to 255 unless it is stretched
        back to the range that it had.

    Raises:
        ImportError: without Pillow.
    """
    return lit(x, brightness, scale, None)


def lit(
    x: np.ndarray, brightness: float, scale: bool, data_format: str | None
) -> np.ndarray:
    """`apply_brightness_shift` of an image in a data format."""
    least, most = np.min(x), np.max(x)
    beyond = bool(least < 0 or most > 255)
    image = array_to_img(x, data_format, scale=scale or beyond)
    from PIL import ImageEnhance  # it is there: the line before needs it

    shown = ImageEnhance.Brightness(image).enhance(brightness)
    values = img_to_array(shown, data_format)
    return values / 255 * (most - least) + least if beyond and not scale else values


# Random -------------------------------------------------------------------------------


def random_rotation(
    x: np.ndarray,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image that is turned by up to `rg` degrees to either side.

    The other arguments are those of `apply_affine_transform`.
    """
    return apply_affine_transform(
        x,
        theta=np.random.uniform(-rg, rg),
        **_how(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order),
    )


def random_shift(
    x: np.ndarray,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image that is moved by up to `wrg` of its width and `hrg` of its height.

    The other arguments are those of `apply_affine_transform`.
    """
    tx = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    how = _how(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, tx=tx, ty=ty, **how)


def random_shear(
    x: np.ndarray,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image that is sheared by up to `intensity` degrees to either side.

    The other arguments are those of `apply_affine_transform`.
    """
    return apply_affine_transform(
        x,
        shear=np.random.uniform(-intensity, intensity),
        **_how(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order),
    )


def random_zoom(
    x: np.ndarray,
    zoom_range: Sequence[float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image whose rows and columns are zoomed, each by its own factor.

    Args:
        zoom_range: the least and the largest factor. The other arguments are those of
            `apply_affine_transform`.

    Raises:
        ValueError: if there are not two.
    """
    least, most = pair("zoom_range", zoom_range)
    zx, zy = zoom_factors(least, most)
    how = _how(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, zx=zx, zy=zy, **how)


def _how(
    row: int, column: int, channel: int, fill_mode: str, cval: float, order: int
) -> dict[str, Any]:
    axes = {"row_axis": row, "col_axis": column, "channel_axis": channel}
    return {**axes, "fill_mode": fill_mode, "cval": cval, "order": order}


def zoom_factors(least: float, most: float) -> Any:
    """Factors of columns and rows between two numbers; none is drawn for no zoom."""
    return (1, 1) if least == most == 1 else np.random.uniform(least, most, 2)


def pair(name: str, value: Any) -> tuple[float, float]:
    """The two numbers of an argument.

    Raises:
        ValueError: if it does not hold two.
    """
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(
            f"`{name}` must be a tuple or list of two floats. Received: {value!r}."
        )
    return value[0], value[1]


def random_channel_shift(
    x: np.ndarray, intensity_range: float, channel_axis: int = 0
) -> np.ndarray:
    """An image to which a number of up to `intensity_range`, either sign, is added."""
    intensity = np.random.uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis)


def random_brightness(
    x: np.ndarray, brightness_range: Sequence[float], scale: bool = True
) -> np.ndarray:
    """An image that is lit by a factor between two numbers.

    Raises:
        ValueError: if `brightness_range` does not hold two.
    """
    least, most = pair("brightness_range", brightness_range)
    return apply_brightness_shift(x, np.random.uniform(least, most), scale)
