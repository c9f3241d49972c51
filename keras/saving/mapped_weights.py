"""Weights of other worlds: files whose names and layouts are not those of Keras.

A map says which name in the file is which variable. How an array has to be turned is
worked out: a layer says of which of its weights torch keeps the outputs first, and a
shape shows which of the two layouts a file has. Where both fit (a square matrix), the
other arrays of the file decide, as one file has one layout; where none does, the
caller is asked. One array of the file may be several variables, one after the other
along its first axis, as torch packs the projections of its `MultiheadAttention`; and
several may be one variable: its rows, `"gru/gru_cell/bias[0]"` and `[1]`, or parts that
torch adds, as the two biases of its recurrent layers. Of these it also has the gates in
an order of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keras.core.errors import DeserializationError
from keras.saving.all_or_nothing import all_or_nothing
from keras.saving.report import LoadReport
from keras.saving.state import complain
from keras.saving.stores import Reader, Store, Writer, to_array
from keras.saving.walk import own_variables, owners

if TYPE_CHECKING:
    from keras.models.model import Model

Axes = tuple[int, ...]
NameMap = Mapping[str, Any] | Callable[[str], Any]


class Target(NamedTuple):
    """A variable of a model, or one row of it, and how torch would keep it."""

    layer: Any
    variable: Any
    row: int | None = None

    @property
    def path(self) -> str:
        """As a name map has it."""
        path = self.variable.path
        return path if self.row is None else f"{path}[{self.row}]"

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        shape = tuple(self.variable.shape)
        return shape if self.row is None else shape[1:]

    @property
    def gates(self) -> tuple[int, ...]:
        """Where in torch the blocks of its last axis are, if it has them elsewhere."""
        return getattr(self.layer, "_gates_in_torch", ())

    @property
    def adds(self) -> bool:
        """Whether torch has it in parts that are added."""
        return self.variable.name in getattr(self.layer, "_added_in_torch", ())

    @property
    def is_turned(self) -> bool:
        """Whether torch keeps the outputs first."""
        names = getattr(self.layer, "_outputs_first_in_torch", ())
        return self.variable.name in names

    @property
    def torch_shape(self) -> tuple[int, ...]:
        """Its shape in torch."""
        turn = getattr(self.layer, "_shape_in_torch", lambda _, s: s)
        shape = tuple(turn(self.variable.name, self.shape))
        return (
            tuple(shape[a] for a in _to_torch(len(shape))) if self.is_turned else shape
        )


def _from_torch(rank: int) -> Axes:
    """Outputs, inputs, places -> places, inputs, outputs."""
    return (*range(2, rank), 1, 0) if rank > 1 else tuple(range(rank))


def _to_torch(rank: int) -> Axes:
    return (rank - 1, rank - 2, *range(rank - 2)) if rank > 1 else tuple(range(rank))


def _in_order(array: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """The equal blocks of the last axis in another order."""
    if not order:
        return array
    blocks = array.reshape(*array.shape[:-1], len(order), -1)
    return blocks[..., list(order), :].reshape(array.shape)


class Way(NamedTuple):
    """A way of turning an array: its axes, and whether it is torch's layout."""

    axes: Axes
    is_torch: bool


class _Pair(NamedTuple):
    """An array of a file and the variable that it is for."""

    name: str
    store: Store
    key: str
    target: Target
    ways: list[Way]  # those that fit

    def value(self, way: Way) -> np.ndarray:
        """The array, turned."""
        array = self.store[self.key].transpose(way.axes).reshape(self.target.shape)
        return _in_order(array, self.target.gates) if way.is_torch else array


