"""What a first step would make, made before it: weights, metrics, trackers of losses.

Compiled functions can change variables but should not make them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from keras.core import context
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import StatelessScope, SymbolicScope
from keras.core.typing import Data, TensorLike
from keras.layers.calling import CallContext
from keras.training.data import unpack_x_y_sample_weight
from keras.training.data.structure import leaves_of, map_leaves
from keras.training.labels import check_numbers, holds_text
from keras.training.overrides import overrides

if TYPE_CHECKING:
    from keras.models.model import Model


def build(model: Any, data: Data) -> None:
    """Make all that a step would make on its first run.

    Args:
        model: A model.
        data: A batch.
    """
    x, y, _ = unpack_x_y_sample_weight(data)
    parts = model._keras_compilation
    for leaf in leaves_of(y):
        check_numbers(leaf)
    unsettled = parts is not None and y is not None and not parts.built
    if not model.built or unsettled:
        y_pred = _outputs_of(model, x)
        if parts is not None and unsettled and y_pred is not None:
            y = map_leaves(_spec, y)
            if overrides(type(model), "compute_loss"):
                _compute_loss(model, x, y, y_pred)
            parts.build(y, y_pred)


def _compute_loss(model: Model, x: Data, y: Data, y_pred: TensorLike) -> None:
    """Let a `compute_loss` of the user's show what it compares: perhaps other things
    than the outputs."""
    try:
        with SymbolicScope(), StatelessScope():
            model._compute_loss(map_leaves(_spec, x), y, y_pred, None, True)
    except Exception:  # noqa: BLE001
        return  # it uses a framework directly; the first step will tell


def _outputs_of(model: Model, x: Data) -> Any:
    """The outputs for a batch as KerasTensors; None if that cannot be told."""
    try:
        with SymbolicScope():
            return model(map_leaves(_spec, x))
    except Exception:  # noqa: BLE001
        # `call` may use a framework directly, which knows nothing of KerasTensors.
        # Not in training: statistics that move in each call are none of a run in vain.
        try:
            with context.Scope("call", CallContext(model, False)):
                return model(map_leaves(model._keras_backend.convert_to_tensor, x))
        except Exception:
            # A model that is trained by a step of its own may not be callable at all.
            if overrides(type(model), "train_step"):
                return None
            raise


def _spec(value: Any) -> Any:
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        value = np.asarray(value)
    if holds_text(value):
        return KerasTensor(tuple(value.shape), dtype="string")
    dtype = getattr(value.dtype, "name", None) or str(value.dtype).split(".")[-1]
    return KerasTensor(tuple(value.shape), dtype=dtype)
