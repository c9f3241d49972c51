"""The workloads as a PyTorch user writes them: nn.Module, torch.optim.Adam, a loop.

Same parameters in the same shapes as the Keras models (nn.LSTM brings a second bias of
its own), same loss, metric, optimizer and shuffling. One thread: see README.md.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import workloads as w
from torch import nn
from torch.nn import functional as F


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Linear(64, w.HIDDEN),
        nn.ReLU(),
        nn.Linear(w.HIDDEN, w.HIDDEN),
        nn.ReLU(),
        nn.Linear(w.HIDDEN, w.CLASSES),
    )


class Convnet(nn.Module):
    """Channels first inside, as torch code is; rows come as (28, 28, 1)."""

    def __init__(self) -> None:
        super().__init__()
        first, second = w.CONV_FILTERS
        self.first = nn.Conv2d(1, first, 3)
        self.second = nn.Conv2d(first, second, 3)
        self.head = nn.Linear(second * 25, w.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.reshape(-1, 1, 28, 28)
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        return self.head(x.flatten(1))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(w.WIDTH, eps=w.NORM_EPSILON)
        self.query = nn.Linear(w.WIDTH, w.WIDTH)
        self.key = nn.Linear(w.WIDTH, w.WIDTH)
        self.value = nn.Linear(w.WIDTH, w.WIDTH)
        self.out = nn.Linear(w.WIDTH, w.WIDTH)
        self.norm_2 = nn.LayerNorm(w.WIDTH, eps=w.NORM_EPSILON)
        self.up = nn.Linear(w.WIDTH, w.FEED_FORWARD)
        self.down = nn.Linear(w.FEED_FORWARD, w.WIDTH)

    def heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (w.HEADS, -1)).transpose(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm_1(x)
        y = F.scaled_dot_product_attention(
            self.heads(self.query(y)),
            self.heads(self.key(y)),
            self.heads(self.value(y)),
        )
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return x + self.down(F.relu(self.up(self.norm_2(x))))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(w.VOCABULARY, w.WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(w.BLOCKS))
        self.head = nn.Linear(w.WIDTH, w.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embedding(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(1))


class Lstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, w.UNITS, batch_first=True)
        self.head = nn.Linear(w.UNITS, w.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, (hidden, _) = self.lstm(x)
        return self.head(hidden[-1])


MODELS: dict[str, Callable[[], nn.Module]] = {
    "mlp": mlp,
    "convnet": Convnet,
    "transformer": Transformer,
    "lstm": Lstm,
}


class Contender:
    """A module and its hand-written loops."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.batch = w.WORKLOADS[name].batch
        self.model, self.optimizer = self.build()

    @staticmethod
    def facts() -> dict[str, str]:
        return {"torch": torch.__version__, "threads": str(torch.get_num_threads())}

    def build(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        model = MODELS[self.name]()
        optimizer = torch.optim.Adam(
            model.parameters(), w.LEARNING_RATE, (w.BETA_1, w.BETA_2), w.EPSILON
        )
        return model, optimizer

    def fit(self, x: np.ndarray, y: np.ndarray, shuffle: bool = True) -> float:
        inputs, labels = torch.from_numpy(x), torch.from_numpy(y).long()
        if shuffle:
            order = torch.randperm(len(inputs))
            inputs, labels = inputs[order], labels[order]
        loss_sum = torch.zeros(())
        correct = torch.zeros(())
        self.model.train()
        for start in range(0, len(inputs), self.batch):
            xs = inputs[start : start + self.batch]
            ys = labels[start : start + self.batch]
            self.optimizer.zero_grad()
            logits = self.model(xs)
            loss = F.cross_entropy(logits, ys)
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.detach() * len(xs)
            correct += (logits.detach().argmax(1) == ys).sum()
        logs = {"loss": loss_sum / len(inputs), "accuracy": correct / len(inputs)}
        return {key: float(value) for key, value in logs.items()}["loss"]

    @torch.no_grad()
    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        inputs, labels = torch.from_numpy(x), torch.from_numpy(y).long()
        loss_sum = torch.zeros(())
        correct = torch.zeros(())
        self.model.eval()
        for start in range(0, len(inputs), self.batch):
            xs = inputs[start : start + self.batch]
            ys = labels[start : start + self.batch]
            logits = self.model(xs)
            loss_sum += F.cross_entropy(logits, ys) * len(xs)
            correct += (logits.argmax(1) == ys).sum()
        return float(loss_sum / len(inputs)), float(correct / len(inputs))

    @torch.no_grad()
    def predict(self, x: np.ndarray) -> np.ndarray:
        inputs = torch.from_numpy(x)
        self.model.eval()
        starts = range(0, len(inputs), self.batch)
        return torch.cat(
            [self.model(inputs[i : i + self.batch]) for i in starts]
        ).numpy()

    @torch.no_grad()
    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return self.model(torch.from_numpy(x)).numpy()

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(x)

    def call(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(x)

    def save(self, folder: str) -> None:
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            },
            f"{folder}/native.pt",
        )

    def load(self, folder: str) -> None:
        model, optimizer = self.build()
        state = torch.load(f"{folder}/native.pt")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Take over Keras' weights: kernels turned, conv kernels to (out, in, h, w)."""
        converted = [torch.from_numpy(array) for array in self.from_keras(weights)]
        parameters = list(self.model.parameters())
        with torch.no_grad():
            for parameter, value in zip(parameters, converted, strict=True):
                parameter.copy_(value)

    def from_keras(self, weights: list[np.ndarray]) -> list[np.ndarray]:
        if self.name == "mlp":
            return [array.T for array in weights]
        if self.name == "convnet":
            first, b1, second, b2, head, b3 = weights
            turned = head.reshape(5, 5, -1, w.CLASSES).transpose(3, 2, 0, 1)
            return [
                first.transpose(3, 2, 0, 1),
                b1,
                second.transpose(3, 2, 0, 1),
                b2,
                turned.reshape(w.CLASSES, -1),
                b3,
            ]
        if self.name == "lstm":
            kernel, recurrent, bias, head, head_bias = weights
            return [kernel.T, recurrent.T, bias, np.zeros_like(bias), head.T, head_bias]
        return [weights[0]] + [as_linear(array) for array in weights[1:]]


def as_linear(array: np.ndarray) -> np.ndarray:
    """One array of a transformer block: attention's heads flattened, kernels turned."""
    if array.ndim == 3:  # (width, heads, size) or (heads, size, width)
        array = array.reshape(w.WIDTH, w.WIDTH)
    elif array.shape == (w.HEADS, w.WIDTH // w.HEADS):  # a bias per head
        array = array.reshape(w.WIDTH)
    return array.T


def setup() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
