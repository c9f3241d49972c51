"""The process-wide seed: what `seed=None` draws from."""

from __future__ import annotations

import random as python_random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import keras.backends as backends
from keras.backends import current, seeds
from keras.core import context
from keras.random.seed_generator import SeedGenerator

_generators: dict[str, SeedGenerator] = {}
_seed: list[int] = []


def global_seed_generator() -> SeedGenerator:
    """The generator that stands behind `seed=None`, one for each backend."""
    backend = current()
    generator = _generators.get(backend.name)
    if generator is None:
        seed = _seed[0] if _seed else None
        with context.Scope("names", ()), context.Scope("stateless", None):
            generator = SeedGenerator(seed, name="global_seed_generator")
        _generators[backend.name] = generator
    return generator


seeds.registered.global_generator = global_seed_generator


def set_random_seed(seed: int) -> None:
    """Makes everything random start anew from one number.

    Sets the seeds of Python's `random`, NumPy's global generator, the frameworks that
    are loaded, and of all draws with `seed=None` in `keras.random`.

    Args:
        seed: from 0 to 2**32 - 1.

    Raises:
        ValueError: if it is no integer or out of range.

    Example:

    >>> import keras
    >>> keras.utils.set_random_seed(1)
    >>> a = keras.ops.convert_to_numpy(keras.random.uniform((2,)))
    >>> keras.utils.set_random_seed(1)
    >>> bool((a == keras.ops.convert_to_numpy(keras.random.uniform((2,)))).all())
    True
    """
    seed = seeds.check(seed)
    python_random.seed(seed)
    np.random.seed(seed)
    _seed[:] = [seed]
    loaded: dict[str, Any] = backends._loaded
    for backend in tuple(loaded.values()):
        backend.seed_framework(seed)
        generator = _generators.get(backend.name)
        if generator is not None:
            with context.Scope("backend", backend), context.Scope("stateless", None):
                generator.state.assign([seed, 0])


def random_state() -> dict[str, Any]:
    """All that the next random numbers depend on, as plain data.

    The states of Python's `random`, of NumPy's global generator, of all draws with
    `seed=None` in `keras.random` and of the frameworks that are loaded, where they
    keep one that can be read.
    """
    loaded: dict[str, Any] = backends._loaded
    frameworks = {name: each.framework_state() for name, each in loaded.items()}
    return {
        "python": python_random.getstate(),
        "numpy": np.random.get_state(),
        "keras": {name: each.state.numpy() for name, each in _generators.items()},
        "frameworks": {k: v for k, v in frameworks.items() if v is not None},
    }


def set_random_state(state: dict[str, Any]) -> None:
    """The next random numbers are those that were due when the state was taken.

    Args:
        state: What `random_state` returned, in this process or another.
    """
    for name, value in state["keras"].items():
        with context.Scope("backend", backends.load(name)):
            global_seed_generator().state.assign(value)
    # After these, whose making may draw.
    python_random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    for name, value in state["frameworks"].items():
        backends.load(name).set_framework_state(value)


@contextmanager
def preserved_randomness() -> Iterator[None]:
    """A block after which the next random numbers are those that were due before it.

    Those of Python's `random`, of NumPy's global generator and of all draws with
    `seed=None` in `keras.random`, on every backend.
    """
    python, numpy = python_random.getstate(), np.random.get_state()
    before = {name: each.state.numpy() for name, each in _generators.items()}
    try:
        yield
    finally:
        python_random.setstate(python)
        np.random.set_state(numpy)
        for name in tuple(_generators):
            if name in before:
                _generators[name].state.assign(before[name])
            else:
                del _generators[name]
