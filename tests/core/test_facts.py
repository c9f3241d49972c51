"""What classes say about themselves, and that saying nothing is the safe case."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest

import keras
from keras.core import facts
from keras.core.classes import is_ours
from keras.core.errors import UnsafeDeserializationError
from keras.core.facts import facts_of, public_class
from keras.core.public_names import CLASS_NAMESPACES, find_class, public_class_name
from keras.layers.purity import is_pure


def _public_classes():
    for space in ("keras", *CLASS_NAMESPACES, "keras.callbacks", "keras.saving"):
        try:
            module = importlib.import_module(space)
        except ModuleNotFoundError:  # keras.quantizers is not there yet
            continue
        for name in dir(module):
            value = getattr(module, name)
            if not name.startswith("_") and inspect.isclass(value) and is_ours(value):
                yield f"{space}.{name}", value


def test_every_public_class_with_a_config_says_what_it_is():
    silent = [
        name
        for name, cls in _public_classes()
        if hasattr(cls, "get_config") and facts_of(cls) is None
    ]
    assert not silent, f"give these @public_class(...): {silent}"


def test_what_a_class_says_is_where_it_stands():
    for name, cls in _public_classes():
        said = facts_of(cls)
        if said is None or not said.loadable:
            continue
        space = importlib.import_module(said.namespace)
        assert getattr(space, said.name) is cls, name
        module, saved_as = public_class_name(cls)
        assert find_class(module, saved_as) is cls, name


@pytest.fixture
def forget():
    """Facts that a test adds are gone after it."""
    kept = dict(facts._facts), dict(facts._classes)
    yield
    facts._facts.clear()
    facts._facts.update(kept[0])
    facts._classes.clear()
    facts._classes.update(kept[1])


def test_a_file_cannot_name_a_public_class_that_says_nothing(monkeypatch):
    silent = type("Silent", (keras.layers.Dense,), {"__module__": "keras.layers.x"})
    monkeypatch.setattr(keras.layers, "Silent", silent, raising=False)
    config = {"module": "keras.layers", "class_name": "Silent", "config": {"units": 2}}
    assert facts_of(silent) is None
    assert find_class("keras.layers", "Silent") is None
    with pytest.raises(ValueError, match="'Silent' of module 'keras.layers'"):
        keras.saving.deserialize_keras_object(config)
    made = keras.saving.deserialize_keras_object(config, {"Silent": silent})
    assert made.units == 2


@pytest.mark.parametrize("module", ["keras", "keras.src.ops.function"])
def test_a_file_cannot_name_a_class_that_is_not_loadable(module):
    assert find_class(module, "Function") is None
    assert find_class(module, "Operation") is None


def test_a_users_subclass_says_nothing(backend):
    class Mine(keras.layers.Dense):
        pass

    assert facts_of(Mine) is facts_of(Mine(2)) is None
    assert facts_of(keras.layers.Dense(2)).pure
    assert public_class_name(Mine) is None


def test_only_pure_layers_are_compiled(backend):
    class Mine(keras.layers.Dense):
        pass

    class Op(keras.Operation):
        def call(self, x):
            return x

    def model(*operations):
        x = first = keras.Input((3,))
        for operation in operations:
            x = operation(x)
        return keras.Model(first, x)

    assert is_pure(model(keras.layers.Dense(2), keras.layers.Dropout(0.5)))
    assert is_pure(model(keras.Sequential([keras.layers.Dense(2)])))
    assert not is_pure(model(Mine(2)))
    assert not is_pure(model(keras.Sequential([keras.layers.Dense(1), Mine(2)])))
    assert not is_pure(model(keras.layers.Dense(2), Op()))
    assert not is_pure(model(keras.layers.Lambda(lambda x: x + 1)))
    assert not is_pure(model(lambda x: keras.ops.vectorized_map(lambda row: -row, x)))


def test_code_and_files_are_dangers_of_subclasses_too(forget):
    @public_class("keras.layers", runs_code=True)
    class Runs(keras.layers.Layer):
        pass

    @public_class("keras.layers", opens=("source",))
    class Opens(keras.layers.Layer):
        def __init__(self, source=None, **kwargs):
            super().__init__(**kwargs)
            self.source = source

    class Both(Runs, Opens):
        pass

    class MyOpens(Opens):
        pass

    objects = {"Both": Both, "MyOpens": MyOpens}

    def read(name, **config):
        form = {"module": "mine", "class_name": name, "config": config}
        return keras.saving.deserialize_keras_object(form, custom_objects=objects)

    with pytest.raises(UnsafeDeserializationError, match="Runs at Both"):
        read("Both")
    as_bytes = {"class_name": "__bytes__", "config": {"value": "/etc/hosts"}}
    for path in ("/etc/hosts", as_bytes, 3):
        with pytest.raises(UnsafeDeserializationError, match="argument 'source' of Op"):
            read("MyOpens", source=path)
    values = {"class_name": "__numpy__", "config": {"value": [1], "dtype": "int32"}}
    assert read("MyOpens", source=["a", "b"]).source == ["a", "b"]
    np.testing.assert_array_equal(read("MyOpens", source=values).source, [1])
