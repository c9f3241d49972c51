"""Recurrence over time steps. Internal: the recurrent layers are built on it.

`rnn` runs any step function; `lstm` and `gru` are the two cells that frameworks have
fused kernels for, with the standard activations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras.backends import current
from keras.core import tree
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import SymbolicScope
from keras.core.typing import Structure, Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.operation import any_symbolic

StepFunction = Callable[[Any, Any], tuple[Any, Any]]


def rnn(
    step_function: StepFunction,
    inputs: TensorLike,
    initial_states: Structure,
    go_backwards: bool = False,
    mask: TensorLike = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: int | None = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """Runs a step function over the time axis.

    Where the mask is False, states and output of the step before are kept.

    Args:
        step_function: `(input, states) -> (output, new_states)` of one step, each
            without time axis. Constants are appended to the states.
        inputs: `(batch, time, ...)`, or a nested structure of such tensors.
        initial_states: states before the first step, any structure.
        go_backwards: whether to start at the last step; outputs are in the order in
            which they are computed.
        mask: `(batch, time)` booleans, or None.
        constants: further tensors for each step.
        unroll: whether compiled code repeats the step instead of looping.
        input_length: kept for compatibility: lengths come from the inputs.
        time_major: whether inputs, mask and outputs are `(time, batch, ...)`.
        zero_output_for_mask: whether masked steps output zeros.
        return_all_outputs: whether to return the outputs of all steps, not only of
            the last (then the time axis is 1 long).

    Returns:
        `(last_output, outputs, final_states)`.

    Raises:
        ShapeError: if there is no time axis, or the mask does not fit.
    """
    del input_length
    _check(inputs, mask, unroll, time_major)
    if any_symbolic((inputs, initial_states, mask, constants), {}):
        return _infer(
            step_function, inputs, initial_states, constants, time_major,
            return_all_outputs,
        )  # fmt: skip

    def step(x: TensorLike, states: Structure) -> tuple[Any, Any]:
        if constants:
            states = (*states, *constants)
        return step_function(x, states)

    return current().rnn(
        step,
        inputs,
        initial_states,
        go_backwards=go_backwards,
        mask=mask,
        unroll=unroll,
        time_major=time_major,
        zero_output_for_mask=zero_output_for_mask,
        return_all_outputs=return_all_outputs,
    )


def _check(
    inputs: TensorLike, mask: TensorLike, unroll: bool, time_major: bool
) -> None:
    axis = 0 if time_major else 1
    for x in tree.flatten(inputs):
        if len(x.shape) < 2:
            raise ShapeError(
                "A recurrence needs inputs with batch and time axes. Received: shape "
                f"{tuple(x.shape)}."
            )
        if unroll and tuple(x.shape)[axis] is None:
            raise ShapeError(
                "unroll=True needs a known number of time steps. Received: inputs of "
                f"shape {tuple(x.shape)}."
            )
    if mask is not None and len(mask.shape) not in (2, 3):
        raise ShapeError(
            "The mask of a recurrence must have shape (batch, time). Received: "
            f"{tuple(mask.shape)}."
        )


def _infer(
    step_function: StepFunction,
    inputs: TensorLike,
    initial_states: Structure,
    constants: Sequence[Any] | None,
    time_major: bool,
    return_all_outputs: bool,
) -> tuple[Any, Any, Any]:
    axis = 0 if time_major else 1
    time = tree.flatten(inputs)[0].shape[axis]

    def without_time(x: TensorLike) -> KerasTensor:
        shape = list(x.shape)
        del shape[axis]
        return KerasTensor(shape, _dtype(x))

    with SymbolicScope():
        states = tree.map_structure(_spec, initial_states)
        if constants:
            states = (*states, *tree.map_structure(_spec, tuple(constants)))
        output, _ = step_function(tree.map_structure(without_time, inputs), states)

    def with_time(x: TensorLike) -> KerasTensor:
        shape = list(x.shape)
        shape.insert(axis, time if return_all_outputs else 1)
        return KerasTensor(shape, x.dtype)

    outputs = tree.map_structure(with_time, output)
    return output, outputs, tree.map_structure(_spec, initial_states)


def _dtype(x: TensorLike) -> str:
    return x.dtype if isinstance(x, KerasTensor) else current().dtype_of(x)


def _spec(x: TensorLike) -> Any:
    if isinstance(x, KerasTensor) or not hasattr(x, "shape"):
        return x
    return KerasTensor(tuple(x.shape), _dtype(x))


@op
def lstm(
    inputs: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    bias: TensorLike | None = None,
    initial_h: TensorLike | None = None,
    initial_c: TensorLike | None = None,
    mask: TensorLike | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory over a batch of sequences. Internal.

    Activations are tanh, gates sigmoid. Where the mask is False, states and output
    of the step before are kept.

    Source: Hochreiter and Schmidhuber, 1997.

    Args:
        inputs: `(batch, time, features)`.
        kernel: `(features, 4 * units)`; gates in the order input, forget, cell,
            output.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)` or None.
        initial_h: `(batch, units)`; zeros by default.
        initial_c: `(batch, units)`; zeros by default.
        mask: `(batch, time)` booleans or None.
        go_backwards: whether to start at the last step; outputs are in the order in
            which they are computed.
        return_sequences: whether the first result holds the output of every step.
        zero_output_for_mask: whether masked steps output zeros.
        unroll: whether compiled code repeats the step instead of looping.

    Returns:
        The outputs, `(batch, time, units)` or the last one `(batch, units)`; the
        final `h` and `c`, `(batch, units)`.
    """
    return _cell("lstm", 4, inputs, kernel, recurrent_kernel, return_sequences, 2)


