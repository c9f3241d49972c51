"""Whole models: round trips, errors, and nothing lost."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras
from keras.core.errors import DeserializationError
from keras.saving import load_model, register_keras_serializable, save_model

X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
Y = np.ones((4, 2), "float32")


def make() -> Any:
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(2),
        ]
    )


def trained() -> Any:
    model = make()
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.train_on_batch(X, Y)
    return model


def numpy(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


@register_keras_serializable(package="tests")
class Scaled(keras.layers.Layer):
    """A custom layer with a nested layer as an argument."""

    def __init__(self, inner: Any, by: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner
        self.by = by

    def call(self, x: Any) -> Any:
        by = self.by if isinstance(self.by, float) else 1.0
        return by * self.inner(x)


class Unregistered(keras.layers.Layer):
    # This package registers others, so it would answer for its own.
    __module__ = "my_program"

    """A custom layer that nobody registered."""

    def call(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize("zipped", [True, False])
def test_a_compiled_model_goes_on_training_where_it_was(
    training_backend: str, tmp_path: Path, zipped: bool
) -> None:
    model = trained()
    path = tmp_path / ("a.keras" if zipped else "a")
    save_model(model, path, zipped=zipped)
    assert os.path.isdir(path) is not zipped
    other = load_model(path)
    assert np.array_equal(numpy(other(X)), numpy(model(X)))
    model.train_on_batch(X, Y)
    other.train_on_batch(X, Y)
    np.testing.assert_allclose(numpy(other(X)), numpy(model(X)), rtol=1e-6)


def test_a_legacy_file_goes_on_training_where_it_was(
    training_backend: str, tmp_path: Path
) -> None:
    model = trained()
    path = tmp_path / "a.h5"
    save_model(model, path)
    other = load_model(path)
    assert np.array_equal(numpy(other(X)), numpy(model(X)))
    model.train_on_batch(X, Y)
    other.train_on_batch(X, Y)
    np.testing.assert_allclose(numpy(other(X)), numpy(model(X)), rtol=1e-6)


def test_compile_false_leaves_it_uncompiled(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        save_model(trained(), tmp_path / "a.keras")
        assert not load_model(tmp_path / "a.keras", compile=False).compiled


def test_a_file_is_read_on_another_backend(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        model = trained()
        save_model(model, tmp_path / "a.keras")
        expected = numpy(model(X))
    for name in ("jax", "numpy"):
        with keras.backend_scope(name):
            other = load_model(tmp_path / "a.keras")
            np.testing.assert_allclose(numpy(other(X)), expected, rtol=1e-5)


def test_registered_layers_with_nested_layers_come_back(
    backend: str, tmp_path: Path
) -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Scaled(keras.layers.Dense(2), by=3.0)(inputs))
    save_model(model, tmp_path / "a.keras")
    other = load_model(tmp_path / "a.keras")
    assert other.layers[1].by == 3.0
    assert np.array_equal(numpy(other(X)), numpy(model(X)))


def test_an_unregistered_layer_is_named_with_the_way_out(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        model = keras.Sequential([keras.Input((3,)), Unregistered(name="mine")])
        path = tmp_path / "a.keras"
        save_model(model, path)
        with pytest.raises(
            DeserializationError, match="class 'Unregistered'"
        ) as caught:
            load_model(path)
        assert "Unregistered 'mine'" in str(caught.value)
        assert "custom_objects={'Unregistered': Unregistered}" in str(caught.value)
        other = load_model(path, custom_objects={"Unregistered": Unregistered})
        assert type(other.layers[0]).__name__ == "Unregistered"


def test_members_are_stored_as_keras_3_does(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        save_model(trained(), tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as file:
        names = [info.filename for info in file.infolist()]
        assert names == ["metadata.json", "config.json", "model.weights.h5"]
        assert {info.compress_type for info in file.infolist()} == {zipfile.ZIP_STORED}
        metadata = json.loads(file.read("metadata.json"))
        config = json.loads(file.read("config.json"))
    assert metadata["keras_version"] == keras.__version__
    assert config["module"] == "keras"
    assert config["class_name"] == "Sequential"
    assert config["compile_config"]["optimizer"]["class_name"] == "Adam"


def test_saving_twice_gives_the_same_config(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        save_model(trained(), tmp_path / "a.keras")
        save_model(load_model(tmp_path / "a.keras"), tmp_path / "b.keras")
    configs = []
    for name in "ab":
        with zipfile.ZipFile(tmp_path / f"{name}.keras") as file:
            text = file.read("config.json").decode()
        config = json.loads(text, object_hook=without_ids)
        configs.append(config)
    assert configs[0] == configs[1]


def without_ids(config: dict[str, Any]) -> dict[str, Any]:
    config.pop("shared_object_id", None)
    return config


def test_a_layer_with_assets_finds_them_again(tmp_path: Path) -> None:
    @register_keras_serializable(package="tests")
    class Words(keras.layers.Layer):
        words = ""

        def call(self, x: Any) -> Any:
            return x

        def save_assets(self, folder: str) -> None:
            Path(folder, "words.txt").write_text(self.words)

        def load_assets(self, folder: str) -> None:
            self.words = Path(folder, "words.txt").read_text()

    with keras.backend_scope("torch"):
        layer = Words(name="..")
        layer.words = "to be"
        model = keras.Sequential([keras.Input((3,)), layer])
        for zipped in (True, False):
            path = tmp_path / ("a.keras" if zipped else "a")
            save_model(model, path, zipped=zipped)
            assert load_model(path).layers[0].words == "to be"
    with zipfile.ZipFile(tmp_path / "a.keras") as file:
        assert "assets/layers/words/words.txt" in file.namelist()


def test_a_failing_save_keeps_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    import keras.saving.stores as stores

    with keras.backend_scope("torch"):
        model = trained()
        path = tmp_path / "a.keras"
        save_model(model, path)
        before = path.read_bytes()

        def full(value: Any) -> Any:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(stores, "to_array", full)
        with pytest.raises(OSError, match="No space left"):
            save_model(model, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.keras"]


def test_something_that_cannot_be_written_keeps_the_old_file(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        path = tmp_path / "a.keras"
        save_model(make(), path)
        before = path.read_bytes()
        inputs = keras.Input((3,))
        bad = keras.Model(inputs, Scaled(keras.layers.Dense(2), by={1})(inputs))  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"\{1\} of type set cannot be written"):
            save_model(bad, path)
    assert path.read_bytes() == before


def test_wrong_paths_are_named(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        model = make()
        with pytest.raises(ValueError, match=r"must end in '.keras'.*a\.txt"):
            save_model(model, tmp_path / "a.txt")
        with pytest.raises(ValueError, match="File not found"):
            load_model(tmp_path / "a.keras")
        (tmp_path / "a.txt").write_text("x")
        with pytest.raises(ValueError, match=r"read from .keras files.*a\.txt"):
            load_model(tmp_path / "a.txt")
        model.save_weights(tmp_path / "a.weights.h5")
        with pytest.raises(ValueError, match="holds weights, not a model"):
            load_model(tmp_path / "a.weights.h5")
        save_model(model, tmp_path / "a.keras")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            save_model(model, tmp_path / "a.keras", overwrite=False)
        with pytest.raises(ValueError, match=r"unknown options: \['zork'\]"):
            save_model(model, tmp_path / "a.keras", zork=1)
        (tmp_path / "folder").mkdir()
        with pytest.raises(ValueError, match="is no model: it has no config.json"):
            load_model(tmp_path / "folder")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_files_are_errors(tmp_path: Path, part: float) -> None:
    with keras.backend_scope("torch"):
        path = tmp_path / "a.keras"
        save_model(trained(), path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(DeserializationError, match="no readable .keras"):
            load_model(path)


def test_changed_bytes_are_found(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        path = tmp_path / "a.keras"
        model = trained()
        save_model(model, path)
        data = bytearray(path.read_bytes())
        needle = model.layers[0].kernel.numpy().tobytes()
        data[data.index(needle)] ^= 1
        path.write_bytes(data)
        with pytest.raises(DeserializationError, match="truncated or damaged"):
            load_model(path)


def test_weights_of_another_config_are_an_error(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        path = tmp_path / "a"
        save_model(make(), path, zipped=False)
        config = (path / "config.json").read_text()
        (path / "config.json").write_text(config.replace('"units": 2', '"units": 5'))
        with pytest.raises(ValueError, match=r"\(4, 5\), in the file \(4, 2\)"):
            load_model(path)


def test_shared_layers_are_written_once(backend: str, tmp_path: Path) -> None:
    layer = keras.layers.Dense(3)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer(layer(inputs)))
    save_model(model, tmp_path / "a.keras")
    other = load_model(tmp_path / "a.keras")
    assert len(other.weights) == 2
    np.testing.assert_allclose(numpy(other(X)), numpy(model(X)), rtol=1e-6)


def test_saving_and_loading_gives_no_warnings(backend: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = make()
        model.compile("sgd", "mse")
        save_model(model, tmp_path / "a.keras")
        load_model(tmp_path / "a.keras")


def test_a_model_saved_before_it_is_built_warns(tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.layers.Dense(2)])
        with pytest.warns(UserWarning, match="saved before it is built"):
            model.save(tmp_path / "model.keras")
        model.build((None, 3))
        model.save(tmp_path / "model.keras")


def test_the_zip_is_whole(tmp_path: Path, backend: str) -> None:
    """Its large member is written in place; other programs can read it."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(700)])
    path = tmp_path / "a.keras"
    model.save(path)
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        names = ["metadata.json", "config.json", "model.weights.h5"]
        assert file.namelist() == names
        sizes = [info.file_size for info in file.infolist()]
        ends = [info.header_offset for info in file.infolist()]
        assert ends == sorted(ends)
        assert sum(sizes) < path.stat().st_size < sum(sizes) + 1000
        with file.open("model.weights.h5") as member, h5py.File(member) as weights:
            found = weights["layers/dense/vars/0"][()]
    np.testing.assert_array_equal(found, model.get_weights()[0])


def test_a_member_that_cannot_be_written(tmp_path: Path, backend: str) -> None:
    """What fails in the large member leaves no file."""

    @keras.saving.register_keras_serializable("tests.files")
    class Broken(keras.layers.Dense):
        def save_own_variables(self, store: Any) -> None:
            super().save_own_variables(store)
            raise OSError(28, "No space left on device")

    model = keras.Sequential([keras.Input((3,)), Broken(4)])
    with pytest.raises(OSError, match="No space left"):
        model.save(tmp_path / "a.keras")
    assert list(tmp_path.iterdir()) == []
