"""Random graphs of layers: what holds for every model, of models that nobody wrote.

A seed decides on the graph: how many inputs it has, which layers stand where, what is
added to what, which layer is used twice, what is a model inside of the model, and which
tensors are outputs. Sizes are small.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

COUNT = 30
STEPS, WIDTH = 4, 3

Rng = np.random.Generator
# Layers from `(batch, steps, width)` to `(batch, steps, some width)`.
OF_SEQUENCES: list[Callable[[Rng], Any]] = [
    lambda rng: layers.Dense(int(rng.integers(2, 5)), activation="tanh"),
    lambda rng: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"),
    lambda rng: layers.Conv1D(3, 2, padding=str(rng.choice(["same", "causal"]))),
    lambda rng: layers.SeparableConv1D(2, 3, padding="same", activation="relu"),
    lambda rng: layers.LSTM(3, return_sequences=True),
    lambda rng: layers.Bidirectional(layers.GRU(2, return_sequences=True)),
    lambda rng: layers.TimeDistributed(layers.Dense(2)),
    lambda rng: layers.LayerNormalization(),
    lambda rng: layers.BatchNormalization(),
    lambda rng: layers.RMSNormalization(),
    lambda rng: layers.MaxPooling1D(2, strides=1, padding="same"),
    lambda rng: layers.Activation(str(rng.choice(["gelu", "silu", "elu"]))),
    lambda rng: layers.Dropout(0.5),
    lambda rng: layers.Permute((1, 2)),
    lambda rng: layers.PReLU(),
    lambda rng: layers.ZeroPadding1D((1, 0)),
    lambda rng: layers.Masking(),
]
OF_TWO: list[Callable[[Rng], Any]] = [
    lambda rng: layers.Concatenate(),
    lambda rng: layers.Concatenate(axis=1),
    lambda rng: layers.Add(),
    lambda rng: layers.Subtract(),
    lambda rng: layers.Multiply(),
    lambda rng: layers.Maximum(),
    lambda rng: layers.Attention(),
    lambda rng: layers.Dot(axes=-1),
]
TO_VECTORS: list[Callable[[Rng], Any]] = [
    lambda rng: layers.GlobalAveragePooling1D(),
    lambda rng: layers.Flatten(),
    lambda rng: layers.LSTM(2),
    lambda rng: layers.AdaptiveMaxPooling1D(2),
]


class Maker:
    """Makes one graph, as its seed says."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.made: list[tuple[Any, Any]] = []  # layers, each with the shape it is for

    def one_of(self, choices: list[Any]) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def step(self, x: Any, depth: int) -> Any:
        """One layer more: a new one, one that is there already, or a model."""
        rng = self.rng
        kind = rng.random()
        if depth == 0 and kind < 0.15:
            return self.nested(x)
        fitting = [layer for layer, shape in self.made if shape == x.shape[1:]]
        if fitting and kind < 0.3:
            return self.one_of(fitting)(x)
        layer = self.one_of(OF_SEQUENCES)(rng)
        self.made.append((layer, x.shape[1:]))
        return layer(x)

    def nested(self, x: Any) -> Any:
        inner = keras.Input(x.shape[1:])
        y = inner
        for _ in range(int(self.rng.integers(1, 4))):
            y = self.step(y, 1)
        return keras.Model(inner, y)(x)

    def joined(self, x: Any, y: Any) -> Any:
        """Two tensors in one: brought to one shape where the layer needs that."""
        layer = self.one_of(OF_TWO)(self.rng)
        if x.shape != y.shape:
            y = layers.Dense(x.shape[-1])(y)
            if x.shape[1] != y.shape[1]:
                y = layers.AdaptiveAveragePooling1D(x.shape[1])(y)
        return layer([x, y])

    def model(self) -> Any:
        rng = self.rng
        inputs = [keras.Input((STEPS, WIDTH)) for _ in range(int(rng.integers(1, 3)))]
        tensors: list[Any] = list(inputs)
        for _ in range(int(rng.integers(3, 8))):
            x = self.one_of(tensors)
            if len(tensors) > 1 and rng.random() < 0.4:
                tensors.append(self.joined(x, self.one_of(tensors)))
            else:
                y = self.step(x, 0)
                if y.shape == x.shape and rng.random() < 0.3:
                    y = x + y  # an op in the graph
                tensors.append(y)
        joined = tensors[-1]
        for x in inputs:  # each of them counts
            joined = self.joined(joined, x)
        outputs = [layers.Dense(2)(self.one_of(TO_VECTORS)(rng)(joined))]
        if rng.random() < 0.4:
            outputs.append(tensors[-1])
        return keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0])


