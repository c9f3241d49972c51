"""Recurrence on the JAX backend: `lax.scan`, the input's part of the gates beforehand.

`lstm` and `gru` are compiled as a whole: scanning eagerly would compile the loop anew
at each call.
"""

from __future__ import annotations

from functools import partial as _partial
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.backends import recurrent as _recurrent
from keras.core import tree as _tree


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
    def front(x: Any) -> Any:
        x = x if time_major else _jnp.swapaxes(x, 0, 1)
        return _jnp.flip(x, 0) if go_backwards else x

    inputs = _tree.map_structure(front, inputs)
    mask = None if mask is None else front(mask)
    leaves = _tree.flatten(initial_states)
    first = _tree.map_structure(lambda x: x[0], inputs)
    shapes = _jax.eval_shape(
        lambda x, s: step_function(x, _tree.pack_sequence_as(initial_states, s))[0],
        first,
        leaves,
    )
    start = _jax.tree.map(lambda x: _jnp.zeros(x.shape, x.dtype), shapes)

    def body(carry: Any, xs: Any) -> tuple[Any, Any]:
        states, previous = carry
        x, kept = xs
        packed = _tree.pack_sequence_as(initial_states, states)
        output, new_states = step_function(x, packed)
        new = [
            n.astype(o.dtype)
            for n, o in zip(_tree.flatten(new_states), states, strict=True)
        ]
        if kept is not None:
            other = start if zero_output_for_mask else previous
            output = _jax.tree.map(lambda a, b: _choose(kept, a, b), output, other)
            new = [_choose(kept, a, b) for a, b in zip(new, states, strict=True)]
        return (new, output), output if return_all_outputs else None

    leaves = [_jnp.asarray(x) for x in leaves]
    (states, last), outputs = _jax.lax.scan(
        body, (leaves, start), (inputs, mask), unroll=True if unroll else 1
    )
    axis = 0 if time_major else 1
    if return_all_outputs:
        outputs = _jax.tree.map(lambda x: _jnp.moveaxis(x, 0, axis), outputs)
    else:
        outputs = _jax.tree.map(lambda x: _jnp.expand_dims(x, axis), last)
    return last, outputs, _tree.pack_sequence_as(initial_states, states)


def _choose(mask: Any, new: Any, old: Any) -> Any:
    return _jnp.where(mask.reshape(mask.shape[:1] + (1,) * (new.ndim - 1)), new, old)


def _split(x: Any, parts: int) -> Any:
    return _jnp.split(x, parts, -1)


_STATIC = ("go_backwards", "return_sequences", "zero_output_for_mask", "unroll")


@_partial(_jax.jit, static_argnames=_STATIC)
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
) -> tuple[Any, Any, Any]:
    projected = _jnp.matmul(inputs, kernel)
    projected = projected if bias is None else projected + bias
    zeros = _jnp.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)
    states = (
        zeros if initial_h is None else initial_h,
        zeros if initial_c is None else initial_c,
    )
    step = _recurrent.lstm_step(
        _recurrent.unchanged,
        recurrent_kernel,
        _split,
        _jax.nn.sigmoid,
        _jnp.tanh,
        _jnp.matmul,
    )
    last, outputs, (h, c) = rnn(
        step, projected, states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h, c


@_partial(_jax.jit, static_argnames=_STATIC)
def gru(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    initial_h: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> tuple[Any, Any]:
    projected = _jnp.matmul(inputs, kernel)
    projected = projected if bias is None else projected + bias[0]
    zeros = _jnp.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)
    states = (zeros if initial_h is None else initial_h,)
    step = _recurrent.gru_step(
        _recurrent.unchanged,
        recurrent_kernel,
        None if bias is None else bias[1],
        _split,
        _jax.nn.sigmoid,
        _jnp.tanh,
        _jnp.matmul,
    )
    last, outputs, (h,) = rnn(
        step, projected, states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h
