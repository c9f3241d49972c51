"""What a training loop compiles is compiled when it first runs, and not again.

Values that JAX must keep where they are and values that it may move are different
arguments to its compiler, though everything else about them is equal: a single such
value among the weights makes all that the step returns another argument to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras.metrics.metric import reset_together
from tests.conftest import BACKENDS

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.skipif("jax" not in BACKENDS, reason="JAX is not tested")

X = np.ones((12, 3), "float32")
Y = np.zeros(12, "int32")


def small(**options: Any) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(
        "adam",
        "sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(1)],
        **options,
    )
    return model


@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 3}])
def test_a_second_step_and_a_second_epoch_compile_nothing(
    options: dict[str, Any], compiled: Any
) -> None:
    with keras.backend_scope("jax"):
        model = small(**options)

        def fit() -> None:
            data = (X, Y)
            model.fit(X, Y, batch_size=4, validation_data=data, verbose=0)

        assert compiled(fit) > 0  # and the count counts
        assert compiled(fit) == 0
        assert compiled(lambda: model.evaluate(X, Y, batch_size=4, verbose=0)) == 0
        model.set_weights(model.get_weights())
        model.optimizer.learning_rate = 0.1
        assert compiled(fit) == 0


def test_a_step_alone_compiles_once(compiled: Any) -> None:
    with keras.backend_scope("jax"):
        model = small()
        assert compiled(lambda: model.train_on_batch(X, Y)) > 0
        assert compiled(lambda: model.train_on_batch(X, Y)) == 0
        model.reset_metrics()
        assert compiled(lambda: model.train_on_batch(X, Y)) == 0


def test_metrics_that_must_stay_on_a_device_do() -> None:
    with keras.backend_scope("jax"):
        mean = keras.metrics.Mean()
        mean.update_state([1.0, 3.0])
        device = jax.devices()[-1]
        for variable in mean.variables:
            variable.assign(jax.device_put(variable.value, device))
        reset_together([mean])
        assert [float(v.value) for v in mean.variables] == [0.0, 0.0]
        assert all(v.value.committed for v in mean.variables)
        assert {d for v in mean.variables for d in v.value.devices()} == {device}
