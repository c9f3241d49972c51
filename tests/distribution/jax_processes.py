"""What is checked on JAX with 2 processes; each runs this file."""

from __future__ import annotations

import os
import random
import tempfile

# One device for each process, and what is compiled here runs for a moment.
os.environ["XLA_FLAGS"] = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)

import numpy as np
import pytest

import keras
from keras import distribution, layers
from tests.distribution import children, models

keras.config.set_backend("jax")
RANK = int(os.environ["RANK"])


def parallel(shape=(1, 2), **options):
    mesh = distribution.DeviceMesh(shape, ("batch", "model"))
    rules = models.layout_map(mesh)
    return distribution.ModelParallel(layout_map=rules, **options)


def agree(name, chosen):
    return models.agree(name, chosen.scope())


def shared_folder():
    """A folder that the first process made."""
    folder = tempfile.mkdtemp() if RANK == 0 else ""
    return keras.backends.load("jax").distribution.of_all(folder)[0]


def check_seeds_that_nobody_gave():
    assert len(set(keras.backends.load("jax").distribution.of_all(FIRST_DRAWN))) == 1


def check_devices():
    assert distribution.get_device_count() == 2
    assert distribution.DataParallel().num_processes == 2
    assert distribution.DataParallel().data_shard_id == RANK


def check_mlp_data_parallel():
    agree("mlp", distribution.DataParallel())


def check_model_parallel_and_files():
    model = agree("mlp", parallel())
    kernel = model.get_layer("up").kernel
    assert [s.data.shape for s in kernel.value.addressable_shards] == [(16, 16)]
    assert int(model.optimizer.iterations) == 20
    folder = shared_folder()
    models.check_files(model, folder, parallel(), (parallel(), parallel((2, 1)), None))
    assert sorted(os.listdir(folder))[0] == "model.keras"


def check_data_of_ones_own():
    x, y = models.data("mlp")
    chosen = distribution.DataParallel(auto_shard_dataset=False)
    mine = ((x[i : i + 8], y[i : i + 8]) for i in range(RANK * 8, 160, 16))
    model = models.made("mlp")
    wanted = model.fit(x, y, batch_size=16, shuffle=False, verbose=0).history
    with chosen.scope():
        got = models.made("mlp").fit(mine, verbose=0, shuffle=False).history
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-5)


def check_bad_input():
    with pytest.raises(ValueError, match="needs 3 devices. There are 2"):
        distribution.DeviceMesh((3, 1), ("batch", "model"))
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        with pytest.raises(ValueError, match="15 samples does not divide over 2"):
            models.made("mlp").fit(x, y, batch_size=15, verbose=0)
        keras.utils.set_random_seed(RANK)
        model = models.mlp()
        model.compile("sgd", "sparse_categorical_crossentropy")
        with pytest.raises(ValueError, match="different values of the variable"):
            model.fit(x, y, batch_size=16, verbose=0)
        for name, units in ((f"d{RANK}", 8), ("d", 8 + RANK)):
            layer = layers.Dense(units, name=name)
            other = keras.Sequential([keras.Input((16,)), layer])
            other.compile("sgd", "sparse_categorical_crossentropy")
            with pytest.raises(ValueError, match="different models"):
                other.fit(x, y, batch_size=16, verbose=0)


if __name__ == "__main__":
    distribution.initialize()
    FIRST_DRAWN = random.random()
    children.main(globals())
