"""What is checked on torch with 2 processes; each runs this file."""

from __future__ import annotations

import contextlib
import functools
import os
import runpy
import tempfile

import numpy as np
import pytest
import torch

import keras
from keras import distribution, layers
from tests.distribution import children, models, table

keras.config.set_backend("torch")
torch.set_num_threads(1)
RANK = int(os.environ["RANK"])


def parallel(name, shape=(1, 2)):
    mesh = distribution.DeviceMesh(shape, ("batch", "model"))
    rank = 4 if name == "convnet" else 2
    return distribution.ModelParallel(layout_map=models.layout_map(mesh, rank))


def agree(name, chosen=None):
    chosen = distribution.DataParallel() if chosen is None else chosen
    other_seed = functools.partial(keras.utils.set_random_seed, 3 + RANK)
    return models.agree(name, chosen.scope(), other_seed)


def check_mlp():
    assert distribution.list_devices() == ["cpu:0", "cpu:1"]
    agree("mlp")


def check_convnet():
    agree("convnet")


def check_transformer():
    agree("transformer")


def part_of(variable):
    return tuple(variable.value.to_local().shape)


def check_mlp_model_parallel():
    model = agree("mlp", parallel("mlp"))
    assert part_of(model.get_layer("up").kernel) == (16, 16)
    assert part_of(model.get_layer("down").kernel) == (16, 8)
    momenta = [v for v in model.optimizer.variables if "up_kernel" in v.path]
    assert [part_of(v) for v in momenta] == [(16, 16)]


def check_convnet_model_parallel():
    model = agree("convnet", parallel("convnet", (2, 1)))
    assert type(model.get_layer("up").kernel.value) is torch.nn.Parameter
    model = agree("convnet", parallel("convnet"))
    assert part_of(model.get_layer("up").kernel) == (3, 3, 3, 4)


def check_transformer_model_parallel():
    model = agree("transformer", parallel("transformer"))
    assert part_of(model.get_layer("embedding").embeddings) == (50, 8)


def check_weights_and_order_are_those_of_the_first_process():
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        keras.utils.set_random_seed(RANK)
        model = models.mlp()
        optimizer = keras.optimizers.Adam(gradient_accumulation_steps=2)
        model.compile(optimizer, "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=32, verbose=0)
    sums = [float(np.sum(weight)) for weight in model.get_weights()]
    from_all = model._keras_backend.distribution.of_all(sums)
    assert from_all[0] == from_all[1]


def check_mixed_precision_and_a_step_of_ones_own():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(8, name="dense", dtype="mixed_float16")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            loss = self.compute_loss(x, y, self(x, training=True))
            self.zero_grad()
            self.optimizer.scale_loss(loss).backward()
            variables = self.trainable_weights
            grads = [v.value.grad for v in variables]
            with torch.no_grad():
                self.optimizer.apply(grads, variables)
            return self.compute_metrics(x, y, self(x))

    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 4)).astype("float32")
    y = rng.normal(size=(16, 8)).astype("float32")
    found = []
    for scope in (None, distribution.DataParallel().scope()):
        keras.utils.set_random_seed(1)
        if scope is not None:
            scope.__enter__()
        model = Own()
        inner = keras.optimizers.SGD(0.1, global_clipnorm=0.5)
        scaled = keras.optimizers.LossScaleOptimizer(inner, initial_scale=64.0)
        model.compile(scaled, "mse", metrics=["mae"])
        logs = model.fit(x, y, batch_size=16, epochs=3, verbose=0).history
        found.append((logs["mae"], model.get_weights()))
        if scope is not None:
            scope.__exit__(None, None, None)
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-3)
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


def check_one_process_writes():
    processes = keras.backends.load("torch").distribution
    folder = shared_folder()
    path = os.path.join(folder, "model.keras")
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        model = models.made("mlp")
        saved = keras.callbacks.ModelCheckpoint(path)
        model.fit(x, y, batch_size=16, verbose=0, callbacks=[saved])
    assert os.listdir(folder) == ["model.keras"]
    again = keras.models.load_model(path)
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    processes.barrier("read")


def shared_folder():
    folder = [tempfile.mkdtemp() if RANK == 0 else None]
    torch.distributed.broadcast_object_list(folder, 0)
    return folder[0]


def check_files_of_any_number_of_devices():
    folder = shared_folder()
    x, y = models.data("mlp")
    with parallel("mlp").scope():
        model = models.made("mlp")
        model.fit(x, y, batch_size=16, verbose=0)
    assert int(model.optimizer.iterations) == 10
    others = (parallel("mlp"), parallel("mlp", (2, 1)), None)
    models.check_files(model, folder, parallel("mlp"), others)


def check_a_distribution_set_late():
    model = models.made("mlp")
    x, y = models.data("mlp")
    distribution.set_distribution(parallel("mlp"))
    try:
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history
        again = model.predict(x[:5], verbose=0)
    finally:
        distribution.set_distribution(None)
    np.testing.assert_allclose(history["loss"], models.alone("mlp")["loss"], rtol=1e-5)
    momenta = [v for v in model.optimizer.variables if "up_kernel" in v.path]
    for variable in (model.get_layer("up").kernel, *momenta):
        assert part_of(variable) == (16, 16)
    assert type(again) is np.ndarray
    assert all(
        v.value is p for v, p in zip(model.weights, model.parameters(), strict=True)
    )


