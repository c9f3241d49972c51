"""Connectionist temporal classification on the TensorFlow backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import tensorflow as _tf

from keras.core.typing import Sizes, TensorLike


def ctc_loss(
    target: _tf.Tensor,
    output: _tf.Tensor,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> _tf.Tensor:
    if not (target_length.dtype.is_integer and output_length.dtype.is_integer):
        raise TypeError("Lengths are integers.")
    if output.dtype == _tf.float64:
        return _exact(target, output, target_length, output_length, _index(mask_index))
    return _tf.nn.ctc_loss(
        labels=_tf.cast(target, "int32"),
        logits=_tf.cast(output, "float32"),
        label_length=_tf.cast(target_length, "int32"),
        logit_length=_tf.cast(output_length, "int32"),
        blank_index=_index(mask_index),
        logits_time_major=False,
    )


_NEVER = -1e300


def _exact(
    target: _tf.Tensor, output: _tf.Tensor, sizes: Sizes, steps: Any, blank: int
) -> _tf.Tensor:
    """In float64, which the kernel does not know: the forward algorithm, by steps."""
    logs = _tf.nn.log_softmax(output)
    shape = _tf.shape(target)
    batch, places = shape[0], 2 * shape[1] + 1
    target = _tf.cast(target, "int32")
    pairs = _tf.stack([target, _tf.fill(shape, blank)], -1)
    labels = _tf.concat(
        [_tf.fill([batch, 1], blank), _tf.reshape(pairs, [batch, places - 1])], 1
    )
    emitted = _tf.gather(logs, labels, axis=2, batch_dims=1)
    before = _tf.pad(labels, [[0, 0], [2, 0]], constant_values=-1)[:, :places]
    skips = labels != before  # a blank inside a target counts as any label
    never = _tf.fill([batch, places], _tf.constant(_NEVER, _tf.float64))

    def shifted(alpha: TensorLike, by: int) -> _tf.Tensor:
        ends = [[0, 0], [by, 0]]
        return _tf.pad(alpha, ends, constant_values=_NEVER)[:, :places]

    def step(alpha: TensorLike, at: Any) -> _tf.Tensor:
        now, t = at
        ways = [alpha, shifted(alpha, 1), _tf.where(skips, shifted(alpha, 2), never)]
        total = _tf.reduce_logsumexp(_tf.stack(ways), 0)
        return _tf.where((t < _tf.cast(steps, "int32"))[:, None], total + now, alpha)

    alpha = _tf.where(_tf.range(places) < 2, emitted[:, 0], never)
    times = _tf.range(1, _tf.shape(logs)[1])
    alpha = _tf.foldl(step, (_tf.transpose(emitted, [1, 0, 2])[1:], times), alpha)
    end = 2 * _tf.cast(sizes, "int32")
    last = _tf.gather(alpha, end, axis=1, batch_dims=1)
    label = _tf.gather(alpha, _tf.maximum(end - 1, 0), axis=1, batch_dims=1)
    label = _tf.where(end > 0, label, _tf.constant(_NEVER, _tf.float64))
    loss = -_tf.reduce_logsumexp(_tf.stack([last, label]), 0)
    return _tf.where(loss > -_NEVER / 2, _tf.constant(float("inf"), _tf.float64), loss)
