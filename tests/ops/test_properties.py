"""Indexing, shapes, reductions and einsum on random input, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import keras
from keras import ops
from keras.ops import rules
from tests.ops.compilation import compiled

settings.register_profile(
    "ops",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PROFILE = settings.get_profile("ops")
SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5)


def filled(shape: tuple[int, ...]) -> np.ndarray:
    """Different numbers in each place, exact in every sum."""
    count = int(np.prod(shape))
    return (np.arange(count) % 17 - 8).reshape(shape).astype("float32")


def run(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """The function of tensors; on JAX compiled, which saves compiling each step."""
    if keras.config.backend() == "jax":
        function = compiled("jax", function)
    return function(*map(ops.convert_to_tensor, arrays))


def same(result: Any, expected: np.ndarray, shape: tuple[int | None, ...]) -> None:
    """Values and shape are NumPy's, and the rule knew the shape."""
    got = np.asarray(ops.convert_to_numpy(result))
    assert got.shape == expected.shape == shape
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@PROFILE
@given(data=st.data())
def test_get_item(backend: str, data: st.DataObject) -> None:
    """Integers, slices, None and `...` in any mixture."""
    x = filled(data.draw(SHAPES))
    key = data.draw(hnp.basic_indices(x.shape, allow_ellipsis=True, allow_newaxis=True))
    expected = x[key]
    rule = rules.get_item(x.shape, key)
    same(run(lambda x: ops.get_item(x, key), x), np.asarray(expected), rule)


@PROFILE
@given(data=st.data())
def test_get_item_with_an_index_array(backend: str, data: st.DataObject) -> None:
    """An index array among slices."""
    x = filled(data.draw(SHAPES))
    axis = data.draw(st.integers(0, x.ndim - 1))
    size = x.shape[axis]
    places = data.draw(
        hnp.arrays(
            "int32", hnp.array_shapes(max_dims=2), elements=st.integers(-size, size - 1)
        )
    )
    key = (*[slice(None)] * axis, places)
    rule = rules.get_item(x.shape, key)
    same(run(lambda x: ops.get_item(x, key), x), x[key], rule)


@PROFILE
@given(data=st.data())
def test_reductions(backend: str, data: st.DataObject) -> None:
    """Any axes, with and without keepdims."""
    x = filled(data.draw(SHAPES))
    name = data.draw(st.sampled_from(["sum", "mean", "max", "min", "prod", "var"]))
    axis = data.draw(st.none() | hnp.valid_tuple_axes(x.ndim, min_size=1))
    keepdims = data.draw(st.booleans())
    expected = getattr(np, name)(x.astype("float64"), axis=axis, keepdims=keepdims)
    result = run(lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims), x)
    rule = rules.reduced(x.shape, axis, keepdims)
    if name == "prod":
        expected = expected.astype("float32")
    same(result, np.asarray(expected), rule)


@PROFILE
@given(data=st.data())
def test_reshape(backend: str, data: st.DataObject) -> None:
    """Any shape of as many elements, with one size left open."""
    x = filled(data.draw(SHAPES))
    rest, sizes = x.size, []
    for _ in range(data.draw(st.integers(0, 3))):
        divisor = data.draw(
            st.sampled_from([d for d in range(1, rest + 1) if rest % d == 0])
        )
        sizes.append(divisor)
        rest //= divisor
    sizes.insert(
        data.draw(st.integers(0, len(sizes))), data.draw(st.sampled_from([-1, rest]))
    )
    rule = rules.reshape(x.shape, tuple(sizes))
    same(run(lambda x: ops.reshape(x, tuple(sizes)), x), x.reshape(sizes), rule)


@PROFILE
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4))
def test_broadcasting(backend: str, shapes: hnp.BroadcastableShapes) -> None:
    """Elementwise functions of any two shapes that broadcast."""
    first, second = (filled(shape) for shape in shapes.input_shapes)
    rule = rules.broadcast(first.shape, second.shape)
    result = run(ops.subtract, first, second)
    same(result, first - second, rule)


@PROFILE
@given(data=st.data())
def test_einsum(backend: str, data: st.DataObject) -> None:
    """Two operands with any labels, repeated or summed over."""
    sizes = {label: data.draw(st.integers(1, 3)) for label in "abcd"}
    labels = [
        "".join(
            data.draw(
                st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
            )
        )
        for _ in range(2)
    ]
    together = sorted(set("".join(labels)))
    output = "".join(data.draw(st.permutations(together)))
    output = output[: data.draw(st.integers(0, len(output)))]
    subscripts = f"{labels[0]},{labels[1]}->{output}"
    operands = [filled(tuple(sizes[a] for a in part)) for part in labels]
    expected = np.einsum(subscripts, *operands)
    result = run(lambda *xs: ops.einsum(subscripts, *xs), *operands)
    symbolic = [keras.KerasTensor(x.shape) for x in operands]
    same(result, np.asarray(expected), ops.einsum(subscripts, *symbolic).shape)


@PROFILE
@given(data=st.data())
def test_transpose_and_back(backend: str, data: st.DataObject) -> None:
    """A permutation, then its inverse, is the tensor itself."""
    x = filled(data.draw(SHAPES))
    order = data.draw(st.permutations(range(x.ndim)))
    moved = run(lambda x: ops.transpose(x, order), x)
    same(moved, x.transpose(order), rules.transpose(x.shape, order))
    back = np.argsort(order).tolist()
    same(run(lambda y: ops.transpose(y, back), moved), x, x.shape)


def nodes() -> list[str]:
    """The dtypes that can meet; float8 types have to be cast."""
    from keras.core import dtypes

    return [name for name in dtypes.ALL if name not in ("string", *dtypes.FLOAT8)]


@pytest.mark.parametrize("first", nodes())
def test_promotion_does_not_depend_on_the_order(first: str) -> None:
    """Any order of three operands, Python numbers among them, gives one dtype."""
    for second in (*nodes(), int, float):
        for third in (*nodes(), int, float):
            orders = permutations((first, second, third))
            assert len({keras.backend.result_type(*order) for order in orders}) == 1
