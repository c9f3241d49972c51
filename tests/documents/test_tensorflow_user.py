"""A TensorFlow user's day with a Keras model: tapes, functions, checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

tf = pytest.importorskip("tensorflow")


@pytest.fixture(autouse=True)
def on_tensorflow() -> Iterator[None]:
    with keras.backend_scope("tensorflow"):
        keras.utils.set_random_seed(0)
        yield


def data(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((count, 8)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")


def make() -> keras.Model:
    inputs = keras.Input((8,), name="features")
    x = layers.Dense(16, activation="relu", name="hidden")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("form", ["apply", "apply_gradients"])
def test_the_documents_training_loop(compiled: bool, form: str) -> None:
    model = make()
    optimizer = keras.optimizers.SGD(learning_rate=0.3)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy()

    def train_step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss_value = loss_fn(y, logits)
        grads = tape.gradient(loss_value, model.trainable_weights)
        if form == "apply":
            optimizer.apply(grads, model.trainable_weights)
        else:
            optimizer.apply_gradients(zip(grads, model.trainable_weights))
        accuracy.update_state(y, logits)
        return loss_value

    step = tf.function(train_step) if compiled else train_step
    dataset = tf.data.Dataset.from_tensor_slices(data()).batch(32)
    losses: list[float] = []
    for _ in range(6):
        for x, y in dataset:
            losses.append(float(step(x, y)))
    assert losses[-1] < 0.6 * losses[0]
    assert 0.5 < float(accuracy.result()) <= 1.0
    assert int(optimizer.iterations.numpy()) == 12


def test_gradients_agree_with_those_of_tf_variables() -> None:
    model = make()
    x, _ = data()
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_mean(tf.square(model(x)))
    mine = tape.gradient(loss, model.trainable_variables)
    theirs = tape.gradient(loss, [v.value for v in model.trainable_variables])
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    one = tape.gradient(loss, model.get_layer("hidden").kernel)
    assert one.shape == (8, 16)
    named = tape.gradient(loss, {"k": model.get_layer("logits").kernel})
    assert named["k"].shape == (16, 2)


def test_watching_inputs_and_chosen_weights() -> None:
    model = make()
    x = tf.constant(data(4)[0])
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        tape.watch(model.get_layer("logits").bias.value)
        loss = tf.reduce_sum(model(x))
    by_input, by_bias = tape.gradient(loss, [x, model.get_layer("logits").bias])
    assert by_input.shape == (4, 8)
    np.testing.assert_allclose(by_bias, [4.0, 4.0])


def test_frozen_weights_are_not_watched() -> None:
    model = make()
    model.get_layer("hidden").trainable = False
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(data(4)[0], training=True))
    names = [v.path for v in model.trainable_variables]
    assert not any("hidden" in name for name in names)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert all(g is not None for g in gradients)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_a_function(jit_compile: bool) -> None:
    model = make()
    x, _ = data()
    traces = []

    @tf.function(
        input_signature=[tf.TensorSpec((None, 8))] if not jit_compile else None,
        jit_compile=jit_compile,
    )
    def run(x: Any) -> Any:
        traces.append(1)
        return tf.nn.softmax(model(x, training=False))

    expected = tf.nn.softmax(model(x))
    np.testing.assert_allclose(run(tf.constant(x)), expected, rtol=1e-4, atol=1e-5)
    assert run(tf.constant(x)).shape == (64, 2)
    if not jit_compile:
        assert run(tf.constant(x[:5])).shape == (5, 2)
    assert len(traces) == 1
    # Weights are read when the function runs, not when it was traced.
    model.get_layer("logits").kernel.assign(np.zeros((16, 2)))
    np.testing.assert_allclose(run(tf.constant(x)), 0.5)


def trained() -> keras.Model:
    model = make()
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(*data(), epochs=2, verbose=0)
    return model


def check_restored(model: keras.Model, twin: keras.Model) -> None:
    x, _ = data()
    np.testing.assert_allclose(
        twin.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )
    assert int(twin.optimizer.iterations.numpy()) == 4
    states = zip(model.optimizer.variables, twin.optimizer.variables, strict=True)
    for mine, theirs in states:
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_checkpoint_of_model_and_optimizer(tmp_path: Path) -> None:
    model, twin = trained(), make()
    twin.optimizer = keras.optimizers.Adam(0.01)
    twin.optimizer.build(twin.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    path = checkpoint.save(str(tmp_path / "ckpt"))
    status = tf.train.Checkpoint(model=twin, optimizer=twin.optimizer).restore(path)
    status.assert_consumed()
    check_restored(model, twin)


def test_checkpoint_restored_before_the_build(tmp_path: Path) -> None:
    def unbuilt() -> keras.Model:
        return keras.Sequential(
            [layers.Dense(16, "relu"), layers.BatchNormalization(), layers.Dense(2)]
        )

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model, twin = unbuilt(), unbuilt()
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(*data(), epochs=2, verbose=0)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    path = checkpoint.save(str(tmp_path / "ckpt"))
    twin.compile(keras.optimizers.Adam(0.5), loss)
    status = tf.train.Checkpoint(model=twin, optimizer=twin.optimizer).restore(path)
    twin.build((None, 8))
    twin.optimizer.build(twin.trainable_variables)
    status.assert_consumed()
    check_restored(model, twin)
    assert float(twin.optimizer.learning_rate.numpy()) == pytest.approx(0.01)


def test_checkpoint_manager_keeps_the_last(tmp_path: Path) -> None:
    model = trained()
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(model=model), str(tmp_path), max_to_keep=1
    )
    manager.save()
    kernel = model.get_layer("hidden").kernel
    before = kernel.numpy().copy()
    kernel.assign(np.zeros((8, 16)))
    manager.restore_or_initialize()
    np.testing.assert_array_equal(kernel.numpy(), before)


class Scaled(keras.Model):
    """Holds a variable and a function of TensorFlow's own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)
        self.scale = tf.Variable(2.0)

    def call(self, x: Any) -> Any:
        return self.dense(x) * self.scale

    @tf.function(input_signature=[tf.TensorSpec((None, 8))])
    def twice(self, x: Any) -> Any:
        return 2.0 * self(x)


