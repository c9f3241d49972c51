"""Random numbers of the PyTorch backend: `torch.Generator`, keyed by the seed.

A generator is keyed anew by the two integers of the seed for each draw. Eager code
keeps them beside the state variable on the host, so that a draw never waits for a
device; compiled code hands the state on as a tensor, and draws the same numbers. See
`keras.backends.torch.draws`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._C import _is_torch_function_mode_enabled as _mode_enabled
from torch.overrides import handle_torch_function as _handle

from keras.backends import seeds
from keras.backends.torch.core import default_device, native_dtype
from keras.backends.torch.draws import draw
from keras.core import config, context
from keras.core.typing import DType, Seed, ShapeLike, TensorLike

_compiling = torch.compiler.is_compiling


class _Mirror:
    """The state of a generator on the host, and the tensor that it mirrors."""

    __slots__ = ("count", "counter", "seed", "tensor", "version")

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        self.seed, self.count = (int(n) for n in tensor.tolist())
        self.counter = tensor.detach()[1]
        self.version = tensor._version

    def draw(self) -> tuple[int, int]:
        """The state, counted on afterwards, here and in the tensor."""
        drawn = (self.seed, self.count)
        self.count = (self.count + 1) % seeds.LIMIT
        self.counter.fill_(self.count)
        self.version = self.tensor._version
        return drawn


def advance(generator: Any) -> Any:
    """Takes the next seed from a `SeedGenerator`: two integers, or a tensor of them."""
    if _compiling() or context.get().stateless is not None:
        return _advance_value(generator)
    tensor = generator.state._value
    mirror = generator._mirror
    if tensor.is_inference():  # has no version to compare
        return _advance_value(generator)
    if (
        mirror is None
        or mirror.tensor is not tensor
        or mirror.version != tensor._version
    ):
        mirror = generator._mirror = _Mirror(tensor)
    return mirror.draw()


def _advance_value(generator: Any) -> Any:
    state = generator.state.value
    wide = state.detach().to(torch.int64, copy=True)
    following = torch.stack((wide[0], (wide[1] + 1) % seeds.LIMIT))
    generator.state.assign(following.to(dtype=state.dtype))
    return wide if _compiling() else tuple(wide.tolist())


def seed_framework(seed: int) -> None:
    torch.manual_seed(seed)


def framework_state() -> Any:
    return torch.get_rng_state().numpy()


def set_framework_state(state: Any) -> None:
    torch.set_rng_state(torch.from_numpy(state))


def _state(seed: Seed) -> Any:
    generator = seeds.generator_of(seed)
    return (seeds.check(seed), 0) if generator is None else generator.draw()


def _draw(name: str, seed: Seed, *args: Any) -> torch.Tensor:
    """A draw with a seed's next state; in a recording one call, which advances it."""
    if _mode_enabled():
        return _handle(_draw, (), name, seed, *args)
    return draw(name, _state(seed), *args)


def _place(dtype: DType) -> tuple[torch.dtype, torch.device]:
    wanted = native_dtype(config.floatx() if dtype is None else dtype)
    return wanted, default_device()


def _wide(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype is torch.float64 else torch.float32


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, (int, float)) for value in values)


def normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> torch.Tensor:
    seeds.at_least(0, stddev)
    shape = seeds.sizes(shape)
    wanted, device = _place(dtype)
    if _numbers(mean, stddev):
        return _draw("normal", seed, shape, mean, stddev, wanted, device)
    x = _draw("normal", seed, shape, 0.0, 1.0, wanted, device)
    return (x.to(dtype=_wide(wanted)) * stddev + mean).to(dtype=wanted)


