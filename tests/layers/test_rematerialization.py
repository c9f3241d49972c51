"""`keras.remat` and `keras.RematScope`: the same numbers from less memory."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.backends import current

X = np.random.default_rng(0).standard_normal((16, 8)).astype("float32")
SCOPES: dict[str, dict[str, Any]] = {
    "full": {},
    "activations": {"mode": "activations"},
    "larger_than": {"mode": "larger_than", "output_size_threshold": 20},
    "list_of_layers": {"mode": "list_of_layers", "layer_names": ["first", "noise"]},
}
NEVER = {"mode": None}


def array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


def tensor(x: Any) -> Any:
    return ops.convert_to_tensor(x)


class Notes(layers.Layer):
    """Counts how often its call runs."""

    calls = 0

    def call(self, x: Any) -> Any:
        Notes.calls += 1
        return ops.sin(ops.exp(x))


def model_in(**scope: Any) -> Any:
    """A model with randomness, running averages, penalties and masks."""
    keras.utils.set_random_seed(0)
    with keras.RematScope(**scope):
        return keras.Sequential(
            [
                keras.Input((8,)),
                layers.Dense(8, activation="gelu", name="first"),
                layers.Dropout(0.5, seed=3, name="noise"),
                layers.BatchNormalization(),
                layers.Dense(8, activation="silu", activity_regularizer="l2"),
                layers.Reshape((4, 2)),
                layers.Masking(),
                layers.LSTM(3, recurrent_dropout=0.3, seed=1),
                layers.Dense(1),
            ]
        )


def gradients(model: Any) -> list[np.ndarray]:
    """Loss, its gradients, and what the call left behind in the model."""

    def loss(x: Any) -> Any:
        outputs = model(x, training=True)
        return ops.sum(ops.square(outputs)) + sum(model.losses)

    variables = model.trainable_variables
    value, grads = keras.value_and_grad(loss, variables=variables)(tensor(X))
    assert len(model.losses) == 1
    left = [variable.value for variable in model.non_trainable_variables]
    return [array(x) for x in (value, *grads, *left)]


def trained_in(**scope: Any) -> list[np.ndarray]:
    """The gradients of a model made in the scope, and its weights after training."""
    model = model_in(**scope)
    results = gradients(model)
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], epochs=2, batch_size=8, verbose=0)
    return [*results, *model.get_weights()]


@functools.cache
def trained_without(backend: str) -> list[np.ndarray]:
    return trained_in(**NEVER)


@pytest.mark.parametrize("mode", SCOPES)
def test_gradients_state_and_training_are_those_without(
    mode: str, training_backend: str
) -> None:
    found, wanted = trained_in(**SCOPES[mode]), trained_without(training_backend)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_seeds_and_averages_move_once(training_backend: str) -> None:
    with keras.RematScope():
        dropout, norm = layers.Dropout(0.5, seed=1), layers.BatchNormalization()
        model = keras.Sequential([keras.Input((8,)), layers.Dense(4), dropout, norm])
    gradients(keras.Sequential([model, layers.Dense(1, activity_regularizer="l2")]))
    assert array(dropout.seed_generator.state.value).tolist() == [1, 1]
    mean = array(norm.moving_mean.value)
    gradients(keras.Sequential([model, layers.Dense(1, activity_regularizer="l2")]))
    assert array(dropout.seed_generator.state.value).tolist() == [1, 2]
    assert np.abs(array(norm.moving_mean.value)).max() < 2 * np.abs(mean).max() + 0.05


def test_a_block_is_run_again_as_a_whole(training_backend: str) -> None:
    class Block(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inside = Notes()

        def call(self, x: Any) -> Any:
            return self.inside(x)

    Notes.calls = 0
    with keras.RematScope():
        block = Block()
    value, grad = keras.value_and_grad(lambda x: ops.sum(block(x)))(tensor(X))
    np.testing.assert_allclose(
        array(grad), np.cos(np.exp(X)) * np.exp(X), rtol=1e-4, atol=1e-5
    )
    # JAX runs the trace again, not the Python.
    assert Notes.calls == (1 if training_backend == "jax" else 2)


# --- how much is kept ---


class Block(layers.Layer):
    """One block of an MLP, as transformers have it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = layers.LayerNormalization()
        self.up = layers.Dense(64, activation="gelu")
        self.noise = layers.Dropout(0.1, seed=0)
        self.down = layers.Dense(16)

    def call(self, x: Any) -> Any:
        return x + self.down(self.noise(self.up(self.norm(x))))


