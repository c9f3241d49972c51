"""The models that are trained on one device and on several, and their data."""

from __future__ import annotations

import contextlib
import os

import numpy as np

import keras
from keras import layers

CLASSES, SAMPLES, BATCH = 8, 160, 16


def mlp():
    """Two dense layers."""
    return keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(32, activation="relu", name="up"),
            layers.Dense(CLASSES, name="down"),
        ],
        name="mlp",
    )


def convnet():
    """A convolution whose outputs are normalized over the whole batch."""
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(8, 3, use_bias=False, name="up"),
            layers.BatchNormalization(synchronized=True, name="norm"),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(CLASSES, name="head"),
        ],
        name="convnet",
    )


def transformer():
    """One block of a decoder, of which low-rank parts and norms are trained."""
    tokens = keras.Input((10,), dtype="int32")
    x = layers.Embedding(50, 16, name="embedding")(tokens)
    y = layers.LayerNormalization(name="norm_1")(x)
    x = x + layers.MultiHeadAttention(2, 8, name="attention")(
        y, y, use_causal_mask=True
    )
    y = layers.LayerNormalization(name="norm_2")(x)
    up = layers.Dense(32, activation="gelu", name="up")
    x = x + layers.Dense(16, name="down")(up(y))
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(tokens, layers.Dense(CLASSES, name="head")(x), name="decoder")
    up.enable_lora(4)
    return model


def decoder():
    """One block, as wide as eight devices need to have some heads each."""
    tokens = keras.Input((8,), dtype="int32")
    x = layers.Embedding(50, 16, name="embedding")(tokens)
    y = layers.LayerNormalization(name="norm")(x)
    x = x + layers.MultiHeadAttention(4, 8, name="attention")(
        y, y, use_causal_mask=True
    )
    y = layers.Dense(32, activation="gelu", name="up")(x)
    return keras.Model(tokens, layers.Dense(16, name="down")(y), name="decoder")


MODELS = {"mlp": mlp, "convnet": convnet, "transformer": transformer}
# For the mesh axes ("batch", "model").
RULES = {
    r".*up/kernel|.*up/lora_kernel_b": {
        2: (None, "model"),
        4: (None,) * 3 + ("model",),
    },
    r".*up/bias": {1: ("model",)},
    r".*down/kernel": {2: ("model", None)},
    r".*embedding/embeddings": {2: (None, "model")},
}


def layout_map(mesh, rank=2):
    """The rules for a model whose `up` kernel has so many dimensions."""
    rules = keras.distribution.LayoutMap(mesh)
    for key, layouts in RULES.items():
        rules[key] = layouts.get(rank) or next(iter(layouts.values()))
    return rules


def data(name):
    """Inputs and classes for a model."""
    rng = np.random.default_rng(7)
    y = rng.integers(0, CLASSES, size=SAMPLES).astype("int32")
    if name == "transformer":
        return rng.integers(0, 50, size=(SAMPLES, 10)).astype("int32"), y
    shape = {"mlp": (16,), "convnet": (6, 6, 3)}[name]
    return rng.normal(size=(SAMPLES, *shape)).astype("float32"), y


def made(name, **options):
    """A compiled model, always with the same first weights."""
    keras.utils.set_random_seed(3)
    model = MODELS[name]()
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=1.0, **options),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def trained(name, **fit):
    """A model after 20 steps, and what `fit` and its like said."""
    model = made(name)
    x, y = data(name)
    fit = {"batch_size": BATCH, "epochs": 2, "verbose": 0, **fit}
    history = model.fit(x, y, **fit).history
    found = {"loss": history["loss"], "accuracy": history["accuracy"]}
    if name == "mlp":  # the others would only compile more of the same
        # Of 150 samples the last batch does not divide.
        found["scores"] = model.evaluate(x[:150], y[:150], batch_size=32, verbose=0)
        found["outputs"] = np.asarray(model.predict(x[:13], verbose=0)).tolist()
    return model, found


_ALONE = {}


def alone(name):
    """What is said of a model that is trained on one device."""
    if name not in _ALONE:
        _ALONE[name] = trained(name)[1]
    return _ALONE[name]


def agree(name, scope, begin=None):
    """A model that is trained in a scope: its numbers are those of one device."""
    wanted = alone(name)
    with scope:
        if begin is not None:
            begin()
        model, got = trained(name)
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-5)
    np.testing.assert_allclose(got["accuracy"], wanted["accuracy"], rtol=1e-6)
    for key in set(wanted) & {"scores", "outputs"}:
        np.testing.assert_allclose(got[key], wanted[key], rtol=1e-4, atol=1e-5)
    return model


def agree_on_own_step(scope):
    """A `train_step` written for TensorFlow gives in a scope what it gives alone."""
    import tensorflow as tf

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(8, name="dense")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            variables = self.trainable_variables
            grads = tape.gradient(loss, variables)
            self.optimizer.apply_gradients(zip(grads, variables, strict=True))
            return self.compute_metrics(x, y, self(x))

    x, y = np.arange(64.0).reshape(16, 4) / 64, np.ones((16, 8))
    found = []
    for each in (contextlib.nullcontext(), scope):
        keras.utils.set_random_seed(1)
        with each:
            model = Own()
            model.compile("sgd", "mse", metrics=["mae"])
            logs = model.fit(x, y, batch_size=16, epochs=3, verbose=0).history
        found.append((logs["mae"], model.get_weights()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def _scope(chosen):
    return contextlib.nullcontext() if chosen is None else chosen.scope()


def check_files(model, folder, saving, others, look=None):
    """A trained MLP is the same when its files are read under other distributions.

    `saving` and `others` are distributions, or None for none; `look` is shown each of
    the others with what was read there.
    """
    steps = int(model.optimizer.iterations)
    with _scope(saving):
        weights = model.get_weights()
    for ending in (".keras", ".weights.h5", ".safetensors"):
        path = os.path.join(folder, "model" + ending)
        with _scope(saving):
            (model.save if ending == ".keras" else model.save_weights)(path)
        for chosen in others:
            with _scope(chosen):
                if ending == ".keras":
                    other = keras.models.load_model(path)
                    assert int(other.optimizer.iterations) == steps
                else:
                    other = mlp()
                    other.load_weights(path)
                for a, b in zip(other.get_weights(), weights, strict=True):
                    np.testing.assert_array_equal(a, b)
            if look is not None:
                look(chosen, other)
