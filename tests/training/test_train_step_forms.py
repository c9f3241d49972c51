"""Steps as the documents of each framework write them, word for word in their forms.

Each form runs with the losses and metrics of `compile`, with trackers of the model's
own, and with sample weights; and each must end where the built-in step ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from tests.conftest import TRAINING_BACKENDS

RNG = np.random.default_rng(5)
X = RNG.standard_normal((48, 4)).astype("float32")
Y = (X @ RNG.standard_normal((4, 1))).astype("float32")
WEIGHTS = RNG.random(48).astype("float32")


def graph() -> tuple[Any, Any]:
    inputs = keras.Input((4,))
    x = layers.Dense(8, activation="tanh")(inputs)
    x = layers.BatchNormalization()(x)
    return inputs, layers.Dense(1)(x)


# The forms ---------------------------------------------------------------------------


def record(metrics: Any, loss: Any, y: Any, y_pred: Any, weight: Any = None) -> Any:
    """The documents' loop over the metrics."""
    for metric in metrics:
        if metric.name == "loss":
            metric.update_state(loss)
        else:
            metric.update_state(y, y_pred, sample_weight=weight)
    return {metric.name: metric.result() for metric in metrics}


def parts(data: Any) -> tuple[Any, Any, Any]:
    if len(data) == 3:
        return data
    return (*data, None)


class Taped(keras.Model):
    def train_step(self, data: Any) -> Any:
        import tensorflow as tf

        x, y, weight = parts(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)
        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply(gradients, trainable_vars)
        return record(self.metrics, loss, y, y_pred, weight)


class Backward(keras.Model):
    def train_step(self, data: Any) -> Any:
        import torch

        x, y, weight = parts(data)
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)
        loss.backward()
        trainable_weights = list(self.trainable_weights)
        gradients = [v.value.grad for v in trainable_weights]
        with torch.no_grad():
            self.optimizer.apply(gradients, trainable_weights)
        return record(self.metrics, loss, y, y_pred, weight)


class Stateless(keras.Model):
    def compute_loss_and_updates(
        self, trainable: Any, other: Any, x: Any, y: Any, weight: Any, training: bool
    ) -> Any:
        y_pred, other = self.stateless_call(trainable, other, x, training=training)
        return self.compute_loss(x, y, y_pred, weight), (y_pred, other)

    def updated(self, variables: Any, loss: Any, y: Any, y_pred: Any, w: Any) -> Any:
        new: list[Any] = []
        logs = {}
        for metric in self.metrics:
            mine = variables[len(new) : len(new) + len(metric.variables)]
            if metric.name == "loss":
                mine = metric.stateless_update_state(mine, loss)
            else:
                mine = metric.stateless_update_state(mine, y, y_pred, sample_weight=w)
            logs[metric.name] = metric.stateless_result(mine)
            new += mine
        return logs, new

    def train_step(self, state: Any, data: Any) -> Any:
        import jax

        trainable, other, optimizer, metrics = state
        x, y, weight = parts(data)
        grad_fn = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (loss, (y_pred, other)), grads = grad_fn(
            trainable, other, x, y, weight, training=True
        )
        trainable, optimizer = self.optimizer.stateless_apply(
            optimizer, grads, trainable
        )
        logs, metrics = self.updated(metrics, loss, y, y_pred, weight)
        return logs, (trainable, other, optimizer, metrics)

    def test_step(self, state: Any, data: Any) -> Any:
        trainable, other, metrics = state
        x, y, weight = parts(data)
        y_pred, other = self.stateless_call(trainable, other, x, training=False)
        loss = self.compute_loss(x, y, y_pred, weight)
        logs, metrics = self.updated(metrics, loss, y, y_pred, weight)
        return logs, (trainable, other, metrics)


class Portable(keras.Model):
    def train_step(self, data: Any) -> Any:
        x, y, weight = parts(data)

        def compute() -> Any:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight=weight)
            return loss, y_pred

        (loss, y_pred), grads = keras.value_and_grad(
            compute, self.trainable_weights, has_aux=True
        )()
        self.optimizer.apply(grads, self.trainable_weights)
        return record(self.metrics, loss, y, y_pred, weight)

    def test_step(self, data: Any) -> Any:
        x, y, weight = parts(data)
        y_pred = self(x, training=False)
        loss = self.compute_loss(x, y, y_pred, sample_weight=weight)
        return record(self.metrics, loss, y, y_pred, weight)


