"""`FlaxLayer`: a module of Flax (linen or nnx) as a Keras layer, on the JAX backend."""

from __future__ import annotations

import base64
import inspect
import pickle
from collections.abc import Callable
from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.typing import Config, Structure
from keras.layers.guests.jax_layer import JaxLayer
from keras.layers.guests.layer_of_code import LayerOfCode
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", runs_code=True)
class FlaxLayer(LayerOfCode, JaxLayer):
    """Makes a layer of a Flax module, whose parameters become its weights.

    The collection `params` is trained; all others, such as `batch_stats`, are state. A
    module that draws random numbers is given keys, under the names `params`, `dropout`
    and `default`.

    A module of the user's whose call takes `mask` is given the mask of its inputs, and
    the outputs have it as well. The modules of Flax mean another thing by that name.

    Args:
        module: a `flax.linen.Module`, or a `flax.nnx.Module` with its arrays made.
        method: what is called, if not the module itself: a method of it, or a function
            `(module, inputs, **kwargs)`. It is given `training` if it takes that, or
            the opposite as `deterministic`.
        variables: the collections to start with, as `module.init` returns them.
        **kwargs: `name`, `dtype`, `trainable`, `seed`: see `JaxLayer`.

    Raises:
        BackendError: on another backend than JAX.

    Example:

    >>> import keras, flax  # doctest: +SKIP
    >>> layer = keras.layers.FlaxLayer(flax.linen.Dense(4))  # doctest: +SKIP
    """

    _brings = "A pickled Flax module in the config"

    _holds_code = True  # of the program: `clone_model` may make it anew

    def __init__(
        self,
        module: Any,
        method: Callable[..., Any] | None = None,
        variables: Structure = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        is_nnx = not hasattr(module, "apply")
        parts = _Nnx(module, method) if is_nnx else _Linen(module, method)
        params, state = parts.start(variables)
        super().__init__(
            call_fn=parts.call,
            init_fn=None if is_nnx or variables is not None else parts.init,
            params=params,
            state=state,
            **kwargs,
        )
        self.supports_masking = parts.takes_mask
        put = object.__setattr__
        put(self, "module", module)
        put(self, "method", method)

    def get_config(self) -> Config:
        """The arguments; the module and the method are pickled."""
        config = Layer.get_config(self)
        config.pop("variables", None)
        text = base64.b64encode(pickle.dumps((self.module, self.method)))
        return {**config, "module": text.decode("ascii"), "method": None}

    @classmethod
    def _trusted(cls, config: Config) -> Any:
        data = base64.b64decode(config["module"])
        module, method = pickle.loads(data)  # noqa: S301 - safe mode was asked
        return cls(**{**config, "module": module, "method": method})


def _mode(function: Any, training: bool) -> dict[str, bool]:
    """The keyword with which a module's method takes its mode, if it takes one."""
    names = inspect.signature(function).parameters
    if "training" in names:
        return {"training": training}
    if "train" in names:
        return {"train": training}
    return {"deterministic": not training} if "deterministic" in names else {}


def _takes_mask(module: Any, function: Any) -> bool:
    """Whether a module is given the mask of its inputs."""
    theirs = type(module).__module__.partition(".")[0] == "flax"
    return not theirs and "mask" in inspect.signature(function).parameters


class _Linen:
    """A `flax.linen` module, whose collections of variables come from outside."""

    def __init__(self, module: Any, method: Any) -> None:
        self.module = module
        self.method = method
        self._called = type(module).__call__ if method is None else method
        self.takes_mask = _takes_mask(module, self._called)

    def start(self, variables: Structure) -> tuple[Any, Any]:
        """What is trained, and the rest; both None where it is still to be made."""
        if variables is None:
            return None, None
        rest = {name: value for name, value in variables.items() if name != "params"}
        return variables.get("params", {}), rest

    def init(self, rng: Any, inputs: Structure, training: bool) -> Any:
        """The collections, made."""
        made = self.module.init(
            self._keys(rng),
            inputs,
            method=self.method,
            **_mode(self._called, training),
        )
        return self.start(made)

    def call(
        self,
        params: Any,
        state: Any,
        rng: Any,
        inputs: Structure,
        training: bool,
        mask: Any,
    ) -> Any:
        """The outputs and the state afterwards."""
        outputs, changed = self.module.apply(
            {"params": params, **(state or {})},
            inputs,
            rngs=self._keys(rng),
            method=self.method,
            mutable=list(state or {}) if training else [],
            **_mode(self._called, training),
            **({"mask": mask} if self.takes_mask else {}),
        )
        return outputs, {**(state or {}), **changed}

    @staticmethod
    def _keys(rng: Any) -> dict[str, Any]:
        return dict.fromkeys(("params", "dropout", "default"), rng)


class _Nnx:
    """A `flax.nnx` module, which is taken apart into a graph and its arrays."""

    def __init__(self, module: Any, method: Any) -> None:
        from flax import nnx

        self._nnx = nnx
        self._called = type(module).__call__ if method is None else method
        self.takes_mask = _takes_mask(module, self._called)
        self._graph, params, rest = nnx.split(module, nnx.Param, ...)
        self._params, self._state = params, rest

    def start(self, variables: Structure) -> tuple[Any, Any]:
        """What is trained, and the rest, as they are in the module."""
        return self._params, self._state

    def call(
        self, params: Any, state: Any, inputs: Structure, training: bool, mask: Any
    ) -> Any:
        """The outputs and the state afterwards."""
        module = self._nnx.merge(self._graph, params, state)
        if training:
            module.train()
        else:
            module.eval()
        options = {"mask": mask} if self.takes_mask else {}
        outputs = self._called(
            module, inputs, **_mode(self._called, training), **options
        )
        return outputs, self._nnx.split(module, self._nnx.Param, ...)[2]
