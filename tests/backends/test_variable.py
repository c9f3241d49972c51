"""What NumPy and others may expect of a Variable."""

from __future__ import annotations

import numpy as np

import keras


def test_a_copy_shares_no_memory(backend: str) -> None:
    variable = keras.Variable(np.zeros(3, "float32"))
    copied = np.array(variable)
    variable.assign(np.ones(3, "float32"))
    np.testing.assert_array_equal(copied, np.zeros(3))
    copied[0] = 7
    np.testing.assert_array_equal(np.asarray(variable), np.ones(3))
    assert np.asarray(variable, "int32").dtype == "int32"
