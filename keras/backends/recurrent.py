"""Mathematics of recurrent cells that the backends share.

A backend hands in its own functions; nothing here knows a framework.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def lstm_step(
    project: Any,
    recurrent_kernel: Any,
    split: Any,
    sigmoid: Any,
    tanh: Any,
    matmul: Any,
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """The step of an LSTM; `project` makes the input's part of the gates of it."""

    def step(x: Any, states: Any) -> tuple[Any, Any]:
        h, c = states
        gates = project(x) + matmul(h, recurrent_kernel)
        i, f, g, o = split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return h, (h, c)

    return step


def gru_step(
    project: Any,
    recurrent_kernel: Any,
    recurrent_bias: Any,
    split: Any,
    sigmoid: Any,
    tanh: Any,
    matmul: Any,
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """The step of a GRU whose reset gate acts after the recurrent product."""

    def step(x: Any, states: Any) -> tuple[Any, Any]:
        (h,) = states
        recurrent = matmul(h, recurrent_kernel)
        if recurrent_bias is not None:
            recurrent = recurrent + recurrent_bias
        x_z, x_r, x_n = split(project(x), 3)
        h_z, h_r, h_n = split(recurrent, 3)
        z = sigmoid(x_z + h_z)
        n = tanh(x_n + sigmoid(x_r + h_r) * h_n)
        h = z * h + (1 - z) * n
        return h, (h,)

    return step


def unchanged(x: Any) -> Any:
    """The projection of an input that was projected before the loop."""
    return x
