"""A load that fails while values are assigned leaves the model as it was."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.saving import all_or_nothing, h5_files
from keras.saving.safetensors import SafetensorsReader

ENDINGS = (
    *(".weights.h5", ".weights.json", ".safetensors", ".safetensors.index.json"),
    *(".keras", ".h5", "folder"),
)


def make(start: float) -> Any:
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), keras.layers.BatchNormalization()]
    )
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    for number, variable in enumerate(values(model)):
        variable.assign(np.full(variable.shape, start + number))
    return model


def values(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def state(model: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(one) for one in values(model)]


def saved(folder: Path, ending: str) -> Path:
    model, path = make(100), folder / f"a{ending}"
    if ending == "folder":
        keras.saving.save_model(model, path, zipped=False)
    elif ending in (".keras", ".h5"):
        model.save(path)
    else:
        model.save_weights(path)
    return path


class Disk:
    """Reads until it fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
        self.left, self.reads = 0, 0
        holder: Any = h5_files if "safetensors" not in ending else SafetensorsReader
        name = "read_array" if holder is h5_files else "read"
        self._read = getattr(holder, name)
        monkeypatch.setattr(holder, name, lambda *args: self.read(*args))

    def read(self, *args: Any) -> Any:
        self.reads += 1
        if self.reads > self.left:
            raise OSError(5, "Input/output error")
        return self._read(*args)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_read_that_can_fail(
    ending: str, tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, model = saved(tmp_path, ending), make(0)
    before = state(model)
    disk = Disk(monkeypatch, ending)
    for left in range(100):
        disk.left, disk.reads = left, 0
        try:
            model.load_weights(path)
        except OSError as error:
            assert error.errno == 5
            for one, other in zip(state(model), before, strict=True):
                np.testing.assert_array_equal(one, other)
        else:
            break
    assert left >= 6, "nothing failed"
    assert float(np.max(state(model)[0])) == 100


def test_names_of_others(
    tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, model = saved(tmp_path, ".safetensors"), make(0)
    paths = [variable.path for variable in model.variables]
    names = {f"w{i}": p for i, p in enumerate(paths)}
    keras.saving.save_weights(model, path, name_map=names)
    for number, variable in enumerate(model.variables):
        variable.assign(np.full(variable.shape, -1.0 - number))
    before, disk = state(model), Disk(monkeypatch, ".safetensors")
    disk.left = 3
    with pytest.raises(OSError, match="Input/output"):
        model.load_weights(path, name_map=names)
    for one, other in zip(state(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("ending", [x for x in ENDINGS if x != "folder"])
def test_what_is_too_large_to_keep_is_read_twice(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the disk cannot read is known before the first value is set."""
    with keras.backend_scope("numpy"):
        path, model = saved(tmp_path, ending), make(0)
        monkeypatch.setattr(all_or_nothing, "_MOST_KEPT", 0)
        disk = Disk(monkeypatch, ending)
        disk.left = 3
        with pytest.raises(OSError, match="Input/output") as caught:
            model.load_weights(path)
        assert "some of them are new" in caught.value.__notes__[0]

        def broken(file: io.IOBase) -> None:
            raise OSError(5, "Input/output error")

        if ending == ".keras":
            return  # the checksum has been compared when it was opened
        model.set_weights([w * 0 for w in model.get_weights()])
        before = state(model)
        for module in ("stores", "safetensors"):
            monkeypatch.setattr(f"keras.saving.{module}.read_to_end", broken)
        disk.left = 100
        with pytest.raises(OSError, match="Input/output"):
            model.load_weights(path)
        for one, other in zip(state(model), before, strict=True):
            np.testing.assert_array_equal(one, other)
