"""`ReversibleEmbedding`: an embedding that also gives logits for vectors."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.serialization import serialize_keras_object
from keras.core.typing import (
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Structure,
    Tensor,
    TensorLike,
)
from keras.layers.core.embedding import Embedding
from keras.layers.options import AllLayerOptions
from keras.layers.weights.channels import Channels
from keras.layers.weights.weight_layer import Weight
from keras.ops.operation import infer_spec


class _Options(AllLayerOptions, total=False):
    weights: Any
    lora_rank: int | None
    lora_alpha: float | None
    quantization_config: Any


@public_class("keras.layers", pure=True)
class ReversibleEmbedding(Embedding):
    """Turns integers into vectors, and vectors into a logit for each integer.

    Args:
        input_dim: number of symbols; inputs are from 0 to `input_dim - 1`.
        output_dim: size of the vectors.
        tie_weights: whether the way back uses the table too, transposed. Otherwise it
            has a weight of its own, `reverse_embeddings`.
        embeddings_initializer: first values of the table, `(input_dim, output_dim)`.
        embeddings_regularizer: penalty on the table.
        embeddings_constraint: projection of the table after each update.
        mask_zero: whether 0 is padding; later layers then get a mask of it.
        reverse_dtype: dtype of the way back; None for that of the vectors and the
            layer.
        logit_soft_cap: bends logits smoothly into the range from minus to plus this;
            None for no bounds.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`. And `weights`,
            `lora_rank` and `lora_alpha`: see `Embedding`.

    Call arguments: `inputs`, integers `(batch, ...)`, and `reverse`, with which they
    are vectors `(batch, ..., output_dim)` and give logits `(batch, ..., input_dim)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.ReversibleEmbedding(10, 4)
    >>> vectors = layer(keras.ops.convert_to_tensor([[1, 2, 3]]))
    >>> tuple(layer(vectors, reverse=True).shape)
    (1, 3, 10)
    """

    reverse_embeddings = Weight()

    _keras_products = ("take", "logits")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Initializer = "uniform",
        embeddings_regularizer: Regularizer = None,
        embeddings_constraint: Constraint = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Unpack[_Options],
    ) -> None:
        if logit_soft_cap is not None and not _is_positive(logit_soft_cap):
            raise ValueError(
                "ReversibleEmbedding expects `logit_soft_cap` to be a number above 0, "
                f"or None. Received: logit_soft_cap={logit_soft_cap!r}."
            )
        # Before the base is made: it may build the layer, for `weights`.
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype and dtypes.standardize_dtype(reverse_dtype)
        self.logit_soft_cap = logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )

    def build(self, input_shape: Shape | None = None) -> None:
        """Makes the table, and the weight of the way back if it has its own."""
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights:
            initializer = self.embeddings_initializer
            if hasattr(initializer, "clone"):
                initializer = initializer.clone()  # unseeded, it draws anew
            self._add_form(
                "reverse_embeddings",
                (self.output_dim, self.input_dim),
                initializer=initializer,
            )

    def _weights_in_files(self) -> list[str]:
        """One table serves both ways, or each has its own."""
        names = super()._weights_in_files()
        return [x for x in names if x == "embeddings" or not self.tie_weights]

    def _keras_channels(self, name: str) -> Channels:
        """As a table; the weight of the way back has its channels in columns."""
        if name == "embeddings":
            return super()._keras_channels(name)
        return Channels(pairs=0, first=False, indexed=False)

    def call(self, inputs: Tensor, reverse: bool = False) -> Tensor:
        """The vectors of integers, or with `reverse` the logits of vectors."""
        if not reverse:
            return super().call(inputs)
        tied = self.tie_weights
        form = self._embeddings_form if tied else self._reverse_embeddings_form
        dtype = self.reverse_dtype or self.compute_dtype
        logits = form.logits(inputs, dtype, transposed=tied)
        if self.logit_soft_cap is not None:
            bent = ops.tanh(ops.divide(logits, self.logit_soft_cap))
            logits = ops.multiply(bent, self.logit_soft_cap)
        return logits

    def compute_mask(self, inputs: Tensor, mask: TensorLike = None) -> Tensor | None:
        """False where an integer is 0, if `mask_zero`; vectors keep the mask they have.

        Args:
            inputs: the integers or vectors.
            mask: their mask.
        """
        if dtypes.is_int(ops.dtype(inputs)):
            return super().compute_mask(inputs, mask)
        return mask

    def compute_output_shape(
        self, input_shape: Shape, reverse: bool = False
    ) -> tuple[int | None, ...]:
        """`(batch, ..., output_dim)`, or with `reverse` `(batch, ..., input_dim)`."""
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return super().compute_output_shape(input_shape)

    def compute_output_spec(
        self, inputs: TensorLike, reverse: bool = False
    ) -> Structure:
        """The shape of the output, and its dtype, which that of vectors decides too."""
        return infer_spec(self.call, (inputs,), {"reverse": reverse})

    def get_config(self) -> Config:
        """The arguments, and how the weights are quantized."""
        config = serialize_keras_object(self.quantization_config)
        return {"quantization_config": config, **super().get_config()}


def _is_positive(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and value > 0
