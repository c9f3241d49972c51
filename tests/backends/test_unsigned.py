"""Unsigned integers of 16 and 32 bits, with Python's operators as users write them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

OPERATORS: list[Callable[[Any, Any], Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.mod,
    operator.floordiv,
    operator.gt,
    operator.le,
    operator.eq,
]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize("operate", OPERATORS, ids=lambda f: f.__name__)
def test_operators_take_a_number(
    backend: str, operate: Callable[[Any, Any], Any], dtype: str
) -> None:
    values = np.array([[7, 200], [9, 120]], dtype)
    found = operate(ops.convert_to_tensor(values), 7)
    np.testing.assert_array_equal(ops.convert_to_numpy(found), operate(values, 7) * 1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("reduce", ["sum", "prod", "max", "cumsum"])
def test_what_is_made_of_them_can_be_compared(
    backend: str, dtype: str, reduce: str
) -> None:
    found = getattr(ops, reduce)(np.array([3, 4, 5], dtype))
    last = found if reduce != "cumsum" else found[-1]
    assert bool(last > 4) and int(last % 2) in (0, 1)
    spec = getattr(ops, reduce)(keras.KerasTensor((3,), dtype))
    assert spec.dtype == keras.backend.standardize_dtype(found.dtype)


def test_random_numbers_and_classes_of_16_bits(backend: str) -> None:
    numbers = keras.random.randint((20,), 0, 10, dtype="uint16")
    assert bool(ops.max(numbers) < 10) and bool(ops.all(numbers >= 0))
    hot = ops.one_hot(np.array([0, 2], "uint16"), 3)
    np.testing.assert_array_equal(ops.convert_to_numpy(hot), [[1, 0, 0], [0, 0, 1]])


def test_torch_holds_them_in_the_next_signed_type() -> None:
    if "torch" not in keras.backends.installed():
        pytest.skip("torch is not installed")
    with keras.backend_scope("torch"):
        for dtype, wider in (("uint16", "int32"), ("uint32", "int64")):
            values = np.array([1, np.iinfo(dtype).max], dtype)
            variable = keras.Variable(values, trainable=False)
            assert variable.dtype == wider
            np.testing.assert_array_equal(variable.numpy(), values)
            assert ops.add(keras.KerasTensor((2,), dtype), 1).dtype == wider


@pytest.mark.parametrize("reduce", ["sum", "prod", "nansum", "nanprod", "trace"])
def test_torch_adds_up_bytes_in_int32(reduce: str) -> None:
    """As Keras does; where there is uint32, that."""
    pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        function = getattr(ops, reduce)
        found = function(ops.ones((2, 2), "uint8"))
        assert keras.backend.standardize_dtype(found.dtype) == "int32"
        assert function(keras.KerasTensor((2, 2), "uint8")).dtype == "int32"


SUBSCRIPTS = ["ij->i", "ij->", "ij,ij->", "ij,jk->ik", "ij,jk,kl->l"]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("subscripts", SUBSCRIPTS)
def test_einsum_of_integers(backend: str, dtype: str, subscripts: str) -> None:
    values = np.array([[1, 2], [0, 1]], dtype)
    operands = [ops.convert_to_tensor(values)] * (subscripts.count(",") + 1)
    specs = [keras.KerasTensor(x.shape, dtype) for x in operands]
    found = ops.einsum(subscripts, *operands)
    expected = np.einsum(subscripts, *[values.astype("int32")] * len(operands))
    expected = expected.astype(bool) if dtype == "bool" else expected
    np.testing.assert_array_equal(ops.convert_to_numpy(found), expected)
    spec = ops.einsum(subscripts, *specs)
    assert keras.backend.standardize_dtype(found.dtype) == spec.dtype
