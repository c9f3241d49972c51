"""The state of optimizers in files of Keras 2.

They lack a few variables that Keras 3 writes: each optimizer says which, and what
these are after so many updates. In the oldest (`keras.optimizers.legacy`, all there was
before TensorFlow 2.11) the variables stand in another order, which their names tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from keras.core.typing import Config
from keras.optimizers import Optimizer
from keras.saving.stores import Store, to_array
from keras.saving.walk import own_variables

T = TypeVar("T")


def unwritten(
    optimizer: Optimizer, count: int, iterations: Callable[[], int]
) -> dict[int, np.ndarray]:
    """What Keras 2 did not write of an optimizer's variables.

    Args:
        optimizer: one that is not built has no variables for a state, so none.
        count: how many variables a file has of it.
        iterations: reads from the file how many updates were done.

    Returns:
        Places among the optimizer's variables, with the values there; empty unless
        the file lacks just these.
    """
    variables = own_variables(optimizer)
    if not hasattr(optimizer, "unwritten_in_keras_2") or not optimizer.built:
        return {}
    lacking = len(optimizer.unwritten_in_keras_2(0))
    if not lacking or not _lacks(optimizer, lacking, len(variables), count):
        return {}
    places = {id(variable): place for place, variable in enumerate(variables)}
    return {
        places[id(variable)]: np.asarray(to_array(value), variable.dtype)
        for variable, value in optimizer.unwritten_in_keras_2(iterations())
    }


def _lacks(optimizer: Optimizer, lacking: int, today: int, count: int) -> bool:
    if count == today - lacking:
        return True
    # Its SGD without momentum wrote the momenta too: zeros, of which none is kept.
    momenta = len(optimizer._trainable_variables)
    return today - lacking == 1 and count == 1 + momenta


def number_of_updates(value: np.ndarray) -> int:
    """The first variable of a state, where it is such a number; else 0."""
    return int(value) if value.shape == () and value.dtype.kind in "iu" else 0


class WithUnwritten(Store):
    """The state of an optimizer of Keras 2, with what was not written.

    Args:
        store: the file's.
        filled: places of variables -> their values.
        count: how many variables there are today.
    """

    def __init__(self, store: Store, filled: dict[int, np.ndarray], count: int) -> None:
        self._store, self._filled, self._count = store, filled, count
        written = [place for place in range(count) if place not in filled]
        self._keys = {str(place): str(i) for i, place in enumerate(written)}

    def _own(self, key: str) -> np.ndarray | None:
        return self._filled.get(int(key)) if key.isdecimal() else None

    def __getitem__(self, key: str) -> np.ndarray:
        own = self._own(key)
        return self._store[self._keys.get(key, key)] if own is None else own

    def shape_of(self, key: str) -> tuple[int, ...]:
        own = self._own(key)
        if own is not None:
            return own.shape
        return self._store.shape_of(self._keys.get(key, key))

    def dtype_of(self, key: str) -> np.dtype:
        own = self._own(key)
        if own is not None:
            return own.dtype
        return self._store.dtype_of(self._keys.get(key, key))

    def verify(self) -> None:
        self._store.verify()

    def __iter__(self) -> Iterator[str]:
        return (str(place) for place in range(self._count))

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str) or key not in set(self):
            return False
        return self._own(key) is not None or self._keys[key] in self._store

    def __len__(self) -> int:
        return self._count


def in_order_of_today(
    optimizer: Optimizer, names: Sequence[str], values: Sequence[T]
) -> list[T]:
    """Values of a legacy optimizer's state in the order that Keras 3 has them in.

    Args:
        optimizer: the one they are for.
        names: their names in the file: `Adam/iter:0`, `Adam/dense/kernel/m:0`, …
        values: what to put in order.

    Returns:
        The values as they are if the names are no such names.
    """
    if not names or names[0].rpartition("/")[2] not in ("iter:0", "iter"):
        return list(values)
    found: dict[tuple[str, str], T] = {}
    weights: dict[str, None] = {}
    slots: dict[str, None] = {}
    for name, value in zip(names[1:], values[1:], strict=True):
        weight, _, slot = name.removesuffix(":0").rpartition("/")
        if "/" in weight:  # else one number for all weights, which Keras 3 has not
            weights[weight] = slots[slot] = None
            found[weight, slot] = value
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    groups = inner.slot_groups() if hasattr(inner, "slot_groups") else ()
    if len(found) != len(weights) * len(slots) or len(slots) != sum(map(len, groups)):
        return list(values)
    left = iter(slots)
    ordered = []
    for group in groups:
        of_group = [next(left) for _ in group]
        ordered += [found[weight, slot] for weight in weights for slot in of_group]
    return [values[0], *ordered]


def with_decay(config: Config) -> None:
    """Turns the `decay` of a legacy optimizer's config into the schedule that it was.

    Args:
        config: the arguments of an optimizer; changed.
    """
    decay, rate = config.get("decay"), config.get("learning_rate")
    if not isinstance(decay, (int, float)) or not isinstance(rate, (int, float)):
        return
    del config["decay"]
    if decay:
        arguments = {
            "initial_learning_rate": rate,
            "decay_steps": 1,
            "decay_rate": decay,
        }
        schedule = {"class_name": "InverseTimeDecay", "config": arguments}
        config["learning_rate"] = schedule
