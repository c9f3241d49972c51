"""`Embedding`: a vector for each of a number of symbols."""

from __future__ import annotations

import warnings
from typing import Any, Unpack

from keras import ops
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.typing import (
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Tensor,
    TensorLike,
)
from keras.layers.arguments import class_name, interpreted_config, positive_integer
from keras.layers.options import AllLayerOptions
from keras.layers.weight_options import set_options
from keras.layers.weights.channels import Channels
from keras.layers.weights.lora import LoraLayer, SmallWeight
from keras.layers.weights.weight_layer import Weight


@public_class("keras.layers", pure=True)
class Embedding(LoraLayer):
    """Turns integers into vectors that are learned.

    Args:
        input_dim: number of symbols; inputs are from 0 to `input_dim - 1`.
        output_dim: size of the vectors.
        embeddings_initializer: first values of the table, `(input_dim, output_dim)`.
        embeddings_regularizer: penalty on the table.
        embeddings_constraint: projection of the table after each update.
        mask_zero: whether 0 is padding; later layers then get a mask of it.
        weights: values of the table to begin with: an array or a list of one.
        lora_rank: rank of a low-rank change that is trained in place of the table; see
            `enable_lora`. None for none.
        lora_alpha: strength of that change; `lora_rank` by default.
        quantization_config: the `keras.quantizers.QuantizationConfig` of a layer whose
            dtype policy is quantized.
        **kwargs: `name`, `dtype`, `trainable`, `activity_regularizer`: see `Layer`.

    Integer inputs `(batch, ...)` give outputs `(batch, ..., output_dim)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Embedding(10, 4)
    >>> tuple(layer(keras.ops.convert_to_tensor([[1, 2, 3]])).shape)
    (1, 3, 4)
    """

    _config_excluded = ("weights",)
    _lora_target = "embeddings"
    _takes_complex = False
    _settling = LoraLayer._settling | {"mask_zero"}
    embeddings = Weight()
    lora_embeddings_a = SmallWeight()
    lora_embeddings_b = SmallWeight()
    _keras_products = ("take",)

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Initializer = "uniform",
        embeddings_regularizer: Regularizer = None,
        embeddings_constraint: Constraint = None,
        mask_zero: bool = False,
        weights: TensorLike = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        if kwargs.pop("input_length", None) is not None:  # Keras 2; shapes say it
            warnings.warn(
                "Embedding needs no `input_length` any more: leave it out.",
                stacklevel=3,
            )
        # Large indices would not survive a cast to half precision.
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.quantization_config = interpreted_config(self, quantization_config)
        self.input_dim = positive_integer(self, "input_dim", input_dim)
        self.output_dim = positive_integer(self, "output_dim", output_dim)
        set_options(
            self,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
        )
        self._set_lora(lora_rank, lora_alpha)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        if weights is not None:
            weights = list(weights) if isinstance(weights, (list, tuple)) else [weights]
            if not all(hasattr(array, "shape") for array in weights):
                raise ValueError(
                    f"{class_name(self)} expects `weights` to be an array, or a list "
                    f"of one. Received: weights={weights!r}."
                )
            self.build()
            self.set_weights(weights)

    def build(self, input_shape: Shape | None = None) -> None:
        """Makes the table; the shape of the inputs does not matter."""
        if self.built:
            return
        self._add_form("embeddings", (self.input_dim, self.output_dim))
        self.built = True
        self._start_lora()

    def _keras_channels(self, name: str) -> Channels:
        """A table is looked up by rows: each has its own scale."""
        return Channels(reduced=(1,))

    def quantized_build(
        self, embeddings_shape: Shape, mode: str, config: Any = None
    ) -> None:
        """Gives the layer its table in a quantized form: see `Dense`."""
        super().quantized_build(embeddings_shape, mode, config)

    def call(self, inputs: Tensor) -> Tensor:
        """The vectors of `(batch, ...)` integers."""
        if not dtypes.is_int(ops.dtype(inputs)):
            inputs = ops.cast(inputs, "int32")
        outputs = self._embeddings_form.take(inputs)
        if self.compute_dtype != self.variable_dtype:
            outputs = ops.cast(outputs, self.compute_dtype)
        return outputs

    @property
    def _makes_masks(self) -> bool:
        ours = type(self).compute_mask is Embedding.compute_mask
        return self.mask_zero or not ours

    def compute_mask(self, inputs: Tensor, mask: TensorLike = None) -> Tensor | None:
        """False where the input is 0, if `mask_zero`."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, ..., output_dim)`."""
        return (*input_shape, self.output_dim)

    def get_config(self) -> Config:
        """The arguments; `activity_regularizer` also where there is none."""
        return {"activity_regularizer": None, **super().get_config()}
