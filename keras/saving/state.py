"""The state of a model into a store and back.

Loading is two steps: everything is compared with the file first, then assigned. A
model into which a file does not fit keeps all its values.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.core.facts import replaces_hook
from keras.core.reading import hooks_of_objects
from keras.core.scopes import StatelessScope
from keras.optimizers import Optimizer
from keras.saving.all_or_nothing import all_or_nothing
from keras.saving.keras_2_optimizers import (
    WithUnwritten,
    number_of_updates,
    unwritten,
)
from keras.saving.report import LoadReport
from keras.saving.stores import Reader, Store, Writer
from keras.saving.walk import own_variables, owners, paths_in_file

if TYPE_CHECKING:
    from keras.models.model import Model


def save_state(
    model: Model, writer: Writer, objects_to_skip: Iterable[Any] | None = None
) -> None:
    """Writes all variables of a model, its optimizer's included."""
    skipped = {id(obj) for obj in objects_to_skip or ()}
    for path, obj in owners(model):
        if id(obj) in skipped:
            continue
        name = getattr(obj, "name", None) or type(obj).__name__
        store = writer.at(path, str(name))
        if isinstance(obj, Optimizer) and not replaces_hook(obj, "save_own_variables"):
            # One value at a time; the hook makes copies.
            store.update({str(i): v for i, v in enumerate(own_variables(obj))})
        else:
            obj.save_own_variables(store)


def load_state(
    model: Model,
    reader: Reader,
    skip_mismatch: bool = False,
    objects_to_skip: Iterable[Any] | None = None,
    source: str = "the file",
) -> LoadReport:
    """Reads all variables of a model.

    Args:
        model: a built model.
        reader: the file.
        skip_mismatch: leave objects that do not fit as they are, with a warning.
        objects_to_skip: layers to leave as they are.
        source: how errors name the file.

    Returns:
        What was loaded and what was not.

    Raises:
        ValueError: if weights are missing or of another shape. Nothing has been
            assigned then.
    """
    report = LoadReport(source)
    skipped = {id(obj) for obj in objects_to_skip or ()}
    every = list(owners(model))
    found = [(path, obj) for path, obj in every if id(obj) not in skipped]
    known = {path for path, _ in every}
    others = _OtherPaths(model, reader)
    fitting, problems = [], []
    for path, obj in found:
        store = _of_today(obj, reader.at(path))
        problem = _misfit(path, obj, store)
        other = None if problem is None else others.fitting(path, obj)
        if other is not None:
            known.add(other)
            fitting.append((path, obj, reader.at(other)))
        elif problem is None:
            if len(store) or own_variables(obj):
                fitting.append((path, obj, store))
        else:
            (report.mismatched if len(store) else report.missing).append(problem)
            if isinstance(obj, Optimizer):
                warnings.warn(
                    f"The optimizer keeps its state: {problem}",
                    UserWarning,
                    stacklevel=4,
                )
            else:
                problems.append(problem)
    if problems:
        complain(problems, len(found), skip_mismatch, source)
    report.unexpected = [path for path in reader.paths() if path not in known]
    _warn_of_leftovers(report.unexpected, source)
    for _, _, store in fitting:
        store.verify()
    variables = [one for _, obj, _ in fitting for one in own_variables(obj)]
    with all_or_nothing(variables, reader.read_through), hooks_of_objects():
        for path, obj, store in fitting:
            obj.load_own_variables(store)
            report.loaded.append(path or getattr(obj, "name", "the top"))
    return report


def _of_today(obj: Any, store: Store) -> Store:
    """A store of an optimizer's state as Keras 3 writes it."""
    if not isinstance(obj, Optimizer) or replaces_hook(obj, "load_own_variables"):
        return store

    def iterations() -> int:
        return number_of_updates(store["0"]) if "0" in store else 0

    filled = unwritten(obj, len(store), iterations) if len(store) else {}
    if not filled:
        return store
    return WithUnwritten(store, filled, len(own_variables(obj)))


