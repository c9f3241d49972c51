"""Recurrence on the TensorFlow backend: a `while_loop` over TensorArrays.

The number of iterations is given to the loop where it is known, so that XLA can
compile its gradient. `lstm` and `gru` compute the input's part of the gates beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras.backends import recurrent
from keras.backends.tensorflow.core import shape
from keras.backends.tensorflow.tracing import under_xla
from keras.core import tree
from keras.core.typing import Structure, TensorLike


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
    return _run(
        step_function, inputs, initial_states, go_backwards, mask, unroll, time_major,
        zero_output_for_mask, return_all_outputs, from_zeros=False,
    )  # fmt: skip


def _run(
    step_function: Any,
    inputs: Any,
    initial_states: Any,
    go_backwards: bool,
    mask: Any,
    unroll: bool,
    time_major: bool,
    zero_output_for_mask: bool,
    return_all_outputs: bool,
    from_zeros: bool,
) -> tuple[Any, Any, Any]:
    """`rnn`; with `from_zeros`, the output is the first state, which starts at zero."""

    def front(x: tf.Tensor) -> tf.Tensor:
        if not time_major:
            x = tf.transpose(x, (1, 0, *range(2, x.shape.rank)))
        return tf.reverse(x, [0]) if go_backwards else x

    inputs = tree.map_structure(front, inputs)
    mask = None if mask is None else front(mask)
    loop = _unrolled if unroll else _looped
    last, outputs, states = loop(
        step_function, inputs, initial_states, mask, zero_output_for_mask,
        return_all_outputs, from_zeros,
    )  # fmt: skip
    axis = 0 if time_major else 1
    if not return_all_outputs:
        outputs = tree.map_structure(lambda x: tf.expand_dims(x, axis), last)
    elif not time_major:
        outputs = tree.map_structure(
            lambda x: tf.transpose(x, (1, 0, *range(2, x.shape.rank))), outputs
        )
    return last, outputs, states


def _choose(mask: tf.Tensor, new: Any, old: Any) -> tf.Tensor:
    while mask.shape.rank < new.shape.rank:
        mask = tf.expand_dims(mask, -1)
    return tf.where(mask, new, old)


def _masked(
    mask: Any, new: Any, old: Any, output: Any, previous: Any, zero: bool
) -> tuple[list[Any], list[Any]]:
    """States and output of a step, those of the one before where the mask is False."""
    if mask is None:
        return new, output
    other = [tf.zeros_like(o) for o in output] if zero else previous
    states = [_choose(mask, a, b) for a, b in zip(new, old, strict=True)]
    if output[0] is new[0] and other[0] is old[0]:
        return states, states[:1]
    return states, [_choose(mask, a, b) for a, b in zip(output, other, strict=True)]


def _stepped(
    step_function: Callable[..., Any], x: tf.Tensor, states: Structure, like: Any
) -> tuple[Any, list[Any]]:
    """One step: the output, and the new states flat and in the old dtypes."""
    output, new = step_function(x, tree.pack_sequence_as(like, states))
    flat = tree.flatten(new)
    return output, [tf.cast(n, o.dtype) for n, o in zip(flat, states, strict=True)]


def _unrolled(
    step_function: Any,
    inputs: Any,
    like: Any,
    mask: Any,
    zero: bool,
    keep: bool,
    from_zeros: bool,
) -> tuple[Any, Any, Any]:
    states = [tf.convert_to_tensor(s) for s in tree.flatten(like)]
    # The gradient of `unstack` is one op; slices would each make one of full size.
    rows = [tf.unstack(x) for x in tree.flatten(inputs)]
    masks = None if mask is None else tf.unstack(mask)
    steps = len(rows[0])
    previous: Any = states[:1] if from_zeros else None
    found, output = [], None
    for t in range(steps):
        x = tree.pack_sequence_as(inputs, [a[t] for a in rows])
        output, new = _stepped(step_function, x, states, like)
        flat = tree.flatten(output)
        previous = [tf.zeros_like(o) for o in flat] if previous is None else previous
        kept = None if masks is None else masks[t]
        states, previous = _masked(kept, new, states, flat, previous, zero)
        found.append(previous)
    last = tree.pack_sequence_as(output, previous)
    outputs = None
    if keep:
        stacked = [tf.stack(parts) for parts in zip(*found, strict=True)]
        outputs = tree.pack_sequence_as(output, stacked)
    return last, outputs, tree.pack_sequence_as(like, states)


def _looped(
    step_function: Callable[..., Any],
    inputs: tf.Tensor,
    like: Any,
    mask: tf.Tensor,
    zero: bool,
    keep: bool,
    from_zeros: bool,
) -> tuple[Any, Any, Any]:
    flat_inputs = tree.flatten(inputs)
    steps = shape(flat_inputs[0])[0]
    known = steps if isinstance(steps, int) else None

    def array(x: tf.Tensor) -> tf.Tensor:
        return tf.TensorArray(x.dtype, steps, element_shape=x.shape[1:]).unstack(x)

    arrays = [array(x) for x in flat_inputs]
    mask_array = None if mask is None else array(mask)
    states = [tf.convert_to_tensor(s) for s in tree.flatten(like)]
    # Shapes and dtypes of the output come from the first step, whose numbers are not
    # used.
    first = tree.pack_sequence_as(inputs, [x[0] for x in flat_inputs])
    sample, _ = _stepped(step_function, first, states, like)
    flat_sample = tree.flatten(sample)
    zeros = [tf.zeros_like(o) for o in flat_sample]
    stores = [_store(o, steps if keep else 1) for o in flat_sample]

    def body(t: Any, states: Any, previous: Any, stores: Any) -> Any:
        x = tree.pack_sequence_as(inputs, [a.read(t) for a in arrays])
        output, new = _stepped(step_function, x, states, like)
        kept = None if mask_array is None else mask_array.read(t)
        flat = tree.flatten(output)
        previous = states[:1] if from_zeros else previous
        states, flat = _masked(kept, new, states, flat, previous, zero)
        if keep:
            pairs = zip(stores, flat, strict=True)
            stores = [store.write(t, o) for store, o in pairs]
        return t + 1, states, flat, stores

    _, states, last, stores = tf.while_loop(
        lambda t, *_: t < steps,
        body,
        (tf.constant(0), states, zeros, stores),
        maximum_iterations=steps,
        parallel_iterations=32,
    )
    outputs = None
    if keep:
        stacked = [store.stack() for store in stores]
        for found, o in zip(stacked, flat_sample, strict=True):
            found.set_shape([known, *o.shape])
        outputs = tree.pack_sequence_as(sample, stacked)
    return (
        tree.pack_sequence_as(sample, last),
        outputs,
        tree.pack_sequence_as(like, states),
    )


def _store(like: Any, steps: Any) -> tf.Tensor:
    """An array for as many tensors of one shape.

    XLA cannot differentiate one that holds nothing yet and does not know its shape, as
    that of outputs of an unknown batch size; so there it begins with zeros.
    """
    store = tf.TensorArray(like.dtype, steps, element_shape=like.shape)
    if like.shape.is_fully_defined() or not under_xla():
        return store
    return store.unstack(tf.zeros((steps, *shape(like)), like.dtype))


def _split(x: tf.Tensor, parts: int) -> Any:
    return tf.split(x, parts, -1)


_UNROLLED = 64  # steps at most: 40 take 0.6 s more to trace, 128 take 3 s
_FUNCTIONS = recurrent.Functions(tf.matmul, _split, tf.sigmoid, tf.tanh)


def _unroll(inputs: tf.Tensor, asked: bool) -> bool:
    """Whether a cell's steps are written out.

    Without XLA that is 1.5 to 2 times as fast as a `while_loop`, as long as the graph
    does not grow too large.
    """
    steps = inputs.shape[1]
    return asked or (steps is not None and steps <= _UNROLLED and not under_xla())


def _zero_state(inputs: tf.Tensor, recurrent_kernel: tf.Tensor) -> tf.Tensor:
    return tf.zeros((shape(inputs)[0], recurrent_kernel.shape[0]), inputs.dtype)


def _project(inputs: Any, kernel: Any, bias: TensorLike, gates: int) -> tuple[Any, Any]:
    """What the loop runs over, and how a step makes its input's part of the gates."""

    def product(x: tf.Tensor) -> tf.Tensor:
        x = tf.matmul(x, kernel)
        return x if bias is None else tf.nn.bias_add(x, bias)

    if not under_xla():
        return product(inputs), recurrent.unchanged
    features, units = kernel.shape[0], kernel.shape[1] // gates
    if features <= units:
        return inputs, product
    return tuple(_split(product(inputs), gates)), recurrent.unchanged


def lstm(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: tf.Tensor,
    bias: TensorLike = None,
    initial_h: tf.Tensor | None = None,
    initial_c: tf.Tensor | None = None,
    mask: tf.Tensor | None = None,
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
    last, outputs, (h, c) = _run(
        recurrent.lstm_step(_FUNCTIONS, project, recurrent_kernel),
        inputs, states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences, from_zeros=initial_h is None,
    )  # fmt: skip
    return (outputs if return_sequences else last), h, c


def gru(
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    bias: tf.Tensor | None = None,
    initial_h: tf.Tensor | None = None,
    mask: tf.Tensor | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> tuple[Any, Any]:
    zeros = _zero_state(inputs, recurrent_kernel)
    states = (zeros if initial_h is None else initial_h,)
    unroll = _unroll(inputs, unroll)
    inputs, project = _project(inputs, kernel, recurrent.of_input(bias, reset_after), 3)
    step = recurrent.gru_step(
        _FUNCTIONS, project, recurrent_kernel,
        recurrent.of_recurrence(bias, reset_after), reset_after,
    )  # fmt: skip
    last, outputs, (h,) = _run(
        step, inputs, states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences, from_zeros=initial_h is None,
    )  # fmt: skip
    return (outputs if return_sequences else last), h
