"""Connectionist temporal classification on the JAX backend.

The forward algorithm in logarithms: `alpha[s]` is the probability of all alignments of
the steps so far that end at place `s` of the target with blanks between its labels.
"""

from __future__ import annotations

from functools import partial
from operator import index
from typing import Any

import jax
import jax.numpy as jnp

from keras.core.typing import TensorLike

_NEVER = -1e30  # the logarithm of 0, finite so that gradients stay so


@partial(jax.jit, static_argnames="mask_index")
def ctc_loss(
    target: jax.Array,
    output: jax.Array,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> Any:
    if {target_length.dtype.kind, output_length.dtype.kind} - {"i", "u"}:
        raise TypeError("Lengths are integers.")
    mask_index = index(mask_index)
    logs = jax.nn.log_softmax(output.astype("float32"), -1)
    batch, length = target.shape
    places = 2 * length + 1
    labels = jnp.full((batch, places), mask_index, "int32")
    labels = labels.at[:, 1::2].set(target.astype("int32"))
    emitted = jnp.take_along_axis(logs, labels[:, None], 2)  # (batch, steps, places)
    before = jnp.pad(labels, ((0, 0), (2, 0)), constant_values=-1)[:, :-2]
    skips = labels != before  # a blank inside a target counts as any label

    def shifted(alpha: TensorLike, by: int) -> jax.Array:
        pads = ((0, 0), (by, 0))
        return jnp.pad(alpha, pads, constant_values=_NEVER)[:, :places]

    def step(alpha: TensorLike, at: Any) -> tuple[Any, None]:
        now, t = at
        jumped = jnp.where(skips, shifted(alpha, 2), _NEVER)
        total = jnp.logaddexp(jnp.logaddexp(alpha, shifted(alpha, 1)), jumped)
        return jnp.where((t < output_length)[:, None], total + now, alpha), None

    first = jnp.arange(places) < 2
    alpha = jnp.where(first, emitted[:, 0], _NEVER)
    steps = jnp.arange(1, logs.shape[1])
    alpha, _ = jax.lax.scan(step, alpha, (jnp.moveaxis(emitted, 1, 0)[1:], steps))
    end = 2 * target_length.astype("int32")[:, None]
    blank = jnp.take_along_axis(alpha, end, 1)
    label = jnp.take_along_axis(alpha, jnp.maximum(end - 1, 0), 1)
    label = jnp.where(end > 0, label, _NEVER)
    loss = -jnp.logaddexp(blank, label)[:, 0]
    return jnp.where(loss > -_NEVER / 2, jnp.inf, loss)
