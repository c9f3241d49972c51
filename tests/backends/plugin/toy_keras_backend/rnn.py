"""Recurrence: the shared arithmetic of cells in a Python loop over the steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from toy_keras_backend.tensor import ToyTensor


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def lstm(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    initial_h: Any = None,
    initial_c: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> Any:
    x = inputs.array[:, ::-1] if go_backwards else inputs.array
    kept = np.ones(x.shape[:2], bool) if mask is None else mask.array
    kept = kept[:, ::-1] if go_backwards else kept
    projected = x @ kernel.array + (0 if bias is None else bias.array)
    zeros = np.zeros((x.shape[0], recurrent_kernel.shape[0]), x.dtype)
    h = zeros if initial_h is None else initial_h.array
    c = zeros if initial_c is None else initial_c.array
    outputs, output = [], zeros
    for step in range(x.shape[1]):
        gates = projected[:, step] + h @ recurrent_kernel.array
        i, f, g, o = np.split(gates, 4, -1)
        new_c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        new_h = _sigmoid(o) * np.tanh(new_c)
        there = kept[:, step, None]
        output = np.where(there, new_h, zeros if zero_output_for_mask else output)
        h, c = np.where(there, new_h, h), np.where(there, new_c, c)
        outputs.append(output)
    found = np.stack(outputs, 1) if return_sequences else output
    return ToyTensor(found), ToyTensor(h), ToyTensor(c)
