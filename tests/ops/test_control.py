"""Control flow: eager, symbolic, compiled, differentiated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0], "float32")


def numpy_of(x: Any) -> Any:
    return np.asarray(ops.convert_to_numpy(x)).tolist()


def compiled(name: str, function: Any) -> Any:
    """The function compiled by the framework's own means."""
    if name == "jax":
        import jax

        return jax.jit(function)
    if name == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True, autograph=False)
    import torch

    torch._dynamo.reset()
    return torch.compile(function, fullgraph=True, backend="eager")


def each() -> list[tuple[str, Any, Any]]:
    """Name, function of a vector, and its value at X."""
    return [
        ("cond", lambda x: ops.cond(x[0] > 0, lambda: x * 2, lambda: -x), X * 2),
        ("cond-false", lambda x: ops.cond(x[0] > 1, lambda: x * 2, lambda: -x), -X),
        (
            "switch",
            lambda x: ops.switch(
                ops.cast(x[1], "int32"), [lambda v: v, lambda v: v + 1], x
            ),
            X + 1,  # 2 is brought into the range
        ),
        (
            "fori_loop",
            lambda x: ops.fori_loop(0, 3, lambda i, v: v + ops.cast(i, "float32"), x),
            X + 3,
        ),
        (
            "scan",
            lambda x: ops.scan(lambda c, v: (c + v, c * v), 0.0 * x[0], x)[1],
            np.array([0, 2, 9, 24, 50]),
        ),
        (
            "scan-reverse",
            lambda x: ops.scan(lambda c, v: (c + v, c), 0.0 * x[0], x, reverse=True)[1],
            np.array([14, 12, 9, 5, 0]),
        ),
        (
            "scan-unrolled",
            lambda x: ops.scan(lambda c, v: (c + v, c), 0.0 * x[0], x, unroll=True)[0],
            np.array(15),
        ),
        (
            "scan-length",
            lambda x: ops.scan(lambda c, _: (c * 2, c[0]), x, length=3)[1],
            np.array([1, 2, 4]),
        ),
        ("map", lambda x: ops.map(lambda v: v * v, x), X**2),
        ("vectorized_map", lambda x: ops.vectorized_map(lambda v: v * v, x), X**2),
        (
            "associative_scan",
            lambda x: ops.associative_scan(lambda a, b: a * b, x),
            np.cumprod(X),
        ),
        (
            "associative_scan-reverse",
            lambda x: ops.associative_scan(lambda a, b: a + b, x, reverse=True),
            np.cumsum(X[::-1])[::-1],
        ),
    ]


EACH = each()
IDS = [row[0] for row in EACH]


@pytest.mark.parametrize("row", EACH, ids=IDS)
def test_values(backend: str, row: tuple[str, Any, Any]) -> None:
    np.testing.assert_allclose(numpy_of(row[1](ops.convert_to_tensor(X))), row[2])


@pytest.mark.parametrize("row", EACH, ids=IDS)
def test_compiled(framework_backend: str, row: tuple[str, Any, Any]) -> None:
    y = compiled(framework_backend, row[1])(ops.convert_to_tensor(X))
    np.testing.assert_allclose(numpy_of(y), row[2])


@pytest.mark.parametrize("row", EACH, ids=IDS)
def test_symbolic(backend: str, row: tuple[str, Any, Any]) -> None:
    with keras.SymbolicScope():
        y = row[1](keras.KerasTensor((5,)))
    assert y.shape == np.shape(row[2])


def test_while_loop(backend: str) -> None:
    i, total = ops.while_loop(
        lambda i, total: i < 5, lambda i, total: (i + 1, total + i), (0, 0)
    )
    assert (numpy_of(i), numpy_of(total)) == (5, 10)
    stopped = ops.while_loop(lambda i: i < 5, lambda i: i + 1, 0, maximum_iterations=3)
    assert numpy_of(stopped) == 3
    kept = ops.while_loop(lambda i: i < 1, lambda i: [i + 1], [0])
    assert isinstance(kept, tuple)  # as the PyPI keras gives for a list
    spec = ops.while_loop(lambda i: i < 5, lambda i: i + 1, keras.KerasTensor((2,)))
    assert spec.shape == (2,)


