"""Functions of JAX and modules of Flax as layers: trained, saved and loaded."""

import numpy as np
import pytest

import keras
from keras import layers
from keras.core.masking import get_mask

jax = pytest.importorskip("jax")
jnp = jax.numpy


@pytest.fixture(autouse=True)
def on_jax():
    with keras.backend_scope("jax"):
        yield


@keras.saving.register_keras_serializable("guests")
def init(rng, inputs):
    return {"w": jax.random.normal(rng, (inputs.shape[-1], 2)), "b": jnp.zeros(2)}


@keras.saving.register_keras_serializable("guests")
def dense(params, inputs):
    return inputs @ params["w"] + params["b"]


def counting(params, state, rng, inputs, training):
    noise = jax.random.normal(rng, inputs.shape) if training else 0.0
    return inputs * params["a"] + noise, {"n": state["n"] + 1.0}


def init_counting(rng, inputs, training):
    return {"a": jnp.ones(())}, {"n": jnp.zeros(())}


X, Y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")


def trained(layer):
    model = keras.Sequential([keras.Input((3,)), layer, layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=False)
    before = [w.numpy() for w in layer.trainable_weights]
    model.fit(X, Y, epochs=2, verbose=0)
    assert before
    for old, new in zip(before, layer.trainable_weights, strict=True):
        assert new.shape == old.shape
    moved = [np.abs(o - n.numpy()).max() for o, n in zip(before, layer.weights)]
    assert max(moved) > 0
    return model


def assert_loads(model, tmp_path, refused):
    path = tmp_path / "model.keras"
    model.save(path)
    if refused:
        with pytest.raises(ValueError, match="safe mode"):
            keras.models.load_model(path)
    loaded = keras.models.load_model(path, safe_mode=not refused)
    np.testing.assert_allclose(loaded(X), model(X), rtol=1e-6)


def test_function(tmp_path):
    layer = layers.JaxLayer(dense, init)
    model = trained(layer)
    assert {w.name: w.shape for w in layer.weights} == {"w": (3, 2), "b": (2,)}
    assert_loads(model, tmp_path, refused=False)


def test_function_with_given_parameters(tmp_path):
    layer = layers.JaxLayer(dense, params=init(jax.random.key(0), X))
    assert layer.built and len(layer.trainable_weights) == 2
    np.testing.assert_allclose(layer(X), dense(layer.params, X), rtol=1e-6)
    assert_loads(trained(layer), tmp_path, refused=False)


def test_state_keys_and_mode():
    layer = layers.JaxLayer(counting, init_counting, seed=3)
    np.testing.assert_allclose(layer(X), X)
    assert layer.state["n"] == 1 and len(layer.non_trainable_weights) == 1
    assert np.abs(layer(X, training=True) - layer(X, training=True)).max() > 0
    assert layer.state["n"] == 3


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((dense,), "needs `init_fn`, or `params`"),
        ((lambda params: 1, init), "a parameter `inputs`"),
        ((lambda inputs, other: 1, init), "Received one that takes other"),
        ((3, init), "expects `call_fn` to be a function"),
    ],
    ids=["no_init", "no_inputs", "unknown", "no_function"],
)
def test_bad_functions(arguments, text):
    with pytest.raises(ValueError, match=text):
        layers.JaxLayer(*arguments)


def test_other_backends():
    with (
        keras.backend_scope("numpy"),
        pytest.raises(RuntimeError, match="jax_function"),
    ):
        layers.JaxLayer(dense, init)


def test_linen(tmp_path):
    pytest.importorskip("flax")
    from tests.layers.flax_modules import Linen

    layer = layers.FlaxLayer(Linen())
    model = trained(layer)
    assert len(layer.trainable_weights) == 4 and len(layer.non_trainable_weights) == 2
    assert 0 in np.asarray(layer(X, training=True))
    assert_loads(model, tmp_path, refused=True)


def test_nnx():
    nnx = pytest.importorskip("flax.nnx")
    from tests.layers.flax_modules import Nnx

    layer = layers.FlaxLayer(Nnx(nnx.Rngs(0)))
    trained(layer)
    assert len(layer.trainable_weights) == 4
    assert 0 in np.asarray(layer(X, training=True))
    first = layer(X)
    np.testing.assert_array_equal(first, layer(X))


WORDS = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])


def mask_of(layer):
    """The outputs for embedded words, and the mask that a layer after it is given."""
    words = layers.Embedding(5, 2, mask_zero=True)(WORDS)
    outputs = layer(words)
    return np.asarray(outputs), get_mask(outputs)


def test_masks_are_passed_on():
    nnx = pytest.importorskip("flax.nnx")
    from tests.layers.flax_modules import Counting, CountingNnx

    def count(inputs, mask):
        assert mask is not None
        return inputs * 0 + mask.sum(1)[:, None, None]

    for layer in (
        layers.JaxLayer(count, params=()),
        layers.FlaxLayer(Counting()),
        layers.FlaxLayer(CountingNnx(nnx.Rngs(0))),
    ):
        outputs, mask = mask_of(layer)
        np.testing.assert_array_equal(outputs[:, 0, 0], [2, 1])
        np.testing.assert_array_equal(mask, WORDS > 0)
