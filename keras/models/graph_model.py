"""What functional and Sequential models share as layers.

Their inner layers cast and mask for themselves, so a call of the model itself has
less to do than that of another layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core.typing import Structure, TensorLike
from keras.models.compiled_call import for_call, forget
from keras.models.host_stage import HostStage, staged
from keras.models.transfer import packed, unpacked


class GraphModel:
    """Mixin of models that run a plan."""

    _transient = ("_compiled_call", "_changes")
    _steps_are_inside = True

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
