"""What is checked on TensorFlow with 2 workers; each runs this file."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile

import numpy as np
import pytest
import tensorflow as tf

import keras
from keras import distribution, layers
from keras.core.errors import BackendError
from tests.distribution import children, models

keras.config.set_backend("tensorflow")
RANK = int(os.environ["RANK"])


def agree(name, scope):
    other_seed = functools.partial(keras.utils.set_random_seed, 3 + RANK)
    model = models.agree(name, scope, other_seed)
    for variable in model.variables:
        assert variable._value.distribute_strategy.num_replicas_in_sync == 2
    return model


def strategy():
    """TensorFlow's own, of which a process can have one; no word of Keras about it."""
    found = distribution.DataParallel().device_mesh.backend_mesh
    assert isinstance(found, tf.distribute.MultiWorkerMirroredStrategy)
    return found


def shared_folder():
    folder = tempfile.mkdtemp() if RANK == 0 else ""
    return keras.backends.load("tensorflow").distribution.of_all(folder)[0]


def check_devices():
    assert distribution.list_devices() == ["cpu:0", "cpu:1"]
    chosen = distribution.DataParallel()
    assert (chosen.num_processes, chosen.data_shard_id) == (2, RANK)
    assert chosen.writes_files == (RANK == 0)


def check_mlp():
    agree("mlp", distribution.DataParallel().scope())


def check_convnet():
    agree("convnet", distribution.DataParallel().scope())


def check_transformer():
    agree("transformer", distribution.DataParallel().scope())


def check_strategies_of_tensorflow():
    folder = shared_folder()
    model = agree("mlp", strategy().scope())
    path = os.path.join(folder, "model.keras")
    model.save(path)
    assert os.listdir(folder) == ["model.keras"]
    again = keras.models.load_model(path)
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def check_a_step_of_ones_own():
    models.agree_on_own_step(distribution.DataParallel().scope())


def check_a_loop_of_tensorflow():
    x, y = models.data("mlp")
    losses = []
    several = strategy()
    for scope in (contextlib.nullcontext(), several.scope()):
        with scope:
            model = models.made("mlp")
            data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
            if losses:
                # TensorFlow gives each worker every second sample.
                data = several.experimental_distribute_dataset(data)

            @tf.function
            def step(batch, model=model):
                x, y = batch
                with tf.GradientTape() as tape:
                    loss = model.compute_loss(x, y, model(x, training=True))
                variables = model.trainable_variables
                grads = tape.gradient(loss, variables)
                model.optimizer.apply_gradients(zip(grads, variables, strict=True))
                return loss

            run = tf.distribute.get_strategy().run
            for batch in data:
                run(step, (batch,))
        losses.append(model.evaluate(x, y, verbose=0)[0])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)


def check_data_of_ones_own():
    x, y = models.data("mlp")
    mine = ((x[i : i + 8], y[i : i + 8]) for i in range(RANK * 8, 160, 16))
    options = {"shuffle": False, "verbose": 0}
    wanted = models.made("mlp").fit(x, y, batch_size=16, **options).history
    with distribution.DataParallel(auto_shard_dataset=False).scope():
        got = models.made("mlp").fit(mine, **options).history
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-5)


def check_order_and_statistics():
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        np.random.seed(RANK)  # the order is that of the first worker all the same
        model = models.mlp()
        model.add(layers.BatchNormalization())
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=32, verbose=0)
    sums = [float(np.sum(weight)) for weight in model.get_weights()]
    mine, other = keras.backends.load("tensorflow").distribution.of_all(sums)
    assert mine == other


def check_bad_input():
    x, y = models.data("mlp")
    words = "a replica on each device: cpu:0, cpu:1"
    one = distribution.DataParallel(devices=["cpu:0"])
    with one.scope(), pytest.raises(BackendError, match=words):
        layers.Dense(8).build((None, 16))
    for scope in (distribution.DataParallel().scope(), strategy().scope()):
        with scope:
            with pytest.raises(ValueError, match=r"d/kernel.*\(16, 8\).*\(16, 9\)"):
                layers.Dense(8 + RANK, name="d").build((None, 16))
            dense = layers.Dense(8, name=f"d{RANK}")
            other = keras.Sequential([keras.Input((16,)), dense])
            other.compile("sgd", "sparse_categorical_crossentropy")
            with pytest.raises(ValueError, match=r"different models.*d0/k.*d1/k"):
                other.fit(x, y, batch_size=16, verbose=0)
    words = "15 samples does not divide over 2"
    with distribution.DataParallel().scope(), pytest.raises(ValueError, match=words):
        models.made("mlp").fit(x, y, batch_size=15, verbose=0)


if __name__ == "__main__":
    distribution.initialize()
    children.main(globals())
