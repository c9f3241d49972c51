"""Places without anything to see, labels that count for nothing, and gates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

_random = np.random.default_rng(0)
X = _random.standard_normal((2, 5, 8)).astype("float32")
HEADS = X.reshape(2, 5, 2, 4)
LOGITS = _random.standard_normal((3, 4)).astype("float32")
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)


def array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


def numbers(x: Any) -> np.ndarray:
    """As float32, whatever the precision."""
    return array(keras.ops.cast(x, "float32"))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_query_that_sees_nothing_gets_the_mean(
    backend: str, dtype: str, bias: bool
) -> None:
    """As in Keras 3 on JAX, TensorFlow and NumPy; torch's kernels would give zeros."""
    mask = np.ones((2, 1, 5, 5), bool)
    mask[0, :, 2] = False
    q = keras.ops.cast(keras.ops.convert_to_tensor(HEADS), dtype)
    added = keras.ops.zeros((1, 1, 5, 5), dtype) if bias else None
    found = keras.ops.dot_product_attention(q, q, q, bias=added, mask=mask)
    found = array(keras.ops.cast(found, "float32"))
    tolerance = 1e-5 if dtype == "float32" else 2e-2
    np.testing.assert_allclose(found[0, 2], HEADS[0].mean(0), atol=tolerance)
    plain = keras.ops.dot_product_attention(q, q, q)
    plain = array(keras.ops.cast(plain, "float32"))
    np.testing.assert_allclose(found[1], plain[1], atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("value_dim", [3, 5])
def test_a_target_that_sees_nothing_gets_the_mean(
    value_dim: int, dtype: str, backend: str
) -> None:
    """As in Keras 3, whatever the size of values; where scores are asked for, zeros."""
    rng = np.random.default_rng(0)
    query, value = (rng.standard_normal((1, n, 4)).astype("float32") for n in (3, 2))
    layer = keras.layers.MultiHeadAttention(
        2, 3, value_dim, use_bias=False, dtype=dtype
    )
    mask = np.array([[[True, True], [False, False], [True, False]]])
    atol = 1e-5 if dtype == "float32" else 3e-2
    plain = numbers(layer(query, value, attention_mask=mask))
    mean = layer.output_dense(layer.value_dense(value.mean(1, keepdims=True)))
    np.testing.assert_allclose(plain[:, 1:2], numbers(mean), atol=atol)
    scored = layer(query, value, attention_mask=mask, return_attention_scores=True)
    scored = numbers(scored[0])
    np.testing.assert_allclose(scored[:, [0, 2]], plain[:, [0, 2]], atol=atol)
    np.testing.assert_array_equal(scored[:, 1], 0)
    large = numbers(layer(1e4 * query, 1e4 * value, attention_mask=mask))
    assert np.isfinite(large).all()


def test_no_weight_where_attention_is_masked(backend: str) -> None:
    mask = np.tril(np.ones((5, 5), bool))[None, None]
    changed = HEADS.copy()
    changed[:, 4] += 100
    first = array(keras.ops.dot_product_attention(HEADS, HEADS, HEADS, mask=mask))
    second = array(keras.ops.dot_product_attention(HEADS, changed, changed, mask=mask))
    np.testing.assert_allclose(first[:, :4], second[:, :4], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_softmax_is_zero_where_masked(backend: str, dtype: str) -> None:
    """As in Keras 3, also where nothing is left."""
    mask = np.array([[True, False, True], [False, False, False]])
    layer = keras.layers.Softmax(dtype=dtype)
    found = array(layer(np.ones((2, 3), dtype), mask=mask))
    np.testing.assert_array_equal(found, [[0.5, 0, 0.5], [0, 0, 0]])
    axes = keras.layers.Softmax(axis=(1, 2))
    found = array(axes(np.ones((2, 1, 3), "float32"), mask=mask[:, None]))
    np.testing.assert_allclose(found[:, 0], [[0.5, 0, 0.5], [0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("from_logits", [True, False])
def test_labels_below_zero_count_for_nothing(backend: str, from_logits: bool) -> None:
    labels = np.array([1, -1, 3])
    predicted = LOGITS if from_logits else SHARES
    found = array(
        keras.losses.sparse_categorical_crossentropy(labels, predicted, from_logits)
    )
    expected = -np.log(SHARES[[0, 1, 2], [1, 0, 3]]) * [1, 0, 1]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    ignoring = keras.losses.SparseCategoricalCrossentropy(
        from_logits=from_logits, ignore_class=-1
    )
    assert float(array(ignoring(labels, predicted))) == pytest.approx(
        expected.sum() / 2, rel=1e-5
    )


def test_labels_below_zero_have_no_gradient(training_backend: str) -> None:
    variable = keras.Variable(LOGITS)

    def loss() -> Any:
        return keras.ops.sum(
            keras.losses.sparse_categorical_crossentropy(
                np.array([1, -1, 3]), variable, from_logits=True
            )
        )

    _, (gradient,) = keras.value_and_grad(loss, [variable])()
    gradient = array(gradient)
    assert np.isfinite(gradient).all()
    np.testing.assert_array_equal(gradient[1], 0)
    assert np.abs(gradient[0]).max() > 0


@pytest.mark.parametrize("scores", [False, True])
def test_gated_attention(backend: str, scores: bool) -> None:
    """The formula that PyPI's Keras 3.15 follows to 3e-6."""
    layer = keras.layers.MultiHeadAttention(2, 4, value_dim=3, use_gate=True, name="m")
    layer(X, X[:, :3])
    names = [w.path.split("m/", 1)[1] for w in layer.weights]
    assert names == [
        f"{part}/{weight}"
        for part in ("query", "key", "gate", "value", "attention_output")
        for weight in ("kernel", "bias")
    ]
    generator = np.random.default_rng(1)
    layer.set_weights([generator.standard_normal(w.shape) for w in layer.weights])
    w = dict(zip(names, layer.get_weights(), strict=True))

    def projected(name: str, x: np.ndarray) -> np.ndarray:
        return np.einsum("btf,fhd->bthd", x, w[f"{name}/kernel"]) + w[f"{name}/bias"]

    q, k, v = projected("query", X), projected("key", X[:, :3]), None
    v = projected("value", X[:, :3])
    logits = np.einsum("bthd,bshd->bhts", q, k) / 2
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    heads = np.einsum("bhts,bshd->bthd", weights, v)
    heads = heads / (1 + np.exp(-projected("gate", X)))
    expected = np.einsum("bthd,hdf->btf", heads, w["attention_output/kernel"])
    expected = expected + w["attention_output/bias"]
    found = layer(X, X[:, :3], return_attention_scores=scores)
    found = array(found[0] if scores else found)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_rms_scaling_divides_by_the_deviation(backend: str) -> None:
    """What PyPI's Keras 3.15 does there, though its name says otherwise."""
    layer = keras.layers.LayerNormalization(rms_scaling=True, axis=(1, 2))
    found = array(layer(X))
    assert [w.name for w in layer.weights] == ["gamma"]
    deviation = np.sqrt(X.var((1, 2), keepdims=True) + 1e-3)
    np.testing.assert_allclose(found, X / deviation, atol=1e-5)
    layer.set_weights([np.arange(40.0).reshape(5, 8)])
    expected = X / deviation * np.arange(40.0).reshape(1, 5, 8)
    np.testing.assert_allclose(array(layer(X)), expected, rtol=1e-4, atol=1e-4)
    assert layer(keras.Input((5, 8))).shape == (None, 5, 8)
    assert keras.layers.LayerNormalization.from_config(layer.get_config()).rms_scaling
