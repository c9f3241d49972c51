"""`save_model` and `load_model`: the `.keras` file.

A zip of `metadata.json`, `config.json` (what the model is), `model.weights.h5` (its
values) and perhaps `assets/` (vocabularies). Nothing in it is compressed, so weights
are read where they lie.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import warnings
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from keras import __version__
from keras.core import limits, registry
from keras.core.errors import DeserializationError, brief
from keras.core.reading import ReadingScope, boundary
from keras.core.safe_mode import NOTHING_SAID, safe_mode_of_call
from keras.core.serialization import (
    deserialize_keras_object,
    object_sharing,
    reading_of,
    serialize_keras_object,
)
from keras.saving.archive import Archive, member_of_folder, open_archive
from keras.saving.archive_writer import ArchiveWriter
from keras.saving.assets import load_assets, save_assets, wants_assets
from keras.saving.atomic import new_file, new_folder, refuse_existing
from keras.saving.contents import written_by
from keras.saving.initial_values import draw_unread
from keras.saving.json_text import MOST_TEXT, read_json
from keras.saving.legacy_models import load_legacy_model, of_keras_2, save_legacy_model
from keras.saving.open_weights import WEIGHTS_MEMBER
from keras.saving.orbax import is_checkpoint, load_checkpointed_model
from keras.saving.weights import load_from_h5, write_h5

if TYPE_CHECKING:
    from keras.models.model import Model

_CONFIG, _METADATA = "config.json", "metadata.json"
_LEGACY = (".h5", ".hdf5")


def save_model(
    model: Model,
    filepath: str | os.PathLike[str],
    overwrite: bool = True,
    zipped: bool | None = None,
    **kwargs: Any,
) -> None:
    """Writes a whole model: what it is, its weights, how it is compiled.

    A crash or a full disk leaves a previous file of that name as it was.

    Args:
        model: the model.
        filepath: ends in `.keras`; or in `.h5` for the legacy format.
        overwrite: whether an existing file is replaced; if not, it is an error.
        zipped: False writes a folder with the same members instead of a zip.
        **kwargs: `include_optimizer`, for the legacy format.

    Raises:
        ValueError: for another ending, or unknown options.
        FileExistsError: if the file exists and `overwrite` is False.
        TypeError: if something in the model has no way to be written.
    """
    path = os.fspath(filepath)
    kwargs.pop("include_optimizer", None)
    kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(
            f"save_model() got unknown options: {sorted(kwargs)}. Allowed: overwrite, "
            "zipped."
        )
    refuse_existing(path, overwrite)
    if path.endswith(_LEGACY):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        save_legacy_model(model, path)
    elif zipped is False and path.endswith(".keras"):
        raise ValueError(
            "With zipped=False a folder is written, whose name must not end in "
            f"'.keras'. Received: filepath={path!r}."
        )
    elif zipped is False:
        with new_folder(path) as folder:
            _write_members(model, folder)
            write_h5(model, os.path.join(folder, WEIGHTS_MEMBER))
    elif path.endswith(".keras"):
        _save_zipped(model, path)
    else:
        raise ValueError(
            "The path of a model must end in '.keras' (or '.h5' for the legacy "
            "format). Use model.export(filepath) for a SavedModel. "
            f"Received: filepath={path!r}."
        )


def _save_zipped(model: Model, path: str) -> None:
    folder = os.path.dirname(os.path.realpath(path))
    with (
        new_file(path) as temporary,
        tempfile.TemporaryDirectory(prefix=".keras_", dir=folder) as members,
        ArchiveWriter(temporary) as archive,
    ):
        for name in _write_members(model, members):
            archive.copy(name, os.path.join(members, *name.split("/")))
        with archive.open(WEIGHTS_MEMBER) as file:
            write_h5(model, file)


def _write_members(model: Model, folder: str) -> list[str]:
    """Writes all members but the weights into a folder; returns their names."""
    if not getattr(model, "built", True):
        warnings.warn(
            f"Model {model.name!r} is saved before it is built, so the file may hold "
            "no weights. Call it on data, or build(input_shape), first.",
            stacklevel=5,
        )
    with object_sharing():
        config = serialize_keras_object(model)
    metadata = {
        "keras_version": __version__,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
    }
    for name, content in ((_METADATA, metadata), (_CONFIG, config)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    return [_METADATA, _CONFIG, *save_assets(model, folder)]


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool | None = NOTHING_SAID,
) -> Any:
    """Reads a whole model from a file, onto the current backend.

    Nothing in the file is run or imported; its names are looked up in the public API
    and among custom objects.

    Args:
        filepath: a `.keras` file or unzipped folder, a folder of
            `keras.callbacks.OrbaxCheckpoint`, or a legacy `.h5` file.
        custom_objects: name -> class or function, besides registered ones.
        compile: whether to compile it as it was, optimizer state included.
        safe_mode: False lets lambdas in the file run, unless a load around this one
            forbids it; True forbids them. Not given, or None: as the load around
            this one; safe, if there is none.

    Returns:
        The model.

    Raises:
        ValueError: if there is no such file, or it is damaged, unsafe, of another
            format, or names what is not known.

    Example:

    >>> import keras, tempfile, os
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> model.save(path)
    >>> keras.saving.load_model(path).output_shape
    (None, 2)
    """
    path = os.fspath(filepath)
    if not os.path.exists(path):
        raise ValueError(
            f"File not found: filepath={path!r}. It must be a .keras file that "
            "exists (a folder written with zipped=False, or a legacy .h5 file, too)."
        )
    known = registry.CustomObjectScope(custom_objects)
    with safe_mode_of_call(safe_mode), known, boundary(path):
        return _load(path, compile)


def _load(path: str, compile: bool) -> Any:
    if is_checkpoint(path):
        return load_checkpointed_model(path, compile)
    if os.path.isdir(path):
        return _load_folder(path, compile)
    if path.endswith(_LEGACY):
        if path.endswith(".weights.h5"):
            raise ValueError(
                f"{path!r} holds weights, not a model. Make the model, then use "
                "model.load_weights(filepath)."
            )
        return load_legacy_model(path, compile)
    if not path.endswith(".keras") and not zipfile.is_zipfile(path):
        raise ValueError(
            "Models are read from .keras files and legacy .h5 files. Weights: make the "
            "model, then model.load_weights(filepath). JSON of a model: "
            "keras.models.model_from_json(text). A SavedModel folder can be used as a "
            f"layer: keras.layers.TFSMLayer. Received: filepath={path!r}."
        )
    return _load_zipped(path, compile)


def _load_zipped(path: str, compile: bool) -> Any:
    with open_archive(path) as archive:
        config, version = _parse(archive.read(_CONFIG, MOST_TEXT), path), None
        if _METADATA in archive.names():
            text = archive.read(_METADATA, MOST_TEXT)
            metadata = read_json(text, f"{_METADATA} in {path}")
            if isinstance(metadata, dict):
                version = metadata.get("keras_version")
                config = of_keras_2(config, version)
        with written_by(version), archive.open(WEIGHTS_MEMBER) as weights:
            with limits.of_file(path, archive.stored_size(WEIGHTS_MEMBER)):
                model = _make(config, path, compile)
                load_from_h5(model, weights, f"{WEIGHTS_MEMBER} in {path}")
            _load_assets(model, archive)
    return model


def _load_folder(path: str, compile: bool) -> Any:
    config, weights = (member_of_folder(path, x) for x in (_CONFIG, WEIGHTS_MEMBER))
    with open(config, "rb") as file:
        parsed = _parse(file.read(MOST_TEXT), path)
    with limits.of_file(path, os.path.getsize(weights)):
        model = _make(parsed, path, compile)
        load_from_h5(model, weights, weights)
    load_assets(model, path)
    return model


def _parse(text: bytes, path: str) -> dict[str, Any]:
    config = read_json(text, f"{_CONFIG} in {path}")
    if not isinstance(config, dict) or "class_name" not in config:
        raise DeserializationError(
            f"{_CONFIG} in {path} describes no object: it holds {brief(config)}. "
            "Expected a JSON object with a `class_name`, as model.save(filepath) "
            "writes it."
        )
    return config


def _make(config: dict[str, Any], path: str, compile: bool) -> Any:
    waiting: list[Any] = []
    with object_sharing(), reading_of(path, compile), ReadingScope(waiting=waiting):
        model = deserialize_keras_object(config)
    draw_unread(model, waiting)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not getattr(optimizer, "built", True):
        optimizer.build(model.trainable_variables)
    return model


def _load_assets(model: Model, archive: Archive) -> None:
    found = [name for name in archive.names() if name.startswith("assets/")]
    names = [name for name in found if not name.endswith("/")]
    if not names or not wants_assets(model):
        return
    with tempfile.TemporaryDirectory() as folder:
        archive.extract(names, folder)
        load_assets(model, folder)
