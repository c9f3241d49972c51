"""What is checked on TensorFlow with 2 virtual CPUs, in a process of its own."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import pytest
import tensorflow as tf

import keras
from keras import distribution, layers
from keras.core.errors import BackendError
from tests.distribution import children, models

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
keras.config.set_backend("tensorflow")
DEVICES = ["cpu:0", "cpu:1"]


def mirrored():
    return distribution.DataParallel(devices=DEVICES).scope()


def check_mlp():
    assert distribution.list_devices("cpu") == DEVICES
    model = models.agree("mlp", mirrored())
    assert len(model.weights[0]._value.values) == 2
    path = os.path.join(tempfile.mkdtemp(), "model.keras")
    model.save(path)
    for scope in (keras.name_scope("alone"), mirrored()):
        with scope:
            again = keras.models.load_model(path)
        for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def check_convnet():
    models.agree("convnet", mirrored())


def check_transformer():
    models.agree("transformer", mirrored())


def check_strategies_of_tensorflow():
    strategy = tf.distribute.MirroredStrategy(DEVICES)
    models.agree("mlp", strategy.scope())


def check_a_step_of_ones_own():
    models.agree_on_own_step(mirrored())


def check_bad_input():
    mesh = distribution.DeviceMesh((2,), ("model",), DEVICES)
    rules = distribution.LayoutMap(mesh)
    rules[".*/kernel"] = (None, "model")
    parallel = distribution.ModelParallel(layout_map=rules)
    with parallel.scope(), pytest.raises(BackendError, match="keeps whole weights"):
        layers.Dense(4, name="dense").build((None, 4))
    model = models.made("mlp")
    x, y = models.data("mlp")
    with mirrored(), pytest.raises(BackendError, match="made before the distribution"):
        model.fit(x, y, batch_size=16, verbose=0)


if __name__ == "__main__":
    children.main(globals())
