"""Names of custom objects: registration, scopes, threads."""

from __future__ import annotations

import threading

import pytest

from keras.core.configurable import Configurable
from keras.saving import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
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