FORMS = [
    pytest.param(form, name, id=f"{form.__name__}-{name}")
    for form, names in (
        (Portable, TRAINING_BACKENDS),
        (Taped, ["tensorflow"]),
        (Backward, ["torch"]),
        (Stateless, ["jax"]),
    )
    for name in names
    if name in TRAINING_BACKENDS
]


def compiled(form: Any, **options: Any) -> Any:
    model = form(*graph())
    model.compile(keras.optimizers.Adam(0.02), "mse", metrics=["mae"], **options)
    return model


def same_start(form: Any, **options: Any) -> tuple[Any, Any]:
    custom, usual = compiled(form, **options), compiled(keras.Model)
    usual.set_weights(custom.get_weights())
    return custom, usual


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize(("form", "name"), FORMS)
def test_trains_as_the_built_in_step(form: Any, name: str, run_eagerly: bool) -> None:
    epochs = 1 if run_eagerly else 3
    with keras.backend_scope(name):
        custom, usual = same_start(form, run_eagerly=run_eagerly)
        options = {"epochs": epochs, "batch_size": 16, "shuffle": False, "verbose": 0}
        mine = custom.fit(X, Y, validation_data=(X, Y), **options).history
        expected = usual.fit(X, Y, validation_data=(X, Y), **options).history
    assert set(mine) == set(expected) == {"loss", "mae", "val_loss", "val_mae"}
    for key, values in expected.items():
        np.testing.assert_allclose(mine[key], values, rtol=2e-4, err_msg=key)
    for a, b in zip(custom.get_weights(), usual.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5)
    assert int(custom.optimizer.iterations.numpy()) == 3 * epochs


