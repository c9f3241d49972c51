"""Recorded torch calls: the same numbers and gradients, or no recording at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from tests.layers.rows import ROWS, Row

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("on_torch")


def functional(row: Row) -> Any:
    symbols = row.symbols()
    return keras.Model(symbols, row.make()(symbols))


def tensors(row: Row, seed: int = 0) -> Any:
    return keras.tree.map_structure(
        lambda x: torch.from_numpy(np.asarray(x)), row.inputs(seed)
    )


def lines(model: Any) -> dict[Any, Any]:
    """What was recorded of a model's calls."""
    call = model.__dict__.get("_compiled_call")
    forms = call._forms.values() if call is not None else ()
    runs = [run for form in forms for run in form.values()]
    return {key: line for run in runs for key, line in run._lines.items()}


def is_recorded(model: Any) -> bool:
    return any(line is not None for line in lines(model).values())


def small() -> Any:
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)]
    )


def recorded(model: Any, x: Any) -> Any:
    model(x), model(x)
    assert is_recorded(model)
    return model


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_recording_is_the_plain_call(row: Row) -> None:
    model = functional(row)
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        for training in (None, False):
            with mode():
                for seed in range(3):  # plain, recorded, from the recording
                    x = tensors(row, seed)
                    found = keras.tree.flatten(model(x, training=training))
                    wanted = model._call_uncompiled(x, training=training)
                    for a, b in zip(found, keras.tree.flatten(wanted), strict=True):
                        assert a.dtype is b.dtype
                        assert a.requires_grad == b.requires_grad
                        assert torch.equal(a, b)
    assert model.__dict__.get("_changes", 0) == 0  # a call changes no layer


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_training_draws_and_writes_as_in_the_plain_call(row: Row) -> None:
    model = functional(row)
    start = model.get_weights()
    model(tensors(row), training=True)
    for seed in range(3):
        x, results = tensors(row, seed), []
        for call in (model, model._call_uncompiled):
            model.set_weights(start)
            for generator in seeds_in(model):
                generator.state.assign([1, 2])
            outputs = keras.tree.flatten(call(x, training=True))
            states = [g.state.numpy() for g in seeds_in(model)]
            results.append((outputs, model.get_weights(), states))
        (a, weights_a, seeds_a), (b, weights_b, seeds_b) = results
        assert all(map(torch.equal, a, b))
        np.testing.assert_equal(weights_a, weights_b)
        np.testing.assert_equal(seeds_a, seeds_b)


def seeds_in(layer: Any) -> list[Any]:
    found = list(layer._seed_generators)
    for inner in layer._layers:
        found += seeds_in(inner)
    return found


def test_every_layer_can_be_recorded() -> None:
    """But for one that adds a penalty at each call."""
    wrong = []
    for row in ROWS:
        model = functional(row)
        for _ in range(2):
            model(tensors(row))
        adds_loss = model.layers[-1].activity_regularizer is not None
        if is_recorded(model) == adds_loss:
            wrong.append(row.name)
    assert not wrong


def test_gradients_are_those_of_the_plain_call() -> None:
    model, x = small(), torch.randn(5, 3)
    recorded(model, x)
    for parameter in model.parameters():
        parameter.grad = None
    inputs = x.clone().requires_grad_()
    model(inputs).square().sum().backward()
    found = [p.grad.clone() for p in model.parameters()] + [inputs.grad]
    again = x.clone().requires_grad_()
    plain = model._call_uncompiled(again).square().sum()
    wanted = torch.autograd.grad(plain, [*model.parameters(), again])
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_second_derivatives_and_torch_func() -> None:
    model, x = keras.Sequential([keras.Input((2,)), layers.Dense(1, "tanh")]), None
    x = torch.randn(3, 2)
    recorded(model, x)
    hessian = torch.func.hessian(lambda v: model(v).sum())(x)
    wanted = torch.func.hessian(lambda v: model._call_uncompiled(v).sum())(x)
    torch.testing.assert_close(hessian, wanted)
    each = torch.func.vmap(lambda row: model(row[None])[0])(x)
    torch.testing.assert_close(each, model._call_uncompiled(x))


