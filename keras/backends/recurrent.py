"""Mathematics of recurrent cells that the backends share.

A backend hands in its own functions; nothing here knows a framework.

The input's part of the gates comes from `project`: either one tensor, of all gates side
by side, or a sequence of one tensor a gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Step = Callable[[Any, Any], tuple[Any, Any]]
Project = Callable[[Any], Any]


@dataclass(frozen=True)
class Functions:
    """The functions of a backend that cells are made of; `split(x, parts)` is along
    the last axis."""

    matmul: Callable[[Any, Any], Any]
    split: Callable[[Any, int], Any]
    sigmoid: Callable[[Any], Any]
    tanh: Callable[[Any], Any]

    def parts(self, x: Any, count: int) -> Any:
        """The gates one by one."""
        return x if isinstance(x, (list, tuple)) else self.split(x, count)


def lstm_step(given: Functions, project: Project, recurrent_kernel: Any) -> Step:
    """The step of an LSTM."""
    sigmoid, tanh = given.sigmoid, given.tanh

    def step(x: Any, states: Any) -> tuple[Any, Any]:
        h, c = states
        inputs, recurrent = project(x), given.matmul(h, recurrent_kernel)
        if isinstance(inputs, (list, tuple)):
            pairs = zip(inputs, given.split(recurrent, 4), strict=True)
            i, f, g, o = (a + b for a, b in pairs)
        else:
            i, f, g, o = given.split(inputs + recurrent, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return h, (h, c)

    return step


def gru_step(
    given: Functions,
    project: Project,
    recurrent_kernel: Any,
    recurrent_bias: Any,
    reset_after: bool,
) -> Step:
    """The step of a GRU; its reset gate acts after or before the recurrent product."""
    sigmoid, tanh, matmul = given.sigmoid, given.tanh, given.matmul

    def after(x: Any, states: Any) -> tuple[Any, Any]:
        (h,) = states
        recurrent = matmul(h, recurrent_kernel)
        if recurrent_bias is not None:
            recurrent = recurrent + recurrent_bias
        x_z, x_r, x_n = given.parts(project(x), 3)
        h_z, h_r, h_n = given.split(recurrent, 3)
        z = sigmoid(x_z + h_z)
        n = tanh(x_n + sigmoid(x_r + h_r) * h_n)
        h = z * h + (1 - z) * n
        return h, (h,)

    if reset_after:
        return after
    units = recurrent_kernel.shape[0]
    kernel_of_gates = recurrent_kernel[:, : 2 * units]
    kernel_of_new = recurrent_kernel[:, 2 * units :]

    def before(x: Any, states: Any) -> tuple[Any, Any]:
        (h,) = states
        x_z, x_r, x_n = given.parts(project(x), 3)
        h_z, h_r = given.split(matmul(h, kernel_of_gates), 2)
        z = sigmoid(x_z + h_z)
        n = tanh(x_n + matmul(sigmoid(x_r + h_r) * h, kernel_of_new))
        h = z * h + (1 - z) * n
        return h, (h,)

    return before


def of_input(bias: Any, reset_after: bool) -> Any:
    """The bias of a GRU's input product: the first row of `(2, 3 * units)`, or all."""
    return bias[0] if bias is not None and reset_after else bias


def of_recurrence(bias: Any, reset_after: bool) -> Any:
    """The bias of a GRU's recurrent product, where it has one."""
    return bias[1] if bias is not None and reset_after else None


def unchanged(x: Any) -> Any:
    """The projection of an input that was projected before the loop."""
    return x
