"""Images as networks trained on ImageNet expect them, and what their scores mean."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from keras import ops
from keras.core import config
from keras.core.keras_tensor import is_keras_tensor
from keras.core.surface import listing
from keras.core.typing import TensorLike
from keras.utils.get_file import get_file

__all__ = ["decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

CLASSES = 1000
_CLASS_INDEX = "https://storage.googleapis.com/download.tensorflow.org/data/"


class _Mode(NamedTuple):
    """`(x / scale - mean) / deviation`, of blue, green, red where `bgr`."""

    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    bgr: bool = False


_MODES = {
    "caffe": _Mode(mean=(103.939, 116.779, 123.68), bgr=True),
    "tf": _Mode(scale=127.5, mean=(1.0,)),
    "torch": _Mode(255.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def preprocess_input(
    x: TensorLike, data_format: str | None = None, mode: str = "caffe"
) -> TensorLike:
    """Pixels from 0 to 255 as a network expects them.

    Args:
        x: images `(height, width, 3)` or a batch of them, red, green and blue: an
            array, a tensor or a KerasTensor. It is left as it is.
        data_format: `"channels_last"` or `"channels_first"`; None for that of
            `keras.config.image_data_format()`.
        mode: `"caffe"` (blue, green, red, less the mean of ImageNet), `"tf"` (from
            -1 to 1) or `"torch"` (from 0 to 1, less the mean of ImageNet, over the
            standard deviation).

    Returns:
        An array for an array, else a tensor; floating point, `floatx()` for integers.

    Raises:
        ValueError: for an unknown mode or layout, or channels that are not three.

    Example:

    >>> import numpy as np
    >>> from keras.applications import imagenet_utils
    >>> x = np.full((1, 2, 2, 3), 255.0)
    >>> float(imagenet_utils.preprocess_input(x, mode="tf").max())
    1.0
    """
    if mode not in _MODES:
        raise ValueError(
            f"Unknown mode: {mode!r}. Expected one of: {', '.join(_MODES)}."
        )
    data_format = data_format or config.image_data_format()
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            f"Unknown data_format: {data_format!r}. Expected 'channels_last' or "
            "'channels_first'."
        )
    if not (ops.is_tensor(x) or is_keras_tensor(x)):
        x = np.asarray(x)
    return _preprocess(x, -1 if data_format == "channels_last" else -3, _MODES[mode])


def _preprocess(x: TensorLike, axis: int, mode: _Mode) -> TensorLike:
    colored = len(mode.mean) == 3
    if colored and (len(x.shape) < -axis or x.shape[axis] not in (3, None)):
        raise ValueError(
            f"Expected images with three channels on axis {axis}, red, green and blue. "
            f"Received: shape {tuple(x.shape)}."
        )
    numeric: Any = np if isinstance(x, np.ndarray) else ops
    dtype = ops.dtype(x)
    if "float" not in dtype:
        dtype = config.floatx()
        x = x.astype(dtype) if numeric is np else ops.cast(x, dtype)
    if mode.bgr:
        x = numeric.flip(x, axis)
    along = (-1,) + (1,) * (-axis - 1)
    mean, deviation = (
        np.reshape(values, along).astype(dtype)
        for values in (mode.mean, mode.deviation)
    )
    return numeric.divide(
        numeric.subtract(numeric.divide(x, mode.scale), mean), deviation
    )


class Preprocess(Protocol):
    """`preprocess_input` of one family of networks."""

    def __call__(self, x: TensorLike, data_format: str | None = None) -> TensorLike:
        """Pixels from 0 to 255 as the networks of this family expect them."""
        ...


def preprocessing(mode: str | None) -> Preprocess:
    """The `preprocess_input` of a family of networks.

    Args:
        mode: that of `preprocess_input`; None where the models take pixels as they
            are, because they begin with layers that scale them.
    """

    def preprocess_input(x: TensorLike, data_format: str | None = None) -> TensorLike:
        return x if mode is None else _with_mode(x, data_format, mode)

    preprocess_input.__doc__ = (
        "Pixels from 0 to 255 as the networks of this family expect them: "
        + ("as they are." if mode is None else f"mode {mode!r} of imagenet_utils.")
    )
    return preprocess_input


_with_mode = preprocess_input


def decode_predictions(
    preds: TensorLike, top: int = 5
) -> list[list[tuple[str, str, float]]]:
    """The classes of ImageNet that score highest.

    The names of the classes are downloaded at the first use.

    Args:
        preds: scores `(batch, 1000)`.
        top: how many classes to return for each sample.

    Returns:
        For each sample tuples `(WordNet id, name, score)`, the highest score first.

    Raises:
        ValueError: if `preds` are not scores of 1000 classes.
    """
    scores = ops.convert_to_numpy(preds)
    if scores.ndim != 2 or scores.shape[1] != CLASSES:
        raise ValueError(
            "decode_predictions needs scores of the 1000 classes of ImageNet, in the "
            f"shape (batch, 1000). Received: shape {scores.shape}. A model made with "
            "other `classes` or with include_top=False has no such scores."
        )
    classes = _classes()
    highest = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [
        [(*classes[index], row[index]) for index in order]
        for row, order in zip(scores, highest, strict=True)
    ]


@cache
def _classes() -> list[tuple[str, str]]:
    path = get_file(
        "imagenet_class_index.json",
        _CLASS_INDEX + "imagenet_class_index.json",
        cache_subdir="models",
        file_hash="c2c37ea517e94d9795004a39431a14cb",
    )
    with open(path, encoding="utf-8") as file:
        index = json.load(file)
    return [tuple(index[str(number)]) for number in range(CLASSES)]
