"""A call that can run again: what rematerialization is made of.

A rematerialized function keeps no intermediate results and is run again when gradients
need them. The second run must see what the first one saw, the same random numbers
among it, and must not update moving averages or add losses once more. So its effects
are held back and come out of the function as tensors, like its outputs; `Replay.finish`
carries them out, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras.core import context, tree
from keras.core.masking import get_mask, set_mask
from keras.core.scopes import EffectScope


class Replay:
    """A call as a function from tensors to tensors that has no effects.

    Args:
        function: what is called.
        args: its arguments.
        kwargs: its keyword arguments.
        is_tensor: says which of the leaves are tensors of the backend.

    Attributes:
        tensors: those among the arguments.
        scope: what the last run read, assigned and added.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
        is_tensor: Callable[[Any], bool],
    ) -> None:
        self._function = function
        self._context = context.get()
        self._is_tensor = is_tensor
        self._leaves, self._spec = tree.flatten_with_spec((args, kwargs))
        self._places = [i for i, x in enumerate(self._leaves) if is_tensor(x)]
        self.tensors = [self._leaves[i] for i in self._places]
        self._masks = [get_mask(x) for x in self.tensors]
        self.scope = EffectScope()
        self._outputs: Any = None

    def run(
        self,
        tensors: Sequence[Any],
        values: dict[int, Any] | None = None,
        again: bool = False,
    ) -> list[Any]:
        """Outputs, their masks, values assigned and losses added, as one flat list.

        Args:
            tensors: in place of those among the arguments.
            values: id of a variable -> value that it is to have at first.
            again: whether this is not the first run.
        """
        leaves = list(self._leaves)
        for i, tensor, mask in zip(self._places, tensors, self._masks, strict=True):
            leaves[i] = tensor
            if mask is not None:
                set_mask(tensor, mask)
        args, kwargs = tree.unflatten(self._spec, leaves)
        with context.Restored(self._context), EffectScope(values, again) as scope:
            outputs = self._function(*args, **kwargs)
        found, spec = tree.flatten_with_spec(outputs)
        found = [
            x.value if getattr(x, "_is_keras_variable", False) else x for x in found
        ]
        places = [i for i, x in enumerate(found) if self._is_tensor(x)]
        masked = [i for i in places if get_mask(found[i]) is not None]
        if not again:
            self.scope = scope
            self._outputs = (found, spec, places, masked)
        return [
            *(found[i] for i in places),
            *(get_mask(found[i]) for i in masked),
            *(scope.state_mapping[key] for key in scope.updates),
            *(loss for _, loss in scope.added),
        ]

    def finish(self, tensors: Sequence[Any]) -> Any:
        """Carries out the effects of the first run, and returns its outputs.

        Args:
            tensors: what `run` returned, or the same as a backend hands it out.
        """
        found, spec, places, masked = self._outputs
        feed = iter(tensors)
        found = list(found)
        for i in places:
            found[i] = next(feed)
        for i in masked:
            set_mask(found[i], next(feed))
        for variable in self.scope.updates.values():
            variable.assign(next(feed))
        for layer, _ in self.scope.added:
            layer.add_loss(next(feed))
        self._outputs = None  # keeps no results alive
        return tree.unflatten(spec, found)