class _OtherPaths:
    """Where a file may have what it lacks at the path that would be written today."""

    def __init__(self, model: Model, reader: Reader) -> None:
        self._model, self._reader = model, reader
        self._paths: dict[int, list[str]] | None = None

    def fitting(self, path: str, obj: Any) -> str | None:
        """Another path of an object, at which the file has what fits it."""
        if self._paths is None:
            self._paths = paths_in_file(self._model, self._reader.paths())
        for other in self._paths.get(id(obj), ()):
            store = self._reader.at(other)
            if other != path and len(store) and _misfit(other, obj, store) is None:
                return other
        return None


def _misfit(path: str, obj: Any, store: Store) -> str | None:
    """Why a store does not fit an object, or None."""
    where = _describe(path, obj)
    if replaces_hook(obj, "load_own_variables"):
        return _misfit_of_hook(where, obj, store)
    variables = own_variables(obj)
    if len(store) != len(variables):
        names = ", ".join(variable.name for variable in variables) or "none"
        return (
            f"{where} has {len(variables)} variables ({names}), the file has "
            f"{len(store)} for it.{_hint(obj, store)}"
        )
    for index, variable in enumerate(variables):
        key = str(index)
        if key not in store:
            return f"{where}: the file lacks its variable {variable.name!r}."
        if store.shape_of(key) != tuple(variable.shape):
            return (
                f"{where}: variable {variable.name!r} has shape "
                f"{tuple(variable.shape)}, in the file {store.shape_of(key)}."
            )
        dtype = store.dtype_of(key)
        if dtype.kind == "c" and not variable.dtype.startswith("complex"):
            return (
                f"{where}: variable {variable.name!r} has dtype {variable.dtype}, in "
                f"the file {dtype}."
            )
    return None


def _misfit_of_hook(where: str, obj: Any, store: Store) -> str | None:
    """Tries a hook of the user's; its assignments are noted and thrown away."""
    try:
        with StatelessScope(), warnings.catch_warnings(), hooks_of_objects():
            warnings.simplefilter("ignore")  # they come when it is done for real
            obj.load_own_variables(store)
    except (UnsafeDeserializationError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the hook raises
        return f"{where}: {type(error).__name__}: {error}"
    return None


def _describe(path: str, obj: Any) -> str:
    kind = "Optimizer" if isinstance(obj, Optimizer) else "Layer"
    name = getattr(obj, "name", None) or type(obj).__name__
    return f"{kind} {name!r} ({type(obj).__name__}, at {path or 'the top'!r})"


def _hint(obj: Any, store: Store) -> str:
    if len(store) and not getattr(obj, "built", True):
        return " It is not built yet: call the model on data, or build() it, first."
    return ""


def complain(problems: list[str], total: int, skip: bool, source: str) -> None:
    """Raises for what does not fit, or warns where that is to be skipped."""
    listed = "\n  ".join(problems[:10])
    more = f"\n  … and {len(problems) - 10} more" if len(problems) > 10 else ""
    text = (
        f"{len(problems)} of {total} objects do not fit the weights in {source}:"
        f"\n  {listed}{more}"
    )
    if not skip:
        raise DeserializationError(
            f"{text}\nNothing was changed. Make the model that was saved, or pass "
            "skip_mismatch=True to load what fits."
        )
    warnings.warn(f"{text}\nThese keep their values.", UserWarning, stacklevel=4)


def _warn_of_leftovers(unexpected: list[str], source: str) -> None:
    left = [path for path in unexpected if not _is_expected_extra(path)]
    if left:
        warnings.warn(
            f"{source} has weights for which the model has no place: "
            f"{', '.join(repr(path) for path in left[:10])}"
            f"{' …' if len(left) > 10 else ''}.",
            UserWarning,
            stacklevel=4,
        )


def _is_expected_extra(path: str) -> bool:
    # The optimizer of a model that is not compiled here; seeds that older Keras 3
    # wrote; a group that older Keras 3 named otherwise; metrics, which Keras 2 wrote.
    parts = path.split("/")
    return (
        parts[0] in ("optimizer", "metrics")
        or "seed_generator" in parts[-1]
        or any(part.startswith("_") for part in parts)
    )
