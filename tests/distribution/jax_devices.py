"""What is checked on JAX with 8 devices; run by `test_jax.py` in a child process."""

from __future__ import annotations

import contextlib
import math
import os
import re
import tempfile

os.environ["XLA_FLAGS"] = (
    "--xla_force_host_platform_device_count=8 "
    # What is compiled here runs for a moment.
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import keras
from keras import distribution, layers
from keras.backends.jax.variable import Variable
from tests.distribution import children, models

keras.config.set_backend("jax")


def grid(shape=(2, 4)):
    return distribution.DeviceMesh(shape, ("batch", "model"))


def parallel(name, shape=(2, 4)):
    rank = 4 if name == "convnet" else 2
    return distribution.ModelParallel(layout_map=models.layout_map(grid(shape), rank))


def agree(name, chosen):
    return models.agree(name, chosen.scope())


def part_of(variable):
    return variable.value.addressable_shards[0].data.shape


def variables_of(model):
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


@contextlib.contextmanager
def no_whole_copies(*shapes):
    """Fails if a device holds a whole array of one of these shapes when a variable is
    made or set."""

    def look():
        for array in jax.live_arrays():
            for shard in array.addressable_shards:
                assert shard.data.shape not in shapes, (array.shape, array.sharding)

    make, assign = Variable._initialize, Variable._direct_assign

    def made(self, value):
        make(self, value)
        look()

    def assigned(self, value):
        assign(self, value)
        look()

    Variable._initialize, Variable._direct_assign = made, assigned
    try:
        yield
        look()
    finally:
        Variable._initialize, Variable._direct_assign = make, assign


def check_mlp_data_parallel():
    agree("mlp", distribution.DataParallel())


def check_mlp_model_parallel():
    model = agree("mlp", parallel("mlp"))
    assert part_of(model.get_layer("up").kernel) == (16, 8)
    assert part_of(model.get_layer("down").kernel) == (8, 8)
    momenta = [v for v in model.optimizer.variables if "up_kernel" in v.path]
    assert [part_of(v) for v in momenta] == [(16, 8)]


def check_convnet_data_parallel():
    model = agree("convnet", distribution.DataParallel())
    assert all(v.value.sharding.is_fully_replicated for v in variables_of(model))


def check_convnet_model_parallel():
    model = agree("convnet", parallel("convnet"))
    assert part_of(model.get_layer("up").kernel) == (3, 3, 3, 2)


def check_transformer_data_parallel():
    agree("transformer", distribution.DataParallel())


def check_transformer_model_parallel():
    model = agree("transformer", parallel("transformer"))
    assert part_of(model.get_layer("embedding").embeddings) == (50, 4)
    assert part_of(model.get_layer("up").lora_kernel_b) == (4, 8)


def check_files_of_any_number_of_devices():
    x, y = models.data("mlp")
    with parallel("mlp").scope():
        model = models.made("mlp")
        model.fit(x, y, epochs=1, verbose=0, batch_size=16)
    assert int(model.optimizer.iterations) == 10

    def on(shape):
        names = [f"cpu:{i}" for i in range(shape[0] * shape[1])]
        mesh = distribution.DeviceMesh(shape, ("batch", "model"), names)
        return distribution.ModelParallel(layout_map=models.layout_map(mesh))

    def look(chosen, other):
        if chosen is not None:
            parts = chosen.device_mesh.shape[1]
            assert part_of(other.get_layer("up").kernel) == (16, 32 // parts)

    others = [on((2, 4)), on((8, 1)), on((1, 2)), None]
    models.check_files(model, tempfile.mkdtemp(), None, others, look)


def check_no_device_holds_a_whole_weight():
    path = os.path.join(tempfile.mkdtemp(), "wide.keras")
    rules = distribution.LayoutMap(grid((1, 8)))
    rules[".*/kernel"] = (None, "model")
    shape = (48, 72)
    parallel = distribution.ModelParallel(layout_map=rules)
    with parallel.scope(), no_whole_copies(shape):
        for first in ("glorot_uniform", "orthogonal", drawn_on_devices(), "ones"):
            model = keras.Sequential(
                [keras.Input((48,)), layers.Dense(72, kernel_initializer=first)]
            )
        model.compile("adam", "mse")
        model.fit(np.ones((8, 48)), np.ones((8, 72)), batch_size=8, verbose=0)
        weights = model.get_weights()
        model.set_weights(weights)
        model.save(path)
        model.load_weights(path)
        again = keras.models.load_model(path)
    assert part_of(again.layers[0].kernel) == (48, 9)
    slots = [v for v in again.optimizer.variables if v.shape == shape]
    assert {part_of(v) for v in slots} == {(48, 9)} and len(slots) == 2
    np.testing.assert_array_equal(again.get_weights()[0], weights[0])


def drawn_on_devices():
    return keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(4))


def check_first_values_are_those_of_one_device():
    for first in ("glorot_uniform", "orthogonal", "zeros"):
        values = []
        for scope in (contextlib.nullcontext(), parallel("mlp").scope()):
            keras.utils.set_random_seed(1)
            with scope:
                layer = layers.Dense(8, kernel_initializer=first, name="up")
                layer.build((None, 16))
                values.append(layer.kernel.numpy())
        np.testing.assert_allclose(values[0], values[1], atol=1e-6)
    for seed in (5,):
        values = []
        for scope in (contextlib.nullcontext(), parallel("mlp").scope()):
            with scope:
                generator = keras.random.SeedGenerator(seed)
                make = keras.initializers.RandomUniform(seed=generator)
                layer = layers.Dense(8, kernel_initializer=make, name="up")
                layer.build((None, 16))
                values.append(layer.kernel.numpy())
                assert generator.state.numpy()[1] > 0
        np.testing.assert_allclose(values[0], values[1], atol=1e-6)


def check_a_distribution_set_late():
    model = models.made("mlp")
    x, y = models.data("mlp")
    distribution.set_distribution(parallel("mlp"))
    try:
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history
    finally:
        distribution.set_distribution(None)
    np.testing.assert_allclose(history["loss"], models.alone("mlp")["loss"], rtol=1e-5)
    momenta = [v for v in model.optimizer.variables if "up_kernel" in v.path]
    for variable in (model.get_layer("up").kernel, *momenta):
        assert part_of(variable) == (16, 8)


def check_steps_of_ones_own():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.up = layers.Dense(8, name="up")

        def call(self, x):
            return self.up(x)

        def train_step(self, data):
            x, y = data

            def loss():
                return keras.ops.mean(keras.ops.square(self(x, training=True) - y))

            value, grads = keras.value_and_grad(loss, self.trainable_variables)()
            self.optimizer.apply(grads, self.trainable_variables)
            return {"loss": value}

    x, y = np.ones((16, 4), "float32"), np.ones((16, 8), "float32")
    found = []
    for scope in (contextlib.nullcontext(), parallel("mlp").scope()):
        keras.utils.set_random_seed(2)
        with scope:
            model = Own()
            model.compile("sgd")
            found.append(model.fit(x, y, verbose=0, epochs=3).history["loss"])
            step = keras.jit(model.__call__)
            found.append(keras.ops.convert_to_numpy(step(x)).tolist())
    np.testing.assert_allclose(found[0], found[2], rtol=1e-5)
    np.testing.assert_allclose(found[1], found[3], rtol=1e-5)
    assert part_of(model.up.kernel) == (4, 2)


def check_resume_after_a_stop():
    folder = tempfile.mkdtemp()
    x, y = models.data("mlp")

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def backup():
        return keras.callbacks.BackupAndRestore(os.path.join(folder, "backup"))

    options = {"batch_size": 16, "epochs": 2, "verbose": 0, "shuffle": False}
    with parallel("mlp").scope():
        whole = models.made("mlp").fit(x, y, **options).history["loss"]
        with contextlib.suppress(KeyboardInterrupt):
            models.made("mlp").fit(x, y, callbacks=[backup(), Stop()], **options)
        model = models.made("mlp")
        resumed = model.fit(x, y, callbacks=[backup()], **options).history["loss"]
    np.testing.assert_allclose(resumed, whole[1:], rtol=1e-6)


def check_convolutions_in_groups():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 4, 4, 4)).astype("float32")
    made = [
        (x, lambda: layers.DepthwiseConv2D(3, depth_multiplier=2)),
        (x, lambda: layers.Conv2D(6, 3, groups=2, data_format="channels_first")),
        (x[..., 0], lambda: layers.Conv1D(6, 2, 2, padding="causal", groups=2)),
    ]
    for inputs, make in made:
        found = []
        for scope in (contextlib.nullcontext(), parallel("mlp").scope()):
            keras.utils.set_random_seed(2)
            with scope:
                model = keras.Sequential([make(), layers.Flatten(), layers.Dense(1)])
                model.compile(keras.optimizers.SGD(0.1), "mse")
                y = np.ones((8, 1), "float32")
                model.fit(inputs, y, batch_size=8, epochs=2, verbose=0)
                found.append(model.get_weights())
        for alone, split in zip(*found, strict=True):
            np.testing.assert_allclose(split, alone, rtol=1e-4, atol=1e-6)


