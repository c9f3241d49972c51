"""Recorded activations that overwrite their input: where nobody else reads it, only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("on_torch")


def conv() -> Any:
    return layers.Conv2D(4, 3, padding="same")


def of_a_layer_before(x: Any) -> Any:
    return layers.ReLU()(x)


def of_conv(x: Any) -> Any:
    return layers.Conv2D(4, 3, activation="tanh")(x)


def of_norm(x: Any) -> Any:
    return ops.relu(layers.BatchNormalization()(conv()(x)))


def of_dense(x: Any) -> Any:
    return layers.Dense(3, activation="sigmoid")(layers.Flatten()(x))


def of_sum(x: Any) -> Any:
    return layers.ReLU()(layers.Add()([conv()(x), conv()(x)]))


def of_product(x: Any) -> Any:
    return layers.ReLU()(layers.Multiply()([conv()(x), conv()(x)]))


def read_again(x: Any) -> Any:
    y = conv()(x)
    return layers.Add()([layers.ReLU()(y), y])


def returned(x: Any) -> Any:
    y = conv()(x)
    return [layers.ReLU()(y), y]


def twice(x: Any) -> Any:
    y = conv()(x)
    return layers.Add()([ops.relu(y), ops.tanh(y)])


def of_product_that_is_saved(x: Any) -> Any:
    y = ops.exp(x)  # its gradient needs its result
    return ops.relu(y)


GRAPHS = {
    of_a_layer_before: 1,
    of_conv: 1,
    of_norm: 1,
    of_dense: 1,
    of_sum: 1,
    of_product: 0,
    read_again: 0,
    returned: 0,
    twice: 0,
    of_product_that_is_saved: 0,
}


def recorded(step: Any) -> list[Any]:
    forms = step._step._forms.values()
    return [x for form in forms for x in form._lines.values() if x is not None]


def overwrites(line: Any) -> int:
    """How many calls of a line are in place."""
    functions = torch.relu_, torch.tanh_, torch.sigmoid_
    names = line.run.__globals__ if not hasattr(line.run, "__wrapped__") else None
    names = line.run.__wrapped__.__globals__ if names is None else names
    return sum(any(value is f for f in functions) for value in names.values())


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_training_is_that_of_plain_steps(graph: Any) -> None:
    x = np.random.default_rng(1).normal(size=(8, 5, 5, 4)).astype("float32")
    results = []
    for eagerly in (True, False):
        keras.utils.set_random_seed(2)
        inputs = keras.Input((5, 5, 4))
        found = graph(layers.Conv2D(4, 1)(inputs))
        outputs = [
            layers.GlobalAveragePooling2D()(y) if y.ndim > 2 else y
            for y in keras.tree.flatten(found)
        ]
        model = keras.Model(inputs, [layers.Dense(1)(y) for y in outputs])
        model.compile("sgd", ["mse"] * len(outputs), run_eagerly=eagerly)
        y = [x[:, 0, 0, :1]] * len(outputs)
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        scores = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
        results.append([*scores.values(), *model.get_weights()])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    steps = model._keras_repeated.judge, model._keras_repeated.test
    for step in steps:
        (line,) = recorded(step)
        assert overwrites(line) == GRAPHS[graph]


def test_inputs_and_weights_stay_as_they_are() -> None:
    weight = keras.Variable([-1.0, 2.0])
    run = keras.jit(lambda x: (ops.relu(x), ops.relu(weight)), jit_compile="auto")
    x = torch.tensor([-3.0, 4.0])
    for _ in range(4):
        first, second = run(x)
        assert first.tolist() == [0, 4] and second.tolist() == [0, 2]
        assert x.tolist() == [-3, 4] and weight.numpy().tolist() == [-1, 2]


def test_gradients_of_gradients() -> None:
    kernel = torch.ones(4, 3, requires_grad=True)
    run = keras.jit(
        lambda x: ops.tanh(torch.addmm(torch.zeros(3), x, kernel)), jit_compile="auto"
    )
    x = torch.full((2, 4), 0.1, requires_grad=True)
    found = []
    for _ in range(4):
        (slope,) = torch.autograd.grad(run(x).sum(), x, create_graph=True)
        found.append(torch.autograd.grad(slope.sum(), x)[0])
    for each in found[1:]:
        torch.testing.assert_close(each, found[0])
    assert float(found[0].abs().sum()) > 0
