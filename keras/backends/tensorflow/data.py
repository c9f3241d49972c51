"""Batches as a `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Iterator
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
