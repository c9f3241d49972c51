"""`StackedRNNCells`: several cells that behave as one."""

from __future__ import annotations

from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.serialization import serialize_keras_object
from keras.core.typing import Shape, Structure, Tensor
from keras.layers.arguments import items_of
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.layers.rnn.states import (
    as_list,
    has_bare_state,
    output_size_of,
    zero_states,
)


@public_class("keras.layers", pure=True)
class StackedRNNCells(Layer):
    """Cells one on top of the other: each step goes through all of them.

    Args:
        cells: cells; the output of one is the input of the next.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments: `inputs`, `(batch, features)`; `states`, a list with the states of
    each cell, as `get_initial_state` makes it; `training`.

    Example:

    >>> import keras
    >>> cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(3)]
    >>> stacked = keras.layers.StackedRNNCells(cells)
    >>> tuple(keras.layers.RNN(stacked)(keras.ops.ones((2, 5, 6))).shape)
    (2, 3)
    """

    _layer_arguments = ("cells",)

    def __init__(self, cells: Any, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        found = items_of(cells)
        if not found:
            raise ValueError(
                "StackedRNNCells expects `cells` to be a list of at least one cell. "
                f"Received: cells={cells!r}."
            )
        for cell in found:
            if not callable(getattr(cell, "call", None)) or not hasattr(
                cell, "state_size"
            ):
                raise ValueError(
                    "StackedRNNCells expects `cells` to be layers with `call(inputs, "
                    f"states)` and `state_size`. Received: {cell!r} of type "
                    f"{type(cell).__name__}."
                )
        self.cells = found
        self._takes_vectors = getattr(found[0], "_takes_vectors", False)

    @property
    def state_size(self) -> list[Any]:
        """The state sizes of the cells."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        """The output size of the last cell."""
        return output_size_of(self.cells[-1])

    def build(self, input_shape: Shape) -> None:
        """Builds the cells, each for the output of the one before."""
        shape = tuple(input_shape)
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(shape)
                cell.built = True
            size = output_size_of(cell)
            shape = (shape[0], *(size if isinstance(size, tuple) else (size,)))
        self.built = True

    def call(
        self,
        inputs: Tensor,
        states: Structure,
        training: bool | None = False,
        **kwargs: Any,
    ) -> tuple[Tensor, list[Any]]:
        """The output of the last cell, and the new states of all."""
        new = []
        for cell, own in zip(self.cells, states, strict=True):
            inputs, after = cell(inputs, as_list(own), **kwargs)
            flat = as_list(after)
            new.append(flat if isinstance(own, (list, tuple)) else flat[0])
        return inputs, new

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """The states before the first step, one entry for each cell."""
        dtype = self.compute_dtype
        states = [zero_states(cell, batch_size, dtype) for cell in self.cells]
        return [
            own[0] if has_bare_state(cell) else own
            for cell, own in zip(self.cells, states, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """The cells in serialized form."""
        config = super().get_config()
        config["cells"] = [serialize_keras_object(cell) for cell in self.cells]
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """Stacked cells made from what `get_config` returned."""
        with CustomObjectScope(custom_objects or {}):
            return super().from_config(config)