@pytest.mark.parametrize("name", ["jax", "tensorflow"])
def test_compiled_while_loop(name: str) -> None:
    pytest.importorskip(name)
    with keras.backend_scope(name):

        def double_until(limit: Any) -> Any:
            return ops.while_loop(lambda v: v < limit, lambda v: v * 2, 1.0)

        y = compiled(name, double_until)(ops.convert_to_tensor(50.0))
        assert numpy_of(y) == 64


def test_nested_structures(backend: str) -> None:
    xs = {"a": X, "b": np.stack([X, X], -1)}
    carry, ys = ops.scan(
        lambda c, x: ({"n": c["n"] + 1}, (x["a"], x["b"])), {"n": 0}, xs
    )
    assert numpy_of(carry["n"]) == 5
    np.testing.assert_allclose(numpy_of(ys[1]), xs["b"])
    y = ops.map(lambda x: {"s": x["a"] + ops.sum(x["b"])}, xs)
    np.testing.assert_allclose(numpy_of(y["s"]), X * 3)
    a, b = ops.associative_scan(
        lambda p, q: (p[0] * q[0], p[1] * q[0] + q[1]), (X, X)
    )  # fmt: skip
    state, found = 0.0, []
    for x in X.tolist():
        state = state * x + x
        found.append(state)
    np.testing.assert_allclose(numpy_of(b), found, rtol=1e-5)


def test_associative_scan_along_another_axis(backend: str) -> None:
    for size in range(1, 9):
        x = np.arange(3.0 * size, dtype="float32").reshape(3, size)
        y = ops.associative_scan(lambda a, b: a + b, x, axis=1)
        np.testing.assert_allclose(numpy_of(y), np.cumsum(x, 1))


def test_part_of_a_functional_graph(backend: str) -> None:
    x = keras.KerasTensor((None, 3))
    y = ops.vectorized_map(lambda row: ops.sum(row * row), x)
    assert y.shape == (None,)
    operation = y._keras_history.operation
    value = operation(ops.convert_to_tensor([[1.0, 2.0, 3.0]]))
    assert numpy_of(value) == [14.0]


def gradient(name: str, function: Any, x: float) -> float:
    """The derivative by the framework's own means."""
    if name == "numpy":  # which has no means but ours
        return float(keras.grad(function)(np.asarray(x, "float32")))
    if name == "jax":
        import jax

        return float(jax.grad(function)(x))
    if name == "tensorflow":
        import tensorflow as tf

        value = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(value)
            result = function(value)
        return float(tape.gradient(result, value))
    import torch

    value = torch.tensor(x, requires_grad=True)
    function(value).backward()
    return float(value.grad)


def test_custom_gradient(training_backend: str) -> None:
    @ops.custom_gradient
    def function(x: Any) -> Any:
        return x * x, lambda upstream: upstream * 7

    assert gradient(training_backend, lambda x: function(x) * 2, 3.0) == 14
    assert function(keras.KerasTensor((2,))).shape == (2,)


def test_gradient_through_scan(training_backend: str) -> None:
    def function(x: Any) -> Any:
        return ops.scan(lambda c, _: (c * x, None), x, length=3)[0]

    assert gradient(training_backend, function, 2.0) == pytest.approx(4 * 2.0**3)


def _scanned(x: Any) -> Any:
    start = ops.zeros_like(x[0])
    total, rows = ops.scan(lambda c, row: (c * 0.5 + row, c * row), start, x)
    return ops.sum(total) + ops.sum(rows)


def _counted(x: Any) -> Any:
    start = ops.zeros_like(x[0])
    steps = ops.shape(x)[0]
    return ops.sum(ops.fori_loop(0, steps, lambda i, c: c * 0.5 + x[i] ** 2, start))


def _mapped(x: Any) -> Any:
    return ops.sum(ops.map(lambda row: row * row, x))


