"""`AdditiveAttention`: attention by sums of query and key, without projections."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Config, Tensor
from keras.layers.attention.attention import Attention
from keras.layers.options import AllLayerOptions


class _Options(AllLayerOptions, total=False):
    seed: int | None


@public_class("keras.layers", pure=True)
class AdditiveAttention(Attention):
    """Means of values, weighted by how well their keys fit a query (Bahdanau style).

    The score is the sum over the hyperbolic tangent of query plus key.

    Source: Bahdanau et al., 2014 (https://arxiv.org/abs/1409.0473).

    Args:
        use_scale: whether the sum is weighted, with a learned number for each feature.
        dropout: part of the attention scores to drop in training.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`. And `seed`, an integer for
            repeatable dropout.

    Call arguments and outputs are those of `Attention`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdditiveAttention()
    >>> query, value = keras.ops.ones((1, 4, 8)), keras.ops.ones((1, 5, 8))
    >>> tuple(layer([query, value]).shape)
    (1, 4, 8)
    """

    def __init__(
        self,
        use_scale: bool = True,
        dropout: float = 0.0,
        **kwargs: Unpack[_Options],
    ) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Makes `scale`, one number for each feature."""
        self._check_inputs(input_shape, of_shapes=True)
        features = input_shape[0][-1]
        self.scale = None
        if self.use_scale and features is None:
            raise ValueError(
                f"{self.name} (AdditiveAttention) needs a known number of features of "
                f"the query. Received: inputs of shape {input_shape}."
            )
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale", shape=(features,), initializer="glorot_uniform"
            )
        self.built = True

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """How well each key fits each query, `(batch, targets, sources)`."""
        together = ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3))
        fits = ops.tanh(together)
        fits = fits if self.scale is None else ops.multiply(fits, self.scale)
        return ops.sum(fits, axis=-1)

    def get_config(self) -> Config:
        """The arguments, `seed` among them."""
        return {**super().get_config(), "seed": self.seed}
