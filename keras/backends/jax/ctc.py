"""Connectionist temporal classification on the JAX backend.

The forward algorithm in logarithms: `alpha[s]` is the probability of all alignments of
the steps so far that end at place `s` of the target with blanks between its labels.
"""

from __future__ import annotations

from functools import partial as _partial
from operator import index as _index
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.core.typing import TensorLike

_NEVER = -1e30  # the logarithm of 0, finite so that gradients stay so


@_partial(_jax.jit, static_argnames="mask_index")
def ctc_loss(
    target: _jax.Array,
    output: _jax.Array,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> Any:
    if {target_length.dtype.kind, output_length.dtype.kind} - {"i", "u"}:
        raise TypeError("Lengths are integers.")
    mask_index = _index(mask_index)
    logs = _jax.nn.log_softmax(output.astype("float32"), -1)
    batch, length = target.shape
    places = 2 * length + 1
    labels = _jnp.full((batch, places), mask_index, "int32")
    labels = labels.at[:, 1::2].set(target.astype("int32"))
    emitted = _jnp.take_along_axis(logs, labels[:, None], 2)  # (batch, steps, places)
    before = _jnp.pad(labels, ((0, 0), (2, 0)), constant_values=-1)[:, :-2]
    skips = labels != before  # a blank inside a target counts as any label

    def shifted(alpha: TensorLike, by: int) -> _jax.Array:
        pads = ((0, 0), (by, 0))
        return _jnp.pad(alpha, pads, constant_values=_NEVER)[:, :places]

    def step(alpha: TensorLike, at: Any) -> tuple[Any, None]:
        now, t = at
        jumped = _jnp.where(skips, shifted(alpha, 2), _NEVER)
        total = _jnp.logaddexp(_jnp.logaddexp(alpha, shifted(alpha, 1)), jumped)
        return _jnp.where((t < output_length)[:, None], total + now, alpha), None

    first = _jnp.arange(places) < 2
    alpha = _jnp.where(first, emitted[:, 0], _NEVER)
    steps = _jnp.arange(1, logs.shape[1])
    alpha, _ = _jax.lax.scan(step, alpha, (_jnp.moveaxis(emitted, 1, 0)[1:], steps))
    end = 2 * target_length.astype("int32")[:, None]
    blank = _jnp.take_along_axis(alpha, end, 1)
    label = _jnp.take_along_axis(alpha, _jnp.maximum(end - 1, 0), 1)
    label = _jnp.where(end > 0, label, _NEVER)
    loss = -_jnp.logaddexp(blank, label)[:, 0]
    return _jnp.where(loss > -_NEVER / 2, _jnp.inf, loss)
