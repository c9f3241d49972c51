"""`SeedGenerator`: random state that is visible, saved, and part of a model.

The state is a Variable of two integers: the seed, and how many seeds were drawn. A
draw hands out the state and counts on. Because it is a Variable, compiled code and
`stateless_call` carry it along like a weight.
"""

from __future__ import annotations

import copy
import random as python_random
from typing import Any

from keras.backends import load, seeds
from keras.backends.bound import BackendBound
from keras.backends.variable import Variable
from keras.core import context, naming
from keras.core.facts import public_class
from keras.core.typing import Config, Tensor


def make_default_seed() -> int:
    """A seed from Python's own generator, which `set_random_seed` determines."""
    return python_random.randint(1, 2**30)


@public_class("keras.random")
class SeedGenerator(BackendBound):
    """A source of seeds for the functions of `keras.random`.

    Each use of a generator gives other random numbers; the same initial seed gives
    the same sequence again. A layer that draws random numbers keeps one.

    Args:
        seed: initial seed, from 0 to 2**32 - 1; None takes a random one.
        name: a name; made up by default.

    Raises:
        ValueError: if `seed` is no integer or out of range.

    Example:

    >>> import keras
    >>> source = keras.random.SeedGenerator(seed=42)
    >>> a = keras.random.normal((2,), seed=source)
    >>> b = keras.random.normal((2,), seed=source)
    >>> bool(keras.ops.convert_to_numpy(a)[0] == keras.ops.convert_to_numpy(b)[0])
    False
    """

    _is_seed_generator = True
    _tracked_as = "seed_generator"
    _on_own_backend = ("next", "draw")

    def __init__(
        self, seed: int | None = None, name: str | None = None, **kwargs: Any
    ) -> None:
        given = kwargs.pop("backend", None)
        if kwargs:
            raise ValueError(
                f"SeedGenerator takes `seed` and `name`. Received: {sorted(kwargs)}."
            )
        seed = make_default_seed() if seed is None else seeds.check(seed)
        self.name = name or naming.auto_name("seed_generator")
        self._initial_seed = seed
        self.seed = seed
        self._mirror: Any = None  # a backend's own note of the state
        # A layer that draws may be made anywhere, so its generator may too.
        outside = context.Scope("stateless", None), naming.name_scope(self.name)
        if given is not None:  # a module of Keras 3, by which packages name a backend
            self._keras_backend = load(given.__name__.rpartition(".")[2])
        with outside[0], outside[1], context.Scope("backend", self._keras_backend):
            self.state = Variable(
                [seed, 0],
                shape=(2,),
                dtype="uint32",
                trainable=False,
                aggregation="none",
                name="seed_generator_state",
            )

    def next(self, ordered: bool = True) -> Tensor:
        """The current seed; the generator counts on.

        Args:
            ordered: accepted for compatibility: draws are always in order.

        Returns:
            The state before this draw, `(2,)` of unsigned integers.
        """
        backend = self._keras_backend
        return backend.convert_to_tensor(backend.advance(self), dtype="uint32")

    def draw(self) -> Any:
        """The next seed in the form that the backend's random functions take."""
        return self._keras_backend.advance(self)

    def get_config(self) -> Config:
        """The initial seed and the name."""
        return {"seed": self._initial_seed, "name": self.name}

    def __deepcopy__(self, memo: dict[int, Any]) -> SeedGenerator:
        new = object.__new__(type(self))
        memo[id(self)] = new
        state = {key: value for key, value in self.__dict__.items() if key != "_mirror"}
        for key, value in state.items():
            shared = key == "_keras_backend"
            new.__dict__[key] = value if shared else copy.deepcopy(value, memo)
        new._mirror = None
        return new

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_mirror": None}

    def __repr__(self) -> str:
        return f"<SeedGenerator name={self.name}, seed={self._initial_seed}>"
