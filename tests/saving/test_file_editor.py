"""Files of weights, looked into and changed without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras
from keras.core.errors import DeserializationError
from keras.saving import KerasFileEditor


def make(last: int = 3) -> Any:
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(last)]
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with keras.backend_scope("numpy"):
        make().save_weights(tmp_path / "a.weights.h5")
    return tmp_path / "a.weights.h5"


@pytest.mark.parametrize("ending", [".weights.h5", ".weights.json", ".safetensors"])
def test_what_is_saved_fits_the_model(
    path: Path, tmp_path: Path, ending: str, backend: str
) -> None:
    editor = KerasFileEditor(path)
    editor.rename_object("dense_1", "other")
    editor.delete_weight("other", "1")
    editor.add_weights("layers/other", {"1": np.full((3,), 7, "float32")})
    editor.rename_object("layers/other", "dense_1")
    editor.save(tmp_path / f"b{ending}")
    model = make()
    report = model.load_weights(tmp_path / f"b{ending}")
    assert report.loaded == ["layers/dense", "layers/dense_1"]
    assert (model.get_weights()[3] == 7).all()
    assert KerasFileEditor(tmp_path / f"b{ending}").compare(model) == {
        "status": "success",
        "error_count": 0,
        "match_count": 6,
    }


def test_objects_come_and_go(path: Path, tmp_path: Path) -> None:
    editor = KerasFileEditor(path)
    editor.add_object("layers/new/inner", {"0": np.zeros((2, 2))})
    assert set(editor.weights_dict["layers"]) == {"dense", "dense_1", "new"}
    editor.delete_object("new")
    editor.delete_object("dense")
    assert set(editor.weights_dict["layers"]) == {"dense_1"}
    with pytest.raises(ValueError, match="already has 'layers/dense_1'"):
        editor.add_object("/layers/dense_1", {})
    with pytest.raises(ValueError, match="no object 'dense'. It has"):
        editor.delete_object("dense")
    with pytest.raises(ValueError, match="one part of a path"):
        editor.rename_object("dense_1", "a/b")
    with pytest.raises(ValueError, match="no weight '5'"):
        editor.delete_weight("dense_1", "5")
    editor.add_object("dense_1", {"0": np.zeros(1)})
    editor.add_object("more/dense_2", {"0": np.zeros(1)})
    editor.add_object("layers/dense_2", {"0": np.zeros(1)})
    with pytest.raises(ValueError, match="several objects 'dense_2'"):
        editor.delete_object("dense_2")


def test_differences_are_a_tree(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with keras.backend_scope("numpy"):
        other = make(4)
    result = KerasFileEditor(path).compare(other)
    assert result == {"status": "error", "error_count": 2, "match_count": 4}
    shown = capsys.readouterr().out
    assert "   ├─ 0: shape=(2, 3), in the reference (2, 4)\n" in shown
    editor = KerasFileEditor(path)
    kernel = editor.weights_dict["layers"]["dense"]["0"]
    editor.add_weights("dense", {"0": kernel + 2, "9": np.zeros(1)})
    editor.delete_object("dense_1")
    result = editor.compare(path)
    assert result == {"status": "error", "error_count": 4, "match_count": 2}
    shown = capsys.readouterr().out
    assert "values differ by up to 2" in shown
    assert "9: only in the file, shape=(1,), dtype=float64" in shown
    assert "only in the reference, shape=(2, 3)" in shown


def test_a_model_file(path: Path, tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        make().save(tmp_path / "a.keras")
    editor = KerasFileEditor(tmp_path / "a.keras")
    assert editor.config is not None
    assert editor.config["class_name"] == "Sequential"
    assert editor.metadata is not None
    assert "keras_version" in editor.metadata
    editor.resave_weights(tmp_path / "b.weights.h5")
    assert KerasFileEditor(tmp_path / "b.weights.h5").weights_dict.keys() == {"layers"}


def test_what_lies_elsewhere_is_not_read(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(DeserializationError, match="an external link"):
        KerasFileEditor(path)
    with pytest.raises(ValueError, match="files that end in"):
        KerasFileEditor(path.with_suffix(".txt"))
