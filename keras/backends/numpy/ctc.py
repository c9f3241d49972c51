"""Connectionist temporal classification on the NumPy backend.

The forward algorithm in logarithms: `alpha[s]` is the probability of all alignments of
the steps so far that end at place `s` of the target with blanks between its labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends.numpy.nn import log_softmax
from keras.core.typing import TensorLike


def ctc_loss(
    target: np.ndarray,
    output: np.ndarray,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> np.ndarray:
    logs = log_softmax(output.astype("float64"), -1)
    losses = [
        _loss(log[:steps], label[:size], mask_index)
        for log, label, size, steps in zip(
            logs, target, target_length, output_length, strict=True
        )
    ]
    wide = output.dtype == "float64"
    found = np.stack(losses) if losses else np.zeros(0)
    return found.astype("float64" if wide else "float32")


def _loss(logs: Any, target: Any, blank: int) -> Any:
    """The loss of one sequence, without padding."""
    labels = np.full(2 * len(target) + 1, blank)
    labels[1::2] = target
    skips = labels[2:] != labels[:-2]  # also to a blank inside the target
    alpha = np.where(np.arange(len(labels)) < 2, logs[0][labels], -np.inf)
    for now in logs[1:]:
        found = np.logaddexp(alpha, _after(1, alpha))
        jumped = np.where(skips, alpha[:-2], -np.inf)
        if len(labels) > 1:
            found = np.logaddexp(found, _after(2, jumped, whole=True))
        alpha = found + now[labels]
    return -alpha[0] if len(labels) == 1 else -np.logaddexp(alpha[-2], alpha[-1])


def _after(count: int, x: Any, whole: bool = False) -> Any:
    """Values some places further; none come to the first ones."""
    return np.concatenate([np.full(count, -np.inf), x if whole else x[:-count]])
