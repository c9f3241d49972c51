"""Files of one model with a few random changes, and what must hold of reading them.

A changed file loads or ends in an error of ours, within 2 s and 512 MiB. What is
changed is bytes, or the structure of the format: values of JSON, members of HDF5 and
zip files, entries of headers. `test_mutants.py` reads a few, the same in each run;
`fuzz.py` lets coverage lead.
"""

from __future__ import annotations

import io
import json
import random
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from lzma import LZMAError
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import keras
from keras.core.errors import DeserializationError
from keras.saving.scan import scan
from tests.saving.corpus import memory

ENDINGS = (".keras", ".h5", ".weights.h5", ".weights.json", ".safetensors", "config")
MOST_SECONDS = 2.0
MOST_BYTES = 512 << 20
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
_SHAPES = ((), (0,), (1,), (6, 4), (4, 6), (1 << 20, 1 << 12), (1,) * 20)
_DTYPES = (*("f4", "f8", "i8", "u1", "?", "c8", "S3", "V2"), [("a", "f2")])


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


# Changes ----------------------------------------------------------------------------


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
        todo = [data] if isinstance(data, (dict, list)) else []
        while todo:
            node = todo.pop()
            keys = list(_keys(node))
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


def changed_text(data: bytes, chance: random.Random) -> bytes:
    """JSON with changed values."""
    return json.dumps(changed_json(json.loads(data), chance)).encode()


def changed_safetensors(data: bytes, chance: random.Random) -> bytes:
    """A header with changed entries, and the bytes that were there."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = changed_text(data[8:end], chance)
    return len(header).to_bytes(8, "little") + header + data[end:]


def changed_hdf5(data: bytes, chance: random.Random) -> bytes:
    """Members replaced, linked, moved or taken out; attributes of other kinds."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        found: list[Any] = []
        file.visititems(lambda name, member: found.append(name))
        for _ in range(chance.choice([1, 1, 2, 4])):
            name = chance.choice(found)
            if name not in file:
                continue
            _change_member(file, name, chance.choice(found), chance)
    return buffer.getvalue()


def _change_member(file: Any, name: str, other: str, chance: random.Random) -> None:
    how = chance.randrange(7)
    member = file[name]
    if how == 0:
        attribute = chance.choice([*member.attrs, *file.attrs, "name", "weight_names"])
        holder = file if attribute in file.attrs else member
        text = holder.attrs.get(attribute)
        if isinstance(text, (str, bytes)) and text[:1] in ("{", b"{"):
            changed = changed_json(json.loads(text), chance)
            holder.attrs[attribute] = json.dumps(changed)
        else:
            values = (1, "a", [b"a", b"d"], np.zeros((0, 3)), ["/"] * 3, b"\xff")
            holder.attrs[attribute] = chance.choice(values)
    elif how == 1:
        del file[name]
    elif how == 2 and other in file and not other.startswith(f"{name}/"):
        del file[name]
        if other in file:
            file[name] = file[other]  # hard; a group may come to hold itself
    elif how == 3:
        del file[name]
        links = (h5py.SoftLink(f"/{other}"), h5py.ExternalLink("/etc/hostname", "/a"))
        file[name] = chance.choice(links)
    elif how == 4:
        del file[name]
        file.create_group(name)
    else:
        shape, dtype = chance.choice(_SHAPES), np.dtype(chance.choice(_DTYPES))
        packed: dict[str, Any] = {}
        if shape and 0 not in shape and chance.randrange(2):
            packed = {"chunks": tuple(min(n, 64) for n in shape), "compression": 4}
        del file[name]
        file.create_dataset(name, shape, dtype, **packed)


def changed_zip(data: bytes, chance: random.Random) -> bytes:
    """Other members, names, methods and sizes; or a changed config or weights."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    place = chance.randrange(len(members))
    name, content = members[place]
    how = chance.randrange(6)
    if how == 0:
        del members[place]
    elif how == 1:
        members.append((chance.choice(("../a", "assets/a", "/a", "a\\b", name)), b"a"))
    elif how == 2:
        members[place] = (name, changed_bytes(content, chance))
    elif name.endswith(".json"):
        members[place] = (name, changed_text(content, chance))
    elif name.endswith(".h5"):
        members[place] = (name, changed_hdf5(content, chance))
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as file:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, content in members:
            file.writestr(name, content, chance.choice((0, 0, 8, 8, 12, 14)))
    packed = bytearray(buffer.getvalue())
    directory = packed.rfind(b"PK\x01\x02")
    if chance.randrange(3) == 0:  # what the directory says of the last member
        packed[directory + chance.randrange(4, 46)] = chance.randrange(256)
    return bytes(packed)


CHANGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    ".keras": changed_zip,
    ".h5": changed_hdf5,
    ".weights.h5": changed_hdf5,
    ".weights.json": changed_text,
    ".safetensors": changed_safetensors,
    "config": changed_text,
}


def changed(ending: str, data: bytes, chance: random.Random) -> bytes:
    """A changed file: its structure, or bytes where it has none or by chance."""
    if chance.randrange(3):
        try:
            return CHANGES[ending](data, chance)
        except (ValueError, LookupError, OSError, RuntimeError, ArithmeticError):
            pass
        except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError):
            pass
        except (TypeError, AttributeError):
            pass
    return changed_bytes(data, chance)


# Reading ----------------------------------------------------------------------------


class Mutants:
    """Files of one model, and changed copies of them.

    Args:
        folder: where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = make()
        for ending in ENDINGS[:5]:
            save = self.model.save if ending in (".keras", ".h5") else None
            (save or self.model.save_weights)(folder / f"a{ending}")
        with zipfile.ZipFile(folder / "a.keras") as file:
            (folder / "aconfig").write_bytes(file.read("config.json"))
        shard = (folder / "a_00000.weights.h5").read_bytes()
        (folder / "b_00000.weights.h5").write_bytes(shard)

    def seed(self, ending: str) -> bytes:
        """The file as it was written."""
        return (self.folder / f"a{ending}").read_bytes()

    def read(self, ending: str, data: bytes) -> str:
        """Reads a file: "loaded" or "refused".

        Raises:
            AssertionError: if that takes too long or too much.
            Exception: that is not of ours.
        """
        path = self.folder / f"b{ending}"
        path.write_bytes(data)
        Path("/proc/self/clear_refs").write_text("5")
        before, start = memory("VmRSS"), time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._load(ending, path)
            result = "loaded"
        except (DeserializationError, FileNotFoundError):
            result = "refused"
        seconds = time.process_time() - start
        taken = memory("VmHWM") - before
        assert seconds < MOST_SECONDS, f"{seconds} s"
        assert taken < MOST_BYTES, f"{taken:,} bytes"
        return result

    def _load(self, ending: str, path: Path) -> None:
        if ending != "config":
            scan(str(path))  # says what is wrong, and never raises
        if ending in (".keras", ".h5"):
            keras.saving.load_model(path)
        elif ending != "config":
            self.model.load_weights(path)
            keras.saving.KerasFileEditor(path)
        else:
            try:
                config = json.loads(path.read_bytes())
            except (ValueError, RecursionError):
                return
            keras.saving.deserialize_keras_object(config)
