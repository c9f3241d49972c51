"""`LSTMCell`: one step of a long short-term memory."""

from __future__ import annotations

from typing import Any, Unpack

from keras import activations, ops
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Structure,
    Tensor,
)
from keras.layers.arguments import interpreted
from keras.layers.options import AllLayerOptions
from keras.layers.rnn.recurrent_cell import RecurrentCell, open_forget_gate
from keras.layers.weight_options import options
from keras.ops.nn.linear import linear


@public_class("keras.layers", pure=True)
class LSTMCell(RecurrentCell):
    """One step of a long short-term memory, to be run by `RNN`.

    Source: Hochreiter and Schmidhuber, 1997.

    Args:
        units: size of the output and of the two states.
        activation: function of the candidate and of the output.
        recurrent_activation: function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: first values of `kernel`, `(features, 4 * units)`.
        recurrent_initializer: first values of `recurrent_kernel`,
            `(units, 4 * units)`.
        bias_initializer: first values of `bias`, `(4 * units,)`.
        unit_forget_bias: whether the bias of the forget gate begins as 1.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: projection of the kernel after each update.
        recurrent_constraint: projection of the recurrent kernel after each update.
        bias_constraint: projection of the bias after each update.
        dropout: part of the inputs to drop in training.
        recurrent_dropout: part of the state to drop in training.
        seed: an integer for repeatable dropout.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments: `inputs`, `(batch, features)`; `states`, a list of two tensors
    `(batch, units)`; `training`.

    Example:

    >>> import keras
    >>> cell = keras.layers.LSTMCell(4)
    >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    >>> tuple(output.shape), len(states)
    ((2, 4), 2)
    """

    gates = 4
    states = 2

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        kwargs.pop("implementation", None)  # Keras 2
        super().__init__(**kwargs)
        self.recurrent_activation = interpreted(
            self, "recurrent_activation", activations.get, recurrent_activation
        )
        self.unit_forget_bias = unit_forget_bias
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

    def _bias_options(self) -> dict[str, Any]:
        how = options(self, "bias")
        if self.unit_forget_bias:
            how["initializer"] = open_forget_gate(self.bias_initializer)
        return how

    def call(
        self, inputs: Tensor, states: Structure, training: bool | None = False
    ) -> tuple[Tensor, list[Tensor]]:
        """The output of a step, and the states after it."""
        hidden, carry = states
        inputs, hidden = self._dropped(inputs, hidden, training)
        gates = ops.add(
            linear(inputs, self.kernel, self.bias),
            ops.matmul(hidden, self.recurrent_kernel),
        )
        i, f, candidate, o = ops.split(gates, 4, axis=-1)
        gate, activation = self.recurrent_activation, self.activation
        carry = ops.add(
            ops.multiply(gate(f), carry), ops.multiply(gate(i), activation(candidate))
        )
        hidden = ops.multiply(gate(o), activation(carry))
        return hidden, [hidden, carry]
