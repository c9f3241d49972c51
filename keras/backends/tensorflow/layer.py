"""What layers are on the TensorFlow backend: trackable, so that `tf.train.Checkpoint`
and `tf.saved_model.save` see their variables and sublayers.
"""

from __future__ import annotations

from typing import Any

import tensorflow as _tf


class layer_mixin(_tf.__internal__.tracking.Trackable):
    """The second base of every layer class on this backend."""

    def _init_native(self) -> None:
        pass

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> Any:
        children = dict(super()._trackable_children(save_type, **kwargs))
        for variable in self._own_variables():
            children[variable.name] = variable._value
        for name, layer in self._named_layers().items():
            children[name] = layer
        return children