def check_a_step_that_moves_to_other_meshes():
    pair = distribution.DataParallel(devices=["cpu:0", "cpu:1"])
    meshes = (parallel("mlp"), pair, parallel("mlp", (4, 2)))
    x = np.random.default_rng(0).normal(size=(8, 4, 4, 4)).astype("float32")
    found, shapes = [], []
    for moves in ((None,) * len(meshes), meshes):
        keras.utils.set_random_seed(2)
        model = keras.Sequential(
            [
                keras.Input((4, 4, 4)),
                layers.DepthwiseConv2D(3, depth_multiplier=2),
                layers.Flatten(),
                layers.Dense(8, name="up"),
            ]
        )
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build(model.trainable_variables)

        @keras.jit
        def step(x, model=model, optimizer=optimizer):
            def loss():
                return keras.ops.mean(keras.ops.square(model(x) - 1))

            value, grads = keras.value_and_grad(loss, model.trainable_variables)()
            optimizer.apply(grads, model.trainable_variables)
            return value

        batch = x
        for chosen in moves:
            with contextlib.nullcontext() if chosen is None else chosen.scope():
                if chosen is not None:
                    for variable in (*model.variables, *optimizer.variables):
                        variable._layout = None
                        variable.distribute(chosen.layout_for(variable))
                    batch = chosen.backend.distribution.distribute_batch(chosen, x)
                    shapes.append(part_of(model.layers[-1].kernel))
                step(batch)
        step(batch)  # outside of the scope arrays stay on their mesh
        found.append(model.get_weights())
    assert shapes == [(32, 2), (32, 8), (32, 4)]
    for alone, split in zip(*found, strict=True):
        np.testing.assert_allclose(split, alone, rtol=1e-4, atol=1e-6)


