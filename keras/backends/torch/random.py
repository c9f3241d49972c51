"""Random numbers of the PyTorch backend.

Eagerly, a `torch.Generator` is keyed anew by the two integers of the seed for each
draw; they are kept beside the state variable on the host, so that a draw never waits
for a device. `torch.compile` can trace no generator: there, the seed and the place of
each number are hashed, which the compiler fuses into what uses the numbers.
"""

from __future__ import annotations

import math as _math
import threading as _threading
from typing import Any

import torch as _torch

from keras.backends import seeds as _seeds
from keras.backends.torch.core import default_device as _default_device
from keras.backends.torch.core import native_dtype as _native_dtype
from keras.core import config as _config
from keras.core import context as _context

_MASK = 2**64 - 1
_compiling = _torch.compiler.is_compiling


class _Mirror:
    """The state of a generator on the host, and the tensor that it mirrors."""

    __slots__ = ("count", "counter", "seed", "tensor", "version")

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor
        self.seed, self.count = (int(n) for n in tensor.tolist())
        self.counter = tensor.detach()[1]
        self.version = tensor._version

    def draw(self) -> tuple[int, int]:
        """The state, counted on afterwards, here and in the tensor."""
        drawn = (self.seed, self.count)
        self.count = (self.count + 1) % _seeds.LIMIT
        self.counter.fill_(self.count)
        self.version = self.tensor._version
        return drawn


def advance(generator: Any) -> Any:
    """Takes the next seed from a `SeedGenerator`: two integers, or a tensor of them."""
    if _compiling() or _context.get().stateless is not None:
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
    wide = state.detach().to(_torch.int64, copy=True)
    following = _torch.stack((wide[0], (wide[1] + 1) % _seeds.LIMIT))
    generator.state.assign(following.to(dtype=state.dtype))
    return wide if _compiling() else tuple(wide.tolist())


def seed_framework(seed: int) -> None:
    _torch.manual_seed(seed)


class _Generators(_threading.local):
    """One generator for each device and thread."""

    def __init__(self) -> None:
        self.found: dict[_torch.device, _torch.Generator] = {}


_generators = _Generators()


def _state(seed: Any) -> Any:
    generator = _seeds.generator_of(seed)
    return (_seeds.check(seed), 0) if generator is None else generator.draw()


def _keyed(state: tuple[int, int], device: _torch.device) -> _torch.Generator:
    """The generator of a device, started from a state."""
    source = _generators.found.get(device)
    if source is None:
        kind = "cpu" if device.type == "meta" else device
        source = _generators.found[device] = _torch.Generator(kind)
    # On the CPU only the lower half of the number counts: mix all into it.
    mixed = (state[0] + state[1] * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return source.manual_seed(mixed ^ (mixed >> 31))


def _source(seed: Any, device: _torch.device) -> _torch.Generator:
    return _keyed(_state(seed), device)


def _hashed(shape: Any, seed: Any, device: Any) -> Any:
    """Uniform numbers between 0 and 1, both excluded, by hashing: for compiled code."""
    state = _state(seed)
    low = 0xFFFFFFFF
    count = _math.prod(shape)
    x = _torch.arange(count, dtype=_torch.int64, device=device)
    for word in (state[0], state[1]):
        if isinstance(word, _torch.Tensor):
            word = word.to(device)
        x = (x ^ word) & low
        # Finalizer of MurmurHash3, in 64 bits cut to 32.
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & low
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & low
        x = ((x ^ (x >> 16)) + 0x9E3779B9) & low
    x = ((x ^ (x >> 16)) * 0x45D9F3B) & low
    x = x ^ (x >> 16)
    return (((x >> 8).float() + 0.5) * 2.0**-24).reshape(tuple(shape))


def _place(dtype: Any) -> tuple[_torch.dtype, _torch.device]:
    wanted = _native_dtype(_config.floatx() if dtype is None else dtype)
    return wanted, _default_device()


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, (int, float)) for value in values)


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    _seeds.at_least(0, stddev)
    wanted, device = _place(dtype)
    if _compiling():
        x = _inverse(_hashed(shape, seed, device))
        return (x * stddev + mean).to(dtype=wanted)
    x = _torch.empty(tuple(shape), dtype=wanted, device=device)
    source = _source(seed, device)
    if _numbers(mean, stddev):
        return x.normal_(mean, stddev, generator=source)
    return (x.normal_(generator=source) * stddev + mean).to(dtype=wanted)


def _inverse(uniform: Any) -> Any:
    """Standard normal numbers out of uniform ones."""
    return _torch.erfinv(2 * uniform - 1) * _math.sqrt(2)


