"""The real models as a PyTorch user writes them, channels first and eager.

Parameters have the order of Keras' weights, so that they can be copied in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import real_workloads as w
import torch
from torch import nn
from torch.nn import functional as F


class ResNetBlock(nn.Module):
    def __init__(self, inputs: int, filters: int, stride: int, first: bool) -> None:
        super().__init__()
        outputs = 4 * filters
        self.conv_1 = nn.Conv2d(inputs, filters, 1, stride)
        self.norm_1 = nn.BatchNorm2d(filters, 1.001e-5, 0.01)
        self.conv_2 = nn.Conv2d(filters, filters, 3, padding=1)
        self.norm_2 = nn.BatchNorm2d(filters, 1.001e-5, 0.01)
        self.conv_0 = nn.Conv2d(inputs, outputs, 1, stride) if first else None
        self.conv_3 = nn.Conv2d(filters, outputs, 1)
        self.norm_0 = nn.BatchNorm2d(outputs, 1.001e-5, 0.01) if first else None
        self.norm_3 = nn.BatchNorm2d(outputs, 1.001e-5, 0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x
        if self.conv_0 is not None and self.norm_0 is not None:
            shortcut = self.norm_0(self.conv_0(x))
        x = F.relu(self.norm_1(self.conv_1(x)), inplace=True)
        x = F.relu(self.norm_2(self.conv_2(x)), inplace=True)
        return F.relu(self.norm_3(self.conv_3(x)) + shortcut, inplace=True)


class ResNet50(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 7, 2, 3)
        self.norm = nn.BatchNorm2d(64, 1.001e-5, 0.01)
        blocks, inputs = [], 64
        for stack, count in enumerate((3, 4, 6, 3)):
            filters = 64 << stack
            for index in range(count):
                stride = 2 if stack and not index else 1
                blocks.append(ResNetBlock(inputs, filters, stride, index == 0))
                inputs = 4 * filters
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(2048, w.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.conv(x)), inplace=True)
        x = self.blocks(F.max_pool2d(x, 3, 2, 1))
        return self.head(x.mean((2, 3)))


def padded(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """Zeros at the right and below, as for even sizes and "same" in Keras."""
    small, large = (kernel - stride) // 2, (kernel - 1) // 2
    return F.pad(x, (small, large, small, large)) if stride == 2 else x


class Depthwise(nn.Conv2d):
    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        padding = 0 if stride == 2 else kernel // 2
        super().__init__(
            channels, channels, kernel, stride, padding, groups=channels, bias=False
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(padded(x, self.kernel_size[0], self.stride[0]))


class Mobile(nn.Module):
    """Expansion, a depthwise convolution, squeeze and excitation, projection."""

    def __init__(
        self,
        inputs: int,
        inside: int,
        outputs: int,
        kernel: int,
        stride: int,
        squeezed: int,
        activation: Callable[[torch.Tensor], torch.Tensor],
        gate: tuple[Callable[..., torch.Tensor], Callable[..., torch.Tensor]],
        momentum: float,
        dropped: float = 0.0,
        expands: bool = True,
    ) -> None:
        super().__init__()
        self.expand = self.norm_1 = None
        if expands:
            self.expand = nn.Conv2d(inputs, inside, 1, bias=False)
            self.norm_1 = nn.BatchNorm2d(inside, 1e-3, momentum)
        self.depthwise = Depthwise(inside, kernel, stride)
        self.norm_2 = nn.BatchNorm2d(inside, 1e-3, momentum)
        self.reduce = self.widen = None
        if squeezed:
            self.reduce = nn.Conv2d(inside, squeezed, 1)
            self.widen = nn.Conv2d(squeezed, inside, 1)
        self.project = nn.Conv2d(inside, outputs, 1, bias=False)
        self.norm_3 = nn.BatchNorm2d(outputs, 1e-3, momentum)
        self.activation, self.gate, self.dropped = activation, gate, dropped
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs = x
        if self.expand is not None and self.norm_1 is not None:
            x = self.activation(self.norm_1(self.expand(x)))
        x = self.activation(self.norm_2(self.depthwise(x)))
        if self.reduce is not None and self.widen is not None:
            first, second = self.gate
            means = x.mean((2, 3), keepdim=True)
            x = x * second(self.widen(first(self.reduce(means))))
        x = self.norm_3(self.project(x))
        if not self.adds:
            return x
        if self.dropped and self.training:
            keep = torch.rand(len(x), 1, 1, 1) >= self.dropped
            x = x * (keep / (1 - self.dropped))
        return x + inputs


def rounded(channels: float) -> int:
    """The next multiple of eight, but never under nine tenths."""
    found = max(8, int(channels + 4) // 8 * 8)
    return found + 8 if found < 0.9 * channels else found


class MobileNetV3(nn.Module):
    """The small one."""

    # Width inside, outputs, kernel, stride, whether it squeezes, whether it swishes.
    ROWS = (
        (16, 16, 3, 2, True, False),
        (72, 24, 3, 2, False, False),
        (88, 24, 3, 1, False, False),
        (96, 40, 5, 2, True, True),
        (240, 40, 5, 1, True, True),
        (240, 40, 5, 1, True, True),
        (120, 48, 5, 1, True, True),
        (144, 48, 5, 1, True, True),
        (288, 96, 5, 2, True, True),
        (576, 96, 5, 1, True, True),
        (576, 96, 5, 1, True, True),
    )

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 2, bias=False)
        self.norm = nn.BatchNorm2d(16, 1e-3, 0.001)
        blocks, inputs = [], 16
        for index, row in enumerate(self.ROWS):
            inside, outputs, kernel, stride, squeezes, swishes = row
            blocks.append(
                Mobile(
                    inputs,
                    inside,
                    outputs,
                    kernel,
                    stride,
                    rounded(inside / 4) if squeezes else 0,
                    F.hardswish if swishes else F.relu,
                    (F.relu, F.hardsigmoid),
                    0.001,
                    expands=index > 0,
                )
            )
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.conv_1 = nn.Conv2d(96, 576, 1, bias=False)
        self.norm_1 = nn.BatchNorm2d(576, 1e-3, 0.001)
        self.conv_2 = nn.Conv2d(576, 1024, 1)
        self.logits = nn.Conv2d(1024, w.CLASSES, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = padded(x / 127.5 - 1, 3, 2)
        x = self.blocks(F.hardswish(self.norm(self.conv(x))))
        x = F.hardswish(self.norm_1(self.conv_1(x))).mean((2, 3), keepdim=True)
        x = F.dropout(F.hardswish(self.conv_2(x)), 0.2, self.training)
        return self.logits(x).flatten(1)


class EfficientNetB0(nn.Module):
    # Kernel, repeats, outputs, expansion, stride.
    STAGES = (
        (3, 1, 16, 1, 1),
        (3, 2, 24, 6, 2),
        (5, 2, 40, 6, 2),
        (3, 3, 80, 6, 2),
        (5, 3, 112, 6, 1),
        (5, 4, 192, 6, 2),
        (3, 1, 320, 6, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("variance", torch.ones(3))
        self.register_buffer("count", torch.zeros((), dtype=torch.int32))
        self.conv = nn.Conv2d(3, 32, 3, 2, bias=False)
        self.norm = nn.BatchNorm2d(32, 1e-3, 0.01)
        blocks, inputs = [], 32
        total = sum(repeats for _, repeats, *_ in self.STAGES)
        for kernel, repeats, outputs, expansion, stride in self.STAGES:
            for index in range(repeats):
                blocks.append(
                    Mobile(
                        inputs,
                        inputs * expansion,
                        outputs,
                        kernel,
                        1 if index else stride,
                        max(1, inputs // 4),
                        F.silu,
                        (F.silu, torch.sigmoid),
                        0.01,
                        0.2 * len(blocks) / total,
                        expansion > 1,
                    )
                )
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.conv_1 = nn.Conv2d(320, 1280, 1, bias=False)
        self.norm_1 = nn.BatchNorm2d(1280, 1e-3, 0.01)
        self.head = nn.Linear(1280, w.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x / 255
        mean, deviation = self.mean[:, None, None], self.variance[:, None, None].sqrt()
        x = padded((x - mean) / deviation.clamp_min(1e-7), 3, 2)
        x = self.blocks(F.silu(self.norm(self.conv(x))))
        x = F.silu(self.norm_1(self.conv_1(x))).mean((2, 3))
        return self.head(F.dropout(x, 0.2, self.training))


def twice(inputs: int, filters: int) -> nn.Sequential:
    """Two convolutions, each normalized."""
    made: list[nn.Module] = []
    for channels in (inputs, filters):
        made += [
            nn.Conv2d(channels, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters, 1e-3, 0.1),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*made)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        one, two, three = w.FILTERS
        self.down_1, self.down_2 = twice(3, one), twice(one, two)
        self.bottom = twice(two, three)
        self.up_2 = nn.ConvTranspose2d(three, two, 2, 2)
        self.join_2 = twice(2 * two, two)
        self.up_1 = nn.ConvTranspose2d(two, one, 2, 2)
        self.join_1 = twice(2 * one, one)
        self.head = nn.Conv2d(one, w.CLASSES, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.down_1(x)
        second = self.down_2(F.max_pool2d(first, 2))
        x = self.up_2(self.bottom(F.max_pool2d(second, 2)))
        x = self.up_1(self.join_2(torch.cat([second, x], 1)))
        return self.head(self.join_1(torch.cat([first, x], 1)))


class Positions(nn.Module):
    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(length, width) * 0.05)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.vectors


class Encoder(nn.Module):
    """One block of BERT and of the Vision Transformer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(width, 1e-6)
        self.query, self.key, self.value, self.out = (
            nn.Linear(width, width) for _ in range(4)
        )
        self.norm_2 = nn.LayerNorm(width, 1e-6)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.heads = heads

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm_1(x)
        y = F.scaled_dot_product_attention(
            self.split(self.query(y)),
            self.split(self.key(y)),
            self.split(self.value(y)),
        )
        x = x + self.out(y.transpose(1, 2).flatten(2))
        y = F.gelu(self.up(self.norm_2(x)), approximate="none")
        return x + self.down(y)


