"""`SimpleRNNCell`: one step of a plain recurrence."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Structure,
    Tensor,
)
from keras.layers.options import AllLayerOptions
from keras.layers.rnn.recurrent_cell import RecurrentCell, like, only
from keras.ops.nn.linear import linear


@public_class("keras.layers", pure=True)
class SimpleRNNCell(RecurrentCell):
    """One step of a plain recurrence, to be run by `RNN`.

    The output, which is the state too, is a function of the sum of two products.

    Args:
        units: size of the output and of the state.
        activation: function of the sum.
        use_bias: whether to add a bias.
        kernel_initializer: first values of `kernel`, `(features, units)`.
        recurrent_initializer: first values of `recurrent_kernel`,
            `(units, units)`.
        bias_initializer: first values of `bias`, `(units,)`.
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

    Call arguments: `sequence`, `(batch, features)`; `states`, a tensor
    `(batch, units)` or a list of it; `training`.

    Example:

    >>> import keras
    >>> cell = keras.layers.SimpleRNNCell(4)
    >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    >>> tuple(output.shape), len(states)
    ((2, 4), 1)
    """

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
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
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        kwargs.pop("implementation", None)  # Keras 2
        super().__init__(**kwargs)
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

    def call(
        self, sequence: Tensor, states: Structure, training: bool | None = False
    ) -> tuple[Tensor, Any]:
        """The output of a step, and the state after it."""
        inputs, hidden = self._dropped(sequence, only(states), training)
        total = ops.add(
            linear(inputs, self.kernel, self.bias),
            ops.matmul(hidden, self.recurrent_kernel),
        )
        hidden = self.activation(total)
        return hidden, like(states, hidden)