def test_who_wants_gradients_can_change() -> None:
    from keras.backends.torch.recording import Recorded

    weight, asked = keras.Variable([2.0, 3.0]), []

    def function(x: Any) -> Any:
        asked.append(weight.value.requires_grad)
        return x * weight.value * (2.0 if asked[-1] else 1.0)

    run, x = Recorded(function, lambda: [weight]), torch.ones(2)
    wanted, frozen = torch.tensor([4.0, 6.0]), torch.tensor([2.0, 3.0])
    for _ in range(3):
        torch.testing.assert_close(run(x).detach(), wanted)
    assert asked == [True]
    weight.trainable = False
    torch.testing.assert_close(run(x), frozen)
    weight.trainable = True
    torch.testing.assert_close(run(x).detach(), wanted)
    assert asked == [True, False]
    assert run(torch.ones(2, requires_grad=True)).requires_grad


def test_training_goes_on_after_a_recording() -> None:
    model, x = small(), torch.randn(16, 3)
    y = x.sum(-1, keepdim=True).repeat(1, 2)
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert is_recorded(model)
    assert losses[-1] < 0.5 * losses[0]


def test_modes_moves_and_assigned_states_count() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.BatchNormalization()])
    x = torch.randn(6, 3) + 4
    recorded(model, x)
    model.train()
    assert abs(float(model(x).detach().mean())) < 0.1  # of the batch, not the average
    model.eval()
    assert float(model(x).detach().mean()) > 1
    recorded(model, x)
    state = {k: torch.full_like(v, 2.0) for k, v in model.state_dict().items()}
    model.load_state_dict(state, assign=True)
    torch.testing.assert_close(model(x), model._call_uncompiled(x))
    model.double()
    assert model._call_uncompiled(x).dtype is model(x).dtype


@pytest.mark.parametrize("inside", [False, True])
def test_hooks_are_called(inside: bool) -> None:
    model, x = small(), torch.randn(2, 3)
    recorded(model, x)
    seen: list[Any] = []
    target = model.layers[0] if inside else model
    handle = target.register_forward_hook(lambda *args: seen.append(args[2]))
    for count in range(1, 4):
        model(x)
        assert len(seen) == count
    handle.remove()
    model(x)
    assert len(seen) == 3


def test_autocast_is_followed() -> None:
    model, x = small(), torch.randn(2, 3)
    recorded(model, x)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x).dtype is torch.bfloat16
    assert model(x).dtype is torch.float32


def test_whole_graphs_can_be_compiled_after_a_recording() -> None:
    model, x = small(), torch.randn(2, 3)
    recorded(model, x)
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), model(x))


@pytest.mark.parametrize("training", [False, True])
def test_whole_graphs_take_any_batch_size(training: bool) -> None:
    """Sizes are open in the trace: what divides by them or masks by them is traced."""
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            keras.layers.Dense(5, activity_regularizer="l2"),
            keras.layers.Conv1D(6, 2, padding="same", activity_regularizer="l1"),
            keras.layers.BatchNormalization(),
            keras.layers.GRU(4),
            keras.layers.Reshape((2, 2)),
            keras.layers.ActivityRegularization(l1=0.1),
        ]
    )
    compiled = torch.compile(model, fullgraph=True, backend="eager", dynamic=True)
    for size in (3, 5):
        x = torch.randn(size, 4, 3)
        expected = model(x, training=training)
        losses = list(model.losses)
        torch.testing.assert_close(compiled(x, training=training), expected)
        torch.testing.assert_close(list(model.losses), losses)
        assert len(losses) == 3