class _Part(Store):
    """One of the equal parts, along the first axis, of an array of a file."""

    def __init__(self, store: Store, key: str, number: int, count: int) -> None:
        self._store, self._key, self._number, self._count = store, key, number, count

    def __getitem__(self, key: str) -> np.ndarray:
        size = self.shape_of(key)[0]
        return self._store[key][self._number * size : (self._number + 1) * size]

    def shape_of(self, key: str) -> tuple[int, ...]:
        first, *rest = self._store.shape_of(key)
        return (first // self._count, *rest)

    def dtype_of(self, key: str) -> np.dtype:
        return self._store.dtype_of(key)

    def verify(self) -> None:
        self._store.verify()

    def __iter__(self) -> Iterator[str]:
        yield self._key

    def __len__(self) -> int:
        return 1


def _parts(
    name: str, store: Store, key: str, meant: Any
) -> Iterator[tuple[Store, Any]]:
    """What stands for each variable that an array of a file is for."""
    if not isinstance(meant, list):
        yield store, meant
        return
    shape = store.shape_of(key)
    if not shape or not meant or shape[0] % len(meant):
        raise ValueError(
            f"The name map gives {len(meant)} variables for {name!r}, whose shape "
            f"{shape} has no {len(meant)} equal parts along the first axis: {meant}."
        )
    for number, one in enumerate(meant):
        yield _Part(store, key, number, len(meant)), one


def load_mapped(
    model: Model, reader: Reader, name_map: NameMap, skip_mismatch: bool, source: str
) -> LoadReport:
    """Reads the arrays that a map names into the variables that it means.

    Args:
        model: a built model.
        reader: the file.
        name_map: name in the file -> path of a variable, `(path, axes)`, or a list of
            these for an array that holds several; or a function that gives one of
            these for a name, or None. `path[0]` is the first row of a variable.
        skip_mismatch: whether what does not fit keeps its values, with a warning.
        source: how errors name the file.

    Raises:
        ValueError: if something is missing, of another shape, or fits in two ways.
            Nothing has been assigned then.
    """
    report = LoadReport(source)
    targets, pairs = _targets(model), list[_Pair]()
    for name, store, key in _arrays(reader):
        meant = name_map.get(name) if isinstance(name_map, Mapping) else name_map(name)
        if meant is None:
            report.unexpected.append(name)
            continue
        for part, one in _parts(name, store, key, meant):
            pairs.append(_pair(name, part, key, one, targets))
    for pair in pairs:
        if not pair.ways:
            report.mismatched.append(
                f"{pair.name!r} has shape {pair.store.shape_of(pair.key)}, variable "
                f"{pair.target.path!r} has {pair.target.shape}."
            )
    for path in _not_read(targets, pairs):
        report.missing.append(f"{path!r} is in no name of the map.")
    if report.problems:
        complain(report.problems, len(targets), skip_mismatch, source)
    turned = _decided([pair for pair in pairs if pair.ways])
    groups: dict[str, list[tuple[_Pair, Way]]] = {}
    for pair, way in turned:
        pair.store.verify()
        groups.setdefault(pair.target.variable.path, []).append((pair, way))
    variables = [targets[path].variable for path in groups]
    with all_or_nothing(variables, reader.read_through):
        for variable, (path, group) in zip(variables, groups.items(), strict=True):
            variable.assign(_joined(group))
            report.loaded.append(path)
    return report


def _not_read(targets: Mapping[str, Target], pairs: Sequence[_Pair]) -> Iterator[str]:
    """The variables, or rows of them, that no array is for.

    Raises:
        ValueError: if several arrays are for one that torch has in one piece.
    """
    names: dict[str, list[str]] = {}
    for pair in pairs:
        names.setdefault(pair.target.path, []).append(pair.name)
    for path, target in targets.items():
        rows = range(target.variable.shape[0] if target.variable.shape else 0)
        given = [f"{path}[{row}]" for row in rows if f"{path}[{row}]" in names]
        if path in names and (given or (len(names[path]) > 1 and not target.adds)):
            found = [name for one in (path, *given) for name in names[one]]
            raise ValueError(
                f"The name map gives {path!r} for {len(found)} arrays of the file: "
                f"{', '.join(map(repr, found))}. Leave one of them, or say which row "
                f"each is: '{path}[0]'."
            )
        if given:
            yield from (f"{path}[{r}]" for r in rows if f"{path}[{r}]" not in names)
        elif path not in names:
            yield path


def _joined(group: Sequence[tuple[_Pair, Way]]) -> np.ndarray:
    """The value of a variable: an array, the sum of some, or its rows."""
    values = [pair.value(way) for pair, way in group]
    first = group[0][0]
    if first.target.row is None:
        return values[0] if len(values) == 1 else np.sum(values, axis=0)
    value = np.array(to_array(first.target.variable))
    for (pair, _), row in zip(group, values, strict=True):
        value[pair.target.row] = row
    return value


def _targets(model: Model) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for _, layer in owners(model):
        for variable in (
            () if hasattr(layer, "apply_gradients") else own_variables(layer)
        ):
            if variable.path in found:
                raise ValueError(
                    f"Two variables of {model.name!r} have the path "
                    f"{variable.path!r}, so a name map cannot tell them apart. Give "
                    "their layers different names."
                )
            found[variable.path] = Target(layer, variable)
    return found


def _arrays(reader: Reader) -> Iterator[tuple[str, Store, str]]:
    for path in reader.paths():
        store = reader.at(path)
        for key in store:
            yield (f"{path}/{key}" if path else key), store, key


def _pair(
    name: str, store: Store, key: str, meant: Any, targets: dict[str, Target]
) -> _Pair:
    path, axes = meant if isinstance(meant, tuple) else (meant, None)
    target = _target(targets, name, path)
    shape = store.shape_of(key)
    size = math.prod(shape) == math.prod(target.shape)
    same, torch = tuple(range(len(shape))), _from_torch(len(shape))
    if axes is not None:
        valid = sorted(axes) == list(same) and size
        way = Way(tuple(axes), target.is_turned and tuple(axes) == torch != same)
        return _Pair(name, store, key, target, [way] if valid else [])
    ways = [Way(same, False)] if shape == target.shape else []
    if shape == target.torch_shape:
        way = Way(torch if target.is_turned else same, True)
        if not ways or target.gates or way.axes != same:
            ways.append(way)
    return _Pair(name, store, key, target, ways)


def _decided(pairs: Sequence[_Pair]) -> list[tuple[_Pair, Way]]:
    """Each array with the way of turning it; one file has one layout."""
    clear = [p for p in pairs if len(p.ways) == 1 and p.target.is_turned]
    layouts = {p.ways[0].is_torch for p in clear}
    unclear = [p for p in pairs if len(p.ways) > 1]
    if unclear and len(layouts) != 1:
        names = ", ".join(repr(p.name) for p in unclear[:10])
        raise DeserializationError(
            f"{len(unclear)} arrays fit as they are and turned, and no other array "
            f"tells the layout of the file: {names}. Say the axes in the name map, "
            f"as {{{unclear[0].name!r}: ({unclear[0].target.path!r}, "
            f"{unclear[0].ways[-1].axes})}} if it is of torch. Nothing was changed."
        )
    number = -1 if layouts == {True} else 0
    return [(p, p.ways[number]) for p in pairs]


def save_mapped(model: Model, writer: Writer, name_map: Mapping[str, Any]) -> None:
    """Writes variables under other names, in the layout of torch.

    Args:
        model: a built model.
        writer: the file.
        name_map: name in the file -> path of a variable, as for loading.
    """
    targets, written = _targets(model), set[str]()
    for name, meant in name_map.items():
        parts = []
        for one in meant if isinstance(meant, list) else [meant]:
            target = _target(targets, name, one[0] if isinstance(one, tuple) else one)
            part = _in_torch(target)
            if target.path in written and target.adds:  # the first part holds it all
                part = np.zeros_like(part)
            written.add(target.path)
            parts.append(part)
        owner, _, key = name.rpartition("/")
        array = np.concatenate(parts) if isinstance(meant, list) else parts[0]
        writer.at(owner, owner)[key] = array


def _in_torch(target: Target) -> np.ndarray:
    """The value of a variable as torch keeps it."""
    array = to_array(target.variable)
    array = array if target.row is None else array[target.row]
    if target.gates:
        array = _in_order(array, np.argsort(target.gates).tolist())
    if target.is_turned:
        rank = len(target.torch_shape)
        back = np.argsort(_to_torch(rank))
        plain = tuple(target.torch_shape[a] for a in back)
        array = array.reshape(plain).transpose(_to_torch(rank))
    return array.reshape(target.torch_shape)


_ROW = re.compile(r"(.+)\[(\d{1,9})\]")


def _target(targets: dict[str, Target], name: str, path: Any) -> Target:
    row = _ROW.fullmatch(path) if isinstance(path, str) else None
    if path not in targets and row is not None and row[1] in targets:
        whole = targets[row[1]]
        if whole.variable.shape and int(row[2]) < whole.variable.shape[0]:
            return whole._replace(row=int(row[2]))
    if path not in targets:
        raise ValueError(
            f"The name map gives {path!r} for {name!r}, which is no path of a "
            f"variable. The model has: {', '.join(sorted(targets)[:20])}."
        )
    return targets[path]