def test_checkpoint_of_tf_variables_in_a_model(tmp_path: Path) -> None:
    model, twin = Scaled(), Scaled()
    model(data(4)[0])
    model.scale.assign(5.0)
    path = tf.train.Checkpoint(model=model).save(str(tmp_path / "ckpt"))
    tf.train.Checkpoint(model=twin).restore(path)
    twin(data(4)[0])
    assert float(twin.scale) == 5.0
    for mine, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_saved_model_with_a_signature(tmp_path: Path) -> None:
    model = make()
    x, _ = data()

    @tf.function(input_signature=[tf.TensorSpec((None, 8), name="features")])
    def serve(features: Any) -> Any:
        return {"logits": model(features, training=False)}

    tf.saved_model.save(model, str(tmp_path / "model"), signatures=serve)
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    outputs = loaded.signatures["serving_default"](features=tf.constant(x))
    np.testing.assert_allclose(outputs["logits"], model(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["graph", "sequential", "subclass"])
def test_saved_model_serves_the_call(name: str, tmp_path: Path) -> None:
    x, _ = data(5)
    if name == "sequential":
        model: Any = keras.Sequential([keras.Input((8,)), layers.Dense(2)])
    else:
        model = make() if name == "graph" else Scaled()
    expected = model(x)
    tf.saved_model.save(model, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    serve = loaded.signatures["serving_default"]
    outputs = serve(inputs=tf.constant(x))
    np.testing.assert_allclose(outputs["output_0"], expected, rtol=1e-4, atol=1e-5)
    assert serve(inputs=tf.constant(x[:2]))["output_0"].shape == (2, 2)
    if name == "subclass":
        twice = loaded.twice(tf.constant(x))
        np.testing.assert_allclose(twice, 2 * expected, rtol=1e-4, atol=1e-5)


def test_saved_again_after_a_change(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(2)])
    tf.saved_model.save(model, str(tmp_path / "first"))
    model.add(layers.Dense(3))
    tf.saved_model.save(model, str(tmp_path / "second"))
    serve = tf.saved_model.load(str(tmp_path / "second")).signatures["serving_default"]
    assert serve(inputs=tf.constant(data(4)[0]))["output_0"].shape == (4, 3)


def test_a_layer_inside_a_tf_module(tmp_path: Path) -> None:
    class Module(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)
            self.dense.build((None, 8))
            self.scale = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec((None, 8))])
        def __call__(self, x: Any) -> Any:
            return self.scale * self.dense(x)

    module = Module()
    x = data(4)[0]
    tf.saved_model.save(module, str(tmp_path / "module"))
    loaded = tf.saved_model.load(str(tmp_path / "module"))
    np.testing.assert_allclose(loaded(tf.constant(x)), module(tf.constant(x)))


def test_tf_code_in_a_layer_and_a_dataset_that_maps_one() -> None:
    class Smooth(layers.Layer):
        def call(self, x: Any) -> Any:
            return tf.nn.moments(x, axes=[-1])[0][:, None] + x

    model = keras.Sequential([keras.Input((8,)), Smooth(), layers.Dense(2)])
    assert model.output_shape == (None, 2)
    x, _ = data(8)
    assert model(x).shape == (8, 2)
    scale = layers.Rescaling(0.5)
    dataset = tf.data.Dataset.from_tensor_slices(x).batch(4).map(scale)
    np.testing.assert_allclose(np.concatenate(list(dataset)), 0.5 * x)
