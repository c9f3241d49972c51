"""Windows of every padding, stride, dilation, grouping and order of axes.

What each gives, and the slopes at weights and inputs, is held against torch's own
functions, which take weights and channels in another order and pad by themselves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import keras
from tests.conftest import BACKENDS

torch = pytest.importorskip("torch")
F = torch.nn.functional
SIZES = {1: (7,), 2: (6, 7), 3: (5, 6, 5)}
STEPS = [(1, 1), (2, 1), (3, 1), (1, 2)]  # strides and dilation
FORMATS = ("channels_last", "channels_first")


@dataclass
class Window:
    """A layer, and how torch computes it on `(batch, channels, *sizes)`."""

    layer: str
    rank: int
    arguments: dict[str, Any]
    native: Callable[..., Any]
    channels: int = 4

    @property
    def name(self) -> str:
        given = ",".join(str(value) for value in self.arguments.values())
        return f"{self.layer}-{given}"


def padded(x: Any, window: list[int], strides: int, padding: str, value: float) -> Any:
    """`x` with what `padding` puts around it."""
    sides: list[int] = []
    for size, length in zip(x.shape[2:], window, strict=True):
        total = max((math.ceil(size / strides) - 1) * strides + length - size, 0)
        before = {"valid": 0, "same": total // 2, "causal": length - 1}[padding]
        sides = [before, total - before if padding == "same" else 0, *sides]
    return F.pad(x, sides, value=value)


def convolved(x: Any, kernel: Any, *bias: Any, strides: int = 1, padding: str = "valid",
              dilation_rate: int = 1, groups: int = 1) -> Any:  # fmt: skip
    rank = x.ndim - 2
    window = [(n - 1) * dilation_rate + 1 for n in kernel.shape[:rank]]
    x = padded(x, window, strides, padding, 0.0)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
    weight = kernel.movedim((-1, -2), (0, 1))
    return convolve(x, weight, *bias or (None,), strides, 0, dilation_rate, groups)


def depthwise(x: Any, kernel: Any, *bias: Any, **options: Any) -> Any:
    channels = kernel.shape[-2]
    flat = kernel.flatten(-2).unsqueeze(-2)
    return convolved(x, flat, *bias, groups=channels, **options)


def separable(x: Any, deep: Any, point: Any, bias: Any, **options: Any) -> Any:
    return convolved(depthwise(x, deep, **options), point, bias)


def transposed(
    x: Any, kernel: Any, bias: Any, strides: int, padding: str, dilation_rate: int
) -> Any:
    """All of what torch gives, cut to `size * strides`, or what reaches further."""
    rank = x.ndim - 2
    convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    weight = kernel.movedim((-1, -2), (0, 1))
    y = convolve(x, weight, None, strides, dilation=dilation_rate)
    for axis, (size, length) in enumerate(
        zip(x.shape[2:], kernel.shape[:rank], strict=True), 2
    ):
        over = (length - 1) * dilation_rate + 1 - strides
        wanted = size * strides + (max(over, 0) if padding == "valid" else 0)
        cut = max(over, 0) // 2 if padding == "same" else 0
        missing = [0, 0] * (y.ndim - 1 - axis) + [0, max(wanted - y.shape[axis], 0)]
        y = F.pad(y, missing).narrow(axis, cut, wanted)
    return y + bias.reshape(-1, *(1,) * rank)


def largest(x: Any, pool_size: int, strides: int, padding: str) -> Any:
    x = padded(x, [pool_size] * (x.ndim - 2), strides, padding, -math.inf)
    return (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.ndim - 3](x, pool_size, strides)


def mean(x: Any, pool_size: int, strides: int, padding: str) -> Any:
    """Of what a window sees: places of padding do not count."""
    pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.ndim - 3]
    total, count = (
        pool(padded(each, [pool_size] * (x.ndim - 2), strides, padding, 0.0),
             pool_size, strides)
        for each in (x, torch.ones_like(x))
    )  # fmt: skip
    return total / count


def windows() -> Iterator[Window]:
    for rank, padding, (strides, dilation), data_format in itertools.product(
        SIZES, ("valid", "same"), STEPS, FORMATS
    ):
        step = {"strides": strides, "padding": padding}
        both = {**step, "dilation_rate": dilation}
        order = {"data_format": data_format}
        for groups in (1, 2):
            given = {"filters": 6, "kernel_size": 3, "groups": groups, **both, **order}
            yield Window(f"Conv{rank}D", rank, given, convolved)
        given = {"filters": 3, "kernel_size": 2, **both, **order}
        yield Window(f"Conv{rank}DTranspose", rank, given, transposed)
        if rank < 3:
            given = {"kernel_size": 3, "depth_multiplier": 2, **both, **order}
            yield Window(f"DepthwiseConv{rank}D", rank, given, depthwise)
            given = {"filters": 3, "kernel_size": 3, **both, **order}
            yield Window(f"SeparableConv{rank}D", rank, given, separable)
        if dilation == 1:
            for kind, native in (("Max", largest), ("Average", mean)):
                given = {"pool_size": 2, **step, **order}
                yield Window(f"{kind}Pooling{rank}D", rank, given, native)
    for strides, dilation in STEPS:
        given = {"filters": 3, "kernel_size": 3, "strides": strides}
        given |= {"padding": "causal", "dilation_rate": dilation, "groups": 1}
        yield Window("Conv1D", 1, given, convolved)


WINDOWS = list(windows())
OF_TORCH = ("strides", "padding", "dilation_rate", "groups", "pool_size")


def arrays(row: Window) -> tuple[Any, np.ndarray, list[np.ndarray]]:
    """The layer, built, its input and the weights that it has."""
    layer = getattr(keras.layers, row.layer)(**row.arguments)
    rng = np.random.default_rng(3)
    last = row.arguments.get("data_format") != "channels_first"
    sizes = SIZES[row.rank]
    shape = (2, *sizes, row.channels) if last else (2, row.channels, *sizes)
    layer.build(shape)
    weights = [rng.normal(size=w.shape).astype("float32") for w in layer.weights]
    layer.set_weights(weights)
    return layer, rng.normal(size=shape).astype("float32"), weights


def by_torch(row: Window, x: np.ndarray, weights: list[np.ndarray]) -> list[np.ndarray]:
    """The output, and the slopes of the sum of its sines at input and weights."""
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, *weights)]
    last = row.arguments.get("data_format") != "channels_first"
    first = leaves[0].movedim(-1, 1) if last else leaves[0]
    options = {k: v for k, v in row.arguments.items() if k in OF_TORCH}
    y = row.native(first, *leaves[1:], **options)
    y = y.movedim(1, -1) if last else y
    slopes = torch.autograd.grad(y.sin().sum(), leaves)
    return [value.detach().numpy() for value in (y, *slopes)]


def by_keras(layer: Any, x: np.ndarray) -> list[np.ndarray]:
    """The same."""
    variable = keras.Variable(x)

    def loss() -> Any:
        y = layer(variable.value)
        return keras.ops.sum(keras.ops.sin(y)), y

    wanted = [variable, *layer.trainable_variables]
    (_, y), found = keras.value_and_grad(loss, wanted, has_aux=True)()
    return [keras.ops.convert_to_numpy(value) for value in (y, *found)]


# Each is compiled on JAX: there it is some of all kinds.
RUNS = [
    (backend, row)
    for backend in BACKENDS
    for place, row in enumerate(WINDOWS)
    if backend != "jax" or place % 37 == 4
]


@pytest.mark.parametrize(
    ("backend", "row"), RUNS, indirect=["backend"], ids=lambda v: getattr(v, "name", v)
)
def test_windows_are_those_of_torch(backend: str, row: Window) -> None:
    layer, x, weights = arrays(row)
    found = by_keras(layer, x)
    expected = by_torch(row, x, weights)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
    spec = layer.compute_output_shape((None, *x.shape[1:]))
    assert spec == (None, *found[0].shape[1:])
