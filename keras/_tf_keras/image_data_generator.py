"""`ImageDataGenerator`: batches of images that are changed at random on the way."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras._tf_keras.image_files import DataFrameIterator, DirectoryIterator
from keras._tf_keras.image_iterators import NumpyArrayIterator, check_images
from keras._tf_keras.images import (
    apply_affine_transform,
    apply_channel_shift,
    flip_axis,
    lit,
    pair,
    zoom_factors,
)
from keras.core.config import floatx, standardize_data_format
from keras.core.typing import DType, TensorLike

_TINY = 1e-6  # added to what is divided by


class ImageDataGenerator:
    """Changes images at random, brings them to a scale, and makes batches of them.

    New programs use `keras.utils.image_dataset_from_directory` and the preprocessing
    layers. Random numbers are NumPy's: `numpy.random.seed` makes them repeat.

    Args:
        featurewise_center: whether the mean of the data, of each channel, is taken off.
        samplewise_center: whether the mean of each image is taken off.
        featurewise_std_normalization: whether images are divided by the standard
            deviation of the data, of each channel.
        samplewise_std_normalization: whether each is divided by its own.
        zca_whitening: whether pixels are made independent of each other (ZCA).
        zca_epsilon: added to the singular values for it.
        rotation_range: degrees to either side.
        width_shift_range: a fraction of the width, pixels if an integer or 1 or more,
            or a list of possible shifts.
        height_shift_range: the same of the height.
        brightness_range: the least and the largest factor of brightness.
        shear_range: degrees to either side.
        zoom_range: `[least, largest]`, or a number for `[1 - zoom, 1 + zoom]`.
        channel_shift_range: the largest number that is added to an image.
        fill_mode: what lies beyond an image: `"constant"`, `"nearest"`, `"reflect"` or
            `"wrap"`.
        cval: the value there for `"constant"`.
        horizontal_flip: whether half of the images are mirrored.
        vertical_flip: whether half of them stand on their head.
        rescale: a factor for all values; none if 0 or None.
        preprocessing_function: what is done to each image, of rank 3, after it is
            changed and before it is scaled.
        data_format: `"channels_last"` or `"channels_first"`.
        validation_split: the part of the data that is `subset="validation"`.
        interpolation_order: of the spline that is between pixels.
        dtype: of the arrays.

    Raises:
        ValueError: for ranges that are none.

    Example:

    >>> import numpy as np
    >>> from keras._tf_keras.keras.preprocessing.image import ImageDataGenerator
    >>> generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    >>> images = np.full((6, 4, 4, 3), 255.0)
    >>> batches = generator.flow(images, np.arange(6), batch_size=4)
    >>> x, y = batches[0]
    >>> x.shape, float(x.max()), len(batches)
    ((4, 4, 4, 3), 1.0, 2)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Any], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: DType = None,
    ) -> None:
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        if brightness_range is not None:
            pair("brightness_range", brightness_range)
        self.brightness_range: Any = brightness_range
        self.zoom_range = _checked_zoom(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode, self.cval = fill_mode, cval
        self.interpolation_order = interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format = standardize_data_format(data_format)
        last = self.data_format == "channels_last"
        self.channel_axis = 3 if last else 1
        self.row_axis, self.col_axis = (1, 2) if last else (2, 3)
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must lie between 0 and 1. Received: "
                f"{validation_split!r}."
            )
        self._validation_split = validation_split
        self.dtype = floatx() if dtype is None else dtype
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None
        self._settle_what_needs_what()

    def _settle_what_needs_what(self) -> None:
        if self.zca_whitening:
            self._turn("zca_whitening", "featurewise_center", True)
            self._turn("zca_whitening", "featurewise_std_normalization", False)
        if self.featurewise_std_normalization:
            self._turn("featurewise_std_normalization", "featurewise_center", True)
        if self.samplewise_std_normalization:
            self._turn("samplewise_std_normalization", "samplewise_center", True)

    def _turn(self, cause: str, other: str, value: bool) -> None:
        if bool(getattr(self, other)) != value:
            setattr(self, other, value)
            warnings.warn(
                f"`{cause}` needs {other}={value}: that is set, whatever was given.",
                stacklevel=5,
            )

    # Batches --------------------------------------------------------------------------

    def flow(
        self,
        x: TensorLike,
        y: TensorLike | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: TensorLike | None = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Endless batches of images in memory; see `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory: str,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Endless batches of image files, a folder a class; see `DirectoryIterator`."""
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Endless batches of image files that a table names; see `DataFrameIterator`.

        `has_ext`, `sort` and `drop_duplicates` of older programs have no effect.
        """
        for name in {"has_ext", "sort", "drop_duplicates"} & set(kwargs):
            warnings.warn(
                f"`{name}` is deprecated and has no effect: rows are taken as they "
                "are, with complete file names.",
                DeprecationWarning,
                stacklevel=2,
            )
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            validate_filenames=validate_filenames,
            dtype=self.dtype,
        )

    # Random changes -------------------------------------------------------------------

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | None = None
    ) -> dict[str, Any]:
        """Draws what `apply_transform` is to do to an image of this shape.

        Args:
            img_shape: three sizes.
            seed: of NumPy's random state.
        """
        if seed is not None:
            np.random.seed(seed)
        draw = np.random.uniform
        found: dict[str, Any] = {"theta": 0, "tx": 0, "ty": 0, "shear": 0}
        # The order of the draws is Keras's: a seed gives the same images.
        if self.rotation_range:
            found["theta"] = draw(-self.rotation_range, self.rotation_range)
        if self.height_shift_range:
            rows = img_shape[self.row_axis - 1]
            found["tx"] = _shift(self.height_shift_range, rows)
        if self.width_shift_range:
            columns = img_shape[self.col_axis - 1]
            found["ty"] = _shift(self.width_shift_range, columns)
        if self.shear_range:
            found["shear"] = draw(-self.shear_range, self.shear_range)
        found["zx"], found["zy"] = zoom_factors(*self.zoom_range)
        found["flip_horizontal"] = (np.random.random() < 0.5) * self.horizontal_flip
        found["flip_vertical"] = (np.random.random() < 0.5) * self.vertical_flip
        most = self.channel_shift_range
        found["channel_shift_intensity"] = draw(-most, most) if most else None
        lights = self.brightness_range
        found["brightness"] = draw(*lights) if lights is not None else None
        return found

    def apply_transform(
        self, x: np.ndarray, transform_parameters: dict[str, Any]
    ) -> np.ndarray:
        """Changes an image of rank 3 as the parameters say.

        Args:
            x: the image.
            transform_parameters: any of `theta` and `shear` in degrees, `tx` and `ty`
                in pixels, `zx` and `zy`, `flip_horizontal`, `flip_vertical`,
                `channel_shift_intensity`, `brightness`.
        """
        given = transform_parameters
        row, column = self.row_axis - 1, self.col_axis - 1
        channel = self.channel_axis - 1
        moves = ("theta", "tx", "ty", "shear", "zx", "zy")
        x = apply_affine_transform(
            x,
            **{name: given[name] for name in moves if name in given},
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if given.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given["channel_shift_intensity"], channel)
        if given.get("flip_horizontal", False):
            x = flip_axis(x, column)
        if given.get("flip_vertical", False):
            x = flip_axis(x, row)
        if given.get("brightness") is not None:
            x = lit(x, given["brightness"], False, self.data_format)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Changes an image of rank 3 at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    # Scales ---------------------------------------------------------------------------

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """Brings values to the scale that is asked for, in place where possible.

        Args:
            x: an image, or a batch of them, of a floating dtype.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + _TINY
        if self.featurewise_center and self._fitted("featurewise_center", self.mean):
            x -= self.mean
        if self.featurewise_std_normalization and self._fitted(
            "featurewise_std_normalization", self.std
        ):
            x /= self.std + _TINY
        if self.zca_whitening and self._fitted(
            "zca_whitening", self.zca_whitening_matrix
        ):
            matrix = self.zca_whitening_matrix
            x = np.reshape(x.reshape(-1, matrix.shape[0]) @ matrix, x.shape)
        return x

    def _fitted(self, name: str, value: Any) -> bool:
        if value is None:
            warnings.warn(
                f"This ImageDataGenerator specifies `{name}`, but it has not seen the "
                "data: call `fit(x)` first. The images are left as they are.",
                stacklevel=4,
            )
        return value is not None

    def fit(
        self,
        x: TensorLike,
        augment: bool = False,
        rounds: int = 1,
        seed: int | None = None,
    ) -> None:
        """Learns the mean, the standard deviation and the whitening of data.

        Only the settings about the data as a whole, `featurewise_center` and so on,
        need it.

        Args:
            x: `(samples, height, width, channels)`, or channels first.
            augment: whether randomly changed images are learnt from.
            rounds: how often each image is then changed.
            seed: of NumPy's random state.

        Raises:
            ValueError: for another rank.
        """
        x = np.array(x, dtype=self.dtype)
        check_images("`fit`", x, self.data_format, stacklevel=3)
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            x *= self.rescale
        if augment:
            changed = [self.random_transform(one) for _ in range(rounds) for one in x]
            x = np.array(changed, dtype=self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes, keepdims=True)[0]
            x /= self.std + _TINY
        if self.zca_whitening:
            self.zca_whitening_matrix = _whitening(x, self.zca_epsilon)


def _whitening(x: np.ndarray, epsilon: float) -> np.ndarray:
    """ZCA: the matrix that makes the pixels of centred images uncorrelated."""
    flat = x.reshape(len(x), -1)
    u, values, _ = np.linalg.svd(flat.T, full_matrices=False)
    return (u * (math.sqrt(len(x)) / (values + epsilon))) @ u.T


def _shift(given: Any, size: int) -> Any:
    """Pixels to move by: one of a list or of whole numbers, or a part of the size."""
    if isinstance(given, (int, np.integer)) or np.ndim(given) == 1:
        pixels = np.random.choice(given) * np.random.choice([-1, 1])
    else:
        pixels = np.random.uniform(-given, given)
    return pixels * size if np.max(given) < 1 else pixels


def _checked_zoom(given: Any) -> list[float]:
    if isinstance(given, (int, float)):
        return [1 - given, 1 + given]
    if isinstance(given, str) or np.shape(given) != (2,):
        raise ValueError(
            "`zoom_range` must be a float or a tuple or list of two floats. Received: "
            f"{given!r}."
        )
    return [given[0], given[1]]