def kept_by_torch(model: Any, x: Any) -> int:
    import torch

    sizes: dict[int, int] = {}

    def keep(t: Any) -> Any:
        sizes[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        outputs = model(x, training=True)
    del outputs
    # Of a block that is run again, no hook sees the input that it keeps.
    inputs = sum(x.nbytes for layer in model.layers if layer._keras_remat is not None)
    weights = {w.value.untyped_storage().data_ptr() for w in model.weights}
    return inputs + sum(n for key, n in sizes.items() if key not in weights)


def kept_by_jax(model: Any, x: Any) -> int:
    import jax

    values = [w.value for w in model.trainable_variables]
    others = [w.value for w in model.non_trainable_variables]

    def run(values: Any, x: Any) -> Any:
        return model.stateless_call(values, others, x, training=True)[0]

    def residuals(values: Any, x: Any) -> Any:
        return jax.tree.leaves(jax.vjp(run, values, x)[1])

    kept = jax.eval_shape(residuals, values, x)
    return sum(r.size * r.dtype.itemsize for r in kept) - sum(v.nbytes for v in values)


def kept_by_tensorflow(model: Any, x: Any) -> int:
    import tensorflow as tf

    forward: set[Any] = set()

    def run(x: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x, training=True))
        forward.update(tf.compat.v1.get_default_graph().get_operations())
        return tape.gradient(loss, [v.value for v in model.trainable_variables])

    graph = tf.function(run, autograph=False).get_concrete_function(x).graph
    used = {
        tensor.ref(): tensor
        for op in graph.get_operations()
        if op not in forward
        for tensor in op.inputs
        if tensor.op in forward and not reads_weight(tensor.op)
    }
    return sum(t.shape.num_elements() * t.dtype.size for t in used.values())


def reads_weight(op: Any) -> bool:
    while op.type == "Identity":
        op = op.inputs[0].op
    return op.type in ("ReadVariableOp", "Const", "Placeholder")


KEPT = {"torch": kept_by_torch, "jax": kept_by_jax, "tensorflow": kept_by_tensorflow}


def test_a_deep_mlp_keeps_less_than_half(framework_backend: str) -> None:
    x = tensor(np.ones((64, 16), "float32"))
    kept = {}
    for mode in ("full", None):
        with keras.RematScope(mode):
            blocks = [Block() for _ in range(12)]
        model = keras.Sequential([keras.Input((16,)), *blocks])
        kept[mode] = KEPT[framework_backend](model, x)
    assert 0 < kept["full"] <= kept[None] / 2, kept


# --- keras.remat ---


def test_a_function_takes_and_gives_what_it_did(backend: str) -> None:
    count = keras.Variable(0.0, trainable=False)

    def f(x: Any, scale: Any = 1.0, *, twice: bool = False, more: Any = None) -> Any:
        count.assign_add(1.0)
        y = ops.sin(x) * scale
        return {"y": y + y if twice else y, "kept": more, "odd": ("a", x > 0)}

    x = tensor(X)
    found = keras.remat(f)(x, 2.0, twice=True, more=[None, x])
    wanted = f(x, 2.0, twice=True, more=[None, x])
    assert found["odd"][0] == "a"
    assert found["kept"][0] is None
    for one, other in zip(
        (found["y"], found["kept"][1], found["odd"][1]),
        (wanted["y"], wanted["kept"][1], wanted["odd"][1]),
        strict=True,
    ):
        np.testing.assert_allclose(array(one), array(other), atol=1e-6)
    assert float(array(count.value)) == 2.0


