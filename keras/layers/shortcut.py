"""Which steps of its call a layer may skip.

A call converts, casts, builds, checks, masks and adds penalties; nearly always most
of that has nothing to do. Three places want to know when: the layer's own call, the
plan of a graph that calls it as one of its steps, and the compiled call of a model
that holds it. What the answers rest on stands here, once:

- what is true of the layer (`Shortcut`), worked out when an attribute is set that it
  rests on;
- what is true of a call in a graph (`needs_no_steps`), known when the graph is made;
- what is true around a call (`is_quiet`), looked at in each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.core import dtypes, tree
from keras.core.context import Context
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask
from keras.ops.operation import Node, node_of

if TYPE_CHECKING:
    from keras.layers.layer import Layer


class Shortcut:
    """What a layer, as it is now, lets its calls skip.

    A new one is made when the layer changes; none is changed itself.

    Attributes:
        plain: the layer has nothing to build, casts no weights and adds no penalty. On
            tensors that need no more, its `call` is all of its call.
        everyday: `plain`, and it makes no masks of its own and wants one input. A call
            on one tensor of its dtype needs no step but the check of `spec`.
        dtype: the framework's compute dtype, which float inputs have or are cast to;
            None for strings.
        spec: what the one input is checked against, or None.
        hooked: whether functions of the framework's user hang on the calls (torch).
    """

    __slots__ = ("dtype", "everyday", "hooked", "plain", "spec")

    def __init__(self, layer: Any = None) -> None:
        self.plain = self.everyday = self.hooked = False
        self.dtype: Any = None
        self.spec: Any = None
        if layer is None:  # before its constructor ran: nothing is skipped
            return
        plan, policy, spec = layer._keras_plan, layer._dtype_policy, layer.input_spec
        casts = policy.compute_dtype != policy.variable_dtype
        if policy.compute_dtype != "string":  # of which some frameworks have none
            self.dtype = layer._keras_backend.native_dtype(policy.compute_dtype)
        self.plain = (
            layer.built
            and (not casts or layer._steps_are_inside)
            and layer.activity_regularizer is None
            and layer._keras_remat is None
            and layer._output_layout is None
        )
        several = isinstance(spec, (list, tuple, dict))
        self.spec = None if several else spec
        self.everyday = (
            self.plain
            and plan.names[:1] != []
            and not (
                plan.makes_masks and layer._makes_masks and not layer._steps_are_inside
            )
            and not (several and spec)
        )
        find_hooks = getattr(layer, "_has_hooks", None)  # of the torch module
        self.hooked = find_hooks is not None and find_hooks()


NOTHING = Shortcut()


def has_effects(layer: Layer) -> bool:
    """Whether a call does more than compute: runs hooks or adds a penalty."""
    hooked = layer._keras_shortcut.hooked and layer._has_hooks()
    return hooked or getattr(layer, "activity_regularizer", None) is not None


def is_quiet(ambient: Context) -> bool:
    """Whether no scope around a call asks layers for more than their numbers."""
    if ambient.autocast is not None or ambient.symbolic is not None:
        return False
    return ambient.backend is None or not ambient.backend.hosts_others


def needs_no_steps(node: Node) -> bool:
    """Whether a call in a graph converts, casts and masks nothing.

    The shapes and dtypes that a graph was made with hold in each run of it, so this
    is known beforehand. Whether the layer is `plain` can change, and is looked at in
    each run.
    """
    layer: Any = node.operation
    plan = getattr(layer, "_keras_plan", None)
    if plan is None or not plan.default_call or plan.takes_any:  # an op, or a model
        return False
    if not {"training", "mask"}.isdisjoint(node.kwargs):
        return False
    if plan.takes_masks and any(tree.is_nested(x) for x in node.args):
        return False  # it is given a structure of masks, also where there are none
    want = layer.compute_dtype
    for x in tree.flatten((node.args, node.kwargs)):
        if isinstance(x, KerasTensor):
            dtype = _as_it_was_made(x).dtype
            casts = dtypes.is_float(dtype) and dtype != want and layer.autocast
            if casts or get_mask(x) is not None:
                return False
        elif not isinstance(x, (str, bool, int, float, type(None))):
            return False
    outputs = [x for x in node.outputs if isinstance(x, KerasTensor)]
    return all(get_mask(x) is None for x in outputs)


def _as_it_was_made(x: KerasTensor) -> KerasTensor:
    """The output of the call before; `x` may be what this call has cast it to."""
    if x._keras_history is None:
        return x
    return node_of(x).outputs[x._keras_history.tensor_index]
