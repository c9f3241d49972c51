"""How recurrence is written to ONNX: nodes of LSTM and GRU, and loops of other cells.

A mask keeps states over the steps that it leaves out. ONNX's nodes know lengths
instead, which say the same of sequences that are padded at the end. Whether they are is
known when the file runs; it decides there between the node and a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.backends import recurrent
from keras.core import tree
from keras.core.typing import Structure
from keras.export.onnx import control
from keras.export.onnx.graph import Value, node, ops


def rnn(
    step_function: Callable[..., Any], inputs: Structure, initial_states: Structure,
    go_backwards: bool = False, mask: Any = None, unroll: bool = False,
    time_major: bool = False, zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:  # fmt: skip
    def by_time(x: Value) -> Value:
        return x if time_major else ops.swapaxes(x, 0, 1)

    rows = tree.map_structure(by_time, inputs)
    flags = None if mask is None else ops.cast(by_time(mask), "bool")
    first = tree.map_structure(lambda x: x[0], rows)
    # What the step gives: its shapes are needed before the loop begins.
    with control.body():
        sample, _ = step_function(first, initial_states)
        spec = [(x.shape, x.dtype) for x in tree.flatten(sample)]
    states = tree.map_structure(ops.convert_to_tensor, initial_states)
    batch = ops.shape(tree.flatten(rows)[0])[1]
    before = [ops.zeros((batch, *shape[1:]), dtype) for shape, dtype in spec]

    def keep(flag: Value, new: Value, old: Value) -> Value:
        shape = (-1,) + (1,) * (new.ndim - 1)
        return ops.where(ops.reshape(flag, shape), new, old)

    def step(carry: Any, row: Any) -> tuple[Any, Any]:
        now, last = carry
        x, flag = (row, None) if flags is None else row
        output, new = step_function(x, now)
        found, changed = tree.flatten(output), tree.flatten(new)
        if flag is not None:
            old = [ops.zeros_like(o) for o in found] if zero_output_for_mask else last
            found = [keep(flag, a, b) for a, b in zip(found, old, strict=True)]
            earlier = tree.flatten(now)
            changed = [keep(flag, a, b) for a, b in zip(changed, earlier, strict=True)]
        result = found if return_all_outputs else []
        return (tree.pack_sequence_as(now, changed), found), result

    given = rows if flags is None else (rows, flags)
    (final, last), outputs = control.scan(
        step, (states, before), given, None, go_backwards
    )
    if go_backwards:  # a scan has outputs where its inputs are
        outputs = [ops.flip(x, 0) for x in outputs]
    if not return_all_outputs:
        outputs = [ops.expand_dims(x, 0) for x in last]
    outputs = [x if time_major else ops.swapaxes(x, 0, 1) for x in outputs]
    return (
        tree.pack_sequence_as(sample, last),
        tree.pack_sequence_as(sample, outputs),
        final,
    )


# The two cells that ONNX has nodes of -----------------------------------------------

_GATES = {"LSTM": [0, 3, 1, 2], "GRU": [0, 1, 2]}  # in ONNX's order
Run = Callable[[Any], list[Value]]


def _gates(op: str, x: Value) -> Value:
    """Gates side by side, brought into ONNX's order; `(..., gates * units)`."""
    parts = ops.split(x, len(_GATES[op]), -1)
    return ops.concatenate([parts[i] for i in _GATES[op]], -1)


def _node(
    op: str, inputs: Value, kernel: Value, recurrent_kernel: Value, biases: list[Any],
    states: list[Any], lengths: Value | None, go_backwards: bool, **more: Any,
) -> list[Value]:  # fmt: skip
    """All outputs `(batch, time, units)`, and the last states `(batch, units)`."""
    units = recurrent_kernel.shape[0]
    both = []
    for bias in biases:
        size = (len(_GATES[op]) * int(units),)
        zero = ops.zeros(size, kernel.dtype)
        both.append(zero if bias is None else _gates(op, bias))
    weights = [ops.transpose(_gates(op, k), (1, 0)) for k in (kernel, recurrent_kernel)]
    first = [None if s is None else ops.expand_dims(s, 0) for s in states]
    outputs = node(
        op,
        [
            ops.swapaxes(inputs, 0, 1),
            *(ops.expand_dims(w, 0) for w in weights),
            ops.expand_dims(ops.concatenate(both, 0), 0),
            lengths,
            *first,
        ],
        1 + len(states),
        hidden_size=units, direction="reverse" if go_backwards else None, **more,
    )  # fmt: skip
    batch, time = inputs.shape[:2]
    outputs[0].note((time, 1, batch, units), inputs.dtype)
    for state in outputs[1:]:
        state.note((1, batch, units), inputs.dtype)
    rows = ops.squeeze(outputs[0], 1)
    if go_backwards:  # ONNX has outputs where their inputs are
        rows = ops.flip(rows, 0)
    return [ops.swapaxes(rows, 0, 1), *(ops.squeeze(s, 0) for s in outputs[1:])]


