"""Steps and losses that a user overrides, in every documented form."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from tests.conftest import TRAINING_BACKENDS
from tests.training.test_trainer import T, X


def made(cls, **options):
    inputs = keras.Input((4,))
    model = cls(inputs, keras.layers.Dense(1)(inputs))
    model.compile(keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"], **options)
    return model


def check_trains_as_usual(custom):
    """A custom step that does the usual thing ends at the usual weights."""
    usual = made(keras.Model)
    usual.set_weights(custom.get_weights())
    expected = usual.fit(X, T, epochs=3, shuffle=False, verbose=0).history
    history = custom.fit(X, T, epochs=3, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
    for a, b in zip(custom.get_weights(), usual.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


class Portable(keras.Model):
    def train_step(self, data):
        x, y = data

        def loss():
            y_pred = self(x, training=True)
            return self.compute_loss(y=y, y_pred=y_pred), y_pred

        (value, y_pred), grads = keras.value_and_grad(
            loss, self.trainable_variables, has_aux=True
        )()
        self.optimizer.apply(grads, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(value)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


@pytest.mark.parametrize("name", TRAINING_BACKENDS)
def test_portable_train_step(name):
    with keras.backend_scope(name):
        model = made(Portable)

        history = model.fit(X, T, epochs=3, shuffle=False, batch_size=16, verbose=0)
        assert history.history["loss"][-1] < history.history["loss"][0]
        assert history.history["mae"][-1] < history.history["mae"][0]


@pytest.mark.parametrize("name", TRAINING_BACKENDS)
def test_compute_loss_and_compute_metrics(name):
    class Doubled(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return 2.0 * super().compute_loss(x, y, y_pred, sample_weight)

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**results, "one": 1.0 + 0.0 * results["loss"]}

    with keras.backend_scope(name):
        model, usual = made(Doubled), made(keras.Model)
        usual.set_weights(model.get_weights())
        logs = model.evaluate(X, T, verbose=0, return_dict=True)
        plain = usual.evaluate(X, T, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], 2 * plain["loss"], rtol=1e-5)
    assert logs["one"] == 1.0


def test_stateless_train_step_on_jax():
    jax = pytest.importorskip("jax")

    class Stateless(keras.Model):
        def losses_and_updates(self, trainable, other, metrics, x, y):
            y_pred, other = self.stateless_call(trainable, other, x, training=True)
            loss, (_, other, metrics) = self.stateless_compute_loss(
                trainable, other, metrics, x=x, y=y, y_pred=y_pred
            )
            return loss, (y_pred, other, metrics)

        def train_step(self, state, data):
            trainable, other, optimizer, metrics = state
            x, y = data
            grad_fn = jax.value_and_grad(self.losses_and_updates, has_aux=True)
            (loss, (y_pred, other, metrics)), grads = grad_fn(
                trainable, other, metrics, x, y
            )
            trainable, optimizer = self.optimizer.stateless_apply(
                optimizer, grads, trainable
            )
            logs, new_metrics, start = {}, [], 0
            for metric in self.metrics:
                stop = start + len(metric.variables)
                values, start = metrics[start:stop], stop
                if metric.name == "loss":
                    values = metric.stateless_update_state(
                        values, loss, sample_weight=x.shape[0]
                    )
                else:
                    values = metric.stateless_update_state(values, y, y_pred)
                logs[metric.name] = metric.stateless_result(values)
                new_metrics += values
            return logs, (trainable, other, optimizer, new_metrics)

    with keras.backend_scope("jax"):
        check_trains_as_usual(made(Stateless))


def test_gradient_tape_on_tensorflow():
    tf = pytest.importorskip("tensorflow")

    class Taped(keras.Model):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            variables = self.trainable_variables
            gradients = tape.gradient(loss, [v.value for v in variables])
            self.optimizer.apply(gradients, variables)
            count = keras.ops.shape(x)[0]
            self.metrics[0].update_state(loss, sample_weight=count)
            return self.compute_metrics(x, y, y_pred)

    with keras.backend_scope("tensorflow"):
        check_trains_as_usual(made(Taped))


def test_backward_on_torch():
    torch = pytest.importorskip("torch")

    class Backward(keras.Model):
        def train_step(self, data):
            x, y = data
            self.zero_grad()
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
            loss.backward()
            variables = list(self.trainable_weights)
            gradients = [v.value.grad for v in variables]
            with torch.no_grad():
                self.optimizer.apply(gradients, variables)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss, sample_weight=x.shape[0])
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    with keras.backend_scope("torch"):
        check_trains_as_usual(made(Backward))


@pytest.mark.parametrize("name", TRAINING_BACKENDS)
def test_a_step_that_returns_no_dictionary(name):
    class Wrong(keras.Model):
        def train_step(self, data):
            return 1.0

    with keras.backend_scope(name):
        model = made(Wrong)
        with pytest.raises(TypeError, match="must return a dictionary"):
            model.fit(X, T, verbose=0)
