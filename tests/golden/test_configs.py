"""Configs look as the PyPI Keras writes them, and make equal objects again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import keras
from tests.golden.make_configs import FAMILIES, REQUIRED, classes

CONFIGS = json.loads((Path(__file__).parent / "configs.json").read_text())["configs"]
OURS = {
    f"{family}.{name}": cls
    for family in FAMILIES
    for name, cls in classes(keras, family).items()
}


def make(path: str) -> Any:
    """An instance with default arguments."""
    return OURS[path](**REQUIRED.get(path.rpartition(".")[2], {}))


def family_of(path: str) -> Any:
    """The public module that a class belongs to."""
    module: Any = keras
    for part in path.split(".")[:-1]:
        module = getattr(module, part)
    return module


def test_all_classes_are_here() -> None:
    assert sorted(OURS) == sorted(CONFIGS)


@pytest.mark.parametrize("path", sorted(CONFIGS))
def test_config_agrees_with_published_keras(path: str) -> None:
    with keras.backend_scope("numpy"):
        config = make(path).get_config()
    expected = dict(CONFIGS[path])
    # Names of instances are counted up; numbers there passed through float32.
    assert set(expected) <= set(config)
    for key, value in expected.items():
        if key == "name" and path.startswith(("optimizers.", "metrics.")):
            assert config[key].rstrip("_0123456789") == value.rstrip("_0123456789")
        elif isinstance(value, float):
            assert config[key] == pytest.approx(value, rel=1e-6)
        else:
            assert config[key] == value


@pytest.mark.parametrize("path", sorted(CONFIGS))
def test_published_config_is_read(path: str) -> None:
    with keras.backend_scope("numpy"):
        made = OURS[path].from_config(dict(CONFIGS[path]))
        config = made.get_config()
    for key, value in CONFIGS[path].items():
        if isinstance(value, float):
            assert config[key] == pytest.approx(value, rel=1e-6)
        else:
            assert config[key] == value


@pytest.mark.parametrize("path", sorted(CONFIGS))
def test_serialized_through_json(backend: str, path: str) -> None:
    """What `serialize` gives is plain data, from which an equal object comes back."""
    module = family_of(path)
    original = make(path)
    text = json.dumps(module.serialize(original))
    restored = module.deserialize(json.loads(text))
    assert type(restored) is type(original)
    assert restored.get_config() == original.get_config()
