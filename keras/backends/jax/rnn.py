"""Recurrence on the JAX backend: `lax.scan`, and a plain loop in eager code.

`lstm` and `gru` are compiled as a whole, eager or not.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from keras.backends import recurrent
from keras.backends.jax.core import in_trace
from keras.core import tree
from keras.core.typing import TensorLike

# Eager code is stepped through: a scan would be compiled anew at each call, which takes
# as long as some 300 steps.
_STEPPED = 256


def _steps_of(inputs: Any, time_major: bool) -> int:
    return tree.flatten(inputs)[0].shape[0 if time_major else 1]


def rnn(
    step_function: Any,
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    unroll: bool = False,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    if not in_trace() and _steps_of(inputs, time_major) <= _STEPPED:
        return recurrent.stepwise(
            jnp, step_function, inputs, initial_states, go_backwards, mask, time_major,
            zero_output_for_mask, return_all_outputs,
        )  # fmt: skip

    def front(x: TensorLike) -> Any:
        x = x if time_major else jnp.swapaxes(x, 0, 1)
        return jnp.flip(x, 0) if go_backwards else x

    inputs = tree.map_structure(front, inputs)
    mask = None if mask is None else front(mask)
    leaves = tree.flatten(initial_states)
    first = tree.map_structure(lambda x: x[0], inputs)
    shapes = jax.eval_shape(
        lambda x, s: step_function(x, tree.pack_sequence_as(initial_states, s))[0],
        first,
        leaves,
    )
    start = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

    def body(carry: Any, xs: Any) -> tuple[Any, Any]:
        states, previous = carry
        x, kept = xs
        packed = tree.pack_sequence_as(initial_states, states)
        output, new_states = step_function(x, packed)
        new = [
            n.astype(o.dtype)
            for n, o in zip(tree.flatten(new_states), states, strict=True)
        ]
        if kept is not None:
            other = start if zero_output_for_mask else previous
            output = jax.tree.map(lambda a, b: _choose(kept, a, b), output, other)
            new = [_choose(kept, a, b) for a, b in zip(new, states, strict=True)]
        return (new, output), output if return_all_outputs else None

    leaves = [jnp.asarray(x) for x in leaves]
    (states, last), outputs = jax.lax.scan(
        body, (leaves, start), (inputs, mask), unroll=True if unroll else 1
    )
    axis = 0 if time_major else 1
    if return_all_outputs:
        outputs = jax.tree.map(lambda x: jnp.moveaxis(x, 0, axis), outputs)
    else:
        outputs = jax.tree.map(lambda x: jnp.expand_dims(x, axis), last)
    return last, outputs, tree.pack_sequence_as(initial_states, states)


def _choose(mask: Any, new: Any, old: Any) -> Any:
    return jnp.where(mask.reshape(mask.shape[:1] + (1,) * (new.ndim - 1)), new, old)


def _split(x: TensorLike, parts: int) -> Any:
    return jnp.split(x, parts, -1)


_FUNCTIONS = recurrent.Functions(jnp.matmul, _split, jax.nn.sigmoid, jnp.tanh)
_STATIC = ("go_backwards", "return_sequences", "zero_output_for_mask", "unroll")


def _project(inputs: Any, kernel: Any, bias: TensorLike, gates: int) -> tuple[Any, Any]:
    """What the loop runs over, and how a step makes its input's part of the gates.

    On a CPU a small product inside the loop costs less than reading its result from
    memory: measured faster up to as many features as units (in the middle of the
    field, 2.3 times forwards and 1.3 times with gradients), slower from twice as many
    on. Each gate gets an array of its own, which XLA vectorises and slices of one array
    it does not (1.5 times forwards).
    """

    def product(x: TensorLike) -> Any:
        x = jnp.matmul(x, kernel)
        return x if bias is None else x + bias

    features, units = kernel.shape[0], kernel.shape[1] // gates
    if features <= units and jax.default_backend() == "cpu":
        return inputs, product
    return tuple(_split(product(inputs), gates)), recurrent.unchanged


def _run(
    step: Any,
    inputs: Any,
    states: Any,
    go_backwards: bool,
    mask: Any,
    unroll: bool,
    zero_output_for_mask: bool,
    return_sequences: bool,
) -> tuple[Any, Any]:
    """Outputs and final states of a cell whose output is its first state.

    Without a mask no output is carried from step to step: for one row, a copy of it at
    each step is a third of the whole time.
    """
    if mask is not None:
        last, outputs, states = rnn(
            step, inputs, states, go_backwards, mask, unroll, False,
            zero_output_for_mask, return_sequences,
        )  # fmt: skip
        return (outputs if return_sequences else last), states

    def body(states: Any, x: TensorLike) -> tuple[Any, Any]:
        output, states = step(x, states)
        return states, output if return_sequences else None

    states, outputs = jax.lax.scan(
        body,
        states,
        jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), inputs),
        reverse=go_backwards,
        unroll=True if unroll else 1,
    )
    if not return_sequences:
        return states[0], states
    outputs = jnp.flip(outputs, 0) if go_backwards else outputs
    return jnp.swapaxes(outputs, 0, 1), states


@partial(jax.jit, static_argnames=_STATIC)
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
    zeros = jnp.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)
    states = tuple(
        zeros if state is None else jnp.asarray(state, inputs.dtype)
        for state in (initial_h, initial_c)
    )
    inputs, project = _project(inputs, kernel, bias, 4)
    outputs, (h, c) = _run(
        recurrent.lstm_step(_FUNCTIONS, project, recurrent_kernel),
        inputs, states, go_backwards, mask, unroll, zero_output_for_mask,
        return_sequences,
    )  # fmt: skip
    return outputs, h, c


@partial(jax.jit, static_argnames=(*_STATIC, "reset_after"))
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
    zeros = jnp.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)
    states = (zeros if initial_h is None else initial_h,)
    inputs, project = _project(inputs, kernel, recurrent.of_input(bias, reset_after), 3)
    step = recurrent.gru_step(
        _FUNCTIONS, project, recurrent_kernel,
        recurrent.of_recurrence(bias, reset_after), reset_after,
    )  # fmt: skip
    outputs, (h,) = _run(
        step, inputs, states, go_backwards, mask, unroll, zero_output_for_mask,
        return_sequences,
    )  # fmt: skip
    return outputs, h
