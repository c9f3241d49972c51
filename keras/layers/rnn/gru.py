"""`GRU`: gated recurrent units over sequences."""

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
from keras.layers.rnn.gru_cell import GRUCell
from keras.ops.rnn import gru


@public_class("keras.layers", pure=True)
class GRU(FusedRNN):
    """Gated recurrent units.

    Source: Cho et al., 2014 (https://arxiv.org/abs/1406.1078).

    Args:
        units: size of the output.
        activation: function of the candidate.
        recurrent_activation: function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: first values of the kernel, `(features, 3 * units)`.
        recurrent_initializer: first values of the recurrent kernel,
            `(units, 3 * units)`.
        bias_initializer: first values of the bias, `(2, 3 * units)`, or `(3 * units,)`
            if not `reset_after`.
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
        return_state: whether to return the last state too.
        go_backwards: whether to begin at the last step.
        stateful: whether a batch begins with the last states of the batch before.
        unroll: whether compiled code repeats the step instead of looping.
        reset_after: whether the reset gate acts after the recurrent product, not on
            the state before it.
        use_cudnn: False to run step by step; True and `"auto"` use the fused op where
            it computes the same.
        **kwargs: `name`, `dtype`, `trainable`, `zero_output_for_mask`: see `RNN`.

    Call arguments: `sequences`, `(batch, time, features)`; `initial_state`, a
    tensor `(batch, units)` or a list of it; `mask`, `(batch, time)` booleans;
    `training`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.GRU(4)(keras.ops.ones((2, 5, 3))).shape)
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
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        for name in ("implementation", "time_major"):  # Keras 2
            kwargs.pop(name, None)
        cell = self._own_cell(
            GRUCell,
            kwargs,
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
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
            reset_after=reset_after,
            seed=seed,
            name="gru_cell",
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
        return gru(
            sequences,
            cell.kernel,
            cell.recurrent_kernel,
            cell.bias,
            initial_state[0] if initial_state else None,
            mask,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            unroll=self.unroll,
            reset_after=cell.reset_after,
        )

    reset_after = of_cell("reset_after")
