"""Scaled dot-product attention."""

from __future__ import annotations

from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.files import InFiles
from keras.ops.nn.shapes import check_rank, fail


@op(real=True, in_files=InFiles(of_the_call=("scale",)))
def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Scaled dot-product attention with one or more heads.

    `softmax(scale * query . key + bias) . value`, by a fused kernel where the
    framework has one for the case. The softmax is computed in float32 at least.
    With fewer key than query heads, each is shared by a group of query heads.

    Source: Vaswani et al., 2017 (https://arxiv.org/abs/1706.03762).

    Args:
        query: `(batch, query_length, heads, head_size)`.
        key: `(batch, key_length, key_heads, head_size)`.
        value: `(batch, key_length, key_heads, value_size)`; kernels that are fused
            mostly want `value_size` to be `head_size`.
        bias: added to the logits; broadcast to
            `(batch, heads, query_length, key_length)`.
        mask: booleans, False where no attention is paid; broadcast likewise. A query
            that may see nothing gets the mean of the values.
        scale: factor of the logits; `1 / sqrt(head_size)` by default.
        is_causal: whether a place sees only itself and those before.
        flash_attention: True to demand a fused kernel, False to forbid it, None to
            let the framework choose.
        attn_logits_soft_cap: logits are bent to stay within this bound.

    Returns:
        `(batch, query_length, heads, value_size)`.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 5, 4, 8))
    >>> keras.ops.dot_product_attention(x, x, x).shape
    (2, 5, 4, 8)
    """
    name = "dot_product_attention"
    for what, tensor in {"query": query, "key": key, "value": value}.items():
        check_rank(name, what, tensor.shape, 4)
    heads, key_heads = query.shape[2], key.shape[2]
    if heads is not None and key_heads and heads % key_heads:
        raise fail(
            name,
            "query heads that are a multiple of the key heads",
            query=query.shape,
            key=key.shape,
        )
    batches = (query.shape[0], key.shape[0])
    if None not in batches and batches[0] != batches[1] and 1 not in batches:
        raise fail(
            name, "`query` and `key` of one batch", query=query.shape, key=key.shape
        )
    unequal = [
        axis
        for axis in (0, 1, 2)
        if None not in (key.shape[axis], value.shape[axis])
        and key.shape[axis] != value.shape[axis]
    ]
    sizes = (query.shape[3], key.shape[3])
    if unequal or (None not in sizes and sizes[0] != sizes[1]):
        raise fail(
            name,
            "`query` and `key` of one head size, `key` and `value` of one length and "
            "number of heads",
            query=query.shape,
            key=key.shape,
            value=value.shape,
        )
    if mask is not None and mask.dtype != "bool":
        raise ValueError(
            f"keras.ops.{name} expects `mask` of dtype bool. Received: {mask.dtype}. "
            "Cast it, or pass numbers to be added to the logits as `bias`."
        )
    shape = (*query.shape[:3], value.shape[3])
    return KerasTensor(shape, dtypes.float_result(query.dtype, key.dtype, value.dtype))
