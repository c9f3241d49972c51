"""The form of a model that JAX's own tools take, as `docs/export.md` has it."""

import numpy as np
import pytest

import keras
from keras import layers

jax = pytest.importorskip("jax")


def test_model_as_a_function_of_jax():
    with keras.backend_scope("jax"):
        model = keras.Sequential(
            [keras.Input((3,)), layers.Dense(4), layers.BatchNormalization()]
        )
    params = {v.path: v.value for v in model.trainable_variables}
    state = [v.value for v in model.non_trainable_variables]

    def apply(params, x):
        values = [params[v.path] for v in model.trainable_variables]
        outputs, _ = model.stateless_call(values, state, x, training=False)
        return outputs

    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    expected = np.asarray(model(x))
    gradient = jax.grad(lambda params: apply(params, x).sum())(params)
    assert gradient.keys() == params.keys()
    beta = next(name for name in params if name.endswith("beta"))
    np.testing.assert_allclose(gradient[beta], np.full(4, 2.0))
    rows = jax.vmap(lambda row: apply(params, row[None])[0])(x)
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)
    exported = jax.export.export(jax.jit(apply))(params, x)
    np.testing.assert_allclose(exported.call(params, x), expected, rtol=1e-5, atol=1e-6)
