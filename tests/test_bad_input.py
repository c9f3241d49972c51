"""What a user reads after a mistake: who complains, what came, what is allowed, and
the way out. The same on every backend."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from tests.conftest import BACKENDS

X = np.ones((4, 3), "float32")
Y = np.ones((4, 1), "float32")
NAN = float("nan")


def said(call: Callable[[], Any], *kinds: type[Exception]) -> str:
    with pytest.raises(kinds or (ValueError,)) as error:
        call()
    return str(error.value)


def check(text: str, *pieces: str) -> None:
    missing = [piece for piece in pieces if piece not in text]
    assert not missing, f"{missing} not in: {text}"


def net(*, compiled: bool = True) -> Any:
    model = keras.Sequential(
        [keras.Input((3,), name="features"), layers.Dense(1, name="out")], name="net"
    )
    if compiled:
        model.compile("sgd", "mse")
    return model


# Shapes ------------------------------------------------------------------------------


def test_wrong_rank(backend: str) -> None:
    text = said(lambda: layers.Dense(2, name="d")(np.ones(3, "float32")))
    check(text, "Dense layer 'd'", "rank 2 or more", "got rank 1", "(3,)")
    check(text, "keras.ops.expand_dims(x, 0)")
    flat = layers.Layer(name="flat")
    flat.input_spec = layers.InputSpec(ndim=3)
    text = said(lambda: flat(np.ones((2, 3), "float32")))
    check(text, "Layer layer 'flat'", "rank 3", "got rank 2", "(2, 3)")
    text = said(lambda: flat(np.ones((2, 3, 4, 5), "float32")))
    check(text, "rank 3", "got rank 4", "keras.ops.reshape")
    text = said(lambda: layers.LSTM(2, name="l")(np.ones((2, 3), "float32")))
    check(text, "LSTM layer 'l'", "(batch, time, features)", "(2, 3)", "x[:, None]")
    text = said(lambda: net()(np.ones((2, 2, 2, 2), "float32")))
    check(text, "Sequential 'net'", "(None, 3)", "(2, 2, 2, 2)", "'features'")


def test_weights_of_a_model_that_has_none_yet(backend: str, tmp_path: Path) -> None:
    model = keras.Sequential([layers.Dense(1)], name="unbuilt")
    path = tmp_path / "x.weights.h5"
    text = said(lambda: model.save_weights(path))
    check(text, "'unbuilt'", "not built", "build(input_shape)")
    assert not path.exists()


def test_wrong_feature_size(backend: str) -> None:
    layer = layers.Dense(2, name="d")
    layer(X)
    text = said(lambda: layer(np.ones((4, 5), "float32")))
    check(text, "Dense layer 'd'", "size 3 on axis -1", "got 5", "(4, 5)")
    check(text, "make a new layer")
    model = net()
    for call in (model, model.predict, model.predict_on_batch):
        text = said(lambda call=call: call(np.ones((4, 5), "float32")))
        check(text, "Dense layer 'out'", "size 3 on axis -1", "(4, 5)")
    text = said(lambda: model.evaluate(np.ones((4, 5)), Y, verbose=0))
    check(text, "Dense layer 'out'", "size 3 on axis -1", "(4, 5)")
    text = said(lambda: model.evaluate(X, Y[:3], verbose=0))
    check(text, "number of samples", "x: (4, 3)", "y: (3, 1)")


def test_wrong_feature_size_in_fit(training_backend: str) -> None:
    text = said(lambda: net().fit(np.ones((4, 5)), Y, verbose=0))
    check(text, "Dense layer 'out'", "size 3 on axis -1", "(4, 5)")


@pytest.mark.parametrize("size", [NAN, -3, "3", 2.5, True])
def test_dimensions_that_are_none(backend: str, size: Any) -> None:
    text = said(lambda: keras.Input((size,)))
    check(text, "`shape` of Input", "None or 0 and more", repr(size))
    text = said(lambda: keras.KerasTensor((2, size)))
    check(text, "dimension", "non-negative integer or None", repr(size))
    text = said(lambda: keras.Variable("zeros", shape=(size,)))
    check(text, "non-negative integer", repr(size))
    if size is not True:
        text = said(lambda: layers.Dense(size))
        check(text, "Dense", "`units`", "positive integer", repr(size))


def test_shape_that_is_a_number(backend: str) -> None:
    check(said(lambda: keras.Input(3)), "must be a tuple", "Did you mean shape=(3,)?")


def test_variable_by_the_name_of_an_initializer(backend: str) -> None:
    assert keras.Variable("ones", shape=(2,)).numpy().tolist() == [1.0, 1.0]
    text = said(lambda: keras.Variable("onez", shape=(2,)))
    check(text, "initializer", "'onez'", "'ones'")


@pytest.mark.parametrize("given", [None, "abc", [1.0, 2.0]])
def test_layer_called_on_no_tensor(backend: str, given: Any) -> None:
    text = said(lambda: layers.Dense(2, name="d")(given))
    way_out = "by keyword" if given == "abc" else "keras.ops.convert_to_tensor"
    check(text, "Dense layer 'd'", repr(given), way_out)


# Names -------------------------------------------------------------------------------


def with_metric(name: str) -> None:
    model = net(compiled=False)
    model.compile("sgd", "mse", metrics=[name])
    model.evaluate(X, Y, verbose=0)


def dense(**options: Any) -> Any:
    return layers.Dense(1, **options)


NAMES: list[tuple[str, str, str, Callable[[str], Any]]] = [
    ("activation", "reluu", "'relu'", lambda n: dense(activation=n)),
    ("initializer", "zeroes", "zeros", lambda n: dense(bias_initializer=n)),
    (
        "regularizer",
        "l1_l3",
        "'l1_l2'",
        lambda n: dense(kernel_regularizer=n),
    ),
    ("constraint", "nonnegg", "'NonNeg'", lambda n: dense(bias_constraint=n)),
    ("optimizer", "adamm", "'Adam'", lambda n: net(compiled=False).compile(n)),
    ("loss", "mze", "'mse'", lambda n: net(compiled=False).compile("sgd", n)),
    ("metric", "acuracy", "'Accuracy'", with_metric),
]


@pytest.mark.parametrize(
    ("kind", "name", "hint", "make"), NAMES, ids=[row[0] for row in NAMES]
)
def test_unknown_names(
    backend: str, kind: str, name: str, hint: str, make: Callable[[str], Any]
) -> None:
    text = said(lambda: make(name))
    check(text, f"{kind} identifier: {name!r}", "Did you mean", hint)
    check(text, "register_keras_serializable")


def test_unknown_dtypes_and_arguments(backend: str) -> None:
    text = said(lambda: layers.Dense(1, dtype="float33"))
    check(text, "'float33'", "'float32'", "mixed_float16")
    text = said(lambda: layers.Dense(1, activaton="relu"), ValueError, TypeError)
    check(text, "Dense", "activaton")


# Training ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["fit", "evaluate", "train_on_batch", "test_on_batch"]
)
def test_before_compile(backend: str, method: str) -> None:
    text = said(lambda: getattr(net(compiled=False), method)(X, Y))
    check(text, "`compile()`", f"`{method}()`", "'net'")
    check(text, "model.compile(optimizer='adam', loss='mse')")


def test_arguments_of_fit(training_backend: str) -> None:
    model = net()
    for options, pieces in (
        ({"epochs": "3"}, ("`epochs`", "integer", "'3'")),
        ({"batch_size": 0}, ("`batch_size`", "positive integer", "0")),
        ({"validation_split": 1.5}, ("`validation_split`", "between 0 and 1", "1.5")),
        ({"class_weight": [1]}, ("`class_weight`", "{0: 1.0", "[1]")),
    ):
        text = said(lambda o=options: model.fit(X, Y, verbose=0, **o))
        check(text, *pieces)
    check(said(lambda: model.fit(verbose=0), TypeError), "x=None", "PyDataset")


# Backends ----------------------------------------------------------------------------


def other_than(name: str) -> str:
    return next(other for other in BACKENDS if other != name)


def test_layers_of_another_backend(backend: str) -> None:
    with keras.backend_scope(other_than(backend)):
        stranger = layers.Dense(2, name="stranger")

    class Holder(keras.Model):
        def __init__(self, value: Any) -> None:
            super().__init__(name="holder")
            self.held = value

    pieces = ("'stranger'", other_than(backend), backend, "model.to_backend(")
    for make in (
        lambda: Holder(stranger),
        lambda: Holder([stranger]),
        lambda: Holder({"a": [stranger]}),
        lambda: keras.Sequential([keras.Input((3,)), stranger]),
    ):
        check(said(make, RuntimeError), *pieces)


def test_tensors_of_another_framework_are_converted(backend: str) -> None:
    name = next(name for name in BACKENDS if name not in (backend, "numpy"))
    with keras.backend_scope(name):
        tensor = keras.ops.ones((2, 3))
    layer = layers.Dense(2)
    found = keras.ops.convert_to_numpy(layer(tensor))
    np.testing.assert_allclose(
        found, keras.ops.convert_to_numpy(layer(np.ones((2, 3), "float32")))
    )


def test_optimizer_loss_and_metric_of_another_backend(backend: str) -> None:
    with keras.backend_scope(other_than(backend)):
        objects = (
            {"optimizer": keras.optimizers.SGD(name="foreign")},
            {"loss": keras.losses.MeanSquaredError(name="foreign")},
            {"metrics": ["mae", keras.metrics.MeanSquaredError(name="foreign")]},
        )
    for options in objects:
        text = said(lambda o=options: net().compile(**o), RuntimeError)
        check(text, "'foreign'", other_than(backend), "'net'")
        check(text, f"with keras.backend_scope({backend!r}):")


def test_variables_of_two_backends(training_backend: str) -> None:
    mine = keras.Variable(1.0, name="mine")
    with keras.backend_scope(other_than(training_backend)):
        other = keras.Variable(1.0, name="other")
    text = said(lambda: keras.value_and_grad(lambda: 1.0, [mine, other]), RuntimeError)
    check(text, "'mine'", "'other'", training_backend, other_than(training_backend))
    optimizer = keras.optimizers.SGD(name="sgd")
    text = said(lambda: optimizer.apply([1.0], [other]), RuntimeError)
    check(text, "'sgd'", "'other'", "keras.backend_scope(")
    text = said(lambda: keras.value_and_grad(lambda: 1.0, [1.0]), TypeError)
    check(text, "keras.Variable", "1.0")


@pytest.mark.parametrize("name", ["theano", "torch ", "", None, 3])
def test_unknown_backends(name: Any) -> None:
    before = keras.config.backend()
    for call in (
        lambda: keras.config.set_backend(name),
        lambda: keras.backend_scope(name).__enter__(),
    ):
        text = said(call)
        check(text, f"Unknown backend: {name!r}", "tensorflow, jax, torch, numpy")
        check(text, "keras.config.set_backend", "KERAS_BACKEND")
    assert keras.config.backend() == before


@pytest.mark.parametrize("name", ["jax", "tensorflow", "torch"])
def test_missing_frameworks(name: str) -> None:
    """As on a machine without the framework: its modules cannot be found."""
    code = f"""
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
import keras
try:
    keras.config.set_backend({name!r})
    keras.layers.Dense(2)(keras.ops.ones((1, 2)))
