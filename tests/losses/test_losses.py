"""Losses: reductions, weights, masks, dtypes, compilation. Values: tests/golden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import losses
from keras.core.masking import set_mask
from tests.golden.cases import _LOSSES, CLASSES, LOGITS, ONE_HOT, PROBABILITIES, TARGETS

ROWS = [row for row in _LOSSES if row[0] not in ("Circle", "CTC")]
IDS = [f"{row[0]}-{i}" for i, row in enumerate(ROWS)]
MASK = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)
Y_TRUE = np.zeros((2, 3, 2), dtype="float32")
# Squared errors 1, 10, 100 in the first sample, 1000, ... in the second.
SQUARES = np.array([[1.0, 10, 100], [1000, 10000, 100000]])
Y_PRED = np.repeat(np.sqrt(SQUARES)[..., None], 2, -1).astype("float32")


@pytest.fixture
def masked() -> Iterator[Any]:
    """Predictions with a mask attached."""

    def make() -> Any:
        tensor = keras.ops.convert_to_tensor(Y_PRED.copy())
        set_mask(tensor, keras.ops.convert_to_tensor(MASK))
        return tensor

    yield make


def number(value: Any) -> np.ndarray:
    """A result as an array."""
    return keras.ops.convert_to_numpy(value)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_compiled_is_eager(training_backend: str, row: Any) -> None:
    name, options, y_true, y_pred = row
    loss = getattr(losses, name)(**options)
    y_true, y_pred = (
        keras.ops.convert_to_tensor(np.array(x)) for x in (y_true, y_pred)
    )
    eager = number(loss(y_true, y_pred))
    compiled = number(keras.jit(loss)(y_true, y_pred))
    np.testing.assert_allclose(compiled, eager, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_gradient_is_that_of_finite_differences(
    training_backend: str, row: Any
) -> None:
    name, options, y_true, y_pred = row
    loss = getattr(losses, name)(**options)
    labels = keras.ops.convert_to_tensor(np.array(y_true))
    start = np.array(y_pred, dtype="float32")
    if name == "CosineSimilarity" and options:
        start = start + 0.1

    def value(x: Any) -> Any:
        return loss(labels, x)

    gradient = number(keras.grad(value)(keras.ops.convert_to_tensor(start)))
    step = np.random.RandomState(1).normal(size=start.shape).astype("float32")
    step *= 2e-3 / np.linalg.norm(step) * np.minimum(np.abs(start) * 5, 1)
    ends = [
        float(value(keras.ops.convert_to_tensor(start + s * step))) for s in (1, -1)
    ]
    expected = (ends[0] - ends[1]) / 2
    assert float((gradient * step).sum()) == pytest.approx(expected, rel=0.05, abs=3e-6)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_dtype(backend: str, row: Any, dtype: str) -> None:
    name, options, y_true, y_pred = row
    loss = getattr(losses, name)(**options, dtype=dtype)
    assert loss.dtype == dtype
    value = loss(np.array(y_true), np.array(y_pred))
    assert keras.ops.dtype(value) == dtype
    assert getattr(losses, name).from_config(loss.get_config()).dtype == dtype


@pytest.mark.parametrize(
    ("reduction", "weight", "expected"),
    [
        ("none", None, [[1, 10, 0], [1000, 0, 0]]),
        ("sum", None, 1011),
        ("sum_over_batch_size", None, 1011 / 3),
        ("mean", None, 1011 / 3),
        ("mean_with_sample_weight", None, 1011 / 3),
        ("sum", [1.0, 2.0], 2011),
        ("sum", [[1.0], [2.0]], 2011),
        ("sum", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 21 + 4000),
        ("mean_with_sample_weight", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 4021 / 7),
    ],
)
def test_mask(
    backend: str, masked: Any, reduction: str, weight: Any, expected: Any
) -> None:
    weight = None if weight is None else np.array(weight, dtype="float32")
    loss = losses.MeanSquaredError(reduction=reduction)
    found = number(loss(Y_TRUE, masked(), sample_weight=weight))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_weights_of_samples_count_for_all_their_steps(backend: str) -> None:
    loss = losses.MeanSquaredError(reduction="none")
    found = number(loss(Y_TRUE, Y_PRED, sample_weight=np.array([1.0, 2.0])))
    np.testing.assert_allclose(found, SQUARES * [[1], [2]], rtol=1e-5)


def test_ignored_classes_do_not_count(backend: str) -> None:
    loss = losses.SparseCategoricalCrossentropy(ignore_class=1)
    probabilities = np.array([[0.2, 0.5, 0.3]] * 3, dtype="float32")
    expected = -(np.log(0.2) + np.log(0.3)) / 2
    found = float(loss(np.array([0, 1, 2]), probabilities))
    assert found == pytest.approx(expected, rel=1e-5)


def test_empty_batch_is_zero(backend: str) -> None:
    value = losses.MeanSquaredError()(np.zeros((0, 3)), np.zeros((0, 3)))
    assert float(value) == 0.0


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32"])
def test_labels_of_any_dtype(backend: str, dtype: str) -> None:
    expected = float(losses.BinaryCrossentropy()(ONE_HOT, PROBABILITIES))
    found = losses.BinaryCrossentropy()(ONE_HOT.astype(dtype), PROBABILITIES)
    assert float(found) == pytest.approx(expected, rel=1e-6)
    if dtype != "bool":
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        expected = float(loss(CLASSES, LOGITS))
        found = loss(CLASSES.astype(dtype), LOGITS)
        assert float(found) == pytest.approx(expected, rel=1e-6)


def test_class_numbers_are_not_rounded(backend: str) -> None:
    """float16 holds no whole numbers above 2048 exactly."""
    logits = np.zeros((1, 4100), dtype="float32")
    logits[0, 4099] = 5.0
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float16")
    assert float(loss(np.array([4099]), logits)) < 4.0
    assert float(loss(np.array([4098]), logits)) > 7.0


def test_custom_loss(backend: str) -> None:
    class Distance(keras.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    loss = Distance()
    expected = np.abs(TARGETS - LOGITS).mean()
    assert float(loss(TARGETS, LOGITS)) == pytest.approx(expected, rel=1e-5)
    assert loss.name.startswith("distance")
    assert loss.get_config() == {
        "name": loss.name,
        "reduction": "sum_over_batch_size",
    }


def test_losses_stay_on_their_backend() -> None:
    with keras.backend_scope("numpy"):
        loss = losses.MeanSquaredError()
    with keras.backend_scope("torch"):
        assert isinstance(loss([[0.0]], [[2.0]]), (np.ndarray, np.generic))


def test_symbolic_predictions() -> None:
    with keras.backend_scope("numpy"):
        y_pred = keras.KerasTensor((None, 5), dtype="float32")
        y_true = keras.KerasTensor((None, 5), dtype="float32")
        values = losses.mean_squared_error(y_true, y_pred)
        assert values.shape == (None,)
        assert losses.MeanSquaredError()(y_true, y_pred).shape == ()


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mse", losses.mean_squared_error),
        ("MSE", losses.mean_squared_error),
        ("mean_squared_error", losses.mean_squared_error),
        ("kld", losses.kl_divergence),
        ("bce", losses.binary_crossentropy),
        ("sparse_categorical_crossentropy", losses.sparse_categorical_crossentropy),
        ("poisson", losses.poisson),
    ],
)
def test_get_functions(identifier: str, expected: Any) -> None:
    assert losses.get(identifier) is expected


def test_get() -> None:
    assert losses.get(None) is None
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    config = losses.serialize(losses.Huber(delta=0.3))
    assert losses.get(config).delta == 0.3
    function = losses.serialize(losses.mean_squared_error)
    assert losses.deserialize(function) is losses.mean_squared_error

    def own(y_true: Any, y_pred: Any) -> Any:
        return y_pred

    assert losses.get(own) is own
    with keras.saving.custom_object_scope({"own": own}):
        assert losses.get("own") is own


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.get("mean_sqared_error"), "Did you mean 'mean_squared_error'"),
        (lambda: losses.get(7), "loss identifier: 7 of type int"),
        (
            lambda: losses.MeanSquaredError(reduction="average"),
            "Unknown reduction.*'sum'",
        ),
        (
            lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.5),
            "`q` of CategoricalGeneralizedCrossEntropy must lie between 0 and 1",
        ),
        (lambda: losses.CTC()(np.zeros((2,)), np.zeros((2, 3))), "ctc takes y_true"),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with keras.backend_scope("numpy"), pytest.raises(ValueError, match=message):
        make()


def test_one_class_warns() -> None:
    """A slip of the program, which runs; it is the axis of the classes that counts."""
    loss = losses.categorical_crossentropy
    with keras.backend_scope("numpy"):
        with pytest.warns(SyntaxWarning, match="there is only one"):
            assert np.allclose(
                loss(np.ones((2, 1)), np.full((2, 1), 0.5)), 0, atol=1e-6
            )
        assert np.allclose(loss([[1.0], [0.0]], [[0.5], [0.5]], axis=0), np.log(2))


def test_what_a_loss_shows() -> None:
    loss = keras.losses.MeanSquaredError(reduction="sum")
    assert repr(loss) == "<MeanSquaredError name=mean_squared_error, reduction=sum>"
    assert loss.fn is keras.losses.mean_squared_error
