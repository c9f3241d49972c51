"""Checkpoints of the orbax-checkpoint package, as `OrbaxCheckpoint` writes them.

A checkpoint is a numbered folder with the variables of a model (`pytree`, nested as in
`.weights.h5`) and, unless only weights are kept, its config and the files of its layers
(`model_config`, `assets`), as JSON. Arrays that JAX spreads over devices are written as
they lie there.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.backends.foreign import framework_of
from keras.callbacks.orbax_checkpoint import orbax
from keras.core.serialization import (
    deserialize_keras_object,
    object_sharing,
    reading_of,
    serialize_keras_object,
)
from keras.core.typing import Config
from keras.saving.assets import load_assets, save_assets, wants_assets
from keras.saving.report import LoadReport
from keras.saving.state import load_state, save_state
from keras.saving.stores import Store, to_array

if TYPE_CHECKING:
    from keras.models.model import Model

STATE, CONFIG, ASSETS = "pytree", "model_config", "assets"
_VARS = "vars"


def write_checkpoint(model: Model, manager: Any, step: int, weights_only: bool) -> None:
    """Write a model as one step of a checkpoint manager.

    Args:
        model: A built model.
        manager: An `orbax.checkpoint.CheckpointManager`; it may write later.
        step: The number of the checkpoint.
        weights_only: Whether to leave out what the model is.
    """
    args = orbax().args
    writer = _TreeWriter()
    save_state(model, writer)
    items = {STATE: args.StandardSave(writer.tree())}
    if not weights_only:
        with object_sharing():
            items[CONFIG] = args.JsonSave(serialize_keras_object(model))
        items[ASSETS] = args.JsonSave(_read_assets(model))
    manager.save(step, args=args.Composite(**items), force=True)


class _TreeWriter:
    """Variables as nested dicts of arrays."""

    def __init__(self) -> None:
        self._stores: dict[str, dict[str, Any]] = {}

    def at(self, path: str, name: str) -> dict[str, Any]:
        """The variables of the object at a path."""
        return self._stores.setdefault(path, {})

    def tree(self) -> dict[str, Any]:
        """All of them."""
        tree: dict[str, Any] = {}
        for path, store in self._stores.items():
            if store:
                place = tree
                for part in path.split("/") if path else ():
                    place = place.setdefault(part, {})
                place[_VARS] = {key: _settled(value) for key, value in store.items()}
        return tree


def _settled(value: Any) -> Any:
    """A value as an array that nobody changes while it is written."""
    if getattr(value, "_is_keras_variable", False):
        value = value.value
    if framework_of(value) == "jax" and len(value.devices()) > 1:
        return value
    return np.array(to_array(value))


class _TreeStore(Store):
    def __init__(self, arrays: dict[str, Any]) -> None:
        self._arrays = arrays

    def __getitem__(self, key: str) -> np.ndarray:
        return np.asarray(self._arrays[str(key)])

    def shape_of(self, key: str) -> tuple[int, ...]:
        return tuple(self._arrays[key].shape)

    def dtype_of(self, key: str) -> np.dtype:
        return np.dtype(self._arrays[key].dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


class _TreeReader:
    """Variables out of nested dicts of arrays."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._stores = dict(_stores(tree))

    def at(self, path: str) -> Store:
        return _TreeStore(self._stores.get(path, {}))

    def paths(self) -> Iterator[str]:
        return iter(self._stores)

    def name_of(self, path: str) -> str | None:
        return None

    def read_through(self) -> None:
        """Nothing is left to read: the values are in memory."""


def _stores(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if key == _VARS:
            yield path, value
        else:
            yield from _stores(value, f"{path}/{key}" if path else key)


def _read_assets(model: Model) -> dict[str, str]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in save_assets(model, folder):
            with open(os.path.join(folder, *name.split("/")), "rb") as file:
                found[name] = base64.b64encode(file.read()).decode()
    return found


def is_checkpoint(path: str) -> bool:
    """Whether a folder is a checkpoint, or holds numbered ones."""
    return _step_folder(path) is not None


def _step_folder(path: str) -> str | None:
    """The folder of one checkpoint: this one, or the newest in it."""
    if not os.path.isdir(path):
        return None
    if os.path.isdir(os.path.join(path, STATE)):
        return path
    steps = [int(name) for name in os.listdir(path) if name.isdecimal()]
    newest = os.path.join(path, str(max(steps, default="")))
    return newest if steps and os.path.isdir(os.path.join(newest, STATE)) else None


def _restored(path: str, *items: str) -> list[Any]:
    """Items of a checkpoint, None for those that it lacks."""
    folder: Any = _step_folder(path)
    package = orbax()
    readers = {STATE: package.StandardCheckpointHandler}
    found = []
    for item in items:
        where = os.path.abspath(os.path.join(folder, item))
        if not os.path.isdir(where):
            found.append(None)
            continue
        handler = readers.get(item, package.JsonCheckpointHandler)()
        with package.Checkpointer(handler) as checkpointer:
            found.append(checkpointer.restore(where))
    return found


def load_checkpoint(model: Model, path: str, **options: Any) -> LoadReport:
    """Give a model the values of a checkpoint.

    Args:
        model: A built model.
        path: The folder of the checkpoint, or of several: the newest is read.
        **options: As those of `load_state`.

    Returns:
        What was loaded and what was not.

    Raises:
        ValueError: If it is of another architecture; the model keeps all its values.
    """
    (tree,) = _restored(path, STATE)
    return load_state(model, _TreeReader(tree), **options, source=path)


def load_checkpointed_model(path: str, compile: bool) -> Any:
    """Make a model anew from a checkpoint.

    Args:
        path: The folder of the checkpoint, or of several: the newest is read.
        compile: Whether to compile it as it was.

    Raises:
        ValueError: If the checkpoint holds weights only.
    """
    config, assets = _restored(path, CONFIG, ASSETS)
    if config is None:
        raise ValueError(
            f"The checkpoint in {path!r} holds weights only, not what the model is. "
            "Make the model, then use model.load_weights(filepath)."
        )
    model = _make(config, path, compile)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)
    load_checkpoint(model, path)
    if assets and wants_assets(model):
        _write_assets(model, assets)
    return model


def _make(config: Config, path: str, compile: bool) -> Any:
    with object_sharing(), reading_of(path, compile):
        return deserialize_keras_object(config)


def _write_assets(model: Model, assets: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in assets.items():
            parts = name.split("/")
            if ".." in parts or parts[0] != "assets":
                raise ValueError(f"The checkpoint names a file outside it: {name!r}.")
            target = os.path.join(folder, *parts)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(base64.b64decode(content))
        load_assets(model, folder)
