"""Writes `tests/fixtures/keras_2/`: files of Keras 2, made by the `tf_keras` package.

Run where `tf_keras` is installed beside TensorFlow, apart from this project:
`TF_USE_LEGACY_KERAS=1 python tests/saving/make_keras_2.py`; with names of functions
below, these alone.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras import layers

FOLDER = Path(__file__).parents[1] / "fixtures" / "keras_2"


def convolutions() -> Any:
    return tf_keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Rescaling(0.5),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(2),
            layers.SeparableConv2D(4, 2),
            layers.Conv2DTranspose(3, 2, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )


def recurrent() -> Any:
    return tf_keras.Sequential(
        [
            layers.Embedding(9, 4, mask_zero=True, input_length=5),
            layers.LSTM(3, return_sequences=True),
            layers.Bidirectional(layers.GRU(2, return_sequences=True)),
            layers.GRU(3, reset_after=False, return_sequences=True),
            layers.SimpleRNN(2, return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
        ]
    )


def attention() -> Any:
    inputs = layers.Input((5, 8))
    attended = layers.MultiHeadAttention(2, 4)(inputs, inputs)
    x = layers.LayerNormalization()(layers.Add()([attended, inputs]))
    x = layers.GlobalMaxPooling1D()(layers.LeakyReLU(alpha=0.2)(x))
    return tf_keras.Model(inputs, layers.Dense(3, "softmax")(x))


def nested() -> Any:
    inner = tf_keras.Sequential([layers.Input((8,)), layers.Dense(4, "tanh")])
    inputs = layers.Input((8,))
    twice = [inner(inputs), inner(layers.Dense(8)(inputs))]
    return tf_keras.Model(inputs, layers.Concatenate()(twice))


def several() -> Any:
    a, b = layers.Input((4,), name="a"), layers.Input((3,), name="b")
    x = layers.concatenate([a, b])
    ends = [layers.Dense(2, name="y")(x), layers.Dense(1, name="z")(x)]
    return tf_keras.Model([a, b], ends)


def states() -> Any:
    """A decoder that starts from the states of an encoder."""
    encoded, decoded = layers.Input((5, 3)), layers.Input((4, 3))
    _, h, c = layers.LSTM(4, return_state=True)(encoded)
    x = layers.LSTM(4, return_sequences=True)(decoded, initial_state=[h, c])
    return tf_keras.Model([encoded, decoded], layers.GRU(4)(x, initial_state=h))


def operations() -> Any:
    """Functions of TensorFlow called on the tensors of a graph."""
    x, other = layers.Input((4,)), layers.Input((4,))
    y = tf.nn.relu(layers.Dense(4)(x)) * 2.0 + 1.0 - other / 3.0
    y = tf.concat([y[:, :2], tf.abs(other)[:, 2:]], axis=-1)
    y = tf.reshape(y, (tf.shape(y)[0], 2, 2)) @ tf.ones((2, 2))
    y = tf.transpose(y, [0, 2, 1])[:, tf.newaxis, 0]
    low, high = tf.split(tf.squeeze(y, 1), [1, -1], axis=1)
    y = tf.where(low > high, tf.reduce_mean(y, axis=-1), 1.0 - high)
    y = tf.nn.l2_normalize(tf.pad(y, [[0, 0], [1, 2]]), axis=-1)
    return tf_keras.Model([x, other], tf.clip_by_value(tf.stack([y, -y], 1), -0.6, 0.6))


def gates() -> Any:
    """Layers with the `hard_sigmoid` of Keras 2, one of them called so."""
    x = inputs = layers.Input((3, 4))
    x = layers.LSTM(3, recurrent_activation="hard_sigmoid", return_sequences=True)(x)
    x = layers.RNN(layers.GRUCell(3, recurrent_activation="hard_sigmoid"))(x)
    x = layers.Dense(4, tf_keras.activations.hard_sigmoid, name="hard_sigmoid")(x)
    return tf_keras.Model(inputs, layers.Activation("hard_sigmoid")(x))


MODELS = (
    *(convolutions, recurrent, attention, nested, several, states, operations),
    gates,
)
# Each optimizer by the name of its files, with the files that hold its state.
OPTIMIZERS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "legacy_adam": ("legacy.Adam", {"amsgrad": True}, ("h5",)),
    "legacy_rmsprop": ("legacy.RMSprop", {"momentum": 0.5, "centered": True}, ("h5",)),
    "legacy_sgd": ("legacy.SGD", {"momentum": 0.9, "decay": 0.5}, ("h5",)),
    "sgd": ("SGD", {}, ("h5", "keras")),
    "nadam": ("Nadam", {}, ("h5", "keras")),
    "adafactor": ("Adafactor", {}, ("h5", "keras")),
    "scaled": ("Adam", {}, ("h5", "keras")),
}


def _optimizers() -> None:
    """Optimizers whose state Keras 3 has in another form; `scaled` is in float16."""
    folder = FOLDER / "optimizers"
    folder.mkdir(exist_ok=True)
    inputs = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    arrays: dict[str, Any] = {"inputs": inputs}
    for name, (path, options, endings) in OPTIMIZERS.items():
        tf_keras.backend.clear_session()
        tf_keras.utils.set_random_seed(1)
        is_scaled = name == "scaled"
        tf_keras.mixed_precision.set_global_policy(
            "mixed_float16" if is_scaled else "float32"
        )
        ends = [layers.Dense(3, "tanh", bias_initializer="ones"), layers.Dense(3)]
        model = tf_keras.Sequential([layers.Input((3,)), *ends])
        kind: Any = tf_keras.optimizers
        for part in path.split("."):
            kind = getattr(kind, part)
        model.compile(kind(0.01, **options), "mse", run_eagerly=True)
        # The product of Nadam's momenta has gone by then: Keras 2 starts it anew.
        for _ in range(60 if name == "nadam" else 3):
            model.train_on_batch(inputs, np.zeros((4, 3), "float32"))
        for ending in endings:
            model.save(folder / f"{name}.{ending}")
        arrays[f"{name} out"] = model.predict_on_batch(inputs)
        model.train_on_batch(inputs, np.zeros((4, 3), "float32"))
        arrays[f"{name} next"] = model.predict_on_batch(inputs)
    tf_keras.mixed_precision.set_global_policy("float32")
    np.savez_compressed(folder / "optimizers.npz", **arrays)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    for make in [
        one for one in MODELS if one.__name__ in sys.argv[1:] or not sys.argv[1:]
    ]:
        tf_keras.backend.clear_session()
        tf_keras.utils.set_random_seed(1)
        model, path = make(), str(FOLDER / make.__name__)
        if make is recurrent:
            inputs = [generator.integers(0, 9, (3, 5)).astype("int32")]
        else:
            sizes = [tuple(x.shape[1:]) for x in model.inputs]
            inputs = [generator.normal(size=(3, *s)).astype("float32") for s in sizes]
        given = inputs if len(inputs) > 1 else inputs[0]
        model.compile(tf_keras.optimizers.Adam(0.01), "mse")
        targets = [np.zeros_like(y) for y in _listed(model.predict(given, verbose=0))]
        targets = targets if len(targets) > 1 else targets[0]
        model.train_on_batch(given, targets)
        outputs = _listed(model.predict(given, verbose=0))
        model.save(f"{path}.keras")
        model.save(f"{path}.h5")
        model.save_weights(f"{path}.weights.h5")
        Path(f"{path}.json").write_text(model.to_json())
        model.train_on_batch(given, targets)
        after = _listed(model.predict(given, verbose=0))
        named = {"in": inputs, "out": outputs, "next": after}
        arrays = {f"{k}{i}": v for k, vs in named.items() for i, v in enumerate(vs)}
        np.savez_compressed(f"{path}.npz", **arrays)

    if not sys.argv[1:] or "optimizers" in sys.argv[1:]:
        _optimizers()
    if not sys.argv[1:]:
        _compiled(generator.normal(size=(4, 6)).astype("float32"))


def _compiled(inputs: np.ndarray) -> None:
    """Compiled with objects, and names of functions, for two outputs."""
    x = layers.Input((6,))
    model = tf_keras.Model(
        x, [layers.Dense(3, "softmax", name="a")(x), layers.Dense(2, name="b")(x)]
    )
    decay = tf_keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(
        tf_keras.optimizers.RMSprop(decay),
        {
            "a": tf_keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
            "b": "mse",
        },
        loss_weights={"a": 1.0, "b": 0.5},
        metrics={"a": ["accuracy", tf_keras.metrics.AUC(name="auc")], "b": ["mae"]},
    )
    targets = [np.eye(4, 3, dtype="float32"), np.ones((4, 2), "float32")]
    model.train_on_batch(inputs, targets)
    for ending in ("keras", "h5"):
        model.save(FOLDER / f"_compiled.{ending}")
    found = model.evaluate(inputs, targets, verbose=0)
    np.savez_compressed(FOLDER / "_compiled.npz", inputs=inputs, evaluated=found)


def _listed(outputs: Any) -> list[Any]:
    return outputs if isinstance(outputs, list) else [outputs]


if __name__ == "__main__":
    main()
