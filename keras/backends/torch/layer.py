"""What layers are on the PyTorch backend: each one is a `torch.nn.Module`.

Parameters, buffers and submodules are registered under the names that layers know
them by, so `state_dict()` has keys such as `dense.kernel`. Attributes stay in
`__dict__` too: reading one costs no `__getattr__`.
"""

from __future__ import annotations

from typing import Any

import torch as _torch

_Module = _torch.nn.Module
optimizer_mixin = None


class layer_mixin(_Module):
    """The second base of every layer class on this backend."""

    # What pickle and deepcopy leave out, because it is made anew from the layer.
    _native_state = (
        "_parameters",
        "_buffers",
        "_modules",
        "_non_persistent_buffers_set",
    )

    def _init_native(self) -> None:
        _Module.__init__(self)
        object.__setattr__(self, "_mode", None)
        object.__setattr__(self, "_hooked", True)

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

    def train(self, mode: bool = True) -> Any:
        """Sets the mode of calls that are given no `training` argument."""
        object.__setattr__(self, "_mode", bool(mode))
        object.__setattr__(self, "training", bool(mode))
        for child in self._modules.values():
            if child is not None:
                child.train(mode)
        return self

    def _track_variable_native(self, variable: Any) -> None:
        name = variable.name.replace(".", "_")
        self._parameters.pop(name, None)
        self._buffers.pop(name, None)
        taken = self._parameters.keys() | self._buffers.keys()
        number = 1
        while name in taken:
            name, number = f"{variable.name}_{number}", number + 1
        if variable.trainable:
            self._parameters[name] = variable._value
        else:
            self._buffers[name] = variable._value

    def _track_layer_native(self, name: str, layer: Any) -> None:
        self._modules[name.replace(".", "_")] = layer

    def _track_native(self, name: str, value: Any) -> None:
        if isinstance(value, _Module):
            self._modules[name] = value
        elif isinstance(value, _torch.nn.Parameter):
            self._parameters[name] = value

    def _restore_native(self) -> None:
        """Registers everything anew, after a copy or an unpickling."""
        self._init_native()
        for variable in self._own_variables():
            self._track_variable_native(variable)
        for name, layer in self._named_layers().items():
            self._track_layer_native(name, layer)
        for name, value in list(self.__dict__.items()):
            if isinstance(value, (_Module, _torch.nn.Parameter)):
                if not hasattr(value, "_keras_layer"):
                    self._track_native(name, value)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """Moves or casts; variables follow where torch replaced a tensor."""
        before = {id(v._value): v for v in self._own_variables()}
        held = {**self._parameters, **self._buffers}
        super()._apply(fn, recurse)
        for name, old in held.items():
            new = self._parameters.get(name)
            new = self._buffers.get(name) if new is None else new
            variable = before.get(id(old))
            if variable is not None and new is not old:
                variable._value = _torch.nn.Parameter(_data(new), False)
                self._buffers[name] = variable._value
        for variable in self._own_variables():
            variable._dtype = str(variable._value.dtype).removeprefix("torch.")
        return self

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        """Loads in place; with `assign=True`, variables follow the new tensors."""
        before = {**self._parameters, **self._buffers}
        by_id = {id(v._value): v for v in self._own_variables()}
        super()._load_from_state_dict(*args, **kwargs)
        after = {**self._parameters, **self._buffers}
        for name, old in before.items():
            if after[name] is not old and id(old) in by_id:
                by_id[id(old)]._value = after[name]

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )


def _data(tensor: Any) -> Any:
    return tensor.data


def call_with_hooks(layer: Any, args: Any, kwargs: Any) -> Any:
    """A call with the forward and backward hooks that torch users registered."""
    return _Module._call_impl(layer, *args, **kwargs)
