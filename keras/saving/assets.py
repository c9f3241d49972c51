"""Files that layers keep beside their weights, such as vocabularies.

A layer with `save_assets(folder)` and `load_assets(folder)` gets a folder of its own,
`assets/` and its path in the model. That path is made of attribute and class names,
never of names in a config, so it cannot lead outside.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from keras.core.errors import UnsafeDeserializationError
from keras.core.facts import replaces_hook
from keras.core.reading import hooks_of_objects
from keras.core.unfolding import most_unfolded
from keras.saving.walk import owners, paths_in_file

if TYPE_CHECKING:
    from keras.models.model import Model


def save_assets(model: Model, folder: str) -> list[str]:
    """Lets every layer that has assets write them.

    Args:
        model: the model.
        folder: where `assets/` is made.

    Returns:
        The names of the files written, relative to the folder, with `/`.
    """
    for path, obj in owners(model):
        if _has_assets(obj, "save_assets"):
            own = _folder(folder, path)
            os.makedirs(own, exist_ok=True)
            obj.save_assets(own)
    found = []
    for parent, _, names in os.walk(os.path.join(folder, "assets")):
        for name in names:
            relative = os.path.relpath(os.path.join(parent, name), folder)
            found.append(relative.replace(os.sep, "/"))
    return sorted(found)


def wants_assets(model: Model) -> bool:
    """Whether some layer reads assets."""
    return any(_has_assets(obj, "load_assets") for _, obj in owners(model))


def load_assets(model: Model, folder: str) -> None:
    """Lets every layer that has assets read them.

    Raises:
        UnsafeDeserializationError: if something among them is no plain file, or has
            holes that are made to fill memory.
    """
    if not wants_assets(model):
        return
    check_assets(folder)
    for path, obj in owners(model):
        if not _has_assets(obj, "load_assets"):
            continue
        own = _folder(folder, path)
        if not os.path.isdir(own):
            others = paths_in_file(model, _folders(folder)).get(id(obj))
            if not others:
                continue
            own = _folder(folder, others[0])
        with hooks_of_objects():
            obj.load_assets(own)


def check_assets(folder: str) -> None:
    """Refuses what a layer that opens a file would be led elsewhere by.

    Args:
        folder: of a model.

    Raises:
        UnsafeDeserializationError: if something among its assets is no plain file, or
            has holes that are made to fill memory.
    """
    _check(os.path.join(folder, "assets"))


def _check(place: str) -> None:
    if not os.path.lexists(place):
        return
    found = os.lstat(place)
    if stat.S_ISDIR(found.st_mode):
        for name in os.listdir(place):
            _check(os.path.join(place, name))
    elif not stat.S_ISREG(found.st_mode):
        raise UnsafeDeserializationError(
            f"{place!r} is a link or a special file. What a layer reads from the "
            "folder of a model lies in it as a plain file."
        )
    elif found.st_size > most_unfolded(512 * found.st_blocks):
        raise UnsafeDeserializationError(
            f"{place!r} has {found.st_size:,} bytes, of which hardly any are on the "
            "disk. It is damaged or made to fill memory."
        )


def _folders(folder: str) -> list[str]:
    """The paths in a model that have a folder, without what only leads to them."""
    top = os.path.join(folder, "assets")
    found = (parent for parent, _, names in os.walk(top) if names)
    return [os.path.relpath(parent, top).replace(os.sep, "/") for parent in found]


def _has_assets(obj: Any, hook: str) -> bool:
    return hasattr(obj, hook) and replaces_hook(obj, hook)


def _folder(folder: str, path: str) -> str:
    return (
        os.path.join(folder, "assets", *path.split("/"))
        if path
        else os.path.join(folder, "assets")
    )