def uniform(
    shape: Any,
    minval: Any = 0.0,
    maxval: Any = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    _seeds.in_order(minval, maxval)
    wanted, device = _place(dtype)
    if not wanted.is_floating_point:
        raise ValueError("Expected a float dtype.")
    if _compiling():
        x = _hashed(shape, seed, device)
        return (x * (maxval - minval) + minval).to(dtype=wanted)
    x = _torch.empty(tuple(shape), dtype=wanted, device=device)
    source = _source(seed, device)
    if _numbers(minval, maxval):
        return x.uniform_(minval, maxval, generator=source)
    return (x.uniform_(generator=source) * (maxval - minval) + minval).to(dtype=wanted)


def randint(
    shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None
) -> Any:
    minval, maxval = _seeds.whole(minval), _seeds.whole(maxval)
    _seeds.in_order(minval, maxval)
    wanted, device = _place(dtype)
    if wanted.is_floating_point:
        raise ValueError("Expected an integer dtype.")
    if _compiling() or not _numbers(minval, maxval):
        x = uniform(shape, seed=seed, dtype="float64")
        return _torch.floor(x * (maxval - minval) + minval).to(dtype=wanted)
    drawn = _torch.randint(
        int(minval),
        int(maxval),
        tuple(shape),
        generator=_source(seed, device),
        device=device,
    )
    return drawn.to(dtype=wanted)


# The normal distribution's probability of a value below two standard deviations.
_BELOW = 0.5 * (1 + _math.erf(2 / _math.sqrt(2)))


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    _seeds.at_least(0, stddev)
    wanted, device = _place(dtype)
    wide = _torch.float64 if wanted is _torch.float64 else _torch.float32
    bound = 2 * _BELOW - 1
    if _compiling():
        x = (_hashed(shape, seed, device) * 2 - 1) * bound
    else:
        x = _torch.empty(tuple(shape), dtype=wide, device=device)
        x = x.uniform_(-bound, bound, generator=_source(seed, device))
    x = _torch.clamp(_torch.erfinv(x) * _math.sqrt(2), -2.0, 2.0)
    return (x * stddev + mean).to(dtype=wanted)


def categorical(
    logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None
) -> Any:
    wanted = _native_dtype(dtype)
    batch, classes = logits.shape
    if _compiling():
        shape = (batch, num_samples, classes)
        noise = -_torch.log(-_torch.log(_hashed(shape, seed, logits.device)))
        return (logits[:, None].float() + noise).argmax(-1).to(dtype=wanted)
    weights = _torch.softmax(logits.float(), -1)
    source = _source(seed, logits.device)
    return _torch.multinomial(weights, num_samples, True, generator=source).to(
        dtype=wanted
    )


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    if not 0 <= rate <= 1:
        raise ValueError("The rate is out of range.")
    if rate == 1:
        return _torch.zeros_like(inputs)
    kept = 1 - rate
    if noise_shape is None:
        shape = inputs.shape
    else:
        shape = [
            inputs.shape[i] if size is None else size
            for i, size in enumerate(noise_shape)
        ]
    if _compiling():
        keep = _hashed(shape, seed, inputs.device) >= rate
        return _torch.where(keep, inputs * (1 / kept), 0.0).to(dtype=inputs.dtype)
    source = _source(seed, inputs.device)
    noise = _torch.empty(shape, dtype=inputs.dtype, device=inputs.device)
    return inputs * noise.bernoulli_(kept, generator=source).div_(kept)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    size = x.shape[axis]
    if _compiling():
        order = _torch.argsort(_hashed((size,), seed, x.device))
    else:
        source = _source(seed, x.device)
        order = _torch.randperm(size, generator=source, device=x.device)
    return _torch.index_select(x, axis, order)


def _gamma(shape: Any, alpha: Any, source: Any, wide: Any, device: Any) -> Any:
    alpha = _torch.as_tensor(alpha, dtype=wide, device=device)
    return _torch._standard_gamma(alpha.expand(tuple(shape)), generator=source)


def _wide(dtype: _torch.dtype) -> _torch.dtype:
    return _torch.float64 if dtype is _torch.float64 else _torch.float32


def _eager_source(seed: Any, device: Any) -> Any:
    """None inside `torch.compile`: gamma draws there come from torch's own state."""
    return None if _compiling() else _source(seed, device)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    _seeds.at_least(0, alpha)
    wanted, device = _place(dtype)
    source = _eager_source(seed, device)
    return _gamma(shape, alpha, source, _wide(wanted), device).to(dtype=wanted)


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    _seeds.at_least(0, alpha, beta)
    wanted, device = _place(dtype)
    source = _eager_source(seed, device)
    a = _gamma(shape, alpha, source, _wide(wanted), device)
    b = _gamma(shape, beta, source, _wide(wanted), device)
    return (a / (a + b)).to(dtype=wanted)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Any:
    _seeds.at_least(0, counts, probabilities)
    _seeds.in_order(probabilities, 1)
    wanted, device = _place(dtype)
    wide = _wide(wanted)
    counts = _torch.as_tensor(counts, dtype=wide, device=device).expand(tuple(shape))
    chances = _torch.as_tensor(probabilities, dtype=wide, device=device)
    source = _eager_source(seed, device)
    drawn = _torch.binomial(counts, chances.expand(tuple(shape)), generator=source)
    return drawn.to(dtype=wanted)
