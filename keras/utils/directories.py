"""Data sets of the files in a folder, whose folders are the classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from keras.backends import backend_scope, load
from keras.core.config import standardize_data_format
from keras.core.typing import TensorLike
from keras.utils.batches import Batches, as_dataset, checked_count
from keras.utils.images import eight_bits, img_to_array, load_img
from keras.utils.messages import show

_IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_LABEL_MODES = ("int", "categorical", "binary", None)


class Folder:
    """The files of a folder and their labels.

    Args:
        directory: its path.
        labels: `"inferred"`: each folder in it is a class; a list of a label for each
            file, in the order of their paths; None for none.
        label_mode: `"int"`, which takes labels of any kind as they are;
            `"categorical"`, `"binary"` or None.
        class_names: the folders to take, in the order of their labels.
        endings: those of the files that count.
        follow_links: whether to go into folders that are links.
    """

    def __init__(
        self,
        directory: Any,
        labels: TensorLike,
        label_mode: str | None,
        class_names: Sequence[str] | None,
        endings: tuple[str, ...],
        follow_links: bool,
    ) -> None:
        if label_mode not in _LABEL_MODES:
            raise ValueError(
                "`label_mode` must be 'int', 'categorical', 'binary' or None. "
                f"Received: label_mode={label_mode!r}."
            )
        root = os.fsdecode(directory)
        if labels is None or label_mode is None:
            labels, label_mode = None, None
        inferred = isinstance(labels, str)
        if inferred and labels != "inferred":
            raise ValueError(
                "`labels` must be 'inferred', a list of labels, or None. Received: "
                f"labels={labels!r}."
            )
        if not inferred and class_names:
            raise ValueError(
                "`class_names` belong to labels='inferred'. Received: "
                f"labels={type(labels).__name__}."
            )
        tops = _classes(root, class_names) if inferred else [""]
        self.paths: list[str] = []
        numbers: list[int] = []
        for number, top in enumerate(tops):
            files = _files(os.path.join(root, top), endings, follow_links)
            self.paths += files
            numbers += [number] * len(files)
        if not self.paths:
            raise ValueError(
                f"No files were found in {root!r}. Files of these kinds count: "
                f"{', '.join(endings)}."
            )
        self.mode = label_mode
        self.labels: np.ndarray | None = None
        self.class_names: list[str] | None = None
        if inferred:
            self.labels, self.class_names = np.asarray(numbers), tops
        elif label_mode is not None:
            self.labels = np.asarray(labels)
            if len(self.labels) != len(self.paths):
                raise ValueError(
                    f"`labels` must have one for each of the {len(self.paths)} files "
                    f"in {root!r}. Received: {len(self.labels)}."
                )
            self.class_names = [str(x) for x in sorted(set(self.labels.tolist()))]
        self._check_classes()

    def _check_classes(self) -> None:
        """Labels of a label mode in which they are numbers of classes."""
        if self.labels is None or self.class_names is None or self.mode == "int":
            return
        count = len(self.class_names)
        if self.mode == "binary" and count != 2:
            raise ValueError(
                f"label_mode='binary' needs two classes. Received: {self.class_names}."
            )
        if set(self.labels.tolist()) - set(range(count)):
            raise ValueError(
                f"With label_mode={self.mode!r}, `labels` must be the numbers of the "
                f"classes: from 0 to {count - 1}, as there are {count}. Received: "
                f"{', '.join(self.class_names[:10])}."
            )

    def encoded(self, indices: np.ndarray) -> Any:
        """Labels in the form asked for; None without labels."""
        if self.labels is None:
            return None
        found = self.labels[indices]
        if self.mode == "categorical":
            count = len(self.class_names or ())
            return np.eye(count, dtype="float32")[found.astype(int)]
        if self.mode == "binary":
            return found.astype("float32")[:, None]
        if found.dtype.kind in "OSU":
            return found.astype(object)
        return found.astype("float32" if found.dtype.kind == "f" else "int32")


def _classes(root: str, class_names: Sequence[str] | None) -> list[str]:
    """The folders that are classes. Hidden ones are none: editors leave them behind."""
    found = sorted(
        name
        for name in os.listdir(root)
        if os.path.isdir(os.path.join(root, name)) and not name.startswith(".")
    )
    chosen = list(class_names or found)
    if not set(chosen) <= set(found) or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"`class_names` must be names of the folders in {root!r}, each once: "
            f"{found}. Received: class_names={chosen}."
        )
    return chosen


def _files(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    found = []
    for parent, folders, names in os.walk(folder, followlinks=follow_links):
        folders.sort()
        found += [
            os.path.join(parent, name)
            for name in sorted(names)
            if name.lower().endswith(endings)
        ]
    return found


def parts_of(
    folder: Folder,
    split: float | None,
    subset: str | None,
    shuffle: bool,
    seed: int | None,
    verbose: bool,
) -> list[np.ndarray]:
    """The indices of the files of each data set asked for."""
    if (split is None) != (subset is None):
        raise ValueError(
            "`validation_split` and `subset` belong together. Received: "
            f"validation_split={split}, subset={subset!r}."
        )
    if split is not None and not 0 < split < 1:
        raise ValueError(
            "`validation_split` must be a number between 0 and 1. Received: "
            f"validation_split={split}."
        )
    if subset not in (None, "training", "validation", "both"):
        raise ValueError(
            "`subset` must be 'training', 'validation' or 'both'. Received: "
            f"subset={subset!r}."
        )
    if split is not None and shuffle and seed is None:
        raise ValueError(
            "With `validation_split` and shuffle=True, `seed` is needed: else the two "
            "parts would not be parts of one order."
        )
    order = np.arange(len(folder.paths))
    if shuffle:
        np.random.RandomState(seed).shuffle(order)
    _say(verbose, f"Found {len(order)} files", folder)
    if split is None:
        return [order]
    held = int(split * len(order))
    both = {
        "training": order[: len(order) - held],
        "validation": order[len(order) - held :],
    }
    names = ["training", "validation"] if subset == "both" else [str(subset)]
    for name in names:
        _say(verbose, f"Using {len(both[name])} files for {name}.")
        if not len(both[name]):
            raise ValueError(
                f"There is no file for {name}: validation_split={split} of "
                f"{len(order)} files."
            )
    return [both[name] for name in names]


def _say(verbose: bool, text: str, folder: Folder | None = None) -> None:
    if verbose:
        if folder is not None:
            names = folder.class_names
            text += "." if names is None else f" belonging to {len(names)} classes."
        show(text)


def datasets_of(
    folder: Folder,
    parts: list[np.ndarray],
    read: Callable[[np.ndarray], Any],
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    format: str,
    convert: Callable[[Any], Any] | None = None,
    native: Callable[..., Any] | None = None,
) -> Any:
    """A data set of each part, or the only one.

    `convert` changes what it gives; `native` makes a `tf.data.Dataset`, see
    `as_dataset`, of `paths` and `labels`.
    """
    made = []
    for part in parts:

        def load(indices: np.ndarray, part: np.ndarray = part) -> Any:
            chosen = part[indices]
            labels = folder.encoded(chosen)
            return read(chosen) if labels is None else (read(chosen), labels)

        batches = Batches(load, len(part), batch_size, shuffle, seed)
        paths = [folder.paths[index] for index in part]
        if native is None:
            dataset = as_dataset(batches, format)
        else:
            by_tensorflow = partial(native, paths=paths, labels=folder.encoded(part))
            dataset = as_dataset(batches, format, by_tensorflow)
        if convert is not None:
            dataset = convert(dataset)
        dataset.class_names = folder.class_names
        dataset.file_paths = paths
        made.append(dataset)
    return made[0] if len(made) == 1 else made


def text_dataset_from_directory(
    directory: Any,
    labels: TensorLike = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """The text files of a folder, whose folders are the classes.

    Args:
        directory: the folder.
        labels: `"inferred"` from the folders in it, a list of a label for each file in
            the order of their paths, or None.
        label_mode: `"int"`; `"categorical"`: one-hot; `"binary"`: 0.0 or 1.0; None.
        class_names: the folders to take, in the order of their labels.
        batch_size: texts of a batch; None for one by one.
        max_length: bytes after which a text is cut off; None keeps it whole.
        shuffle: whether the texts come in a random order.
        seed: of the orders.
        validation_split: the part of the files that is kept for validation.
        subset: `"training"`, `"validation"`, or `"both"` for a list of the two.
        follow_links: whether to go into folders that are links.
        format: `"tf"` or `"grain"`: see the returns.
        verbose: whether to say how many files there are.

    Returns:
        A `tf.data.Dataset`, or without TensorFlow a `keras.utils.PyDataset`; with
        format="grain" a `grain.IterDataset`, which needs grain; of
        `(texts, labels)` or texts. It has the attributes `class_names` and
        `file_paths`.

    Raises:
        ValueError: for arguments that do not fit, and folders without files.

    Example:

    >>> import keras
    >>> data = keras.utils.text_dataset_from_directory("reviews")  # doctest: +SKIP
    """
    if max_length is not None:
        max_length = checked_count("max_length", max_length, 0)
    folder = Folder(directory, labels, label_mode, class_names, (".txt",), follow_links)
    parts = parts_of(folder, validation_split, subset, shuffle, seed, verbose)

    def read(indices: np.ndarray) -> np.ndarray:
        texts = []
        for index in indices.tolist():
            with open(folder.paths[index], "rb") as file:
                texts.append(file.read(-1 if max_length is None else max_length))
        found = np.empty(len(texts), dtype=object)
        found[:] = texts
        return found

    return datasets_of(folder, parts, read, batch_size, shuffle, seed, format)


def image_dataset_from_directory(
    directory: Any,
    labels: TensorLike = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """The image files of a folder, whose folders are the classes.

    Needs the package Pillow.

    Args:
        directory: the folder.
        labels: `"inferred"` from the folders in it, a list of a label for each file in
            the order of their paths, or None.
        label_mode: `"int"`; `"categorical"`: one-hot; `"binary"`: 0.0 or 1.0; None.
        class_names: the folders to take, in the order of their labels.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        batch_size: images of a batch; None for one by one.
        image_size: height and width that images are resized to.
        shuffle: whether the images come in a random order.
        seed: of the orders.
        validation_split: the part of the files that is kept for validation.
        subset: `"training"`, `"validation"`, or `"both"` for a list of the two.
        interpolation: how images are resized; see `keras.layers.Resizing`.
        follow_links: whether to go into folders that are links.
        crop_to_aspect_ratio: whether to cut off what does not fit the proportions.
        pad_to_aspect_ratio: whether to fill up what is missing of them.
        data_format: `"channels_last"` or `"channels_first"`.
        format: `"tf"` or `"grain"`: see the returns.
        verbose: whether to say how many files there are.

    Returns:
        A `tf.data.Dataset`, or without TensorFlow a `keras.utils.PyDataset`; with
        format="grain" a `grain.IterDataset`, which needs grain; of
        `(images, labels)` or images, floats from 0 to 255. It has the attributes
        `class_names` and `file_paths`.

    Raises:
        ValueError: for arguments that do not fit, and folders without files.

    Example:

    >>> import keras
    >>> data = keras.utils.image_dataset_from_directory("animals")  # doctest: +SKIP
    """
    # Ops and layers are not loaded with `keras.utils`.
    from keras import ops
    from keras.layers.preprocessing.image.sizes import Resizing

    channels = {"rgb": 3, "rgba": 4, "grayscale": 1}
    if color_mode not in channels:
        raise ValueError(
            "`color_mode` must be 'rgb', 'rgba' or 'grayscale'. Received: "
            f"color_mode={color_mode!r}."
        )
    folder = Folder(directory, labels, label_mode, class_names, _IMAGES, follow_links)
    parts = parts_of(folder, validation_split, subset, shuffle, seed, verbose)
    first = standardize_data_format(data_format) == "channels_first"

    def resizing() -> Any:
        return Resizing(
            *image_size,
            interpolation=interpolation,
            crop_to_aspect_ratio=crop_to_aspect_ratio,
            pad_to_aspect_ratio=pad_to_aspect_ratio,
            data_format="channels_last",
        )

    kept = crop_to_aspect_ratio or pad_to_aspect_ratio
    quick = interpolation == "bilinear" and not kept

    def resized_by(backend: str) -> Callable[[Any], Any]:
        """How bytes of pixels become an image of the size, on a backend."""
        if quick:
            resize = load(backend).resize_bilinear  # which takes bytes
            return lambda pixels: resize(pixels[None], image_size)[0]
        with backend_scope(backend):
            layer = resizing()
            return lambda pixels: layer(ops.cast(pixels, "float32"))

    def pixels_of(path: Any) -> np.ndarray:
        image = eight_bits(load_img(os.fsdecode(path), color_mode))
        return img_to_array(image, "channels_last", "uint8")

    on_host = resized_by("numpy")  # images become tensors with the batch

    def read(indices: np.ndarray) -> np.ndarray:
        found = np.zeros((len(indices), *image_size, channels[color_mode]), "float32")
        with backend_scope("numpy"):
            for place, index in enumerate(indices.tolist()):
                found[place] = on_host(pixels_of(folder.paths[index]))
        return found.transpose(0, 3, 1, 2) if first else found

    def by_tensorflow(means: Any, batches: Any, paths: list[str], labels: Any) -> Any:
        resized = resized_by("tensorflow")

        def finish(pixels: Any) -> Any:
            with backend_scope("tensorflow"):
                image = resized(pixels)
                return ops.transpose(image, (2, 0, 1)) if first else image

        count = channels[color_mode]
        return means.images_of(
            batches, paths, labels, count, batch_size, pixels_of, finish
        )

    return datasets_of(
        folder, parts, read, batch_size, shuffle, seed, format, native=by_tensorflow
    )
