"""`JaxLayer`: a function of JAX as a Keras layer, on the JAX backend."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from keras.core import tree
from keras.core.facts import public_class
from keras.core.naming import inside
from keras.core.serialization import deserialize_arguments, serialize_keras_object
from keras.core.typing import Config, Seed, Shape, Structure
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.random.seed_generator import SeedGenerator

_CALL = ("params", "state", "rng", "inputs", "training", "mask")
_INIT = ("rng", "inputs", "training")


@public_class("keras.layers")
class JaxLayer(Layer):
    """Makes a layer of a JAX function, whose parameters become its weights.

    Args:
        call_fn: the function. Its parameters say what it is given: `inputs`, and
            before or after it any of `params`, `state`, `rng`, `training` and `mask`.
            With `state` it returns `(outputs, new_state)`. The `mask` is that of the
            inputs, None where there is none; the outputs then have it, too.
        init_fn: gives `params`, or `(params, state)` where `call_fn` takes a state. Its
            parameters are among `rng`, `inputs` and `training`.
        params: a pytree of arrays, the parameters to start with, in place of
            `init_fn`'s.
        state: likewise the state, which is not trained.
        seed: of the keys that the functions are given.
        native_serialization_platforms: accepted for compatibility: the platforms that a
            function is written for where another backend runs it.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Raises:
        BackendError: on another backend than JAX.
        ValueError: if a function takes something else.

    Example:

    >>> import keras, jax  # doctest: +SKIP
    >>> def init(rng, inputs):  # doctest: +SKIP
    ...     return {"w": jax.random.normal(rng, (inputs.shape[-1], 4))}
    >>> def call(params, inputs):  # doctest: +SKIP
    ...     return inputs @ params["w"]
    >>> layer = keras.layers.JaxLayer(call, init)  # doctest: +SKIP
    """

    def __init__(
        self,
        call_fn: Callable[..., Any],
        init_fn: Callable[..., Any] | None = None,
        params: Structure = None,
        state: Structure = None,
        seed: Seed = None,
        native_serialization_platforms: Any = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._native = self._keras_backend.jax_function
        put = object.__setattr__
        put(self, "call_fn", call_fn)
        put(self, "init_fn", init_fn)
        self._takes = _parameters_of(self, "call_fn", call_fn, _CALL)
        if "inputs" not in self._takes:
            raise ValueError(
                f"{describe(self)} needs a `call_fn` with a parameter `inputs`. "
                f"Received one with: {', '.join(self._takes) or 'none'}."
            )
        self.supports_masking = "mask" in self._takes
        if init_fn is not None:
            self._init_takes = _parameters_of(self, "init_fn", init_fn, _INIT)
        elif params is None and state is None:
            raise ValueError(
                f"{describe(self)} needs `init_fn`, or `params` and `state` to start "
                "with."
            )
        self.seed = seed
        self.native_serialization_platforms = native_serialization_platforms
        if isinstance(seed, SeedGenerator):
            self.seed_generator = seed
        else:
            self.seed_generator = SeedGenerator(seed)
        self._groups: dict[str, Any] = {}
        self._holds: dict[str, list[Any]] = {}
        if params is not None or state is not None:
            self._take(params, state)
            self.built = True

    def _take(self, params: Structure, state: Structure) -> None:
        """Makes the weights of pytrees of arrays."""
        for group, values in (("params", params), ("state", state)):
            if values is None:
                continue
            found, structure = self._native.leaves(values)
            trainable = group == "params"
            variables = []
            with inside(self.name):
                for name, value in found:
                    variables.append(
                        self.add_weight(
                            shape=value.shape,
                            initializer=lambda shape, dtype, value=value: value,
                            dtype=str(value.dtype),
                            trainable=trainable and value.dtype.kind in "fV",
                            name=name,
                        )
                    )
            object.__setattr__(self, f"_{group}_structure", structure)
            self._holds[group] = variables

    def build(self, input_shape: Shape) -> None:
        """Makes the weights by `init_fn`."""
        if self._holds or self.init_fn is None:
            return
        dtype = self.compute_dtype
        inputs = tree.map_shape_structure(
            lambda shape: self._native.sample(shape, dtype), input_shape
        )
        known = {
            "rng": self._native.initial_key(int(self.seed_generator.seed)),
            "inputs": inputs,
            "training": True,
        }
        made = self.init_fn(*[known[name] for name in self._init_takes])
        if "state" not in self._takes:
            made = (made, None)
        if not isinstance(made, tuple) or len(made) != 2:
            raise ValueError(
                f"The `init_fn` of {describe(self)} must return (params, state), as "
                f"its `call_fn` takes a state. Received: {type(made).__name__}."
            )
        self._take(*made)

    def _value(self, group: str) -> Any:
        structure = self.__dict__.get(f"_{group}_structure")
        if structure is None:
            return None
        return self._native.pack(structure, [v.value for v in self._holds[group]])

    def call(
        self, inputs: Structure, training: bool = False, mask: Structure = None
    ) -> Structure:
        """What the function returns.

        Args:
            inputs: tensors, in the structure that the function takes.
            training: given to the function if it takes it.
            mask: likewise: booleans, False for what is padding.
        """
        known = {"inputs": inputs, "training": bool(training), "mask": mask}
        for group in ("params", "state"):
            if group in self._takes:
                known[group] = self._value(group)
        if "rng" in self._takes:
            known["rng"] = self._native.key_of(self.seed_generator.next())
        outputs = self.call_fn(*[known[name] for name in self._takes])
        if "state" not in self._takes:
            return outputs
        outputs, state = outputs
        for variable, value in zip(
            self._holds.get("state", ()), self._native.flat(state), strict=True
        ):
            variable.assign(value)
        return outputs

    @property
    def params(self) -> Structure:
        """The parameters now, as the pytree that the function takes."""
        return self._value("params")

    @property
    def state(self) -> Structure:
        """The state now, likewise."""
        return self._value("state")

    def get_config(self) -> Config:
        """The arguments; functions by name: register them to load the layer again."""
        config = {
            **Layer.get_config(self),
            "call_fn": serialize_keras_object(self.call_fn),
            "init_fn": serialize_keras_object(self.init_fn),
            "seed": self.seed if isinstance(self.seed, int) else None,
        }
        for group in ("params", "state"):  # what tells their structure
            config.pop(group, None)
            if self.init_fn is None and self._value(group) is not None:
                values = tree.map_structure(np.asarray, self._value(group))
                config[group] = serialize_keras_object(values)
        return config

    @classmethod
    def from_config(cls, config: Config) -> Any:
        """The layer of a config, whose functions are registered or passed."""
        return cls(**deserialize_arguments(config))


def _parameters_of(
    layer: Layer, which: str, function: Callable[..., Any], known: tuple[str, ...]
) -> list[str]:
    if not callable(function):
        raise ValueError(
            f"{describe(layer)} expects `{which}` to be a function. Received: "
            f"{function!r}."
        )
    names = list(inspect.signature(function).parameters)
    odd = [name for name in names if name not in known]
    if odd:
        raise ValueError(
            f"The `{which}` of {describe(layer)} may take {', '.join(known)}. "
            f"Received one that takes {', '.join(odd)}, too."
        )
    return names
