"""Steps of torch that repeat their calls: as in plain Python, whatever is changed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("on_torch")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(20, 4)).astype("float32")  # batches of 8, 8 and 4
CLASSES = RNG.integers(0, 3, 20).astype("int32")
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]

LOSSES = sorted(
    name
    for name, cls in vars(keras.losses).items()
    if inspect.isclass(cls) and issubclass(cls, keras.Loss)
    if name not in ("Loss", "CTC")
)
METRICS = sorted(
    name
    for name, cls in vars(keras.metrics).items()
    if inspect.isclass(cls) and issubclass(cls, keras.Metric)
    if name not in ("Metric", "MeanMetricWrapper", "Mean", "Sum")
)
ARGUMENTS = {
    "BinaryIoU": {"target_class_ids": [0, 1]},
    "IoU": {"num_classes": 3, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 3},
    "MeanRelativeError": {"normalizer": [1.0, 2.0, 3.0]},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}


def model_of(*inner: Any, cls: Any = keras.Sequential) -> Any:
    last = layers.Dense(3, activation="softmax", name="last")
    return cls([keras.Input((4,)), layers.Dense(5, activation="relu"), *inner, last])


def lines(part: Any) -> list[Any]:
    forms = part._step._forms.values()
    return [x for form in forms for x in getattr(form, "_lines", {}).values()]


def is_repeated(part: Any) -> bool:
    return bool(lines(part)) and None not in lines(part)


def both_ways(make: Any, y: Any, weights: Any = None) -> tuple[Any, list[Any]]:
    """A model whose steps are repeated, and what it and an eager one come to."""
    results = []
    for eagerly in (True, False):
        keras.utils.set_random_seed(1)
        model = make(run_eagerly=eagerly)
        options = {"sample_weight": weights, "batch_size": 8, "verbose": 0}
        history = model.fit(X, y, epochs=2, **options).history
        scores = model.evaluate(X, y, return_dict=True, **options)
        results.append((history, scores, model.get_weights()))
    return model, results


def assert_alike(results: list[Any]) -> None:
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6), *results
    )


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    y = CLASSES if "Sparse" in name or name == "Circle" else ONE_HOT

    def make(**options: Any) -> Any:
        model = model_of()
        loss = getattr(keras.losses, name)()
        model.compile("sgd", loss, metrics=["accuracy"], **options)
        return model

    for weights in (None, np.linspace(0, 1, 20)):
        model, results = both_ways(make, y, weights)
        assert_alike(results)
        assert all(
            map(is_repeated, (model._keras_repeated.judge, model._keras_repeated.note))
        )
        assert is_repeated(model._keras_repeated.test)


@pytest.mark.parametrize("name", METRICS)
def test_metrics(name: str) -> None:
    y = CLASSES if name.startswith("Sparse") or name == "MeanIoU" else ONE_HOT
    given = ARGUMENTS.get(name, {})
    if name in ("IoU", "MeanIoU"):
        y = np.stack([CLASSES] * 3, axis=1) % 2
    if "IoU" in name:
        given = {**given, "dtype": "float32"}  # or weights are cut to integers
    loss = "sparse_categorical_crossentropy" if y is CLASSES else "mse"

    def make(**options: Any) -> Any:
        model = model_of()
        metric = getattr(keras.metrics, name)(**given, name="metric")
        model.compile("sgd", loss, weighted_metrics=[metric], **options)
        return model

    assert_alike(both_ways(make, y, np.linspace(0.1, 1, 20))[1])


@pytest.mark.parametrize("kind", ["dropout", "norm", "penalty", "half", "masked"])
def test_layers_with_state_draws_penalties_and_masks(kind: str) -> None:
    inner: dict[str, Any] = {
        "dropout": lambda: layers.Dropout(0.5, seed=3),
        "norm": layers.BatchNormalization,
        "penalty": lambda: layers.Dense(5, kernel_regularizer="l2"),
        "half": lambda: layers.Dense(5, dtype="mixed_float16"),
        "masked": lambda: layers.Masking(),
    }

    def make(**options: Any) -> Any:
        if kind == "masked":
            parts = [layers.Reshape((4, 1)), layers.Masking(), layers.Dense(3)]
            model = keras.Sequential([keras.Input((4,)), *parts])
            model.compile("sgd", "mse", weighted_metrics=["mae"], **options)
        else:
            model = model_of(inner[kind]())
            loss = "categorical_crossentropy"
            model.compile("adam", loss, metrics=["mse"], **options)
        return model

    y = RNG.normal(size=(20, 4, 3)) if kind == "masked" else ONE_HOT
    model, results = both_ways(make, y)
    assert_alike(results)
    assert is_repeated(model._keras_repeated.note)
    if kind == "norm":  # its statistics are written within the record
        assert is_repeated(model._keras_repeated.judge)


def test_what_is_set_counts_from_the_next_step_on() -> None:
    model = model_of()
    loss = keras.losses.CategoricalCrossentropy()
    model.compile("sgd", loss, metrics=["mse"])
    before = model.evaluate(X, ONE_HOT, verbose=0)
    assert is_repeated(model._keras_repeated.test)
    loss.reduction = "sum"
    after = model.evaluate(X, ONE_HOT, verbose=0)
    assert after[0] > before[0]
    model.get_layer("last").activation = keras.activations.sigmoid
    assert model.evaluate(X, ONE_HOT, verbose=0)[0] != after[0]
    epsilon, sure = keras.config.epsilon(), model.evaluate(X, ONE_HOT, verbose=0)
    try:
        keras.config.set_epsilon(0.4)
        assert model.evaluate(X, ONE_HOT, verbose=0)[0] != sure[0]
    finally:
        keras.config.set_epsilon(epsilon)


def test_layers_that_change_at_each_step_run_plainly_in_silence() -> None:
    model = model_of()
    model.compile("sgd", "mse")
    last = model.get_layer("last")

    class Changes(keras.callbacks.Callback):
        def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
            last.activation = (keras.activations.relu, keras.activations.tanh)[
                batch % 2
            ]

    values = [
        model.evaluate(X, ONE_HOT, batch_size=1, verbose=0, callbacks=[Changes()])
        for _ in range(2)
    ]
    model.run_eagerly = True
    eager = model.evaluate(X, ONE_HOT, batch_size=1, verbose=0, callbacks=[Changes()])
    np.testing.assert_allclose(values, eager, rtol=1e-6)


def test_code_of_the_user_runs_at_each_step() -> None:
    calls: list[str] = []

    def loss(y_true: Any, y_pred: Any) -> Any:
        calls.append("loss")
        return ops.mean(ops.square(y_true - y_pred), axis=-1)

    class Penalty(keras.regularizers.Regularizer):
        def __call__(self, x: Any) -> Any:
            calls.append("penalty")
            return ops.sum(x)

    class Counting(keras.metrics.Mean):
        def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
            calls.append("metric")
            super().update_state(ops.mean(y_pred))

    model = model_of(layers.Dense(3, kernel_regularizer=Penalty()))
    model.compile("sgd", loss, metrics=[Counting()])
    model.evaluate(X, ONE_HOT, batch_size=5, verbose=0)
    calls.clear()
    model.evaluate(X, ONE_HOT, batch_size=5, verbose=0)
    assert sorted(calls) == ["loss"] * 4 + ["metric"] * 4 + ["penalty"] * 4
    model = model_of()
    model.compile("sgd", "mse")
    model.evaluate(X, ONE_HOT, verbose=0)
    model.get_layer("last").register_forward_hook(lambda *_: calls.append("hook"))
    calls.clear()
    model.evaluate(X, ONE_HOT, batch_size=5, verbose=0)
    assert calls == ["hook"] * 4


def test_a_step_of_the_user_that_ends_in_ours() -> None:
    steps: list[int] = []

    class Counts(keras.Sequential):
        def train_step(self, data: Any) -> Any:
            steps.append(1)
            return super().train_step(data)

        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            return 2.0 * super().compute_loss(*args, **kwargs)

    losses = {}
    for cls in (keras.Sequential, Counts):
        keras.utils.set_random_seed(1)
        model = model_of(cls=cls)
        model.compile("sgd", "mse")
        losses[cls] = model.evaluate(X, ONE_HOT, verbose=0)
        model.fit(X, ONE_HOT, batch_size=5, verbose=0)
    assert len(steps) == 4
    np.testing.assert_allclose(losses[Counts], 2 * losses[keras.Sequential], rtol=1e-6)


def test_an_error_has_our_words() -> None:
    model = model_of()
    model.compile("sgd", "sparse_categorical_crossentropy")

    def batches(shape: tuple[int, ...]) -> Iterator[Any]:
        yield X[:4], CLASSES[:4]
        yield X[:4], CLASSES[:4]
        yield np.ones(shape, "float32"), CLASSES[:4]

    with pytest.raises(ValueError, match=r"Dense.*4.*5|5.*4") as found:
        model.evaluate(batches((4, 5)), verbose=0)
    model.run_eagerly = True
    with pytest.raises(ValueError) as eager:
        model.evaluate(batches((4, 5)), verbose=0)
    assert str(found.value) == str(eager.value)
    assert model.evaluate(X, CLASSES, verbose=0) > 0
