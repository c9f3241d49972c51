"""`keras.jit`, `keras.grad`, `keras.value_and_grad` and `keras.vmap`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.core.errors import BackendError


def numpy(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


# jit --------------------------------------------------------------------------------


def test_jit_reads_and_writes_variables(backend: str) -> None:
    total = keras.Variable(1.0, trainable=False)
    scale = keras.Variable([1.0, 2.0], trainable=False)

    @keras.jit
    def add(x: Any) -> Any:
        total.assign_add(ops.sum(x * scale))
        return total + 1.0

    assert float(add(np.array([1.0, 1.0], "float32"))) == 5.0
    assert float(add(ops.ones((2,)))) == 8.0
    assert float(total.numpy()) == 7.0
    scale.assign([0.0, 1.0])
    assert float(add(ops.ones((2,)))) == 9.0


def test_jit_returns_what_a_variable_is_then(backend: str) -> None:
    count = keras.Variable(1.0, trainable=False)
    read = keras.jit(lambda: {"count": count})
    add = keras.jit(lambda: (count.assign_add(1.0), count)[1])
    assert float(numpy(read()["count"])) == 1.0
    assert float(numpy(add())) == 2.0 and float(numpy(add())) == 3.0
    assert float(numpy(read()["count"])) == 3.0


def test_jit_sees_new_shapes_and_static_arguments(backend: str) -> None:
    @keras.jit
    def power(x: Any, n: int, *, shift: bool = False) -> Any:
        y = x**n
        return y + 1 if shift else y

    for size in (1, 3, 3, 5):
        x = np.arange(size, dtype="float32")
        np.testing.assert_allclose(numpy(power(x, 2)), x**2)
        np.testing.assert_allclose(numpy(power(x, 3, shift=True)), x**3 + 1)


def test_jit_tells_equal_constants_of_other_types_apart(backend: str) -> None:
    scale = keras.jit(lambda x, n: ops.multiply(x, n))
    x = np.array([2, 3], "int32")
    for _ in range(2):
        dtypes = [numpy(scale(x, n)).dtype.name for n in (1, 1.0, True)]
        assert dtypes == ["int32", "float32", "int32"]


def test_jit_passes_structures_and_plain_values_through(backend: str) -> None:
    @keras.jit
    def swap(pair: dict[str, Any]) -> dict[str, Any]:
        return {"a": pair["b"], "b": (pair["a"], "text", None)}

    result = swap({"a": ops.ones((2,)), "b": ops.zeros((3,))})
    assert tuple(result["a"].shape) == (3,)
    assert tuple(result["b"][0].shape) == (2,)
    assert result["b"][1:] == ("text", None)


def test_jit_draws_as_eager_code_does(backend: str) -> None:
    def draw(generator: keras.random.SeedGenerator) -> list[np.ndarray]:
        def one() -> Any:
            return keras.random.normal((3,), seed=generator)

        run = keras.jit(one) if compiled else one
        return [numpy(run()) for _ in range(3)]

    compiled = False
    eager = draw(keras.random.SeedGenerator(5))
    compiled = True
    jitted = draw(keras.random.SeedGenerator(5))
    np.testing.assert_allclose(jitted, eager, rtol=1e-6)
    assert not np.allclose(jitted[0], jitted[1])


def test_jit_updates_metrics(backend: str) -> None:
    metric = keras.metrics.MeanSquaredError()

    @keras.jit
    def update(y: Any, p: Any) -> Any:
        metric.update_state(y, p)
        return metric.result()

    y, p = np.zeros((2, 2), "float32"), np.full((2, 2), 3.0, "float32")
    assert float(update(y, p)) == 9.0
    assert float(update(y, p * 0)) == 4.5
    assert float(metric.result()) == 4.5
    metric.reset_state()
    assert float(update(y, p * 0)) == 0.0


def test_jit_of_jit_is_one_function(backend: str) -> None:
    counter = keras.Variable(0, dtype="int32")
    inner = keras.jit(lambda x: (counter.assign_add(1), x * 2)[1])
    outer = keras.jit(lambda x: inner(x) + inner(x))
    assert float(outer(ops.ones(()))) == 4.0
    assert int(counter.numpy()) == 2


# value_and_grad ---------------------------------------------------------------------


def test_gradients_have_the_structure_of_the_variables(training_backend: str) -> None:
    w, b = keras.Variable([2.0, 3.0]), keras.Variable(1.0)
    unused = keras.Variable([5.0])
    variables = {"w": w, "rest": [b, (unused,)]}

    def loss(x: Any) -> Any:
        return ops.sum(x * w * w) + b

    for transform in (lambda f: f, keras.jit):
        both = keras.value_and_grad(loss, variables)
        value, grads = transform(both)(np.array([1.0, 2.0], "float32"))
        assert float(value) == 23.0
        assert sorted(grads) == ["rest", "w"]
        np.testing.assert_allclose(numpy(grads["w"]), [4.0, 12.0])
        assert float(grads["rest"][0]) == 1.0
        np.testing.assert_allclose(numpy(grads["rest"][1][0]), [0.0])


def test_without_variables_the_first_argument_is_differentiated(
    training_backend: str,
) -> None:
    def loss(point: dict[str, Any], factor: float) -> Any:
        return factor * ops.sum(point["x"] ** 2) + point["y"]

    point = {"x": ops.array([1.0, -2.0]), "y": ops.array(4.0)}
    value, grads = keras.value_and_grad(loss)(point, 3.0)
    assert float(value) == 19.0
    np.testing.assert_allclose(numpy(grads["x"]), [6.0, -12.0])
    assert float(grads["y"]) == 1.0
    np.testing.assert_allclose(numpy(keras.grad(loss)(point, 3.0)["x"]), [6.0, -12.0])


def test_aux_and_state_written_inside(training_backend: str) -> None:
    w, calls = keras.Variable(3.0), keras.Variable(0, dtype="int32", trainable=False)

    def loss(x: Any) -> Any:
        calls.assign_add(1)
        y = w * x
        return y * y, {"y": y}

    (value, aux), grad = keras.value_and_grad(loss, w, has_aux=True)(2.0)
    assert (float(value), float(aux["y"]), float(grad)) == (36.0, 6.0, 24.0)
    grad, aux = keras.grad(loss, [w], has_aux=True)(2.0)
    assert (float(grad[0]), float(aux["y"])) == (24.0, 6.0)
    assert int(calls.numpy()) == 2


def test_losses_added_inside_are_numbers_afterwards(training_backend: str) -> None:
    layer = keras.layers.Dense(2, use_bias=False, activity_regularizer="l2")
    layer.build((3, 4))
    layer.kernel.assign(np.ones((4, 2)))
    kernel = layer.trainable_variables

    def loss() -> Any:
        return ops.sum(layer(np.ones((3, 4), "float32"))) + layer.losses[0]

    total, _ = keras.value_and_grad(loss, kernel)()
    (added,) = layer.losses
    np.testing.assert_allclose(numpy(total) - 24, numpy(added), rtol=1e-5)
    if training_backend != "tensorflow":  # where a trace leaves its tensors behind
        keras.jit(lambda: keras.value_and_grad(loss, kernel)()[0])()
        assert all(float(numpy(added)) > 0 for added in layer.losses)


def test_second_derivatives(training_backend: str) -> None:
    slope = keras.grad(lambda x: ops.sin(x) * x)
    curvature = keras.grad(lambda x: slope(x))
    x = 0.7
    np.testing.assert_allclose(
        float(curvature(ops.array(x))), 2 * np.cos(x) - x * np.sin(x), rtol=1e-5
    )


def test_second_derivatives_by_variables(training_backend: str) -> None:
    """A penalty on the gradient by the inputs, differentiated by the weights."""
    w = keras.Variable([1.0, 2.0])

    def penalty(x: Any) -> Any:
        slope = keras.grad(lambda z: ops.sum(w * z * z))(x)
        return ops.sum(slope**2)

    x = np.array([3.0, 0.5], "float32")
    value, grad = keras.value_and_grad(penalty, w)(x)
    np.testing.assert_allclose(float(value), np.sum((2 * x * [1, 2]) ** 2), rtol=1e-5)
    np.testing.assert_allclose(numpy(grad), 8 * x**2 * [1, 2], rtol=1e-5)


def test_a_layer_trains_by_hand(training_backend: str) -> None:
    """One loop, written once: value_and_grad, an optimizer, a metric, under jit."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.Adam(0.05)
    optimizer.build(model.trainable_variables)
    tracker = keras.metrics.Mean()
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    y = x[:, :1] * x[:, 1:2]

    def loss(x: Any, y: Any) -> Any:
        return ops.mean((model(x, training=True) - y) ** 2)

    differentiate = keras.value_and_grad(loss, model.trainable_variables)

    @keras.jit
    def step(x: Any, y: Any) -> Any:
        value, grads = differentiate(x, y)
        optimizer.apply(grads, model.trainable_variables)
        tracker.update_state(value)
        return value

    losses = [float(step(x, y)) for _ in range(60)]
    assert losses[-1] < 0.3 * losses[0]
    assert losses[-1] < float(tracker.result()) < losses[0]


