"""`ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`: LSTMs over sequences of images and such."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Sizes,
    Tensor,
    TensorLike,
)
from keras.layers.input_spec import InputSpec, describe
from keras.layers.options import LayerOptions
from keras.layers.rnn.cell_attributes import CellAttributes, of_cell
from keras.layers.rnn.conv_lstm_cell import ConvLSTMCell
from keras.layers.rnn.rnn import RNN
from keras.ops.rnn import rnn


class ConvLSTM(CellAttributes, RNN):
    """What convolutional LSTMs of any number of spatial axes share."""

    rank: int
    _config_also = ("unroll",)

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        cell = self._own_cell(
            ConvLSTMCell,
            kwargs,
            self.rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            recurrent_activation,
            use_bias,
            unit_forget_bias,
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
            name="conv_lstm_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds the cell for steps of these sequences."""
        if len(sequences_shape) != self.rank + 3:
            raise ValueError(
                f"{describe(self)} expects sequences of rank {self.rank + 3}: batch, "
                f"time, {self.rank} spatial axes and channels. Received: shape "
                f"{tuple(sequences_shape)}."
            )
        super().build(sequences_shape, initial_state_shape)

    filters = of_cell("filters")
    kernel_size = of_cell("kernel_size")
    strides = of_cell("strides")
    padding = of_cell("padding")
    data_format = of_cell("data_format")
    dilation_rate = of_cell("dilation_rate")
    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: TensorLike,
        mask: TensorLike,
        training: bool | None = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Runs the cell; the inputs of all steps are convolved before the loop."""
        cell = self.cell
        shape = tuple(ops.shape(sequences))
        states = initial_state or self.get_initial_state(shape[0])
        dropped = None
        if training:
            kept = cell.get_dropout_mask(sequences[:, 0])
            if kept is not None:
                sequences = ops.multiply(sequences, ops.expand_dims(kept, 1))
            dropped = cell.get_recurrent_dropout_mask(states[0])
        steps = ops.reshape(sequences, (-1, *shape[2:]))
        projected = cell.project(steps)
        projected = ops.reshape(projected, (*shape[:2], *projected.shape[1:]))
        return rnn(
            lambda step, states: cell.step(step, states, dropped),
            projected,
            list(states),
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )

    def compute_output_shape(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> Any:
        """The shape of the outputs, and of the last states if they are wanted."""
        batch, time, *step = sequences_shape
        cell = self.cell
        state = cell._output_shape((batch, *step), cell.filters)
        outputs = (batch, time, *state[1:]) if self.return_sequences else state
        return (outputs, state, state) if self.return_state else outputs


@public_class("keras.layers", pure=True)
class ConvLSTM1D(ConvLSTM):
    """LSTM over sequences of sequences: its products are convolutions.

    Arguments are those of `ConvLSTM2D`. Inputs are of shape
    `(batch, time, steps, channels)`, or `(batch, time, channels, steps)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.ConvLSTM1D(4, 3)
    >>> tuple(layer(keras.ops.ones((2, 5, 8, 3))).shape)
    (2, 6, 4)
    """

    rank = 1


@public_class("keras.layers", pure=True)
class ConvLSTM2D(ConvLSTM):
    """LSTM over sequences of images: its products are convolutions.

    Source: Shi et al., 2015 (https://arxiv.org/abs/1506.04214), without peepholes.

    Args:
        filters: channels of the output and of the two states.
        kernel_size: size of the window, one integer or one for each spatial axis.
        strides: step of the window over the inputs.
        padding: `"valid"` (none) or `"same"`, of the inputs; states keep their size.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points over the inputs.
        activation: function of the candidate and of the output.
        recurrent_activation: function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: first values of `kernel`, `(*kernel_size, channels,
            4 * filters)`.
        recurrent_initializer: first values of `recurrent_kernel`, `(*kernel_size,
            filters, 4 * filters)`.
        bias_initializer: first values of `bias`, `(4 * filters,)`.
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
        return_state: whether to return the last states too.
        go_backwards: whether to begin at the last step.
        stateful: whether a batch begins with the last states of the batch before.
        **kwargs: `name`, `dtype`, `trainable`, `unroll`, `zero_output_for_mask`: see
            `RNN`.

    Call arguments: `sequences`, `(batch, time, height, width, channels)`, or with
    `"channels_first"` `(batch, time, channels, height, width)`; `initial_state`, a
    list of two tensors of the shape of one step's output; `mask`, `(batch, time)`
    booleans; `training`.

    Example:

    >>> import keras
    >>> layer = keras.layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)
    >>> tuple(layer(keras.ops.ones((2, 5, 8, 8, 3))).shape)
    (2, 5, 8, 8, 4)
    """

    rank = 2


@public_class("keras.layers", pure=True)
class ConvLSTM3D(ConvLSTM):
    """LSTM over sequences of volumes: its products are convolutions.

    Arguments are those of `ConvLSTM2D`. Inputs are of shape
    `(batch, time, depth, height, width, channels)`, with channels after time with
    `"channels_first"`.

    Example:

    >>> import keras
    >>> layer = keras.layers.ConvLSTM3D(4, 3, strides=2)
    >>> tuple(layer(keras.ops.ones((2, 5, 8, 8, 8, 3))).shape)
    (2, 3, 3, 3, 4)
    """

    rank = 3
