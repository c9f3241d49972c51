"""What `TorchModuleWrapper` needs of torch: parameters as variables, runs, pickles."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import torch as _torch

from keras.backends.torch.variable import Variable as _Variable


def check(module: Any) -> None:
    """Raises unless `module` is a module of torch."""
    if not isinstance(module, _torch.nn.Module):
        raise ValueError(
            "TorchModuleWrapper expects a torch.nn.Module. Received: "
            f"module={module!r} of type {type(module).__name__}."
        )


def variables(module: Any) -> Iterator[Any]:
    """Variables that share their values with the module's parameters and buffers."""
    for name, parameter in module.named_parameters():
        variable = _Variable(
            parameter.detach().clone(),
            trainable=parameter.requires_grad,
            name=name.replace(".", "_"),
        )
        variable._value = parameter
        yield variable


def run(module: Any, training: Any, args: Any, kwargs: Any) -> Any:
    """The module's output, in training mode or not."""
    if training is not None and module.training != bool(training):
        module.train(bool(training))
    return module(*args, **kwargs)


def output_shape(module: Any, input_shape: Any) -> tuple[Any, ...]:
    """The shape of what the module gives; sizes that follow unknown ones are None."""

    def shape_of(unknown: int) -> tuple[int, ...]:
        sizes = [unknown if n is None else n for n in input_shape]
        parameter = next(module.parameters(), None)
        device = None if parameter is None else parameter.device
        was = module.training
        module.eval()
        try:
            with _torch.no_grad():
                return tuple(module(_torch.zeros(sizes, device=device)).shape)
        finally:
            module.train(was)

    pairs = zip(shape_of(2), shape_of(3), strict=True)
    return tuple(a if a == b else None for a, b in pairs)


def encode(module: Any) -> dict[str, str]:
    """The module as text: a base64 of what `torch.save` writes."""
    buffer = io.BytesIO()
    _torch.save(module, buffer)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"class_name": "__bytes_base64__", "value": text}


def decode(config: Any) -> Any:
    """The module of `encode`. Unpickling runs code: callers check safe mode first."""
    if isinstance(config, _torch.nn.Module):
        return config
    text = config["value"] if isinstance(config, dict) else config
    data = text if isinstance(text, bytes) else base64.b64decode(text)
    return _torch.load(io.BytesIO(data), weights_only=False)
