"""The variables of a model as nested dicts, by the parts of their paths."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras.models.model import Model

FORMATS = ("backend_tensor", "numpy_array")
Path = tuple[str, ...]
# `dense_12` is the name `dense` and the number 12.
_COUNT = re.compile(r"(.*?)(?:_(\d+))?", re.DOTALL)


def get_state_tree(model: Model, value_format: str) -> dict[str, Any]:
    """All variables of a model, in four groups of nested dicts."""
    if value_format not in FORMATS:
        raise ValueError(
            f"`value_format` must be one of {', '.join(FORMATS)}. "
            f"Received: {value_format!r}."
        )
    return {
        group: _nested(variables, value_format)
        for group, variables in _groups(model).items()
    }


def set_state_tree(model: Model, state_tree: dict[str, Any]) -> None:
    """Assigns the values of nested dicts to the variables of a model."""
    groups = _groups(model)
    for group, values in state_tree.items():
        if group not in groups:
            raise ValueError(
                f"A state tree has the parts {list(groups)}. Received: {group!r}."
            )
        by_path = {tuple(v.path.split("/")): v for v in groups[group]}
        leaves = _leaves(values, ())
        if not {path for path, _ in leaves} <= by_path.keys():
            by_path = _counted_anew([path for path, _ in leaves], by_path)
        for path, value in leaves:
            if path not in by_path:
                raise ValueError(
                    f"Model {model.name!r} has no variable {'/'.join(path)!r} among "
                    f"its {group}. It has: {['/'.join(p) for p in by_path]}."
                )
            by_path[path].assign(value)


def _groups(model: Model) -> dict[str, list[Any]]:
    optimizer = getattr(model, "optimizer", None)
    return {
        "trainable_variables": list(model.trainable_variables),
        "non_trainable_variables": list(model.non_trainable_variables),
        "optimizer_variables": [] if optimizer is None else list(optimizer.variables),
        "metrics_variables": list(model.metrics_variables),
    }


def _nested(variables: Iterable[Any], value_format: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for variable in variables:
        *parts, last = variable.path.split("/")
        place = result
        for part in parts:
            place = place.setdefault(part, {})
        if last in place:
            raise ValueError(
                f"Two variables have the path {variable.path!r}, so a state tree "
                "cannot tell them apart. Give the layers that own them other names."
            )
        as_array = value_format == "numpy_array"
        place[last] = variable.numpy() if as_array else variable.value
    return result


def _counted_anew(paths: list[Path], by_path: dict[Path, Any]) -> dict[Path, Any]:
    """The variables by the paths that they have in the same model made before.

    Names that are made up are counted in a process: `seed_generator` of one model is
    `seed_generator_1` in its copy. Other models are left as they are.
    """
    theirs, mine = (
        sorted(paths, key=_stems_and_counts),
        sorted(by_path, key=_stems_and_counts),
    )
    if [_stems_and_counts(p)[0] for p in theirs] != [
        _stems_and_counts(p)[0] for p in mine
    ]:
        return by_path
    return {path: by_path[own] for path, own in zip(theirs, mine, strict=True)}


def _stems_and_counts(path: Path) -> tuple[list[str], list[int]]:
    parts = [_COUNT.fullmatch(part) for part in path]
    stems = [part[1] for part in parts if part is not None]
    return stems, [int(part[2] or 0) for part in parts if part is not None]


def _leaves(values: dict[str, Any], path: Path) -> list[tuple[Path, Any]]:
    found: list[tuple[Path, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            found.extend(_leaves(value, (*path, key)))
        else:
            found.append(((*path, key), value))
    return found
