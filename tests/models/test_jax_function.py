"""A model of any backend as a pure function of JAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def net(backend: str = "jax", rate: float = 0.0) -> keras.Model:
    with keras.backend_scope(backend):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(3, name="first"),
                layers.BatchNormalization(name="norm"),
                layers.Dropout(rate, name="drop"),
                layers.Dense(1, name="last"),
            ],
            name="net",
        )
    return model


@pytest.mark.parametrize("name", ["numpy", "jax", "tensorflow", "torch"])
def test_outputs_are_those_of_the_model(name: str) -> None:
    pytest.importorskip(name)
    model = net(name)
    function = model.as_jax_function()
    assert list(function.params) == [v.path for v in model.trainable_variables]
    assert (
        "net/first/kernel" in function.params
        and "net/norm/moving_mean" in function.state
    )
    found = jax.jit(function.apply)(function.params, function.state, X)
    np.testing.assert_allclose(found, model.predict(X, verbose=0), atol=1e-5)


def test_it_trains_and_is_written_back() -> None:
    optax = pytest.importorskip("optax")
    model = net("jax", rate=0.1)
    before = model.get_weights()
    function = model.as_jax_function()
    rule = optax.adam(0.05)

    def loss(params: Any, state: Any) -> Any:
        outputs, state = function.apply(params, state, X, training=True)
        return jnp.mean((outputs - Y) ** 2), state

    @jax.jit
    def step(params: Any, state: Any, memory: Any) -> Any:
        (value, state), grads = jax.value_and_grad(loss, has_aux=True)(params, state)
        updates, memory = rule.update(grads, memory)
        return optax.apply_updates(params, updates), state, memory, value

    params, state, memory = function.params, function.state, rule.init(function.params)
    values = []
    for _ in range(60):
        params, state, memory, value = step(params, state, memory)
        values.append(float(value))
    assert values[-1] < 0.3 * values[0]
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)  # the model is as it was
    seeds = [name for name in state if "seed" in name]
    assert seeds and not np.array_equal(state[seeds[0]], function.state[seeds[0]])

    function.write_back(params, state)
    found = function.apply(params, state, X)
    np.testing.assert_allclose(model.predict(X, verbose=0), found, atol=1e-5)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)  # its arrays are its own
    assert not params["net/first/kernel"].is_deleted()


def test_transforms_of_jax_take_it() -> None:
    function = net().as_jax_function()
    params, state = function.params, function.state
    expected = np.asarray(function.apply(params, state, X))

    def row(x: Any) -> Any:
        return function.apply(params, state, x[None])[0]

    np.testing.assert_allclose(jax.vmap(row)(X), expected, atol=1e-5)

    mesh = jax.make_mesh((1,), ("data",), (jax.sharding.AxisType.Auto,))
    part = jax.sharding.PartitionSpec("data")
    spread = jax.shard_map(
        lambda x: function.apply(params, state, x),
        mesh=mesh,
        in_specs=part,
        out_specs=part,
    )
    np.testing.assert_allclose(spread(X), expected, atol=1e-5)

    shape = jax.ShapeDtypeStruct(jax.export.symbolic_shape("b, 4"), "float32")
    exported = jax.export.export(jax.jit(lambda x: function.apply(params, state, x)))
    again = jax.export.deserialize(exported(shape).serialize())
    np.testing.assert_allclose(again.call(X[:5]), expected[:5], atol=1e-5)


def test_names_that_do_not_fit() -> None:
    function = net().as_jax_function()
    params = dict(function.params)
    params["strange"] = params.pop("net/last/bias")
    with pytest.raises(
        ValueError, match=r"Missing: \['net/last/bias'\].*\['strange'\]"
    ):
        function.apply(params, function.state, X)
    unbuilt = keras.Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match="has no parameters yet"):
        unbuilt.as_jax_function()


class Twins(keras.Model):
    """Two layers of one name."""

    def __init__(self) -> None:
        super().__init__(name="twins")
        self.one, self.other = (layers.Dense(2, name="same") for _ in range(2))

    def call(self, x: Any) -> Any:
        return self.one(x) - self.other(x)


def test_equal_paths_have_names_of_their_own() -> None:
    with keras.backend_scope("jax"):
        model = Twins()
        model.build((None, 4))
    function = model.as_jax_function()
    assert len(function.params) == 4
    found = function.apply(function.params, function.state, X)
    np.testing.assert_allclose(found, model.predict(X, verbose=0), atol=1e-5)
