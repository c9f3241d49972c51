"""`SimpleRNN`: a plain recurrence over sequences."""

from __future__ import annotations

from typing import Unpack

from keras.core.facts import public_class
from keras.core.typing import Activation, Constraint, Initializer, Regularizer
from keras.layers.input_spec import InputSpec
from keras.layers.options import LayerOptions
from keras.layers.rnn.cell_attributes import CellAttributes
from keras.layers.rnn.rnn import RNN
from keras.layers.rnn.simple_rnn_cell import SimpleRNNCell


@public_class("keras.layers", pure=True)
class SimpleRNN(CellAttributes, RNN):
    """A plain recurrence.

    The output, which is the state too, is a function of the sum of two products.

    Args:
        units: size of the output.
        activation: function of the sum.
        use_bias: whether to add a bias.
        kernel_initializer: first values of the kernel, `(features, units)`.
        recurrent_initializer: first values of the recurrent kernel,
            `(units, units)`.
        bias_initializer: first values of the bias, `(units,)`.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        recurrent_constraint: projection of the recurrent kernel after each update.
        bias_constraint: projection of the bias after each update.
        dropout: part of the inputs to drop in training.
        recurrent_dropout: part of the state to drop in training.
        return_sequences: whether to return the outputs of all steps, not the last.
        return_state: whether to return the last state too.
        go_backwards: whether to begin at the last step.
        stateful: whether a batch begins with the last states of the batch before.
        unroll: whether compiled code repeats the step instead of looping.
        seed: an integer for repeatable dropout.
        **kwargs: `name`, `dtype`, `trainable`, `zero_output_for_mask`: see `RNN`.

    Call arguments: `sequences`, `(batch, time, features)`; `initial_state`, a
    tensor `(batch, units)` or a list of it; `mask`, `(batch, time)` booleans;
    `training`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.SimpleRNN(4)(keras.ops.ones((2, 5, 3))).shape)
    (2, 4)
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
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        for name in ("implementation", "time_major"):  # Keras 2
            kwargs.pop(name, None)
        cell = self._own_cell(
            SimpleRNNCell,
            kwargs,
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="simple_rnn_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = InputSpec(ndim=3)
