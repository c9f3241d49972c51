"""Regularizers: what they refuse, and that gradients flow. Values: tests/golden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import regularizers


@pytest.mark.parametrize("name", ["L1", "L2"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "much"])
def test_factors_are_finite_and_not_negative(name: str, value: Any) -> None:
    with pytest.raises(
        ValueError, match=rf"`{name.lower()}` of {name} must be a finite"
    ):
        getattr(regularizers, name)(value)


def test_l1l2_is_the_sum(backend: str) -> None:
    x = keras.ops.convert_to_tensor(np.array([1.0, -2.0, 0.5], dtype="float32"))
    both = float(regularizers.L1L2(0.2, 0.3)(x))
    apart = float(regularizers.L1(0.2)(x)) + float(regularizers.L2(0.3)(x))
    assert both == pytest.approx(apart, rel=1e-6)
    assert float(regularizers.L1L2()(x)) == 0.0


def test_gradient(training_backend: str) -> None:
    x = keras.ops.convert_to_tensor(np.array([1.0, -2.0], dtype="float32"))
    gradient = keras.grad(regularizers.L1L2(0.5, 0.25))(x)
    found = keras.ops.convert_to_numpy(gradient)
    np.testing.assert_allclose(found, [0.5 + 0.5, -0.5 - 1.0], rtol=1e-6)


def test_orthogonal_takes_matrices(backend: str) -> None:
    with pytest.raises(ValueError, match="takes matrices.*\\(2, 2, 2\\)"):
        regularizers.OrthogonalRegularizer()(keras.ops.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="must be 'rows' or 'columns'"):
        regularizers.OrthogonalRegularizer(mode="diagonal")


def test_get() -> None:
    assert regularizers.get("l2").l2 == 0.01
    assert type(regularizers.get("L1L2")) is regularizers.L1L2
    assert type(regularizers.get("l1_l2")) is regularizers.L1L2
    config = {"class_name": "L2", "config": {"l2": 0.5}}
    assert regularizers.get(config).l2 == 0.5
    with pytest.raises(ValueError, match="Could not interpret regularizer .*'l3'"):
        regularizers.get("l3")


def test_custom_regularizer_round_trip(backend: str) -> None:
    @keras.saving.register_keras_serializable("regularizer_tests")
    class Peak(keras.Regularizer):
        def __init__(self, factor: float) -> None:
            self.factor = factor

        def __call__(self, x: Any) -> Any:
            return keras.ops.multiply(keras.ops.max(x), self.factor)

    config = regularizers.serialize(Peak(0.5))
    restored = regularizers.deserialize(config)
    assert float(restored(keras.ops.array([1.0, 4.0]))) == 2.0