def check_a_loop_of_ones_own():
    x, y = models.data("mlp")
    found = []
    for chosen in (contextlib.nullcontext(), parallel("mlp").scope()):
        with chosen:
            model = models.made("mlp")
            loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            adam = keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)

            @keras.jit
            def step(x, y, model=model, loss_of=loss_of, adam=adam):
                def loss():
                    return loss_of(y, model(x, training=True))

                variables = model.trainable_variables
                value, grads = keras.value_and_grad(loss, variables)()
                adam.apply(grads, variables)
                return value

            losses = [float(step(x[i::4], y[i::4])) for i in range(4)]
        found.append(losses)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def check_mixed_precision_in_parts():
    x, y = models.data("mlp")
    found = []
    for chosen in (contextlib.nullcontext(), parallel("mlp").scope()):
        keras.utils.set_random_seed(1)
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            with chosen:
                model = models.made("mlp")
                history = model.fit(x, y, batch_size=16, verbose=0).history
        finally:
            keras.config.set_dtype_policy("float32")
        found.append(history["loss"])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-2)


def check_whole_weights_are_not_kept():
    # As by `fully_shard`: whole for one product, and again for its gradient.
    rules = distribution.LayoutMap(distribution.DeviceMesh((2,), ("batch",)))
    rules[".*/kernel"] = ("batch", None)
    kept = []

    def keep(tensor):
        part = tensor.to_local() if hasattr(tensor, "to_local") else tensor
        kept.append(part.untyped_storage().nbytes())
        return tensor

    with distribution.ModelParallel(layout_map=rules).scope():
        wide = [layers.Dense(64, use_bias=False) for _ in range(3)]
        model = keras.Sequential([keras.Input((64,)), *wide])
        model.compile("sgd", "mse", run_eagerly=True)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            model.train_on_batch(np.ones((4, 64)), np.ones((4, 64)))
    assert max(kept) == 64 * 64 * 4 // 2


def check_layers_in_parts():
    for number, row in enumerate(table.some_rows()):
        table.agrees(row, ((1, 2), (2, 1))[number % 2])


def check_layouts_of_outputs():
    rules = distribution.LayoutMap(parallel("mlp", (1, 2)).device_mesh)
    rules["up/kernel"] = (None, "model")
    rules["up/output"] = (None, None)
    chosen = distribution.ModelParallel(layout_map=rules)
    with chosen.scope():
        layer = keras.layers.Dense(8, name="up")
        outputs = layer(np.ones((4, 2), "float32"))
        assert part_of(layer.kernel) == (2, 4)
    assert outputs.to_local().shape == (4, 8)


def check_the_example():
    program = runpy.run_path("examples/scale/transformer.py")
    small = "--epochs 2 --samples 32 --batch 8 --width 16 --length 12 --depth 1"
    found = []
    for model in "12":
        arguments = program["parse"]([*small.split(), "--model", model])
        keras.utils.set_random_seed(1)
        np.random.seed(2)  # the order of the data
        found.append(program["train"](arguments))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def check_hand_written_ddp():
    model = models.mlp()
    wrapped = torch.nn.parallel.DistributedDataParallel(model)
    loss = wrapped(torch.full((4, 16), float(RANK))).sum()
    loss.backward()
    grads = [float(v.value.grad.sum()) for v in model.trainable_weights]
    from_all = model._keras_backend.distribution.of_all(grads)
    assert from_all[0] == from_all[1]


def check_data_of_ones_own():
    x, y = models.data("mlp")
    parallel = distribution.DataParallel(auto_shard_dataset=False)
    starts = range(RANK * 8, 160, 16)
    mine = ((x[i : i + 8], y[i : i + 8]) for i in starts)
    keras.utils.set_random_seed(3)
    alone = models.made("mlp")
    wanted = alone.fit(x, y, batch_size=16, shuffle=False, verbose=0).history
    with parallel.scope():
        model = models.made("mlp")
        got = model.fit(mine, verbose=0, shuffle=False).history
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-5)


def check_statistics_of_ones_own():
    x = np.full((8, 3), float(RANK), "float32")
    with distribution.DataParallel(auto_shard_dataset=False).scope():
        model = keras.Sequential([keras.Input((3,)), layers.BatchNormalization()])
        model.compile("sgd", "mse")
        model.fit(x, x, batch_size=8, verbose=0)
    # Each process saw only its own values; what is kept is the mean of them.
    moving = model.layers[0].moving_mean.numpy()
    np.testing.assert_allclose(moving, np.full(3, 0.5 * 0.01), rtol=1e-5)


def check_bad_input():
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        model = models.made("mlp")
        with pytest.raises(ValueError, match="15 samples does not divide over 2"):
            model.fit(x, y, batch_size=15, verbose=0)
        with pytest.raises(ValueError, match=r"d/kernel.*\(16, 8\).*\(16, 9\)"):
            layers.Dense(8 + RANK, name="d").build((None, 16))
        other = keras.Sequential([keras.Input((16,)), layers.Dense(8, name=f"d{RANK}")])
        other.compile("sgd", "sparse_categorical_crossentropy")
        with pytest.raises(ValueError, match=r"different models.*d0/kernel.*d1/kernel"):
            other.fit(x, y, batch_size=16, verbose=0)
    words = r"'up/kernel' \(rule .* dimension 1, of size 7"
    with parallel("mlp").scope(), pytest.raises(ValueError, match=words):
        layers.Dense(7, name="up").build((None, 16))
    other = keras.Sequential([keras.Input((16,)), layers.Dense(8, name=f"d{RANK}")])
    other.compile("sgd", "sparse_categorical_crossentropy")
    with parallel("mlp").scope(), pytest.raises(ValueError, match="different models"):
        other.fit(x, y, batch_size=16, verbose=0)


if __name__ == "__main__":
    distribution.initialize()
    children.main(globals())
    torch.distributed.destroy_process_group()
