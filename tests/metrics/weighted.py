"""Metrics and ranks of sample weights whose numbers come from PyPI's Keras.

The same text makes the numbers (`make_weighted.py`) and checks them: it uses public
names alone. Where Keras refuses a pair of shapes, or broadcasts it by accident, there
is no number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import keras

_draw = np.random.default_rng(0)


def _unit(*shape: int) -> np.ndarray:
    return _draw.random(shape).astype("float32")


def _classes(*shape: int) -> np.ndarray:
    return _draw.integers(0, 4, shape)


def _one_hot(numbers: np.ndarray) -> np.ndarray:
    return np.eye(4, dtype="float32")[numbers]


DATA: dict[str, tuple[Any, Any]] = {
    "flat": (np.round(_unit(6)), _unit(6)),
    "column": (np.round(_unit(6, 1)), _unit(6)),
    "labels": (np.round(_unit(6, 4)), _unit(6, 4)),
    "places": (np.round(_unit(2, 3, 4)), _unit(2, 3, 4)),
    "numbers": (_classes(6), _classes(6)),
    "grid": (_classes(2, 3), _classes(2, 3)),
    "sparse": (_classes(6), _unit(6, 4)),
    "sparse column": (_classes(6)[:, None], _unit(6, 4)),
    "one hot": (_one_hot(_classes(6)), _unit(6, 4)),
    "one hot places": (_one_hot(_classes(2, 3)), _unit(2, 3, 4)),
}

WEIGHTS: dict[str, Any] = {
    "none": None,
    "scalar": 2.0,
    "batch": _unit(6),
    "column": _unit(6, 1),
    "elements": _unit(6, 4),
    "integers": np.array([1, 0, 2, 1, 1, 0]),
    "booleans": np.array([True, False, True, True, True, False]),
    "list": [1.0, 0.0, 2.0, 1.0, 1.0, 0.0],
    "zero": np.zeros(6, "float32"),
    "two": _unit(2),
    "grid": _unit(2, 3),
    "grid column": _unit(2, 3, 1),
    "places": _unit(2, 3, 4),
}

BINARY = ("flat", "column", "labels", "places")
CATEGORICAL = ("one hot", "one hot places")
SPARSE = ("sparse", "sparse column")


def _rows() -> dict[str, tuple[Callable[[], Any], tuple[str, ...]]]:
    of = keras.metrics
    limits = [0.2, 0.6]
    rows: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
        "Accuracy": (of.Accuracy, ("numbers", "grid")),
        "BinaryAccuracy": (of.BinaryAccuracy, BINARY),
        "CategoricalAccuracy": (of.CategoricalAccuracy, CATEGORICAL),
        "SparseCategoricalAccuracy": (of.SparseCategoricalAccuracy, SPARSE),
        "TopK": (lambda: of.TopKCategoricalAccuracy(k=2), CATEGORICAL),
        "SparseTopK": (lambda: of.SparseTopKCategoricalAccuracy(k=2), SPARSE),
        "MeanSquaredError": (of.MeanSquaredError, ("labels", "places")),
        "CosineSimilarity": (of.CosineSimilarity, ("labels", "places")),
        "BinaryCrossentropy": (of.BinaryCrossentropy, ("labels", "places")),
        "TruePositives": (lambda: of.TruePositives(limits), BINARY),
        "FalseNegatives": (lambda: of.FalseNegatives(limits), BINARY),
        "Precision": (of.Precision, BINARY),
        "Recall of class": (lambda: of.Recall(class_id=1), ("labels", "places")),
        "Precision of top": (lambda: of.Precision(top_k=2), ("flat", "labels")),
        "MeanIoU": (lambda: of.MeanIoU(4, dtype="float32"), ("numbers", "grid")),
        "MeanIoU in range": (lambda: of.MeanIoU(3, dtype="float32"), ("numbers",)),
        "IoU": (lambda: of.IoU(4, [0, 2], dtype="float32"), ("numbers", "grid")),
        "BinaryIoU": (lambda: of.BinaryIoU(dtype="float32"), BINARY),
        "F1Score": (of.F1Score, ("labels", "one hot")),
        "R2Score": (of.R2Score, ("labels",)),
    }
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            rows[f"AUC {curve} {method}"] = (
                lambda curve=curve, method=method: of.AUC(7, curve, method),
                ("flat", "labels"),
            )
            rows[f"AUC {curve} {method} of labels"] = (
                lambda curve=curve, method=method: of.AUC(
                    5, curve, method, multi_label=True, label_weights=[1, 2, 0, 1]
                ),
                ("labels",),
            )
    return rows


ROWS = _rows()


def result_of(row: str, data: str, weights: str) -> np.ndarray:
    """What a metric says after one weighted batch."""
    metric = ROWS[row][0]()
    metric.update_state(*DATA[data], sample_weight=WEIGHTS[weights])
    return keras.ops.convert_to_numpy(metric.result())
