"""`LSTM`: long short-term memory over sequences.

Cells with the standard activations run as one fused op over all steps, with dropout
of the inputs applied before it. Others, and recurrent dropout in training, run step
by step.
"""

from __future__ import annotations

from typing import Any

from keras import activations, ops
from keras.core.typing import Tensor
from keras.layers.arguments import one_of
from keras.layers.input_spec import InputSpec
from keras.layers.rnn.lstm_cell import LSTMCell
from keras.layers.rnn.rnn import RNN
from keras.ops.rnn import lstm


def of_cell(name: str) -> Any:
    """A property that is the cell's attribute of that name."""
    return property(lambda self: getattr(self.cell, name), doc=f"The cell's {name}.")


class LSTM(RNN):
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
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        for name in ("implementation", "time_major"):  # Keras 2
            kwargs.pop(name, None)
        cell = LSTMCell(
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
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
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
        self._standard = (
            cell.activation is activations.tanh
            and cell.recurrent_activation is activations.sigmoid
        )

    def inner_loop(
        self, sequences: Tensor, initial_state: Any, mask: Any, training: Any = False
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Runs the cell; see `RNN.inner_loop`."""
        cell = self.cell
        slow = training and cell.recurrent_dropout > 0
        if slow or not self._standard or self.use_cudnn is False:
            return super().inner_loop(sequences, initial_state, mask, training)
        if training and cell.dropout > 0:
            kept = cell.get_dropout_mask(sequences[:, 0])
            sequences = ops.multiply(sequences, ops.expand_dims(kept, 1))
        hidden, carry = initial_state or (None, None)
        outputs, hidden, carry = lstm(
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
        return outputs, outputs, [hidden, carry]

    units = of_cell("units")
    activation = of_cell("activation")
    recurrent_activation = of_cell("recurrent_activation")
    use_bias = of_cell("use_bias")
    unit_forget_bias = of_cell("unit_forget_bias")
    kernel_initializer = of_cell("kernel_initializer")
    recurrent_initializer = of_cell("recurrent_initializer")
    bias_initializer = of_cell("bias_initializer")
    kernel_regularizer = of_cell("kernel_regularizer")
    recurrent_regularizer = of_cell("recurrent_regularizer")
    bias_regularizer = of_cell("bias_regularizer")
    kernel_constraint = of_cell("kernel_constraint")
    recurrent_constraint = of_cell("recurrent_constraint")
    bias_constraint = of_cell("bias_constraint")
    dropout = of_cell("dropout")
    recurrent_dropout = of_cell("recurrent_dropout")
    seed = of_cell("seed")
