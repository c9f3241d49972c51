"""A JAX user's day with a Keras model: pure functions of explicit state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def on_jax() -> Iterator[None]:
    with keras.backend_scope("jax"):
        keras.utils.set_random_seed(0)
        yield


def data(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((count, 8)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")


def make() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(16, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.1),
            layers.Dense(2),
        ]
    )


def state_of(model: keras.Model) -> tuple[list[Any], list[Any]]:
    return (
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
    )


def test_stateless_call_under_jit() -> None:
    model = make()
    x, _ = data()
    trainable, other = state_of(model)
    fast = jax.jit(model.stateless_call, static_argnames="training")
    outputs, updated = fast(trainable, other, x)
    np.testing.assert_allclose(outputs, model(x), rtol=1e-4, atol=1e-5)
    assert isinstance(outputs, jax.Array) and len(updated) == len(other)
    _, moved = fast(trainable, other, x, training=True)
    names = [v.name for v in model.non_trainable_variables]
    mean = names.index("moving_mean")
    assert np.abs(np.asarray(moved[mean])).max() > 0
    # The model itself is as it was.
    assert not np.asarray(model.non_trainable_variables[mean].value).any()
    assert (
        np.asarray(moved[names.index("seed_generator_state")]).tolist()
        != np.asarray(other[names.index("seed_generator_state")]).tolist()
    )


def test_gradients_of_a_stateless_call() -> None:
    model = make()
    x, y = data()
    trainable, other = state_of(model)

    def loss(weights: Any, x: Any) -> Any:
        logits, _ = model.stateless_call(weights, other, x, training=False)
        return keras.losses.sparse_categorical_crossentropy(
            y, logits, from_logits=True
        ).mean()

    gradients = jax.grad(loss)(trainable, x)
    assert [g.shape for g in gradients] == [v.shape for v in model.trainable_variables]
    bias = np.zeros_like(trainable[-1])
    bias[0] = 1e-2
    up = loss([*trainable[:-1], trainable[-1] + bias], x)
    down = loss([*trainable[:-1], trainable[-1] - bias], x)
    assert float(gradients[-1][0]) == pytest.approx(float(up - down) / 2e-2, rel=1e-2)
    fast = jax.jit(jax.grad(loss))(trainable, x)
    for mine, theirs in zip(gradients, fast, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    hessian = jax.hessian(lambda b: loss([*trainable[:-1], b], x))(trainable[-1])
    assert hessian.shape == (2, 2)


def test_the_documents_training_loop() -> None:
    model = make()
    optimizer = keras.optimizers.Adam(learning_rate=0.02)
    optimizer.build(model.trainable_variables)
    metric = keras.metrics.SparseCategoricalAccuracy()
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def compute_loss_and_updates(
        trainable: Any, other: Any, metric_variables: Any, x: Any, y: Any
    ) -> Any:
        y_pred, other = model.stateless_call(trainable, other, x, training=True)
        loss = loss_fn(y, y_pred)
        metric_variables = metric.stateless_update_state(metric_variables, y, y_pred)
        return loss, (other, metric_variables)

    grad_fn = jax.value_and_grad(compute_loss_and_updates, has_aux=True)

    @jax.jit
    def train_step(state: Any, batch: Any) -> Any:
        trainable, other, optimizer_variables, metric_variables = state
        x, y = batch
        (loss, (other, metric_variables)), grads = grad_fn(
            trainable, other, metric_variables, x, y
        )
        trainable, optimizer_variables = optimizer.stateless_apply(
            optimizer_variables, grads, trainable
        )
        return loss, (trainable, other, optimizer_variables, metric_variables)

    x, y = data()
    weights = [v.numpy().copy() for v in model.trainable_variables]
    state = (
        *state_of(model),
        [v.value for v in optimizer.variables],
        [v.value for v in metric.variables],
    )
    losses: list[float] = []
    for _ in range(20):
        for start in range(0, len(x), 32):
            batch = (x[start : start + 32], y[start : start + 32])
            loss, state = train_step(state, batch)
        losses.append(float(loss))
    assert losses[-1] < 0.5 * losses[0]
    trainable, other, optimizer_variables, metric_variables = state
    assert int(optimizer_variables[0]) == 40
    result = metric.stateless_result(metric_variables)
    assert 0.5 < float(result) <= 1.0
    fresh = metric.stateless_reset_state()
    assert [np.asarray(v).sum() for v in fresh] == [0.0] * len(fresh)
    # Nothing was written to the model until now.
    for old, variable in zip(weights, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    for variable, value in zip(model.trainable_variables, trainable, strict=True):
        variable.assign(value)
    for variable, value in zip(model.non_trainable_variables, other, strict=True):
        variable.assign(value)
    model.compile(loss=loss_fn, metrics=["accuracy"])
    assert model.evaluate(x, y, verbose=0)[1] > 0.75


def test_vmap_and_device_put_of_weights() -> None:
    """An ensemble: three sets of weights, one program."""
    model = keras.Sequential([keras.Input((8,)), layers.Dense(2)])
    trainable, other = state_of(model)
    stacked = jax.tree_util.tree_map(
        lambda value: jax.numpy.stack([value, 2 * value, 0 * value]), trainable
    )
    x, _ = data(4)
    outputs = jax.vmap(lambda w: model.stateless_call(w, other, x)[0])(stacked)
    assert outputs.shape == (3, 4, 2)
    np.testing.assert_allclose(outputs[1], 2 * outputs[0], rtol=1e-5, atol=1e-6)
    assert not np.asarray(outputs[2]).any()


def test_a_layer_alone() -> None:
    layer = layers.Dense(3, activation="tanh")
    layer.build((None, 8))
    x, _ = data(4)
    trainable, other = state_of(layer)
    value = jax.jit(lambda w, x: layer.stateless_call(w, [], x)[0])(trainable, x)
    expected = np.tanh(x @ layer.kernel.numpy() + layer.bias.numpy())
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
    assert other == []


def test_wrong_number_of_values_is_told() -> None:
    model = make()
    x, _ = data()
    trainable, other = state_of(model)
    with pytest.raises(ValueError, match="trainable_variables") as error:
        model.stateless_call(trainable[:-1], other, x)
    text = str(error.value)
    assert model.name in text and "5" in text and "6" in text


def test_variables_go_into_jax_transforms_as_they_are() -> None:
    """The loop of the guides: a state of Variables first, of arrays from then on."""
    with keras.backend_scope("jax"):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(3),
                keras.layers.BatchNormalization(),
                keras.layers.Dense(2),
            ]
        )
        optimizer = keras.optimizers.Adam(0.01)
        optimizer.build(model.trainable_variables)
        loss_fn, metric = keras.losses.MeanSquaredError(), keras.metrics.Mean()

    def compute_loss(trainable: Any, others: Any, x: Any, y: Any) -> Any:
        outputs, others = model.stateless_call(trainable, others, x, training=True)
        return loss_fn(y, outputs), others

    differentiate = jax.value_and_grad(compute_loss, has_aux=True)

    @jax.jit
    def step(state: Any, x: Any, y: Any) -> Any:
        trainable, others, slots, seen = state
        (loss, others), grads = differentiate(trainable, others, x, y)
        trainable, slots = optimizer.stateless_apply(slots, grads, trainable)
        seen = metric.stateless_update_state(seen, loss)
        return loss, (trainable, others, slots, seen)

    x, y = np.ones((4, 4), "float32"), np.ones((4, 2), "float32")
    state: Any = (
        model.trainable_variables,
        model.non_trainable_variables,
        optimizer.variables,
        metric.variables,
    )
    losses = []
    for _ in range(5):
        loss, state = step(state, x, y)
        losses.append(float(loss))
    assert losses[-1] < losses[0]
    assert float(metric.stateless_result(state[3])) == pytest.approx(np.mean(losses))
    kernel = model.trainable_variables[0]
    gradient = jax.grad(lambda value: (value * value).sum())(kernel)
    np.testing.assert_allclose(gradient, 2 * kernel.numpy(), rtol=1e-6)
    np.testing.assert_allclose(
        jax.numpy.sum(kernel), kernel.numpy().sum(), rtol=1e-4, atol=1e-6
    )
