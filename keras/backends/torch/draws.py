"""Torch's samplers, started anew for each draw from a state of two integers.

The state is a seed, and how many draws were made with it. Eager code calls these
functions on the host's note of the state. The graphs of `torch.compile` cannot hold a
`torch.Generator`: they hold the same functions as custom ops (`torch.ops.keras.*`),
which take the state as a tensor. So both draw the very same numbers.

An op reads the state when it runs. A state on the CPU, and an integer seed, are there
at once; one on an accelerator is waited for, once for each draw in a compiled graph.
The ops are left out of CUDA graphs, which would repeat the draw that they recorded.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import torch

from keras.core.typing import DType, ShapeLike, Structure, TensorLike

_MASK = 2**64 - 1
State = tuple[int, int]


class _Generators(threading.local):
    """One generator for each device and thread."""

    def __init__(self) -> None:
        self.found: dict[torch.device, torch.Generator] = {}


_generators = _Generators()


def _keyed(state: State, device: torch.device) -> torch.Generator:
    """The generator of a device, started from a state."""
    source = _generators.found.get(device)
    if source is None:
        kind = "cpu" if device.type == "meta" else device
        source = _generators.found[device] = torch.Generator(kind)
    # On the CPU only the lower half of the number counts: mix all into it.
    mixed = (state[0] + state[1] * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return source.manual_seed(mixed ^ (mixed >> 31))


def _normal(
    state: State, shape: Any, mean: float, stddev: float, dtype: DType, device: Any
) -> Any:
    x = torch.empty(shape, dtype=dtype, device=device)
    return x.normal_(mean, stddev, generator=_keyed(state, device))


def _uniform(
    state: State, shape: Any, low: float, high: float, dtype: DType, device: Any
) -> Any:
    x = torch.empty(shape, dtype=dtype, device=device)
    return x.uniform_(low, high, generator=_keyed(state, device))


# The part of the normal distribution within two standard deviations.
_WITHIN = math.erf(2 / math.sqrt(2))


def _truncated(
    state: State, shape: ShapeLike, dtype: DType, device: Any
) -> torch.Tensor:
    x = _uniform(state, shape, -_WITHIN, _WITHIN, dtype, device)
    return x.erfinv_().mul_(math.sqrt(2)).clamp_(-2.0, 2.0)


def _integers(state: State, shape: Any, low: int, high: int, device: Any) -> Any:
    source = _keyed(state, device)
    return torch.randint(low, high, shape, generator=source, device=device)


def _noise(state: State, shape: Any, kept: float, dtype: DType, device: Any) -> Any:
    x = torch.empty(shape, dtype=dtype.to_real(), device=device)
    return x.bernoulli_(kept, generator=_keyed(state, device)).div_(kept)


def _order(state: State, size: int, device: Any) -> torch.Tensor:
    source = _keyed(state, device)
    return torch.randperm(size, generator=source, device=device)


def _classes(state: State, logits: torch.Tensor, count: int) -> torch.Tensor:
    if count == 0:  # torch wants one at least
        return _empty((logits.shape[0], 0), torch.int64, logits.device)
    weights = torch.softmax(logits.float(), -1)
    source = _keyed(state, weights.device)
    return torch.multinomial(weights, count, True, generator=source)


# Torch draws in the order of memory: the order of places, if there are no gaps.


def _gamma(state: State, alpha: TensorLike) -> torch.Tensor:
    source = _keyed(state, alpha.device)
    return torch._standard_gamma(alpha.contiguous(), generator=source)


def _binomial(state: State, counts: TensorLike, chances: Any) -> torch.Tensor:
    source = _keyed(state, counts.device)
    counts, chances = counts.contiguous(), chances.contiguous()
    return torch.binomial(counts, chances, generator=source)


_PLACE = "ScalarType dtype, Device device"
# Of each draw: its arguments behind the state, itself, and a result without numbers.
_DRAWS: dict[str, tuple[str, Callable[..., Any], Callable[..., Any]]] = {
    "normal": (
        f"SymInt[] shape, float mean, float stddev, {_PLACE}",
        _normal,
        lambda shape, mean, stddev, dtype, device: _empty(shape, dtype, device),
    ),
    "uniform": (
        f"SymInt[] shape, float low, float high, {_PLACE}",
        _uniform,
        lambda shape, low, high, dtype, device: _empty(shape, dtype, device),
    ),
    "truncated": (
        f"SymInt[] shape, {_PLACE}",
        _truncated,
        lambda shape, dtype, device: _empty(shape, dtype, device),
    ),
    "integers": (
        "SymInt[] shape, SymInt low, SymInt high, Device device",
        _integers,
        lambda shape, low, high, device: _empty(shape, torch.int64, device),
    ),
    "noise": (
        f"SymInt[] shape, float kept, {_PLACE}",
        _noise,
        lambda shape, kept, dtype, device: _empty(shape, dtype, device),
    ),
    "order": (
        "SymInt size, Device device",
        _order,
        lambda size, device: _empty((size,), torch.int64, device),
    ),
    "classes": (
        "Tensor logits, SymInt count",
        _classes,
        lambda logits, count: _empty(
            (logits.shape[0], count), torch.int64, logits.device
        ),
    ),
    "gamma": ("Tensor alpha", _gamma, lambda alpha: _like(alpha)),
    "binomial": (
        "Tensor counts, Tensor chances",
        _binomial,
        lambda counts, chances: _like(counts),
    ),
}


def _empty(shape: Any, dtype: DType, device: Any) -> Any:
    return torch.empty(shape, dtype=dtype, device=device)


def _like(x: torch.Tensor) -> torch.Tensor:
    return torch.empty(x.shape, dtype=x.dtype, device=x.device)


def draw(name: str, state: Structure, *args: Any) -> torch.Tensor:
    """A draw of this name; the state is two integers, or in a graph a tensor."""
    if not torch.compiler.is_compiling():
        return _DRAWS[name][1](state, *args)
    if not isinstance(state, torch.Tensor):
        state = torch.tensor(state, dtype=torch.int64, device="cpu")
    return getattr(torch.ops.keras, name)(state, *args)


_library: list[Any] = []


def register() -> None:
    """Makes the draws known to the compiler."""
    if _library:
        return
    library = torch.library.Library("keras", "FRAGMENT")
    _library.append(library)
    for name, (arguments, function, empty) in _DRAWS.items():
        library.define(
            f"{name}(Tensor state, {arguments}) -> Tensor",
            tags=(torch.Tag.cudagraph_unsafe,),
        )
        library.impl(name, _reading(function), "CompositeExplicitAutograd")
        torch.library.register_fake(f"keras::{name}", _stateless(empty), lib=library)
    # Torch's own knows no tensors without numbers.
    library.define("gamma_gradient(Tensor alpha, Tensor drawn) -> Tensor")
    library.impl(
        "gamma_gradient", torch._standard_gamma_grad, "CompositeExplicitAutograd"
    )
    torch.library.register_fake(
        "keras::gamma_gradient", lambda alpha, drawn: _like(alpha), lib=library
    )
    torch.library.register_autograd(
        "keras::gamma", _gamma_gradient, setup_context=_keep, lib=library
    )


def _reading(function: Callable[..., Any]) -> Callable[..., Any]:
    def drawn(state: Structure, *args: Any) -> torch.Tensor:
        return function(tuple(state.tolist()), *args)

    return drawn


def _stateless(empty: Callable[..., Any]) -> Callable[..., Any]:
    def drawn(state: Structure, *args: Any) -> torch.Tensor:
        return empty(*args)

    return drawn


def _keep(ctx: Any, inputs: torch.Tensor, output: torch.Tensor) -> None:
    ctx.save_for_backward(inputs[1], output)


def _gamma_gradient(ctx: Any, grad: torch.Tensor) -> Any:
    """Numbers move with their parameter, as in torch's own sampler."""
    alpha, drawn = ctx.saved_tensors
    return None, grad * torch.ops.keras.gamma_gradient(alpha, drawn)
