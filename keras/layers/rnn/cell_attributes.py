"""Attributes of a recurrent layer that are its cell's, and the fused way to run one.

`layer.units`, `layer.dropout` and so on read the cell, so they and the config hold what
the cell made of the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from keras import activations, ops
from keras.core import dtypes
from keras.core.typing import Tensor, TensorLike
from keras.layers.arguments import parts_of
from keras.layers.rnn.rnn import RNN

Cell = TypeVar("Cell")


def of_cell(name: str) -> Any:
    """A property that is the cell's attribute of that name."""

    def read(self: Any) -> Any:
        return getattr(self.cell, name)

    def write(self: Any, value: Any) -> None:
        setattr(self.cell, name, value)

    return property(read, write, doc=f"The cell's {name}.")


class CellAttributes:
    """The attributes that every cell has; the cell is one that the layer made."""

    def _naming(self) -> Any:
        """What the cell's errors name: the layer."""
        return parts_of(self)

    def _own_cell(
        self,
        cell: Callable[..., Cell],
        given: Mapping[str, Any],
        *args: Any,
        **options: Any,
    ) -> Cell:
        """The cell of a layer, in the layer's dtype and as trainable as it.

        Args:
            cell: its class.
            given: what the layer got besides, for itself.
            *args: arguments of the cell.
            **options: those by name.
        """
        dtype, trainable = given.get("dtype"), given.get("trainable", True)
        with self._naming():
            return cell(*args, **options, dtype=dtype, trainable=trainable)

    units = of_cell("units")
    activation = of_cell("activation")
    use_bias = of_cell("use_bias")
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


class FusedRNN(CellAttributes, RNN):
    """A recurrent layer that runs as one op over all steps where that is the same.

    It is with the standard activations, as they are at the call. Dropout of the inputs
    is applied before the op; recurrent dropout in training, and other activations, run
    step by step.
    """

    _takes_complex = False
    use_cudnn: Any
    recurrent_activation = of_cell("recurrent_activation")

    def _is_standard(self) -> bool:
        return (
            self.activation is activations.tanh
            and self.recurrent_activation is activations.sigmoid
            and self.use_cudnn is not False
        )

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: TensorLike,
        mask: TensorLike,
        training: bool | None = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Runs the cell; see `RNN.inner_loop`."""
        cell = self.cell
        slow = training and cell.recurrent_dropout > 0
        if slow or not self._is_standard():
            return super().inner_loop(sequences, initial_state, mask, training)
        if not dtypes.is_float(dtypes.standardize_dtype(sequences.dtype)):
            sequences = ops.cast(sequences, self.compute_dtype)
        if training and cell.dropout > 0:
            kept = cell.get_dropout_mask(sequences[:, 0])
            sequences = ops.multiply(sequences, ops.expand_dims(kept, 1))
        outputs, *states = self._fused(sequences, initial_state, mask)
        return outputs, outputs, states

    def _fused(
        self, sequences: Tensor, initial_state: TensorLike, mask: TensorLike
    ) -> Any:
        """Outputs and last states, by the op."""
        raise NotImplementedError(f"{type(self).__name__} has no fused op.")