@op
def gru(
    inputs: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    bias: TensorLike | None = None,
    initial_h: TensorLike | None = None,
    mask: TensorLike | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> tuple[Tensor, Tensor]:
    """Gated recurrent unit over a batch of sequences. Internal.

    Activation tanh, gates sigmoid. Where the mask is False, state and output of the
    step before are kept.

    Source: Cho et al., 2014 (https://arxiv.org/abs/1406.1078).

    Args:
        inputs: `(batch, time, features)`.
        kernel: `(features, 3 * units)`; gates in the order update, reset, new.
        recurrent_kernel: `(units, 3 * units)`.
        bias: `(2, 3 * units)` (of the input, of the recurrence), or `(3 * units,)` if
            not `reset_after`, or None.
        initial_h: `(batch, units)`; zeros by default.
        mask: `(batch, time)` booleans or None.
        go_backwards: whether to start at the last step; outputs are in the order in
            which they are computed.
        return_sequences: whether the first result holds the output of every step.
        zero_output_for_mask: whether masked steps output zeros.
        unroll: whether compiled code repeats the step instead of looping.
        reset_after: whether the reset gate acts after the recurrent product, not on
            the state before it.

    Returns:
        The outputs, `(batch, time, units)` or the last one `(batch, units)`; the
        final `h`, `(batch, units)`.
    """
    return _cell("gru", 3, inputs, kernel, recurrent_kernel, return_sequences, 1)


def _cell(
    name: str,
    gates: int,
    inputs: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    return_sequences: bool,
    states: int,
) -> tuple[Any, ...]:
    units = recurrent_kernel.shape[0]
    fits = (
        len(inputs.shape) == 3
        and len(kernel.shape) == 2
        and recurrent_kernel.shape == (units, gates * units)
        and kernel.shape[1] == gates * units
        and inputs.shape[2] in (None, kernel.shape[0])
    )
    if not fits:
        raise ShapeError(
            f"{name} expects inputs of shape (batch, time, features), a kernel of "
            f"(features, {gates} * units) and a recurrent kernel of (units, {gates} * "
            f"units). Received: {inputs.shape}, {kernel.shape}, "
            f"{recurrent_kernel.shape}."
        )
    batch, time, _ = inputs.shape
    shape = (batch, time, units) if return_sequences else (batch, units)
    state = KerasTensor((batch, units), inputs.dtype)
    return (KerasTensor(shape, inputs.dtype), *(state,) * states)
