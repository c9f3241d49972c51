"""torch modules inside layers and models are layers, wherever they stand.

Each row of `PLACES` is a model that holds a Linear and a BatchNorm1d of torch in
another way; what holds for layers holds for them in every place.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from keras.core.masking import get_mask

torch = pytest.importorskip("torch")
nn = torch.nn

X = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
Y = np.ones((8, 3), "float32")


@pytest.fixture(autouse=True)
def on_torch() -> Iterator[None]:
    with keras.backend_scope("torch"):
        torch.manual_seed(0)
        yield


def parts() -> list[Any]:
    return [nn.Linear(4, 3), nn.BatchNorm1d(3)]


class Attributes(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = parts()

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))


class Listed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.parts = parts()

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


class ByName(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        first, second = parts()
        self.parts = {"a": first, "b": second}

    def call(self, x: Any) -> Any:
        return self.parts["b"](self.parts["a"](x))


class ModuleList(Listed):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts())


class Block(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first, self.second = parts()

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))


def wrapped() -> list[Any]:
    return [layers.TorchModuleWrapper(part) for part in parts()]


def functional() -> Any:
    x = y = keras.Input((4,))
    for layer in wrapped():
        y = layer(y)
    return keras.Model(x, y)


PLACES: dict[str, Any] = {
    "attributes": Attributes,
    "list": Listed,
    "dict": ByName,
    "module list": ModuleList,
    "layer in Sequential": lambda: keras.Sequential([keras.Input((4,)), Block()]),
    "wrapped in Sequential": lambda: keras.Sequential([keras.Input((4,)), *wrapped()]),
    "modules in Sequential": lambda: keras.Sequential(parts()),
    "functional": functional,
}


@pytest.fixture(params=PLACES)
def model(request: pytest.FixtureRequest) -> Any:
    made = PLACES[request.param]()
    made(X)
    return made


def norm_of(model: Any) -> Any:
    (norm,) = (x for x in model.modules() if isinstance(x, nn.BatchNorm1d))
    return norm


def test_they_are_weights_of_the_model(model: Any) -> None:
    sizes = [(3, 4), (3,), (3,), (3,)]
    assert [tuple(w.shape) for w in model.trainable_weights] == sizes
    assert [tuple(p.shape) for p in model.parameters()] == sizes
    assert model.count_params() == 21
    lines: list[str] = []
    model.summary(print_fn=lines.append, expand_nested=True)
    assert "Trainable params: 21" in "\n".join(lines)
    model.trainable = False
    assert model.trainable_weights == []
    assert not any(p.requires_grad for p in model.parameters())


def test_they_are_trained_in_the_mode_of_the_run(model: Any) -> None:
    modes: list[bool] = []
    norm = norm_of(model)

    def note(module: Any, given: Any, output: Any) -> None:
        if not output.is_meta:  # else only shapes are worked out
            modes.append(module.training)

    norm.register_forward_hook(note)
    model.compile("sgd", "mse")
    before, counted = model.get_weights(), int(norm.num_batches_tracked)
    model.fit(X, Y, batch_size=4, verbose=0)
    # A run before, for the shapes, is not in training and moves no statistics.
    assert modes[-2:] == [True, True] and int(norm.num_batches_tracked) - counted == 2
    del modes[:-2]
    # A bias before a normalization has no gradient.
    kept = [np.array_equal(*ab) for ab in zip(before, model.get_weights(), strict=True)]
    assert not any(kept[:1] + kept[2:])
    model.predict(X, verbose=0)
    model.evaluate(X, Y, batch_size=4, verbose=0)
    assert not any(modes[2:])
    counted = int(norm.num_batches_tracked)
    model.eval()
    model(X)
    assert modes[-1] is False and int(norm.num_batches_tracked) == counted
    model.train()
    model(X)
    assert modes[-1] is True


@pytest.mark.parametrize(
    "how", ["deepcopy", "pickle", "weights", "state_dict", "keras"]
)
def test_copies_and_files_have_the_statistics(model: Any, how: str, tmp_path) -> None:
    norm_of(model).running_mean.fill_(3.0)
    norm_of(model).running_var.fill_(0.25)
    if how == "deepcopy":
        copied = copy.deepcopy(model)
    elif how == "pickle":
        copied = pickle.loads(pickle.dumps(model))
    elif how == "keras":
        path = tmp_path / "model.keras"
        model.save(path)
        copied = keras.models.load_model(
            path, safe_mode=False, custom_objects=dict(vars_of_places())
        )
    else:
        copied = keras.models.clone_model(model)
        copied(X)
        if how == "weights":
            model.save_weights(tmp_path / "model.weights.h5")
            copied.load_weights(tmp_path / "model.weights.h5")
        else:
            names = model.state_dict(), copied.state_dict()
            assert [n.split(".")[-1] for n in names[0]] == [
                n.split(".")[-1] for n in names[1]
            ]
            copied.load_state_dict(dict(zip(names[1], names[0].values(), strict=True)))
    assert norm_of(copied) is not norm_of(model)
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))
    norm_of(copied).running_mean.fill_(0.0)
    assert float(norm_of(model).running_mean[0]) == 3.0


def vars_of_places() -> Iterator[tuple[str, Any]]:
    for cls in (Attributes, Listed, ByName, ModuleList, Block):
        yield cls.__name__, cls


def test_they_follow_changes_of_dtype(model: Any) -> None:
    for dtype in (torch.float64, torch.bfloat16, torch.float32):
        model.to(dtype)
        assert {p.dtype for p in model.parameters()} == {dtype}
        assert model(X).dtype == model(torch.from_numpy(X).double()).dtype == dtype
        assert model.compute_dtype == str(dtype).removeprefix("torch.")
    model.double().compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert model.predict(X, verbose=0).dtype == "float64"


def test_a_module_of_two_layers_is_one_weight() -> None:
    linear = nn.Linear(4, 4, bias=False)
    nn.init.eye_(linear.weight)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.TorchModuleWrapper(linear),
            layers.TorchModuleWrapper(linear),
        ]
    )
    assert len(model.weights) == 1 and model.count_params() == 16
    model.compile(keras.optimizers.SGD(0.25), "mse")
    model.fit(np.eye(4, dtype="float32"), np.zeros((4, 4), "float32"), verbose=0)
    # mean((w w)²) over 16 places at w = 1: the slope is 2 · 2 / 16.
    np.testing.assert_allclose(linear.weight.detach(), np.eye(4) * (1 - 0.25 / 4))


def test_what_changes_its_type_keeps_all_digits() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.ReLU()])
    model.to(torch.float64)
    x = np.full((2, 4), 1 / 3)
    kernel = model.layers[0].kernel.numpy()
    expected = np.maximum(x @ kernel, 0.0)
    np.testing.assert_allclose(model(x).detach(), expected, rtol=1e-14)
    assert model.input.dtype == model.output.dtype == "float64"
    again = keras.Sequential.from_config(model.get_config())
    assert again.layers[0].kernel.dtype == "float64"


def test_self_training_says_the_mode_of_the_call() -> None:
    """As code for torch reads it, in layers of a graph and of a model's own call."""

    class Reads(layers.Layer):
        def call(self, x: Any) -> Any:
            if isinstance(x, torch.Tensor) and not x.is_meta:
                modes.append(self.training)
            return x

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.reads = layers.Dense(3), Reads()

        def call(self, x: Any) -> Any:
            return self.reads(self.dense(x))

    modes: list[bool] = []
    x = keras.Input((4,))
    for model in (keras.Model(x, Reads()(layers.Dense(3)(x))), Own()):
        model.compile("sgd", "mse")
        model.predict(X, verbose=0)
        modes.clear()
        model.fit(X, Y, verbose=0)
        assert modes == [True]
        model.predict(X, verbose=0)
        model.evaluate(X, Y, verbose=0)
        model(X, training=True)
        assert modes == [True, False, False, True]
        model.eval()
        model(X)
        assert modes[-1] is False and model.training is False


