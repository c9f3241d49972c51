"""Recurrence on the PyTorch backend.

`rnn` is a Python loop. `lstm` and `gru` use torch's fused kernels, which know no
mask. A mask is told to them by one more input feature that is 1 at masked steps and
whose weights saturate the gates, so that the state is carried on unchanged:

- in a GRU, the update gate: the new state is exactly the old one, for any mask;
- in an LSTM, the input gate (shut) and the forget gate (open): `c` is kept exactly.
  `h` is not, which matters only at steps after which others are unmasked. So it works
  for padding at the end (the last `h` is then picked out), and for padding at the
  beginning where the states start at zero (`h = o * tanh(0)` stays zero). Other masks
  take the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from keras.backends import recurrent
from keras.backends.torch.core import is_in_parts
from keras.core import tree
from keras.core.typing import Structure, TensorLike

_SATURATED = 1e4  # sigmoid of it is exactly 1, of its negative exactly 0
_compiling = torch.compiler.is_compiling


def rnn(
    step_function: Callable[..., Any],
    inputs: torch.Tensor,
    initial_states: Structure,
    go_backwards: bool = False,
    mask: torch.Tensor | None = None,
    unroll: bool = False,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    axis = 0 if time_major else 1
    parts = [x.unbind(axis) for x in tree.flatten(inputs)]
    masks = None if mask is None else mask.unbind(axis)
    steps = len(parts[0])
    order = range(steps - 1, -1, -1) if go_backwards else range(steps)
    states, previous, outputs = initial_states, None, []
    for t in order:
        if len(parts) == 1 and isinstance(inputs, torch.Tensor):
            x = parts[0][t]
        else:
            x = tree.pack_sequence_as(inputs, [part[t] for part in parts])
        output, new_states = step_function(x, states)
        if masks is not None:
            if previous is None or zero_output_for_mask:
                previous = tree.map_structure(torch.zeros_like, output)
            output = _choose(masks[t], output, previous)
            new_states = _choose(masks[t], new_states, states)
        elif type(new_states) is not type(states):
            new_states = tree.pack_sequence_as(states, tree.flatten(new_states))
        states, previous = new_states, output
        outputs.append(output)
    last = outputs[-1]
    if not return_all_outputs:
        outputs = outputs[-1:]
    if isinstance(last, torch.Tensor):
        return last, torch.stack(outputs, axis), states
    stacked = tree.map_structure(lambda *o: torch.stack(o, axis), *outputs)
    return last, stacked, states


def _choose(mask: torch.Tensor, new: Any, old: Any) -> torch.Tensor:
    """`new` where the mask is True, else `old`, in the structure of `old`."""
    chosen = [
        torch.where(mask.reshape(-1, *(1,) * (a.ndim - 1)), a, b)
        for a, b in zip(tree.flatten(new), tree.flatten(old), strict=True)
    ]
    return tree.pack_sequence_as(old, chosen)


def _split(x: torch.Tensor, parts: int) -> Any:
    return x.chunk(parts, -1)


_FUNCTIONS = recurrent.Functions(torch.matmul, _split, torch.sigmoid, torch.tanh)


def _in_parts(*tensors: Any) -> bool:
    """Whether other processes have parts, which fused kernels cannot use."""
    return any(map(is_in_parts, tensors))


def _zero_state(inputs: torch.Tensor, recurrent_kernel: torch.Tensor) -> torch.Tensor:
    return inputs.new_zeros((inputs.shape[0], recurrent_kernel.shape[0]))


def _check_gates(
    kernel: torch.Tensor, recurrent_kernel: torch.Tensor, gates: int
) -> None:
    """The kernels do not check the sizes of their weights."""
    units = recurrent_kernel.shape[0]
    if recurrent_kernel.shape[1] != gates * units or kernel.shape[1] != gates * units:
        raise ValueError("The shapes of the kernels do not fit.")


def _padding_side(mask: torch.Tensor) -> str | None:
    """Whether all masked steps stand at the "end" or at the "start", or None.

    Looks at values: on a GPU, this waits for the mask.
    """
    earlier, later = mask[:, :-1], mask[:, 1:]
    ends, starts = (earlier >= later).all(), (earlier <= later).all()
    at_end, at_start = torch.stack((ends, starts)).tolist()
    return "end" if at_end else "start" if at_start else None


def _marked(
    inputs: torch.Tensor, mask: torch.Tensor, kernel: torch.Tensor, row: Any
) -> tuple[Any, Any]:
    """Inputs and kernel with one more feature: whether the step is masked."""
    marks = (~mask).to(dtype=inputs.dtype).unsqueeze(-1)
    return torch.cat((inputs, marks), -1), torch.cat((kernel, row[None]))


def _held(
    outputs: torch.Tensor, mask: torch.Tensor, start: TensorLike
) -> tuple[Any, Any]:
    """Outputs where masked steps at the end repeat the last one, and the final state.

    A sequence that is masked altogether outputs zeros and ends where it started.
    """
    steps = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask, steps, -1).cummax(1).values
    index = last.clamp(min=0).unsqueeze(-1).expand(-1, -1, outputs.shape[-1])
    held = torch.where((last >= 0).unsqueeze(-1), outputs.gather(1, index), 0.0)
    return held, torch.where(mask[:, :1], held[:, -1], start)


def _finish(
    outputs: torch.Tensor, mask: torch.Tensor, zero_output: bool
) -> torch.Tensor:
    return (
        outputs * mask.unsqueeze(-1).to(dtype=outputs.dtype) if zero_output else outputs
    )


def lstm(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: TensorLike = None,
    initial_h: Any = None,
    initial_c: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> tuple[Any, Any, Any]:
    _check_gates(kernel, recurrent_kernel, 4)
    side = "end"
    if mask is not None:
        side = None if _compiling() else _padding_side(mask)
        if go_backwards and side:
            side = "start" if side == "end" else "end"
        if side == "start" and (initial_h is not None or initial_c is not None):
            side = None
    if side is None or inputs.shape[1] == 0 or _in_parts(inputs, kernel):
        return _looped_lstm(
            inputs, kernel, recurrent_kernel, bias, initial_h, initial_c, mask,
            go_backwards, return_sequences, zero_output_for_mask,
        )  # fmt: skip
    if go_backwards:
        inputs = inputs.flip(1)
        mask = None if mask is None else mask.flip(1)
    zeros = inputs.new_zeros((1, inputs.shape[0], recurrent_kernel.shape[0]))
    h = zeros if initial_h is None else initial_h.unsqueeze(0)
    c = zeros if initial_c is None else initial_c.unsqueeze(0)
    if mask is None:
        x = inputs
    else:
        full = kernel.new_full((zeros.shape[2],), _SATURATED)
        none = torch.zeros_like(full)
        row = torch.cat((-full, full, none, none))
        x, kernel = _marked(inputs, mask, kernel, row)
    outputs, hn, cn = torch.lstm(
        x,
        (h, c),
        _weights(kernel, recurrent_kernel, bias, None),
        bias is not None,
        1,
        0.0,
        torch.is_grad_enabled(),
        False,
        True,
    )
    hn, cn = hn[0], cn[0]
    if mask is None:
        return (outputs if return_sequences else hn), hn, cn
    if side == "end":
        outputs, hn = _held(outputs, mask, h[0])
    outputs = _finish(outputs, mask, zero_output_for_mask)
    return (outputs if return_sequences else outputs[:, -1]), hn, cn


def _weights(
    kernel: torch.Tensor,
    recurrent_kernel: torch.Tensor,
    bias: TensorLike,
    other: TensorLike,
) -> list[Any]:
    weights = [kernel.t(), recurrent_kernel.t()]
    if bias is None:
        return weights
    return [*weights, bias, torch.zeros_like(bias) if other is None else other]


def _looped_lstm(
    inputs: torch.Tensor,
    kernel: torch.Tensor,
    recurrent_kernel: torch.Tensor,
    bias: TensorLike,
    initial_h: Any,
    initial_c: Any,
    mask: Any,
    go_backwards: bool,
    return_sequences: bool,
    zero_output_for_mask: bool,
) -> tuple[Any, Any, Any]:
    projected = torch.nn.functional.linear(inputs, kernel.t(), bias)
    zeros = _zero_state(inputs, recurrent_kernel)
    states = (
        zeros if initial_h is None else initial_h,
        zeros if initial_c is None else initial_c,
    )
    step = recurrent.lstm_step(_FUNCTIONS, recurrent.unchanged, recurrent_kernel)
    last, outputs, (h, c) = rnn(
        step, projected, states, go_backwards, mask, False, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h, c


def _reset_first(x: torch.Tensor) -> torch.Tensor:
    """Gates in torch's order (reset, update, new) instead of Keras' (update, reset)."""
    update, reset, new = x.chunk(3, -1)
    return torch.cat((reset, update, new), -1)


def gru(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: TensorLike = None,
    initial_h: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> tuple[Any, Any]:
    _check_gates(kernel, recurrent_kernel, 3)
    if not reset_after or inputs.shape[1] == 0 or _in_parts(inputs, kernel):
        return _looped_gru(
            inputs, kernel, recurrent_kernel, bias, initial_h, mask,
            go_backwards, return_sequences, zero_output_for_mask, reset_after,
        )  # fmt: skip
    if go_backwards:
        inputs = inputs.flip(1)
        mask = None if mask is None else mask.flip(1)
    h = _zero_state(inputs, recurrent_kernel) if initial_h is None else initial_h
    kernel = _reset_first(kernel)
    if mask is not None:
        full = kernel.new_full((h.shape[1],), _SATURATED)
        none = torch.zeros_like(full)
        row = torch.cat((none, full, none))
        inputs, kernel = _marked(inputs, mask, kernel, row)
    biases = (None, None) if bias is None else _reset_first(bias).unbind(0)
    outputs, hn = torch.gru(
        inputs,
        h.unsqueeze(0),
        _weights(kernel, _reset_first(recurrent_kernel), *biases),
        bias is not None,
        1,
        0.0,
        torch.is_grad_enabled(),
        False,
        True,
    )
    hn = hn[0]
    if mask is None:
        return (outputs if return_sequences else hn), hn
    outputs = _masked_before(outputs, mask, initial_h)
    outputs = _finish(outputs, mask, zero_output_for_mask)
    return (outputs if return_sequences else outputs[:, -1]), hn


def _looped_gru(
    inputs: torch.Tensor,
    kernel: torch.Tensor,
    recurrent_kernel: torch.Tensor,
    bias: TensorLike,
    initial_h: Any,
    mask: Any,
    go_backwards: bool,
    return_sequences: bool,
    zero_output_for_mask: bool,
    reset_after: bool,
) -> tuple[Any, Any]:
    projected = torch.nn.functional.linear(
        inputs, kernel.t(), recurrent.of_input(bias, reset_after)
    )
    h = _zero_state(inputs, recurrent_kernel) if initial_h is None else initial_h
    step = recurrent.gru_step(
        _FUNCTIONS, recurrent.unchanged, recurrent_kernel,
        recurrent.of_recurrence(bias, reset_after), reset_after,
    )  # fmt: skip
    last, outputs, (h,) = rnn(
        step, projected, (h,), go_backwards, mask, False, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h


def _masked_before(
    outputs: torch.Tensor, mask: torch.Tensor, initial_h: Any
) -> torch.Tensor:
    """Zeros for masked steps before the first unmasked one: there was no output yet."""
    if initial_h is None:
        return outputs
    begun = mask.int().cummax(1).values
    return outputs * begun.unsqueeze(-1).to(dtype=outputs.dtype)
