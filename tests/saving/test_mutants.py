"""Files with a few random changes load, or end in an error of ours; nothing else.

Seeded, so each run makes the same files. More of them, from other seeds:
`python -m tests.saving.test_mutants SEED COUNT`.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import keras
from keras.core.errors import DeserializationError

ENDINGS = (".keras", ".h5", ".weights.h5", ".weights.json", ".safetensors", "config")
_ODD = [
    *(None, True, -1, 0, 1, 2**31, 2**63, 10**30, 1e308, -0.5, "", "a" * 300, "\ud800"),
    *(
        [],
        {},
        [[]],
        [None],
        {"class_name": "Dense"},
        {"class_name": "Dense", "config": {}},
    ),
    *("float32", "relu", "Dense", "__lambda__", "keras.ops", "keras.layers", "../a"),
    {"class_name": "__numpy__", "config": {"value": [1], "dtype": "float32"}},
    {"class_name": "__tensor__", "config": {"value": "a", "dtype": "int32"}},
    {"class_name": "function", "module": "builtins", "config": "relu"},
]


def make() -> Any:
    x = keras.Input((6,), name="x")
    y = keras.layers.Dense(4, activation="relu", name="d")(x)
    y = keras.ops.concatenate([y[:, :2], y[:, 2:]], axis=-1)
    y = keras.layers.Reshape((2, 2))(y)
    z = keras.layers.LSTM(3, name="l")(y)
    z = keras.Sequential([keras.layers.Dense(2), keras.layers.BatchNormalization()])(z)
    model = keras.Model(x, z)
    model.compile("adam", "mse", metrics=["mae"])
    model.optimizer.build(model.trainable_variables)
    return model


def changed_bytes(data: bytes, chance: random.Random) -> bytes:
    """A few bytes set, cut out, doubled or cut off."""
    new = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        start = chance.randrange(len(new)) if new else 0
        how = chance.randrange(6)
        if how == 0:
            del new[start : start + chance.randrange(1, 64)]
        elif how == 1:
            new[start:start] = new[start : start + chance.randrange(1, 64)]
        elif how == 2:
            del new[start:]
        elif new:
            size = chance.choice([1, 1, 4, 8])
            filling = chance.choice([b"\xff", b"\0", b"\x7f", chance.randbytes(1)])
            new[start : start + size] = filling * size
    return bytes(new)


def changed_json(data: Any, chance: random.Random) -> Any:
    """Some values anywhere in it replaced, taken out, or put elsewhere."""
    for _ in range(chance.choice([1, 1, 2, 4])):
        places: list[tuple[Any, Any]] = []
        todo = [data]
        while todo:
            node = todo.pop()
            keys = list(node) if isinstance(node, dict) else range(len(node))
            places += [(node, key) for key in keys]
            todo += [node[key] for key in keys if isinstance(node[key], (dict, list))]
        if not places:
            break
        node, key = chance.choice(places)
        how = chance.randrange(4)
        if how == 0:
            del node[key]
        elif how == 1:
            other, place = chance.choice(places)
            node[key] = (
                json.loads(json.dumps(other[place])) if place in _keys(other) else 0
            )
        else:
            node[key] = json.loads(json.dumps(chance.choice(_ODD)))
    return data


def _keys(node: Any) -> Any:
    return node if isinstance(node, dict) else range(len(node))


class Mutants:
    """Files of one model, and changed copies of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = make()
        self.values = self.model.get_weights()
        for ending in ENDINGS[:5]:
            save = self.model.save if ending in (".keras", ".h5") else None
            (save or self.model.save_weights)(folder / f"a{ending}")
        with zipfile.ZipFile(folder / "a.keras") as file:
            self.members = {name: file.read(name) for name in file.namelist()}

    def mutant(self, ending: str, seed: int) -> Callable[[], Any]:
        """A call that reads a changed file."""
        chance = random.Random(f"{ending} {seed}")
        if ending == "config":
            config = changed_json(json.loads(self.members["config.json"]), chance)
            return lambda: keras.saving.deserialize_keras_object(config)
        path = self.folder / f"b{ending}"
        if ending == ".keras" and seed % 2:
            config = changed_json(json.loads(self.members["config.json"]), chance)
            members = {**self.members, "config.json": json.dumps(config).encode()}
            with zipfile.ZipFile(path, "w") as file:
                for name, data in members.items():
                    file.writestr(name, data)
        else:
            data = (self.folder / f"a{ending}").read_bytes()
            path.write_bytes(changed_bytes(data, chance))
        if ending in (".keras", ".h5"):
            return lambda: keras.saving.load_model(path)
        return lambda: self.model.load_weights(path)

    def run(self, ending: str, seed: int) -> str:
        """What became of one: "loaded" or "refused"."""
        call = self.mutant(ending, seed)
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call()
            result = "loaded"
        except (DeserializationError, FileNotFoundError):
            result = "refused"
        assert time.process_time() - start < 5
        return result


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with keras.backend_scope("numpy"):
        yield Mutants(tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_mutants_load_or_are_refused(mutants: Mutants, ending: str) -> None:
    with keras.backend_scope("numpy"):
        results = [mutants.run(ending, seed) for seed in range(60)]
    assert results.count("refused") > 5


def main() -> None:
    first, count = int(sys.argv[1]), int(sys.argv[2])
    keras.config.set_backend("numpy")
    made = Mutants(Path(tempfile.mkdtemp()))
    for seed in range(first, first + count):
        for ending in sys.argv[3:] or ENDINGS:
            try:
                made.run(ending, seed)
            except BaseException as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                print(ending, seed, type(error).__name__, str(error)[:150], last)


if __name__ == "__main__":
    main()
