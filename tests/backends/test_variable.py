"""What NumPy and others may expect of a Variable."""

from __future__ import annotations

import numpy as np
import pytest

import keras


def test_a_copy_shares_no_memory(backend: str) -> None:
    variable = keras.Variable(np.zeros(3, "float32"))
    copied = np.array(variable)
    variable.assign(np.ones(3, "float32"))
    np.testing.assert_array_equal(copied, np.zeros(3))
    copied[0] = 7
    np.testing.assert_array_equal(np.asarray(variable), np.ones(3))
    assert np.asarray(variable, "int32").dtype == "int32"


def test_shown_with_its_value_outside_of_traces(backend: str) -> None:
    variable = keras.Variable([1.0, 2.0], name="v")
    assert repr(variable).startswith("<Variable path=v, shape=(2,), dtype=float32")
    assert repr(variable).endswith("value=[1. 2.]>")
    seen = []
    keras.jit(lambda x: (seen.append(repr(variable)), x + variable)[1])(np.ones(2))
    assert all("path=v" in text for text in seen)


def test_a_value_of_another_size_than_its_shape(backend: str) -> None:
    with pytest.raises(ValueError, match=r"the shape \(3,\): its value has .* \(2,\)"):
        keras.Variable(np.ones(2), shape=(3,))
    with pytest.raises(ValueError, match="Leave `shape` out"):
        keras.Variable(1.0, shape=(2,))
    assert keras.Variable(1.0, shape=(1,)).shape == (1,)
