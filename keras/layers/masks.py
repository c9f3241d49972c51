"""The masks of a layer's call: those it is given, and that of its output.

A mask comes beside a tensor from the layer before, or by hand as `mask=...`. `call`
gets that of its one tensor argument as `mask`. If it is called on several, that of each
argument `x` is its `x_mask`; a `call` that takes `mask` only gets that of the first.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from keras.core import tree
from keras.core.masking import get_mask, masks_in_use, set_mask
from keras.core.typing import TensorLike
from keras.layers.call_plan import CallPlan
from keras.layers.input_spec import describe


def give_masks(plan: CallPlan, arguments: dict[str, Any]) -> None:
    """Puts the masks that travel with tensors among the arguments of `call`.

    Args:
        plan: what `call` takes.
        arguments: the arguments by name; a mask that is there already stays.
    """
    if not plan.takes_masks:
        return
    tensors = [
        name
        for name, value in arguments.items()
        if name not in ("self", "training") and holds_tensor(value)
    ]
    each = len(tensors) > 1 and any(f"{name}_mask" in plan.names for name in tensors)
    for name in tensors if each else tensors[:1]:
        wanted = f"{name}_mask" if each else "mask"
        if wanted in plan.names and arguments.get(wanted) is None:
            masks = masks_of(arguments[name])
            if masks is not None:
                arguments[wanted] = masks


def pass_masks(layer: Any, plan: CallPlan, arguments: Any, outputs: TensorLike) -> None:
    """Puts the masks of a layer's outputs beside them; see `Layer.compute_mask`.

    A layer that supports no masks loses them, with a warning: the layers after it
    would compute with the padding.
    """
    given = given_mask(arguments)
    if given is None and not masks_in_use() and not plan.makes_masks:
        return
    first = next((v for k, v in arguments.items() if k != "self"), None)
    previous = masks_of(first) if given is None else given
    if not layer.supports_masking:
        if any(mask is not None for mask in tree.flatten(previous)):
            warnings.warn(
                f"{describe(layer)} got an input with a mask, but it does not support "
                "masks: the mask ends here, and the layers after it will not see it. "
                "Set `self.supports_masking = True` in the layer's `__init__` if its "
                "output has the same mask, or define `compute_mask(self, inputs, "
                "mask)`.",
                stacklevel=6,
            )
        return
    masks = layer.compute_mask(first, previous)
    if masks is None:
        return
    for output, mask in zip(tree.flatten(outputs), tree.flatten(masks), strict=False):
        if hasattr(mask, "shape") and get_mask(output) is None:
            set_mask(output, mask)


def given_mask(arguments: Mapping[str, Any]) -> Any:
    """The argument `mask` of a call, also where `call` takes it as a keyword of any."""
    mask = arguments.get("mask")
    if mask is None and type(arguments.get("kwargs")) is dict:
        return arguments["kwargs"].get("mask")
    return mask


def masks_of(value: Any) -> Any:
    """The mask of a tensor, or the masks in a structure of them; None for none."""
    if type(value) in (list, tuple, dict) or tree.is_nested(value):
        return tree.map_structure(masks_of, value)
    return None if value is None else get_mask(value)


def holds_tensor(value: Any) -> bool:
    """Whether an argument is a tensor or a structure with one in it."""
    if type(value) in (list, tuple, dict) or tree.is_nested(value):
        return any(hasattr(leaf, "shape") for leaf in tree.flatten(value))
    return hasattr(value, "shape")
