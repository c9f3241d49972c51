"""Batches as a `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from keras.core import tree


def dataset_of(batches: Any, example: Any, batched: bool) -> tf.data.Dataset:
    """A data set that goes through batches, in a new order each time.

    Args:
        batches: have a length, `[index]` and `on_epoch_end()`.
        example: a batch without samples, which says shapes and dtypes.
        batched: whether they have an axis for samples.
    """

    def spec(array: Any) -> tf.TensorSpec:
        dtype = tf.string if array.dtype.kind in "OSUT" else array.dtype
        sizes = array.shape[1:]
        return tf.TensorSpec((None, *sizes) if batched else sizes, dtype)

    def run() -> Iterator[Any]:
        for index in range(len(batches)):
            yield batches[index]
        batches.on_epoch_end()

    signature = tree.map_structure(spec, example)
    data = tf.data.Dataset.from_generator(run, output_signature=signature)
    counted = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return counted.prefetch(tf.data.AUTOTUNE)


def images_of(
    batches: Any,
    paths: list[str],
    labels: Any,
    channels: int,
    batch_size: int | None,
    open_oddly: Callable[[bytes], Any],
    finish: Callable[[tf.Tensor], Any],
) -> tf.data.Dataset:
    """A data set of image files, read by TensorFlow, several at a time.

    Args:
        batches: have a length, `order()` and `on_epoch_end()`.
        paths: of the files.
        labels: an array with one for each of them, or None.
        channels: of the images.
        batch_size: how many make a batch; None for one by one.
        open_oddly: gives the pixels of a path, float32, or says what is wrong with
            it: for files that TensorFlow does not know, or would not name.
        finish: makes them images of the size wanted.
    """

    def run() -> Iterator[Any]:
        order = batches.order()
        batches.on_epoch_end()
        yield order

    def odd(path: tf.Tensor) -> Any:
        return tf.numpy_function(open_oddly, [path], tf.float32)

    def pixels_of(path: tf.Tensor) -> Any:
        if channels == 4:  # which JPEG files have not
            return odd(path)
        data = tf.io.read_file(path)
        return tf.cond(
            _is_whole(data), lambda: _decoded(data, channels), lambda: odd(path)
        )

    names = tf.constant(paths)

    def read(index: tf.Tensor) -> Any:
        pixels = pixels_of(tf.gather(names, index))
        image = finish(tf.ensure_shape(pixels, (None, None, channels)))
        return image if labels is None else (image, tf.gather(labels, index))

    whole = tf.TensorSpec((len(paths),), "int32")
    data = tf.data.Dataset.from_generator(run, output_signature=whole)
    data = data.unbatch().map(read, num_parallel_calls=tf.data.AUTOTUNE)
    if batch_size is not None:
        data = data.batch(batch_size)
    counted = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return counted.prefetch(tf.data.AUTOTUNE)


# First and last bytes of the everyday kinds of files.
_WHOLE = ((b"\xff\xd8", b"\xff\xd9"), (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"))


def _is_whole(data: tf.Tensor) -> tf.Tensor:
    """Whether a file is JPEG or PNG from its beginning to its end."""

    def fits() -> tf.Tensor:
        found = [
            (tf.strings.substr(data, 0, len(head)) == head)
            & (tf.strings.substr(data, -len(tail), len(tail)) == tail)
            for head, tail in _WHOLE
        ]
        return found[0] | found[1]

    return tf.cond(tf.strings.length(data) > 16, fits, lambda: False)


def _decoded(data: tf.Tensor, channels: int) -> tf.Tensor:
    pixels = tf.io.decode_image(data, channels, expand_animations=False)
    return tf.cast(pixels, "float32")


def ragged(data: tf.data.Dataset) -> tf.data.Dataset:
    """A data set of padded arrays and their lengths, as one of ragged tensors.

    Args:
        data: gives `(arrays, lengths)`, or `((arrays, lengths), labels)`.
    """

    def convert(first: Any, second: Any) -> Any:
        if isinstance(first, tuple):
            return tf.RaggedTensor.from_tensor(first[0], lengths=first[1]), second
        return tf.RaggedTensor.from_tensor(first, lengths=second)

    return data.map(convert)
