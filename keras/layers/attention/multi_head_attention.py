"""`MultiHeadAttention`: attention with projections of query, key and value.

The usual case (one attention axis, no attention scores wanted, no dropout in play)
is one call of `ops.dot_product_attention`, which is a fused kernel where the framework
has it. All others are two einsums with a softmax between them.
"""

from __future__ import annotations

import string
from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
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
from keras.layers import arguments
from keras.layers.activations.softmax import Softmax
from keras.layers.arguments import positive_integer
from keras.layers.attention.attention import wide
from keras.layers.attention.heads import HeadedAttention
from keras.layers.attention.masks import AttentionMask
from keras.layers.core.einsum_dense import EinsumDense
from keras.layers.declared import Alias, Declared
from keras.layers.options import LayerOptions
from keras.layers.regularization.dropout import Dropout
from keras.layers.weight_options import set_options


@public_class("keras.layers", pure=True)
class MultiHeadAttention(HeadedAttention):
    """Attention with several heads.

    Source: Vaswani et al., 2017 (https://arxiv.org/abs/1706.03762).

    Args:
        num_heads: number of heads.
        key_dim: size of query and key in each head.
        value_dim: size of the value in each head; `key_dim` by default.
        dropout: part of the attention scores to drop in training.
        use_bias: whether the projections have biases.
        output_shape: shape of the output after its first axes; the last size of the
            query by default.
        attention_axes: axes over which attention runs; all but the first and last by
            default.
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

    Call arguments: `query`, `(batch, targets, features)`; `value`,
    `(batch, sources, features)`; `key`, the value by default; masks of each of them,
    `(batch, targets)` or `(batch, sources)`; `attention_mask`, booleans, True for
    places that are seen, of shape `(targets, sources)`, `(batch, targets, sources)` or
    `(batch, heads, targets, sources)`; `return_attention_scores`; `training`;
    `use_causal_mask`, for targets that see only sources up to themselves.

    Example:

    >>> import keras
    >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    >>> x = keras.ops.ones((1, 5, 8))
    >>> tuple(layer(x, x).shape)
    (1, 5, 8)
    """

    _config_excluded = ("flash_attention",)
    num_heads = Declared()
    key_dim = Declared()
    value_dim = Declared()
    dropout = Declared()
    use_bias = Declared()
    attention_axes = Declared()
    query_dense = Declared()
    key_dense = Declared()
    value_dense = Declared()
    output_dense = Declared()
    # As subclasses written for Keras read them.
    _num_heads = Alias("num_heads")
    _key_dim = Alias("key_dim")
    _value_dim = Alias("value_dim")
    _dropout = Alias("dropout")
    _use_bias = Alias("use_bias")
    _attention_axes = Alias("attention_axes")
    _flash_attention = Alias("flash_attention")
    _query_dense = Alias("query_dense")
    _key_dense = Alias("key_dense")
    _value_dense = Alias("value_dense")
    _output_dense = Alias("output_dense")
    _sliding_window = Alias("sliding_window")
    _use_gate = Alias("use_gate")
    _kernel_initializer = Alias("kernel_initializer")
    _bias_initializer = Alias("bias_initializer")
    _kernel_regularizer = Alias("kernel_regularizer")
    _bias_regularizer = Alias("bias_regularizer")
    _activity_regularizer = Alias("activity_regularizer")
    _kernel_constraint = Alias("kernel_constraint")
    _bias_constraint = Alias("bias_constraint")

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Shape | None = None,
        attention_axes: Any = None,
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
        self.num_heads = positive_integer(self, "num_heads", num_heads)
        self.key_dim = positive_integer(self, "key_dim", key_dim)
        value_dim = key_dim if value_dim is None else value_dim
        self.value_dim = positive_integer(self, "value_dim", value_dim)
        self.dropout = arguments.rate(self, "dropout", dropout)
        self.use_bias = use_bias
        self.use_gate = use_gate
        if output_shape is not None:
            output_shape = arguments.integers(self, "output_shape", output_shape)
        self._output_shape = output_shape
        if attention_axes is not None:
            attention_axes = arguments.integers(
                self, "attention_axes", attention_axes, least=None
            )
        self.attention_axes = attention_axes
        self._set_kernel(flash_attention, sliding_window)
        self.seed = arguments.seed(self, seed)
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
        rank = len(query_shape)
        if len(value_shape) != rank or len(key_shape) != rank or rank < 3:
            raise ValueError(
                f"{self.name} (MultiHeadAttention) expects query, value and key of one "
                "rank, 3 or more: (batch, places, features). Received shapes "
                f"{tuple(query_shape)}, {tuple(value_shape)} and {tuple(key_shape)}."
            )
        self._build_attention(rank + 1)
        heads = self.num_heads
        self.query_dense = self._project("query", query_shape, (heads, self.key_dim))
        self.key_dense = self._project("key", key_shape, (heads, self.key_dim))
        if self.use_gate:
            self._gate_dense = self._project(
                "gate", query_shape, (heads, self.value_dim)
            )
        self.value_dense = self._project("value", value_shape, (heads, self.value_dim))
        projected = (*query_shape[:-1], heads, self.value_dim)
        self.output_dense = self._project(
            "attention_output", projected, self._target(query_shape), contracted=2
        )
        self._keep_sizes(query=query_shape, value=value_shape, key=key_shape)
        self.built = True

    def _build_attention(self, rank: int) -> None:
        """Makes what joins the projections, which have this rank.

        Subclasses whose `build` makes projections of their own call it.
        """
        axes = self.attention_axes or range(1, rank - 2)
        self.attention_axes = tuple(axis % (rank - 1) for axis in axes)
        count = len(self.attention_axes)
        self._softmax = Softmax(
            axis=tuple(range(-count, 0)),
            dtype=self.dtype_policy,
            autocast=False,  # scores may not fit in half precision
            name="softmax",
        )
        self._dropout_layer = Dropout(
            self.dropout, seed=self.seed, dtype=self.dtype_policy, name="dropout"
        )
        equations = einsums(rank - 1, self.attention_axes)
        self._dot_product_equation, self._combine_equation = equations
        self._inverse_sqrt_key_dim = self.key_dim**-0.5

    def _check_lengths(self, value_shape: Shape, key_shape: Shape | None) -> None:
        pairs = zip(value_shape[1:-1], (key_shape or value_shape)[1:-1], strict=False)
        if any(a != b for a, b in pairs if a is not None and b is not None):
            raise ValueError(
                f"{self.name} (MultiHeadAttention) expects a key for each value. "
                f"Received: value of shape {tuple(value_shape)} and key of shape "
                f"{tuple(key_shape or ())}."
            )

    def _target(self, query_shape: Shape) -> tuple[Any, ...]:
        return tuple(self._output_shape or query_shape[-1:])

    def _project(
        self, name: str, shape: Shape, target: tuple[Any, ...], contracted: int = 1
    ) -> EinsumDense:
        """A built dense layer that turns the last axes of `shape` into `target`."""
        letters = string.ascii_lowercase
        rank = len(shape)
        source, new = letters[:rank], letters[rank : rank + len(target)]
        kept, summed = source[:-contracted], source[-contracted:]
        equation = f"{source},{summed}{new}->{kept}{new}"
        output_shape = (None,) * (len(kept) - 1) + target
        return self._projection(name, equation, shape, output_shape, new)

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
        source = value if key is None else key
        self._check_scores(return_attention_scores)
        given = (query_mask, value_mask, key_mask, attention_mask)
        dropping = bool(training) and self.dropout > 0
        asked = getattr(self._compute_attention, "__func__", None)
        fused = (
            self._is_fused(len(query.shape) + 1, dropping, return_attention_scores)
            and asked is MultiHeadAttention._compute_attention
        )
        # A kernel that knows causal attention needs no mask for it.
        is_causal = (
            use_causal_mask
            and all(mask is None for mask in given)
            and self.sliding_window is None
            and fused
        )
        mask = self._compute_attention_mask(
            query, value, *given, use_causal_mask=use_causal_mask and not is_causal
        )
        gate = ops.sigmoid(self._gate_dense(query)) if self.use_gate else None
        query, keys = self.query_dense(query), self.key_dense(source)
        value = self.value_dense(value)
        scores = None
        if fused:
            outputs = self._fused(query, keys, value, mask, is_causal)
        else:
            outputs, scores = self._compute_attention(
                query, keys, value, mask, training, return_attention_scores
            )
        if gate is not None:
            outputs = ops.multiply(outputs, gate)
        outputs = self.output_dense(outputs)
        return (outputs, scores) if return_attention_scores else outputs

    def _is_fused(self, rank: int, dropping: bool, scores: bool) -> bool:
        """Whether projections of this rank go through one kernel."""
        return rank == 4 and not scores and not dropping

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
        given the scores, in training or not.
        """
        rank = len(query.shape)
        if self._is_fused(rank, self.dropout > 0, return_attention_scores):
            return self._fused(query, key, value, attention_mask), None
        mask = self._laid_out(attention_mask, rank - 1)
        keys: Any = wide(key, "float16")
        query = ops.multiply(query, self._inverse_sqrt_key_dim)
        scores = ops.einsum(self._dot_product_equation, keys, wide(query, "float16"))
        scores = self._masked_softmax(scores, mask)
        scores = ops.cast(scores, ops.dtype(value))
        dropped = self._dropout_layer(scores, training=training)
        return ops.einsum(self._combine_equation, dropped, value), scores

    def _fused(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: TensorLike,
        is_causal: bool = False,
    ) -> Tensor:
        """Attends projections by one kernel, which makes no scores."""
        return ops.dot_product_attention(
            query,
            key,
            value,
            None,
            self._laid_out(mask, len(query.shape) - 1),
            is_causal=is_causal,
            flash_attention=self.flash_attention,
        )

    def _masked_softmax(self, attention_scores: Tensor, attention_mask: Any) -> Tensor:
        """The softmax of scores over the sources that a mask leaves."""
        rank = len(attention_scores.shape) - len(self.attention_axes or ())
        mask = self._laid_out(attention_mask, rank)
        return self._softmax(attention_scores, mask=mask)

    def _new_mask(self, rank: int) -> AttentionMask:
        return AttentionMask(rank, self.attention_axes or ())

    def get_config(self) -> Config:
        """The arguments, `output_shape` as a tuple."""
        return {**super().get_config(), "output_shape": self._output_shape}

    def compute_output_shape(
        self,
        query_shape: Shape,
        value_shape: Shape,
        key_shape: Shape | None = None,
    ) -> tuple[int | None, ...]:
        """`(batch, targets, features)`."""
        self._check_lengths(value_shape, key_shape)
        return (*query_shape[:-1], *self._target(query_shape))

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
        dtype = self.compute_dtype
        key_shape = None if key is None else key.shape
        shape = self.compute_output_shape(query.shape, value.shape, key_shape)
        output = KerasTensor(shape, dtype)
        if not return_attention_scores:
            return output
        axes = self.attention_axes or range(1, len(query.shape) - 1)
        axes = tuple(axis % len(query.shape) for axis in axes)
        batch = [x for i, x in enumerate(query.shape[:-1]) if i not in axes]
        targets = [query.shape[i] for i in axes]
        sources = [value.shape[i] for i in axes]
        scores = (*batch, self.num_heads, *targets, *sources)
        return output, KerasTensor(scores, dtype)


def einsums(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The einsums of key with query, and of scores with value.

    The projections have one axis more than the inputs: `(batch, ..., heads, size)`.
    """
    letters = iter(string.ascii_letters)
    query = [next(letters) for _ in range(rank + 1)]
    heads, size = query[-2:]
    key = [next(letters) if i in axes else c for i, c in enumerate(query)]
    batch = [c for i, c in enumerate(query[:-2]) if i not in axes]
    targets = [query[i] for i in axes]
    sources = [key[i] for i in axes]
    scores = "".join([*batch, heads, *targets, *sources])
    value = "".join(key[:-1]) + next(letters)
    outputs = "".join(query[:-1]) + value[-1]
    first = f"{''.join(key)},{''.join(query)}->{scores}"
    return first, f"{scores},{value}->{outputs}"