def test_variables_must_be_variables_of_one_backend() -> None:
    with pytest.raises(TypeError, match=r"nested structure of keras\.Variable"):
        keras.grad(lambda: 0.0, [1.0])
    with keras.backend_scope("numpy"):
        there = keras.Variable(1.0)
    with keras.backend_scope("torch"):
        here = keras.Variable(1.0)
    with pytest.raises(BackendError, match="one backend"):
        keras.grad(lambda: 0.0, [here, there])
    with pytest.raises(TypeError, match="first positional argument"):
        keras.grad(lambda: 0.0)()


# vmap -------------------------------------------------------------------------------


def test_vmap_maps_over_chosen_axes(backend: str) -> None:
    a = np.arange(12, dtype="float32").reshape(3, 4)
    v = np.arange(3, dtype="float32")
    both = keras.vmap(lambda row, k: ops.sum(row * k), in_axes=(1, None))(a, v)
    np.testing.assert_allclose(numpy(both), (a * v[:, None]).sum(0))
    columns = keras.vmap(lambda row: row * 2, in_axes=0, out_axes=1)(a)
    np.testing.assert_allclose(numpy(columns), (a * 2).T)


def test_vmap_of_grad_gives_gradients_per_sample(training_backend: str) -> None:
    x = np.array([1.0, 2.0, 3.0], "float32")
    slopes = keras.vmap(keras.grad(lambda z: z**3))(x)
    np.testing.assert_allclose(numpy(slopes), 3 * x**2, rtol=1e-6)


def test_a_write_inside_a_gradient_inside_vmap_is_kept(training_backend: str) -> None:
    """torch.func's tensors, which a variable cannot hold, end with the gradient."""
    if training_backend not in ("jax", "torch"):
        pytest.skip("vmap of a function that writes is theirs")
    w, count = keras.Variable(np.ones(3)), keras.Variable(0.0)

    def loss(row: Any) -> Any:
        count.assign(count + 1.0)
        return ops.sum(w * row)

    rows = np.arange(6, dtype="float32").reshape(2, 3)
    slopes = keras.vmap(lambda row: keras.value_and_grad(loss, [w])(row)[1][0])(rows)
    np.testing.assert_allclose(numpy(slopes), rows)
    assert float(numpy(count)) == 1.0
