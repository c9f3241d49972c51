"""What a file contains and what it would need or run, without loading it.

    python -m keras.saving.scan model.keras
    python -m keras.saving.scan --json *.keras *.weights.h5

The exit status is 0 if all files are whole, and nothing in them would run, be opened or
is named that no file may name; 1 if one is not so; 2 for a wrong command line.

Objects are not made, so this cannot tell what only making them shows: how large a model
the arguments in a config would be (a `Dense` of 2**40 units, a graph of endless calls,
objects nested too deep), whether arguments are of the right kind, and whether the
weights are of the shapes and dtypes that it has. Loading counts all that as it goes,
and stops with an error before it takes more than the stored weights justify. What
vocabularies and other assets hold is not read either.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from keras.core import limits, public_names, registry
from keras.core.errors import DeserializationError
from keras.core.facts import all_facts
from keras.core.reading import boundary
from keras.core.typing import Config
from keras.ops.operation import Operation
from keras.saving import h5_files
from keras.saving.archive import Archive, member_of_folder, open_archive
from keras.saving.assets import check_assets
from keras.saving.json_text import MOST_TEXT, read_json
from keras.saving.legacy_models import of_keras_2
from keras.saving.legacy_weights import datasets_in, is_legacy, names_in
from keras.saving.open_weights import HDF5, check_readable, open_reader
from keras.saving.stores import H5Reader, Reader
from keras.saving.tensorflow_ops import OP_CLASSES

_PLAIN = frozenset({"function", "type", "__numpy__", "__tensor__", "__slice__"})
_MOST_SHOWN = 50


@dataclass
class Findings:
    """What a scan of one file found.

    Attributes:
        file: its path.
        size: its bytes.
        members: of a `.keras` file, or the folder of one: name -> bytes.
        classes: what the config names: `"keras.layers.Dense"` -> how often.
        needs: names of others, to be registered or passed to load it.
        runs: what would run code of the file or open what it names.
        objects: objects with weights.
        weights: arrays.
        parameters: numbers in them.
        weight_bytes: their bytes.
        problems: why it is damaged or unsafe.
    """

    file: str
    size: int = 0
    members: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    objects: int = 0
    weights: int = 0
    parameters: int = 0
    weight_bytes: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def is_safe(self) -> bool:
        """Whether it is whole, and nothing of it would run or be opened."""
        return not self.problems and not self.runs

    def lines(self) -> Iterator[str]:
        """The findings as text."""
        verdict = "safe" if self.is_safe else "NOT SAFE"
        yield f"{self.file}: {verdict}, {self.size:,} bytes"
        if self.weights:
            yield (
                f"  weights: {self.weights:,} arrays of {self.objects:,} objects, "
                f"{self.parameters:,} numbers, {self.weight_bytes:,} bytes"
            )
        for title in ("members", "classes"):
            found: dict[str, int] = getattr(self, title)
            for name, number in list(found.items())[:_MOST_SHOWN]:
                yield f"  {title}: {name} {number:,}"
            if len(found) > _MOST_SHOWN:
                yield f"  {title}: and {len(found) - _MOST_SHOWN:,} more"
        for title in ("needs", "runs", "problems"):
            for text in getattr(self, title)[:_MOST_SHOWN]:
                yield f"  {title}: {text}"


def scan(path: str) -> Findings:
    """Looks through a file of a model or of weights; makes and loads nothing.

    Args:
        path: a `.keras`, `.h5`, `.weights.h5`, `.weights.json` or `.safetensors`
            file, or the folder of an unzipped model.
    """
    found = Findings(path)
    try:
        check_readable(path)
        found.size = os.path.getsize(path)
        with boundary(path):
            _look_at_config(path, found)
        with boundary(path), ExitStack() as files:
            reader, stored = open_reader(path, files)
            files.enter_context(limits.of_file(path, stored))
            if isinstance(reader, H5Reader) and is_legacy(reader.file):
                _count_legacy(reader.file, found)
            else:
                _count(reader, found)
    except (DeserializationError, ValueError, OSError) as error:
        found.problems.append(str(error)[:1000])
    return found


def _look_at_config(path: str, found: Findings) -> None:
    if path.endswith(HDF5):
        with h5_files.open_h5(path, path) as file:
            for name in ("model_config", "training_config"):
                text = h5_files.text(file, name)
                if text is not None:
                    _look_at(read_json(text, f"{name} in {path}"), found)
    elif os.path.isdir(path):
        found.members = dict(sorted(_files_of(path)))
        check_assets(path)
        with open(member_of_folder(path, "config.json"), "rb") as file:
            _look_at(read_json(file.read(MOST_TEXT), f"config.json in {path}"), found)
    elif path.endswith(".keras"):
        with open_archive(path) as archive:
            found.members = {name: archive.size(name) for name in archive.names()}
            config = _member(archive, "config.json")
            metadata = _member(archive, "metadata.json")
        version = metadata.get("keras_version") if isinstance(metadata, dict) else None
        _look_at(of_keras_2(config, version), found)


def _files_of(folder: str) -> Iterator[tuple[str, int]]:
    """The files in a folder, each with its bytes; of links those of the link."""
    for parent, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(parent, name)
            relative = os.path.relpath(file, folder).replace(os.sep, "/")
            yield relative, os.lstat(file).st_size


def _member(archive: Archive, name: str) -> Any:
    if name not in archive:
        return None
    return read_json(archive.read(name, MOST_TEXT), f"{name} in {archive.path}")


def _look_at(config: Config, found: Findings) -> None:
    """Notes each object that a config describes, wherever it stands."""
    counts: Counter[str] = Counter(found.classes)
    todo: list[Any] = [config]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo += item
        elif isinstance(item, Mapping):
            todo += item.values()
            if isinstance(item.get("class_name"), str):
                _note(item, counts, found)
    found.classes = dict(counts.most_common())
    found.needs, found.runs = sorted(set(found.needs)), sorted(set(found.runs))


def _note(item: Mapping[str, Any], counts: Counter[str], found: Findings) -> None:
    name, inner = item["class_name"], item.get("config")
    module = item.get("module")
    if name == "__lambda__":
        found.runs.append("Python byte code (a lambda)")
    elif name == "function" and isinstance(inner, str):
        if public_names.find_function(module, inner) is None and not _registered(inner):
            _note_unknown("function", module, inner, found)
    if name in _PLAIN or name.startswith("__"):
        return
    if module is None and name in OP_CLASSES and isinstance(inner, Mapping):
        counts[f"tf.{str(inner.get('function'))[:200]}"] += 1  # of Keras 2
        return
    # Keras 2 calls its optimizers so in `.h5` files.
    plain = name.removeprefix("Custom>") if module is None else name
    cls = public_names.find_class(module, plain)
    registered = item.get("registered_name")
    if cls is None:
        cls = _registered(registered) or _registered(name)
        cls = cls or registry.class_beside_registered(module, name)
    own = inner.get("name") if isinstance(inner, Mapping) else None
    if isinstance(own, str) and "/" in own and issubclass(cls or Operation, Operation):
        found.problems.append(f"The name {own[:200]!r} of a {name[:200]} has a '/'.")
    if cls is None:
        _note_unknown("class", module, str(registered or name), found)
        counts[f"{str(module)[:200]}.{name[:200]}"] += 1
        return
    counts[
        f"{cls.__module__ if module is None else str(module)[:200]}.{name[:200]}"
    ] += 1
    for base, said in all_facts(cls) if isinstance(cls, type) else ():
        if said.runs_code:
            found.runs.append(f"{base.__name__} runs code that its config brings along")
        for argument in said.opens:
            given = inner.get(argument) if isinstance(inner, Mapping) else None
            if isinstance(given, str):
                found.runs.append(f"{base.__name__} opens {given[:200]!r} ({argument})")


def _note_unknown(kind: str, module: Any, name: str, found: Findings) -> None:
    """A name that nobody can give a meaning, or one of the user's."""
    top = str(module).partition(".")[0]
    if top in ("keras", "tf_keras") and ">" not in name:
        found.problems.append(
            f"The {kind} {module[:200]}.{name[:200]} is unknown to this version of "
            "Keras, or no file may name it."
        )
    elif top in sys.stdlib_module_names and (kind, top) != ("function", "builtins"):
        found.problems.append(
            f"The {kind} {module[:200]}.{name[:200]} is Python's own; no file may "
            "name it."
        )
    else:
        found.needs.append(f"{kind} {name[:200]}")


