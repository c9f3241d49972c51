"""Connectionist temporal classification on the TensorFlow backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import tensorflow as _tf


def ctc_loss(
    target: Any,
    output: Any,
    target_length: Any,
    output_length: Any,
    mask_index: int = 0,
) -> Any:
    if not (target_length.dtype.is_integer and output_length.dtype.is_integer):
        raise TypeError("Lengths are integers.")
    loss = _tf.nn.ctc_loss(
        labels=_tf.cast(target, "int32"),
        logits=_tf.cast(output, "float32"),
        label_length=_tf.cast(target_length, "int32"),
        logit_length=_tf.cast(output_length, "int32"),
        blank_index=_index(mask_index),
        logits_time_major=False,
    )
    return _tf.cast(loss, output.dtype)
