"""Batches of image files: those of a folder, and those that a table names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator as Iterating
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras._tf_keras.image_iterators import Iterator, check_subset, save_batch
from keras.core.config import floatx, standardize_data_format
from keras.core.typing import DType
from keras.utils import img_to_array, load_img
from keras.utils.messages import show

if TYPE_CHECKING:
    from keras._tf_keras.image_data_generator import ImageDataGenerator

_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}


class BatchFromFilesMixin:
    """What iterators over files share: how files are read, what goes with them.

    The iterator has `filepaths`, `labels`, `sample_weight`, `class_mode` and `dtype`.
    """

    allowed_class_modes: frozenset[str | None] = frozenset()

    def set_processing_attrs(
        self,
        image_data_generator: ImageDataGenerator | None,
        target_size: Sequence[int],
        color_mode: str,
        data_format: str | None,
        save_to_dir: str | None,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> None:
        """Keeps how files become images.

        Args:
            image_data_generator: what changes the images; None leaves them.
            target_size: height and width that they are resized to.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            data_format: `"channels_last"` or `"channels_first"`.
            save_to_dir: a folder that batches are saved to; or None.
            save_prefix: how the names of those files begin.
            save_format: how they end.
            subset: `"training"`, `"validation"` or None for all.
            interpolation: of `keras.utils.load_img`.
            keep_aspect_ratio: whether images are cropped rather than stretched.

        Raises:
            ValueError: for a color mode or subset that there is not.
        """
        if color_mode not in _CHANNELS:
            raise ValueError(
                f"`color_mode` must be one of {tuple(_CHANNELS)}. Received: "
                f"{color_mode!r}."
            )
        self.image_data_generator = image_data_generator
        self.target_size = tuple(target_size)
        self.color_mode = color_mode
        self.data_format = standardize_data_format(data_format)
        channels = (_CHANNELS[color_mode],)
        last = self.data_format == "channels_last"
        sizes = (*self.target_size, *channels), (*channels, *self.target_size)
        self.image_shape = sizes[0] if last else sizes[1]
        self.save_to_dir, self.save_prefix = save_to_dir, save_prefix
        self.save_format, self.interpolation = save_format, interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        self.subset = subset
        self.split = self._split_of(subset)

    def _split_of(self, subset: str | None) -> tuple[float, float] | None:
        """The part of the files, of each class, that is asked for."""
        check_subset(subset)
        generator = self.image_data_generator
        if subset is None or generator is None:
            return None
        share = generator._validation_split
        return (0, share) if subset == "validation" else (share, 1)

    def _check_class_mode(self, class_mode: str | None) -> None:
        if class_mode not in self.allowed_class_modes:
            allowed = sorted(map(repr, self.allowed_class_modes))
            raise ValueError(
                f"`class_mode` must be one of {', '.join(allowed)}. Received: "
                f"{class_mode!r}."
            )

    @property
    def filepaths(self) -> list[str]:
        """The path of each file."""
        raise NotImplementedError(f"{type(self).__name__} must define `filepaths`.")

    @property
    def labels(self) -> Any:
        """What belongs to each file."""
        raise NotImplementedError(f"{type(self).__name__} must define `labels`.")

    @property
    def sample_weight(self) -> Any:
        """The weight of each file, or None."""
        raise NotImplementedError(f"{type(self).__name__} must define `sample_weight`.")

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        dtype: Any = getattr(self, "dtype", None) or floatx()
        shape = (len(index_array), *self.image_shape)
        images: np.ndarray = np.zeros(shape, dtype=dtype)
        paths = self.filepaths
        for place, number in enumerate(index_array):
            images[place] = self._image(paths[number])
        save_batch(self, index_array, images)
        mode = getattr(self, "class_mode", None)
        if mode is None:
            return images
        targets = self._targets(mode, index_array, images, dtype)
        if self.sample_weight is None:
            return images, targets
        return images, targets, self.sample_weight[index_array]

    def _image(self, path: str) -> np.ndarray:
        file = load_img(
            path,
            color_mode=self.color_mode,
            target_size=self.target_size,
            interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )
        image = img_to_array(file, data_format=self.data_format)
        generator = self.image_data_generator
        if generator is None:
            return image
        return generator.standardize(generator.random_transform(image))

    def _targets(
        self, mode: str, index_array: Any, images: np.ndarray, dtype: Any
    ) -> Any:
        if mode == "input":
            return images.copy()
        labels = self.labels
        if mode == "multi_output":
            return [each[index_array] for each in labels]
        if mode == "raw":
            return labels[index_array]
        if mode in {"binary", "sparse"}:
            return np.asarray(labels)[index_array].astype(dtype)
        classes: dict[str, int] = getattr(self, "class_indices")  # noqa: B009
        targets = np.zeros((len(images), len(classes)), dtype=dtype)
        for place, number in enumerate(index_array):
            targets[place, labels[number]] = 1.0
        return targets


class DirectoryIterator(BatchFromFilesMixin, Iterator):
    """Batches of the image files in a folder that has a folder for each class.

    Args:
        directory: the folder.
        image_data_generator: what changes the images.
        target_size: height and width that they are resized to.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        classes: names of folders, in the order of the classes; all by default.
        class_mode: `"categorical"` for one-hot labels, `"binary"` and `"sparse"` for
            numbers, `"input"` for the images once more, None for no labels.
        batch_size: files in a batch.
        shuffle: whether their order is random.
        seed: of NumPy's random state, or None.
        data_format: `"channels_last"` or `"channels_first"`.
        save_to_dir: a folder that batches are saved to, to look at; or None.
        save_prefix: how the names of those files begin.
        save_format: how they end.
        follow_links: whether links to folders are followed.
        subset: `"training"`, `"validation"` or None for all.
        interpolation: of `keras.utils.load_img`.
        keep_aspect_ratio: whether images are cropped rather than stretched.
        dtype: of the batches.

    Raises:
        ValueError: for a mode or subset that there is not.
    """

    allowed_class_modes = frozenset(("categorical", "binary", "sparse", "input", None))

    def __init__(
        self,
        directory: str,
        image_data_generator: ImageDataGenerator,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: DType = None,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        self._check_class_mode(class_mode)
        self.directory, self.class_mode = directory, class_mode
        self.dtype = floatx() if dtype is None else dtype
        if not classes:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
            classes = [entry.name for entry in entries if entry.is_dir()]
        self.num_classes = len(classes)
        self.class_indices = {name: number for number, name in enumerate(classes)}
        self.filenames: list[str] = []
        numbers: list[int] = []
        for name, number in self.class_indices.items():
            files = list(self._files(os.path.join(directory, name), follow_links))
            if self.split is not None:
                first, end = (int(share * len(files)) for share in self.split)
                files = files[first:end]
            self.filenames += [os.path.relpath(file, directory) for file in files]
            numbers += [number] * len(files)
        self.classes = np.array(numbers, dtype="int32")
        self.samples = len(numbers)
        show(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        self._filepaths = [os.path.join(directory, file) for file in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _files(self, folder: str, follow_links: bool) -> Iterating[str]:
        """The image files below a folder, in order."""
        for root, _, names in sorted(os.walk(folder, followlinks=follow_links)):
            for name in sorted(names):
                if is_image(name):
                    yield os.path.join(root, name)

    @property
    def filepaths(self) -> list[str]:
        """The path of each file."""
        return self._filepaths

    @property
    def labels(self) -> np.ndarray:
        """The number of the class of each file."""
        return self.classes

    @property
    def sample_weight(self) -> None:
        """None: files of a folder weigh the same."""
        return None


def is_image(name: str) -> bool:
    """Whether the name of a file ends as that of an image."""
    return name.lower().endswith(tuple(f".{x}" for x in Iterator.white_list_formats))


class DataFrameIterator(BatchFromFilesMixin, Iterator):
    """Batches of the image files that a column of a table names.

    Args:
        dataframe: a `pandas.DataFrame`.
        directory: the folder that the names start from; None where they are paths.
        image_data_generator: what changes the images; None leaves them.
        x_col: the column of names.
        y_col: the column of labels, or a list of columns.
        weight_col: a column of weights, or None.
        target_size: height and width that images are resized to.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        classes: names of classes, in their order; rows of others are left out. By
            default all that occur, sorted.
        class_mode: `"categorical"` for one-hot labels (a list in a row is several),
            `"binary"` and `"sparse"` for numbers, `"raw"` for the values of the
            columns, `"multi_output"` for a list with the values of each, `"input"` for
            the images once more, None for no labels.
        batch_size: files in a batch.
        shuffle: whether their order is random.
        seed: of NumPy's random state, or None.
        data_format: `"channels_last"` or `"channels_first"`.
        save_to_dir: a folder that batches are saved to, to look at; or None.
        save_prefix: how the names of those files begin.
        save_format: how they end.
        subset: `"training"`, `"validation"` or None for all.
        interpolation: of `keras.utils.load_img`.
        keep_aspect_ratio: whether images are cropped rather than stretched.
        dtype: of the batches.
        validate_filenames: whether rows whose file there is not are left out.

    Raises:
        TypeError: for columns of the wrong kind.
        ValueError: for a mode or subset that there is not, or other than two classes
            of `"binary"`.
    """

    allowed_class_modes = frozenset(
        ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)
    )

    def __init__(
        self,
        dataframe: Any,
        directory: str | None = None,
        image_data_generator: ImageDataGenerator | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: DType = "float32",
        validate_filenames: bool = True,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        self.directory, self.class_mode = directory or "", class_mode
        self.dtype = dtype
        self._check_columns(dataframe, x_col, y_col, weight_col, classes)
        table = dataframe.copy()
        if validate_filenames:
            table = self._with_files(table, x_col)
        if class_mode in _OF_CLASSES:
            table = self._number(table, y_col, classes)
        if self.split is not None:
            first, end = (int(share * len(table)) for share in self.split)
            table = table.iloc[first:end]
            if class_mode in _OF_CLASSES:
                self.classes = self.classes[first:end]
        self._labels: Any = None
        if class_mode == "multi_output":
            self._labels = [np.array(table[column].tolist()) for column in y_col]
        elif class_mode == "raw":
            self._labels = table[y_col].values
        self._sample_weight = table[weight_col].values if weight_col else None
        self.filenames = table[x_col].tolist()
        self.samples = len(self.filenames)
        self._filepaths = [os.path.join(self.directory, x) for x in self.filenames]
        sort = "validated" if validate_filenames else "non-validated"
        among = ""
        if class_mode in _OF_CLASSES:
            among = f" belonging to {len(self.class_indices)} classes"
        show(f"Found {self.samples} {sort} image filenames{among}.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _check_columns(
        self, table: Any, x_col: str, y_col: Any, weight_col: Any, classes: Any
    ) -> None:
        self._check_class_mode(self.class_mode)
        mode = self.class_mode
        if not all(isinstance(value, str) for value in table[x_col]):
            raise TypeError(
                f"Column x_col={x_col!r} must hold strings, the names of files."
            )
        if mode == "multi_output" and not isinstance(y_col, (list, tuple)):
            raise TypeError(
                '`class_mode="multi_output"` needs a list of columns as `y_col`. '
                f"Received: {y_col!r}."
            )
        kinds = {"categorical": (str, list, tuple), "binary": (str,), "sparse": (str,)}
        if mode in kinds and not all(isinstance(x, kinds[mode]) for x in table[y_col]):
            names = " or ".join(kind.__name__ for kind in kinds[mode])
            raise TypeError(
                f'`class_mode="{mode}"` needs values of type {names} in column '
                f"y_col={y_col!r}."
            )
        if mode == "binary":
            found = len(set(classes)) if classes else table[y_col].nunique()
            if found != 2:
                raise ValueError(
                    f'`class_mode="binary"` needs 2 classes. Found {found} classes.'
                )
        if weight_col and table[weight_col].dtype.kind not in "iufc":
            raise TypeError(f"Column weight_col={weight_col!r} must be numeric.")

    def _with_files(self, table: Any, x_col: str) -> Any:
        """The rows whose file is there and ends as an image does."""
        paths = [os.path.join(self.directory, name) for name in table[x_col]]
        there = np.array([is_image(x) and os.path.isfile(x) for x in paths], dtype=bool)
        missing = int((~there).sum())
        if missing:
            warnings.warn(
                f"{missing} file(s) of column x_col={x_col!r} are not there, or no "
                "images. They are left out.",
                stacklevel=4,
            )
        return table[there]

    def _number(self, table: Any, y_col: Any, classes: Any) -> Any:
        """Numbers the classes; the rows that belong to one."""
        lists = [[x] if isinstance(x, str) else list(x) for x in table[y_col]]
        names = classes or sorted({name for row in lists for name in row})
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        self.class_indices = numbers
        known = [[numbers[name] for name in row if name in numbers] for row in lists]
        several = any(not isinstance(x, str) for x in table[y_col])
        self.classes: list[Any] = [x if several else x[0] for x in known if x]
        return table[np.array([bool(x) for x in known], dtype=bool)]

    @property
    def filepaths(self) -> list[str]:
        """The path of each file."""
        return self._filepaths

    @property
    def labels(self) -> Any:
        """The class of each file, or the values of its columns."""
        return self.classes if self.class_mode in _OF_CLASSES else self._labels

    @property
    def sample_weight(self) -> np.ndarray | None:
        """The weight of each file, or None."""
        return self._sample_weight


_OF_CLASSES = frozenset(("binary", "categorical", "sparse"))
