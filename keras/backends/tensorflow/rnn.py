"""Recurrence on the TensorFlow backend: a `while_loop` over TensorArrays.

The number of iterations is given to the loop where it is known, so that XLA can
compile its gradient. `lstm` and `gru` compute the input's part of the gates beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as _tf
from tensorflow.python.ops import control_flow_util as _control_flow

from keras.backends import recurrent as _recurrent
from keras.backends.tensorflow.core import shape as _shape
from keras.core import tree as _tree
from keras.core.typing import Structure


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
    def front(x: _tf.Tensor) -> _tf.Tensor:
        if not time_major:
            x = _tf.transpose(x, (1, 0, *range(2, x.shape.rank)))
        return _tf.reverse(x, [0]) if go_backwards else x

    inputs = _tree.map_structure(front, inputs)
    mask = None if mask is None else front(mask)
    loop = _unrolled if unroll else _looped
    last, outputs, states = loop(
        step_function, inputs, initial_states, mask, zero_output_for_mask,
        return_all_outputs,
    )  # fmt: skip
    axis = 0 if time_major else 1
    if not return_all_outputs:
        outputs = _tree.map_structure(lambda x: _tf.expand_dims(x, axis), last)
    elif not time_major:
        outputs = _tree.map_structure(
            lambda x: _tf.transpose(x, (1, 0, *range(2, x.shape.rank))), outputs
        )
    return last, outputs, states


def _under_xla() -> bool:
    """Whether what is being traced will be compiled by XLA."""
    if _tf.executing_eagerly():
        return False
    return _control_flow.GraphOrParentsInXlaContext(_tf.compat.v1.get_default_graph())


def _choose(mask: _tf.Tensor, new: Any, old: Any) -> _tf.Tensor:
    while mask.shape.rank < new.shape.rank:
        mask = _tf.expand_dims(mask, -1)
    return _tf.where(mask, new, old)


def _masked(
    mask: Any, new: Any, old: Any, output: Any, previous: Any, zero: bool
) -> tuple[list[Any], list[Any]]:
    """States and output of a step, those of the one before where the mask is False."""
    if mask is None:
        return new, output
    other = [_tf.zeros_like(o) for o in output] if zero else previous
    output = [_choose(mask, a, b) for a, b in zip(output, other, strict=True)]
    return [_choose(mask, a, b) for a, b in zip(new, old, strict=True)], output


def _stepped(
    step_function: Callable[..., Any], x: _tf.Tensor, states: Structure, like: Any
) -> tuple[Any, list[Any]]:
    """One step: the output, and the new states flat and in the old dtypes."""
    output, new = step_function(x, _tree.pack_sequence_as(like, states))
    flat = _tree.flatten(new)
    return output, [_tf.cast(n, o.dtype) for n, o in zip(flat, states, strict=True)]


def _unrolled(
    step_function: Any, inputs: Any, like: Any, mask: Any, zero: bool, keep: bool
) -> tuple[Any, Any, Any]:
    states = [_tf.convert_to_tensor(s) for s in _tree.flatten(like)]
    # The gradient of `unstack` is one op; slices would each make one of full size.
    rows = [_tf.unstack(x) for x in _tree.flatten(inputs)]
    masks = None if mask is None else _tf.unstack(mask)
    steps = len(rows[0])
    previous: Any = None
    found, output = [], None
    for t in range(steps):
        x = _tree.pack_sequence_as(inputs, [a[t] for a in rows])
        output, new = _stepped(step_function, x, states, like)
        flat = _tree.flatten(output)
        previous = [_tf.zeros_like(o) for o in flat] if previous is None else previous
        kept = None if masks is None else masks[t]
        states, previous = _masked(kept, new, states, flat, previous, zero)
        found.append(previous)
    last = _tree.pack_sequence_as(output, previous)
    outputs = None
    if keep:
        stacked = [_tf.stack(parts) for parts in zip(*found, strict=True)]
        outputs = _tree.pack_sequence_as(output, stacked)
    return last, outputs, _tree.pack_sequence_as(like, states)


def _looped(
    step_function: Callable[..., Any],
    inputs: _tf.Tensor,
    like: Any,
    mask: _tf.Tensor,
    zero: bool,
    keep: bool,
) -> tuple[Any, Any, Any]:
    flat_inputs = _tree.flatten(inputs)
    steps = _shape(flat_inputs[0])[0]
    known = steps if isinstance(steps, int) else None

    def array(x: _tf.Tensor) -> _tf.Tensor:
        return _tf.TensorArray(x.dtype, steps, element_shape=x.shape[1:]).unstack(x)

    arrays = [array(x) for x in flat_inputs]
    mask_array = None if mask is None else array(mask)
    states = [_tf.convert_to_tensor(s) for s in _tree.flatten(like)]
    # Shapes and dtypes of the output come from the first step, whose numbers are not
    # used.
    first = _tree.pack_sequence_as(inputs, [x[0] for x in flat_inputs])
    sample, _ = _stepped(step_function, first, states, like)
    flat_sample = _tree.flatten(sample)
    zeros = [_tf.zeros_like(o) for o in flat_sample]
    stores = [_store(o, steps if keep else 1) for o in flat_sample]

    def body(t: Any, states: Any, previous: Any, stores: Any) -> Any:
        x = _tree.pack_sequence_as(inputs, [a.read(t) for a in arrays])
        output, new = _stepped(step_function, x, states, like)
        kept = None if mask_array is None else mask_array.read(t)
        flat = _tree.flatten(output)
        states, flat = _masked(kept, new, states, flat, previous, zero)
        if keep:
            pairs = zip(stores, flat, strict=True)
            stores = [store.write(t, o) for store, o in pairs]
        return t + 1, states, flat, stores

    _, states, last, stores = _tf.while_loop(
        lambda t, *_: t < steps,
        body,
        (_tf.constant(0), states, zeros, stores),
        maximum_iterations=steps,
        parallel_iterations=32,
    )
    outputs = None
    if keep:
        stacked = [store.stack() for store in stores]
        for found, o in zip(stacked, flat_sample, strict=True):
            found.set_shape([known, *o.shape])
        outputs = _tree.pack_sequence_as(sample, stacked)
    return (
        _tree.pack_sequence_as(sample, last),
        outputs,
        _tree.pack_sequence_as(like, states),
    )


def _store(like: Any, steps: Any) -> _tf.Tensor:
    """An array for as many tensors of one shape.

    XLA cannot differentiate one that holds nothing yet and does not know its shape, as
    that of outputs of an unknown batch size; so there it begins with zeros.
    """
    store = _tf.TensorArray(like.dtype, steps, element_shape=like.shape)
    if like.shape.is_fully_defined() or not _under_xla():
        return store
    return store.unstack(_tf.zeros((steps, *_shape(like)), like.dtype))


def _split(x: _tf.Tensor, parts: int) -> Any:
    return _tf.split(x, parts, -1)


_UNROLLED = 64  # steps at most: 40 take 0.6 s more to trace, 128 take 3 s
_FUNCTIONS = _recurrent.Functions(_tf.matmul, _split, _tf.sigmoid, _tf.tanh)


def _unroll(inputs: _tf.Tensor, asked: bool) -> bool:
    """Whether a cell's steps are written out.

    Without XLA that is 1.5 to 2 times as fast as a `while_loop`, as long as the graph
    does not grow too large.
    """
    steps = inputs.shape[1]
    return asked or (steps is not None and steps <= _UNROLLED and not _under_xla())


def _zero_state(inputs: _tf.Tensor, recurrent_kernel: _tf.Tensor) -> _tf.Tensor:
    return _tf.zeros((_shape(inputs)[0], recurrent_kernel.shape[0]), inputs.dtype)


def _project(inputs: Any, kernel: Any, bias: Any, gates: int) -> tuple[Any, Any]:
    """What the loop runs over, and how a step makes its input's part of the gates."""

    def product(x: _tf.Tensor) -> _tf.Tensor:
        x = _tf.matmul(x, kernel)
        return x if bias is None else _tf.nn.bias_add(x, bias)

    if not _under_xla():
        return product(inputs), _recurrent.unchanged
    features, units = kernel.shape[0], kernel.shape[1] // gates
    if features <= units:
        return inputs, product
    return tuple(_split(product(inputs), gates)), _recurrent.unchanged


