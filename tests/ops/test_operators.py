"""Python's operators on KerasTensors and Variables."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

BINARY: list[Callable[[Any, Any], Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.ne,
]
VALUES = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_symbolic_operator_is_the_op(function: Callable[[Any, Any], Any]) -> None:
    """Shape and dtype are those of the op, from either side."""
    x = keras.KerasTensor((None, 2))
    for result in (function(x, 2.0), function(2.0, x), function(x, VALUES[:1])):
        assert result.shape == (None, 2)
        compares = function in BINARY[7:]
        assert result.dtype == ("bool" if compares else "float32")
        assert result._keras_history is not None


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_operator_on_a_variable(
    training_backend: str, function: Callable[[Any, Any], Any]
) -> None:
    """It works on the value, from either side."""
    variable = keras.Variable(VALUES)
    for left, right in ((variable, 2.0), (2.0, variable), (variable, variable)):
        got = ops.convert_to_numpy(function(left, right))
        arrays = [VALUES if v is variable else v for v in (left, right)]
        np.testing.assert_allclose(got, function(*arrays), rtol=1e-6)


def test_unary_indexing_and_matmul(training_backend: str) -> None:
    """The other operators of Variable and KerasTensor."""
    variable = keras.Variable(VALUES)
    x = keras.KerasTensor((2, 2))
    for value in (-variable, abs(-variable), variable[0], variable @ variable):
        assert ops.is_tensor(value)
    np.testing.assert_allclose(ops.convert_to_numpy(variable[0]), VALUES[0])
    np.testing.assert_allclose(
        ops.convert_to_numpy(variable @ variable), VALUES @ VALUES
    )
    assert (-x).shape == abs(x).shape == (x @ x).shape == (2, 2)
    assert x[0].shape == (2,)
    assert x[:, None].shape == (2, 1, 2)
    assert (x > 0).dtype == (~(x > 0)).dtype == ((x > 0) & (x < 1)).dtype == "bool"
    assert x.reshape((4,)).shape == (4,)
    assert x[:, :1].squeeze(1).shape == (2,)


def test_variables_are_compared_by_value(backend: str) -> None:
    """Element by element, as tensors; each is a key of its own in dicts and sets."""
    first, second = keras.Variable([1.0, 2.0]), keras.Variable([1.0, 3.0])
    assert ops.convert_to_numpy(first == second).tolist() == [True, False]
    assert ops.convert_to_numpy(first != second).tolist() == [False, True]
    assert len({first, second, first}) == 2
    assert {second: 2, first: 1}[first] == 1
    assert first in [first, second]  # found before it is compared
    assert ops.convert_to_numpy(first == 1.0).tolist() == [True, False]
    assert ops.convert_to_numpy(first != 1.0).tolist() == [False, True]


def test_a_variable_works_on_its_own_backend() -> None:
    """Whatever is current: the result is a tensor of the Variable's backend."""
    with keras.backend_scope("torch"):
        variable = keras.Variable([1.0, 2.0])
    with keras.backend_scope("jax"):
        result = variable * 2
    assert type(result).__module__.startswith("torch")
