"""`RNN`: runs a recurrent cell over the steps of sequences."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import tree
from keras.core.typing import Shape, Tensor
from keras.layers.layer import Layer
from keras.layers.rnn.dropout_masks import DropoutRNNCell
from keras.ops.rnn import rnn


class RNN(Layer):
    """Runs a cell over the time axis.

    Args:
        cell: a layer with `call(inputs, states) -> (output, new_states)` and
            `state_size`, an integer or a list of them. It may have `output_size`
            (the first state's size by default) and `get_initial_state(batch_size)`
            (zeros by default).
        return_sequences: whether to return the outputs of all steps, not the last.
        return_state: whether to return the last states too.
        go_backwards: whether to begin at the last step; outputs are in the order in
            which they are computed.
        stateful: whether a batch begins with the last states of the batch before.
        unroll: whether compiled code repeats the step instead of looping.
        zero_output_for_mask: whether masked steps output zeros.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments: `sequences`, `(batch, time, features)`; `initial_state`, a list of
    tensors; `mask`, `(batch, time)` booleans, False for steps that leave states and
    output as they were; `training`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RNN(keras.layers.LSTMCell(4), return_sequences=True)
    >>> tuple(layer(keras.ops.ones((2, 5, 3))).shape)
    (2, 5, 4)
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(getattr(cell, "call", None)) or not hasattr(cell, "state_size"):
            raise ValueError(
                "RNN expects `cell` to be a layer with `call(inputs, states)` and "
                f"`state_size`. Received: cell={cell!r} of type {type(cell).__name__}."
            )
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.states: Any = None
        size = cell.state_size
        self._state_is_single = isinstance(size, int)
        self.state_size = size

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds the cell for steps of these sequences."""
        if len(sequences_shape) < 3:
            raise ValueError(
                f"{self.name} expects sequences of shape (batch, time, features). "
                f"Received: shape {tuple(sequences_shape)}."
            )
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True
        if self.stateful and self.states is None:
            self._make_states(sequences_shape[0])
        self.built = True

    def _make_states(self, batch_size: int | None) -> None:
        if batch_size is None:
            raise ValueError(
                f"{self.name} is stateful, so the batch size must be known: use "
                "keras.Input(batch_shape=...) or batch_size=..."
            )
        sizes = [self.state_size] if self._state_is_single else self.state_size
        self.states = [
            self.add_weight(
                shape=(batch_size, size),
                initializer="zeros",
                trainable=False,
                dtype=self.variable_dtype,
                name=f"state_{i}",
            )
            for i, size in enumerate(sizes)
        ]

    def get_initial_state(self, batch_size: Any) -> list[Tensor]:
        """The states before the first step: the cell's, or zeros."""
        make = getattr(self.cell, "get_initial_state", None)
        if make is not None:
            state = make(batch_size=batch_size)
        else:
            sizes = [self.state_size] if self._state_is_single else self.state_size
            state = [
                ops.zeros((batch_size, size), dtype=self.compute_dtype)
                for size in sizes
            ]
        return list(state) if isinstance(state, (list, tuple)) else [state]

    def inner_loop(
        self, sequences: Tensor, initial_state: Any, mask: Any, training: Any = False
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Runs the cell.

        Args:
            sequences: `(batch, time, ...)`.
            initial_state: a list of tensors; None for those of the cell.
            mask: `(batch, time)` booleans or None.
            training: whether to train.

        Returns:
            The last output, all outputs, and the last states.
        """
        if initial_state is None:
            initial_state = self.get_initial_state(ops.shape(sequences)[0])

        def step(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
            given = states[0] if self._state_is_single else list(states)
            output, new = self.cell(inputs, given)
            return output, list(new) if isinstance(new, (list, tuple)) else [new]

        return rnn(
            step,
            sequences,
            list(initial_state),
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = False,
    ) -> Any:
        """The outputs, and the last states if they are wanted."""
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        if initial_state is None and self.stateful:
            initial_state = [ops.convert_to_tensor(state) for state in self.states]
        if initial_state is not None:
            initial_state = [
                ops.cast(state, self.compute_dtype)
                for state in tree.flatten(initial_state)
            ]
        if training:
            self._draw_dropout(sequences, initial_state)
        try:
            last, outputs, states = self.inner_loop(
                sequences, initial_state, mask, training
            )
        finally:
            if training:
                self._forget_dropout()
        if self.stateful:
            for state, new in zip(self.states, tree.flatten(states), strict=True):
                state.assign(ops.cast(new, state.dtype))
        result = outputs if self.return_sequences else last
        return (result, *states) if self.return_state else result

    def _draw_dropout(self, sequences: Tensor, initial_state: Any) -> None:
        """Draws the cells' dropout before the loop; see `dropout_masks`."""
        for cell in self._dropout_cells():
            cell.get_dropout_mask(sequences[:, 0])
            if cell.recurrent_dropout > 0:
                state = initial_state or self.get_initial_state(ops.shape(sequences)[0])
                cell.get_recurrent_dropout_mask(state[0])

    def _forget_dropout(self) -> None:
        for cell in self._dropout_cells():
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()

    def _dropout_cells(self) -> list[Any]:
        return [self.cell] if isinstance(self.cell, DropoutRNNCell) else []

    def compute_mask(self, _: Any, mask: Any = None) -> Any:
        """The mask, if all steps are returned; states have none."""
        mask = tree.flatten(mask)[0] if mask is not None else None
        own = mask if self.return_sequences else None
        if not self.return_state:
            return own
        count = 1 if self._state_is_single else len(self.state_size)
        return (own, *(None,) * count)

    def compute_output_shape(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> Any:
        """The shape of the outputs, and of the last states if they are wanted."""
        batch, time = sequences_shape[:2]
        sizes = [self.state_size] if self._state_is_single else self.state_size
        size = getattr(self.cell, "output_size", None) or sizes[0]
        sequence = (time,) if self.return_sequences else ()
        shape = (batch, *sequence, *(size if isinstance(size, tuple) else (size,)))
        if not self.return_state:
            return shape
        return (shape, *((batch, size) for size in sizes))

    def reset_state(self) -> None:
        """Sets the states of a stateful layer to zero."""
        self.reset_states()

    def reset_states(self) -> None:
        """Sets the states of a stateful layer to zero.

        Raises:
            ValueError: if the layer is not stateful.
        """
        if not self.stateful:
            raise ValueError(
                f"{self.name} keeps no states between batches. Make it with "
                "stateful=True to have states to reset."
            )
        for state in self.states or ():
            state.assign(ops.zeros(state.shape, dtype=state.dtype))
