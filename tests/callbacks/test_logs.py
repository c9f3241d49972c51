from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from keras.callbacks.logs import LazyLogs


class Scalar:
    """A device scalar that counts how often it is fetched."""

    def __init__(self, value):
        self.value, self.reads = value, 0

    def __float__(self):
        self.reads += 1
        return self.value


READS = {
    "item": lambda logs: logs["loss"] == 0.5,
    "get": lambda logs: logs.get("loss") == 0.5 and logs.get("no", 7) == 7,
    "contains": lambda logs: "loss" in logs and "no" not in logs,
    "len": lambda logs: len(logs) == 2 and bool(logs),
    "iter": lambda logs: list(logs) == ["loss", "acc"],
    "reversed": lambda logs: list(reversed(logs)) == ["acc", "loss"],
    "keys": lambda logs: list(logs.keys()) == ["loss", "acc"],
    "values": lambda logs: list(logs.values()) == [0.5, 1.0],
    "items": lambda logs: dict(logs.items()) == {"loss": 0.5, "acc": 1.0},
    "dict": lambda logs: dict(logs) == {"loss": 0.5, "acc": 1.0},
    "unpacked": lambda logs: {**logs} == {"loss": 0.5, "acc": 1.0},
    "arguments": lambda logs: (lambda **kw: kw)(**logs) == {"loss": 0.5, "acc": 1.0},
    "update": lambda logs: _updated({}, logs) == {"loss": 0.5, "acc": 1.0},
    "equal": lambda logs: logs == {"loss": 0.5, "acc": 1.0},
    "equal right": lambda logs: logs == {"loss": 0.5, "acc": 1.0},
    "unequal": lambda logs: logs != {},
    "or": lambda logs: logs | {"z": 1} == {"loss": 0.5, "acc": 1.0, "z": 1},
    "ror": lambda logs: {"z": 1} | logs == {"loss": 0.5, "acc": 1.0, "z": 1},
    "repr": lambda logs: repr(logs) == "{'loss': 0.5, 'acc': 1.0}",
    "format": lambda logs: "{loss:.1f}".format(**logs) == "0.5",
    "json": lambda logs: json.loads(json.dumps(logs)) == {"loss": 0.5, "acc": 1.0},
    "copy": lambda logs: copy.copy(logs) == {"loss": 0.5, "acc": 1.0},
    "deepcopy": lambda logs: copy.deepcopy(logs) == {"loss": 0.5, "acc": 1.0},
    "method copy": lambda logs: logs.copy() == {"loss": 0.5, "acc": 1.0},
    "pickle": lambda logs: pickle.loads(pickle.dumps(logs))["loss"] == 0.5,
    "pop": lambda logs: logs.pop("loss") == 0.5 and len(logs) == 1,
    "popitem": lambda logs: logs.popitem() == ("acc", 1.0),
    "setdefault": lambda logs: logs.setdefault("loss", 3) == 0.5,
    "sorted": lambda logs: sorted(logs) == ["acc", "loss"],
}


def _updated(target, logs):
    target.update(logs)
    return target


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("way", READS)
def test_every_way_to_read_fetches_once(way, lazy):
    scalars = {"loss": Scalar(0.5), "acc": Scalar(1.0)}
    logs = LazyLogs((lambda: scalars) if lazy else scalars)
    assert isinstance(logs, dict) and not logs.was_read
    assert READS[way](logs)
    assert logs.was_read
    list(logs.values())
    assert [scalar.reads for scalar in scalars.values()] == [1, 1]


def test_nothing_is_read_unless_asked():
    scalar = Scalar(0.5)
    logs = LazyLogs({"loss": scalar})
    assert logs is not None and isinstance(logs, dict)
    assert scalar.reads == 0


def test_writing_keeps_what_was_there():
    logs = LazyLogs({"loss": Scalar(0.5)})
    logs["lr"] = 0.1
    assert logs == {"loss": 0.5, "lr": 0.1}
    logs.clear()
    assert logs == {}


def test_values_become_floats_and_nested_ones_are_flattened():
    matrix = np.zeros((2, 2))
    logs = LazyLogs({"a": np.float32(0.5), "b": {"c": 1, "d": None}, "m": matrix})
    assert type(logs["a"]) is float and logs["c"] == 1.0 and "d" not in logs
    assert logs["m"].tolist() == matrix.tolist() and logs["m"] is not matrix


def test_fetch_brings_all_values_at_once():
    calls = []

    def fetch(values):
        calls.append(list(values))
        return {name: value * 2 for name, value in values.items()}

    logs = LazyLogs({"a": 1, "b": 2}, fetch)
    assert (logs["a"], logs["b"]) == (2.0, 4.0) and calls == [["a", "b"]]