def check_tensors():
    mesh = grid()
    layout = distribution.TensorLayout((None, "model"), mesh)
    tensor = distribution.distribute_tensor(np.arange(32.0).reshape(4, 8), layout)
    assert tensor.addressable_shards[0].data.shape == (4, 2)

    @keras.jit
    def double(x):
        return distribution.distribute_tensor(x * 2, layout)

    assert (
        double(np.ones((4, 8), "float32")).sharding.spec == layout.backend_layout.spec
    )
    both = distribution.TensorLayout((("batch", "model"),), mesh)
    spread = distribution.distribute_tensor(np.arange(16), both)
    assert spread.addressable_shards[0].data.shape == (2,)
    with pytest.raises(ValueError, match="does not divide into 4 parts"):
        distribution.distribute_tensor(np.ones((4, 6)), layout)


def check_layouts_of_outputs():
    rules = distribution.LayoutMap(grid())
    rules[".*up/output"] = ("batch", "model")
    rules[".*down/output"] = ("model",)
    chosen = distribution.ModelParallel(layout_map=rules)

    class Block(layers.Layer):
        def build(self, shape):
            self.up = layers.Dense(8, name="up")
            self.up.build(shape)

        def call(self, x):
            return self.up(x)

    def make():
        return keras.Sequential(
            [
                keras.Input((8,)),
                layers.Dense(8, name="up"),
                Block(name="block"),
                layers.Dense(8, name="down"),
            ]
        )

    x = np.ones((8, 8), "float32")
    late = make()
    late.compile("sgd", "mse")
    with chosen.scope():
        model = make()
        model.compile("sgd", "mse")
        late.fit(x, x, verbose=0)
    for each in (model, late):
        for layer in (each.layers[0], each.layers[1].up):
            for call in (layer, keras.jit(layer.__call__)):
                sharding = call(x).sharding
                assert tuple(sharding.spec) == ("batch", "model"), layer.path
        assert each(x).addressable_shards[0].data.shape == (2, 8)
    words = "output of layer .*up. has shape .* size 3, does not divide into 2 parts"
    with chosen.scope(), pytest.raises(ValueError, match=words):
        model(x[:3])


