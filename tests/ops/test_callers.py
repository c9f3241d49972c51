"""The quick ways into an op take every kind of argument as the long way does."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

X = np.array([[1.5, -2.0], [0.25, 4.0]], "float32")


def name(x: Any) -> str:
    """The dtype of a tensor."""
    return keras.backend.standardize_dtype(x.dtype)


def same(got: Any, want: Any) -> None:
    """Equal values."""
    np.testing.assert_allclose(ops.convert_to_numpy(got), want, rtol=1e-6)


def test_conversions_are_remembered_by_kind_and_not_by_value(backend: str) -> None:
    """The second call of a kind gives what the first did, for other values too."""
    x, half = ops.convert_to_tensor(X), ops.cast(X, "float16")
    for number in (2, 2.5, 2, True):
        same(ops.subtract(number, x), number - X)
        same(ops.add(half, x), 2 * X)
        same(ops.where(x > 0, number, x), np.where(X > 0, number, X))
        same(ops.clip(x, -number, x), np.minimum(X, np.maximum(X, -float(number))))
    for values in ([1, 2], [3.0, 4.0], [5, 6]):
        same(ops.concatenate([values, ops.convert_to_tensor(values)]), values * 2)


def test_floatx_is_part_of_what_is_remembered(backend: str) -> None:
    """Integers become the floatx of the moment."""
    ints = ops.convert_to_tensor(np.array([1, 4], "int32"))
    assert name(ops.sqrt(ints)) == "float32"
    keras.config.set_floatx("float16")
    try:
        assert name(ops.sqrt(ints)) == "float16"
    finally:
        keras.config.set_floatx("float32")
    assert name(ops.sqrt(ints)) == "float32"


def test_variables_and_their_dtype(backend: str) -> None:
    """A Variable beside a tensor is promoted by its own dtype."""
    variable = keras.Variable(X, dtype="float16")
    assert name(ops.add(variable, X)) == "float32"
    assert name(ops.add(X, variable)) == "float32"
    assert name(ops.where(X > 0, variable, 1.0)) == "float16"
    same(ops.logical_and(variable, X), np.logical_and(X, X))


@pytest.mark.parametrize("mask", [None, np.ones((1, 3, 3), bool)], ids=["none", "ones"])
def test_tensors_given_by_name(backend: str, mask: Any) -> None:
    """Keyword tensors, None among them, equal positional ones."""
    q = ops.convert_to_tensor(np.ones((1, 3, 2, 4), "float32"))
    mask = mask if mask is None else ops.convert_to_tensor(mask)
    want = ops.convert_to_numpy(ops.dot_product_attention(q, q, q, None, mask))
    same(ops.dot_product_attention(q, q, q, mask=mask), want)
    same(ops.dot_product_attention(query=q, key=q, value=q, mask=mask), want)
    same(ops.subtract(x1=X, x2=1.0), X - 1)
    same(ops.concatenate(xs=[X, X], axis=1), np.concatenate([X, X], 1))
    with pytest.raises(TypeError, match=r"missing .*'value'"):
        ops.dot_product_attention(q, q, mask=mask)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="multiple values for argument 'x1'"):
        ops.subtract(X, x1=1.0)  # type: ignore[call-arg]


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_take_counts_negative_indices_from_the_end(backend: str, axis: Any) -> None:
    """Few indices and many, with and without a gradient in sight."""
    x = np.arange(24.0, dtype="float32").reshape(4, 6)
    for count in (3, 400):
        places = np.resize(np.array([0, -1, 2, -4]), count)
        same(ops.take(x, places, axis), np.take(x, places, axis))
        same(ops.take(keras.Variable(x), places, axis), np.take(x, places, axis))


@pytest.mark.parametrize(
    ("a", "b"),
    [((), (2,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((2, 3, 4), (4,))]
    + [((2, 3, 4), (4, 5)), ((2, 3, 4), (5, 4, 2)), ((3,), (2, 3, 4))],
)
@pytest.mark.parametrize("dtype", ["float32", "int8", "int32"])
def test_dot_of_all_ranks(
    backend: str, a: tuple[int, ...], b: tuple[int, ...], dtype: str
) -> None:
    """NumPy's values and shapes, and the dtype that the symbolic rule says."""
    x, y = np.ones(a, dtype), np.ones(b, dtype) * 2
    got = ops.dot(ops.convert_to_tensor(x), ops.convert_to_tensor(y))
    same(got, np.dot(x, y))
    spec = ops.dot(keras.KerasTensor(a, dtype), keras.KerasTensor(b, dtype))
    assert (spec.shape, spec.dtype) == (np.dot(x, y).shape, name(got))


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((3,), ()), ((), ())], ids=str)
def test_mixed_dtypes_take_the_quick_way_to_the_same_end(
    backend: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    """Frameworks that promote by themselves agree with the rule, scalars included."""
    names = ("int32", "float16", "float32")
    for op in (ops.add, ops.equal, ops.power, ops.divide, ops.logical_and, ops.matmul):
        general = op.declaration.dispatch  # type: ignore[attr-defined]
        for first, second in itertools.product(names, names):
            if op is ops.matmul and () in shapes:
                continue
            x = ops.cast(np.full(shapes[0], 2), first)
            y = ops.cast(np.full(shapes[1], 3), second)
            got, want = op(x, y), general((x, y), {})
            assert name(got) == name(want), (op, first, second)
            same(got, ops.convert_to_numpy(want))


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_quantile_of_a_number_and_of_a_tensor(backend: str, method: str) -> None:
    """A fraction that the host knows gives what one on the device gives."""
    x = np.array([[3.0, 1.0, 2.0, 7.0], [5.0, 4.0, 9.0, np.nan]], "float32").T
    for q in (0, 0.3, 0.5, 1):
        for keepdims in (False, True):
            got = ops.quantile(ops.convert_to_tensor(x), q, 0, method, keepdims)
            same(got, np.quantile(x, q, 0, method=method, keepdims=keepdims))
    same(ops.median(ops.convert_to_tensor(x), (0, 1)), np.nan)
    same(ops.median(ops.convert_to_tensor(x[:, :1]), 0, True), [[2.5]])


def without_gradients() -> Any:
    """What predicting runs under, where the framework knows such a thing."""
    if keras.backend.backend() != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 4, 5), (400, 3, 100)])
def test_batch_normalization_with_channels_second(
    backend: str, shape: tuple[int, ...]
) -> None:
    """Where a framework has a kernel for them, it gives the formula's values."""
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    m, v, b, g = np.random.default_rng(1).uniform(0.5, 2, (4, 3)).astype("float32")
    wide = (3, *(1,) * (len(shape) - 2))
    mean, variance, offset, scale = (each.reshape(wide) for each in (m, v, b, g))
    want = (x - mean) / np.sqrt(variance + 0.1) * scale + offset
    for axis in (1, 1 - len(shape)):
        for no_grad in (contextlib.nullcontext, without_gradients):
            with no_grad():
                got = ops.batch_normalization(x, m, v, axis, b, g, 0.1)
            got = ops.convert_to_numpy(got)
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
