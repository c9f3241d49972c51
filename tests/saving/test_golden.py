"""Files written by PyPI keras 3.15.1: outputs, optimizer state and loss agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

FIXTURES = Path(__file__).parent.parent / "fixtures" / "keras_3_15"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.keras"))
LEGACY = sorted(
    path.stem for path in FIXTURES.glob("*.h5") if ".weights" not in path.name
)


def arrays(name: str, prefix: str) -> list[np.ndarray]:
    with np.load(FIXTURES / f"{name}.npz") as data:
        keys = sorted(key for key in data if key.startswith(prefix))
        return [data[key] for key in keys]


def inputs(name: str) -> Any:
    values = arrays(name, "in")
    if name == "multi_io":
        return dict(zip("ab", values, strict=True))
    return values[0] if len(values) == 1 else values


def check_outputs(name: str, model: Any) -> None:
    got = model(inputs(name), training=False)
    if isinstance(got, dict):
        got = [got[key] for key in sorted(got)]
    got = got if isinstance(got, (list, tuple)) else [got]
    tolerance = 2e-2 if name == "mixed" else 1e-4
    for ours, theirs in zip(got, arrays(name, "out"), strict=True):
        ours = keras.ops.convert_to_numpy(ours)
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_whole_models_give_the_same_outputs(backend: str, name: str) -> None:
    model = keras.saving.load_model(FIXTURES / f"{name}.keras")
    check_outputs(name, model)


@pytest.mark.parametrize("name", NAMES)
def test_optimizer_state_is_restored(backend: str, name: str) -> None:
    model = keras.saving.load_model(FIXTURES / f"{name}.keras")
    assert int(model.optimizer.iterations) == 1
    momenta = [v for v in model.optimizer.variables if "momentum" in v.path]
    assert len(momenta) == len(model.trainable_variables)
    assert any(np.abs(variable.numpy()).max() > 0 for variable in momenta)


@pytest.mark.parametrize("name", NAMES)
def test_weights_files_give_the_same_outputs(backend: str, name: str) -> None:
    whole = keras.saving.load_model(FIXTURES / f"{name}.keras", compile=False)
    model = type(whole).from_config(whole.get_config())
    model.load_weights(FIXTURES / f"{name}.weights.h5")
    check_outputs(name, model)


@pytest.mark.parametrize("name", LEGACY)
def test_legacy_whole_models_give_the_same_outputs(backend: str, name: str) -> None:
    model = keras.saving.load_model(FIXTURES / f"{name}.h5")
    check_outputs(name, model)
    assert int(model.optimizer.iterations) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_again_has_the_same_groups(tmp_path: Path, name: str) -> None:
    import h5py

    model = keras.saving.load_model(FIXTURES / f"{name}.keras", compile=False)
    model.save_weights(tmp_path / "again.weights.h5")
    with (
        h5py.File(tmp_path / "again.weights.h5") as ours,
        h5py.File(FIXTURES / f"{name}.weights.h5") as theirs,
    ):
        assert members(ours) == members(theirs)


def members(file: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def note(name: str, item: Any) -> None:
        if not name.startswith("optimizer"):
            found[name] = getattr(item, "shape", item.attrs.get("name"))

    file.visititems(note)
    return found


def test_sharded_weights_of_keras_3(backend: str) -> None:
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)]
    )
    model.load_weights(FIXTURES / "sharded.weights.json")
    check_outputs("sharded", model)
