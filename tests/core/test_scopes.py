"""`StatelessScope`: whose values it holds, and what cannot be made inside."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import keras


@pytest.mark.parametrize("pair", [("kernel", 1.0), (1.0, 1.0), "kernel", (1,)])
def test_values_belong_to_variables(pair: Any, backend: str) -> None:
    with pytest.raises(ValueError, match=r"must hold pairs of a keras\.Variable"):
        keras.StatelessScope(state_mapping=[pair])


def test_variables_are_made_outside(backend: str) -> None:
    with keras.StatelessScope():
        with pytest.raises(ValueError, match="would be made inside a StatelessScope"):
            keras.Variable(1.0)
        layer = keras.layers.Dense(2, kernel_initializer="ones")
        outputs = layer(np.ones((1, 3), "float32"))
        keras.layers.Dropout(0.5)
        keras.metrics.Mean()
    assert keras.ops.convert_to_numpy(outputs).tolist() == [[3.0, 3.0]]
    assert len(layer.weights) == 2


def test_values_end_with_the_scope(backend: str) -> None:
    variable, other = keras.Variable([1.0]), keras.Variable([3.0])
    gc.disable()  # whether memory is free must not wait for it
    try:
        scope = keras.StatelessScope()
        with scope, scope:
            variable.assign([2.0])
            assert other.numpy().tolist() == [3.0]
        assert scope.get_current_value(variable) is not None
        gone = weakref.ref(scope)
        del scope
        assert gone() is None
    finally:
        gc.enable()
    assert variable.numpy().tolist() == [1.0]


@pytest.mark.parametrize("value", ["yes", 1, None, np.bool_(True)])
def test_overwriting_with_gradients_is_yes_or_no(value: Any, backend: str) -> None:
    variable = keras.Variable([1.0])
    with pytest.raises(TypeError, match="must be True or False"):
        variable.overwrite_with_gradient = value
    assert variable.overwrite_with_gradient is False
