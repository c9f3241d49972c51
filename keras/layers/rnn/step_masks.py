"""Masks over the steps of sequences, as layers that run over time are given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras import ops
from keras.core.typing import Shape, Tensor, TensorLike
from keras.layers.input_spec import describe

if TYPE_CHECKING:
    from keras.layers.layer import Layer


def checked_mask(layer: Layer, mask: TensorLike, shape: Shape) -> Tensor:
    """The mask as a tensor.

    Args:
        layer: the layer that runs over the steps.
        mask: booleans, `(batch, time)` and perhaps further axes.
        shape: shape of the sequences, `(batch, time, ...)`.

    Raises:
        ValueError: if batch or time of the mask and the sequences differ.
    """
    mask = ops.convert_to_tensor(mask)
    given = tuple(mask.shape)
    pairs = zip(given[:2], shape[:2], strict=False)
    if len(given) < 2 or any(a != b for a, b in pairs if None not in (a, b)):
        raise ValueError(
            f"{describe(layer)} expects a mask of shape (batch, time), here "
            f"{tuple(shape[:2])}. Received: mask of shape {given}."
        )
    return mask
