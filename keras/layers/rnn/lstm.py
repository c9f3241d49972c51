"""`LSTM`: long short-term memory over sequences."""

from __future__ import annotations

from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Tensor,
    TensorLike,
)
from keras.layers.arguments import one_of
from keras.layers.input_spec import InputSpec
from keras.layers.options import LayerOptions
from keras.layers.rnn.cell_attributes import FusedRNN, of_cell
from keras.layers.rnn.lstm_cell import LSTMCell
from keras.ops.rnn import lstm


@public_class("keras.layers", pure=True)
class LSTM(FusedRNN):
    """Long short-term memory.

    Source: Hochreiter and Schmidhuber, 1997.

    Args:
        units: size of the output.
        activation: function of the candidate and of the output.
        recurrent_activation: function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: first values of the kernel, `(features, 4 * units)`.
        recurrent_initializer: first values of the recurrent kernel,
            `(units, 4 * units)`.
        bias_initializer: first values of the bias, `(4 * units,)`.
        unit_forget_bias: whether the bias of the forget gate begins as 1.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        recurrent_constraint: projection of the recurrent kernel after each update.
        bias_constraint: projection of the bias after each update.
        dropout: part of the inputs to drop in training.
        recurrent_dropout: part of the state to drop in training.
        seed: an integer for repeatable dropout.
        return_sequences: whether to return the outputs of all steps, not the last.
        return_state: whether to return the last two states too.
        go_backwards: whether to begin at the last step.
        stateful: whether a batch begins with the last states of the batch before.
        unroll: whether compiled code repeats the step instead of looping.
        use_cudnn: False to run step by step; True and `"auto"` use the fused op where
            it computes the same.
        **kwargs: `name`, `dtype`, `trainable`, `zero_output_for_mask`: see `RNN`.

    Call arguments: `sequences`, `(batch, time, features)`; `initial_state`, a list of
    two tensors `(batch, units)`; `mask`, `(batch, time)` booleans; `training`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.LSTM(4)(keras.ops.ones((2, 5, 3))).shape)
    (2, 4)
    """

    _config_excluded = ("use_cudnn",)

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
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        for name in ("implementation", "time_major"):  # Keras 2
            kwargs.pop(name, None)
        cell = self._own_cell(
            LSTMCell,
            kwargs,
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="lstm_cell",
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
        self.use_cudnn = one_of(self, "use_cudnn", use_cudnn, ("auto", True, False))
        self.input_spec = InputSpec(ndim=3)

    def _fused(
        self, sequences: Tensor, initial_state: TensorLike, mask: TensorLike
    ) -> Any:
        cell = self.cell
        hidden, carry = initial_state or (None, None)
        return lstm(
            sequences,
            cell.kernel,
            cell.recurrent_kernel,
            cell.bias,
            hidden,
            carry,
            mask,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            unroll=self.unroll,
        )

    unit_forget_bias = of_cell("unit_forget_bias")
