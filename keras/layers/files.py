"""What files and copies hold of a layer itself: its variables and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.backends import load
from keras.core import context
from keras.core.classes import declared_class
from keras.core.facts import default_hook
from keras.layers.input_spec import describe
from keras.layers.losses import LayerLosses

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class LayerFiles(LayerLosses):
    """How a layer is written, read, copied and pickled; see `Layer`."""

    def save_own_variables(self, store: Any) -> None:
        """Writes the layer's own weights into a mapping, under "0", "1", …"""
        for index, variable in enumerate(self._filed_variables()):
            store[str(index)] = self._keras_written(variable)

    @default_hook
    def load_own_variables(self, store: Any) -> None:
        """Sets the layer's own weights from what `save_own_variables` wrote."""
        filed = self._filed_variables()
        if len(store.keys()) != len(filed):
            hint = "" if self.built else " The layer is not built yet."
            raise ValueError(
                f"{describe(self)} expected {len(filed)} variables, but the file has "
                f"{len(store.keys())}.{hint}"
            )
        for index, variable in enumerate(filed):
            variable._load(store, str(index))
        self._was_read()

    def _filed_variables(self) -> list[Any]:
        """The variables of the layer itself that files hold, in their order."""
        return [*self._trainable_variables, *self._non_trainable_variables]

    def _keras_written(self, variable: Variable) -> Any:
        """What a file gets for one of these variables."""
        return variable

    def _was_read(self) -> None:
        """Called when these variables were set from a file."""

    def __getstate__(self) -> dict[str, Any]:
        drop = {"_child_names", "_tracker", *getattr(self, "_native_state", ())}
        for cls in type(self).__mro__:
            drop.update(cls.__dict__.get("_transient", ()))
        state = {k: v for k, v in self.__dict__.items() if k not in drop}
        # Alone, a layer is part of no graph but for what it brings in itself.
        state["_inbound_nodes"] = [x for x in self._inbound_nodes if x.is_input]
        state["_outbound_nodes"] = []
        state["_children"] = self._named_layers()
        state["_tracked"] = self._tracker.note()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        names = {name: id(layer) for name, layer in state.pop("_children").items()}
        note = state.pop("_tracked")
        self.__dict__.update(state, _child_names=names)
        self._tracker.adopt(
            [
                *self._layers,
                *self._metrics,
                *self._seed_generators,
                *self._trainable_variables,
                *self._non_trainable_variables,
            ],
            note,
        )
        if self._keras_backend.layer_mixin is not None:
            self._restore_native()
        self._keras_settle()

    def __reduce_ex__(self, protocol: Any) -> Any:
        cls = declared_class(self)
        return _make, (cls, self._keras_backend.name), self.__getstate__()


def _make(cls: type, backend_name: str) -> Any:
    with context.Scope("backend", load(backend_name)):
        new: Any = cls.__new__
        return new(cls)