except ImportError as error:
    print(type(error).__name__, error)
with keras.backend_scope("numpy"):
    print(keras.ops.ones((1,)))
"""
    env = {**os.environ, "KERAS_BACKEND": "numpy", "KERAS_HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    check(done.stdout, "MissingBackendError", f"keras[{name}]", "pip install", "[1.]")


# Files -------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.keras"
    net().save(path)
    return path


def edited(path: Path, member: str, change: Callable[[bytes], bytes | None]) -> Path:
    """A copy of an archive with one member changed or left out."""
    new = path.with_name("edited.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(new, "w") as out:
        for name in old.namelist():
            data: bytes | None = old.read(name)
            data = change(data or b"") if name == member else data
            if data is not None:
                out.writestr(name, data)
    return new


def load_error(path: Path) -> str:
    return said(lambda: keras.models.load_model(path))


def test_damaged_archives(backend: str, saved: Path) -> None:
    raw = saved.read_bytes()
    for data in (b"", b"no archive" * 50, raw[: len(raw) // 2], raw[:-10]):
        bad = saved.with_name("bad.keras")
        bad.write_bytes(data)
        check(load_error(bad), "bad.keras", "truncated, damaged", f"{len(data):,} byt")
    check(load_error(saved.with_name("none.keras")), "none.keras", "exists")
    text = load_error(edited(saved, "config.json", lambda _: None))
    check(text, "edited.keras", "no config.json", "model.weights.h5")
    text = load_error(edited(saved, "config.json", lambda data: data[:-9]))
    check(text, "config.json in", "no readable JSON")
    text = load_error(edited(saved, "model.weights.h5", lambda data: data[:2000]))
    check(text, "model.weights.h5 in", "no readable HDF5", "truncated")


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("subprocess", "Popen"), ("my", "Own")],
)
def test_foreign_classes(backend: str, saved: Path, module: str, name: str) -> None:
    old = b'"module": "keras.layers", "class_name": "Dense"'
    new = f'"module": "{module}", "class_name": "{name}"'.encode()
    path = edited(saved, "config.json", lambda data: data.replace(old, new))
    text = load_error(path)
    check(text, f"class {name!r}", "Sequential 'net' >", "cannot import anything")
    check(text, f"custom_objects={{{name!r}: {name}}}", "register_keras_serializable")


def test_unknown_class_with_a_known_neighbour(backend: str, saved: Path) -> None:
    path = edited(saved, "config.json", lambda d: d.replace(b'"Dense"', b'"Danse"'))
    check(load_error(path), "'Danse'", "keras.layers.Dense", "'out'")

    @keras.saving.register_keras_serializable("mine")
    class Dense(layers.Layer):
        """A name that Keras has, too: both are told."""

    check(load_error(path), "keras.layers.Dense", "mine>Dense")


def test_damaged_weights(backend: str, tmp_path: Path) -> None:
    model, path = net(), tmp_path / "net.weights.h5"
    model.save_weights(path)
    before = model.get_weights()
    raw = path.read_bytes()
    for data in (b"", raw[: len(raw) // 2]):
        bad = tmp_path / "bad.weights.h5"
        bad.write_bytes(data)
        text = said(lambda p=bad: model.load_weights(p))
        check(text, "bad.weights.h5", "no readable HDF5", "truncated")
    other = keras.Sequential([keras.Input((5,)), layers.Dense(1, name="out")])
    text = said(lambda: other.load_weights(path))
    check(text, "'out'", "'kernel'", "(5, 1)", "(3, 1)", "Nothing was changed")
    check(text, "skip_mismatch=True")
    for mine, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, old)


class Unwritable(layers.Layer):
    """Fails while it is saved, as a full disk would."""

    fail = False

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight((3,), "ones")

    def call(self, x: Any) -> Any:
        return x * self.w

    def save_own_variables(self, store: Any) -> None:
        if Unwritable.fail:
            raise OSError(28, "No space left on device")
        super().save_own_variables(store)


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_a_failed_save_leaves_the_old_file(
    backend: str, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = keras.Sequential([keras.Input((3,)), Unwritable()])
    path = tmp_path / f"net{ending}"
    save = model.save if ending == ".keras" else model.save_weights
    save(path)
    before = path.read_bytes()
    model.set_weights([np.zeros(3)])
    monkeypatch.setattr(Unwritable, "fail", True)
    with pytest.raises(OSError, match="No space left"):
        save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_paths_that_do_not_fit(backend: str, tmp_path: Path) -> None:
    model = net()
    text = said(lambda: model.save(tmp_path / "net.txt"))
    check(text, "'.keras'", "net.txt", "model.export")
    text = said(lambda: model.save_weights(tmp_path / "net.h6"))
    check(text, "'.weights.h5'", "net.h6")
    text = said(lambda: model.save(tmp_path / "no" / "net.keras"), OSError)
    check(text, "net.keras", "os.makedirs")
    text = said(lambda: model.load_weights(tmp_path / "no.weights.h5"), OSError)
    check(text, "no.weights.h5")
