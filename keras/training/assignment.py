"""Which loss, with which weight, is for which output or structure of outputs.

`compile(loss=...)` takes one loss for all, or a structure of them beside that of the
outputs. A dictionary goes by names. A list or tuple goes by position where the outputs
are of the same kind, or where it holds one loss for each of them; elsewhere each of
its entries is for all of the outputs at this place: several losses of one output, or a
loss of the whole structure beside losses of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from keras.core.classes import is_ours
from keras.core.typing import Identifier, Structure, TensorLike
from keras.training.outputs import Outputs, Path, at, is_array, is_object, keys_of
from keras.training.outputs import leaves as leaves_of

# The weights do not have the structure of the losses.
_UNLIKE = object()


class Part(NamedTuple):
    """A loss, where the outputs that it compares stand, and its factor."""

    path: Path
    loss: Any
    weight: float | None


def assign(losses: Structure, weights: TensorLike, outputs: Outputs) -> list[Part]:
    """The parts that the loss of a model is the sum of.

    Args:
        losses: One loss or a structure of them; None for none.
        weights: One factor, or a structure like that of the losses or the outputs.
        outputs: The outputs of the model.

    Raises:
        ValueError: If structures do not fit; both are shown.
    """
    if losses is None:
        return []
    if is_object(losses):
        places: list[tuple[Path, Any, Path]] = [
            (path, losses, ()) for path in outputs.paths
        ]
    else:
        places = list(_Places(losses, outputs).at(losses, (), ()))
    factors = _factors(losses, weights, places, outputs)
    return [
        Part(path, loss, factor)
        for (path, loss, _), factor in zip(places, factors, strict=True)
    ]


class _Places:
    """Walks the losses beside the outputs."""

    def __init__(self, losses: Structure, outputs: Outputs) -> None:
        self.all = losses
        self.outputs = outputs

    def at(self, losses: Structure, path: Path, source: Path) -> Iterator[Any]:
        """`(path of outputs, loss, path of the loss)` for all losses at one place."""
        if losses is None:
            return
        outputs = self.outputs
        here = outputs.part(path)
        if not is_array(here) and len(leaves_of(here)) == 1 and not _fits(losses, here):
            path = outputs.paths[leaves_of(here)[0]]
            here = outputs.part(path)
        if is_object(losses):
            if _holds_names(here) and compares_tensors(losses):
                raise outputs.misfit(self.all, "loss")
            yield path, losses, source
            return
        keys = list(losses) if isinstance(losses, Mapping) else range(len(losses))
        if isinstance(losses, Mapping) and not isinstance(here, Mapping):
            known = [name for name in outputs.names if name in losses]
            keys = [*known, *(key for key in keys if key not in known)]
        for key in keys:
            below = self._below(losses, key, here, path)
            yield from self.at(losses[key], below, (*source, key))

    def _below(self, losses: Structure, key: TensorLike, here: Any, path: Path) -> Path:
        """The outputs that the loss of that name or position is for."""
        outputs = self.outputs
        if _fits(losses, here):
            return (*path, key)
        if isinstance(losses, Mapping):
            if len(leaves_of(here)) == outputs.count and key in outputs.names:
                return outputs.paths[outputs.names.index(key)]
            fields = getattr(here, "_fields", ())
            if key in fields:
                return (*path, fields.index(key))
            if len(losses) == 1 and outputs.names == [None]:
                return outputs.paths[0]  # the only output, whatever it is called
            raise outputs.misfit(self.all, "loss")
        if is_array(here):
            return path
        numbers = leaves_of(here)
        if len(losses) == len(numbers) and all(map(_is_one, losses)):
            return outputs.paths[numbers[key]]
        if type(losses) is type(here):
            raise outputs.misfit(self.all, "loss")  # too long
        return path


def _fits(losses: Structure, here: Any) -> bool:
    """Whether the losses are for the parts of these outputs, one by one."""
    if isinstance(losses, Mapping):
        return isinstance(here, Mapping) and set(losses) <= set(here)
    return type(losses) is type(here) and len(losses) <= len(here)


def _is_one(loss: Identifier) -> bool:
    """Whether this is at most one loss, perhaps in a list of its own."""
    if is_object(loss):
        return True
    return not isinstance(loss, Mapping) and len(loss) == 1 and _is_one(loss[0])


def compares_tensors(loss: Identifier) -> bool:
    """Whether this is a loss of ours, which knows nothing of several outputs."""
    return is_ours(type(loss)) and is_ours(getattr(loss, "fn", type(loss)))


def _holds_names(outputs: TensorLike) -> bool:
    """Whether a dictionary is among nested outputs, which no tensor can be made of."""
    if is_array(outputs):
        return False
    return isinstance(outputs, Mapping) or any(map(_holds_names, outputs))


def _factors(
    losses: Structure, weights: TensorLike, places: list[Any], outputs: Outputs
) -> Any:
    """The factor of each loss; None where it counts as it is."""
    if weights is None or not isinstance(weights, (Mapping, list, tuple)):
        return _numbers([weights] * len(places))
    sources = [source for _, _, source in places]
    found = [_like(losses, weights, source) for source in sources]
    if _UNLIKE not in found:
        return _numbers(found)
    given, known = leaves_of(weights), list(_sources(losses, ()))
    by_name = isinstance(weights, Mapping)
    if len(given) == len(known) and not (by_name and isinstance(losses, Mapping)):
        by_source = dict(zip(known, given, strict=True))
        return _numbers([by_source[source] for source in sources])
    if not by_name and len(given) != outputs.count:
        raise ValueError(
            f"`loss_weights` must match the number of losses, got {len(known)} "
            f"losses and {len(given)} weights."
        )
    chosen = outputs.pick(weights, "loss_weights", is_object)
    by_path = dict(zip(outputs.paths, chosen, strict=True))
    return _numbers([by_path.get(path) for path, _, _ in places])


def _like(losses: Structure, weights: TensorLike, source: Path) -> Any:
    """The weight at the place of a loss, where both structures are alike."""
    for key in source:
        if isinstance(losses, Mapping):
            if not isinstance(weights, Mapping) or not set(weights) <= set(losses):
                return _UNLIKE
            weights = weights.get(key)
        elif isinstance(weights, Mapping) or len(weights) != len(losses):
            return _UNLIKE
        else:
            weights = weights[key]
        losses = losses[key]
        if weights is None or not isinstance(weights, (Mapping, list, tuple)):
            return weights  # one for all that is below
    return _UNLIKE


def _sources(losses: Structure, source: Path) -> Iterator[Path]:
    if is_object(losses):
        yield source
        return
    for key in keys_of(losses):
        yield from _sources(at(losses, (key,)), (*source, key))


def _numbers(weights: list[Any]) -> list[Any]:
    for weight in weights:
        if weight is not None and not isinstance(weight, (int, float)):
            raise ValueError(f"`loss_weights` must hold numbers. Received: {weight!r}")
    return weights
