"""`ConvLSTMCell`: one step of a long short-term memory whose products are convolutions.

The cell of `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`; internal.
"""

from __future__ import annotations

from typing import Any

from keras import activations, ops, random
from keras.core.facts import internal_class
from keras.core.typing import Activation, Shape, Sizes, Structure, Tensor
from keras.layers.arguments import class_name, interpreted, positive_integer, rate
from keras.layers.arguments import seed as checked_seed
from keras.layers.convolutional.base import WindowLayer
from keras.layers.rnn.dropout_masks import DropoutRNNCell
from keras.layers.rnn.recurrent_cell import open_forget_gate
from keras.layers.weight_options import options, set_options, split_options


@internal_class(pure=True)
class ConvLSTMCell(WindowLayer, DropoutRNNCell):
    """One step of a convolutional LSTM, to be run by a `ConvLSTM` layer. Internal.

    The inputs are convolved with the strides and dilation of the arguments; the state
    with neither, so that it keeps its size.

    Source: Shi et al., 2015 (https://arxiv.org/abs/1506.04214), without peepholes.

    Args:
        rank: number of spatial axes.
        filters: channels of the output and of the two states.
        **more: the arguments of the public layers.
    """

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes,
        padding: str,
        data_format: str | None,
        dilation_rate: Sizes,
        activation: Activation,
        recurrent_activation: Activation,
        use_bias: bool,
        unit_forget_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        **more: Any,
    ) -> None:
        weights, others = split_options(more, "kernel", "recurrent", "bias")
        super().__init__(**others)
        self.rank = rank
        self.filters = positive_integer(self, "filters", filters)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_output(activation, use_bias)
        self.recurrent_activation = interpreted(
            self, "recurrent_activation", activations.get, recurrent_activation
        )
        self.unit_forget_bias = unit_forget_bias
        set_options(self, **weights)
        self.dropout = rate(self, "dropout", dropout)
        self.recurrent_dropout = rate(self, "recurrent_dropout", recurrent_dropout)
        self.seed = checked_seed(self, seed)
        if dropout > 0 or recurrent_dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.state_size = [filters, filters]
        self._output: Shape | None = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights for inputs of this shape, without time."""
        output = self._output_shape(input_shape, self.filters)
        if None in output[1:]:
            raise ValueError(
                f"The spatial sizes of the inputs of {class_name(self)} must be known "
                "to make its first states. Received: steps of shape "
                f"{tuple(input_shape)}."
            )
        channels = self._input_channels(input_shape)
        window, filters = self.kernel_size, self.filters
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*window, channels, 4 * filters),
            **options(self, "kernel"),
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(*window, filters, 4 * filters),
            **options(self, "recurrent"),
        )
        for kernel in (self.kernel, self.recurrent_kernel):
            self._order_kernel(kernel)
        self.bias = None
        if self.use_bias:
            how = options(self, "bias")
            if self.unit_forget_bias:
                how["initializer"] = open_forget_gate(self.bias_initializer)
            self.bias = self.add_weight(name="bias", shape=(4 * filters,), **how)
        self._output = output
        self.built = True

    def _state_shapes(self, batch_size: int | None) -> list[Any]:
        """The shapes of the two states; the cell must be built."""
        return [(batch_size, *(self._output or ())[1:])] * 2

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """Zeros, of the shape of the output, for each of the two states."""
        shapes = self._state_shapes(batch_size)
        return [ops.zeros(shape, dtype=self.compute_dtype) for shape in shapes]

    def project(self, inputs: Tensor) -> Tensor:
        """The inputs' part of the gates, for any number of steps at once."""
        outputs = ops.conv(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self._with_bias(outputs)

    def step(
        self, projected: Tensor, states: Structure, dropped: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """The output of a step, and the states after it.

        Args:
            projected: what `project` made of the step's inputs.
            states: the two states before it.
            dropped: the factors of the first state, in training with dropout.
        """
        hidden, carry = states
        seen = hidden if dropped is None else ops.multiply(hidden, dropped)
        recurrent = ops.conv(
            seen, self.recurrent_kernel, padding="same", data_format=self.data_format
        )
        axis = -1 if self.data_format == "channels_last" else 1
        gates = ops.add(projected, recurrent)
        i, f, candidate, o = ops.split(gates, 4, axis=axis)
        gate, activation = self.recurrent_activation, self.activation
        carry = ops.add(
            ops.multiply(gate(f), carry), ops.multiply(gate(i), activation(candidate))
        )
        hidden = ops.multiply(gate(o), activation(carry))
        return hidden, [hidden, carry]

    def call(
        self, inputs: Tensor, states: Structure, training: bool | None = False
    ) -> tuple[Tensor, list[Tensor]]:
        """The output of a step, and the states after it."""
        dropped = None
        if training:
            kept = self.get_dropout_mask(inputs)
            inputs = inputs if kept is None else ops.multiply(inputs, kept)
            dropped = self.get_recurrent_dropout_mask(states[0])
        return self.step(self.project(inputs), states, dropped)