def check_plan():
    cases = [
        ("mlp", parallel("mlp", (2, 4))),
        ("convnet", distribution.DataParallel()),
        ("decoder", by_heads((4, 2))),
    ]
    for name, chosen in cases:
        make = models.decoder if name == "decoder" else models.MODELS[name]
        adam = keras.optimizers.Adam()
        planned = distribution.plan(make, chosen, 16, adam)
        with chosen.scope():
            model = make()
            adam.build(model.trainable_variables)
        assert planned.weights == held(model.variables)
        assert planned.optimizer == held(adam.variables)
        assert planned.gradients == held(model.trainable_variables)
        if name == "mlp":  # a model there is, is planned like one to be made
            assert distribution.plan(model, chosen, 16, adam) == planned
        kept, sent = measured(model, chosen, 16)
        assert planned.activations == kept, (name, planned, kept)
        # The compiler also exchanges the loss and joins some sums of batch statistics.
        np.testing.assert_allclose(planned.communicated, sent, rtol=0.1, err_msg=name)


def by_heads(shape):
    """The layout of the example: each device has some heads and some hidden units."""
    rules = distribution.LayoutMap(grid(shape))
    rules[".*(query|key|value)/kernel"] = (None, "model", None)
    rules[".*(query|key|value)/bias"] = ("model", None)
    rules[".*attention_output/kernel"] = ("model", None, None)
    rules["up/kernel"] = (None, "model")
    rules["up/bias"] = ("model",)
    rules["down/kernel"] = ("model", None)
    return distribution.ModelParallel(layout_map=rules)


