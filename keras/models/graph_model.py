"""What functional and Sequential models share as layers.

Their inner layers cast and mask for themselves, so a call of the model itself has
less to do than that of another layer.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

from keras.core.typing import Structure, TensorLike
from keras.layers.transfer import packed, unpacked
from keras.models.compiled_call import for_call, note_change
from keras.models.host_stage import HostStage, staged


class HeldLayers(list[Any]):
    """`model._layers`, which users take layers from: `model._layers.pop()`.

    Args:
        model: the model, which hears of what is done to the list by its own methods.
            Its tracker changes the list by those of `list`.
    """

    def __init__(self, model: GraphModel) -> None:
        super().__init__(model._layers)
        self._model = weakref.ref(model)


def _telling(name: str) -> Callable[..., Any]:
    change = getattr(list, name)

    @wraps(change)
    def told(self: HeldLayers, *args: Any, **kwargs: Any) -> Any:
        before = list(self)
        result = change(self, *args, **kwargs)
        model, wanted = self._model(), list(self)
        list.__setitem__(self, slice(None), before)
        if model is not None and list(map(id, wanted)) != list(map(id, before)):
            model._take_layers(wanted)
            list.__setitem__(self, slice(None), model._keras_sequence)
        return result

    return told


for _name in (
    "__delitem__",
    "__iadd__",
    "__setitem__",
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
):
    setattr(HeldLayers, _name, _telling(_name))


class GraphModel:
    """Mixin of models that run a plan."""

    _layers: list[Any]
    _keras_sequence: Any

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_layers":
            self._layers[:] = value
        else:
            super().__setattr__(name, value)

    def _adopt_layers(self, layers: list[Any]) -> None:
        if type(self._layers) is not HeldLayers:
            object.__setattr__(self, "_layers", HeldLayers(self))
        super()._adopt_layers(layers)

    def _take_layers(self, layers: list[Any]) -> None:
        """Takes a list of layers that the user has worked on."""
        known = [layer.name for layer in layers if layer in self._keras_sequence]
        raise ValueError(
            f"The layers of model {self.name!r} follow from its graph, so its list of "
            "layers cannot be changed. Make another model of the graph: "
            f"keras.Model(model.inputs, model.get_layer({(known or ['name'])[-1]!r})"
            ".output)."
        )

    _transient = ("_compiled_call", "_changes")
    _steps_are_inside = True

    def _autocast_dtype(self) -> None:
        """Each layer of the graph says it for its own weights."""

    def _host_stage(self) -> HostStage | None:
        """What runs before a compiled step; see `host_stage`."""
        raise NotImplementedError

    def _staged(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return staged(self, step)

    @property
    def _runs_on_host(self) -> bool:
        """Whether all of it makes numbers of strings."""
        layers = [x for x in self.layers if not hasattr(x, "batch_shape")]
        return bool(layers) and all(
            getattr(layer, "_runs_on_host", False) for layer in layers
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Structure:
        model: Any = self  # a mixin of `Model`
        compiled = for_call(model, args, kwargs)
        if compiled is not None:
            return compiled(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def _call_uncompiled(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)

    def _lock(self) -> None:
        """Nothing: a graph is complete from the start, and may be added to."""

    def _keras_changed(self, freezes: bool = False) -> None:
        note_change(self, freezes)
        super()._keras_changed(freezes)

    def _pass_masks(self, plan: Any, arguments: Any, outputs: TensorLike) -> None:
        """Nothing: the layers inside have put the masks beside the outputs."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return unpacked, packed(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo[id(self)] = unpacked(*packed(self))
        return copy