@pytest.mark.parametrize("function", [_scanned, _counted, _mapped])
def test_gradients_of_loops_of_unknown_length_under_xla(function: Any) -> None:
    """XLA knows the sizes that the trace of TensorFlow does not."""
    tf = pytest.importorskip("tensorflow")
    x = tf.constant([[1.0, 2.0], [3.0, -1.0], [0.5, 2.0]])

    def gradient(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tf.convert_to_tensor(tape.gradient(y, x))

    with keras.backend_scope("tensorflow"):
        expected = gradient(x)
        compiled = tf.function(gradient, [tf.TensorSpec((None, 2))], jit_compile=True)
        np.testing.assert_allclose(compiled(x), expected, rtol=1e-5)


def test_jvp(training_backend: str) -> None:
    x = ops.convert_to_tensor(X)
    value, tangent = ops.jvp(lambda a, b: a * b, (x, x), (x, ops.zeros_like(x)))
    assert numpy_of(value) == numpy_of(tangent) == (X * X).tolist()
    _, tangent, aux = ops.jvp(lambda a: (a * a, a + 1), (x,), (x,), has_aux=True)
    assert numpy_of(tangent) == (2 * X * X).tolist()
    assert numpy_of(aux) == (X + 1).tolist()


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: ops.cond(X[0] > 0, 1, 2), "`true_fn` to be callable.*true_fn=1"),
        (lambda: ops.switch(0, []), "at least one branch"),
        (lambda: ops.scan(lambda c, x: (c, x), 0), "`xs`.*or `length`"),
        (lambda: ops.scan(lambda c, x: (c, x), 0, X, length=3), "first sizes"),
        (
            lambda: ops.associative_scan(
                lambda a, b: a, [keras.KerasTensor((3, 2)), keras.KerasTensor((4, 2))]
            ),
            "one size",
        ),
        (
            lambda: ops.cond(
                keras.KerasTensor((), "bool"),
                lambda: keras.KerasTensor((2,)),
                lambda: keras.KerasTensor((3,)),
            ),
            "same shapes and dtypes",
        ),
    ],
)
def test_errors(backend: str, call: Any, text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=text):
        call()


def _cond(body: Any, times: int) -> Any:
    yes = keras.ops.convert_to_tensor(True)
    zeros = keras.ops.zeros((2,))
    return [keras.ops.cond(yes, body, lambda: zeros) for _ in range(times)]


def _switch(body: Any, times: int) -> Any:
    one, zeros = keras.ops.convert_to_tensor(1), keras.ops.zeros((2,))
    return [keras.ops.switch(one, [lambda: zeros, body]) for _ in range(times)]


def _fori_loop(body: Any, times: int) -> Any:
    start = keras.ops.zeros((2,))
    return keras.ops.fori_loop(0, times, lambda i, x: x + body(), start)


def _while_loop(body: Any, times: int) -> Any:
    start = (keras.ops.convert_to_tensor(0), keras.ops.zeros((2,)))
    step = lambda i, x: (i + 1, x + body())  # noqa: E731
    return keras.ops.while_loop(lambda i, x: i < times, step, start)[1]


def _scan(body: Any, times: int) -> Any:
    steps, start = keras.ops.ones((times, 2)), keras.ops.zeros((2,))
    return keras.ops.scan(lambda total, x: (total + body() * x, x), start, steps)[0]


def _map(body: Any, times: int) -> Any:
    return keras.ops.map(lambda x: x * body(), keras.ops.ones((times, 2)))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("flow", [_cond, _switch, _fori_loop, _while_loop, _scan, _map])
def test_bodies_that_write_variables(
    training_backend: str, flow: Any, compiled: bool
) -> None:
    """A draw moves its seed on, and an assignment counts, once for each run."""
    seed, counter = keras.random.SeedGenerator(4), keras.Variable(0.0)

    def body() -> Any:
        counter.assign_add(1.0)
        return keras.random.uniform((2,), seed=seed)

    def run() -> Any:
        return flow(body, 3)

    found = (keras.jit(run) if compiled else run)()
    assert float(counter.numpy()) == 3
    assert seed.state.numpy().tolist() == [4, 3]
    again = keras.random.SeedGenerator(4)
    draws = [keras.random.uniform((2,), seed=again) for _ in range(3)]
    draws = [keras.ops.convert_to_numpy(x) for x in draws]
    found = keras.tree.map_structure(keras.ops.convert_to_numpy, found)
    total = np.sum(found, axis=0) if np.ndim(found) > 1 else found
    np.testing.assert_allclose(total, np.sum(draws, axis=0), rtol=1e-5)
