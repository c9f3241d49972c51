"""What layers are on the PyTorch backend: each one is a `torch.nn.Module`.

Parameters, buffers and submodules are registered under the names that layers know
them by, so `state_dict()` has keys such as `dense.kernel`. Attributes stay in
`__dict__` too: reading one costs no `__getattr__`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch

from keras.backends.torch.core import dtype_of, native_dtype
from keras.core import context, dtypes

if TYPE_CHECKING:
    from keras.backends.variable import Variable

_Module = torch.nn.Module
optimizer_mixin = None


class _Followed(dict[str, Any]):
    """Parameters or buffers by name; Variables follow tensors that replace them.

    `torch.func.functional_call` and parametrizations put other tensors in their place.
    """

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}

    def follow(self, name: str, variable: Variable) -> None:
        """Registers a variable's tensor under a name."""
        self.variables[name] = variable
        super().__setitem__(name, variable._value)

    def __setitem__(self, name: str, tensor: Any) -> None:
        super().__setitem__(name, tensor)
        variable = self.variables.get(name)
        if variable is not None and tensor is not None:
            variable._value = tensor

    def pop(self, name: str, *default: Any) -> Any:
        """The tensor of that name, which is there no longer."""
        self.variables.pop(name, None)
        return super().pop(name, *default)


def _telling(register: Callable[..., Any]) -> Callable[..., Any]:
    """A method of `torch.nn.Module`; who compiled the layer hears of its call."""

    @wraps(register)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._keras_changed()
        handle = register(self, *args, **kwargs)
        self._keras_settle()
        return handle

    return told


