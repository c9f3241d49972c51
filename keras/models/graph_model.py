"""What functional and Sequential models share as layers.

Their inner layers cast and mask for themselves, so a call of the model itself has
less to do than that of another layer.
"""

from __future__ import annotations

from typing import Any

from keras.core.typing import TensorLike
from keras.models.compiled_call import forget
from keras.models.transfer import packed, unpacked


class GraphModel:
    """Mixin of models that run a plan."""

    _transient = ("_compiled_call", "_changes")
    _steps_are_inside = True

    def _lock(self) -> None:
        """Nothing: a graph is complete from the start, and may be added to."""

    def _changed(self) -> None:
        forget(self)
        super()._changed()

    def _pass_masks(self, plan: Any, arguments: Any, outputs: TensorLike) -> None:
        """Nothing: the layers inside have put the masks beside the outputs."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return unpacked, packed(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo[id(self)] = unpacked(*packed(self))
        return copy
