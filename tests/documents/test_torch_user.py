"""A torch user's day with a Keras model: it is a `torch.nn.Module` like any other."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def on_torch() -> Iterator[None]:
    torch.set_num_threads(1)
    with keras.backend_scope("torch"):
        keras.utils.set_random_seed(0)
        torch.manual_seed(0)
        yield


def digits(count: int = 64) -> tuple[Any, Any]:
    x = torch.randn(count, 8)
    return x, (x[:, 0] > 0).long()


def model() -> keras.Model:
    """A functional model with state that is not trained."""
    inputs = keras.Input((8,), name="features")
    x = layers.Dense(16, activation="relu", name="hidden")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, layers.Dense(4, name="features_out")(x))


def train(net: Any, optimizer: Any, steps: int = 30) -> list[float]:
    """The loop that torch's tutorials show."""
    x, y = digits()
    criterion, losses = torch.nn.CrossEntropyLoss(), []
    net.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def sequential() -> Any:
    return torch.nn.Sequential(model(), torch.nn.ReLU(), torch.nn.Linear(4, 2))


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_trains_inside_nn_sequential(name: str) -> None:
    net = sequential()
    assert isinstance(net[0], torch.nn.Module)
    # 2 weights of each of 3 dense layers, gamma and beta.
    assert len(list(net.parameters())) == 8
    kernel = net[0].get_layer("hidden").kernel.numpy().copy()
    rate = 0.3 if name == "SGD" else 0.05
    losses = train(net, getattr(torch.optim, name)(net.parameters(), lr=rate))
    assert losses[-1] < 0.5 * losses[0]
    assert not np.allclose(net[0].get_layer("hidden").kernel.numpy(), kernel)
    assert net[0].get_layer("norm").moving_mean.numpy().any()


def test_state_dict_has_readable_names_and_loads() -> None:
    net, twin = sequential(), sequential()
    train(net, torch.optim.Adam(net.parameters(), lr=0.05), 3)
    state = net.state_dict()
    assert list(state) == [
        "0.hidden.kernel",
        "0.hidden.bias",
        "0.norm.gamma",
        "0.norm.beta",
        "0.norm.moving_mean",
        "0.norm.moving_variance",
        "0.features_out.kernel",
        "0.features_out.bias",
        "2.weight",
        "2.bias",
    ]
    result = twin.load_state_dict(state)
    assert not result.missing_keys and not result.unexpected_keys
    x, _ = digits()
    torch.testing.assert_close(twin.eval()(x), net.eval()(x))
    broken = {k: v for k, v in state.items() if k != "0.norm.gamma"}
    with pytest.raises(RuntimeError, match=r"0\.norm\.gamma"):
        twin.load_state_dict(broken)


def test_state_dict_in_a_file(tmp_path: Any) -> None:
    net, twin = model(), model()
    train(net, torch.optim.SGD(net.parameters(), lr=0.05), 2)
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    twin.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    x, _ = digits()
    torch.testing.assert_close(twin.eval()(x), net.eval()(x))
    # What Keras reads is what torch has loaded.
    for mine, theirs in zip(net.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_eval_and_train_modes_reach_the_layers() -> None:
    net = torch.nn.Sequential(layers.Dropout(0.5), torch.nn.Identity())
    x = torch.ones(4, 100)
    assert (net.train()(x) == 0).any()
    assert not (net.eval()(x) == 0).any()


@pytest.mark.parametrize("wrapped", [False, True])
def test_compiled_whole(wrapped: bool) -> None:
    net = sequential() if wrapped else model()
    net.eval()
    x, _ = digits()
    expected = net(x).detach()
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x).detach(), expected)
    explained = torch._dynamo.explain(net)(x)
    assert explained.graph_break_count == 0