def test_a_clone_may_hold_code() -> None:
    """What is copied is the program's own: safe mode is for files."""
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x * 2)])
    np.testing.assert_array_equal(keras.models.clone_model(model)(X), X * 2)


def test_a_clone_of_other_layers_runs_no_code_of_their_configs() -> None:
    """Only a layer that holds code itself is trusted, not what wraps or extends one."""

    class Sly(layers.Lambda):
        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "trainable": True}

    own = layers.Lambda(lambda x: x * 2)
    for layer in (layers.TimeDistributed(own), Sly(lambda x: x * 2)):
        model = keras.Sequential([keras.Input((4, 3)), layer])
        with pytest.raises(ValueError, match="safe_mode=False"):
            keras.models.clone_model(model)


class Counting(nn.Module):
    """How many steps are no padding."""

    def forward(self, x: Any, mask: Any = None) -> Any:
        return x * 0 + (1 if mask is None else mask.sum(1)[:, None, None])


def test_masks_are_passed_on() -> None:
    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    words = layers.Embedding(5, 2, mask_zero=True)(ids)
    outputs = layers.TorchModuleWrapper(Counting())(words)
    np.testing.assert_array_equal(outputs[:, 0, 0].detach(), [2, 1])
    np.testing.assert_array_equal(get_mask(outputs), ids > 0)

    x = keras.Input((4,), dtype="int32")
    words = layers.Embedding(5, 2, mask_zero=True)(x)
    counted = layers.TorchModuleWrapper(Counting())(words)
    model = keras.Model(x, layers.GlobalAveragePooling1D()(counted))
    np.testing.assert_array_equal(model(ids)[:, 0].detach(), [2, 1])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["weight_norm", "prune"])
@pytest.mark.filterwarnings("ignore")  # torch warns of tensors that want gradients
def test_parametrizations_and_pruning(what: str, when: str) -> None:
    """torch's tools change a module, whether it is in a model already or not."""
    from torch.nn.utils import parametrizations, prune

    linear = nn.Linear(4, 3)

    def change() -> None:
        if what == "prune":
            prune.l1_unstructured(linear, "weight", amount=0.5)
        else:
            parametrizations.weight_norm(linear)

    if when == "before":
        change()
    model = keras.Sequential([keras.Input((4,)), linear])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    if when == "after":
        model.fit(X, Y, verbose=0)
        change()
        model.compile(keras.optimizers.SGD(0.1), "mse")  # there are other weights now
    old = [p.detach().clone() for p in linear.parameters()]
    model.fit(X, Y, verbose=0)
    assert len(model.trainable_weights) == len(old)
    for before, now in zip(old, linear.parameters(), strict=True):
        assert (before != now).any()
    if what == "prune":
        assert int((linear.weight == 0).sum()) == 6
        prune.remove(linear, "weight")
        model.fit(X, Y, verbose=0)
        assert {w.shape for w in model.trainable_weights} == {(3,), (3, 4)}
