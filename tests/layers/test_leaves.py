"""Single layers: dtypes that are not the compute dtype, lists, attributes, configs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

L: Any = keras.layers


def array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


LEAVES: list[Any] = [
    lambda: L.Flatten(),
    lambda: L.Reshape((3, 1)),
    lambda: L.Identity(),
    lambda: L.Dropout(0.5),
    lambda: L.Permute((1,)),
    lambda: L.RepeatVector(2),
    lambda: L.Activation("relu"),
    lambda: L.Softmax(),
    lambda: L.ReLU(),
    lambda: L.Dense(2),
    lambda: L.Dense(2, dtype="mixed_bfloat16"),
    lambda: L.LayerNormalization(),
    lambda: L.BatchNormalization(),
    lambda: L.Embedding(5, 2),
    lambda: L.Embedding(5, 2, dtype="mixed_float16"),
    lambda: L.Rescaling(1 / 255),
    lambda: L.Rescaling(1 / 255, dtype="float16"),
]


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float16", "float32"])
@pytest.mark.parametrize("index", range(len(LEAVES)))
def test_symbolic_dtype_is_the_real_one(backend: str, index: int, dtype: str) -> None:
    layer = LEAVES[index]()
    symbol = layer(keras.Input((3,), dtype=dtype))
    result = layer(keras.ops.ones((2, 3), dtype))
    assert keras.ops.dtype(result) == symbol.dtype
    assert tuple(result.shape)[1:] == symbol.shape[1:]


def test_merging_eager_and_symbolic(backend: str) -> None:
    a, b = np.full((2, 3), 2.0, "float32"), np.full((2, 3), 5.0, "float32")
    tensors = [keras.ops.convert_to_tensor(x) for x in (a, b)]
    symbols = [keras.Input((3,)), keras.Input((3,))]
    expected = {
        "Add": 7,
        "Subtract": -3,
        "Multiply": 10,
        "Average": 3.5,
        "Maximum": 5,
        "Minimum": 2,
    }
    for name, value in expected.items():
        layer = getattr(L, name)()
        assert layer(symbols).shape == (None, 3)
        np.testing.assert_array_equal(array(layer(tensors)), np.full((2, 3), value))
        np.testing.assert_array_equal(array(layer([a, b])), np.full((2, 3), value))
        fresh = getattr(L, name)()
        assert tuple(fresh(tensors).shape) == (2, 3)
        with pytest.raises(ValueError, match="list of tensors"):
            getattr(L, name)()(a)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: L.Dense(2), ["kernel"]),
        (lambda: L.Embedding(3, 2), ["embeddings"]),
        (lambda: L.Conv1D(2, 3), ["kernel"]),
        (lambda: L.MultiHeadAttention(1, 2), ["query_dense", "output_dense"]),
    ],
)
def test_attributes_of_build_say_when_they_come(make: Any, names: list[str]) -> None:
    layer = make()
    with keras.backend_scope("numpy"):
        layer = make()
    for name in names:
        assert hasattr(type(layer), name)
        assert not hasattr(layer, name)
        with pytest.raises(AttributeError, match=f"`{name}` yet.*not built"):
            getattr(layer, name)


def test_wrappers_are_read_with_custom_objects(backend: str) -> None:
    class Mine(keras.layers.Dense):
        pass

    config = L.TimeDistributed(Mine(2)).get_config()
    with pytest.raises(ValueError, match="Mine"):
        L.TimeDistributed.from_config(dict(config))
    made = L.TimeDistributed.from_config(dict(config), custom_objects={"Mine": Mine})
    assert isinstance(made.layer, Mine)
    assert L.Rescaling.from_config({"scale": 2.0}, custom_objects={}).scale == 2.0


def test_arguments_of_none_are_not_swallowed() -> None:
    for cls in (keras.initializers.Zeros, keras.constraints.NonNeg):
        with pytest.raises(TypeError, match=r"takes no arguments. Received: value=1"):
            cls(value=1)  # pyright: ignore[reportCallIssue]


def test_bounds_of_renorm_are_checked() -> None:
    for clipping in ({"foo": 1}, {"rmin": 2.0, "rmax": 1.0}, {"dmax": -1.0}):
        with pytest.raises(ValueError, match="`renorm_clipping` of .*'rmax', 'rmin'"):
            L.BatchNormalization(renorm=True, renorm_clipping=clipping)


def test_lambdas_of_code_come_back_in_unsafe_mode_only(backend: str) -> None:
    inputs = keras.Input((None, 3))
    layer = L.Lambda(lambda t, by=3: keras.ops.sum(t, -1) * by, name="l")
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, None)
    form = keras.saving.serialize_keras_object(model)
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.saving.deserialize_keras_object(form)
    again = keras.saving.deserialize_keras_object(form, safe_mode=False)
    np.testing.assert_array_equal(
        array(again(np.ones((2, 4, 3), "float32"))), np.full((2, 4), 9)
    )


def test_unknown_sizes_stay_unknown(backend: str) -> None:
    free = keras.Input((None, 3))
    assert L.Add()([free, keras.Input((None, 3))]).shape == (None, None, 3)
    assert L.Flatten()(free).shape == (None, None)
    assert L.Reshape((-1, 2))(keras.Input((4, None))).shape == (None, None, 2)
    joined = L.Concatenate(axis=1)([free, keras.Input((4, 3))])
    assert joined.shape == (None, None, 3)
    assert L.MultiHeadAttention(2, 4)(free, free).shape == (None, None, 3)
    assert L.Conv1D(2, 3)(free).shape == (None, None, 2)
    assert L.Embedding(5, 2)(keras.Input((None,), dtype="int32")).shape[2] == 2
