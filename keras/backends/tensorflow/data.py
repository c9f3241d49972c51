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
        open_oddly: gives the pixels of a path, uint8, or says what is wrong with
            it: for files that TensorFlow does not know, or would not name.
        finish: makes them images of the size wanted.
    """

    def order() -> Any:
        found = batches.order()
        batches.on_epoch_end()
        return found

    # Looked up for all images at once: for each by itself that shows in the time.
    whole = (tf.constant(paths),) if labels is None else (tf.constant(paths), labels)

    def in_order(_: Any) -> tf.data.Dataset:
        found = tf.numpy_function(order, [], tf.int32)
        found = tf.ensure_shape(found, len(paths))
        parts = tuple(tf.gather(part, found) for part in whole)
        return tf.data.Dataset.from_tensor_slices(parts)

    def odd(path: tf.Tensor) -> Any:
        return tf.numpy_function(open_oddly, [path], tf.uint8)

    def pixels_of(path: tf.Tensor) -> Any:
        if channels == 4:  # which JPEG files have not
            return odd(path)
        data = tf.io.read_file(path)
        is_jpeg = _is_whole(data, *_JPEG)
        if channels == 1:  # which TensorFlow cannot make of four colours
            is_jpeg = tf.cond(is_jpeg, lambda: _colours(data) != 4, lambda: False)

        def other() -> Any:  # not asked for a JPEG file, as `tf.case` would
            return tf.cond(
                _is_whole(data, *_PNG),
                lambda: tf.io.decode_png(data, channels),
                lambda: odd(path),
            )

        return tf.cond(is_jpeg, lambda: tf.io.decode_jpeg(data, channels), other)

    def read(path: tf.Tensor, *label: tf.Tensor) -> Any:
        image = finish(tf.ensure_shape(pixels_of(path), (None, None, channels)))
        return (image, *label) if label else image

    data = tf.data.Dataset.range(1).flat_map(in_order)
    data = data.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    if batch_size is not None:
        data = data.batch(batch_size)
    counted = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return counted.prefetch(tf.data.AUTOTUNE)


# First and last bytes of the everyday kinds of files.
_JPEG = b"\xff\xd8", b"\xff\xd9"
_PNG = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def _is_whole(data: tf.Tensor, head: bytes, tail: bytes) -> tf.Tensor:
    """Whether the bytes of a file begin and end like this."""
    last = tf.minimum(tf.strings.length(data), len(tail))  # of an empty file, too
    first = tf.strings.substr(data, 0, len(head)) == head
    return first & (tf.strings.substr(data, -last, len(tail)) == tail)


def _colours(data: tf.Tensor) -> tf.Tensor:
    """How many there are in a JPEG file, by its header."""
    return tf.io.extract_jpeg_shape(data)[2]


def ragged(data: tf.data.Dataset) -> tf.data.Dataset:
    """A data set of padded arrays and their lengths, as one of ragged tensors.

    Args:
        data: gives `(arrays, lengths)`, or `((arrays, lengths), labels)`. The length of
            an array that comes alone, without a batch, has no axes.
    """

    def rows(arrays: Any, lengths: Any) -> Any:
        # As in Keras, channels are a ragged axis, too.
        if lengths.shape.rank == 0:
            return tf.RaggedTensor.from_tensor(arrays)
        kept = tf.RaggedTensor.from_tensor(arrays, lengths=lengths)
        return kept.with_values(tf.RaggedTensor.from_tensor(kept.values))

    def convert(first: Any, second: Any) -> Any:
        if isinstance(first, tuple):
            return rows(*first), second
        return rows(first, second)

    return data.map(convert)


def gives_batches(data: Any) -> bool:
    """Whether all that a data set gives has a first axis for samples.

    Its size is open as a rule; with `drop_remainder` the last step is asked.
    """
    if not isinstance(data, tf.data.Dataset):
        return False
    specs = tf.nest.flatten(data.element_spec)
    sizes = [getattr(spec, "shape", None) for spec in specs]
    opened = [s is not None and s.rank not in (None, 0) and s[0] is None for s in sizes]
    return all(opened) or getattr(data, "_batch_size", None) is not None