def test_what_python_could_decide_on_is_not_recorded() -> None:
    inputs = keras.Input((3,))

    class Signed(keras.Layer):
        def call(self, x: Any) -> Any:
            return x if float(x.sum()) > 0 else -x

    layer = Signed()
    layer.compute_output_shape = lambda shape: shape  # type: ignore[method-assign]
    model = keras.Model(inputs, layer(inputs))
    x = torch.ones(2, 3)
    for sign in (1, 1, 1, -1, 1, -1):
        torch.testing.assert_close(model(sign * x), x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * x.sum().item(),
        lambda x: x * x.tolist()[0],
        lambda x: x + float(x.detach().numpy().sum()),
        lambda x: x if x.sum() > 0 else -x,
        torch.rand_like,
        lambda x: torch.nn.functional.dropout(x, 0.5),
        lambda x: x + ELSEWHERE,
        lambda x: (x.add_(0), x.__setitem__(0, 0.0))[0],
    ],
    ids=["item", "tolist", "numpy", "bool", "rand", "dropout", "constant", "setitem"],
)
def test_unfaithful_calls_run_plainly(function: Any) -> None:
    from keras.backends.torch.recording import Recorded

    run = Recorded(function, list)
    x = torch.ones(3)
    run(x)
    assert list(run._lines.values()) == [None]
    run(x)


ELSEWHERE = torch.ones(3)


def test_one_tensor_in_two_roles() -> None:
    a, b = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([a, b], layers.Subtract()([a, b]))
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    for _ in range(3):
        assert not model([x, x]).any()
    for _ in range(3):
        torch.testing.assert_close(model([x, y]), x - y)
        assert not model([x, x]).any()
    weights = keras.Sequential([keras.Input((3,)), layers.Dense(3, use_bias=False)])
    kernel = weights.layers[0].kernel.value
    for _ in range(3):
        torch.testing.assert_close(weights(kernel), kernel @ kernel)
    torch.testing.assert_close(weights(x), x @ kernel)


def test_calls_that_return_a_weight_itself() -> None:
    from keras.backends.torch.recording import Recorded

    weight = keras.Variable([1.0, 2.0])

    def function(x: Any) -> Any:
        same = weight.value.to(torch.float32).contiguous()
        return x * same

    run, x = Recorded(function, lambda: [weight]), torch.ones(2)
    run(x)
    (line,) = run._lines.values()
    assert line is not None
    torch.testing.assert_close(line.run(3 * x), torch.tensor([3.0, 6.0]))


def test_gradients_of_ones_own_are_kept() -> None:
    from keras.backends.torch.recording import Recorded

    @ops.custom_gradient
    def doubled(x: Any) -> Any:
        def grad(*args: Any, upstream: Any = None) -> Any:
            return 100.0 * (args[0] if upstream is None else upstream)

        return x * 2.0, grad

    run = Recorded(lambda x: doubled(x * 1.0) + 0.0, list)
    for _ in range(3):
        x = torch.ones(2, requires_grad=True)
        run(x).sum().backward()
        torch.testing.assert_close(x.grad, torch.full((2,), 100.0))


