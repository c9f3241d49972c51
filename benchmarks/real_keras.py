"""Real models in Keras' public API: one text for this keras and the PyPI one.

Three are of `keras.applications`, the others those of `examples/`, in sizes that fit
two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import real_workloads as w
from models_keras import KerasSide

import keras

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

import bert
import gpt
import unet
import vision_transformer


def warm_up() -> None:
    """A training of next to nothing."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 2)), np.zeros((2, 1)), verbose=0)
    model.predict_on_batch(np.zeros((1, 2)))


def application(name: str, **options: Any) -> keras.Model:
    return getattr(keras.applications, name)(
        weights=None,
        input_shape=w.IMAGE,
        classes=w.CLASSES,
        classifier_activation=None,
        **options,
    )


def make_bert() -> keras.Model:
    encoder = bert.make_encoder(w.VOCABULARY, w.LENGTH, w.WIDTH, w.DEPTH, w.HEADS)
    logits = encoder.get_layer("embedding")(encoder.output, reverse=True)
    return keras.Model(encoder.input, logits)


def make_gpt() -> keras.Model:
    model = gpt.GPT(w.VOCABULARY, w.LENGTH, w.WIDTH, w.DEPTH, w.HEADS)
    model(np.zeros((1, w.LENGTH), "int32"))
    return model


MODELS: dict[str, Callable[[], keras.Model]] = {
    "resnet50": lambda: application("ResNet50"),
    "mobilenet_v3": lambda: application("MobileNetV3Small"),
    "efficientnet_b0": lambda: application("EfficientNetB0"),
    "unet": lambda: unet.make_model(w.IMAGE, w.FILTERS, w.CLASSES),
    "vit": lambda: vision_transformer.make_model(
        w.IMAGE, w.PATCH, w.VIT_WIDTH, w.VIT_DEPTH, w.VIT_HEADS, w.CLASSES, 0.0
    ),
    "bert": make_bert,
    "gpt": make_gpt,
}


class Contender(KerasSide):
    """One of the real models."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model = self.build()
        self._next: Any = None

    def build(self) -> keras.Model:
        model = MODELS[self.name]()
        model.compile(
            optimizer=keras.optimizers.Adam(w.LEARNING_RATE),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        return model

    def fit(self, x: np.ndarray, y: np.ndarray) -> float:
        history = self.model.fit(
            x, y, batch_size=w.BATCH, epochs=1, verbose=0, shuffle=False
        )
        return float(history.history["loss"][-1])

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict_on_batch(x))

    def write(self, prompt: np.ndarray, count: int) -> np.ndarray:
        """The most likely tokens after a prompt of one, each from a cache."""
        if self._next is None:
            self._next = compiled(self.model, next_token(self.model))
        token, cache = keras.ops.convert_to_tensor(prompt), self.model.empty_cache()
        tokens = []
        for position in range(count):
            token, cache = self._next(token, np.array(position, "int32"), cache)
            tokens.append(token)
        return np.concatenate([keras.ops.convert_to_numpy(each) for each in tokens])


def next_token(model: keras.Model) -> Callable[..., Any]:
    def step(token: Any, position: Any, cache: Any) -> tuple[Any, Any]:
        logits, cache = model.step(token, position, cache)
        return keras.ops.cast(keras.ops.argmax(logits, axis=-1), "int32"), cache

    return step


def compiled(model: keras.Model, step: Callable[..., Any]) -> Callable[..., Any]:
    """`keras.jit`, or what a user of the PyPI keras writes in its place."""
    if hasattr(keras, "jit"):
        return keras.jit(step, jit_compile="auto")
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(step)
    if backend == "jax":
        import jax

        def pure(values: list[Any], *arguments: Any) -> Any:
            mapping = list(zip(model.variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return step(*arguments)

        run = jax.jit(pure)
        return lambda *arguments: run([v.value for v in model.variables], *arguments)
    import torch

    step = torch.no_grad()(step)
    return lambda token, position, cache: step(token, torch.from_numpy(position), cache)
