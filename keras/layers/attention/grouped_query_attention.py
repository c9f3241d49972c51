"""`GroupQueryAttention`: attention whose queries share keys and values in groups."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops, random
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import (
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Structure,
    Tensor,
    TensorLike,
)
from keras.layers import arguments
from keras.layers.arguments import positive_integer
from keras.layers.attention.attention import FAR, wide
from keras.layers.attention.heads import HeadedAttention
from keras.layers.core.einsum_dense import EinsumDense
from keras.layers.options import LayerOptions
from keras.layers.weight_options import set_options


@public_class("keras.layers", name="GroupQueryAttention", pure=True)
class GroupedQueryAttention(HeadedAttention):
    """Attention with several heads, of which groups share one key and one value.

    Source: Ainslie et al., 2023 (https://arxiv.org/abs/2305.13245).

    Args:
        head_dim: size of query, key and value in each head.
        num_query_heads: number of heads of the query.
        num_key_value_heads: number of heads of key and value; it divides that of the
            query. 1 is multi-query attention.
        dropout: part of the attention scores to drop in training.
        use_bias: whether the projections have biases.
        sliding_window: places further away than this (exclusive) are not seen.
        flash_attention: True to demand a fused kernel, False to forbid it, None to
            let the framework choose.
        kernel_initializer: first values of the kernels.
        bias_initializer: first values of the biases.
        kernel_regularizer: penalty on the kernels.
        bias_regularizer: penalty on the biases.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernels after each update.
        bias_constraint: projection of the biases after each update.
        use_gate: whether each head's output is multiplied by the sigmoid of one more
            projection of the query (https://arxiv.org/abs/2505.06708).
        seed: an integer for repeatable dropout.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments are those of `MultiHeadAttention`, for inputs of rank 3.

    Example:

    >>> import keras
    >>> layer = keras.layers.GroupQueryAttention(4, 6, num_key_value_heads=2)
    >>> x = keras.ops.ones((1, 5, 8))
    >>> tuple(layer(x, x).shape)
    (1, 5, 8)
    """

    _config_excluded = ("flash_attention",)

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.head_dim = positive_integer(self, "head_dim", head_dim)
        self.num_query_heads = positive_integer(
            self, "num_query_heads", num_query_heads
        )
        self.num_key_value_heads = positive_integer(
            self, "num_key_value_heads", num_key_value_heads
        )
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                "GroupQueryAttention expects `num_key_value_heads` to divide "
                f"`num_query_heads`. Received: num_query_heads={num_query_heads} and "
                f"num_key_value_heads={num_key_value_heads}."
            )
        self.num_repeats = self.num_query_heads // self.num_key_value_heads
        self.dropout = arguments.rate(self, "dropout", dropout)
        self.use_bias = use_bias
        self.use_gate = use_gate
        self._set_kernel(flash_attention, sliding_window)
        self.seed = arguments.seed(self, seed)
        if self.dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        set_options(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.supports_masking = True

    def build(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        """Makes the projections for inputs of these shapes."""
        key_shape = value_shape if key_shape is None else key_shape
        if any(len(shape) != 3 for shape in (query_shape, value_shape, key_shape)):
            raise ValueError(
                f"{self.name} (GroupQueryAttention) expects query, value and key of "
                "rank 3: (batch, places, features). Received shapes "
                f"{tuple(query_shape)}, {tuple(value_shape)} and {tuple(key_shape)}."
            )
        heads = (self.num_query_heads, self.head_dim)
        shared = (self.num_key_value_heads, self.head_dim)
        inward = "abc,cde->abde"
        self._query_dense = self._project("query", inward, query_shape, heads)
        self._key_dense = self._project("key", inward, key_shape, shared)
        if self.use_gate:
            self._gate_dense = self._project("gate", inward, query_shape, heads)
        self._value_dense = self._project("value", inward, value_shape, shared)
        self._output_dense = self._project(
            "attention_output",
            "abcd,cde->abe",
            (*query_shape[:-1], *heads),
            (query_shape[-1],),
        )
        self._keep_sizes(query=query_shape, value=value_shape, key=key_shape)
        self.built = True

    def _project(
        self, name: str, equation: str, shape: Shape, target: tuple[Any, ...]
    ) -> EinsumDense:
        """A built dense layer that turns the last axes of `shape` into `target`."""
        axes = equation[-len(target) :]
        return self._projection(name, equation, shape, (None, *target), axes)

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The attended values, and the scores if they are wanted."""
        key = value if key is None else key
        self._check_scores(return_attention_scores)
        mask = self._compute_attention_mask(
            query,
            value,
            query_mask,
            value_mask,
            key_mask,
            attention_mask,
            use_causal_mask,
        )
        gate = ops.sigmoid(self._gate_dense(query)) if self.use_gate else None
        query, key = self._query_dense(query), self._key_dense(key)
        value = self._value_dense(value)
        asked = getattr(self._compute_attention, "__func__", None)
        dropping = training and self.dropout > 0
        scores = None
        if (
            not return_attention_scores
            and not dropping
            and asked is GroupedQueryAttention._compute_attention
        ):
            outputs = self._fused(query, key, value, mask)
        else:
            key = ops.repeat(key, self.num_repeats, axis=2)
            value = ops.repeat(value, self.num_repeats, axis=2)
            outputs, scores = self._compute_attention(
                query, key, value, mask, training, return_attention_scores
            )
        if gate is not None:
            outputs = ops.multiply(outputs, gate)
        outputs = self._output_dense(outputs)
        return (outputs, scores) if return_attention_scores else outputs

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: TensorLike = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attends projections; the outputs, and the scores where they were made.

        Subclasses override or call it, as they do in Keras: with a `dropout` they are
        given the scores, in training or not. The key and the value have as many heads
        as the query here.
        """
        if not return_attention_scores and self.dropout == 0:
            return self._fused(query, key, value, attention_mask), None
        mask = self._laid_out(attention_mask, rank=3)
        dropping = training and self.dropout > 0
        query = wide(ops.multiply(query, self.head_dim**-0.5), "float16")
        scores = ops.einsum("bqhd,bkhd->bhqk", query, wide(key, "float16"))
        scores = wide(scores, "bfloat16")
        if mask is not None:
            scores = ops.where(mask, scores, FAR)
        scores = ops.softmax(scores, axis=-1)
        if mask is not None:
            scores = ops.where(mask, scores, 0.0)
        scores = ops.cast(scores, self.compute_dtype)
        dropped = scores
        if dropping:
            dropped = random.dropout(scores, self.dropout, seed=self.seed_generator)
        return ops.einsum("bhqk,bkhd->bqhd", dropped, value), scores

    def _fused(
        self, query: Tensor, key: Tensor, value: Tensor, mask: TensorLike
    ) -> Tensor:
        """Attends projections by one kernel, which makes no scores."""
        mask = self._laid_out(mask, rank=3)
        return ops.dot_product_attention(
            query, key, value, None, mask, flash_attention=self.flash_attention
        )

    def compute_output_shape(
        self,
        query_shape: Shape,
        value_shape: Shape,
        key_shape: Shape | None = None,
    ) -> tuple[int | None, ...]:
        """`(batch, targets, features)`."""
        del value_shape, key_shape
        return tuple(query_shape)

    def compute_output_spec(
        self,
        query: TensorLike,
        value: Any,
        key: TensorLike = None,
        query_mask: TensorLike = None,
        value_mask: TensorLike = None,
        key_mask: TensorLike = None,
        attention_mask: TensorLike = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Structure:
        """As KerasTensors: the output, and the scores if they are wanted."""
        del query_mask, value_mask, key_mask, attention_mask, training, use_causal_mask
        del key
        output = KerasTensor(tuple(query.shape), self.compute_dtype)
        if not return_attention_scores:
            return output
        batch, targets = query.shape[:2]
        scores = (batch, self.num_query_heads, targets, value.shape[1])
        return output, KerasTensor(scores, self.compute_dtype)
