"""Endless batches of images: what `ImageDataGenerator` returns."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator as Iterating
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.core.config import floatx, standardize_data_format
from keras.core.typing import DType, TensorLike
from keras.utils import PyDataset, array_to_img

if TYPE_CHECKING:
    from keras._tf_keras.image_data_generator import ImageDataGenerator


class Iterator(PyDataset):
    """Batches of `n` samples, as a dataset and as an endless iterator.

    Derive from it and write `_get_batches_of_transformed_samples(index_array)`, which
    returns the batch of the samples with these numbers. Random numbers are NumPy's; a
    seed sets them anew for each batch.

    Args:
        n: the number of samples.
        batch_size: samples in a batch; the last of an epoch may have fewer.
        shuffle: whether their order is drawn anew in each epoch.
        seed: of NumPy's random state, or None.
        **kwargs: of `keras.utils.PyDataset`.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(
        self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.n, self.batch_size = n, batch_size
        self.shuffle, self.seed = shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.index_array: Any = None
        self.lock = threading.Lock()
        self.index_generator = self._flow_index()

    def _set_index_array(self) -> None:
        order = np.random.permutation if self.shuffle else np.arange
        self.index_array = order(self.n)

    def _seed_of_batch(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if idx >= len(self):
            raise ValueError(
                f"Asked for batch {idx}, but there are {len(self)} batches."
            )
        self._seed_of_batch()
        if self.index_array is None:
            self._set_index_array()
        order: Any = self.index_array
        start = idx * self.batch_size
        return self._get_batches_of_transformed_samples(
            order[start : start + self.batch_size]
        )

    def on_epoch_end(self) -> None:
        """Draws the order of the next epoch."""
        self._set_index_array()

    def reset(self) -> None:
        """Begins an epoch anew."""
        self.batch_index = 0

    def _flow_index(self) -> Iterating[np.ndarray]:
        while self.n:
            self._seed_of_batch()
            if self.batch_index == 0:
                self._set_index_array()
            start = self.batch_index * self.batch_size
            over = start + self.batch_size >= self.n
            self.batch_index = 0 if over else self.batch_index + 1
            yield self.index_array[start : start + self.batch_size]

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        with self.lock:  # threads may share an iterator
            numbers = next(self.index_generator)
        return self._get_batches_of_transformed_samples(numbers)

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} must define "
            "`_get_batches_of_transformed_samples(self, index_array)`: the batch of "
            "the samples with these numbers."
        )


def save_batch(iterator: Any, index_array: Sequence[int], images: np.ndarray) -> None:
    """Writes the images of a batch to `save_to_dir`, where that is given."""
    if not iterator.save_to_dir:
        return
    for number, image in zip(index_array, images, strict=True):
        some = np.random.randint(10**7)  # a sample is saved more than once
        name = f"{iterator.save_prefix}_{number}_{some}.{iterator.save_format}"
        shown = array_to_img(image, iterator.data_format, scale=True)
        shown.save(os.path.join(iterator.save_to_dir, name))