@pytest.mark.parametrize("flash", [True, False, None])
def test_a_demanded_kernel_stays_demanded(
    flash: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = []
    import torch.nn.attention as attention

    original = attention.sdpa_kernel

    def noted(kernels: Any) -> Any:
        entered.append(kernels)
        return original(kernels)

    monkeypatch.setattr(attention, "sdpa_kernel", noted)
    inputs = keras.Input((4, 8))
    layer = layers.MultiHeadAttention(2, 4, flash_attention=flash)
    model = keras.Model(inputs, layer(inputs, inputs))
    x = torch.randn(1, 4, 8)
    recorded(model, x)
    entered.clear()
    torch.testing.assert_close(model(x), model._call_uncompiled(x))
    assert len(entered) == (0 if flash is None else 2)


def test_users_functions_are_called_each_time() -> None:
    class Annealed:
        factor = 1.0

        def __call__(self, x: Any) -> Any:
            return x * self.factor

    activation = Annealed()
    model = keras.Sequential([keras.Input((3,)), layers.Activation(activation)])
    x = torch.ones(1, 3)
    for factor in (1.0, 2.0, 3.0, 4.0):
        activation.factor = factor
        torch.testing.assert_close(model(x), factor * x)
    seen = []
    inputs = keras.Input((3,))
    mapped = ops.vectorized_map(lambda v: seen.append(1) or v * 2, inputs)
    model = keras.Model(inputs, mapped)
    seen.clear()
    for count in range(1, 5):
        model(x)
        assert len(seen) == count


def test_recording_holds_no_intermediate_results() -> None:
    from keras.backends.torch.recording import Recorded

    alive = []

    def function(x: Any) -> Any:
        import weakref

        for _ in range(5):
            x = x * 2
            alive.append(weakref.ref(x))
        return x.sum(), sum(ref() is not None for ref in alive[:-1])

    with torch.no_grad():
        _, held = Recorded(function, list)(torch.ones(3))
    assert held == 0


def test_results_of_several_tensors_and_calls_in_place() -> None:
    from keras.backends.torch.recording import Recorded

    def function(x: Any) -> Any:
        values, places = torch.sort(x, descending=True)
        with torch.no_grad():
            total = torch.zeros(()) + 1
            total.add_(values[0])
        return {"sorted": values, "both": [total, (places, torch.cat([x, values]))]}

    def pure(x: Any) -> Any:
        values, places = torch.sort(x, descending=True)
        total = torch.zeros(()) + 1
        with torch.enable_grad():  # as it is around
            total.add_(values[0])
        return {"sorted": values, "both": [total, (places, torch.cat([x, values]))]}

    x, other = torch.tensor([1.0, 3.0, 2.0]), torch.tensor([7.0, 5.0, 6.0])
    scoped = Recorded(function, list)  # another mode inside: not kept
    scoped(x)
    assert list(scoped._lines.values()) == [None]
    run = Recorded(pure, list)
    run(x)
    assert list(run._lines.values()) != [None]
    found, wanted = run(other), pure(other)
    for a, b in zip(ops_leaves(found), ops_leaves(wanted), strict=True):
        assert torch.equal(a, b)


def ops_leaves(value: Any) -> list[Any]:
    return keras.tree.flatten(value)


def test_errors_are_those_of_the_plain_call() -> None:
    inputs = keras.Input((2,), dtype="int32")
    model = keras.Model(inputs, layers.Embedding(4, 3)(inputs))
    with torch.no_grad():
        recorded(model, torch.tensor([[0, 1]], dtype=torch.int32))
        wrong = torch.tensor([[0, 9]], dtype=torch.int32)
        with pytest.raises(Exception) as plain:
            model._call_uncompiled(wrong)
        with pytest.raises(type(plain.value)) as found:
            model(wrong)
    assert str(found.value) == str(plain.value)


def test_predict_and_evaluate_are_the_same_as_when_run_eagerly() -> None:
    model = small()
    x, y = np.random.rand(7, 3).astype("float32"), np.random.rand(7, 2)
    model.compile(optimizer="sgd", loss="mse")
    for _ in range(3):
        found, loss = model.predict(x, verbose=0), model.evaluate(x, y, verbose=0)
    assert is_recorded(model)
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    np.testing.assert_array_equal(found, model.predict(x, verbose=0))
    np.testing.assert_allclose(loss, model.evaluate(x, y, verbose=0), rtol=1e-6)


def test_intermediate_results_are_let_go() -> None:
    from keras.backends.torch.recording import _releasing

    lines_ = [("t0", "inputs"), ("t1", "c0(t0)"), ("t2", "c1(t1, t0)")]
    assert _releasing(lines_, "t2") == [
        "t0 = inputs",
        "t1 = c0(t0)",
        "t2 = c1(t1, t0)",
        "del t1, t0",
    ]


def test_ops_in_the_graph_are_recorded() -> None:
    inputs = keras.Input((3,))
    y = ops.concatenate([inputs, ops.square(inputs)], axis=-1)
    model = keras.Model(inputs, ops.sum(y[:, 1:], axis=-1, keepdims=True))
    x = torch.randn(2, 3)
    recorded(model, x)
    other = torch.randn(2, 3)
    torch.testing.assert_close(model(other), model._call_uncompiled(other))
