"""Images as arrays and as files, by way of Pillow."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from keras.backends.foreign import host_array
from keras.core.config import floatx, standardize_data_format
from keras.core.typing import DType, Sizes, TensorLike

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_FILTERS = {
    "nearest": "NEAREST",
    "bilinear": "BILINEAR",
    "bicubic": "BICUBIC",
    "hamming": "HAMMING",
    "box": "BOX",
    "lanczos": "LANCZOS",
}


def _pillow(function: str) -> Any:
    try:
        from PIL import Image  # an optional package
    except ImportError as error:
        raise ImportError(
            f"`{function}` needs the package Pillow: `pip install pillow`."
        ) from error
    return Image


def array_to_img(
    x: TensorLike,
    data_format: str | None = None,
    scale: bool = True,
    dtype: DType = None,
) -> Any:
    """An array as an image of Pillow.

    Args:
        x: `(height, width, channels)` with 1, 3 or 4 channels; or channels first.
        data_format: `"channels_last"` or `"channels_first"`.
        scale: whether the values are stretched from 0 to 255.
        dtype: dtype of the numbers in between.

    Returns:
        A `PIL.Image.Image`.

    Raises:
        ImportError: without Pillow.
        ValueError: for another shape.

    Example:

    >>> import keras
    >>> image = keras.utils.array_to_img([[[0.0], [1.0]]])  # doctest: +SKIP
    """
    image = _pillow("array_to_img")
    array = np.asarray(host_array(x), dtype=dtype or floatx())
    if array.ndim != 3:
        raise ValueError(
            "`array_to_img` expects an array of shape (height, width, channels). "
            f"Received: shape {array.shape}."
        )
    if standardize_data_format(data_format) == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        most = array.max()
        array = array / most * 255 if most else array
    channels = array.shape[2]
    if channels not in (1, 3, 4):
        raise ValueError(
            "`array_to_img` expects 1, 3 or 4 channels. Received: shape "
            f"{array.shape}, data_format={data_format!r}."
        )
    if channels == 1:
        if array.max() > 255:
            return image.fromarray(array[:, :, 0].astype("int32"))
        return image.fromarray(array[:, :, 0].astype("uint8"))
    return image.fromarray(array.astype("uint8"))


def img_to_array(
    img: Any, data_format: str | None = None, dtype: DType = None
) -> np.ndarray:
    """An image of Pillow as an array.

    Args:
        img: an image, or an array of rank 2 or 3.
        data_format: `"channels_last"` or `"channels_first"`.
        dtype: dtype of the array; the configured float type by default.

    Returns:
        `(height, width, channels)`, or with channels first.

    Raises:
        ValueError: for another rank.

    Example:

    >>> import keras, numpy as np
    >>> keras.utils.img_to_array(np.zeros((4, 6))).shape
    (4, 6, 1)
    """
    array = np.asarray(img, dtype=dtype or floatx())
    if array.ndim not in (2, 3):
        raise ValueError(
            "`img_to_array` expects an image of rank 2 or 3. Received: shape "
            f"{array.shape}."
        )
    first = standardize_data_format(data_format) == "channels_first"
    if array.ndim == 2:
        return array[None] if first else array[:, :, None]
    return array.transpose(2, 0, 1) if first else array


def save_img(
    path: Any,
    x: TensorLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array to an image file.

    Args:
        path: a path, or a file opened for writing.
        x: `(height, width, channels)`, or with channels first.
        data_format: `"channels_last"` or `"channels_first"`.
        file_format: such as `"png"`; by default the ending of the path says it.
        scale: whether the values are stretched from 0 to 255.
        **kwargs: given to Pillow.

    Example:

    >>> import keras
    >>> keras.utils.save_img("x.png", [[[0.0], [1.0]]])  # doctest: +SKIP
    """
    img = array_to_img(x, data_format=data_format, scale=scale)
    ending = str(file_format or os.path.splitext(str(path))[1]).lower().lstrip(".")
    if img.mode == "RGBA" and ending in ("jpg", "jpeg"):
        img = img.convert("RGB")  # JPEG has no transparency
    img.save(path, format=file_format, **kwargs)


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Reads an image file.

    Args:
        path: a path, or the file's bytes in an `io.BytesIO`.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`, which keeps whole numbers of 16
            and 32 bits. Else 16 bits are scaled to 8; 32 bits count as they are, and
            floats from 0 to 1 times 255.
        target_size: height and width wanted; None keeps those of the file.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"hamming"`, `"box"` or
            `"lanczos"`.
        keep_aspect_ratio: whether to cut off what does not fit the proportions.

    Returns:
        A `PIL.Image.Image`.

    Raises:
        ImportError: without Pillow.
        ValueError: for an unknown mode or interpolation, or a broken file.
        TypeError: for what is no path.

    Example:

    >>> import keras
    >>> image = keras.utils.load_img("photo.jpg")  # doctest: +SKIP
    """
    image = _pillow("load_img")
    if color_mode not in _MODES:
        raise ValueError(
            f"`load_img` expects `color_mode` to be one of {', '.join(_MODES)}. "
            f"Received: color_mode={color_mode!r}."
        )
    if interpolation not in _FILTERS:
        raise ValueError(
            f"`load_img` expects `interpolation` to be one of {', '.join(_FILTERS)}. "
            f"Received: interpolation={interpolation!r}."
        )
    if not isinstance(path, (str, bytes, Path, io.BytesIO)):
        raise TypeError(
            "`load_img` expects a path or an io.BytesIO. Received: "
            f"{type(path).__name__}."
        )
    try:
        with image.open(path) as file:
            file.load()
            img = file
    except (OSError, SyntaxError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path!r} cannot be read as an image: {error}.") from error
    if color_mode == "grayscale" and img.mode.startswith("I"):
        img = _in_order(img)
    else:
        img = _as_bytes(img, path).convert(_MODES[color_mode])
    if img is file:
        img = img.copy()  # of its own, without the file
    if target_size is None:
        return img
    height, width = target_size
    if (img.width, img.height) == (width, height):
        return img
    box = _middle(img.width, img.height, width, height) if keep_aspect_ratio else None
    return img.resize((width, height), getattr(image, _FILTERS[interpolation]), box=box)


def eight_bits(img: Any) -> Any:
    """An image of 16 bits a pixel as one of 8, from 0 to 255; others as they are.

    Pillow alone would cut off all that is above 255.
    """
    if not img.mode.startswith("I"):
        return img
    pixels = np.clip(np.asarray(img, "int64"), 0, 0xFFFF) >> 8
    return _pillow("load_img").fromarray(pixels.astype("uint8"))


def _in_order(img: Any) -> Any:
    """Whole numbers of more than a byte; 16 bits in the order that Pillow works on."""
    if img.mode in ("I", "I;16"):
        return img
    return _pillow("load_img").fromarray(np.asarray(img).astype("uint16"))


def _as_bytes(img: Any, path: Any) -> Any:
    """An image of pixels from 0 to 255, whatever numbers the file holds.

    16 bits are scaled. 32 have no range of their own: whole numbers count as bytes, as
    in Keras, and floats do unless they lie between 0 and 1, the other usual range.
    """
    # Pillow opens these two formats, which have 16 bits at most, as 32.
    if img.mode.startswith("I;16") or img.format in ("PNG", "PPM"):
        return eight_bits(img)
    if img.mode not in ("I", "F"):
        return img
    pixels = np.nan_to_num(np.asarray(img))
    least, most = pixels.min(initial=0), pixels.max(initial=0)
    if img.mode == "F" and most <= 1 and least >= 0:
        pixels = pixels * 255
    elif most > 255 or least < 0:
        warnings.warn(
            f"{path!r} holds 32-bit pixels from {least} to {most}, which are cut off "
            "at 0 and 255. Scale them first, or, of whole numbers, read all bits with "
            "color_mode='grayscale'.",
            stacklevel=3,
        )
    pixels = np.clip(pixels, 0, 255).astype("uint8")
    return _pillow("load_img").fromarray(pixels)


def _middle(width: int, height: int, to_width: int, to_height: int) -> Any:
    """The largest part in the middle with the proportions wanted."""
    part_width = min(width, max(1, height * to_width // to_height))
    part_height = min(height, max(1, width * to_height // to_width))
    left, top = (width - part_width) // 2, (height - part_height) // 2
    return left, top, left + part_width, top + part_height


def smart_resize(
    x: TensorLike,
    size: Sizes,
    interpolation: str = "bilinear",
    data_format: str | None = "channels_last",
    backend_module: Any = None,
) -> Any:
    """Resizes images without changing proportions: what does not fit is cut off.

    Args:
        x: `(height, width, channels)` or `(batch, height, width, channels)`.
        size: height and width wanted.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or
            `"lanczos5"`.
        data_format: `"channels_last"` or `"channels_first"`.
        backend_module: accepted for compatibility.

    Returns:
        A tensor; a NumPy array for a NumPy array.

    Raises:
        ValueError: if `size` is not two numbers, or `x` of another rank.

    Example:

    >>> import keras, numpy as np
    >>> keras.preprocessing.image.smart_resize(np.zeros((4, 8, 3)), (2, 2)).shape
    (2, 2, 3)
    """
    from keras import ops  # not loaded with `keras.utils`

    del backend_module
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(
            f"`smart_resize` expects `size` to be (height, width). Received: {size!r}."
        )
    rank = len(np.shape(x)) if isinstance(x, (list, tuple)) else len(x.shape)
    if rank not in (3, 4):
        raise ValueError(
            f"`smart_resize` expects images of rank 3 or 4. Received: rank {rank}."
        )
    found = ops.image.resize(
        ops.convert_to_tensor(x),
        tuple(size),
        interpolation=interpolation,
        crop_to_aspect_ratio=True,
        data_format=data_format,
    )
    return ops.convert_to_numpy(found) if isinstance(x, np.ndarray) else found
