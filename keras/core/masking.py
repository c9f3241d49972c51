"""Masks that travel beside tensors, from the layer that makes one to those that use it.

A mask is kept as an attribute of its tensor where tensors take attributes, else in a
table of weak references. As long as no mask was ever set in this process, looking
for one costs a single test.
"""

from __future__ import annotations

import weakref
from typing import Any

from keras.core.typing import TensorLike


class _Table:
    """Masks of tensors that take no attribute, by identity; gone with the tensor."""

    def __init__(self) -> None:
        self.used = False
        self.masks: dict[int, tuple[Any, Any]] = {}

    def put(self, tensor: TensorLike, mask: TensorLike) -> None:
        key = id(tensor)
        try:
            reference = weakref.ref(tensor, lambda _: self.masks.pop(key, None))
        except TypeError:
            return  # a scalar or the like: nothing to mask
        self.masks[key] = (reference, mask)

    def get(self, tensor: TensorLike) -> Any:
        entry = self.masks.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None


_table = _Table()


def masks_in_use() -> bool:
    """Whether any mask was ever set in this process."""
    return _table.used


def get_mask(tensor: TensorLike) -> Any:
    """The mask of a tensor, or None.

    Args:
        tensor: any tensor, of shape `(batch, steps, ...)`.

    Returns:
        A bool tensor of shape `(batch, steps)`, True where the data counts.
    """
    if not _table.used:
        return None
    mask = getattr(tensor, "_keras_mask", None)
    if mask is None and _table.masks:
        return _table.get(tensor)
    return mask


def set_mask(tensor: TensorLike, mask: TensorLike) -> None:
    """Puts a mask beside a tensor; None takes it away."""
    if mask is not None:
        _table.used = True
    elif not _table.used:
        return
    try:
        tensor._keras_mask = mask
    except AttributeError:
        if mask is None:
            _table.masks.pop(id(tensor), None)
        else:
            _table.put(tensor, mask)
