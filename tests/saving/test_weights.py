"""Weights of models in every format, whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.saving.assets import load_assets, save_assets
from keras.saving.walk import owners

ENDINGS = (".weights.h5", ".safetensors", ".weights.json")


def make(units: int = 4, depth: int = 2) -> Any:
    return keras.Sequential(
        [
            keras.Input((3,)),
            *(keras.layers.Dense(units, name=f"d{i}") for i in range(depth)),
            keras.layers.BatchNormalization(),
        ]
    )


def values(model: Any) -> list[np.ndarray]:
    return [np.array(variable.numpy()) for variable in model.weights]


def same(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    return all((a == b).all() for a, b in zip(left, right, strict=True))


class Parts(keras.Model):
    """Layers in attributes, lists, dicts and other layers."""

    def __init__(self) -> None:
        super().__init__()
        self.b = keras.layers.Dense(2)
        self.a = keras.layers.Dense(2)
        self._hidden = keras.layers.Dense(2)
        self.blocks = [keras.layers.Dense(2), [keras.layers.Dense(2)]]
        self.table = {"z": keras.layers.Dense(2), "y": keras.layers.Dense(2)}
        self.shared = self.a
        self.net = keras.Sequential([keras.layers.Dense(2), keras.layers.Dropout(0.5)])
        self.metric = keras.metrics.Mean()

    def call(self, x: Any) -> Any:
        for layer in (self.a, self.b, self._hidden, self.blocks[0], self.blocks[1][0]):
            x = layer(x)
        return self.net(self.table["y"](self.table["z"](x)))


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_come_back(backend: str, tmp_path: Path, ending: str) -> None:
    model, other = make(), make()
    path = tmp_path / f"a{ending}"
    model.save_weights(path)
    other.load_weights(path)
    assert same(values(model), values(other))


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_go_to_another_backend(tmp_path: Path, ending: str) -> None:
    with keras.backend_scope("torch"):
        model = make()
        model.save_weights(tmp_path / f"a{ending}")
    with keras.backend_scope("jax"):
        other = make()
        other.load_weights(tmp_path / f"a{ending}")
    assert same(values(model), values(other))


def test_attributes_have_the_places_that_keras_3_gives_them(
    backend: str, tmp_path: Path
) -> None:
    import h5py

    model = Parts()
    model(np.ones((1, 2), "float32"))
    path = tmp_path / "a.weights.h5"
    model.save_weights(path)
    with h5py.File(path) as file:
        found: set[str] = set()
        file.visit(lambda name: found.add(name) if name.endswith("vars/0") else None)
    assert found == {
        "a/vars/0",
        "b/vars/0",
        "blocks/dense/vars/0",
        "blocks/container/dense/vars/0",
        "layers/dense_2/vars/0",
        "layers/sequential/layers/dense/vars/0",
        "table/dense/vars/0",
        "table/dense_1/vars/0",
    }
    other = Parts()
    other(np.ones((1, 2), "float32"))
    other.load_weights(path)
    assert same(values(model), values(other))


def two_dense() -> tuple[Any, Any, Any, Any]:
    inputs = keras.Input((4,))
    first, second = keras.layers.Dense(3), keras.layers.Dense(2)
    return inputs, first, second, second(first(inputs))


def functional_with(**held: Any) -> Any:
    """A functional subclass that also keeps layers, of its graph or not."""
    inputs, first, second, outputs = two_dense()

    class Kept(keras.Model):
        def __init__(self) -> None:
            super().__init__(inputs, outputs)
            for name, hold in held.items():
                setattr(self, name, hold(first, second))

    return Kept()


def sequential_with(**held: Any) -> Any:
    class Kept(keras.Sequential):
        def __init__(self) -> None:
            first, second = keras.layers.Dense(3), keras.layers.Dense(2)
            super().__init__([keras.Input((4,)), first, second])
            for name, hold in held.items():
                setattr(self, name, hold(first, second))

    return Kept()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("make_with", [functional_with, sequential_with])
@pytest.mark.parametrize(
    "held",
    [
        {"d": lambda first, second: first},
        {"blocks": lambda first, second: [first], "z": lambda first, second: second},
        {"table": lambda first, second: {"a": first, "b": [second]}},
        {"_own": lambda first, second: second},
    ],
)
def test_layers_of_a_graph_are_filed_under_layers(
    tmp_path: Path, make_with: Any, held: Any, ending: str
) -> None:
    """So the file fits a model of the same graph that keeps none, and back."""
    plain, kept = make_with(), make_with(**held)
    places = [path for path, obj in owners(kept) if isinstance(obj, keras.layers.Dense)]
    assert places == ["layers/dense", "layers/dense_1"]
    for source, target in ((plain, make_with(**held)), (kept, make_with())):
        source.save_weights(tmp_path / f"a{ending}")
        target.load_weights(tmp_path / f"a{ending}")
        assert same(values(source), values(target))


class Noted(keras.layers.Layer):
    """Keeps a word beside the weights."""

    word = ""

    def call(self, x: Any) -> Any:
        return x

    def save_assets(self, folder: str) -> None:
        Path(folder, "word").write_text(self.word)

    def load_assets(self, folder: str) -> None:
        self.word = Path(folder, "word").read_text()


def test_files_that_have_layers_of_a_graph_under_attributes_still_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they were written before; inner models with their layers, assets too."""

    class Outer(keras.Model):
        def __init__(self) -> None:
            x, _, _, y = two_dense()
            inner, noted = keras.Model(x, y), Noted()
            x = keras.Input((4,))
            super().__init__(x, noted(inner(x)))
            self.inner, self.noted = inner, [noted]

    model, other = Outer(), Outer()
    model.noted[0].word = "kept"
    path = tmp_path / "a.weights.h5"
    with monkeypatch.context() as patch:
        patch.setattr(type(model), "_first_in_files", None)
        assert "inner" in dict(owners(model))
        model.save_weights(path)
        assert save_assets(model, str(tmp_path)) == ["assets/layers/noted/word"]
        (tmp_path / "assets/layers").rename(tmp_path / "assets/noted")
    assert "layers/functional" in dict(owners(model))
    other.load_weights(path)
    assert same(values(model), values(other))
    load_assets(other, str(tmp_path))
    assert other.noted[0].word == "kept"


