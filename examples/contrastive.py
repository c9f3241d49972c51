"""Pictures without labels: a network learns by telling two views of one from others.

    python examples/contrastive.py --backend jax

Each digit is seen twice, moved and blurred by chance. The network has to find the one
view given the other, among the views in a memory of the last batches. What it has
learned shows when labels are guessed from the nearest neighbours. One `train_step`
serves all backends. (He et al., "Momentum Contrast for Unsupervised Visual
Representation Learning", 2020.)
"""

from __future__ import annotations

import argparse

import numpy as np

import keras
from keras import layers, ops


def make_encoder(size: int, features: int) -> keras.Sequential:
    """Pictures to points on a sphere."""
    return keras.Sequential(
        [
            keras.Input((size, size, 1)),
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.Flatten(),
            layers.Dense(features),
            layers.UnitNormalization(),
        ]
    )


class MomentumContrast(keras.Model):
    """An encoder, a slow copy of it, and a memory of what the copy has seen.

    Args:
        size: Height and width of the pictures.
        features: Size of a point.
        memory: How many points are remembered; whole batches of them.
        momentum: How much of itself the copy keeps in a step.
        temperature: How sharply neighbours are told apart.
    """

    def __init__(
        self,
        size: int = 8,
        features: int = 32,
        memory: int = 512,
        momentum: float = 0.99,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        self.momentum, self.temperature = momentum, temperature
        self.encoder = make_encoder(size, features)
        self.slow = make_encoder(size, features)
        self.slow.trainable = False
        self.slow.set_weights(self.encoder.get_weights())
        self.views = keras.Sequential(
            [
                layers.RandomTranslation(0.15, 0.15, fill_mode="constant", seed=1),
                layers.RandomRotation(0.05, fill_mode="constant", seed=2),
                layers.GaussianNoise(0.1, seed=3),
            ]
        )
        random = np.random.default_rng(0).normal(size=(memory, features))
        random /= np.linalg.norm(random, axis=1, keepdims=True)
        self.memory = self.add_weight(
            (memory, features), name="memory", trainable=False
        )
        self.memory.assign(random)
        self.built = True

    def call(self, pictures):
        return self.encoder(pictures)

    def train_step(self, data):
        pictures = data[0] if isinstance(data, tuple) else data
        query, key = (
            self.views(pictures, training=True),
            self.views(pictures, training=True),
        )
        keys = ops.stop_gradient(self.slow(key))
        remembered = ops.convert_to_tensor(self.memory)
        # The view that belongs to the first one is the first candidate.
        labels = ops.zeros((ops.shape(pictures)[0],), "int32")

        def loss():
            points = self.encoder(query, training=True)
            alike = ops.sum(points * keys, axis=1, keepdims=True)
            others = ops.matmul(points, ops.transpose(remembered))
            logits = ops.concatenate([alike, others], axis=1) / self.temperature
            values = ops.sparse_categorical_crossentropy(labels, logits, True)
            return ops.mean(values)

        weights = self.encoder.trainable_variables
        value, grads = keras.value_and_grad(loss, weights)()
        self.optimizer.apply(grads, weights)
        for slow, fast in zip(self.slow.weights, self.encoder.weights, strict=True):
            slow.assign(self.momentum * slow + (1.0 - self.momentum) * fast)
        newest = ops.concatenate([keys, remembered])[: self.memory.shape[0]]
        self.memory.assign(newest)
        return {"loss": value}


def load_data() -> tuple[np.ndarray, np.ndarray]:
    """Digits of 8 x 8, from 0 to 1, and what they are."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.images[..., None] / 16.0).astype("float32"), digits.target


def accuracy(points: np.ndarray, labels: np.ndarray, known: int) -> float:
    """How often the nearest of some known points has the right label."""
    alike = points[known:] @ points[:known].T
    guessed = labels[:known][alike.argmax(axis=1)]
    return float((guessed == labels[known:]).mean())


def recognized(model: MomentumContrast, pictures: np.ndarray) -> float:
    """How often a view is nearest to the other view of the same picture."""
    first, second = (
        model.predict(ops.convert_to_numpy(model.views(pictures, training=True)))
        for _ in range(2)
    )
    nearest = (first @ second.T).argmax(axis=1)
    return float((nearest == np.arange(len(pictures))).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    keras.config.set_backend(arguments.backend)
    keras.config.disable_interactive_logging()
    keras.utils.set_random_seed(0)
    pictures, labels = load_data()
    model = MomentumContrast()
    model.compile(keras.optimizers.Adam(1e-3))
    for epochs in (0, arguments.epochs):
        if epochs:
            model.fit(pictures[:1792], batch_size=128, epochs=epochs, verbose=0)
        guessed = accuracy(model.predict(pictures), labels, known=100)
        print(
            f"After {epochs} epochs {recognized(model, pictures[:200]):.1%} of 200 "
            f"views are recognized, {guessed:.1%} of the digits by 100 known ones"
        )


if __name__ == "__main__":
    main()
