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
    return np.array(losses).astype("float64" if wide else "float32")


def _loss(logs: Any, target: Any, blank: int) -> float:
    """The loss of one sequence, without padding."""
    labels = np.full(2 * len(target) + 1, blank)
    labels[1::2] = target
    alpha = np.full(len(labels), -np.inf)
    alpha[:2] = logs[0, labels[:2]]
    for now in logs[1:]:
        previous = alpha.copy()
        alpha[1:] = np.logaddexp(alpha[1:], previous[:-1])
        skips = labels[2:] != labels[:-2]  # also to a blank inside the target
        jumped = np.where(skips, previous[:-2], -np.inf)
        alpha[2:] = np.logaddexp(alpha[2:], jumped)
        alpha += now[labels]
    return -float(np.logaddexp.reduce(alpha[-2:]))