def test_compiled_model_trains() -> None:
    net = model()
    net(digits()[0])
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    x, y = digits()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(compiled(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def check_independent(net: Any, twin: Any) -> None:
    """A copy has the same outputs, and its own parameters."""
    x, _ = digits()
    expected = net.eval()(x).detach().clone()
    torch.testing.assert_close(twin.eval()(x), expected)
    assert list(twin.state_dict()) == list(net.state_dict())
    mine = {p.data_ptr() for p in net.parameters()}
    assert not mine & {p.data_ptr() for p in twin.parameters()}
    train(twin, torch.optim.SGD(twin.parameters(), lr=0.5), 2)
    torch.testing.assert_close(net.eval()(x), expected)
    assert not torch.allclose(twin.eval()(x), expected)


@pytest.mark.parametrize("way", ["deepcopy", "pickle", "torch.save"])
@pytest.mark.parametrize("make", [model, sequential])
def test_copies(way: str, make: Any, tmp_path: Any) -> None:
    net = make()
    if way == "deepcopy":
        twin = copy.deepcopy(net)
    elif way == "pickle":
        twin = pickle.loads(pickle.dumps(net))
    else:
        torch.save(net, tmp_path / "net.pt")
        twin = torch.load(tmp_path / "net.pt", weights_only=False)
    check_independent(net, twin)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_of_a_compiled_model_trains_on(way: str) -> None:
    net, (x, y) = model(), digits()
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit(x, y, epochs=1, shuffle=False, verbose=0)
    twin = copy.deepcopy(net) if way == "deepcopy" else pickle.loads(pickle.dumps(net))
    first = net.fit(x, y, epochs=1, shuffle=False, verbose=0).history["loss"]
    second = twin.fit(x, y, epochs=1, shuffle=False, verbose=0).history["loss"]
    assert second == pytest.approx(first, rel=1e-4)
    for mine, theirs in zip(net.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_to_a_dtype_and_a_device() -> None:
    net = model()
    assert net.to("cpu") is net
    net.to(torch.float64)
    assert {p.dtype for p in net.parameters()} == {torch.float64}
    assert net.get_layer("hidden").kernel.value.dtype == torch.float64
    assert net.get_layer("norm").moving_mean.value.dtype == torch.float64
    assert net.get_layer("hidden").kernel.dtype == "float64"
    net.float()
    assert net(digits()[0]).dtype == torch.float32
    meta = copy.deepcopy(net).to("meta")
    assert {p.device.type for p in meta.parameters()} == {"meta"}


def test_hooks_named_modules_and_requires_grad() -> None:
    net, seen = model(), []
    hidden = net.get_layer("hidden")
    handle = hidden.register_forward_hook(lambda m, a, out: seen.append(out.shape))
    net(digits()[0])
    assert seen == [(64, 16)]
    handle.remove()
    net(digits()[0])
    assert len(seen) == 1
    assert dict(net.named_modules())["hidden"] is hidden
    for parameter in hidden.parameters():
        parameter.requires_grad_(False)
    net(digits()[0]).sum().backward()
    assert hidden.kernel.value.grad is None
    assert net.get_layer("features_out").kernel.value.grad is not None


def test_torch_modules_inside_a_keras_model() -> None:
    class Mixed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(8, 6)
            self.head = layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.head(torch.relu(self.linear(x)))

    net = Mixed()
    x, y = digits()
    assert net(x).shape == (64, 2)
    names = [name for name, _ in net.named_parameters()]
    # As Keras 3 names them: a module is held by a layer.
    assert sorted(names) == [
        "head.bias",
        "head.kernel",
        "linear.module.bias",
        "linear.module.weight",
    ]
    losses = train(net, torch.optim.Adam(net.parameters(), lr=0.05))
    assert losses[-1] < 0.5 * losses[0]


def test_keras_layers_in_a_torch_module() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = keras.Sequential(
                [keras.Input((8,)), layers.Dense(16, activation="relu")]
            )
            self.head = layers.Dense(2)
            self.head.build((None, 16))

        def forward(self, x: Any) -> Any:
            return self.head(self.hidden(x))

    net = Net()
    assert len(list(net.parameters())) == 4
    assert sum("head" in name for name in net.state_dict()) == 2
    losses = train(net, torch.optim.Adam(net.parameters(), lr=0.05))
    assert losses[-1] < 0.5 * losses[0]


def test_fit_after_a_torch_loop_and_before() -> None:
    net = model()
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = digits()
    first = net.fit(x, y, epochs=2, verbose=0).history["loss"]
    losses = train(net, torch.optim.Adam(net.parameters(), lr=0.05))
    after = net.fit(x, y, epochs=1, verbose=0).history["loss"]
    assert losses[-1] < first[0] and after[0] < first[0]


FIRST_CALL_IS_COMPILED = """
import numpy as np, torch, keras
from keras import layers

def graph(name):
    if name == "sequential":
        return keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.Dense(2)])
    if name == "attention":
        x = keras.Input((6, 8))
        return keras.Model(x, layers.MultiHeadAttention(2, 4)(x, x))
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    y = layers.Dense(2)(layers.Add()([a, b]))
    return keras.Model([a, b] if name == "list" else {"a": a, "b": b}, y)

row, steps = torch.rand(3, 8), torch.rand(3, 6, 8)
data = {"sequential": row, "attention": steps, "list": [row, row],
        "dict": {"a": row, "b": row}}
for name, x in data.items():
    model = graph(name).eval()
    y = torch.compile(model, fullgraph=True, backend="eager")(x)
    np.testing.assert_allclose(y.detach(), model(x).detach(), rtol=1e-5)
print("compiled", *data)
"""


def test_the_first_call_of_a_process_may_be_compiled() -> None:
    """No eager call has to teach anything before: not types, and not signatures."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_CALL_IS_COMPILED],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "compiled sequential attention list dict\n", done.stderr


def test_functional_call_and_gradients_of_it() -> None:
    net, x = model(), torch.randn(4, 8)
    own = {name: p.detach().clone() for name, p in net.named_parameters()}
    with torch.no_grad():
        before = [net(x) for _ in range(3)][-1]  # recorded by now
        zeros = {name: torch.zeros_like(p) for name, p in own.items()}
        assert not torch.func.functional_call(net, zeros, (x,)).any()
        torch.testing.assert_close(net(x), before)

    def loss(parameters: dict[str, Any]) -> Any:
        return torch.func.functional_call(net, parameters, (x,)).square().sum()

    grads = torch.func.grad(loss)(own)
    net(x).square().sum().backward()
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(grads[name], parameter.grad)


def test_an_ensemble_is_mapped_over_stacked_parameters() -> None:
    nets, x = [model() for _ in range(3)], torch.randn(4, 8)
    parameters, buffers = torch.func.stack_module_state(nets)
    base = model()

    def one(p: Any, b: Any) -> Any:
        return torch.func.functional_call(base, (p, b), (x,))

    together = torch.func.vmap(one)(parameters, buffers)
    for index, net in enumerate(nets):
        torch.testing.assert_close(together[index], net(x))


def test_parts_are_found_by_their_torch_names() -> None:
    net = model()
    assert net.get_submodule("hidden") is net.get_layer("hidden")
    kernel = net.get_layer("hidden").kernel
    assert net.get_parameter("hidden.kernel") is kernel.value
    assert net.get_buffer("norm.moving_mean").shape == (16,)
    with pytest.raises(AttributeError, match=r"no parameter 'hidden.kernels'.*kernel"):
        net.get_parameter("hidden.kernels")
