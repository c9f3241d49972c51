"""`TorchModuleWrapper`: a `torch.nn.Module` as a Keras layer, on the torch backend.

A module that is set as an attribute of a layer, or put into a list there or into a
`Sequential`, becomes one by itself. What concerns torch itself stands in the backend
(`module_wrapper`); on other backends making such a layer is an error that says so.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Unpack

from keras.backends import current
from keras.core import context
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask
from keras.core.naming import inside
from keras.core.typing import Config, Shape, Structure, Tensor
from keras.layers.guests.layer_of_code import LayerOfCode
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.options import UnnamedOptions


@public_class("keras.layers", runs_code=True)
class TorchModuleWrapper(LayerOfCode):
    """Makes a layer of a `torch.nn.Module`, whose parameters become its weights.

    A module of the user's whose `forward` takes `mask` is given the mask of its input,
    which the output has as well. The modules of torch mean another thing by that name.

    The module's other attributes, items and length are those of the layer:
    `layer.in_features`, and `for part in layer` of a `ModuleList`.

    Args:
        module: the module.
        name: name of the layer.
        output_shape: shape of the output, batch axis included, for functional models;
            by default the module is run to find out.
        **kwargs: `dtype`, `trainable`: see `Layer`.

    Raises:
        BackendError: on another backend than torch.

    Example:

    >>> import keras, torch  # doctest: +SKIP
    >>> layer = keras.layers.TorchModuleWrapper(torch.nn.Linear(3, 4))  # doctest: +SKIP
    """

    _brings = "A pickled torch module in the config"

    _holds_code = True  # of the program: `clone_model` may make it anew

    def __init__(
        self,
        module: Any,
        name: str | None = None,
        output_shape: Shape | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(name=name, **kwargs)
        self._keras_backend.module_wrapper.check(module)
        self.output_shape = output_shape
        self.module = module
        self.supports_masking = _takes_mask(module)
        self.__dict__["_by_name"] = {}
        self._follow()
        if not self._trainable:
            self.trainable = False
        self.built = True

    def call(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Tensor:
        """What the module returns.

        Args:
            *args: tensors.
            training: whether the module runs in training mode; None leaves it in its
                own.
            **kwargs: further arguments of the module.
        """
        if self.supports_masking and args and "mask" not in kwargs:
            kwargs["mask"] = get_mask(args[0])
        return self._keras_backend.module_wrapper.run(
            self.module, training, args, kwargs
        )

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Structure:
        """`output_shape`, or what the module gives for such tensors."""
        if self.output_shape is not None:
            return KerasTensor(self.output_shape, self.compute_dtype)
        # At once on tensors without storage: a module that is run in vain counts it.
        kwargs = {"training": False, **kwargs}
        return self._keras_backend.compute_output_spec(self.call, *args, **kwargs)

    def _keras_output_spec(self, plan: Any, bound: Any) -> Any:
        return self.compute_output_spec(*bound.args[1:], **bound.kwargs)

    # The module's own -------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__.get("module")
        if module is None or name.startswith("_") or not hasattr(module, name):
            inherited: Any = super()
            return inherited.__getattr__(name)
        return getattr(self._in_mode(module), name)

    def __setattr__(self, name: str, value: Any) -> None:
        module = self.__dict__.get("module")
        own = name in self.__dict__ or name == "module" or hasattr(type(self), name)
        if not own and hasattr(module, name):
            setattr(module, name, value)  # such as a new head: `layer.fc = Linear(…)`
            self._keras_changed()
        else:
            super().__setattr__(name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._in_mode(self.module)[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._in_mode(self.module))

    def __len__(self) -> int:
        return len(self.module)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: Any) -> bool:
        return item in self.module

    def _in_mode(self, module: Any) -> Any:
        """The module, whose parts are going to be called by the layer around it."""
        running = context.get().call
        if running is not None and running.training is not None:
            module.train(bool(running.training))
        return module

    def parameters(self, recurse: bool = True) -> Any:
        """The module's parameters, as `torch.nn.Module.parameters` gives them."""
        return self.module.parameters(recurse=recurse)

    # Weights -------------------------------------------------------------------

    # The module itself is registered with torch, so its parameters need not be.
    _registers_variables = False

    @property
    def _trainable_variables(self) -> list[Any]:
        self._follow()
        return self.__dict__["_trainable_variables"]

    @_trainable_variables.setter
    def _trainable_variables(self, value: list[Any]) -> None:
        self.__dict__["_trainable_variables"] = value

    @property
    def _non_trainable_variables(self) -> list[Any]:
        self._follow()
        return self.__dict__["_non_trainable_variables"]

    @_non_trainable_variables.setter
    def _non_trainable_variables(self, value: list[Any]) -> None:
        self.__dict__["_non_trainable_variables"] = value

    def _follow(self) -> None:
        """Holds a variable for each parameter that the module has now."""
        module, known = self.__dict__.get("module"), self.__dict__.get("_by_name")
        if module is None or known is None:
            return
        with inside(self.name):
            now = self._keras_backend.module_wrapper.variables(module, known)
        if now != known:
            self.__dict__["_by_name"] = now
            self._tracker.give(list(now.values()), list(now))

    def _ownable(self, value: Any) -> Any:
        return value  # the module is what it is

    # Files -----------------------------------------------------------------------

    def save_own_variables(self, store: Any) -> None:
        """Writes the module's `state_dict`, running statistics included."""
        for name, array in self._keras_backend.module_wrapper.state(
            self.module
        ).items():
            store[name] = array

    def load_own_variables(self, store: Any) -> None:
        """Sets the module's `state_dict` from what `save_own_variables` wrote."""
        native = self._keras_backend.module_wrapper
        state = native.state(self.module)
        values = {name: store[name] for name in list(store.keys())}
        if values.keys() == {str(i) for i in range(len(self.weights))}:
            super().load_own_variables(store)  # as this layer wrote them at first
            return
        problems = [
            f"{name}: {_shape_in(state, name)}, in the file {_shape_in(values, name)}"
            for name in {**state, **values}
            if _shape_in(state, name) != _shape_in(values, name)
        ]
        if problems:
            raise ValueError(
                f"{describe(self)} has another `state_dict` than the file: "
                f"{'; '.join(problems)}."
            )
        if context.get().stateless is None:  # else it is only tried
            native.load_state(self.module, values)

    @property
    def _host_state(self) -> dict[str, Any]:
        """What of the module is no weight: running statistics and their kind."""
        state = self._keras_backend.module_wrapper.state(self.module)
        return {k: x for k, x in state.items() if k not in self.__dict__["_by_name"]}

    @_host_state.setter
    def _host_state(self, state: dict[str, Any]) -> None:
        self._keras_backend.module_wrapper.load_state(self.module, state)

    def get_config(self) -> Config:
        """The module, pickled, and the output shape."""
        config = super().get_config()
        config["module"] = self._keras_backend.module_wrapper.encode(self.module)
        return config

    @classmethod
    def _trusted(cls, config: Config) -> Any:
        module = current().module_wrapper.decode(config["module"])
        return cls(**{**config, "module": module})


def _shape_in(values: dict[str, Any], name: str) -> str:
    return str(tuple(values[name].shape)) if name in values else "missing"


Layer._module_wrapper = TorchModuleWrapper


def _takes_mask(module: Any) -> bool:
    """Whether a module is given the mask of its input."""
    theirs = type(module).__module__.partition(".")[0] == "torch"
    return not theirs and "mask" in inspect.signature(module.forward).parameters