class ViT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        places = (w.IMAGE[0] // w.PATCH) ** 2
        self.patches = nn.Conv2d(3, w.VIT_WIDTH, w.PATCH, w.PATCH)
        self.positions = Positions(places, w.VIT_WIDTH)
        self.blocks = nn.Sequential(
            *(Encoder(w.VIT_WIDTH, w.VIT_HEADS) for _ in range(w.VIT_DEPTH))
        )
        self.norm = nn.LayerNorm(w.VIT_WIDTH, 1e-6)
        self.head = nn.Linear(w.VIT_WIDTH, w.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.positions(self.patches(x).flatten(2).transpose(1, 2))
        return self.head(self.norm(self.blocks(x)).mean(1))


class Bert(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(w.VOCABULARY, w.WIDTH)
        self.positions = Positions(w.LENGTH, w.WIDTH)
        self.blocks = nn.Sequential(
            *(Encoder(w.WIDTH, w.HEADS) for _ in range(w.DEPTH))
        )
        self.norm = nn.LayerNorm(w.WIDTH, 1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.blocks(self.positions(self.embedding(x))))
        return x @ self.embedding.weight.T


Cache = tuple[torch.Tensor, torch.Tensor]


class Decoder(nn.Module):
    """One block of GPT."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(w.WIDTH, 1e-5)
        self.inward = nn.Linear(w.WIDTH, 3 * w.WIDTH)
        self.outward = nn.Linear(w.WIDTH, w.WIDTH)
        self.norm_2 = nn.LayerNorm(w.WIDTH, 1e-5)
        self.up = nn.Linear(w.WIDTH, 4 * w.WIDTH)
        self.down = nn.Linear(4 * w.WIDTH, w.WIDTH)

    def split(self, x: torch.Tensor) -> list[torch.Tensor]:
        parts = self.inward(self.norm_1(x)).chunk(3, -1)
        return [part.unflatten(-1, (w.HEADS, -1)).transpose(1, 2) for part in parts]

    def rest(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x = x + self.outward(y.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm_2(x))))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.scaled_dot_product_attention(*self.split(x), is_causal=True)
        return self.rest(x, y)

    def step(self, x: torch.Tensor, position: int, cache: Cache) -> torch.Tensor:
        query, key, value = self.split(x)
        keys, values = cache
        keys[:, :, position : position + 1] = key
        values[:, :, position : position + 1] = value
        end = position + 1
        y = F.scaled_dot_product_attention(query, keys[:, :, :end], values[:, :, :end])
        return self.rest(x, y)


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(w.VOCABULARY, w.WIDTH)
        self.places = nn.Embedding(w.LENGTH, w.WIDTH)
        self.blocks = nn.ModuleList(Decoder() for _ in range(w.DEPTH))
        self.norm = nn.LayerNorm(w.WIDTH, 1e-5)
        self.head = nn.Linear(w.WIDTH, w.VOCABULARY, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.tokens(tokens) + self.places.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def empty_cache(self) -> list[Cache]:
        shape = (1, w.HEADS, w.LENGTH, w.WIDTH // w.HEADS)
        return [(torch.zeros(shape), torch.zeros(shape)) for _ in self.blocks]

    def step(
        self, token: torch.Tensor, position: int, cache: list[Cache]
    ) -> torch.Tensor:
        x = (self.tokens(token) + self.places.weight[position])[:, None]
        for block, past in zip(self.blocks, cache, strict=True):
            x = block.step(x, position, past)
        return self.head(self.norm(x))[:, 0].argmax(-1)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "resnet50": ResNet50,
    "mobilenet_v3": MobileNetV3,
    "efficientnet_b0": EfficientNetB0,
    "unet": UNet,
    "vit": ViT,
    "bert": Bert,
    "gpt": GPT,
}


def warm_up() -> None:
    """A training of next to nothing."""
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(2, 2)).square().mean().backward()
    optimizer.step()


class Contender:
    """A module and its hand-written loops."""

    def __init__(self, name: str) -> None:
        self.name, self.images = name, name not in ("bert", "gpt")
        self.model, self.optimizer = self.build()

    @staticmethod
    def facts() -> dict[str, str]:
        return {"torch": torch.__version__, "threads": str(torch.get_num_threads())}

    def build(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        model = MODELS[self.name]()
        return model, torch.optim.Adam(model.parameters(), w.LEARNING_RATE, eps=1e-7)

    def inputs(self, x: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(x)
        return tensor.permute(0, 3, 1, 2) if self.images else tensor

    def fit(self, x: np.ndarray, y: np.ndarray) -> float:
        inputs, labels = self.inputs(x), torch.from_numpy(y).long()
        total = torch.zeros(())
        self.model.train()
        for start in range(0, len(inputs), w.BATCH):
            self.optimizer.zero_grad()
            logits = self.model(inputs[start : start + w.BATCH])
            if not self.images:
                logits = logits.flatten(0, 1)
            wanted = labels[start : start + w.BATCH]
            loss = F.cross_entropy(logits, wanted if self.images else wanted.flatten())
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return float(total) * w.BATCH / len(inputs)

    @torch.no_grad()
    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        self.model.eval()
        outputs = self.model(self.inputs(x))
        return (outputs.permute(0, 2, 3, 1) if outputs.ndim == 4 else outputs).numpy()

    @torch.no_grad()
    def write(self, prompt: np.ndarray, count: int) -> np.ndarray:
        self.model.eval()
        token, cache, tokens = torch.from_numpy(prompt), self.model.empty_cache(), []
        for position in range(count):
            token = self.model.step(token, position, cache)
            tokens.append(token)
        return torch.cat(tokens).numpy()

    @torch.no_grad()
    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Take over Keras' weights: kernels turned, heads flattened."""
        places = list(self.places())
        for (module, place), array in zip(places, weights, strict=True):
            place.copy_(torch.from_numpy(turned(module, array).copy()))

    def places(self) -> Iterator[tuple[nn.Module, torch.Tensor]]:
        """Each parameter and statistic, and the module that it belongs to."""
        for module in self.model.modules():
            for parameter in module.parameters(recurse=False):
                yield module, parameter
            for name, buffer in module.named_buffers(recurse=False):
                if name != "num_batches_tracked":
                    yield module, buffer


def turned(module: nn.Module, array: np.ndarray) -> np.ndarray:
    """An array of Keras as torch's module of the same kind keeps it."""
    if isinstance(module, nn.Linear):
        if array.ndim == 3:  # attention: (width, heads, size) or (heads, size, width)
            shape = (module.in_features, module.out_features)
            return array.reshape(shape).T
        wide = array.ndim == 2 and array.size == module.weight.numel()
        return array.T if wide else array.reshape(-1)
    if isinstance(module, Depthwise):
        return array.transpose(2, 3, 0, 1)
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) and array.ndim == 4:
        return array.transpose(3, 2, 0, 1)
    return array


def setup() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # What torch imports with its first optimizer is not the memory of a model.
    torch.optim.Adam([torch.zeros(1)])