def measured(model, chosen, batch):
    """Bytes that a device holds between outputs and gradients, and bytes that it sends
    in a compiled step."""
    rng = np.random.default_rng(0)
    (spec,) = model.inputs
    shape = (batch, *spec.shape[1:])

    def loss(weights, others, x):
        outputs, _ = model.stateless_call(weights, others, x, training=True)
        return keras.ops.mean(keras.ops.square(outputs))

    def draw(like, sharding):
        size = shape_of(like)
        is_float = like.dtype in ("float32", np.float32)
        drawn = rng.normal(size=size) if is_float else rng.integers(50, size=size)
        return jax.device_put(np.asarray(drawn, like.dtype), sharding)

    def shape_of(like):
        return shape if like is spec else like.shape

    def draws():
        weights, others = (
            [draw(v.value, v.value.sharding) for v in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )
        x = draw(spec, chosen.get_data_layout(shape).backend_layout)
        return weights, others, x

    @jax.jit
    def forward(weights, *rest):
        return jax.tree.leaves(jax.vjp(lambda w: loss(w, *rest), weights)[1])

    # What is the same for all inputs is a constant; what was given takes no more.
    one, other = draws(), draws()
    seen = [np.asarray(x) for x in jax.tree.leaves(one)]
    kept = 0
    for x, y in zip(forward(*one), forward(*other), strict=True):
        array = np.asarray(x)
        if not np.array_equal(array, y):
            if not any(np.array_equal(array, known) for known in seen):
                seen.append(array)
                kept += x.addressable_shards[0].data.nbytes
    places = [v.value.sharding for v in model.trainable_variables]
    grads = jax.jit(jax.grad(loss), out_shardings=places)
    return kept, sum(map(sent_by, grads.lower(*one).compile().as_text().splitlines()))


def sent_by(line):
    """Bytes that a device sends for a line of a compiled program, by rings."""
    found = re.search(r"= (.*?) all-(reduce|gather)\(", line)
    if found is None:
        assert not re.search(r" (all-|reduce-scatter|collective-)", line), line
        return 0
    groups = re.search(
        r"replica_groups=(\{\{[\d,]*\}|\[\d+,\d+\]|mesh.* \{.*?\})", line
    )[1]
    if groups.startswith("mesh"):  # `mesh['x'=2,'y'=4] {'x'}`
        sizes = dict(re.findall(r"'(\w+)'=(\d+)", groups))
        axes = re.findall(r"\w+", groups[groups.rindex("{") :])
        devices = math.prod(int(sizes[axis]) for axis in axes)
    elif groups.startswith("["):  # `[4,2]<=[8]`: four groups of two
        devices = int(re.findall(r"\d+", groups)[1])
    else:  # `{{0,1},{2,3}}`
        devices = len(re.findall(r"\d+", groups))
    numbers = re.findall(r"f32\[([\d,]*)\]", found[1])
    held = 4 * sum(math.prod(map(int, filter(None, n.split(",")))) for n in numbers)
    return (1 + (found[2] == "reduce")) * (devices - 1) / devices * held


def held(variables):
    return sum(v.value.addressable_shards[0].data.nbytes for v in variables)


def check_meshes_of_jax_itself():
    x = models.data("transformer")[0][:16]
    model = models.transformer()
    others = [np.asarray(v.value) for v in model.non_trainable_variables]

    def loss(weights, x):
        outputs = model.stateless_call(weights, others, x)[0]
        return keras.ops.sum(keras.ops.square(outputs)), outputs

    step = jax.jit(jax.grad(loss, has_aux=True))
    weights = [np.asarray(v.value) for v in model.trainable_variables]
    grads, outputs = step(weights, x)
    explicit = (AxisType.Explicit,) * 2  # which tells each array's type where it lies
    mesh = jax.make_mesh((2, 4), ("batch", "model"), axis_types=explicit)
    batch = jax.device_put(x, NamedSharding(mesh, PartitionSpec("batch")))
    with jax.set_mesh(mesh):
        found = step(weights, batch)
    assert tuple(found[1].sharding.spec)[:1] == ("batch",)
    for got, expected in zip([found[1], *found[0]], [outputs, *grads], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)


def check_bad_input():
    with pytest.raises(ValueError, match="needs 6 devices. There are 8"):
        grid((2, 3))
    words = r"'up/kernel' \(rule .* dimension 1, of size 6"
    with parallel("mlp").scope(), pytest.raises(ValueError, match=words):
        layers.Dense(6, name="up").build((None, 4))
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        model = models.made("mlp")
        before = model.get_weights()
        with pytest.raises(ValueError, match="15 samples does not divide over 8"):
            model.fit(x, y, batch_size=15, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert distribution.list_devices("cpu") == [f"cpu:{i}" for i in range(8)]
    assert distribution.get_device_count() == 8


if __name__ == "__main__":
    children.main(globals())
