"""Weights in the HDF5 layout of Keras 2: layers by name, weights by order.

`layer_names` lists the layers; the `weight_names` of each list its weights. Keras 3
still writes this layout into `.h5` files.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from keras.core.errors import DeserializationError
from keras.saving import h5_files
from keras.saving.all_or_nothing import all_or_nothing
from keras.saving.report import LoadReport
from keras.saving.stores import H5Reader, to_array

if TYPE_CHECKING:
    from keras.layers.layer import Layer
    from keras.models.model import Model

TOP = "top_level_model_weights"
_MOST_NAMES = 1_000_000


def is_legacy(file: Any) -> bool:
    """Whether an open HDF5 file has the layout of Keras 2."""
    return "layer_names" in file.attrs or "model_weights" in file


def names_in(group: Any, attribute: str) -> list[str]:
    """A list of names in an attribute, which long lists split over several."""
    attributes = [attribute] if attribute in group.attrs else []
    while f"{attribute}{len(attributes)}" in group.attrs:
        attributes.append(f"{attribute}{len(attributes)}")
    names: list[str] = []
    for key in attributes:
        names += h5_files.texts(group, key, _MOST_NAMES - len(names))
    if len(set(names)) != len(names):
        raise DeserializationError(
            f"{attribute!r} of {group.name} in the HDF5 file lists a name twice."
        )
    return names


def load_legacy_weights(
    file: Any, model: Model, by_name: bool, skip_mismatch: bool, source: str
) -> LoadReport:
    """Reads the weights of a model: all are compared, then assigned."""
    report = LoadReport(source)
    if "layer_names" not in file.attrs:
        file = h5_files.child(file, "model_weights")
    groups = [
        (name, datasets)
        for name in names_in(file, "layer_names")
        if (datasets := _datasets(file, name))
    ]
    pairs, problems = [], []
    for layer, name, datasets in _match(model, groups, by_name):
        problem = _misfit(layer, name, datasets)
        if problem is None:
            pairs += zip(_weights(layer), datasets, strict=True)
            report.loaded.append(layer.name)
        else:
            problems.append(problem)
            report.mismatched.append(problem)
    if not by_name:
        problems += _count_problem(model, groups)
    _note_the_rest(report, model, groups, by_name)
    pairs += _top_level(file, model)
    if problems:
        text = f"The weights in {source} do not fit:\n  " + "\n  ".join(problems[:10])
        if not skip_mismatch:
            raise DeserializationError(
                f"{text}\nNothing was changed. Make the model that was saved, or pass "
                "skip_mismatch=True to load what fits."
            )
        warnings.warn(f"{text}\nThese keep their values.", UserWarning, stacklevel=4)
    for _, dataset in pairs:
        h5_files.verify(dataset)
    variables = [variable for variable, _ in pairs]
    with all_or_nothing(variables, H5Reader(file.file).read_through):
        for variable, dataset in pairs:
            variable.assign(h5_files.read_array(dataset))
    return report


def _note_the_rest(
    report: LoadReport, model: Model, groups: Any, by_name: bool
) -> None:
    """Layers that the file has nothing for, and the other way round."""
    names = [layer.name for layer in model.layers if _weights(layer)]
    filed = [name for name, _ in groups]
    if by_name:
        report.missing += [name for name in names if name not in set(filed)]
        report.unexpected += [name for name in filed if name not in set(names)]
    else:
        report.missing += names[len(filed) :]
        report.unexpected += filed[len(names) :]


def _datasets(file: Any, name: str) -> list[Any]:
    group = h5_files.subgroup(file, name)
    if group is None:
        raise DeserializationError(f"The file lists layer {name!r} but has no group.")
    return datasets_in(group)


def datasets_in(group: Any) -> list[Any]:
    """The datasets that the `weight_names` of a group list, in order."""
    found = []
    for name in names_in(group, "weight_names"):
        parent, _, last = name.rpartition("/")
        owner = h5_files.subgroup(group, parent)
        dataset = None if owner is None else h5_files.child(owner, last)
        if dataset is None:
            raise DeserializationError(
                f"{group.name} lists the weight {name!r} but does not hold it."
            )
        found.append(h5_files.checked(dataset))
    return found


def _weights(layer: Layer) -> list[Any]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _match(
    model: Model, groups: Any, by_name: bool
) -> list[tuple[Any, str, list[Any]]]:
    if by_name:
        layers = {layer.name: layer for layer in model.layers}
        return [(layers[n], n, data) for n, data in groups if n in layers]
    layers = [layer for layer in model.layers if _weights(layer)]
    return [
        (layer, name, datasets)
        for layer, (name, datasets) in zip(layers, groups, strict=False)
    ]


def _count_problem(model: Model, groups: Any) -> list[str]:
    layers = [layer for layer in model.layers if _weights(layer)]
    if len(layers) == len(groups):
        return []
    return [
        f"the model has {len(layers)} layers with weights "
        f"({', '.join(layer.name for layer in layers[:20])}), the file has "
        f"{len(groups)} ({', '.join(name for name, _ in groups[:20])})."
    ]


def _misfit(layer: Layer, name: str, datasets: list[Any]) -> str | None:
    variables = _weights(layer)
    if len(variables) != len(datasets):
        return (
            f"layer {layer.name!r} has {len(variables)} weights, layer {name!r} of "
            f"the file has {len(datasets)}."
        )
    for variable, dataset in zip(variables, datasets, strict=True):
        if tuple(variable.shape) != tuple(dataset.shape):
            return (
                f"layer {layer.name!r}: variable {variable.name!r} has shape "
                f"{tuple(variable.shape)}, in the file {tuple(dataset.shape)} "
                f"({dataset.name})."
            )
        if h5_files.dtype_of(dataset).kind == "c" and "complex" not in variable.dtype:
            return (
                f"layer {layer.name!r}: variable {variable.name!r} is "
                f"{variable.dtype}, in the file {dataset.dtype} ({dataset.name})."
            )
    return None


def _top_level(file: Any, model: Model) -> list[tuple[Any, Any]]:
    group = h5_files.child(file, TOP)
    datasets = [] if group is None else datasets_in(group)
    variables = [
        *getattr(model, "_trainable_variables", ()),
        *getattr(model, "_non_trainable_variables", ()),
    ]
    fits = len(datasets) == len(variables) and all(
        tuple(v.shape) == tuple(d.shape)
        for v, d in zip(variables, datasets, strict=False)
    )
    return list(zip(variables, datasets, strict=True)) if fits else []


def save_legacy_weights(group: Any, model: Model) -> None:
    """Writes the weights of a model in this layout."""
    _write_names(group, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        _write_weights(group.create_group(layer.name), _weights(layer))
    own = [
        *getattr(model, "_trainable_variables", ()),
        *getattr(model, "_non_trainable_variables", ()),
    ]
    _write_weights(group.create_group(TOP), own)


def _write_weights(group: Any, variables: list[Any]) -> None:
    names = [variable.path for variable in variables]
    if len(set(names)) != len(names):
        names = [f"{name}_{index}" for index, name in enumerate(names)]
    _write_names(group, "weight_names", names)
    for name, variable in zip(names, variables, strict=True):
        parent, _, last = name.rpartition("/")
        owner = group.require_group(parent) if parent else group
        h5_files.write_array(owner, last, to_array(variable))


def write_variables(group: Any, variables: list[Any]) -> None:
    """Writes variables under their paths, and the list of these."""
    _write_weights(group, variables)


def _write_names(group: Any, attribute: str, names: list[str]) -> None:
    """Writes a list of names; HDF5 holds at most 64 KiB in one attribute."""
    encoded = [name.encode("utf-8") for name in names]
    count = max(1, -(-sum(map(len, encoded)) // 30_000))
    step = max(1, -(-len(encoded) // count))
    parts = [encoded[i : i + step] for i in range(0, len(encoded), step)] or [[]]
    for index, part in enumerate(parts):
        key = attribute if len(parts) == 1 else f"{attribute}{index}"
        group.attrs[key] = part
