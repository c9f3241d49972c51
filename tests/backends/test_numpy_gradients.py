"""NumPy trains: its gradients are torch's, and what has none says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.core.errors import BackendError
from tests.conftest import BACKENDS
from tests.layers.gradients import cases, prepared
from tests.layers.test_gradients import slopes

pytestmark = pytest.mark.skipif("numpy" not in BACKENDS, reason="is about NumPy")
needs_torch = pytest.mark.skipif("torch" not in BACKENDS, reason="compares with torch")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _on_numpy() -> Any:
    with keras.backend_scope("numpy"):
        yield


# The same as torch ----------------------------------------------------------------


def factors(shape: tuple[int, ...]) -> np.ndarray:
    return np.cos(np.arange(np.prod(shape))).reshape(shape).astype("float32")


def of_row(row: Any, options: dict[str, Any]) -> list[np.ndarray]:
    """Slopes of weighted outputs in all inputs and weights of a layer of the table."""
    layer, given = prepared(row), row.inputs()
    inputs = given if isinstance(given, list) else [given]

    def total(values: list[Any]) -> Any:
        outputs = layer(values if isinstance(given, list) else values[0], **options)
        outputs = keras.tree.flatten(outputs)
        sums = [ops.sum(ops.multiply(y, factors(y.shape))) for y in outputs]
        return sum(sums), outputs

    _, of_inputs, of_weights = slopes(total, inputs, list(layer.trainable_weights))
    return [
        np.asarray(x, "float64") for x in (*of_inputs, *of_weights) if x is not None
    ]


@needs_torch
def test_every_layer_of_the_table() -> None:
    wrong = {}
    for name, row, options in cases():
        found = of_row(row, options)
        with keras.backend_scope("torch"):
            wanted = of_row(row, options)
        pairs = zip(found, wanted, strict=True)
        far = [np.max(abs(a - b) / (1 + abs(b)), initial=0) for a, b in pairs]
        if not max(far, default=0) < 1e-5:
            wrong[name] = far
    assert not wrong


X = RNG.normal(size=(40, 8, 6)).astype("float32")
Y = RNG.integers(0, 3, 40)
MODELS: dict[str, Callable[[], list[Any]]] = {
    "dense": lambda: [
        layers.Flatten(),
        layers.Dense(16, "gelu", kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.Dense(3),
    ],
    "convolutions": lambda: [
        layers.Reshape((8, 6, 1)),
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.SeparableConv2D(6, 3, padding="same"),
        layers.Conv2DTranspose(4, 3, strides=2),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ],
    "recurrence": lambda: [
        layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
        layers.GRU(6),
        layers.Dense(3),
    ],
    "attention": lambda: [
        layers.LayerNormalization(),
        Attending(),
        layers.GlobalMaxPooling1D(),
        layers.Dense(3),
    ],
}


class Attending(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4)

    def call(self, x: Any) -> Any:
        return x + self.attention(x, x, use_causal_mask=True)


def trained(make: Callable[[], list[Any]], start: Any = None) -> tuple[Any, Any, Any]:
    """First and last weights, and the losses of two epochs."""
    model = keras.Sequential([keras.Input((8, 6)), *make()])
    if start is not None:
        model.set_weights(start)
    begun = model.get_weights()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss, metrics=["accuracy"])
    history = model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history
    return begun, model.get_weights(), history


@needs_torch
@pytest.mark.parametrize("name", MODELS)
def test_a_training_is_that_of_torch(name: str) -> None:
    start, found, history = trained(MODELS[name])
    with keras.backend_scope("torch"):
        _, wanted, expected = trained(MODELS[name], start)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    assert history["accuracy"] == pytest.approx(expected["accuracy"])


# Of its own -----------------------------------------------------------------------


def test_second_derivatives_and_mixed_ones() -> None:
    x = np.array([0.3, -1.2], "float32")

    def slope(x: Any) -> Any:
        return keras.grad(lambda v: ops.sum(ops.tanh(v) * v))(x)

    bend = keras.grad(lambda v: ops.sum(slope(v)))(x)
    t = np.tanh(x)
    np.testing.assert_allclose(slope(x), t + x * (1 - t**2), rtol=1e-5)
    np.testing.assert_allclose(bend, 2 * (1 - t**2) * (1 - x * t), rtol=1e-4)
    conv = layers.Conv2D(3, 3, strides=2, padding="same")
    image = RNG.normal(size=(1, 5, 5, 2)).astype("float32")
    conv.build(image.shape)

    def penalty() -> Any:
        pull = keras.grad(lambda v: ops.sum(ops.sin(conv(v))))(image)
        return ops.sum(pull * pull)

    (found,) = keras.grad(penalty, [conv.kernel])()
    step = RNG.normal(size=conv.kernel.shape).astype("float32") * 1e-2
    start, ends = conv.kernel.numpy(), []
    for sign in (1, -1):
        conv.kernel.assign(start + sign * step)
        ends.append(float(penalty()))
    assert np.sum(found * step) == pytest.approx((ends[0] - ends[1]) / 2, rel=2e-2)


def test_code_of_numpy_has_gradients() -> None:
    class Own(layers.Layer):
        def call(self, x: Any) -> Any:
            y = np.concatenate([x[:, 1:], 2 * x[:, :1]], axis=1)
            y = np.einsum("bi,bi->b", y, np.where(x > 0, x, x.clip(-1, 0)))
            return (y.sum() + x.mean(axis=0) @ x.T).max()

    x = np.array([[0.5, -0.25], [1.5, 2.0]], "float32")
    found = keras.grad(lambda v: Own()(v))(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-3
        slope = (Own()(x + step) - Own()(x - step)) / 2e-3
        assert found[place] == pytest.approx(slope, rel=1e-2)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: np.asarray(x).sum(), "No gradient leads through a conversion"),
        (lambda x: np.ones(2).__iadd__(x).sum(), "instead of `a \\+= b`"),
        (lambda x: np.add.reduce(x), "NumPy's `add`"),
        (lambda x: np.unwrap(x).sum(), "no gradient of NumPy's `unwrap`"),
        (lambda x: x.__setitem__(0, 1.0), "keras.ops.slice_update"),
    ],
)
def test_what_has_no_gradient_says_so(function: Any, text: str) -> None:
    with pytest.raises(BackendError, match=text):
        keras.grad(function)(np.array([1.0, 2.0], "float32"))


def test_nothing_traced_remains() -> None:
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4, activity_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    logs = model.train_on_batch(X[:, 0], Y[:, None].astype("float32"))
    arrays = [v.value for v in (*model.variables, *model.optimizer.variables)]
    arrays += [v.value for metric in model.metrics for v in metric.variables]
    assert {type(x) for x in arrays} == {np.ndarray}
    assert all(type(x) is float for x in logs)
    assert np.any(model.layers[1].moving_mean.numpy() != 0)