def uniform(
    shape: ShapeLike,
    minval: TensorLike = 0.0,
    maxval: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> torch.Tensor:
    seeds.in_order(minval, maxval)
    shape = seeds.sizes(shape)
    wanted, device = _place(dtype)
    if not wanted.is_floating_point:
        raise ValueError("Expected a float dtype.")
    if _numbers(minval, maxval):
        return _draw("uniform", seed, shape, minval, maxval, wanted, device)
    x = _draw("uniform", seed, shape, 0.0, 1.0, wanted, device)
    return (x * (maxval - minval) + minval).to(dtype=wanted)


def randint(
    shape: ShapeLike,
    minval: TensorLike,
    maxval: TensorLike,
    dtype: DType = "int32",
    seed: Seed = None,
) -> torch.Tensor:
    minval, maxval = seeds.whole(minval), seeds.whole(maxval)
    seeds.in_order(minval, maxval, strictly=True)
    wanted, device = _place(dtype)
    if wanted.is_floating_point:
        raise ValueError("Expected an integer dtype.")
    if not _numbers(minval, maxval):
        x = uniform(shape, seed=seed, dtype="float64")
        return torch.floor(x * (maxval - minval) + minval).to(dtype=wanted)
    low, high = int(minval), int(maxval)
    drawn = _draw("integers", seed, seeds.sizes(shape), low, high, device)
    return drawn.to(dtype=wanted)


def truncated_normal(
    shape: ShapeLike,
    mean: Any = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DType = None,
    seed: Seed = None,
) -> torch.Tensor:
    seeds.at_least(0, stddev)
    wanted, device = _place(dtype)
    x = _draw("truncated", seed, seeds.sizes(shape), _wide(wanted), device)
    return (x * stddev + mean).to(dtype=wanted)


def categorical(
    logits: torch.Tensor, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> torch.Tensor:
    wanted = native_dtype(dtype)
    if logits.ndim != 2:
        raise ValueError("Expected logits of two dimensions.")
    drawn = _draw("classes", seed, logits.detach(), num_samples)
    return drawn.to(dtype=wanted)


def dropout(
    inputs: torch.Tensor,
    rate: float,
    noise_shape: ShapeLike | None = None,
    seed: Seed = None,
) -> torch.Tensor:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    if rate == 1:
        return torch.zeros_like(inputs)
    if noise_shape is None:
        shape = tuple(inputs.shape)
    else:
        shape = tuple(
            inputs.shape[i] if size is None else size
            for i, size in enumerate(noise_shape)
        )
    noise = _draw("noise", seed, shape, 1 - rate, inputs.dtype, inputs.device)
    return inputs * noise


def shuffle(x: torch.Tensor, axis: int = 0, seed: Seed = None) -> torch.Tensor:
    order = _draw("order", seed, x.shape[axis], x.device)
    return torch.index_select(x, axis, order)


def gamma(
    shape: ShapeLike, alpha: TensorLike, dtype: DType = None, seed: Seed = None
) -> torch.Tensor:
    seeds.at_least(0, alpha)
    wanted, device = _place(dtype)
    alpha = _spread(alpha, shape, _wide(wanted), device)
    return _draw("gamma", seed, alpha).to(dtype=wanted)


def beta(
    shape: ShapeLike,
    alpha: TensorLike,
    beta: torch.Tensor,
    dtype: DType = None,
    seed: Seed = None,
) -> torch.Tensor:
    seeds.at_least(0, alpha, beta)
    wanted, device = _place(dtype)
    wide = _wide(wanted)
    both = [_spread(parameter, shape, wide, device) for parameter in (alpha, beta)]
    a, b = _draw("gamma", seed, torch.stack(both)).unbind(0)
    return (a / (a + b)).to(dtype=wanted)


def binomial(
    shape: ShapeLike,
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DType = None,
    seed: Seed = None,
) -> torch.Tensor:
    seeds.at_least(0, counts, probabilities)
    seeds.in_order(probabilities, 1)
    wanted, device = _place(dtype)
    counts = _spread(counts, shape, _wide(wanted), device).detach()
    chances = _spread(probabilities, shape, _wide(wanted), device).detach()
    return _draw("binomial", seed, counts, chances).to(dtype=wanted)


def _spread(parameter: Any, shape: Any, wide: Any, device: Any) -> torch.Tensor:
    """A parameter for each number to be drawn."""
    parameter = torch.as_tensor(parameter, dtype=wide, device=device)
    return parameter.expand(seeds.sizes(shape))
