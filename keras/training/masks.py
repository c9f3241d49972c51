"""Masks of outputs, across a function that takes gradients."""

from __future__ import annotations

from typing import Any

from keras.core import tree
from keras.core.masking import get_mask, masks_in_use, set_mask
from keras.core.typing import TensorLike


def masks_of(y_pred: TensorLike) -> list[Any]:
    """The masks of outputs; an empty list where there are none."""
    if not masks_in_use():
        return []
    masks = [get_mask(leaf) for leaf in tree.flatten(y_pred)]
    return masks if any(mask is not None for mask in masks) else []


def put_masks(y_pred: TensorLike, masks: list[Any]) -> None:
    """Puts masks back beside outputs that left a transformed function."""
    if masks:
        for leaf, mask in zip(tree.flatten(y_pred), masks, strict=True):
            if mask is not None and get_mask(leaf) is None:
                set_mask(leaf, mask)