def lstm(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: _tf.Tensor,
    bias: Any = None,
    initial_h: _tf.Tensor | None = None,
    initial_c: _tf.Tensor | None = None,
    mask: _tf.Tensor | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> tuple[Any, Any, Any]:
    zeros = _zero_state(inputs, recurrent_kernel)
    states = (
        zeros if initial_h is None else initial_h,
        zeros if initial_c is None else initial_c,
    )
    unroll = _unroll(inputs, unroll)
    inputs, project = _project(inputs, kernel, bias, 4)
    last, outputs, (h, c) = rnn(
        _recurrent.lstm_step(_FUNCTIONS, project, recurrent_kernel),
        inputs, states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h, c


def gru(
    inputs: _tf.Tensor,
    kernel: _tf.Tensor,
    recurrent_kernel: _tf.Tensor,
    bias: _tf.Tensor | None = None,
    initial_h: _tf.Tensor | None = None,
    mask: _tf.Tensor | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> tuple[Any, Any]:
    zeros = _zero_state(inputs, recurrent_kernel)
    states = (zeros if initial_h is None else initial_h,)
    unroll = _unroll(inputs, unroll)
    inputs, project = _project(
        inputs, kernel, _recurrent.of_input(bias, reset_after), 3
    )
    step = _recurrent.gru_step(
        _FUNCTIONS, project, recurrent_kernel,
        _recurrent.of_recurrence(bias, reset_after), reset_after,
    )  # fmt: skip
    last, outputs, (h,) = rnn(
        step, inputs, states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h
