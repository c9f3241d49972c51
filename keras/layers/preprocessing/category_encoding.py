"""`CategoryEncoding`: integers as one-hot, multi-hot or count vectors."""

from __future__ import annotations

from typing import Unpack

from keras import ops
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, Shape, Tensor, TensorLike
from keras.layers.arguments import positive_integer
from keras.layers.options import AllLayerOptions
from keras.layers.preprocessing import encoding
from keras.layers.preprocessing.data_layer import DataLayer
from keras.layers.preprocessing.uneven import is_uneven, on_values


@public_class("keras.layers", pure=True)
class CategoryEncoding(DataLayer):
    """Integers as vectors, where their number is known.

    Args:
        num_tokens: how many there are: inputs are from 0 to below it. Others become
            vectors of zeros.
        output_mode: `"one_hot"`: each integer becomes a vector; `"multi_hot"`: each
            row becomes one vector that says which integers it has; `"count"`: which
            says how often it has them.
        sparse: whether to give sparse tensors, where the backend has them.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`, `(batch, items)` of integers; `count_weights`, of the same
    shape: what each integer counts, for `"count"`.

    Example:

    >>> import keras
    >>> layer = keras.layers.CategoryEncoding(4, output_mode="count")
    >>> keras.ops.convert_to_numpy(layer([[0, 1], [0, 0]])).tolist()
    [[1.0, 1.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0]]
    """

    _has_nothing_to_build = True

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if num_tokens is None:
            raise ValueError(
                "CategoryEncoding needs `num_tokens`, the number of integers there "
                "are. Where it is not known, use IntegerLookup and its `adapt`."
            )
        modes = ("count", "multi_hot", "one_hot")
        self.num_tokens = positive_integer(self, "num_tokens", num_tokens)
        self.output_mode = encoding.output_mode(self, output_mode, modes)
        self.sparse = bool(sparse)
        self._allow_non_tensor_positional_args = True
        self._convert_input_args = False

    def call(self, inputs: TensorLike, count_weights: TensorLike = None) -> Tensor:
        """The vectors."""
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                f"{self.name} (CategoryEncoding) uses `count_weights` with "
                f"output_mode='count' only. Received: output_mode={self.output_mode!r}."
            )
        if is_uneven(inputs) and count_weights is None:
            return on_values(inputs, self.output_mode, self._integers, self._vectors)
        return self._vectors(ops.convert_to_tensor(inputs), count_weights)

    def _integers(self, inputs: Tensor) -> Tensor:
        return (
            ops.cast(inputs, "int32") if dtypes.is_float(ops.dtype(inputs)) else inputs
        )

    def _vectors(self, inputs: Tensor, count_weights: TensorLike = None) -> Tensor:
        return encoding.encode(
            self._integers(inputs),
            self.num_tokens,
            self.output_mode,
            self.compute_dtype,
            count_weights,
            self.sparse,
        )

    def compute_output_shape(
        self, input_shape: Shape, count_weights_shape: Shape | None = None
    ) -> Shape:
        """The shape of the vectors."""
        return encoding.encoded_shape(input_shape, self.num_tokens, self.output_mode)

    def compute_output_spec(
        self, inputs: TensorLike, count_weights: TensorLike = None
    ) -> KerasTensor:
        """Shape and dtype of the vectors."""
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, self.compute_dtype, sparse=self.sparse)

    def get_config(self) -> Config:
        """The arguments; `sparse` only where it is set, as Keras 3 has it."""
        config = super().get_config()
        if not self.sparse:
            del config["sparse"]
        return config