def _by_lengths(
    run: Run, loop: Callable[[], list[Value]], mask: Any, go_backwards: bool, zero: bool
) -> list[Value]:
    """By the node, told the lengths, where the mask says no more; else by the loop."""
    if mask is None:
        return run(None)
    mask = ops.cast(mask, "bool")
    flags = ops.cast(mask, "int32")
    lengths = ops.sum(flags, 1)
    # Padded at the end, and no sequence is empty.
    falling = ops.all(ops.less_equal(flags[:, 1:], flags[:, :-1]))
    padded = ops.logical_and(falling, ops.all(mask[:, 0]))

    def by_node() -> list[Value]:
        outputs, *states = run(lengths)
        if not zero and not go_backwards:  # padded steps repeat the last output
            last = ops.expand_dims(states[0], 1)
            outputs = ops.where(ops.expand_dims(mask, -1), outputs, last)
        return [outputs, *states]

    return control.cond(padded, by_node, loop)


def lstm(
    inputs: Value, kernel: Value, recurrent_kernel: Value, bias: Any = None,
    initial_h: Any = None, initial_c: Any = None, mask: Any = None,
    go_backwards: bool = False, return_sequences: bool = False,
    zero_output_for_mask: bool = False, unroll: bool = False,
) -> tuple[Any, Any, Any]:  # fmt: skip
    def run(lengths: Any) -> list[Value]:
        return _node(
            "LSTM", inputs, kernel, recurrent_kernel, [bias, None],
            [initial_h, initial_c], lengths, go_backwards,
        )  # fmt: skip

    def loop() -> list[Value]:
        step = recurrent.lstm_step(_FUNCTIONS, recurrent.unchanged, recurrent_kernel)
        states = [_state(s, inputs, recurrent_kernel) for s in (initial_h, initial_c)]
        return _looped(
            step, _projected(inputs, kernel, bias), states, mask, go_backwards,
            zero_output_for_mask,
        )  # fmt: skip

    outputs, h, c = _by_lengths(run, loop, mask, go_backwards, zero_output_for_mask)
    return (
        (
            outputs
            if return_sequences
            else _last(outputs, h, mask, zero_output_for_mask)
        ),
        h,
        c,
    )


def gru(
    inputs: Value, kernel: Value, recurrent_kernel: Value, bias: Any = None,
    initial_h: Any = None, mask: Any = None, go_backwards: bool = False,
    return_sequences: bool = False, zero_output_for_mask: bool = False,
    unroll: bool = False, reset_after: bool = True,
) -> tuple[Any, Any]:  # fmt: skip
    of_input = recurrent.of_input(bias, reset_after)
    of_recurrence = recurrent.of_recurrence(bias, reset_after)

    def run(lengths: Any) -> list[Value]:
        return _node(
            "GRU", inputs, kernel, recurrent_kernel, [of_input, of_recurrence],
            [initial_h], lengths, go_backwards, linear_before_reset=int(reset_after),
        )  # fmt: skip

    def loop() -> list[Value]:
        step = recurrent.gru_step(
            _FUNCTIONS,
            recurrent.unchanged,
            recurrent_kernel,
            of_recurrence,
            reset_after,
        )
        states = [_state(initial_h, inputs, recurrent_kernel)]
        return _looped(
            step, _projected(inputs, kernel, of_input), states, mask, go_backwards,
            zero_output_for_mask,
        )  # fmt: skip

    outputs, h = _by_lengths(run, loop, mask, go_backwards, zero_output_for_mask)
    return (
        outputs if return_sequences else _last(outputs, h, mask, zero_output_for_mask)
    ), h


def _split(x: Value, parts: int) -> Any:
    return ops.split(x, parts, -1)


_FUNCTIONS = recurrent.Functions(ops.matmul, _split, ops.sigmoid, ops.tanh)


def _projected(inputs: Value, kernel: Value, bias: Any) -> Value:
    projected = ops.matmul(inputs, kernel)
    return projected if bias is None else ops.add(projected, bias)


def _state(given: Any, inputs: Value, recurrent_kernel: Value) -> Value:
    if given is not None:
        return given
    return ops.zeros((ops.shape(inputs)[0], recurrent_kernel.shape[0]), inputs.dtype)


def _looped(
    step: Any, projected: Value, states: list[Value], mask: Value, go_backwards: bool,
    zero: bool,
) -> list[Value]:  # fmt: skip
    _, outputs, final = rnn(
        step, projected, tuple(states), go_backwards, mask,
        zero_output_for_mask=zero,
    )  # fmt: skip
    return [outputs, *final]


def _last(outputs: Value, state: Value, mask: Any, zero: bool) -> Value:
    """The output of the last step: the state, unless masked steps give zeros."""
    return outputs[:, -1] if zero and mask is not None else state
