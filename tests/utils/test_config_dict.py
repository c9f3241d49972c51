"""`keras.utils.Config`."""

from __future__ import annotations

import copy
import pickle

import pytest

import keras


def test_settings_are_attributes_and_keys() -> None:
    config = keras.utils.Config(a=1, b=2)
    config.c = 3
    config["d"] = 4
    assert (config.a, config["b"], config.get("zz"), config.get("zz", 5)) == (
        1,
        2,
        None,
        5,
    )
    assert repr(config) == "<Config {'a': 1, 'b': 2, 'c': 3, 'd': 4}>"
    assert config.pop("a") == 1
    config.update({"x": 1}, y=2)
    del config.c
    assert list(config) == ["b", "d", "x", "y"] and len(config) == 4 and "x" in config
    assert config.to_json() == '{"b": 2, "d": 4, "x": 1, "y": 2}'
    for again in (copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert again.as_dict() == config.as_dict()
    assert keras.utils.Config(**config).as_dict() == config.as_dict()


def test_what_is_frozen_stays() -> None:
    config = keras.utils.Config(a=1)
    config.freeze()
    for change in (
        lambda: setattr(config, "b", 1),
        lambda: config.update(b=1),
        lambda: config.pop("a"),
        lambda: delattr(config, "a"),
    ):
        with pytest.raises(ValueError, match="frozen"):
            change()
    config.unfreeze()
    config.b = 1
    with pytest.raises(AttributeError, match="no setting 'zz'"):
        _ = config.zz
    with pytest.raises(KeyError):
        _ = config["zz"]


def test_it_says_whether_it_is_frozen() -> None:
    config = keras.utils.Config(units=1)
    assert config.frozen is False
    config.freeze()
    assert config.frozen is True
    config.unfreeze()
    assert config.frozen is False