class layer_mixin(_Module):
    """The second base of every layer class on this backend."""

    # What pickle and deepcopy leave out, because it is made anew from the layer.
    _native_state = frozenset(
        (
            "_parameters",
            "_buffers",
            "_modules",
            "_non_persistent_buffers_set",
            "_keras_foreign",
        )
    )

    _not_in_files = ("_parameters", "_buffers", "_modules")
    # Whether variables are parameters and buffers of this module itself.
    _registers_variables = True
    _training = True

    def _init_native(self) -> None:
        _Module.__init__(self)
        self.__dict__["_parameters"] = _Followed()
        self.__dict__["_buffers"] = _Followed()
        self.__dict__["_keras_foreign"] = set()
        object.__setattr__(self, "_keras_mode", None)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's call, as torch names it."""
        return self._call_without_hooks(*args, **kwargs)

    def _has_hooks(self) -> bool:
        return bool(
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
        )

    register_forward_hook = _telling(_Module.register_forward_hook)
    register_forward_pre_hook = _telling(_Module.register_forward_pre_hook)
    register_full_backward_hook = _telling(_Module.register_full_backward_hook)
    register_full_backward_pre_hook = _telling(_Module.register_full_backward_pre_hook)

    @property
    def training(self) -> bool:
        """The mode: inside a call the one that it runs in, else the one that was set.

        So `if self.training:` in a `call` holds in `fit` and not in `predict`.
        """
        running = context.get().call
        if running is None or running.training is None:
            return self._training
        return bool(running.training)

    @training.setter
    def training(self, mode: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        object.__setattr__(self, "_training", bool(mode))
        # Lightning puts back in this way what `eval` has changed. torch.compile sets
        # the mode that there is: that says none.
        if self._keras_mode is not None and self._keras_mode is not bool(mode):
            object.__setattr__(self, "_keras_mode", bool(mode))
            self._keras_changed()

    def train(self, mode: bool = True) -> Any:
        """Sets the mode of calls that are given no `training` argument."""
        object.__setattr__(self, "_keras_mode", bool(mode))
        object.__setattr__(self, "_training", bool(mode))
        for child in self._modules.values():
            if child is not None:
                child.train(mode)
        self._keras_changed()
        return self

    def _track_variable_native(self, variable: Variable) -> None:
        if not self._registers_variables:
            return
        name = variable.name.replace(".", "_")
        taken = self._parameters.keys() | self._buffers.keys()
        number = 1
        while name in taken:
            name, number = f"{variable.name}_{number}", number + 1
        held: Any = self._parameters if variable.trainable else self._buffers
        held.follow(name, variable)

    def _track_layer_native(self, name: str, layer: Any) -> None:
        self._modules[name.replace(".", "_")] = layer

    def _untrack_native(self, item: Any) -> None:
        """Forgets a variable or sublayer."""
        for held in (self._parameters, self._buffers):
            known: Any = held
            for name, variable in list(known.variables.items()):
                if variable is item:
                    known.pop(name)
        for name, module in list(self._modules.items()):
            if module is item:
                del self._modules[name]

    def _follow_variables(self) -> None:
        """Registers the tensors that are now in the variables."""
        for held in (self._parameters, self._buffers):
            known: Any = held
            for name, variable in list(known.variables.items()):
                known.follow(name, variable)

    def _is_foreign_module(self, value: Any) -> bool:
        return isinstance(value, _Module) and not isinstance(value, layer_mixin)

    def _track_foreign(self, name: str, value: Any) -> None:
        """Registers an attribute that is torch's own, which is no weight of Keras."""
        if name in self._keras_foreign:
            self._untrack_foreign(name)
        if isinstance(value, torch.nn.Parameter):
            self._parameters[name] = value
        elif isinstance(value, _Module) and not hasattr(value, "_tracked_as"):
            self._modules[name] = value
        else:
            return
        self._keras_foreign.add(name)

    def _untrack_foreign(self, name: str) -> None:
        self._keras_foreign.discard(name)
        self._parameters.pop(name, None)
        self._modules.pop(name, None)

    def _restore_native(self) -> None:
        """Registers everything anew, after a copy or an unpickling."""
        self._init_native()
        for variable in self._own_variables():
            self._track_variable_native(variable)
        for name, layer in self._named_layers().items():
            self._track_layer_native(name, layer)
        for name, value in list(self.__dict__.items()):
            self._track_foreign(name, value)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Any:
        """Moves or casts; variables follow where torch replaced a tensor."""
        super()._apply(fn, recurse)
        buffers: Any = self._buffers
        for name, variable in buffers.variables.items():
            if not isinstance(variable._value, torch.nn.Parameter):
                buffers[name] = torch.nn.Parameter(_data(variable._value), False)
        for variable in self._own_variables():
            variable._dtype = dtype_of(variable._value)
        was = self.variable_dtype
        if dtypes.is_float(was):
            now = dtype_of(fn(torch.empty(0, dtype=native_dtype(was))))
            if now != was:
                self._take_dtype(now)
        self._keras_changed()
        return self

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        """Loads in place; with `assign=True`, variables follow the new tensors."""
        super()._load_from_state_dict(*args, **kwargs)
        self._keras_changed()

    def get_parameter(self, target: str) -> Any:
        """The parameter of that name in `state_dict()`."""
        return _named(self, dict(self.named_parameters()), "parameter", target)

    def get_buffer(self, target: str) -> Any:
        """The buffer of that name in `state_dict()`."""
        return _named(self, dict(self.named_buffers()), "buffer", target)

    def __dir__(self) -> list[str]:
        """The attributes; submodules are listed by the names that the user gave."""
        return list(object.__dir__(self))

    def __getattr__(self, name: str) -> Any:
        """Submodules and parameters by the names that torch knows them by."""
        for registry in ("_modules", "_parameters", "_buffers"):
            found = self.__dict__.get(registry, {}).get(name)
            if found is not None:
                return found
        known: Any = getattr(type(self), name, None)
        if hasattr(type(known), "__get__"):  # it raised AttributeError: with its words
            return known.__get__(self)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )


def _named(module: Any, found: dict[str, Any], kind: str, target: str) -> Any:
    if target not in found:
        raise AttributeError(
            f"{type(module).__name__} {module.name!r} has no {kind} {target!r}. It "
            f"has: {', '.join(found) or 'none'}."
        )
    return found[target]


def _data(tensor: Any) -> Any:
    return tensor.data


def call_with_hooks(layer: Any, args: Any, kwargs: Any) -> Any:
    """A call with the forward and backward hooks that torch users registered."""
    return _Module._call_impl(layer, *args, **kwargs)