def model_of(seed: int) -> Any:
    """The model of a seed, with weights that the seed gives too."""
    model = Maker(seed).model()
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if "variance" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif "seed" not in weight.path:
            weight.assign(0.5 * rng.standard_normal(weight.shape))
    return model


def data_of(model: Any, batch: int = 2) -> Any:
    rng = np.random.default_rng(1)
    data = [rng.standard_normal((batch, STEPS, WIDTH)) for _ in model.inputs]
    data = [x.astype("float32") for x in data]
    return data if len(data) > 1 else data[0]


def outputs_of(model: Any, data: Any) -> list[np.ndarray]:
    found = keras.tree.flatten(model(data))
    return [keras.ops.convert_to_numpy(x) for x in found]


def check(seed: int, backends: list[str], place: Any) -> None:
    """All that has to hold for the graph of a seed."""
    results = {}
    for name in backends:
        with keras.backend_scope(name):
            model = model_of(seed)
            results[name] = outputs_of(model, data_of(model))
    others = backends[1:]
    for name in others:
        compare(results[name], results[backends[0]], f"seed {seed}: {name}")
    chosen = others[seed % len(others)] if others else backends[0]
    with keras.backend_scope(chosen):
        model = model_of(seed)
        shapes = [(None, *x.shape[1:]) for x in results[chosen]]
        assert [x.shape for x in keras.tree.flatten(model.outputs)] == shapes
        model.save(place)
        again = keras.saving.load_model(place)
        outputs = outputs_of(again, data_of(model))
        compare(outputs, results[chosen], f"seed {seed}: file")
    target = backends[(seed + 1) % len(backends)]
    moved = model.to_backend(target)
    compare(outputs_of(moved, data_of(model)), results[chosen], f"seed {seed}: moved")
    more = outputs_of(model, data_of(model, batch=3))
    assert [x.shape[0] for x in more] == [3] * len(more)


def compare(found: list[Any], wanted: list[Any], what: str) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=3e-4, rtol=3e-4, err_msg=what)


# Masks may reach layers that end them.
@pytest.mark.filterwarnings("ignore:.*got an input with a mask:UserWarning")
@pytest.mark.parametrize("seed", range(COUNT))
def test_a_random_graph(seed: int, tmp_path: Any) -> None:
    from tests.conftest import BACKENDS

    check(seed, list(BACKENDS), tmp_path / "model.keras")


@pytest.mark.parametrize("order", ["inner first", "outer first", "two models"])
def test_a_layer_of_the_model_inside_is_shared_in_copies(
    order: str, backend: str, tmp_path: Any
) -> None:
    shared = layers.Dense(3)
    symbol, x = keras.Input((3,)), keras.Input((3,))
    inside = keras.Model(symbol, shared(symbol))
    if order == "inner first":
        y = shared(inside(x))
    elif order == "outer first":
        y = inside(shared(x))
    else:
        other = keras.Input((3,))
        y = keras.Model(other, shared(other))(inside(x))
    model = keras.Model(x, y)
    model.save(tmp_path / "model.keras")
    copies = [
        keras.saving.load_model(tmp_path / "model.keras"),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        model.to_backend("numpy"),
    ]
    data = np.ones((2, 3), "float32")
    for again in copies:
        assert len(again.weights) == 2
        compare(outputs_of(again, data), outputs_of(model, data), order)