def _registered(name: Any) -> Any:
    return registry.get_registered_object(name) if isinstance(name, str) else None


def _count(reader: Reader, found: Findings) -> None:
    for path in reader.paths():
        store = reader.at(path)
        found.objects += 1
        for key in store:
            _add(found, store.shape_of(key), store.dtype_of(key).itemsize)
        store.verify()


def _count_legacy(file: Any, found: Findings) -> None:
    if "layer_names" not in file.attrs:
        file = h5_files.child(file, "model_weights")
    for name in names_in(file, "layer_names"):
        group = h5_files.subgroup(file, name)
        datasets = [] if group is None else datasets_in(group)
        found.objects += bool(datasets)
        for dataset in datasets:
            _add(found, dataset.shape, dataset.dtype.itemsize)
            h5_files.verify(dataset)


def _add(found: Findings, shape: tuple[int, ...], size: int) -> None:
    found.weights += 1
    found.parameters += math.prod(shape)
    found.weight_bytes += math.prod(shape) * size


def main(arguments: list[str] | None = None) -> int:
    """Scans the files of a command line.

    Returns:
        The exit status: 0 if all of them are safe, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="python -m keras.saving.scan",
        description="Prints what files of models contain, need and would run.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    findings = [scan(path) for path in options.files]
    if options.json:
        described = [{**asdict(found), "safe": found.is_safe} for found in findings]
        sys.stdout.write(json.dumps(described, indent=2) + "\n")
    else:
        for found in findings:
            sys.stdout.write("\n".join(found.lines()) + "\n")
    return 0 if all(found.is_safe for found in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
