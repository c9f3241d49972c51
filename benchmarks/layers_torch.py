"""The rows of `layers.py` as a PyTorch user writes them, with torch's own modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from layer_rows import LayerRow, Pass, cotangent, right_padding
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Weights = Sequence[np.ndarray]
Native = Callable[..., torch.Tensor]
Made = tuple[nn.Module, Native]
MEMORY = {4: torch.channels_last, 5: torch.channels_last_3d}


def filled(module: nn.Module, **values: np.ndarray) -> nn.Module:
    """`module` with parameters and buffers of these values, by name."""
    state = {name.replace("__", "."): torch.tensor(v) for name, v in values.items()}
    module.load_state_dict(state, strict=False)
    return module


def first(x: torch.Tensor) -> torch.Tensor:
    """The view of a channels-last tensor in torch's order of axes."""
    return x.movedim(-1, 1)


def last(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(1, -1)


def channels_last(module: nn.Module, rank: int) -> nn.Module:
    return module.to(memory_format=MEMORY[rank]) if rank in MEMORY else module


def conv(weights: Weights, view: bool = True, **options: Any) -> Made:
    kernel, bias = weights
    rank = kernel.ndim - 2
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
    value = np.moveaxis(kernel, (-1, -2), (0, 1)).copy()
    channels = kernel.shape[-2] * options.get("groups", 1)
    module = filled(
        kind(channels, kernel.shape[-1], kernel.shape[0], **options),
        weight=value,
        bias=bias,
    )
    if not view:
        return module, module
    module = channels_last(module, rank + 2)
    return module, lambda x: last(module(first(x)))


def causal_conv(weights: Weights) -> Made:
    module, _ = conv(weights, dilation=2)
    return module, lambda x: last(module(F.pad(first(x), (4, 0))))


def strided_conv(weights: Weights) -> Made:
    module, _ = conv(weights, stride=2)
    return module, lambda x: last(module(F.pad(first(x), (0, 1, 0, 1))))


def transposed(weights: Weights) -> Made:
    kernel, bias = weights
    rank = kernel.ndim - 2
    kind = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[rank - 1]
    value = np.moveaxis(kernel, (-1, -2), (0, 1)).copy()
    module = kind(kernel.shape[-1], kernel.shape[-2], kernel.shape[0], stride=2)
    module = channels_last(filled(module, weight=value, bias=bias), rank + 2)
    return module, lambda x: last(module(first(x)))


def depthwise(weights: Weights) -> Made:
    kernel, *rest = weights
    rank, channels = kernel.ndim - 2, kernel.shape[-2]
    kind = (nn.Conv1d, nn.Conv2d)[rank - 1]
    module = kind(channels, channels, kernel.shape[0], groups=channels, bias=bool(rest))
    values = {"weight": np.moveaxis(kernel, (-2, -1), (0, 1)).copy()}
    module = filled(module, **values, **({"bias": rest[0]} if rest else {}))
    module = channels_last(module, rank + 2)
    return module, lambda x: last(module(first(x)))


def separable(weights: Weights) -> Made:
    deep, _ = depthwise(weights[:1])
    point, _ = conv(weights[1:])
    module = nn.Sequential(deep, point)
    return module, lambda x: last(module(first(x)))


def without_weights(function: Native) -> Callable[[Weights], Made]:
    return lambda weights: (nn.Module(), lambda x: last(function(first(x))))


def dense(weights: Weights, relu: bool = False) -> Made:
    kernel, bias = weights
    module: nn.Module = filled(nn.Linear(*kernel.shape), weight=kernel.T, bias=bias)
    if relu:
        module = nn.Sequential(module, nn.ReLU())
    return module, module


def einsum_dense(weights: Weights) -> Made:
    kernel, bias = weights
    flat = kernel.reshape(kernel.shape[0], -1), bias.reshape(-1)
    module, _ = dense(flat)
    return module, lambda x: module(x).unflatten(-1, bias.shape)


def embedding(weights: Weights) -> Made:
    module = filled(nn.Embedding(*weights[0].shape), weight=weights[0])
    return module, module


def batch_norm(weights: Weights, training: bool) -> Made:
    gamma, beta, mean, variance = weights
    module = filled(
        nn.BatchNorm2d(len(gamma), eps=1e-3, momentum=0.01),
        weight=gamma,
        bias=beta,
        running_mean=mean,
        running_var=variance,
    ).train(training)
    return module, lambda x: last(module(first(x)))


def layer_norm(weights: Weights) -> Made:
    gamma, beta = weights
    module = nn.LayerNorm(len(gamma), eps=1e-3)
    module = filled(module, weight=gamma, bias=beta)
    return module, module


def rms_norm(weights: Weights) -> Made:
    module = filled(nn.RMSNorm(len(weights[0]), eps=1e-6), weight=weights[0])
    return module, module


def group_norm(weights: Weights) -> Made:
    gamma, beta = weights
    module = nn.GroupNorm(4, len(gamma), eps=1e-3)
    module = filled(module, weight=gamma, bias=beta)
    return module, lambda x: last(module(first(x)))


class Attention(nn.Module):
    """Projections of query, key and value, and torch's fused attention."""

    def __init__(self, weights: Weights, causal: bool = False) -> None:
        super().__init__()
        kernels, biases = weights[0:6:2], weights[1:6:2]
        self.heads = [kernel.shape[1] for kernel in kernels]
        self.causal = causal
        self.projections = nn.ModuleList(
            dense((kernel.reshape(kernel.shape[0], -1), bias.reshape(-1)))[0]
            for kernel, bias in zip(kernels, biases, strict=True)
        )
        kernel = weights[6]
        self.output = dense((kernel.reshape(-1, kernel.shape[-1]), weights[7]))[0]

    def forward(
        self,
        query: torch.Tensor,
        value: torch.Tensor,
        key: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        split = [
            project(x).unflatten(-1, (heads, -1)).transpose(1, 2)
            for project, x, heads in zip(
                self.projections, (query, key, value), self.heads, strict=True
            )
        ]
        found = F.scaled_dot_product_attention(
            *split,
            attn_mask=None if mask is None else mask[:, None, None, :],
            is_causal=self.causal,
            enable_gqa=self.heads[0] != self.heads[1],
        )
        return self.output(found.transpose(1, 2).flatten(2))


def attention(weights: Weights, causal: bool = False) -> Made:
    module = Attention(weights, causal)
    return module, module


def lstm_values(weights: Weights, suffix: str = "") -> dict[str, np.ndarray]:
    kernel, recurrent, bias = weights
    return {
        f"weight_ih_l0{suffix}": kernel.T,
        f"weight_hh_l0{suffix}": recurrent.T,
        f"bias_ih_l0{suffix}": bias,
        f"bias_hh_l0{suffix}": np.zeros_like(bias),
    }


def lstm(weights: Weights) -> Made:
    both = len(weights) > 3
    inputs, units = weights[0].shape[0], weights[1].shape[0]
    module = nn.LSTM(inputs, units, batch_first=True, bidirectional=both)
    values = lstm_values(weights[:3])
    if both:
        values |= lstm_values(weights[3:], "_reverse")
    filled(module, **values)
    return module, lambda x: module(x)[0]


def packed(made: Made) -> Made:
    """Outputs past a sequence's end are zero here, and the last one in Keras."""
    module, _ = made

    def run(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        lengths = mask.sum(1)
        packed = pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=False
        )
        return pad_packed_sequence(module(packed)[0], batch_first=True)[0]

    return module, run


def gru(weights: Weights) -> Made:
    """Gates are (update, reset, new) in Keras and (reset, update, new) in torch."""

    def gates(value: np.ndarray) -> np.ndarray:
        update, reset, new = np.split(value, 3, axis=-1)
        return np.concatenate([reset, update, new], axis=-1)

    kernel, recurrent, bias = (gates(value) for value in weights)
    module = nn.GRU(kernel.shape[0], recurrent.shape[0], batch_first=True)
    filled(
        module,
        weight_ih_l0=kernel.T,
        weight_hh_l0=recurrent.T,
        bias_ih_l0=bias[0],
        bias_hh_l0=bias[1],
    )
    return module, lambda x: module(x)[0]


def conv_lstm(weights: Weights) -> Made:
    """A loop over time; the convolution of the inputs is done before, for all steps."""
    kernel, recurrent, bias = weights
    before, _ = conv((kernel, bias))
    within, _ = conv((recurrent, np.zeros_like(bias)), padding=recurrent.shape[0] // 2)

    def run(x: torch.Tensor) -> torch.Tensor:
        gates = before(first(x.flatten(0, 1))).unflatten(0, x.shape[:2])
        h = c = torch.zeros_like(gates[:, 0, : gates.shape[2] // 4])
        found = []
        for now in gates.unbind(1):
            i, f, g, o = (now + within(h)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            found.append(h)
        return torch.stack(found, 1).movedim(2, -1)

    return nn.ModuleList([before, within]), run


ROWS: dict[str, Callable[[Weights], Made]] = {
    "Dense": dense,
    "Dense, sequence": lambda weights: dense(weights, relu=True),
    "EinsumDense": einsum_dense,
    "Embedding": embedding,
    "Conv1D": conv,
    "Conv1D, causal": causal_conv,
    "Conv2D": conv,
    "Conv2D, same": lambda weights: conv(weights, padding=1),
    "Conv2D, same, strided": strided_conv,
    "Conv2D, dilated": lambda weights: conv(weights, dilation=2),
    "Conv2D, grouped": lambda weights: conv(weights, groups=4),
    "Conv2D, channels first": lambda weights: conv(weights, view=False),
    "Conv3D": conv,
    "Conv1DTranspose": transposed,
    "Conv2DTranspose": transposed,
    "Conv3DTranspose": transposed,
    "DepthwiseConv1D": depthwise,
    "DepthwiseConv2D": depthwise,
    "SeparableConv1D": separable,
    "SeparableConv2D": separable,
    "MaxPooling1D": without_weights(lambda x: F.max_pool1d(x, 2)),
    "MaxPooling2D": without_weights(lambda x: F.max_pool2d(x, 2)),
    "MaxPooling3D": without_weights(lambda x: F.max_pool3d(x, 2)),
    "AveragePooling1D": without_weights(lambda x: F.avg_pool1d(x, 2)),
    "AveragePooling2D": without_weights(lambda x: F.avg_pool2d(x, 2)),
    "AveragePooling3D": without_weights(lambda x: F.avg_pool3d(x, 2)),
    "GlobalAveragePooling2D": lambda weights: (nn.Module(), lambda x: x.mean((1, 2))),
    "GlobalMaxPooling2D": lambda weights: (nn.Module(), lambda x: x.amax((1, 2))),
    "AdaptiveAveragePooling2D": without_weights(lambda x: F.adaptive_avg_pool2d(x, 4)),
    "BatchNormalization, training": lambda weights: batch_norm(weights, True),
    "BatchNormalization, inference": lambda weights: batch_norm(weights, False),
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "GroupNormalization": group_norm,
    "UnitNormalization": lambda weights: (
        nn.Module(),
        lambda x: F.normalize(x, dim=-1),
    ),
    "MultiHeadAttention": attention,
    "MultiHeadAttention, causal": lambda weights: attention(weights, causal=True),
    "MultiHeadAttention, masked": attention,
    "GroupQueryAttention": attention,
    "LSTM": lstm,
    "LSTM, masked": lambda weights: packed(lstm(weights)),
    "GRU": gru,
    "GRU, masked": lambda weights: packed(gru(weights)),
    "Bidirectional LSTM": lstm,
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), conv_lstm),
}


def setup() -> None:
    torch.set_num_threads(1)


def pass_of(function: Native, inputs: Sequence[torch.Tensor]) -> Pass:
    """Forward, and forward with gradients of weights and inputs."""
    gradient = torch.tensor(cotangent(function(*inputs).shape))

    def numbers() -> list[np.ndarray]:
        floats = [x for x in inputs if x.requires_grad]
        y = function(*inputs)
        slopes = torch.autograd.grad(y, floats, gradient) if floats else ()
        return [x.detach().numpy() for x in (y, *slopes)]

    return Pass(lambda: function(*inputs).backward(gradient), numbers)


def sides(
    name: str, row: LayerRow, layer: Any, arrays: Sequence[np.ndarray]
) -> dict[str, Pass]:
    """This keras and torch by hand, on the same values."""
    inputs = [torch.tensor(x, requires_grad=x.dtype == np.float32) for x in arrays]
    masks = []
    if row.lengths:
        steps = row.shape[0]
        lengths = torch.tensor(right_padding(steps))
        masks = [torch.arange(steps)[None] < lengths[:, None]]
    options = row.call_options(*masks)
    _, function = ROWS[name](layer.get_weights())
    return {
        "ours": pass_of(lambda *x: layer(*x, **options), inputs),
        "native": pass_of(lambda *x: function(*x, *masks), inputs),
    }
