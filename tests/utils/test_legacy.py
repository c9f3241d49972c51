"""Objects in the form of Keras 2; values as PyPI's Keras 3.15 gives them."""

from __future__ import annotations

import pytest

import keras
from keras import activations, layers

legacy = keras.utils.legacy


def test_objects_and_functions_are_written() -> None:
    """As class and config, or as a name."""
    config = {"class_name": "Constant", "config": {"value": 2.0}}
    written = legacy.serialize_keras_object(keras.initializers.Constant(2.0))
    assert written == config
    assert legacy.serialize_keras_object(activations.relu) == "relu"
    assert legacy.serialize_keras_object(None) is None
    with pytest.raises(ValueError, match="has no `get_config"):
        legacy.serialize_keras_object(3)


def test_objects_and_functions_are_read() -> None:
    """By what is given, the program's own names first."""
    known = {"Dense": layers.Dense, "relu": activations.relu, "ReLU": layers.ReLU}
    read = legacy.deserialize_keras_object
    layer = read({"class_name": "Dense", "config": {"units": 3}}, known)
    assert layer.units == 3
    assert read("relu", known) is activations.relu
    assert isinstance(read("ReLU", known), layers.ReLU)
    assert read("relu", known, {"relu": activations.tanh}) is activations.tanh
    with keras.utils.custom_object_scope({"mine": activations.elu}):
        assert read("mine") is activations.elu
    assert read(None) is None
    assert read(activations.relu) is activations.relu


def test_unknown_names_are_explained() -> None:
    """With what to do."""
    read = legacy.deserialize_keras_object
    with pytest.raises(ValueError, match="Unknown layer: 'Dens'.*custom_objects"):
        read({"class_name": "Dens", "config": {}}, {}, printable_module_name="layer")
    with pytest.raises(ValueError, match="keys 'class_name' and 'config'"):
        read({"config": 1})
    with pytest.raises(ValueError, match="Could not interpret 3"):
        read(3)


def test_older_programs_find_them_under_keras_legacy() -> None:
    for name in ("serialize_keras_object", "deserialize_keras_object"):
        assert getattr(keras.legacy.saving, name) is getattr(legacy, name)
