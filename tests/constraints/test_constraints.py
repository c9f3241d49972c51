"""Constraints: they change what they should and nothing else. Values: tests/golden."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from keras import constraints

WEIGHT = np.random.RandomState(0).normal(size=(5, 4)).astype("float32")


def apply(constraint: keras.constraints.Constraint, weight: np.ndarray) -> np.ndarray:
    """The projected weight, as an array."""
    return keras.ops.convert_to_numpy(constraint(keras.ops.convert_to_tensor(weight)))


@pytest.mark.parametrize("name", ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_projecting_twice_is_projecting_once(
    backend: str, name: str, dtype: str
) -> None:
    constraint = getattr(constraints, name)()
    once = apply(constraint, WEIGHT.astype(dtype))
    assert once.shape == WEIGHT.shape
    assert once.dtype == dtype
    tolerance = 2e-3 if dtype == "float16" else 1e-5
    np.testing.assert_allclose(apply(constraint, once), once, atol=tolerance)


def test_norms(backend: str) -> None:
    def norms(constraint: keras.constraints.Constraint) -> np.ndarray:
        return np.linalg.norm(apply(constraint, WEIGHT), axis=0)

    before = np.linalg.norm(WEIGHT, axis=0)
    np.testing.assert_allclose(norms(constraints.UnitNorm()), 1.0, rtol=1e-5)
    np.testing.assert_allclose(
        norms(constraints.MaxNorm(2.0)), np.minimum(before, 2.0), rtol=1e-5
    )
    assert (apply(constraints.NonNeg(), WEIGHT) >= 0).all()


def test_get() -> None:
    assert type(constraints.get("non_neg")) is constraints.NonNeg
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match="Could not interpret constraint .*'non_negg'"):
        constraints.get("non_negg")


def test_custom_constraint(backend: str) -> None:
    assert constraints.get(keras.ops.abs) is keras.ops.abs
    variable = keras.Variable(WEIGHT, name="weight")
    variable.constraint = constraints.get("unit_norm")
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.apply([keras.ops.ones((5, 4))], [variable])
    np.testing.assert_allclose(np.linalg.norm(variable.numpy(), axis=0), 1, rtol=1e-5)
