"""What `import *` and `dir` show of each public namespace: its public names alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import keras


def namespaces(module: ModuleType) -> Iterator[ModuleType]:
    """A namespace, and those that are public inside."""
    yield module
    for name in module.__all__:
        found = getattr(module, name)
        if isinstance(found, ModuleType):
            yield from namespaces(found)


NAMESPACES = {
    each.__name__: each
    for name in keras._MODULES
    for each in namespaces(getattr(keras, name))
    if hasattr(each, "__all__")
}


def starred(*names: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec("\n".join(f"from {name} import *" for name in names), space)
    del space["__builtins__"]
    return space


def test_namespaces_are_there() -> None:
    assert len(NAMESPACES) > 50
    assert {"keras.ops.image", "keras.applications.resnet50"} <= set(NAMESPACES)
    assert all(hasattr(getattr(keras, name), "__all__") for name in keras._MODULES)


def test_public_names_alone() -> None:
    """Classes and functions of Keras, and namespaces; no files, no `Any`."""
    for name, space in NAMESPACES.items():
        got = starred(name)
        assert set(got) == set(space.__all__), name
        for each, value in got.items():
            home = value.__name__ if inspect.ismodule(value) else value.__module__
            assert not each.startswith("_") and home.startswith("keras."), (name, each)
            assert callable(value) or value.__name__ in NAMESPACES, (name, each)


@pytest.mark.parametrize("room", ["keras.layers", "keras.optimizers", "keras.utils"])
def test_files_do_not_replace_a_program_s_own_names(room: str) -> None:
    """`keras.layers` has files called `losses` and `activations`."""
    space = starred("keras", room, "keras.models")
    for name in ("losses", "activations", "layers", "metrics", "preprocessing"):
        assert space[name] is getattr(keras, name)
    assert {"Any", "annotations", "options", "variables"}.isdisjoint(space)


def test_names_that_are_loaded_on_first_use_come_too() -> None:
    space = starred("keras.utils")
    assert space["set_random_seed"] is keras.utils.set_random_seed
    assert {"plot_model", "image_dataset_from_directory", "PyDataset"} <= set(space)


def test_dir_shows_the_same() -> None:
    """Of every public namespace; what files are made of stays out of sight."""
    for name, space in {"keras": keras, **NAMESPACES}.items():
        shown = [each for each in dir(space) if not each.startswith("_")]
        public = [each for each in space.__all__ if not each.startswith("_")]
        assert shown == sorted(public), name
        assert space.__name__ == name and "__doc__" in dir(space)
    losses = inspect.getmembers(keras.losses, inspect.isclass)
    assert all(issubclass(cls, keras.losses.Loss) for _, cls in losses)
