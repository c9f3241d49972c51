"""`RNN`: runs a recurrent cell over the steps of sequences."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Unpack

from keras import initializers, ops
from keras.backends.variable import Variable
from keras.core import context, tree
from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.typing import Shape, Structure, Tensor, TensorLike
from keras.layers.input_spec import InputSpec, describe
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.layers.rnn.dropout_masks import DropoutRNNCell
from keras.layers.rnn.stacked_rnn_cells import StackedRNNCells
from keras.layers.rnn.states import (
    as_list,
    check_states,
    flat_shapes,
    is_size,
    nested_shapes,
    output_size_of,
    packed,
    zero_states,
)
from keras.layers.rnn.step_masks import checked_mask
from keras.ops.rnn import rnn


@public_class("keras.layers", pure=True)
class RNN(Layer):
    """Runs a cell over the time axis.

    Args:
        cell: a layer with `call(inputs, states) -> (output, new_states)` and
            `state_size`, an integer or a list of them. It may have `output_size`
            (the first state's size by default) and `get_initial_state(batch_size)`
            (zeros by default). A list of cells is stacked.
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

    _layer_arguments = ("cell",)

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not callable(getattr(cell, "call", None)) or not hasattr(cell, "state_size"):
            raise ValueError(
                "RNN expects `cell` to be a layer with `call(inputs, states)` and "
                f"`state_size`. Received: cell={cell!r} of type {type(cell).__name__}."
            )
        self.cell = cell
        if getattr(cell, "_takes_vectors", False):
            self.input_spec = InputSpec(ndim=3)
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.states: Any = None
        self.state_size = as_list(cell.state_size)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds the cell for steps of these sequences."""
        rank = len(sequences_shape)
        if rank < 3 or (self.input_spec is not None and rank != self.input_spec.ndim):
            hint = (
                "Add the missing dimension, as x[:, None] does for a single step or "
                "x[..., None] for one feature."
            )
            raise ValueError(
                f"{describe(self)} expects sequences of shape (batch, time, features). "
                f"Received: shape {tuple(sequences_shape)}. "
                f"{hint if rank < 3 else 'Reshape them.'}"
            )
        if isinstance(self.cell, Layer) and not self.cell.built:
            with self._naming():
                self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True
        if self.input_spec is not None and self.input_spec.ndim is not None:
            axes = {axis: sequences_shape[axis] for axis in range(2, rank)}
            self.input_spec = InputSpec(ndim=rank, axes=axes)
        else:
            self.input_spec = InputSpec(min_ndim=3)
        if self.stateful and self.states is None:
            self._make_states(sequences_shape[0])
        self.built = True

    def _naming(self) -> Any:
        """What the cell's errors name: a cell that the user wrote, itself."""
        return nullcontext()

    def _make_states(self, batch_size: int | None) -> None:
        if batch_size is None:
            raise ValueError(
                f"{self.name} is stateful, so the batch size must be known: use "
                "keras.Input(batch_shape=...) or batch_size=..."
            )
        shapes = flat_shapes(nested_shapes(self.cell, batch_size))
        states = [self._make_state(shape, i) for i, shape in enumerate(shapes)]
        # Not tracked as weights: no file of weights holds them.
        object.__setattr__(self, "states", packed(self.cell, states))

    def _make_state(self, shape: Shape, index: int) -> Variable:
        outside = context.Scope("stateless", None)
        with (
            outside,
            context.Scope("backend", self._keras_backend),
            self._variable_scope(),
        ):
            state = Variable(
                initializers.get("zeros"),
                shape=shape,
                dtype=self.variable_dtype,
                trainable=False,
                name=f"state_{index}",
            )
        if self._keras_backend.layer_mixin is not None:
            self._track_variable_native(state)
        return state

    def get_initial_state(self, batch_size: int | None) -> list[Tensor]:
        """The states before the first step: the cell's, or zeros."""
        return zero_states(self.cell, batch_size, self.compute_dtype)

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: TensorLike,
        mask: TensorLike,
        training: bool | None = False,
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

        def step(inputs: TensorLike, states: Structure) -> tuple[Any, list[Any]]:
            output, new = self.cell(inputs, states)
            return output, as_list(new)

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
        initial_state: TensorLike = None,
        mask: TensorLike = None,
        training: bool | None = False,
    ) -> Any:
        """The outputs, and the last states if they are wanted."""
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        if mask is not None:
            mask = checked_mask(self, mask, tree.flatten(sequences)[0].shape)
            mask = mask[..., 0] if len(mask.shape) == 3 else mask
        if initial_state is None and self.stateful:
            self._check_batch_size(sequences)
            # Copies: gradients need what the states were, and they are set below.
            initial_state = tree.map_structure(ops.copy, self.states)
        if initial_state is not None:
            given = [ops.convert_to_tensor(x) for x in tree.flatten(initial_state)]
            check_states(self, self.cell, given, tree.flatten(sequences)[0].shape[0])
            cast = [ops.cast(state, self.compute_dtype) for state in given]
            initial_state = packed(self.cell, cast)
        if tree.flatten(sequences)[0].shape[1] == 0:
            return self._of_no_steps(sequences, initial_state)
        draws = training and self._drops_out()
        if draws:
            self._draw_dropout(sequences, initial_state)
        try:
            last, outputs, states = self.inner_loop(
                sequences, initial_state, mask, training
            )
        finally:
            if draws:
                self._forget_dropout()
        if self.stateful:
            kept = tree.flatten(self.states)
            for state, new in zip(kept, tree.flatten(states), strict=True):
                state.assign(ops.cast(new, state.dtype))
        result = outputs if self.return_sequences else last
        return (result, *states) if self.return_state else result

    def _of_no_steps(self, sequences: Tensor, initial_state: TensorLike) -> Any:
        """Zeros as outputs, and the states as they were."""
        first = tree.flatten(sequences)[0]
        batch = ops.shape(first)[0]
        shape = self.compute_output_shape((batch, *tuple(first.shape)[1:]))
        shape = shape[0] if self.return_state else shape
        result = ops.zeros(shape, dtype=self.compute_dtype)
        if not self.return_state:
            return result
        if initial_state is None:
            initial_state = self.get_initial_state(batch)
        return (result, *initial_state)

    def _check_batch_size(self, sequences: Tensor) -> None:
        """Compares the batch with the kept states."""
        kept = tree.flatten(self.states)[0].shape[0]
        given = tree.flatten(sequences)[0].shape[0]
        if is_size(given) and given != kept:
            raise ValueError(
                f"{describe(self)} is stateful and keeps the states of {kept} "
                f"sequences, so each batch must have as many. Received: {given} "
                "sequences. Drop or pad the last batch of the data, or make a layer "
                "for the other batch size and give it the weights of this one."
            )

    def _draw_dropout(self, sequences: Tensor, initial_state: TensorLike) -> None:
        """Draws the cells' dropout before the loop; see `dropout_masks`."""
        cells = self._cells()
        batch, inputs = ops.shape(sequences)[0], sequences[:, 0]
        states = initial_state or self.get_initial_state(batch)
        if len(cells) == 1 and cells[0] is self.cell:
            states = [states]
        for cell, own in zip(cells, states, strict=True):
            if isinstance(cell, DropoutRNNCell):
                cell.get_dropout_mask(inputs)
                cell.get_recurrent_dropout_mask(as_list(own)[0])
            if cell is not cells[-1]:
                size = (batch, output_size_of(cell))
                inputs = ops.zeros(size, dtype=self.compute_dtype)

    def _drops_out(self) -> bool:
        return any(
            cell.dropout > 0 or cell.recurrent_dropout > 0
            for cell in self._cells()
            if isinstance(cell, DropoutRNNCell)
        )

    def _forget_dropout(self) -> None:
        for cell in self._cells():
            if isinstance(cell, DropoutRNNCell):
                cell.reset_dropout_mask()
                cell.reset_recurrent_dropout_mask()

    def _cells(self) -> list[Any]:
        return getattr(self.cell, "cells", None) or [self.cell]

    def compute_mask(self, _: Any, mask: TensorLike = None) -> Structure:
        """The mask, if all steps are returned; states have none."""
        mask = tree.flatten(mask)[0] if mask is not None else None
        own = mask if self.return_sequences else None
        if not self.return_state:
            return own
        return (own, *(None,) * len(self.state_size))

    def compute_output_shape(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> Any:
        """The shape of the outputs, and of the last states if they are wanted."""
        batch, time = sequences_shape[:2]
        size = output_size_of(self.cell)
        sequence = (time,) if self.return_sequences else ()
        shape = (batch, *sequence, *(size if isinstance(size, tuple) else (size,)))
        if not self.return_state:
            return shape
        return (shape, *nested_shapes(self.cell, batch))

    def get_config(self) -> dict[str, Any]:
        """The arguments; a layer with a cell of its own passes the last one on."""
        config = super().get_config()
        config["zero_output_for_mask"] = self.zero_output_for_mask
        return config

    def reset_state(self) -> None:
        """Sets the states of a stateful layer to zero."""
        self.reset_states()

    def reset_states(self) -> None:
        """Sets the states of a stateful layer to zero; others have none."""
        for state in tree.flatten(self.states or []):
            state.assign(ops.zeros(state.shape, dtype=state.dtype))

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """A layer made from what `get_config` returned."""
        with CustomObjectScope(custom_objects or {}):
            return super().from_config(config)
