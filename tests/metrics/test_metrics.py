"""Metrics: state, weights, masks, compilation. Values: tests/golden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import metrics
from keras.core.masking import set_mask
from tests.golden.cases import _METRICS, BINARY, LOGITS, SHARES, TARGETS

IDS = [f"{row[0]}-{i}" for i, row in enumerate(_METRICS)]
Y_TRUE = np.zeros((2, 3, 2), dtype="float32")
SQUARES = np.array([[1.0, 10, 100], [1000, 10000, 100000]])
Y_PRED = np.repeat(np.sqrt(SQUARES)[..., None], 2, -1).astype("float32")
MASK = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)


def make(row: Any) -> tuple[Any, Any, Any]:
    """A new metric with labels and predictions."""
    name, options, y_true, y_pred = row
    tensors = (keras.ops.convert_to_tensor(np.array(x)) for x in (y_true, y_pred))
    return (getattr(metrics, name)(**options), *tensors)


def number(value: Any) -> np.ndarray:
    """A result as an array."""
    return keras.ops.convert_to_numpy(value)


@pytest.mark.parametrize("row", _METRICS, ids=IDS)
def test_stateless_is_stateful(backend: str, row: Any) -> None:
    metric, y_true, y_pred = make(row)
    metric.update_state(y_true, y_pred)
    expected = number(metric.result())
    metric.reset_state()
    state = metric.stateless_reset_state()
    state = metric.stateless_update_state(state, y_true, y_pred)
    np.testing.assert_allclose(
        number(metric.stateless_result(state)), expected, rtol=1e-6
    )
    for variable in metric.variables:
        assert not variable.numpy().any()


@pytest.mark.parametrize("row", _METRICS, ids=IDS)
def test_compiled_is_eager(training_backend: str, row: Any) -> None:
    metric, y_true, y_pred = make(row)
    metric.update_state(y_true, y_pred)
    expected = number(metric.result())
    metric.reset_state()
    keras.jit(metric.update_state)(y_true, y_pred)
    found = number(metric.result())
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("row", _METRICS, ids=IDS)
def test_reset_starts_anew(backend: str, row: Any) -> None:
    metric, y_true, y_pred = make(row)
    metric.update_state(y_true, y_pred)
    first = number(metric.result())
    metric.update_state(y_true, y_pred)
    metric.reset_state()
    metric.update_state(y_true, y_pred)
    np.testing.assert_array_equal(number(metric.result()), first)


@pytest.mark.parametrize("row", _METRICS, ids=IDS)
def test_before_any_data(backend: str, row: Any) -> None:
    metric, _, _ = make(row)
    if row[0] != "R2Score":
        assert not np.asarray(number(metric.result())).any()
    assert metric.name
    assert all(not variable.trainable for variable in metric.variables)


@pytest.mark.parametrize(
    ("weight", "total", "count"),
    [
        (None, 111111 / 3, 2),
        ([1.0, 2.0], 37 + 2 * 37000, 3),
        ([[1.0], [2.0]], 37 + 2 * 37000, 3),
        ([[1.0, 2, 3], [4, 5, 6]], 107 + 218000, 7),
    ],
)
def test_mean_counts_samples(
    backend: str, weight: Any, total: float, count: float
) -> None:
    weight = None if weight is None else np.array(weight)
    metric = metrics.MeanSquaredError()
    metric.update_state(Y_TRUE, Y_PRED, sample_weight=weight)
    assert float(metric.total.numpy()) == pytest.approx(total, rel=1e-5)
    assert float(metric.count.numpy()) == pytest.approx(count, rel=1e-6)


@pytest.mark.parametrize("name", ["MeanSquaredError", "RootMeanSquaredError"])
def test_masked_places_do_not_count(backend: str, name: str) -> None:
    y_pred = keras.ops.convert_to_tensor(Y_PRED.copy())
    set_mask(y_pred, keras.ops.convert_to_tensor(MASK))
    metric = getattr(metrics, name)()
    metric.update_state(Y_TRUE, y_pred)
    expected = 1011 / 3 if name == "MeanSquaredError" else (1011 / 3) ** 0.5
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_mean_of_a_mask(backend: str) -> None:
    values = keras.ops.convert_to_tensor(np.array([1.0, 2.0, 30.0], dtype="float32"))
    set_mask(values, keras.ops.convert_to_tensor(np.array([True, True, False])))
    assert float(metrics.Mean()(values)) == 1.5
    assert float(metrics.Sum()(values)) == 3.0


def test_auc_is_the_rank_statistic(backend: str) -> None:
    """With a threshold between any two predictions the area is exact."""
    labels, scores = BINARY.reshape(-1), SHARES.reshape(-1)
    higher = (scores[labels == 1][:, None] > scores[labels == 0][None, :]).mean()
    metric = metrics.AUC(thresholds=sorted(float(s) + 1e-6 for s in scores))
    assert float(metric(labels, scores)) == pytest.approx(higher, abs=1e-5)


def test_many_thresholds_count_as_few_do(backend: str) -> None:
    thresholds = [i / 20 for i in range(21)]
    metric = metrics.TruePositives(thresholds=thresholds)
    found = number(metric(BINARY, SHARES))
    for threshold, value in zip(thresholds, found, strict=True):
        assert value == ((np.float32(threshold) < SHARES) & (BINARY == 1)).sum()


def test_metrics_inside_metrics(backend: str) -> None:
    class Both(keras.Metric):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.mean = metrics.Mean()
            self.largest = self.add_weight(name="largest")

        def update_state(self, values: Any) -> None:
            self.mean.update_state(values)
            peak = keras.ops.max(values)
            self.largest.assign(keras.ops.maximum(self.largest, peak))

        def result(self) -> Any:
            return {"mean": self.mean.result(), "largest": self.largest.value}

    metric = Both(name="both")
    assert len(metric.variables) == 3
    assert metric.variables[0].path == "both/largest"
    found = metric(keras.ops.convert_to_tensor(np.array([1.0, 3.0], dtype="float32")))
    assert {k: float(v) for k, v in found.items()} == {"mean": 2.0, "largest": 3.0}
    metric.reset_state()
    assert not any(variable.numpy() for variable in metric.variables)


def test_result_of_another_dtype(backend: str) -> None:
    metric = metrics.Mean(dtype="float16")
    assert metric.dtype == "float16"
    assert keras.ops.dtype(metric([1.0, 2.0])) == "float16"


def test_updates_leave_other_backends_alone() -> None:
    with keras.backend_scope("numpy"):
        metric = metrics.MeanSquaredError()
    with keras.backend_scope("torch"):
        metric.update_state(TARGETS, LOGITS)
        assert isinstance(metric.result(), (np.ndarray, np.generic))


def test_wrapper_config(backend: str) -> None:
    metric = metrics.MeanMetricWrapper(keras.losses.huber, name="soft", delta=0.5)
    restored = metrics.deserialize(metrics.serialize(metric))
    assert restored.name == "soft"
    assert restored.get_config() == metric.get_config()
    expected = float(metric(TARGETS, LOGITS))
    assert float(restored(TARGETS, LOGITS)) == expected


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mse", metrics.MeanSquaredError),
        ("accuracy", metrics.Accuracy),
        ("auc", metrics.AUC),
        ("AUC", metrics.AUC),
        ("f1_score", metrics.F1Score),
        ("binary_crossentropy", metrics.BinaryCrossentropy),
        ("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy),
        ("kl_divergence", metrics.KLDivergence),
        ("rmse", metrics.RootMeanSquaredError),
    ],
)
def test_get(identifier: str, cls: type) -> None:
    assert type(metrics.get(identifier)) is cls


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.get("acuracy"), "Did you mean 'Accuracy'"),
        (lambda: metrics.get("MeanIoU"), "arguments without default.*Pass an instance"),
        (
            lambda: metrics.BinaryAccuracy(threshold=2.0),
            "`threshold` of BinaryAccuracy",
        ),
        (lambda: metrics.Precision(thresholds=[0.5, 1.5]), "`thresholds` of Precision"),
        (lambda: metrics.AUC(curve="RAC"), "Unknown `curve` of AUC.*ROC, PR"),
        (lambda: metrics.AUC(num_thresholds=1), "`num_thresholds` of AUC"),
        (lambda: metrics.AUC(num_labels=3), "`num_labels` of AUC"),
        (
            lambda: metrics.AUC(multi_label=True).update_state([1.0], [1.0]),
            "multi_label=True takes predictions of shape",
        ),
        (lambda: metrics.F1Score(average="mean"), "Unknown `average` of F1Score"),
        (lambda: metrics.FBetaScore(beta=-1.0), "`beta` of FBetaScore"),
        (lambda: metrics.IoU(2, [2]), "`target_class_ids` of IoU.*0 to 1"),
        (lambda: metrics.R2Score("mean"), "Unknown `class_aggregation`"),
        (lambda: metrics.RecallAtPrecision(1.2), "limit of RecallAtPrecision"),
        (
            lambda: metrics.Mean().stateless_result([1.0]),
            "has 2 variables.*Received: 1",
        ),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with keras.backend_scope("numpy"), pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("function", ["binary_accuracy", "accuracy"])
def test_accuracies_are_of_predictions(function: str, backend: str) -> None:
    from keras.metrics import accuracy

    values = getattr(accuracy, function)([[1.0, 0.0], [1.0, 1.0]], [[1.0, 1.0], [0, 1]])
    assert keras.ops.convert_to_numpy(values).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("out", [-1, -7, 2, 255])
@pytest.mark.parametrize("of", ["label", "prediction"])
def test_iou_counts_classes_only(of: str, out: int, backend: str) -> None:
    metric = keras.metrics.MeanIoU(num_classes=2)
    metric.update_state([0, 1, 1], [0, 1, 0])
    matrix = keras.ops.convert_to_numpy(metric.total_cm)
    pair = ([out, out], [0, 1]) if of == "label" else ([0, 1], [out, out])
    metric.update_state(*pair)
    assert keras.ops.convert_to_numpy(metric.total_cm).tolist() == matrix.tolist()
    assert matrix.tolist() == [[1, 0], [1, 1]]
    assert "int" in str(matrix.dtype)
    nothing = keras.metrics.IoU(num_classes=2, target_class_ids=[1])
    nothing.update_state(*pair)
    assert float(nothing.result()) == 0.0


@pytest.mark.parametrize("weights", [np.array([0.5, 1], "float32"), [0.5, 1.0], 0.5])
def test_iou_of_integers_tells_of_lost_weights(weights: Any, backend: str) -> None:
    with pytest.warns(UserWarning, match="counts in int32, which cuts weights off"):
        keras.metrics.MeanIoU(2).update_state([0, 1], [0, 1], sample_weight=weights)
    keras.metrics.MeanIoU(2).update_state([0, 1], [0, 1], sample_weight=[2.0, 1])
    exact = keras.metrics.MeanIoU(2, dtype="float32")
    exact.update_state([0, 1], [0, 1], sample_weight=weights)


OF_CLASSES = {
    "Precision": lambda **how: keras.metrics.Precision(**how),
    "Recall": lambda **how: keras.metrics.Recall(**how),
    "SensitivityAtSpecificity": lambda **how: keras.metrics.SensitivityAtSpecificity(
        0.5, **how
    ),
    "RecallAtPrecision": lambda **how: keras.metrics.RecallAtPrecision(0.5, **how),
}


@pytest.mark.parametrize("make", OF_CLASSES.values(), ids=OF_CLASSES)
def test_a_class_that_is_not_there_is_refused(make: Any, backend: str) -> None:
    with pytest.raises(
        ValueError, match=r"takes predictions of shape \(batch, classes"
    ):
        make(class_id=1)([0, 1, 0], [0.2, 0.9, 0.4])
    with pytest.raises(ValueError, match="must be one of the 3 classes"):
        make(class_id=3)(np.ones((2, 3)), np.ones((2, 3)))


def test_fewer_predictions_than_count_are_refused(backend: str) -> None:
    with pytest.raises(ValueError, match="at least so many predictions of each"):
        keras.metrics.Recall(top_k=4)(np.ones((2, 3)), np.ones((2, 3)))


def test_gains_of_recall_begin_at_nothing(backend: str) -> None:
    labels, guesses = [1, 0, 1, 1, 0], [0.9, 0.4, 0.35, 0.8, 0.1]
    for method, area in {
        "interpolation": 0.625,
        "majoring": 1.0,
        "minoring": 0.25,
    }.items():
        metric = keras.metrics.AUC(3, "PRGAIN", method)
        # Gains of recall 1, 1/4, 0 and of precision 0, 1, 1.
        assert float(metric(labels, guesses)) == pytest.approx(area, abs=1e-4)
