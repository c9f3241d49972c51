"""What `MultiHeadAttention` and `GroupQueryAttention` share."""

from __future__ import annotations

from typing import Any

from keras.core.typing import Shape, Tensor, TensorLike
from keras.layers.arguments import class_name, one_of, positive_integer
from keras.layers.attention.masks import AttentionMask
from keras.layers.core.einsum_dense import EinsumDense
from keras.layers.input_spec import InputSpec, check_input
from keras.layers.layer import Layer
from keras.layers.weight_options import options


class HeadedAttention(Layer):
    """Base of layers that project query, key and value to heads. Internal."""

    _takes_complex = False
    # Set by subclasses, some of which declare them.
    dropout: Any
    use_bias: Any
    # What the inputs of a built layer are; a `build` of a subclass's own says nothing.
    _specs: dict[str, InputSpec] | None = None

    def _keep_sizes(self, **shapes: Shape) -> None:
        """Keeps the ranks and features that the projections are for."""
        self._specs = {
            name: InputSpec(ndim=len(shape), axes={-1: shape[-1]})
            for name, shape in shapes.items()
        }

    def _keras_check(self, arguments: dict[str, Any]) -> None:
        super()._keras_check(arguments)
        for name, spec in (self._specs or {}).items():
            given = arguments.get(name)
            if given is None and name == "key":
                given = arguments["value"]
            check_input(spec, given, self, f"`{name}`")

    def _set_kernel(
        self, flash_attention: bool | None, sliding_window: int | None
    ) -> None:
        """Keeps which kernel is wanted, and how far it is to look."""
        one_of(self, "flash_attention", flash_attention, (None, True, False))
        if flash_attention and self.dropout > 0:
            raise ValueError(
                "A fused attention kernel drops no scores out. Received: "
                f"flash_attention=True and dropout={self.dropout}; leave one of them "
                "away."
            )
        if sliding_window is not None:
            sliding_window = positive_integer(self, "sliding_window", sliding_window)
        self.sliding_window = sliding_window
        self.flash_attention = flash_attention

    def _projection(
        self,
        name: str,
        equation: str,
        shape: Shape,
        output_shape: tuple[Any, ...],
        new: str,
    ) -> EinsumDense:
        """A built dense layer for inputs of a shape; `new` are the axes it makes."""
        layer = EinsumDense(
            equation,
            output_shape=output_shape,
            bias_axes=new if self.use_bias else None,
            name=name,
            **self._get_common_kwargs_for_sublayer(),
        )
        layer.supports_masking = True  # the masks are used further on
        layer.build(shape)
        return layer

    def _copies(self, weight: str) -> dict[str, Any]:
        """The options of a weight; unseeded initializers draw anew for each."""
        found = options(self, weight)
        initializer = found["initializer"]
        if hasattr(initializer, "clone"):
            found["initializer"] = initializer.clone()
        return found

    def _check_scores(self, return_attention_scores: bool) -> None:
        if return_attention_scores and self.flash_attention:
            raise ValueError(
                f"{self.name} ({class_name(self)}) was made with flash_attention=True, "
                "but a fused kernel returns no attention scores. Make it with "
                "flash_attention=None to get them."
            )

    def _get_common_kwargs_for_sublayer(self) -> dict[str, Any]:
        """The options of a projection, as subclasses that make their own ask."""
        return {
            "dtype": self.dtype_policy,
            **{f"kernel_{k}": v for k, v in self._copies("kernel").items()},
            **{f"bias_{k}": v for k, v in self._copies("bias").items()},
        }

    def _compute_attention_mask(
        self,
        query: Tensor,
        value: Tensor,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The masks of a call as one, in the layout of scores; None if there are none.

        Subclasses override or call it, as they do in Keras.
        """
        masks = self._new_mask(len(query.shape))
        masks.add_targets(query_mask)
        masks.add_sources(value_mask)
        masks.add_sources(key_mask)
        masks.add_whole(attention_mask)
        masks.add_distances(query, value, use_causal_mask, self.sliding_window)
        return masks.joined()

    def _compute_causal_mask(self, query: Tensor, value: Tensor) -> Any:
        """The mask that hides from each target the sources behind it."""
        masks = self._new_mask(len(query.shape))
        masks.add_distances(query, value, True, None)
        return masks.joined()

    def _laid_out(self, mask: TensorLike, rank: int) -> Any:
        """A mask that may lack the axes of batch and heads, in the layout of scores.

        Args:
            mask: the mask, or None.
            rank: the rank of query and value before their projection.
        """
        masks = self._new_mask(rank)
        masks.add_whole(mask)
        return masks.joined()

    def _new_mask(self, rank: int) -> AttentionMask:
        return AttentionMask(rank, (1,))
