"""What `TorchModuleWrapper` needs of torch: parameters as variables, runs, pickles."""

from __future__ import annotations

import base64
import io
from typing import Any

import torch
from torch.utils.weak import WeakIdKeyDictionary

from keras.backends.torch.core import convert_to_numpy, dtype_of
from keras.backends.torch.variable import Variable
from keras.core.typing import Config, Structure

# A parameter of two layers is one weight, which is counted and updated once.
_of_parameters: Any = WeakIdKeyDictionary()


def check(module: Any) -> None:
    """Raises unless `module` is a module of torch, with all its parameters made."""
    if not isinstance(module, torch.nn.Module):
        raise ValueError(
            "TorchModuleWrapper expects a torch.nn.Module. Received: "
            f"module={module!r} of type {type(module).__name__}."
        )
    lazy = torch.nn.parameter.is_lazy
    if any(map(lazy, (*module.parameters(), *module.buffers()))):
        raise ValueError(
            "TorchModuleWrapper takes no lazy module whose parameters are not made "
            f"yet. Received: module={module!r}. Run it once on data before."
        )


def variables(module: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Variables that share their values with the module's parameters.

    Args:
        module: the module.
        known: those of before, by name: a parameter of the same shape keeps its own.
    """
    return {
        name: _of_parameter(name, parameter, known.get(name))
        for name, parameter in module.named_parameters()
    }


def _of_parameter(name: str, parameter: Any, variable: Any) -> Any:
    if variable is None or variable.shape != tuple(parameter.shape):
        variable = _of_parameters.get(parameter)  # two layers may share a module
    if variable is None:
        variable = Variable(
            parameter.detach().clone(),
            trainable=parameter.requires_grad,
            name=name.replace(".", "_"),
        )
    if variable._value is not parameter:
        variable._value = parameter
        variable._dtype = dtype_of(parameter)
        _of_parameters[parameter] = variable
    variable._trainable = parameter.requires_grad
    return variable


def run(module: Any, training: bool | None, args: Any, kwargs: Any) -> Structure:
    """The module's output; in training mode or not, if that is said."""
    if any(isinstance(x, torch.Tensor) and x.is_meta for x in args):
        return _run_on_meta(module, args, kwargs)
    if training is None or module.training == bool(training):
        return module(*args, **kwargs)
    was = module.training
    module.train(bool(training))
    try:
        return module(*args, **kwargs)
    finally:
        module.train(was)


def _run_on_meta(module: Any, args: Any, kwargs: Any) -> Any:
    """The output without numbers, for shapes; the module's own tensors stay."""
    tensors = (*module.named_parameters(), *module.named_buffers())
    state = {name: x.detach().to("meta") for name, x in tensors}
    return torch.func.functional_call(module, state, args, kwargs)


def state(module: Any) -> dict[str, Any]:
    """The module's `state_dict` as arrays."""
    tensors = module.state_dict().items()
    return {k: convert_to_numpy(x) for k, x in tensors if torch.is_tensor(x)}


def load_state(module: Any, values: dict[str, Any]) -> None:
    """Sets the module's `state_dict` from arrays."""
    state = module.state_dict()
    for name, value in values.items():
        state[name] = torch.as_tensor(value).to(state[name].dtype)
    module.load_state_dict(state)


def encode(module: Any) -> str:
    """The module as text: a base64 of what `torch.save` writes."""
    buffer = io.BytesIO()
    torch.save(module, buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def decode(config: Config) -> Any:
    """The module of `encode`. Unpickling runs code: callers check safe mode first."""
    if isinstance(config, torch.nn.Module):
        return config
    # As a dict, this layer wrote it at first.
    text = config["value"] if isinstance(config, dict) else config
    data = text if isinstance(text, bytes) else base64.b64decode(text)
    return torch.load(io.BytesIO(data), weights_only=False)
