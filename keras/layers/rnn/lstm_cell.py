"""`LSTMCell`: one step of a long short-term memory."""

from __future__ import annotations

from typing import Any

from keras import activations, initializers, ops, random
from keras.core.typing import Shape, Tensor
from keras.layers import arguments
from keras.layers.arguments import positive_integer
from keras.layers.layer import Layer
from keras.layers.rnn.dropout_masks import DropoutRNNCell
from keras.layers.weight_options import options, set_options
from keras.ops.nn.linear import linear


class LSTMCell(Layer, DropoutRNNCell):
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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("implementation", None)  # Keras 2
        super().__init__(**kwargs)
        self.units = positive_integer(self, "units", units)
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.unit_forget_bias = unit_forget_bias
        set_options(
            self,
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
        self.dropout = arguments.rate(self, "dropout", dropout)
        self.recurrent_dropout = arguments.rate(
            self, "recurrent_dropout", recurrent_dropout
        )
        self.seed = seed
        if dropout > 0 or recurrent_dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape: Shape) -> None:
        """Makes the weights for inputs of this shape, `(batch, features)`."""
        units = self.units
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                f"The last size of the inputs of {self.name} (LSTMCell) must be known "
                f"to make its kernel. Received: input_shape={tuple(input_shape)}."
            )
        self.kernel = self.add_weight(
            name="kernel", shape=(features, 4 * units), **options(self, "kernel")
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(units, 4 * units),
            **options(self, "recurrent"),
        )
        self.bias = None
        if self.use_bias:
            how = options(self, "bias")
            if self.unit_forget_bias:
                how["initializer"] = self._first_bias
            self.bias = self.add_weight(name="bias", shape=(4 * units,), **how)
        self.built = True

    def _first_bias(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Tensor:
        """The initial bias: ones for the forget gate, which then lets states pass."""
        units = self.units
        make = self.bias_initializer
        ones = initializers.get("ones")
        parts = [
            make((units,), dtype=dtype),
            ones((units,), dtype=dtype),  # type: ignore[misc]
            make((2 * units,), dtype=dtype),
        ]
        return ops.concatenate(parts, axis=0)

    def call(
        self, inputs: Tensor, states: Any, training: bool | None = False
    ) -> tuple[Tensor, list[Tensor]]:
        """The output of a step, and the states after it."""
        hidden, carry = states
        if training and self.dropout > 0:
            inputs = ops.multiply(inputs, self.get_dropout_mask(inputs))
        if training and self.recurrent_dropout > 0:
            hidden = ops.multiply(hidden, self.get_recurrent_dropout_mask(hidden))
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

    def get_initial_state(self, batch_size: Any = None) -> list[Tensor]:
        """Two tensors of zeros, `(batch_size, units)`."""
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]

    def compute_output_shape(self, input_shape: Shape, *states: Any) -> Any:
        """The shapes of the output and of the two states."""
        shape = (input_shape[0], self.units)
        return shape, [shape, shape]
