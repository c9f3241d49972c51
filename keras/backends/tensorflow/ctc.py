"""Connectionist temporal classification on the TensorFlow backend."""

from __future__ import annotations

from operator import index
from typing import Any

import tensorflow as tf

from keras.core.typing import Sizes, TensorLike


def ctc_loss(
    target: tf.Tensor,
    output: tf.Tensor,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> tf.Tensor:
    if not (target_length.dtype.is_integer and output_length.dtype.is_integer):
        raise TypeError("Lengths are integers.")
    if output.dtype == tf.float64:
        return _exact(target, output, target_length, output_length, index(mask_index))
    return tf.nn.ctc_loss(
        labels=tf.cast(target, "int32"),
        logits=tf.cast(output, "float32"),
        label_length=tf.cast(target_length, "int32"),
        logit_length=tf.cast(output_length, "int32"),
        blank_index=index(mask_index),
        logits_time_major=False,
    )


_NEVER = -1e300


def _exact(
    target: tf.Tensor, output: tf.Tensor, sizes: Sizes, steps: Any, blank: int
) -> tf.Tensor:
    """In float64, which the kernel does not know: the forward algorithm, by steps."""
    logs = tf.nn.log_softmax(output)
    shape = tf.shape(target)
    batch, places = shape[0], 2 * shape[1] + 1
    target = tf.cast(target, "int32")
    pairs = tf.stack([target, tf.fill(shape, blank)], -1)
    labels = tf.concat(
        [tf.fill([batch, 1], blank), tf.reshape(pairs, [batch, places - 1])], 1
    )
    emitted = tf.gather(logs, labels, axis=2, batch_dims=1)
    before = tf.pad(labels, [[0, 0], [2, 0]], constant_values=-1)[:, :places]
    skips = labels != before  # a blank inside a target counts as any label
    never = tf.fill([batch, places], tf.constant(_NEVER, tf.float64))

    def shifted(alpha: TensorLike, by: int) -> tf.Tensor:
        ends = [[0, 0], [by, 0]]
        return tf.pad(alpha, ends, constant_values=_NEVER)[:, :places]

    def step(alpha: TensorLike, at: Any) -> tf.Tensor:
        now, t = at
        ways = [alpha, shifted(alpha, 1), tf.where(skips, shifted(alpha, 2), never)]
        total = tf.reduce_logsumexp(tf.stack(ways), 0)
        return tf.where((t < tf.cast(steps, "int32"))[:, None], total + now, alpha)

    alpha = tf.where(tf.range(places) < 2, emitted[:, 0], never)
    times = tf.range(1, tf.shape(logs)[1])
    alpha = tf.foldl(step, (tf.transpose(emitted, [1, 0, 2])[1:], times), alpha)
    end = 2 * tf.cast(sizes, "int32")
    last = tf.gather(alpha, end, axis=1, batch_dims=1)
    label = tf.gather(alpha, tf.maximum(end - 1, 0), axis=1, batch_dims=1)
    label = tf.where(end > 0, label, tf.constant(_NEVER, tf.float64))
    loss = -tf.reduce_logsumexp(tf.stack([last, label]), 0)
    return tf.where(loss > -_NEVER / 2, tf.constant(float("inf"), tf.float64), loss)
