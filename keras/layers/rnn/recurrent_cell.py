"""What the cells of `LSTM`, `GRU` and `SimpleRNN` share: arguments, kernels, states.

A cell has a kernel for its inputs and one for its state, both with one block of
columns for each gate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import activations, ops, random
from keras.core.typing import (
    Activation,
    DType,
    Initializer,
    Shape,
    ShapeLike,
    Structure,
    Tensor,
)
from keras.layers import arguments
from keras.layers.layer import Layer
from keras.layers.rnn.dropout_masks import DropoutRNNCell
from keras.layers.weight_options import options, set_options


class RecurrentCell(Layer, DropoutRNNCell):
    """One step of a recurrence, to be run by `RNN`. Internal.

    A subclass sets `gates` and `states` and defines `call`.
    """

    gates = 1
    states = 1
    _takes_vectors = True  # each step is `(batch, features)`, which `RNN` checks
    _outputs_first_in_torch = ("kernel", "recurrent_kernel")
    _added_in_torch: tuple[str, ...] = ("bias",)  # which is two biases there
    _gates_in_torch: tuple[int, ...] = ()  # where they are, if it has another order

    def _keras_keep(
        self,
        units: int,
        activation: Activation,
        use_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        **weights: Any,
    ) -> None:
        """Checks the arguments of the constructor and keeps them as attributes."""
        self.units = arguments.positive_integer(self, "units", units)
        self.activation = arguments.interpreted(
            self, "activation", activations.get, activation
        )
        self.use_bias = use_bias
        set_options(self, **weights)
        self.dropout = arguments.rate(self, "dropout", dropout)
        self.recurrent_dropout = arguments.rate(
            self, "recurrent_dropout", recurrent_dropout
        )
        self.seed = arguments.seed(self, seed)
        if dropout > 0 or recurrent_dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.state_size: Any = units if self.states == 1 else [units] * self.states
        self.output_size = units

    def build(self, input_shape: Shape) -> None:
        """Makes the weights for inputs of this shape, `(batch, features)`."""
        units, features = self.units, input_shape[-1]
        if features is None:
            raise ValueError(
                f"The last size of the inputs of {arguments.class_name(self)} must be "
                "known to make its kernel. Received: steps of shape "
                f"{tuple(input_shape)}."
            )
        width = self.gates * units
        self.kernel = self.add_weight(
            name="kernel", shape=(features, width), **options(self, "kernel")
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(units, width), **options(self, "recurrent")
        )
        for kernel in (self.kernel, self.recurrent_kernel):
            kernel.order_in_memory((1, 0))  # what one gate is made of lies together
        self.bias: Any = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=self._bias_shape(), **self._bias_options()
            )
        self.built = True

    def _bias_shape(self) -> Shape:
        return (self.gates * self.units,)

    def _bias_options(self) -> dict[str, Any]:
        return options(self, "bias")

    def _without_some(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """What dropout leaves of inputs or states."""
        return x if mask is None else ops.multiply(x, mask)

    def _dropped(
        self, inputs: Tensor, hidden: Tensor, training: bool | None
    ) -> tuple[Tensor, Tensor]:
        """Inputs and first state after dropout."""
        if not training:
            return inputs, hidden
        return (
            self._without_some(inputs, self.get_dropout_mask(inputs)),
            self._without_some(hidden, self.get_recurrent_dropout_mask(hidden)),
        )

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """Zeros, `(batch_size, units)`, for each state."""
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(self.states)]

    def compute_output_shape(self, input_shape: Shape, *states: Any) -> Any:
        """The shapes of the output and of the states."""
        shape = (input_shape[0], self.units)
        return shape, [shape] * self.states


def open_forget_gate(initializer: Callable[..., Tensor]) -> Initializer:
    """An initializer of the bias of an LSTM's gates, with ones for the forget gate.

    A forget gate that is open at first lets states pass.
    Source: Jozefowicz et al., 2015.

    Args:
        initializer: what gives the bias of the other gates its first values.
    """

    def make(shape: ShapeLike, dtype: DType = None, **kwargs: Any) -> Tensor:
        units = tuple(shape)[0] // 4  # type: ignore[arg-type, index]
        ones = ops.ones((units,), dtype=dtype)
        before, after = (initializer((n * units,), dtype=dtype) for n in (1, 2))
        return ops.concatenate([before, ones, after], axis=0)

    return make


def only(states: Structure) -> Tensor:
    """The state of a cell that has one, given in a list or by itself."""
    return states[0] if isinstance(states, (list, tuple)) else states


def like(given: Any, state: Tensor) -> Any:
    """The new state, in a list if the old one came in one."""
    return [state] if isinstance(given, (list, tuple)) else state
