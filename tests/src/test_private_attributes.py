"""Attributes with an underscore that packages read of layers, models and the like.

What each is, was seen of the PyPI keras.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

X = np.ones((4, 3), "float32")
Y = np.ones((4, 1), "float32")


class Two(layers.Layer):
    """Its `build` has two shapes."""

    def build(self, a_shape: Any, b_shape: Any) -> None:
        self.w = self.add_weight(shape=(1,), name="w")

    def call(self, a: Any, b: Any) -> Any:
        self.add_loss(ops.sum(a))
        return a + b * self.w


class Plain(layers.Layer):
    """It has no `build`."""

    def call(self, x: Any) -> Any:
        return x


SHAPES = [
    (lambda: layers.Dense(2), (X,), {"input_shape": (4, 3)}),
    (Two, (X, X), {"a_shape": (4, 3), "b_shape": (4, 3)}),
    (Plain, ({"a": X},), {"input_shape": {"a": (4, 3)}}),
    (
        lambda: layers.MultiHeadAttention(1, 2),
        (X[None], X[None]),
        {"query_shape": (1, 4, 3), "value_shape": (1, 4, 3)},
    ),
]


@pytest.mark.parametrize("row", range(len(SHAPES)))
def test_shapes_of_build(row: int) -> None:
    make, inputs, shapes = SHAPES[row]
    layer: Any = make()
    assert layer._build_shapes_dict is None
    layer(*inputs)
    assert layer._build_shapes_dict == shapes


def test_shapes_of_build_by_hand() -> None:
    layer = Plain()
    layer.build((2, 3))
    assert layer._build_shapes_dict == {"input_shape": (2, 3)}
    assert layer.get_build_config() == {"input_shape": (2, 3)}
    layer._build_shapes_dict = {"input_shape": (None, 3)}
    assert layer.get_build_config() == {"input_shape": (None, 3)}


@pytest.mark.parametrize("own_build", [True, False])
@pytest.mark.parametrize("by_hand", [True, False])
def test_after_build(own_build: bool, by_hand: bool) -> None:
    class Late(layers.Layer):
        def _post_build(self) -> None:
            assert self.built and list(self._build_shapes_dict.values()) == [(4, 3)]
            self.late = self.add_weight(shape=(1,), name="late")

        if own_build:

            def build(self, shape: Any) -> None:
                self.early = self.add_weight(shape=(1,), name="early")

        def call(self, x: Any) -> Any:
            return x * self.late

    layer = Late(name="late")
    layer.build(X.shape) if by_hand else layer(X)
    expected = ["late/early", "late/late"] if own_build else ["late/late"]
    assert [weight.path for weight in layer.weights] == expected
    with pytest.raises(ValueError, match="is built"):
        layer.more = layers.Dense(1)


def test_scope_and_losses_of_a_layer(backend: str) -> None:
    layer = Two(name="two")
    layer(X, X)
    with layer._open_name_scope():
        assert keras.Variable(1.0, name="v").path == "two/v"
    outer = keras.Sequential([layers.Dense(2, activity_regularizer="l2")])
    outer(X)
    assert [float(x) for x in layer._get_own_losses()] == [12.0]
    assert outer._get_own_losses() == [] and len(outer.losses) == 1
    with keras.StatelessScope(collect_losses=True):
        layer(X[:1], X[:1])
        assert [float(x) for x in layer._get_own_losses()] == [3.0]


def test_tracked_by_hand() -> None:
    class Heads(layers.Layer):
        def build(self, shape: Any) -> None:
            self.heads: Any = {}
            for name in "ab":
                head = layers.Dense(1, name=name)
                head.build(shape)
                assert self._tracker.track(head) is head
                self.heads[name] = head
            pair = self._tracker.track([layers.Dense(1), 3])
            assert isinstance(pair, list) and pair[1] == 3

        def call(self, x: Any) -> Any:
            return x

    layer = Heads()
    layer(X)
    assert len(layer.variables) == 4
    assert len(layer._flatten_layers(include_self=False)) == 3


def _compiled() -> Any:
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


NAMES = ("_compile_loss", "_compile_metrics", "_compile_config", "_loss_tracker")


def test_parts_of_compile(training_backend: str) -> None:
    model = keras.Sequential([layers.Dense(1)])
    assert [getattr(model, name) for name in NAMES] == [None] * 4
    model.compile("sgd", "mse", metrics=["mae"])
    assert model._compile_config.config["optimizer"] is model.optimizer
    assert model._compile_config.serialize() == model.get_compile_config()
    assert model._symbolic_build(data_batch=(X, Y)) is None
    assert model.built and model.optimizer.built
    assert model._compile_loss.built and model._compile_metrics.built
    loss = model.train_on_batch(X, Y)[0]
    np.testing.assert_allclose(float(model._loss_tracker.result()), loss, rtol=1e-6)
    assert model._loss_tracker in model.metrics
    y_pred = model(X)
    found = float(ops.convert_to_numpy(model._compile_loss(ops.array(Y), y_pred)))
    np.testing.assert_allclose(found, model.evaluate(X, Y, verbose=0)[0], rtol=1e-6)


def test_a_model_may_have_attributes_of_these_names(training_backend: str) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)
            self._loss_tracker = keras.metrics.Mean(name="mine")

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Own()
    model.compile("sgd", "mse")
    assert model._loss_tracker.name == "mine"
    assert set(model.train_on_batch(X, Y, return_dict=True)) == {"loss", "mine"}


def test_build_from_batches() -> None:
    model = _compiled()
    model._symbolic_build(iter([(X, Y)]))
    assert model.optimizer.built and len(model.weights) == 2


def test_graph_with_other_functions(backend: str) -> None:
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    dense = layers.Dense(1, kernel_initializer="ones", name="dense")
    model: Any = keras.Model({"a": a, "b": b}, [dense(a + b), a])
    data = {"b": 2 * X, "a": X}
    flat = model._standardize_inputs(data)
    assert [float(ops.convert_to_numpy(x)[0, 0]) for x in flat] == [1.0, 2.0]
    found = model._run_through_graph(data, operation_fn=lambda operation: operation)
    assert ops.convert_to_numpy(found[0]).tolist() == [[9.0]] * 4
    called = []

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        called.append(operation.name)
        return operation(*args, **kwargs)

    found = model._run_through_graph(
        [X, X],
        lambda operation: layers.Flatten() if operation is dense else operation,
        call_fn=call,
    )
    assert len(called) == 2 and isinstance(found, list)
    again = model._run_through_graph({"a": a, "b": b}, lambda operation: operation)
    assert [x.shape for x in again] == [(None, 1), (None, 3)]


def test_learning_rate() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)
    for rate in (0.5, schedule):
        found = keras.optimizers.SGD(rate)._get_current_learning_rate()
        assert float(ops.convert_to_numpy(found)) == 0.5


def test_a_checkpoint_with_a_rule_of_its_own(
    training_backend: str, tmp_path: Path
) -> None:
    asked = []

    class Second(keras.callbacks.ModelCheckpoint):
        def _should_save_model(
            self, epoch: int, batch: Any, logs: Any, filepath: str
        ) -> bool:
            asked.append((epoch, batch, sorted(logs), Path(filepath).name))
            return epoch == 1

    callback = Second(tmp_path / "{epoch}.keras", save_best_only=True)
    _compiled().fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    names = ["loss", "mae"]
    assert asked == [(0, None, names, "1.keras"), (1, None, names, "2.keras")]
    assert [path.name for path in tmp_path.iterdir()] == ["2.keras"]


def test_moments_and_seeds_of_a_layer(backend: str) -> None:
    x = np.random.default_rng(0).random((4, 3)).astype("float32")
    mean, variance = layers.BatchNormalization()._moments(x, None)
    np.testing.assert_allclose(ops.convert_to_numpy(mean), x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(variance), x.var(0), rtol=1e-4)
    assert keras.initializers.GlorotUniform(seed=3)._init_seed == 3
    assert keras.initializers.GlorotUniform()._init_seed is None