@pytest.mark.parametrize(("form", "name"), FORMS)
def test_with_sample_weights(form: Any, name: str) -> None:
    with keras.backend_scope(name):
        custom, usual = same_start(form)
        options = {"sample_weight": WEIGHTS, "shuffle": False, "verbose": 0}
        custom.fit(X, Y, batch_size=24, **options)
        usual.fit(X, Y, batch_size=24, **options)
    for a, b in zip(custom.get_weights(), usual.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize(("form", "name"), FORMS)
def test_on_batch_and_evaluate(form: Any, name: str) -> None:
    with keras.backend_scope(name):
        custom, usual = same_start(form)
        mine = custom.train_on_batch(X, Y, return_dict=True)
        expected = usual.train_on_batch(X, Y, return_dict=True)
        assert mine == pytest.approx(expected, rel=1e-4)
        mine = custom.evaluate(X, Y, batch_size=48, verbose=0, return_dict=True)
        expected = usual.evaluate(X, Y, batch_size=48, verbose=0, return_dict=True)
    assert mine == pytest.approx(expected, rel=1e-3)


# Trackers of the model's own ---------------------------------------------------------


class OwnTrackers(keras.Model):
    """Compiled without a loss: the step has its own, and its own metrics."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")
        self.loss_fn = keras.losses.MeanSquaredError()

    def train_step(self, data: Any) -> Any:
        x, y = data

        def compute() -> Any:
            y_pred = self(x, training=True)
            return self.loss_fn(y, y_pred), y_pred

        (loss, y_pred), grads = keras.value_and_grad(
            compute, self.trainable_variables, has_aux=True
        )()
        self.optimizer.apply(grads, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {
            "loss": self.loss_tracker.result(),
            "mae": self.mae_metric.result(),
        }

    @property
    def metrics(self) -> list[Any]:
        return [self.loss_tracker, self.mae_metric]


def test_trackers_are_reset_at_each_epoch(training_backend: str) -> None:
    model = OwnTrackers(*graph())
    model.compile(optimizer="adam")
    history = model.fit(X, Y, epochs=3, batch_size=16, verbose=0).history
    assert set(history) == {"loss", "mae"} and len(history["loss"]) == 3
    assert float(model.loss_tracker.total.numpy()) == pytest.approx(
        3 * history["loss"][-1], rel=1e-4
    )


def test_test_step_and_predict_step(training_backend: str) -> None:
    class Halved(keras.Model):
        def test_step(self, data: Any) -> Any:
            x, y = data
            return {"largest": ops.max(ops.abs(y - self(x, training=False)))}

        def predict_step(self, data: Any) -> Any:
            x = data[0] if isinstance(data, (tuple, list)) else data
            return {"half": self(x, training=False) / 2, "x": x}

    model = Halved(*graph())
    model.compile("adam", "mse")
    outputs = ops.convert_to_numpy(model(X))
    logs = model.evaluate(X, Y, batch_size=48, verbose=0, return_dict=True)
    assert logs == {"largest": pytest.approx(np.abs(Y - outputs).max(), rel=1e-4)}
    predicted = model.predict(X, batch_size=20, verbose=0)
    np.testing.assert_allclose(predicted["half"], outputs / 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(predicted["x"], X)
    history = model.fit(X, Y, validation_data=(X, Y), verbose=0).history
    assert set(history) == {"loss", "val_largest"}


def test_compute_loss_with_a_tracker(training_backend: str) -> None:
    class Own(keras.Model):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.extra = keras.metrics.Mean(name="extra")

        def compute_loss(
            self,
            x: Any = None,
            y: Any = None,
            y_pred: Any = None,
            sample_weight: Any = None,
            training: bool = True,
        ) -> Any:
            loss = ops.mean(ops.square(y - y_pred))
            self.extra.update_state(loss * 2)
            return loss

        def compute_metrics(
            self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
        ) -> Any:
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            results["worst"] = ops.max(ops.abs(y - y_pred))
            return results

    model = Own(*graph())
    model.compile(optimizer=keras.optimizers.Adam(0.05))
    history = model.fit(X, Y, epochs=4, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_allclose(history["extra"], 2 * np.array(history["loss"]), 1e-4)
    assert all(worst > 0 for worst in history["worst"])


def test_what_a_step_returns_reaches_the_callbacks(training_backend: str) -> None:
    class Extra(Portable):
        def train_step(self, data: Any) -> Any:
            return {**super().train_step(data), "seven": 7.0}

    seen = []
    model = compiled(Extra)
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(dict(logs))
    )
    history = model.fit(X, Y, batch_size=24, callbacks=[note], verbose=0).history
    assert history["seven"] == [7.0]
    assert [set(logs) for logs in seen] == [{"loss", "mae", "seven"}] * 2


@pytest.mark.skipif("jax" not in TRAINING_BACKENDS, reason="JAX is not tested")
def test_stateless_step_that_forgets_its_state_is_told() -> None:
    class Forgetful(keras.Model):
        def train_step(self, state: Any, data: Any) -> Any:
            return {"loss": ops.mean(data[0])}

    with keras.backend_scope("jax"):
        model = compiled(Forgetful)
        with pytest.raises((TypeError, ValueError), match="logs, state") as error:
            model.fit(X, Y, verbose=0)
    assert "train_step" in str(error.value) and "Forgetful" in str(error.value)


@pytest.mark.skipif("torch" not in TRAINING_BACKENDS, reason="torch is not tested")
def test_stateless_step_elsewhere_than_on_jax() -> None:
    """The form needs pure functions only, which every backend has."""
    import torch

    class Pure(keras.Model):
        def train_step(self, state: Any, data: Any) -> Any:
            trainable, other, optimizer, metrics = state
            x, y = data
            y_pred, other = self.stateless_call(trainable, other, x, training=True)
            loss = self.compute_loss(x, y, y_pred)
            grads = torch.autograd.grad(loss, trainable)
            trainable, optimizer = self.optimizer.stateless_apply(
                optimizer, grads, trainable
            )
            return {"loss": loss}, (trainable, other, optimizer, metrics)

    with keras.backend_scope("torch"):
        model = compiled(Pure)
        before = model.get_weights()
        history = model.fit(X, Y, epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert not np.allclose(before[0], model.get_weights()[0])
