"""`KerasFileEditor`: looks into files of weights and changes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.saving.archive import open_archive
from keras.saving.json_text import MOST_TEXT, read_json
from keras.saving.open_weights import check_readable
from keras.saving.stores import to_array
from keras.saving.weights import write_weights
from keras.saving.weights_tree import Arrays, drawn, read_tree, tree_of
from keras.utils import messages

if TYPE_CHECKING:
    from keras.models.model import Model


class KerasFileEditor:
    """Shows, compares and changes the weights in a file, without making a model.

    Objects are named by their path in the file (`"layers/dense_2"`), or by its last
    part where no other object has it.

    Args:
        filepath: a `.keras`, `.weights.h5`, `.weights.json` or `.safetensors` file.

    Raises:
        ValueError: for another ending.
        FileNotFoundError: if there is no such file.
        DeserializationError: if it is damaged or unsafe.

    Example:

    >>> import keras, os, tempfile
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "a.weights.h5")
    >>> model.save_weights(path)
    >>> editor = keras.saving.KerasFileEditor(path)
    >>> editor.summary()
    Weights structure
    └─ layers
       └─ dense
          ├─ 0: shape=(3, 2), dtype=float32
          └─ 1: shape=(2,), dtype=float32
    """

    def __init__(self, filepath: str | os.PathLike[str]) -> None:
        self.filepath = os.fspath(filepath)
        check_readable(self.filepath)
        self.metadata: dict[str, Any] | None = None
        self.config: dict[str, Any] | None = None
        if self.filepath.endswith(".keras") and not os.path.isdir(self.filepath):
            with open_archive(self.filepath) as archive:
                self.metadata, self.config = (
                    read_json(archive.read(name, MOST_TEXT), name)
                    for name in ("metadata.json", "config.json")
                )
        self._tree = read_tree(self.filepath)

    @property
    def weights_dict(self) -> dict[str, Any]:
        """The arrays, in dicts within dicts as the objects lie in the file."""
        top: dict[str, Any] = {}
        for path, arrays in self._tree.objects.items():
            node = top
            for part in path.split("/") if path else ():
                node = node.setdefault(part, {})
            node.update(arrays)
        return top

    def summary(self) -> None:
        """Prints the objects, and shape and dtype of each weight, as a tree."""
        entries = {
            _joined(path, key): _described(array)
            for path, arrays in self._tree.objects.items()
            for key, array in arrays.items()
        }
        _show("Weights structure", *drawn(entries))

    def compare(
        self, reference_model: Model | KerasFileEditor | str | os.PathLike[str]
    ) -> dict[str, Any]:
        """Prints where the file differs from a model or from another file, as a tree.

        With a model, shapes count; with a file, dtypes and values too.

        Args:
            reference_model: a built model, another editor, or the path of a file.

        Returns:
            A dict of `"status"` (`"success"` or `"error"`), `"error_count"` and
            `"match_count"`, which count objects and their weights.
        """
        reference = reference_model
        if isinstance(reference, (str, os.PathLike)):
            reference = KerasFileEditor(reference)
        with_values = isinstance(reference, KerasFileEditor)
        other = reference._tree if with_values else tree_of(reference)
        mine = dict(self._tree.objects)
        if not with_values and "optimizer" not in other.objects:
            mine.pop("optimizer", None)  # of a model that is not compiled here
        found: dict[str, str] = {}
        matches = 0
        for path in sorted({*mine, *other.objects}):
            differences = _differences(
                mine.get(path), other.objects.get(path), with_values
            )
            found.update({_joined(path, key): text for key, text in differences})
            both = path in mine and path in other.objects
            matches += both + len(mine.get(path, ())) - len(differences) if both else 0
        if found:
            _show(f"{self.filepath} differs from the reference:", *drawn(found))
        else:
            _show(f"{self.filepath} fits the reference: {matches} matches.")
        return {
            "status": "error" if found else "success",
            "error_count": len(found),
            "match_count": matches,
        }

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Gives an object, and with it all inside of it, another name.

        Args:
            object_name: its path or name.
            new_name: the new last part of its path.
        """
        path = self._find(object_name)
        if not new_name or "/" in new_name:
            raise ValueError(
                f"The new name of {path!r} must be one part of a path, without '/'. "
                f"Received: {new_name!r}."
            )
        target = _joined(path.rpartition("/")[0], new_name)
        if self._tree.matching(target) == [target]:
            raise ValueError(f"{self.filepath} already has {target!r}.")
        self._tree.objects = {
            _moved(p, path, target): arrays for p, arrays in self._tree.objects.items()
        }
        self._tree.names = {
            _moved(p, path, target): name for p, name in self._tree.names.items()
        }

    def delete_object(self, object_name: str) -> None:
        """Takes an object out, with all inside of it.

        Args:
            object_name: its path or name.
        """
        for path in self._tree.below(self._find(object_name)):
            del self._tree.objects[path]
            self._tree.names.pop(path, None)

    def add_object(self, object_path: str, weights: Mapping[str, Any]) -> None:
        """Puts a new object in.

        Args:
            object_path: its whole path, such as `"layers/dense_2"`.
            weights: names of weights (`"0"`, `"1"`) -> values.
        """
        path = object_path.strip("/")
        if not path:
            raise ValueError("An object needs a path, such as 'layers/dense_2'.")
        if self._tree.matching(path) == [path]:
            raise ValueError(
                f"{self.filepath} already has {path!r}. Use add_weights() to add to it."
            )
        self._tree.objects[path] = _arrays(weights)

    def add_weights(self, object_name: str, weights: Mapping[str, Any]) -> None:
        """Puts weights into an object; those of the same name are replaced.

        Args:
            object_name: its path or name.
            weights: names of weights (`"0"`, `"1"`) -> values.
        """
        path = self._find(object_name)
        self._tree.objects.setdefault(path, {}).update(_arrays(weights))

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Takes one weight out of an object.

        Args:
            object_name: its path or name.
            weight_name: the weight's name, such as `"0"`.
        """
        path = self._find(object_name)
        arrays = self._tree.objects.get(path, {})
        if weight_name not in arrays:
            raise ValueError(
                f"{path!r} has no weight {weight_name!r}. It has: {sorted(arrays)}."
            )
        del arrays[weight_name]

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Writes the weights, as edited, to a file; the one opened stays as it was.

        Args:
            filepath: ends in `.weights.h5`, `.weights.json` or `.safetensors`.
        """
        write_weights(os.fspath(filepath), self._tree.write)

    def resave_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Writes the weights to a file in today's layout; as `save`.

        Args:
            filepath: ends in `.weights.h5`, `.weights.json` or `.safetensors`.
        """
        self.save(filepath)

    def _find(self, name: str) -> str:
        found = self._tree.matching(name)
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"{self.filepath} has several objects {name!r}: {found}. Name one by "
                "its path."
            )
        raise ValueError(
            f"{self.filepath} has no object {name!r}. It has: "
            f"{sorted(self._tree.objects)[:50]}."
        )


def _show(*lines: str) -> None:
    messages.show("\n".join(lines))


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _moved(path: str, old: str, new: str) -> str:
    inside = path == old or path.startswith(f"{old}/")
    return new + path[len(old) :] if inside else path


def _arrays(weights: Mapping[str, Any]) -> Arrays:
    return {str(key): np.asarray(to_array(value)) for key, value in weights.items()}


def _described(array: np.ndarray) -> str:
    return f"shape={array.shape}, dtype={array.dtype.name}"


def _differences(
    mine: Arrays | None, other: Arrays | None, with_values: bool
) -> list[tuple[str, str]]:
    """The keys in which two objects differ, each with a text that says how."""
    if mine is None or other is None:
        where = "only in the reference" if mine is None else "only in the file"
        there = other if mine is None else mine
        return [(k, f"{where}, {_described(x)}") for k, x in (there or {}).items()]
    found = []
    for key in sorted({*mine, *other}):
        a, b = mine.get(key), other.get(key)
        if a is None or b is None:
            there = b if a is None else a
            where = "only in the reference" if a is None else "only in the file"
            found.append((key, f"{where}, {_described(there)}"))  # type: ignore[arg-type]
        elif a.shape != b.shape:
            found.append((key, f"shape={a.shape}, in the reference {b.shape}"))
        elif with_values and a.dtype != b.dtype:
            found.append(
                (key, f"dtype={a.dtype.name}, in the reference {b.dtype.name}")
            )
        elif with_values and a.tobytes() != b.tobytes():
            wide = "complex128" if a.dtype.kind == "c" else "float64"
            apart = np.abs(a.astype(wide) - b.astype(wide)).max()
            found.append((key, f"{_described(a)}, values differ by up to {apart:.3g}"))
    return found
