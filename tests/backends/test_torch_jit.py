"""`keras.jit(..., jit_compile="auto")` on torch: calls that repeat are recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("on_torch")


class Counted:
    """A function, and how often its Python ran."""

    def __init__(self, function: Any) -> None:
        self.function, self.runs = function, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.runs += 1
        return self.function(*args, **kwargs)


def auto(function: Any) -> tuple[Any, Counted]:
    counted = Counted(function)
    return keras.jit(counted, jit_compile="auto"), counted


def test_a_step_with_a_cache_is_recorded() -> None:
    embedding, dense = layers.Embedding(7, 4), layers.Dense(4)
    embedding.build(), dense.build((None, 1, 4))

    def step(token: Any, position: Any, cache: Any, scale: float = 1.0) -> Any:
        x = dense(ops.expand_dims(embedding(token), 1)) * scale
        keys = ops.slice_update(cache["keys"], (0, position, 0), x)
        seen = ops.arange(5) <= position
        y = ops.where(seen[None, :, None], keys, 0.0)
        return ops.sum(y, axis=1), {"keys": keys}

    run, counted = auto(step)
    found, wanted = [{"keys": ops.zeros((2, 5, 4))}] * 2
    for position in range(5):
        token = np.array([position, 2 * position % 7], "int32")
        at = np.array(position, "int32")
        y, found = run(token, at, found, scale=2.0)
        z, wanted = step(ops.array(token), ops.array(at), wanted, scale=2.0)
        assert torch.equal(y, z) and y.requires_grad
        assert torch.equal(found["keys"], wanted["keys"])
    # A cache that has no gradient yet, then twice one that has: the last is recorded.
    assert counted.runs == 3


def test_constants_and_shapes_have_recordings_of_their_own() -> None:
    run, counted = auto(lambda x, n: x * n)
    x = np.array([2, 3], "int32")
    for _ in range(3):
        assert [run(x, n).dtype for n in (1, 1.0, True)] == [
            torch.int32,
            torch.float32,
            torch.int32,
        ]
        assert run(x[:1], 1).tolist() == [2]
        assert run(torch.ones(2, dtype=torch.float64), 1).dtype is torch.float64
    assert counted.runs == 10
    with pytest.raises(TypeError, match="tensors, arrays or hashable values. Received"):
        run(x, {1, 2})


def test_functions_that_look_at_values_run_as_they_are_written() -> None:
    run, counted = auto(lambda x: x if ops.sum(x) > 0 else -x)
    for value in (1.0, -2.0, 3.0, -4.0):
        assert float(run(np.float32([value]))[0]) == abs(value)
    assert counted.runs == 4


def test_a_variable_keeps_what_is_written() -> None:
    total = keras.Variable(0.0)
    run, counted = auto(lambda x: total.assign_add(ops.sum(x)))
    for number in range(1, 5):
        run(np.ones(2, "float32"))
        assert float(total.numpy()) == 2.0 * number
    with torch.no_grad():
        for number in range(5, 9):
            assert float(run(np.ones(2, "float32"))) == 2.0 * number
    assert counted.runs == 4  # twice with gradients, twice without


def test_weights_that_change_are_seen() -> None:
    weight = keras.Variable([1.0, 2.0])
    run, counted = auto(lambda x: x * weight)
    x = np.ones(2, "float32")
    for factor in (1.0, 2.0, 3.0):
        weight.assign([factor, factor])
        assert run(x).tolist() == [factor, factor]
    assert counted.runs == 2
    weight._value = torch.nn.Parameter(torch.tensor([5.0, 6.0]))  # as `Module.to` may
    assert run(x).tolist() == [5.0, 6.0]


@pytest.mark.parametrize("name", ["categorical", "dropout", "normal", "layer"])
def test_draws_go_on(name: str) -> None:
    seeds = keras.random.SeedGenerator(3)
    drop = layers.Dropout(0.5, seed=4)
    functions = {
        "categorical": lambda x: keras.random.categorical(x, 6, seed=seeds),
        "dropout": lambda x: keras.random.dropout(x, 0.5, seed=seeds),
        "normal": lambda x: x + keras.random.normal((4, 8), seed=seeds),
        "layer": lambda x: drop(x, training=True),
    }
    run, counted = auto(functions[name])
    state = (drop.seed_generator if name == "layer" else seeds).state
    start, x = state.numpy(), np.ones((4, 8), "float32")
    found = [run(x).tolist() for _ in range(5)]
    after = state.numpy()
    state.assign(start)
    wanted = [functions[name](ops.array(x)).tolist() for _ in range(5)]
    assert found == wanted and len({str(each) for each in found}) == 5
    assert (state.numpy() == after).all() and counted.runs == 2


def test_the_seed_of_the_process_counts() -> None:
    run, counted = auto(lambda x: x + keras.random.uniform((3,)))
    keras.utils.set_random_seed(7)
    first = [run(np.zeros(3, "float32")).tolist() for _ in range(4)]
    keras.utils.set_random_seed(7)
    assert [run(np.zeros(3, "float32")).tolist() for _ in range(4)] == first
    assert counted.runs == 2


def test_gradients_flow_through_and_are_taken_within() -> None:
    weight = keras.Variable([1.0, 2.0])

    def loss(x: Any) -> Any:
        return ops.sum(x * weight * weight)

    run, counted = auto(loss)
    within, counted_within = auto(keras.value_and_grad(loss, weight))
    for number in range(1, 5):
        x = np.full(2, number, "float32")
        run(x).backward()
        assert weight.value.grad.tolist() == [2.0 * number, 4.0 * number]
        weight.value.grad = None
        value, slope = within(x)
        assert float(value) == 5.0 * number
        assert slope.tolist() == [2.0 * number, 4.0 * number]
    assert counted.runs == counted_within.runs == 2


def test_nothing_is_kept_for_gradients_that_cannot_come() -> None:
    from keras.backends.torch.recording import whole

    asked: list[bool] = []

    @whole
    def noted(x: Any) -> Any:
        asked.append(torch.is_grad_enabled())
        return x * 1.0

    weight = keras.Variable([1.0, 2.0])
    run, _ = auto(lambda x: ops.stop_gradient(noted(x * weight)))
    for _ in range(3):
        assert not run(np.ones(2, "float32")).requires_grad
    assert asked == [True, True, False]
    assert torch.is_grad_enabled()


def test_inside_other_transforms_it_is_the_function() -> None:
    run, _ = auto(lambda x: ops.sum(x * x))
    rows = torch.arange(6.0).reshape(3, 2)
    for _ in range(3):
        assert keras.vmap(run)(rows).tolist() == [1.0, 13.0, 41.0]
        assert torch.func.grad(run)(rows[1]).tolist() == [4.0, 6.0]
    assert float(torch.compile(run, backend="eager")(rows)) == 55.0


def test_masks_of_inputs_are_seen() -> None:
    pool = layers.GlobalAveragePooling1D()
    run, _ = auto(pool)
    x = ops.array([[[1.0], [5.0]]])
    for _ in range(3):
        assert run(x).tolist() == [[3.0]]
    masked = layers.Masking(5.0)(x)
    for _ in range(3):
        assert run(masked).tolist() == [[1.0]]


def test_a_program_of_ever_new_shapes_is_not_kept() -> None:
    run, counted = auto(lambda x: x + 1.0)
    for size in range(1, 40):
        for _ in range(3):
            run(np.zeros(size, "float32"))
    assert counted.runs == 16 * 2 + 23 * 3


def test_traces_are_noted() -> None:
    from keras.core import traces

    noted: list[Any] = []
    listener = lambda function, args, kwargs: noted.append((args, kwargs))  # noqa: E731
    traces.listeners.append(listener)
    try:
        run, _ = auto(lambda x, scale: x * scale)
        for _ in range(3):
            run(np.ones(2, "float32"), scale=2.0)
    finally:
        traces.listeners.remove(listener)
    (((x,), kwargs),) = noted
    assert x.shape == (2,) and kwargs == {"scale": 2.0}


def test_windows_that_tensors_place() -> None:
    x, two = ops.zeros((2, 4, 3)), ops.ones((2, 2, 3))

    def rows(start: Any, updates: Any = two) -> Any:
        place = torch.tensor(start, dtype=torch.int32)
        return ops.slice_update(x, (0, place, 0), updates)[0, :, 0].tolist()

    assert rows(1) == [0, 1, 1, 0] and rows(2) == [0, 0, 1, 1]
    assert rows(-2) == [0, 0, 1, 1]  # counted from the end
    assert rows(3, two[:, :1]) == [0, 0, 0, 1]
    with pytest.raises((IndexError, ValueError)):
        rows(3)
    part = ops.slice_update(x, (torch.tensor(1), torch.tensor(2), 0), two[:1, :1])
    assert part[1, 2].tolist() == [1, 1, 1] and float(ops.sum(part)) == 3.0
    slope = keras.grad(
        lambda u: ops.sum(ops.slice_update(x, (0, torch.tensor(1), 0), u))
    )
    assert slope(two).tolist() == two.tolist()
