"""`GRUCell`: one step of gated recurrent units."""

from __future__ import annotations

from typing import Any, Unpack

from keras import activations, ops
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Structure,
    Tensor,
)
from keras.layers.arguments import interpreted
from keras.layers.options import AllLayerOptions
from keras.layers.rnn.recurrent_cell import RecurrentCell, like, only
from keras.ops.nn.linear import linear


@public_class("keras.layers", pure=True)
class GRUCell(RecurrentCell):
    """One step of gated recurrent units, to be run by `RNN`.

    Source: Cho et al., 2014 (https://arxiv.org/abs/1406.1078).

    Args:
        units: size of the output and of the state.
        activation: function of the candidate.
        recurrent_activation: function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: first values of `kernel`, `(features, 3 * units)`.
        recurrent_initializer: first values of `recurrent_kernel`,
            `(units, 3 * units)`.
        bias_initializer: first values of `bias`, `(2, 3 * units)`, or `(3 * units,)`
            if not `reset_after`.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: projection of the kernel after each update.
        recurrent_constraint: projection of the recurrent kernel after each update.
        bias_constraint: projection of the bias after each update.
        dropout: part of the inputs to drop in training.
        recurrent_dropout: part of the state to drop in training.
        reset_after: whether the reset gate acts after the recurrent product, not on
            the state before it.
        seed: an integer for repeatable dropout.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments: `inputs`, `(batch, features)`; `states`, a tensor
    `(batch, units)` or a list of it; `training`.

    Example:

    >>> import keras
    >>> cell = keras.layers.GRUCell(4)
    >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    >>> tuple(output.shape), len(states)
    ((2, 4), 1)
    """

    gates = 3
    _added_in_torch = ()  # its two biases are the rows of ours
    _gates_in_torch = (1, 0, 2)

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        kwargs.pop("implementation", None)  # Keras 2
        super().__init__(**kwargs)
        self.recurrent_activation = interpreted(
            self, "recurrent_activation", activations.get, recurrent_activation
        )
        self.reset_after = reset_after
        self._keras_keep(
            units,
            activation,
            use_bias,
            dropout,
            recurrent_dropout,
            seed,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
        )

    def _bias_shape(self) -> Shape:
        width = self.gates * self.units
        return (2, width) if self.reset_after else (width,)

    def call(
        self, inputs: Tensor, states: Structure, training: bool | None = False
    ) -> tuple[Tensor, Any]:
        """The output of a step, and the state after it."""
        hidden = only(states)
        inputs, previous = self._dropped(inputs, hidden, training)
        bias, recurrent_bias = self.bias, None
        if bias is not None and self.reset_after:
            bias, recurrent_bias = ops.unstack(bias, 2, axis=0)
        x_z, x_r, x_n = ops.split(linear(inputs, self.kernel, bias), 3, axis=-1)
        gate = self.recurrent_activation
        kernel = self.recurrent_kernel
        if self.reset_after:
            recurrent = linear(previous, kernel, recurrent_bias)
            h_z, h_r, h_n = ops.split(recurrent, 3, axis=-1)
            candidate = ops.add(x_n, ops.multiply(gate(ops.add(x_r, h_r)), h_n))
        else:
            of_gates, of_new = ops.split(kernel, [2 * self.units], axis=1)
            h_z, h_r = ops.split(ops.matmul(previous, of_gates), 2, axis=-1)
            kept = ops.multiply(gate(ops.add(x_r, h_r)), previous)
            candidate = ops.add(x_n, ops.matmul(kept, of_new))
        update = gate(ops.add(x_z, h_z))
        new = ops.multiply(ops.subtract(1, update), self.activation(candidate))
        hidden = ops.add(ops.multiply(update, hidden), new)
        return hidden, like(states, hidden)
