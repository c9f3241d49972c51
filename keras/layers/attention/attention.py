"""`Attention`: attention by dot products, without projections."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops, random
from keras.core.errors import brief
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, Tensor, TensorLike
from keras.layers import arguments
from keras.layers.arguments import class_name, one_of
from keras.layers.attention.masks import distances
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.ops.rules import may_equal

# Below any score, and finite, so that a target without any source gives no NaN.
FAR = -1e38


@public_class("keras.layers", pure=True)
class Attention(Layer):
    """Means of values, weighted by how well their keys fit a query (Luong style).

    Source: Luong et al., 2015 (https://arxiv.org/abs/1508.04025).

    Args:
        use_scale: whether the scores are multiplied by a number that is learned.
        score_mode: `"dot"`, the dot products of query and key, or `"concat"`, the sum
            over the hyperbolic tangent of query plus key, times a learned number.
        dropout: part of the attention scores to drop in training.
        seed: an integer for repeatable dropout.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments: `inputs`, a list of the query, `(batch, targets, features)`, the
    value, `(batch, sources, size)`, and the key, `(batch, sources, features)`, which is
    the value by default; `mask`, a list of a mask of the query, `(batch, targets)`, and
    one of the value, `(batch, sources)`, of which each may be None; `training`;
    `return_attention_scores`; `use_causal_mask`, for targets that see only sources up
    to themselves. A target that sees no source gets the mean of all values.

    Outputs are `(batch, targets, size)`, and with `return_attention_scores` also
    `(batch, targets, sources)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Attention()
    >>> query, value = keras.ops.ones((1, 4, 8)), keras.ops.ones((1, 5, 8))
    >>> tuple(layer([query, value]).shape)
    (1, 4, 8)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = one_of(self, "score_mode", score_mode, ("dot", "concat"))
        self.dropout = arguments.rate(self, "dropout", dropout)
        self.seed = arguments.seed(self, seed)
        if self.dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes the numbers that are learned, if there are any."""
        self._check_inputs(input_shape, of_shapes=True)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )
        self.built = True

    def _check_inputs(self, inputs: TensorLike, of_shapes: bool = False) -> None:
        """Says clearly that inputs, or the shapes of them, are not two or three."""
        listed = isinstance(inputs, (list, tuple)) and len(inputs) in (2, 3)
        if not listed or not all(
            isinstance(x, (list, tuple)) if of_shapes else hasattr(x, "shape")
            for x in inputs
        ):
            found = f"inputs of shape {inputs}" if of_shapes else brief(inputs)
            raise ValueError(
                f"{self.name} ({class_name(self)}) expects a list of 2 or 3 inputs, "
                f"[query, value] or [query, value, key]. Received: {found}."
            )
        shapes = [tuple(x if of_shapes else x.shape) for x in inputs]
        query, value, key = shapes[0], shapes[1], shapes[-1]
        if min(map(len, shapes)) < 2 or not may_equal(
            (query[-1], value[-2]), (key[-1], key[-2])
        ):
            raise ValueError(
                f"{self.name} ({class_name(self)}) expects a query of shape (batch, "
                "targets, features), a value of (batch, sources, size), and a key, by "
                "default the value, of (batch, sources, features). Received: query "
                f"{query}, value {value}, key {key}."
            )

    def _split_masks(self, mask: TensorLike) -> tuple[Any, Any]:
        """The masks of query and value, as booleans."""
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            raise ValueError(
                f"{self.name} ({class_name(self)}) expects `mask` to be a list, "
                "[query_mask, value_mask], in which each may be None. Received: "
                f"mask={mask!r}."
            )
        query, value = (m if m is None else ops.cast(m, "bool") for m in mask[:2])
        return query, value

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """How well each key fits each query, `(batch, targets, sources)`."""
        if self.score_mode == "dot":
            # float16 does not hold the products of large inputs.
            key = ops.swapaxes(wide(key, "float16"), -2, -1)
            scores = ops.matmul(wide(query, "float16"), key)
            if self.scale is None:
                return scores
            return ops.multiply(scores, ops.cast(self.scale, ops.dtype(scores)))
        together = ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3))
        if self.scale is not None:
            together = ops.multiply(together, self.scale)
        total = ops.sum(ops.tanh(together), axis=-1)
        return ops.multiply(total, self.concat_score_weight)

    def call(
        self,
        inputs: Structure,
        mask: TensorLike = None,
        training: bool | None = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The attended values, and the scores if they are wanted."""
        self._check_inputs(inputs)
        query_mask, value_mask = self._split_masks(mask)
        query, value, key = inputs[0], inputs[1], inputs[-1]
        scores = wide(self._calculate_scores(query, key), "float16", "bfloat16")
        seen = None if value_mask is None else ops.expand_dims(value_mask, -2)
        if use_causal_mask:
            rank = len(query.shape)
            causal = ops.greater_equal(distances(query, key, rank - 2), 0)
            seen = causal if seen is None else ops.logical_and(seen, causal)
        if seen is not None:
            scores = ops.where(seen, scores, FAR)
        scores = ops.cast(ops.softmax(scores, axis=-1), self.compute_dtype)
        if training and self.dropout > 0:
            scores = random.dropout(scores, self.dropout, seed=self.seed_generator)
        outputs = ops.matmul(scores, value)
        if query_mask is not None:
            places = ops.cast(ops.expand_dims(query_mask, -1), ops.dtype(outputs))
            outputs = ops.multiply(outputs, places)
        return (outputs, scores) if return_attention_scores else outputs

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> Structure:
        """The mask of the query."""
        return self._split_masks(mask)[0]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """`(batch, targets, size)`."""
        self._check_inputs(input_shape, of_shapes=True)
        query, value = input_shape[:2]
        return (*query[:-1], value[-1])

    def compute_output_spec(
        self,
        inputs: TensorLike,
        mask: TensorLike = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Structure:
        """As KerasTensors: the output, and the scores if they are wanted."""
        del mask, training, use_causal_mask
        shapes = [tuple(x.shape) for x in inputs]
        output = KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)
        if not return_attention_scores:
            return output
        scores = (*shapes[0][:-1], shapes[-1][-2])
        return output, KerasTensor(scores, self.compute_dtype)


def wide(x: Tensor, *narrow: str) -> Tensor:
    """The tensor in float32, where its dtype is one of `narrow`; else as it is.

    Args:
        x: any tensor.
        *narrow: names of dtypes.
    """
    return ops.cast(x, "float32") if ops.dtype(x) in narrow else x
