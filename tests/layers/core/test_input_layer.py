"""`Input` and `InputLayer`: arguments that contradict each other or the backend."""

from __future__ import annotations

from typing import Any

import pytest

import keras
from keras import layers

SAYS = {
    "shape": (6,),
    "batch_size": 8,
    "batch_shape": (None, 5),
    "dtype": "int32",
    "sparse": True,
    "ragged": True,
}


@pytest.mark.parametrize("argument", SAYS)
def test_what_contradicts_the_tensor_is_refused(argument: str) -> None:
    tensor = keras.KerasTensor((7, 5), "float32")
    with pytest.raises(ValueError, match=f"`{argument}` of Input contradicts the"):
        keras.Input(tensor=tensor, **{argument: SAYS[argument]})


@pytest.mark.parametrize(
    "arguments",
    [{"shape": (5,), "batch_size": 7}, {"batch_shape": (7, 5)}, {"dtype": "float32"}],
)
def test_what_agrees_with_the_tensor_is_fine(arguments: Any) -> None:
    tensor = keras.KerasTensor((7, 5), "float32")
    assert keras.Input(tensor=tensor, **arguments).shape == (7, 5)


@pytest.mark.parametrize("layout", ["sparse", "ragged"])
def test_only_tensors_that_there_are(layout: str, backend: str) -> None:
    has = {"jax": ["sparse"], "tensorflow": ["sparse", "ragged"]}.get(backend, [])
    if layout in has:
        assert getattr(keras.Input((3,), **{layout: True}), layout)
        return
    with pytest.raises(ValueError, match=f"{backend} backend has no {layout} tensors"):
        keras.Input((3,), **{layout: True})


def test_the_old_name_of_shape_is_told() -> None:
    with pytest.warns(UserWarning, match="`input_shape` of InputLayer is called"):
        layer = layers.InputLayer(input_shape=(6,))
    assert layer.batch_shape == (None, 6)
