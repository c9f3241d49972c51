"""Layers give the values and slopes of torch's own, whose weights are ours, moved.

Convolutions and pooling have a table of their own (`convolutional/test_windows.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from tests.conftest import BACKENDS

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
SEQUENCE = (3, 5, 6)
SEEN = np.arange(5) < np.array([5, 3, 1])[:, None]
PLACES = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]], bool)


@dataclass
class Twin:
    """A layer, its input and call, and torch's function of input and weights."""

    make: Callable[[], Any]
    native: Callable[..., Any]
    shape: tuple[int, ...] = SEQUENCE
    call: dict[str, Any] = field(default_factory=dict)
    copies: int = 1


def module(made: Any, values: dict[str, Any], *x: Any, **options: Any) -> Any:
    """The output of one of torch's modules with these parameters."""
    return torch.func.functional_call(made, values, x, options)


def in_first(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on channels that come first, for those that lie last."""
    return lambda x, *w: function(x.movedim(-1, 1), *w).movedim(1, -1)


def recurrent(
    kind: str, order: Callable[[Any], Any], masked: bool = False, both: bool = False
) -> Callable[..., Any]:
    """`nn.LSTM` and its siblings, also of packed sequences and both ways."""

    def run(x: Any, *weights: Any) -> Any:
        made = getattr(nn, kind)(6, 4, batch_first=True, bidirectional=both)
        values = {}
        for place in range(1 + both):
            kernel, state, bias = weights[3 * place : 3 * place + 3]
            first, second = bias if bias.ndim == 2 else (bias, torch.zeros_like(bias))
            end = "l0_reverse" if place else "l0"
            values |= {
                f"weight_ih_{end}": order(kernel).T,
                f"weight_hh_{end}": order(state).T,
                f"bias_ih_{end}": order(first),
                f"bias_hh_{end}": order(second),
            }
        if not masked:
            return module(made, values, x)[0]
        pack = nn.utils.rnn.pack_padded_sequence
        lengths = torch.tensor(SEEN.sum(1))
        packed = pack(x, lengths, batch_first=True, enforce_sorted=False)
        _, last = module(made, values, packed)
        last = last[0] if isinstance(last, tuple) else last
        return torch.cat(list(last), -1)

    return run


def reset_first(gates: Any) -> Any:
    """torch has the reset gate before the update gate."""
    update, reset, new = gates.chunk(3, -1)
    return torch.cat([reset, update, new], -1)


def attention(heads: int, **options: Any) -> Callable[..., Any]:
    def run(query: Any, value: Any, key: Any, *weights: Any) -> Any:
        """`nn.MultiheadAttention`."""
        size = query.shape[-1]
        made = nn.MultiheadAttention(size, heads, batch_first=True)
        kernels = [w.reshape(size, -1).T for w in weights[0:6:2]]
        q, k, v = kernels
        values = {
            "in_proj_weight": torch.cat([q, k, v]),
            "in_proj_bias": torch.cat([w.reshape(-1) for w in weights[1:6:2]]),
            "out_proj.weight": weights[6].reshape(-1, size).T,
            "out_proj.bias": weights[7],
        }
        made.eval()
        options.setdefault("need_weights", False)
        return module(made, values, query, key, value, **options)[0]

    return run


def shared(query: Any, value: Any, key: Any, *weights: Any) -> Any:
    """Attention of four heads of queries on two of keys and values."""
    q, k, v = (
        torch.einsum("btf,fhd->bhtd", x, w) + b[:, None]
        for x, w, b in zip(
            (query, key, value), weights[0:6:2], weights[1:6:2], strict=True
        )
    )
    found = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    return torch.einsum("bhtd,hdf->btf", found, weights[6]) + weights[7]


def dot_attention(query: Any, value: Any, *scale: Any) -> Any:
    return F.scaled_dot_product_attention(
        query * scale[0] if scale else query, value, value, scale=1.0
    )


def in_inference(x: Any, gamma: Any, beta: Any, mean: Any, variance: Any) -> Any:
    return F.batch_norm(x, mean.detach(), variance.detach(), gamma, beta, eps=1e-3)


def in_training(x: Any, gamma: Any, beta: Any, mean: Any, variance: Any) -> Any:
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)


TWINS: dict[str, Twin] = {
    "Dense": Twin(lambda: layers.Dense(3), lambda x, w, b: F.linear(x, w.T, b)),
    "EinsumDense": Twin(
        lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"),
        lambda x, w, b: F.linear(x, w.flatten(1).T, b.flatten()).unflatten(-1, (2, 4)),
    ),
    "Embedding": Twin(
        lambda: layers.Embedding(9, 4), lambda x, w: F.embedding(x, w), (0,)
    ),
    "LayerNormalization": Twin(
        lambda: layers.LayerNormalization(),
        lambda x, g, b: F.layer_norm(x, (6,), g, b, 1e-3),
    ),
    "LayerNormalization, axes": Twin(
        lambda: layers.LayerNormalization(axis=(1, 2), epsilon=1e-5),
        lambda x, g, b: F.layer_norm(x, (5, 6), g, b),
    ),
    "RMSNormalization": Twin(
        lambda: layers.RMSNormalization(),
        lambda x, g: F.rms_norm(x, (6,), g, 1e-6),
    ),
    "GroupNormalization": Twin(
        lambda: layers.GroupNormalization(3),
        in_first(lambda x, g, b: F.group_norm(x, 3, g, b, 1e-3)),
    ),
    "GroupNormalization, instances": Twin(
        lambda: layers.GroupNormalization(-1),
        in_first(lambda x, g, b: F.instance_norm(x, weight=g, bias=b, eps=1e-3)),
    ),
    "BatchNormalization": Twin(
        lambda: layers.BatchNormalization(),
        in_first(in_inference),
    ),
    "BatchNormalization, training": Twin(
        lambda: layers.BatchNormalization(),
        in_first(in_training),
        call={"training": True},
    ),
    "UnitNormalization": Twin(
        lambda: layers.UnitNormalization(), lambda x: F.normalize(x, dim=-1)
    ),
    "MultiHeadAttention": Twin(
        lambda: layers.MultiHeadAttention(2, 3), attention(2), copies=3
    ),
    "MultiHeadAttention, causal": Twin(
        lambda: layers.MultiHeadAttention(2, 3),
        attention(2, attn_mask=torch.ones(5, 5).triu(1).bool()),
        call={"use_causal_mask": True},
        copies=3,
    ),
    "MultiHeadAttention, masked": Twin(
        lambda: layers.MultiHeadAttention(2, 3),
        attention(2, key_padding_mask=torch.tensor(~PLACES)),
        call={"key_mask": PLACES},
        copies=3,
    ),
    "GroupQueryAttention": Twin(
        lambda: layers.GroupQueryAttention(3, 4, 2), shared, copies=3
    ),
    "Attention": Twin(
        lambda: layers.Attention(use_scale=True),
        lambda inputs, *w: dot_attention(*inputs, *w),
        copies=-2,
    ),
    "Dot": Twin(
        lambda: layers.Dot(axes=2, normalize=True),
        lambda x: F.normalize(x[0], dim=-1) @ F.normalize(x[1], dim=-1).mT,
        copies=-2,
    ),
    "LSTM": Twin(
        lambda: layers.LSTM(4, return_sequences=True), recurrent("LSTM", lambda g: g)
    ),
    "LSTM, masked": Twin(
        lambda: layers.LSTM(4),
        recurrent("LSTM", lambda g: g, masked=True),
        call={"mask": SEEN},
    ),
    "GRU": Twin(
        lambda: layers.GRU(4, return_sequences=True), recurrent("GRU", reset_first)
    ),
    "GRU, masked": Twin(
        lambda: layers.GRU(4),
        recurrent("GRU", reset_first, masked=True),
        call={"mask": SEEN},
    ),
    "SimpleRNN": Twin(
        lambda: layers.SimpleRNN(4, return_sequences=True),
        recurrent("RNN", lambda g: g),
    ),
    "Bidirectional": Twin(
        lambda: layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        recurrent("LSTM", lambda g: g, both=True),
    ),
    "Bidirectional, masked": Twin(
        lambda: layers.Bidirectional(layers.GRU(4)),
        recurrent("GRU", reset_first, masked=True, both=True),
        call={"mask": SEEN},
    ),
    "PReLU": Twin(
        lambda: layers.PReLU(shared_axes=[1]),
        in_first(lambda x, a: F.prelu(x, a.flatten())),
    ),
    "ReLU": Twin(lambda: layers.ReLU(max_value=6.0), F.relu6),
    "LeakyReLU": Twin(
        lambda: layers.LeakyReLU(negative_slope=0.2), lambda x: F.leaky_relu(x, 0.2)
    ),
    "ELU": Twin(lambda: layers.ELU(alpha=0.7), lambda x: F.elu(x, 0.7)),
    "Softmax": Twin(lambda: layers.Softmax(axis=1), lambda x: F.softmax(x, 1)),
    "AdaptiveAveragePooling2D": Twin(
        lambda: layers.AdaptiveAveragePooling2D((2, 3)),
        in_first(lambda x: F.adaptive_avg_pool2d(x, (2, 3))),
        (2, 5, 7, 3),
    ),
    "AdaptiveMaxPooling2D": Twin(
        lambda: layers.AdaptiveMaxPooling2D((2, 3)),
        in_first(lambda x: F.adaptive_max_pool2d(x, (2, 3))),
        (2, 5, 7, 3),
    ),
    "UpSampling2D": Twin(
        lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"),
        in_first(lambda x: F.interpolate(x, scale_factor=(2, 3), mode="bilinear")),
        (2, 4, 5, 3),
    ),
    "ZeroPadding2D": Twin(
        lambda: layers.ZeroPadding2D(((1, 2), (0, 3))),
        in_first(lambda x: F.pad(x, (0, 3, 1, 2))),
        (2, 4, 5, 3),
    ),
    **{
        f"Activation, {name}": Twin(
            lambda name=name: layers.Activation(name), function, (4, 9)
        )
        for name, function in {
            "celu": F.celu,
            "gelu": F.gelu,
            "hard_shrink": F.hardshrink,
            "hard_sigmoid": F.hardsigmoid,
            "hard_silu": F.hardswish,
            "hard_tanh": F.hardtanh,
            "log_sigmoid": F.logsigmoid,
            "log_softmax": lambda x: F.log_softmax(x, -1),
            "mish": F.mish,
            "relu6": F.relu6,
            "selu": F.selu,
            "sigmoid": F.sigmoid,
            "silu": F.silu,
            "soft_shrink": F.softshrink,
            "softplus": F.softplus,
            "softsign": F.softsign,
            "tanh": F.tanh,
            "tanh_shrink": F.tanhshrink,
        }.items()
    },
}


def inputs_of(twin: Twin) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    if twin.shape == (0,):
        return [rng.integers(0, 9, (3, 5)).astype("int32")]
    count = abs(twin.copies)
    return [2 * rng.standard_normal(twin.shape).astype("float32") for _ in range(count)]


def filled(layer: Any) -> list[np.ndarray]:
    """Weights that are set, variances above 0."""
    rng = np.random.default_rng(1)
    values = [
        np.abs(v) + 0.5 if "variance" in w.name else v
        for w in layer.weights
        for v in [0.5 * rng.standard_normal(w.shape).astype("float32")]
    ]
    layer.set_weights(values)
    return values


def by_torch(twin: Twin, x: list[np.ndarray], weights: list[np.ndarray]) -> list[Any]:
    """The output, and the slopes of the sum of its sines."""
    leaves = [
        torch.tensor(v, requires_grad=v.dtype.kind == "f") for v in (*x, *weights)
    ]
    given, rest = leaves[: len(x)], leaves[len(x) :]
    y = twin.native(*([given] if twin.copies < 0 else given), *rest)
    floats = [leaf for leaf in leaves if leaf.requires_grad]
    slopes = torch.autograd.grad(y.sin().sum(), floats, allow_unused=True)
    return [y.detach().numpy(), *(None if s is None else s.numpy() for s in slopes)]


def by_keras(twin: Twin, layer: Any, x: list[np.ndarray]) -> list[Any]:
    given = [keras.Variable(v) if v.dtype.kind == "f" else v for v in x]
    floats = [v for v in given if isinstance(v, keras.Variable)]

    def loss() -> Any:
        values = [v.value if isinstance(v, keras.Variable) else v for v in given]
        y = layer(*([values] if twin.copies < 0 else values), **twin.call)
        return keras.ops.sum(keras.ops.sin(y)), y

    if keras.config.backend() == "numpy":
        return [keras.ops.convert_to_numpy(loss()[1])]
    wanted = [*floats, *layer.weights]
    wanted = [v for v in wanted if v.trainable]
    (_, y), slopes = keras.value_and_grad(loss, wanted, has_aux=True)()
    found = iter(keras.ops.convert_to_numpy(s) for s in slopes)
    every = [next(found) if v.trainable else None for v in (*floats, *layer.weights)]
    return [keras.ops.convert_to_numpy(y), *every]


RUNS = [b for b in ("numpy", "tensorflow", "torch") if b in BACKENDS]


@pytest.mark.parametrize("backend", RUNS, indirect=True)
@pytest.mark.parametrize("name", TWINS)
def test_values_and_slopes_are_those_of_torch(backend: str, name: str) -> None:
    """On JAX each would be compiled: see `tests/benchmarks/test_layer_rows.py`."""
    twin = TWINS[name]
    layer, x = twin.make(), inputs_of(twin)
    layer(*([x] if twin.copies < 0 else x))
    expected = by_torch(twin, x, filled(layer))
    found = by_keras(twin, layer, x)
    assert len(found) in (1, len(expected))
    for one, other in zip(found, expected, strict=False):
        if one is not None and other is not None:
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
