"""Mathematics of recurrent cells that the backends share.

A backend hands in its own functions; nothing here knows a framework.

The input's part of the gates comes from `project`: either one tensor, of all gates side
by side, or a sequence of one tensor a gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras.core import tree
from keras.core.typing import Structure, TensorLike

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

    def parts(self, x: TensorLike, count: int) -> Any:
        """The gates one by one."""
        return x if isinstance(x, (list, tuple)) else self.split(x, count)


def lstm_step(given: Functions, project: Project, recurrent_kernel: TensorLike) -> Step:
    """The step of an LSTM."""
    sigmoid, tanh = given.sigmoid, given.tanh

    def step(x: TensorLike, states: Structure) -> tuple[Any, Any]:
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
    recurrent_kernel: TensorLike,
    recurrent_bias: Any,
    reset_after: bool,
) -> Step:
    """The step of a GRU; its reset gate acts after or before the recurrent product."""
    sigmoid, tanh, matmul = given.sigmoid, given.tanh, given.matmul

    def after(x: TensorLike, states: Structure) -> tuple[Any, Any]:
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

    def before(x: TensorLike, states: Structure) -> tuple[Any, Any]:
        (h,) = states
        x_z, x_r, x_n = given.parts(project(x), 3)
        h_z, h_r = given.split(matmul(h, kernel_of_gates), 2)
        z = sigmoid(x_z + h_z)
        n = tanh(x_n + matmul(sigmoid(x_r + h_r) * h, kernel_of_new))
        h = z * h + (1 - z) * n
        return h, (h,)

    return before


def of_input(bias: TensorLike, reset_after: bool) -> Any:
    """The bias of a GRU's input product: the first row of `(2, 3 * units)`, or all."""
    return bias[0] if bias is not None and reset_after else bias


def of_recurrence(bias: TensorLike, reset_after: bool) -> Any:
    """The bias of a GRU's recurrent product, where it has one."""
    return bias[1] if bias is not None and reset_after else None


def unchanged(x: TensorLike) -> Any:
    """The projection of an input that was projected before the loop."""
    return x


def stepwise(
    numpy: Any,
    step_function: Step,
    inputs: TensorLike,
    initial_states: Structure,
    go_backwards: bool,
    mask: TensorLike,
    time_major: bool,
    zero_output_for_mask: bool,
    return_all_outputs: bool,
) -> tuple[Any, Any, Any]:
    """A recurrence as a plain loop, for a framework with the functions of NumPy."""
    axis = 0 if time_major else 1
    leaves = tree.flatten(inputs)
    steps = leaves[0].shape[axis]
    states, previous, outputs = initial_states, None, []

    def at(x: TensorLike, t: int) -> Any:
        return x[t] if time_major else x[:, t]

    def choose(kept: Any, new: Any, old: Any) -> Any:
        pairs = zip(tree.flatten(new), tree.flatten(old), strict=True)
        chosen = [
            numpy.where(kept.reshape(kept.shape[:1] + (1,) * (a.ndim - 1)), a, b)
            for a, b in pairs
        ]
        return tree.pack_sequence_as(old, chosen)

    for t in range(steps - 1, -1, -1) if go_backwards else range(steps):
        x = tree.pack_sequence_as(inputs, [at(leaf, t) for leaf in leaves])
        output, new_states = step_function(x, states)
        if mask is not None:
            if previous is None or zero_output_for_mask:
                previous = tree.map_structure(numpy.zeros_like, output)
            output = choose(at(mask, t), output, previous)
            new_states = choose(at(mask, t), new_states, states)
        states = tree.pack_sequence_as(states, tree.flatten(new_states))
        previous = output
        outputs.append(output)
    kept_outputs = outputs if return_all_outputs else outputs[-1:]
    stacked = tree.map_structure(lambda *o: numpy.stack(o, axis), *kept_outputs)
    return outputs[-1], stacked, states