def test_layers_variables_and_nesting(training_backend: str) -> None:
    weight = keras.Variable([2.0])
    dense = layers.Dense(3, kernel_regularizer="l2")
    dense.build((None, 8))
    inner = keras.remat(lambda y: ops.tanh(y * weight))
    f = keras.remat(lambda x: ops.sum(inner(keras.remat(dense)(x))))

    def plain(x: Any) -> Any:
        return ops.sum(ops.tanh(dense(x) * weight))

    variables = [weight, dense.kernel]
    for run in (f, plain):
        _, grads = keras.value_and_grad(run, variables=variables)(tensor(X))
        results = [array(g) for g in grads]
        if run is f:
            found = results
    for one, other in zip(found, results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_second_derivatives(training_backend: str) -> None:
    f = keras.remat(lambda x: ops.sum(ops.sin(x)))
    second = keras.grad(lambda x: ops.sum(keras.grad(f)(x)))
    np.testing.assert_allclose(array(second(tensor(X))), -np.sin(X), atol=1e-5)


def test_masks_pass(backend: str) -> None:
    with keras.RematScope():
        embedding = layers.Embedding(5, 3, mask_zero=True)
        lstm = layers.LSTM(2)
    words = np.array([[1, 2, 0], [3, 0, 0]])
    outputs = lstm(embedding(words))
    short = lstm(embedding(words[1:, :1]))
    np.testing.assert_allclose(array(outputs)[1:], array(short), atol=1e-6)


def test_symbolic_calls_are_as_without(backend: str) -> None:
    with keras.RematScope():
        dense = layers.Dense(3)
    x = keras.Input((8,))
    y = keras.remat(lambda t: ops.exp(t))(dense(x))
    model = keras.Model(x, y)
    assert y.shape == (None, 3)
    np.testing.assert_allclose(
        array(model(X)), np.exp(X @ array(dense.kernel.value)), rtol=1e-4
    )


def test_copies_keep_to_it() -> None:
    with keras.RematScope():
        dense = layers.Dense(3)
        with keras.RematScope(None):
            plain = layers.Dense(3)
    assert plain._keras_remat is None
    for again in (copy.deepcopy(dense), pickle.loads(pickle.dumps(dense))):
        assert again._keras_remat is not None
    assert "remat" not in str(dense.get_config())


def remats(model: Any) -> list[bool]:
    return [layer._keras_remat is not None for layer in model._flatten_layers()]


def test_copies_of_models_keep_to_it(backend: str) -> None:
    with keras.RematScope():
        first = layers.Dense(3)
        both = layers.Bidirectional(layers.GRU(2))
    last = layers.Dense(1)
    inputs = keras.Input((4, 2))
    functional = keras.Model(inputs, last(first(both(inputs))[:, None]))
    stack = keras.Sequential([keras.Input((4, 2)), both, first, last])
    other = "numpy" if backend != "numpy" else "torch"
    for model in (functional, stack):
        kept = remats(model)
        assert True in kept and False in kept
        copies = [
            keras.models.clone_model(model),
            copy.deepcopy(model),
            pickle.loads(pickle.dumps(model)),
            model.to_backend(other),
        ]
        for again in copies:
            assert remats(again) == kept
            assert not any(layer._keras_shortcut.plain for layer in again.layers[1:2])
    with keras.RematScope("activations"):
        assert all(remats(keras.models.clone_model(stack))[1:])


def test_torch_compiles_it_whole() -> None:
    torch = pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        model = model_in(mode="full")
        expected = array(model(X))
        compiled = torch.compile(model, fullgraph=True, backend="eager")
        np.testing.assert_allclose(
            array(compiled(torch.tensor(X))), expected, atol=1e-5
        )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: keras.RematScope("all"), ValueError, "`mode` to be one of 'full'"),
        (
            lambda: keras.RematScope("larger_than", output_size_threshold="1"),
            ValueError,
            "`output_size_threshold` to be a number",
        ),
        (
            lambda: keras.RematScope("list_of_layers", layer_names="dense"),
            ValueError,
            "`layer_names` to be a list of names",
        ),
        (lambda: keras.remat(3), TypeError, "a function or a layer. Received: 3"),
    ],
)
def test_wrong_arguments_are_told(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_every_backend_has_it(backend: str) -> None:
    assert float(array(current().remat(ops.exp)(tensor(0.0)))) == 1.0
