"""Losses, metrics and weights of models with several outputs."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from keras.training.outputs import Outputs, is_array
from tests.training.test_trainer import T, X, Y

SPARSE = "sparse_categorical_crossentropy"


def two_outputs(as_dict=False, **options):
    inputs = keras.Input((4,))
    a = keras.layers.Dense(1, name="a")(inputs)
    b = keras.layers.Dense(3, activation="softmax", name="b")(inputs)
    model = keras.Model(inputs, {"p": a, "q": b} if as_dict else [a, b])
    model.compile("sgd", **options)
    return model


def by_hand(model):
    a, b = model.predict(X, verbose=0)
    mse = float(((a - T) ** 2).mean())
    nll = float(-np.log(b[np.arange(len(Y)), Y]).mean())
    return mse, nll, float((b.argmax(1) == Y).mean())


def test_lists(backend):
    model = two_outputs(
        loss=["mse", SPARSE], metrics=[["mae"], ["accuracy"]], loss_weights=[0.5, 2.0]
    )
    logs = model.evaluate(X, [T, Y], verbose=0, return_dict=True)
    mse, nll, accuracy = by_hand(model)
    assert sorted(logs) == ["a_loss", "a_mae", "b_accuracy", "b_loss", "loss"]
    np.testing.assert_allclose(logs["a_loss"], mse, rtol=1e-5)
    np.testing.assert_allclose(logs["b_loss"], nll, rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], 0.5 * mse + 2 * nll, rtol=1e-5)
    np.testing.assert_allclose(logs["b_accuracy"], accuracy, rtol=1e-5)
    values = model.evaluate(X, [T, Y], verbose=0)
    names = ["loss", "a_loss", "b_loss", "a_mae", "b_accuracy"]
    np.testing.assert_allclose(values, [logs[name] for name in names], rtol=1e-6)


def test_dictionaries_by_output_name(backend):
    model = two_outputs(
        loss={"a": "mse", "b": SPARSE}, metrics={"b": ["accuracy", "crossentropy"]}
    )
    logs = model.evaluate(X, {"b": Y, "a": T}, verbose=0, return_dict=True)
    mse, nll, _ = by_hand(model)
    np.testing.assert_allclose(logs["loss"], mse + nll, rtol=1e-5)
    np.testing.assert_allclose(logs["b_crossentropy"], nll, rtol=1e-5)


def test_dictionary_outputs(backend):
    model = two_outputs(True, loss={"p": "mse", "q": SPARSE}, metrics={"q": "accuracy"})
    logs = model.evaluate(X, {"p": T, "q": Y}, verbose=0, return_dict=True)
    assert sorted(logs) == ["loss", "p_loss", "q_accuracy", "q_loss"]
    assert sorted(model.predict(X, verbose=0)) == ["p", "q"]


def test_none_leaves_an_output_out(backend):
    model = two_outputs(loss=["mse", None], metrics=[None, "accuracy"])
    logs = model.evaluate(X, [T, Y], verbose=0, return_dict=True)
    assert sorted(logs) == ["b_accuracy", "loss"]
    np.testing.assert_allclose(logs["loss"], by_hand(model)[0], rtol=1e-5)


def test_sample_weight_of_each_output(backend):
    model = two_outputs(loss=["mse", SPARSE])
    weights = [np.ones(48, "float32"), np.zeros(48, "float32")]
    logs = model.evaluate(X, [T, Y], sample_weight=weights, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], by_hand(model)[0], rtol=1e-5)
    np.testing.assert_allclose(logs["b_loss"], 0, atol=1e-7)


def test_misfits_show_both_structures():
    model = two_outputs(loss=["mse", SPARSE, "mae"])
    with pytest.raises(
        ValueError, match=r"2 output.*\['a', 'b'\](.|\n)*\[mse, sparse.*, mae\]"
    ):
        model.evaluate(X, [T, Y], verbose=0)
    model = two_outputs(loss={"zzz": "mse"})
    with pytest.raises(ValueError, match="'zzz': mse"):
        model.evaluate(X, [T, Y], verbose=0)
    model = two_outputs(loss=["mse", SPARSE], loss_weights=[0.5])
    with pytest.raises(ValueError, match="2 losses and 1 weights"):
        model.evaluate(X, [T, Y], verbose=0)
    model = two_outputs(loss=["mse", SPARSE], metrics=["mae"])
    with pytest.raises(ValueError, match="`metrics` does not fit"):
        model.evaluate(X, [T, Y], verbose=0)


def test_outputs_of_nested_structures():
    outputs = Outputs({"a": 1, "b": [2, 3]})
    assert outputs.tensors({"a": 1, "b": [2, 3]}) == [1, 2, 3]
    assert outputs.pick({"b": [5, 6]}, "loss", is_array) == [None, 5, 6]
    assert outputs.pick([7, 8, 9], "loss", is_array) == [7, 8, 9]


def test_duplicate_metrics_get_names_of_their_own(backend):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(
        "sgd", SPARSE, metrics=["accuracy", "accuracy"], weighted_metrics=["accuracy"]
    )
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert sorted(logs) == ["accuracy", "accuracy_1", "loss", "weighted_accuracy"]


@pytest.mark.parametrize(
    ("target", "outputs", "expected"),
    [
        (np.zeros((4, 1)), np.zeros((4, 1)), "BinaryAccuracy"),
        (np.zeros((4,)), np.zeros((4, 3)), "SparseCategoricalAccuracy"),
        (np.zeros((4, 1)), np.zeros((4, 3)), "SparseCategoricalAccuracy"),
        (np.zeros((4, 3)), np.zeros((4, 3)), "CategoricalAccuracy"),
    ],
)
def test_accuracy_fits_the_shapes(target, outputs, expected):
    from keras.training.compile_metrics import CompileMetrics

    metrics = CompileMetrics(["acc"])
    metrics.build(target, outputs)
    assert [type(metric).__name__ for metric in metrics.metrics] == [expected]
    assert metrics.metrics[0].name == "acc"
