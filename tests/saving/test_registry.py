"""Names of custom objects: registration, scopes, threads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest

from keras.core.configurable import Configurable
from keras.core.errors import DeserializationError, UnknownNameError
from keras.core.registry import class_beside_registered
from keras.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)


def test_registering_gives_a_package_name() -> None:
    @register_keras_serializable(package="tests", name="Renamed")
    class Thing(Configurable):
        pass

    assert get_registered_name(Thing) == "tests>Renamed"
    assert get_registered_object("tests>Renamed") is Thing
    assert get_custom_objects()["tests>Renamed"] is Thing
    del get_custom_objects()["tests>Renamed"]
    assert get_registered_object("tests>Renamed") is None


def test_an_unregistered_object_has_its_own_name() -> None:
    def plain() -> None: ...

    assert get_registered_name(plain) == "plain"


def test_a_class_without_config_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'Bare' cannot be registered.*get_config"):

        @register_keras_serializable()
        class Bare:
            pass


def test_scopes_nest_and_end_after_an_error() -> None:
    with CustomObjectScope({"a": 1}):
        with custom_object_scope({"a": 2, "b": 3}):
            assert get_registered_object("a") == 2
        assert get_registered_object("a") == 1
        assert get_registered_object("b") is None
        with pytest.raises(RuntimeError), CustomObjectScope({"c": 4}):
            raise RuntimeError
        assert get_registered_object("c") is None
    assert get_registered_object("a") is None


def test_scopes_of_threads_are_apart() -> None:
    seen = []
    with CustomObjectScope({"mine": 1}):
        thread = threading.Thread(
            target=lambda: seen.append(get_registered_object("mine"))
        )
        thread.start()
        thread.join()
    assert seen == [None]


def test_arguments_come_after_scopes() -> None:
    with CustomObjectScope({"a": 1}):
        assert get_registered_object("a", custom_objects={"a": 2}) == 1
    assert get_registered_object("a", custom_objects={"a": 2}) == 2
    assert get_registered_object("a", module_objects={"a": 3}) == 3


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An imported module with a registered layer, and others that are not."""
    module = ModuleType("client_package")
    exec(  # what a module of a package is made by
        "import os, keras\n"
        "Sequence = keras.utils.PyDataset\n"
        "class Half(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x / 2\n"
        "class Data(keras.utils.PyDataset):\n"
        "    pass\n"
        "class Plain:\n"
        "    pass\n"
        "class Own(keras.layers.Lambda):\n"
        "    pass\n"
        "class Known(keras.layers.Layer):\n"
        "    pass\n",
        vars(module),
    )
    monkeypatch.setitem(sys.modules, "client_package", module)
    yield module
    get_custom_objects().pop("client_package>Known", None)


def _config(name: object, module: object = "client_package") -> dict[str, object]:
    return {"module": module, "class_name": name, "config": {}, "registered_name": name}


def test_classes_beside_registered_ones(package: ModuleType) -> None:
    config = serialize_keras_object(package.Half(name="half"))
    with pytest.raises(UnknownNameError, match="'Half' of module 'client_package'"):
        deserialize_keras_object(config)
    register_keras_serializable("client_package")(package.Known)
    made = deserialize_keras_object(config)
    assert type(made).__name__ == "Half" and made.name == "half"
    assert class_beside_registered("client_package", "Half") is package.Half


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Plain", "client_package"),  # no class of Keras
        ("Data", "client_package"),  # one that no file may name
        ("Sequence", "client_package"),  # made elsewhere
        ("os", "client_package"),  # no class
        ("os.system", "client_package"),
        ("Half", "client_package.part"),  # not imported
        ("Half", ["client_package"]),
        ("Layer", "keras.layers.layer"),  # of Keras itself
        ("system", "os"),
    ],
)
def test_a_registering_package_answers_for_its_own_layers_only(
    package: ModuleType, name: str, module: object
) -> None:
    register_keras_serializable("client_package")(package.Known)
    assert class_beside_registered(module, name) is None
    with pytest.raises(DeserializationError):
        deserialize_keras_object(_config(name, module))


def test_who_registers_under_a_strange_name_answers_for_nobody(
    package: ModuleType,
) -> None:
    register_keras_serializable("other_package")(package.Known)
    try:
        assert class_beside_registered("client_package", "Half") is None
    finally:
        del get_custom_objects()["other_package>Known"]


def test_dangers_of_a_base_count_for_classes_beside(package: ModuleType) -> None:
    register_keras_serializable("client_package")(package.Known)
    with pytest.raises(DeserializationError, match="Lambda"):
        deserialize_keras_object(_config("Own"))