class NumpyArrayIterator(Iterator):
    """Batches of images in memory.

    A batch is `x`, `(x, y)` or `(x, y, sample_weight)`; `x` is a list where there is
    more than images.

    Args:
        x: `(samples, height, width, channels)`, or channels first; or a pair of that
            and one more array, or a list of them, which are batched with it.
        y: labels, or None.
        image_data_generator: what changes the images.
        batch_size: samples in a batch.
        shuffle: whether their order is random.
        sample_weight: `(samples,)`, or None.
        seed: of NumPy's random state, or None.
        data_format: `"channels_last"` or `"channels_first"`.
        save_to_dir: a folder that batches are saved to, to look at; or None.
        save_prefix: how the names of those files begin.
        save_format: how they end.
        subset: `"training"`, `"validation"` or None for all.
        ignore_class_split: whether the subsets may differ in their classes.
        dtype: of the batches of images.

    Raises:
        ValueError: for arrays of different lengths or ranks, a subset that there is
            not, or subsets that differ in their classes.
    """

    def __init__(
        self,
        x: TensorLike,
        y: TensorLike | None,
        image_data_generator: ImageDataGenerator,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: TensorLike | None = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: DType = None,
    ) -> None:
        self.dtype = dtype = floatx() if dtype is None else dtype
        x, misc = _images_and_more(x)
        labels = None if y is None else np.asarray(y)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        _check_lengths(len(x), {"y": labels, "sample_weight": weights})
        if subset is not None:
            split = int(len(x) * image_data_generator._validation_split)
            part = _part(subset, split)
            if labels is not None and not ignore_class_split:
                _check_classes(labels[:split], labels[split:])
            x, misc = x[part], [each[part] for each in misc]
            labels = None if labels is None else labels[part]
            weights = None if weights is None else weights[part]
        self.x, self.x_misc = np.asarray(x, dtype=dtype), misc
        self.y, self.sample_weight = labels, weights
        self.data_format = standardize_data_format(data_format)
        check_images("NumpyArrayIterator", self.x, self.data_format, stacklevel=4)
        self.image_data_generator = image_data_generator
        self.save_to_dir, self.save_prefix = save_to_dir, save_prefix
        self.save_format = save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        generator = self.image_data_generator
        shape = (len(index_array), *self.x.shape[1:])
        images: np.ndarray = np.zeros(shape, dtype=self.dtype)
        for place, number in enumerate(index_array):
            image = self.x[number].astype(self.dtype)
            images[place] = generator.standardize(generator.random_transform(image))
        save_batch(self, index_array, images)
        more = [each[index_array] for each in self.x_misc]
        x = [images, *more] if more else images
        if self.y is None:
            return x
        rest = [each for each in (self.y, self.sample_weight) if each is not None]
        return (x, *(each[index_array] for each in rest))


def _images_and_more(x: TensorLike) -> tuple[Any, list[np.ndarray]]:
    if not isinstance(x, (tuple, list)):
        return np.asarray(x), []
    more = x[1] if isinstance(x[1], list) else [x[1]]
    misc = [np.asarray(each) for each in more]
    for each in misc:
        if len(each) != len(x[0]):
            raise ValueError(
                "All arrays of `x` must be of one length. Received: lengths "
                f"{len(x[0])} and {len(each)}."
            )
    return np.asarray(x[0]), misc


def _check_lengths(samples: int, others: dict[str, Any]) -> None:
    for name, array in others.items():
        if array is not None and len(array) != samples:
            raise ValueError(
                f"`x` and `{name}` must be of one length. Received: {samples} images "
                f"and `{name}` of shape {array.shape}."
            )


def check_images(who: str, x: np.ndarray, data_format: str, stacklevel: int) -> None:
    """Refuses what is no batch of images, and warns of a strange number of channels."""
    if x.ndim != 4:
        raise ValueError(
            f"{who} expects images of rank 4. Received an array of shape {x.shape}."
        )
    axis = 3 if data_format == "channels_last" else 1
    if x.shape[axis] not in {1, 3, 4}:
        warnings.warn(
            f"{who} expects 1, 3 or 4 channels, on axis {axis} ({data_format}). "
            f"Received an array of shape {x.shape}.",
            stacklevel=stacklevel,
        )


def check_subset(subset: str | None) -> None:
    """Refuses a part of the data that there is not."""
    if subset not in {None, "training", "validation"}:
        raise ValueError(
            f'`subset` must be "training" or "validation". Received: {subset!r}.'
        )


def _part(subset: str, split: int) -> slice:
    check_subset(subset)
    return slice(split) if subset == "validation" else slice(split, None)


def _check_classes(validation: np.ndarray, training: np.ndarray) -> None:
    if not np.array_equal(np.unique(validation), np.unique(training)):
        raise ValueError(
            "The training and the validation subset hold different classes. If the "
            "arrays are sorted by label, shuffle them first, or pass "
            "`ignore_class_split=True`."
        )