class Head(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.head = keras.layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.head(x)


class RenamedHead(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.classifier = keras.layers.Dense(3)

    @property
    def head(self) -> Any:
        return self.classifier

    def call(self, x: Any) -> Any:
        return self.classifier(x)


class HeadInList(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.parts = [keras.layers.Dense(3)]

    @property
    def head(self) -> Any:
        return self.parts[0]

    def call(self, x: Any) -> Any:
        return self.parts[0](x)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("new", [RenamedHead, HeadInList])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_property_finds_the_weights_of_a_name_of_before(
    tmp_path: Path, new: Any, wrapped: bool, ending: str
) -> None:
    class Outer(keras.Model):
        def __init__(self, body: Any) -> None:
            super().__init__()
            self.body = body

        def call(self, x: Any) -> Any:
            return self.body(x)

    before, after = Head(), new()
    if wrapped:
        before, after = Outer(before), Outer(after)
    for model in (before, after):
        model(np.ones((1, 2)))
    before.save_weights(tmp_path / f"a{ending}")
    after.load_weights(tmp_path / f"a{ending}")
    assert same(values(before), values(after))
    head = (after.body if wrapped else after).head
    head.bias.assign([1.0, 2.0, 3.0])
    after.save_weights(tmp_path / f"a{ending}")
    head.bias.assign([0.0, 0.0, 0.0])
    after.load_weights(tmp_path / f"a{ending}")
    assert head.bias.numpy().tolist() == [1, 2, 3]


def test_weights_at_another_path_must_fit_too(tmp_path: Path) -> None:
    before, after = Head(), RenamedHead()
    before(np.ones((1, 2)))
    after(np.ones((1, 5)))
    before.save_weights(tmp_path / "a.weights.h5")
    old = values(after)
    with pytest.raises(ValueError, match="'classifier'"):
        after.load_weights(tmp_path / "a.weights.h5")
    assert same(values(after), old)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_does_not_fit_changes_nothing(
    backend: str, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a{ending}"
    make().save_weights(path)
    for other in (make(units=5), make(depth=3)):
        before = values(other)
        with pytest.raises(ValueError, match="Nothing was changed"):
            other.load_weights(path)
        assert same(values(other), before)


def test_the_message_names_layer_variable_and_both_shapes(
    backend: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.weights.h5"
    make().save_weights(path)
    with pytest.raises(ValueError, match="skip_mismatch=True") as caught:
        make(units=5).load_weights(path)
    assert "Layer 'd0' (Dense, at 'layers/dense')" in str(caught.value)
    assert "'kernel' has shape (3, 5), in the file (3, 4)" in str(caught.value)


def test_skip_mismatch_loads_what_fits_and_warns(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "a.weights.h5"
    model = make(depth=1)
    model.save_weights(path)
    other = make(depth=2)
    with pytest.warns(UserWarning, match="These keep their values"):
        other.load_weights(path, skip_mismatch=True)
    assert (other.get_layer("d0").kernel.numpy() == model.weights[0].numpy()).all()


def test_objects_to_skip_keep_their_values(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "a.weights.h5"
    make().save_weights(path)
    other = make()
    before = values(other)
    other.load_weights(path, objects_to_skip=[other.get_layer("d0")])
    assert (values(other)[0] == before[0]).all()
    assert not (values(other)[2] == before[2]).all()


def test_a_hook_that_fails_changes_nothing(backend: str, tmp_path: Path) -> None:
    class Picky(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(2,), initializer="zeros")

        def call(self, x: Any) -> Any:
            return x

        def save_own_variables(self, store: Any) -> None:
            store["mine"] = self.w

        def load_own_variables(self, store: Any) -> None:
            self.w.assign(store["mine"])
            if self.name == "fails":
                raise ValueError("no")

    def build(name: str) -> Any:
        return keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(2), Picky(name=name)]
        )

    path = tmp_path / "a.weights.h5"
    model = build("fine")
    model.layers[1].w.assign(np.ones(2))
    model.save_weights(path)
    other = build("fine")
    other.load_weights(path)
    assert same(values(model), values(other))
    failing = build("fails")
    before = values(failing)
    with pytest.raises(ValueError, match="'fails'.*ValueError: no"):
        failing.load_weights(path)
    assert same(values(failing), before)


def test_leftover_weights_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.weights.h5"
    with keras.backend_scope("torch"):
        keras.Sequential(
            [keras.Input((3,)), *map(keras.layers.Dense, (2, 2))]
        ).save_weights(path)
        small = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        with pytest.warns(UserWarning, match="no place: 'layers/dense_1'"):
            small.load_weights(path)


def test_shards_are_small_and_complete(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        model = make(units=64, depth=4)
        model.save_weights(tmp_path / "a.weights.json", max_shard_size=2e-5)
        shards = sorted(tmp_path.glob("a_*.weights.h5"))
        assert len(shards) >= 3
        other = make(units=64, depth=4)
        other.load_weights(tmp_path / "a.weights.json")
        assert same(values(model), values(other))
        shards[1].unlink()
        with pytest.raises(FileNotFoundError, match=r"names the shard 'a_00001"):
            other.load_weights(tmp_path / "a.weights.json")


@pytest.mark.parametrize("name", ["../a.weights.h5", "/etc/passwd", "..", "a\\b.h5"])
def test_an_index_cannot_lead_outside(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.weights.json"
    path.write_text(json.dumps({"weight_map": {"/layers/dense/vars": [name]}}))
    with keras.backend_scope("torch"), pytest.raises(ValueError, match="A shard is"):
        make().load_weights(path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a": 3}}']
)
def test_a_damaged_index_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.weights.json"
    path.write_text(text)
    with (
        keras.backend_scope("torch"),
        pytest.raises(ValueError, match=r"a\.weights\.json"),
    ):
        make().load_weights(path)


def test_wrong_paths_are_named(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        model = make()
        with pytest.raises(ValueError, match=r"must end in '.weights.h5'.*a\.txt"):
            model.save_weights(tmp_path / "a.txt")
        with pytest.raises(ValueError, match=r"files that end in .*a\.txt"):
            model.load_weights(tmp_path / "a.txt")
        with pytest.raises(FileNotFoundError, match="There is no file"):
            model.load_weights(tmp_path / "a.weights.h5")
        with pytest.raises(
            ValueError, match="needs a path that ends in '.weights.json'"
        ):
            model.save_weights(tmp_path / "a.weights.h5", max_shard_size=1)
        model.save_weights(tmp_path / "a.weights.h5")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            model.save_weights(tmp_path / "a.weights.h5", overwrite=False)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_write_that_fails_keeps_the_old_file(
    tmp_path: Path, monkeypatch: Any, ending: str
) -> None:
    import keras.saving.stores as stores

    with keras.backend_scope("torch"):
        model = make()
        path = tmp_path / f"a{ending}"
        model.save_weights(path)
        before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
        calls = []

        def full(value: Any) -> Any:
            calls.append(value)
            if len(calls) > 3:
                raise OSError(28, "No space left on device")
            return np.asarray(value.numpy())

        for module in (stores, keras.saving.sharded, keras.saving.safetensors):
            monkeypatch.setattr(module, "to_array", full)
        with pytest.raises(OSError, match="No space left"):
            model.save_weights(path)
    after = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    assert after == before


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_large_weights_are_their_own(
    backend: str, tmp_path: Path, ending: str, dtype: str
) -> None:
    """Memory of what was read becomes that of a variable, and of one only."""

    class Table(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.rows = self.add_weight((300, 128), "ones", dtype, trainable=False)

    layer = Table()
    layer.build((None, 3))
    layer.rows.assign(np.arange(300 * 128).reshape(300, 128) % 100)
    path = tmp_path / f"a{ending}"
    keras.saving.save_weights(layer, path)
    found = [Table(), Table()]
    for one in found:
        one.build((None, 3))
        keras.saving.load_weights(one, path)
    found[0].rows.assign_add(keras.ops.ones((300, 128), dtype))
    first, second = (one.rows.numpy().astype("float32") for one in found)
    np.testing.assert_array_equal(second, layer.rows.numpy().astype("float32"))
    np.testing.assert_array_equal(first, second + 1)


def test_arrays_of_who_calls_the_hook_stay_theirs(backend: str) -> None:
    layer = keras.layers.Dense(256)
    layer.build((None, 256))
    kernel = np.ones((256, 256), "float32")
    layer.load_own_variables({"0": kernel, "1": np.zeros(256, "float32")})
    kernel[:] = 7
    assert layer.kernel.numpy().max() == 1
    layer.kernel.assign(layer.kernel + 1)
    assert kernel.min() == 7


OPTIMIZERS = sorted(
    name
    for name, cls in vars(keras.optimizers).items()
    if isinstance(cls, type)
    and issubclass(cls, keras.optimizers.Optimizer)
    and name not in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer", "SGD")
)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_of_an_optimizer_that_has_none_yet(name: str, tmp_path: Path) -> None:
    """A model that is compiled and was never trained takes the weights."""
    path = tmp_path / "a.weights.h5"
    with keras.backend_scope("numpy"):
        saved, fresh = make(), make()
        for model in (saved, fresh):
            model.compile(getattr(keras.optimizers, name)(), "mse")
        saved.optimizer.build(saved.trainable_variables)
        saved.save_weights(path)
        with pytest.warns(UserWarning, match="The optimizer keeps its state"):
            fresh.load_weights(path)
    assert same(values(saved), values(fresh))
