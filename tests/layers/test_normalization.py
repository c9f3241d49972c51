"""What the normalizing layers do beyond the contracts of the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

layers = keras.layers
LAYERS = {
    "group": lambda **more: layers.GroupNormalization(2, **more),
    "instance": lambda **more: layers.GroupNormalization(-1, **more),
    "rms": layers.RMSNormalization,
    "unit": layers.UnitNormalization,
    "layer": layers.LayerNormalization,
    "softmax": layers.Softmax,
    "average": lambda **more: layers.AdaptiveAveragePooling1D(2, **more),
    "max": lambda **more: layers.AdaptiveMaxPooling1D(2, **more),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_large_inputs_in_half_precision(name: str, dtype: str, backend: str) -> None:
    draw = np.random.default_rng(0).uniform(-1e4, 1e4, (2, 6, 4)).astype("float16")
    for x in (draw, np.full((2, 6, 4), 1e4), np.zeros((2, 6, 4))):
        x = x.astype("float32")
        found = keras.ops.cast(LAYERS[name](dtype=dtype)(x), "float32")
        wanted = keras.ops.convert_to_numpy(LAYERS[name](dtype="float32")(x))
        size = max(1.0, float(np.abs(wanted).max()))
        found = keras.ops.convert_to_numpy(found)
        np.testing.assert_allclose(found / size, wanted / size, atol=2e-2)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
def test_attention_of_large_inputs_is_finite(dtype: str, backend: str) -> None:
    draw = np.random.default_rng(0).uniform(-1e4, 1e4, (2, 6, 4)).astype("float32")
    mask = np.array([[1, 1, 0, 0, 0, 0], [0] * 6], bool)
    many = layers.MultiHeadAttention(2, 4, dtype=dtype)
    grouped = layers.GroupQueryAttention(4, 4, 2, dtype=dtype)
    scored = layers.Attention(use_scale=True, dtype=dtype)
    for x in (draw, np.full((2, 6, 4), 1e4, "float32")):
        outputs = [
            *many(x, x, value_mask=mask, return_attention_scores=True),
            many(x, x, use_causal_mask=True),
            *grouped(x, x, value_mask=mask, return_attention_scores=True),
            grouped(x, x),
            scored([x, x], mask=[mask, mask]),
        ]
        for y in outputs:
            found = keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))
            assert np.isfinite(found).all()


def test_spectral_norm_of_the_kernel_becomes_1(backend: str) -> None:
    layer = layers.SpectralNormalization(layers.Dense(3), power_iterations=30)
    x = np.ones((2, 5), "float32")
    layer(x)
    layer(x, training=False)
    kernel = keras.ops.convert_to_numpy(layer.layer.kernel).copy()
    outputs = layer(x, training=True)
    found = keras.ops.convert_to_numpy(layer.layer.kernel)
    norm = np.linalg.svd(kernel)[1][0]
    np.testing.assert_allclose(found, kernel / norm, atol=1e-5)
    outputs = keras.ops.convert_to_numpy(outputs)
    np.testing.assert_allclose(outputs, x @ found, atol=1e-5)
    assert [w.name for w in layer.weights] == ["kernel", "vector_u", "bias"]


def test_normalized_weights_are_those_of_the_next_training_call(backend: str) -> None:
    layer = layers.SpectralNormalization(layers.Dense(3), power_iterations=2)
    layer.build((None, 5))
    before = layer.get_weights()
    vector, kernel = map(keras.ops.convert_to_numpy, layer.normalized_weights())
    for found, wanted in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, wanted)
    layer(np.ones((2, 5), "float32"), training=True)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer.vector_u), vector, atol=1e-6
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer.layer.kernel), kernel, atol=1e-6
    )


def test_spectral_normalization_in_fit(training_backend: str) -> None:
    wrapped = layers.SpectralNormalization(layers.Dense(3))
    model = keras.Sequential([keras.Input((5,)), wrapped, layers.Dense(1)])
    model.compile("sgd", "mse")
    before = keras.ops.convert_to_numpy(wrapped.vector_u).copy()
    model.fit(np.ones((8, 5)), np.ones((8, 1)), epochs=5, verbose=0)
    assert np.abs(before - keras.ops.convert_to_numpy(wrapped.vector_u)).max() > 0.01


def test_the_kernel_that_is_normalized_learns(training_backend: str) -> None:
    kernel = np.array([[1.0, 0.5], [-0.5, 1.5]], "float32")
    wrapped = layers.SpectralNormalization(layers.Dense(2, use_bias=False))
    model = keras.Sequential([keras.Input((2,)), wrapped])
    model.set_weights([kernel, np.array([[0.6, 0.8]], "float32")])
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    model.train_on_batch(np.array([[1.0, -1.0]]), np.zeros((1, 2)))
    # Recorded from the PyPI keras 3.15 on torch: a step from the normalized kernel.
    found = keras.ops.convert_to_numpy(wrapped.layer.kernel)
    wanted = [[0.5925092, 0.4182418], [-0.2439744, 0.9758975]]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


WRONG: dict[str, Any] = {
    "`groups` to be a positive": lambda: layers.GroupNormalization(0),
    "`axis` to be an integer, and not 0": lambda: layers.GroupNormalization(2, axis=0),
    "`groups` must divide": lambda: layers.GroupNormalization(4).build((None, 6)),
    "a known number of channels": lambda: layers.GroupNormalization(2).build((2, None)),
    "RMSNormalization expects `axis`": lambda: layers.RMSNormalization("last"),
    "normalizes axis": lambda: layers.RMSNormalization(3).build((2, 3)),
    "known sizes along": lambda: layers.RMSNormalization().build((2, None)),
    "UnitNormalization expects `axis`": lambda: layers.UnitNormalization("last"),
    "expects `power_iterations`": lambda: layers.SpectralNormalization(
        layers.Dense(2), power_iterations=0
    ),
    "one variable": lambda: layers.SpectralNormalization(layers.ReLU()).build((2, 3)),
    "expects `output_size`": lambda: layers.AdaptiveMaxPooling2D((1, 2, 3)),
    "AdaptiveAveragePooling1D expects": lambda: layers.AdaptiveAveragePooling1D(None),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments_are_named(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WRONG[message]()


def test_slopes_of_given_statistics_are_whole(training_backend: str) -> None:
    """Fused kernels have none of mean and variance, which count here as well."""
    generator, ops = np.random.default_rng(0), keras.ops
    x = ops.convert_to_tensor(generator.standard_normal((2, 4, 5, 3)), "float32")
    vectors = [generator.random(3).astype("float32") + 0.5 for _ in range(4)]

    def of_the_op(vectors: Any) -> Any:
        mean, variance, offset, scale = vectors
        y = ops.batch_normalization(x, mean, variance, -1, offset, scale, 1e-3)
        return ops.sum(y * y * x)

    def by_hand(vectors: Any) -> Any:
        mean, variance, offset, scale = vectors
        y = (x - mean) / ops.sqrt(variance + 1e-3) * scale + offset
        return ops.sum(y * y * x)

    given = [ops.convert_to_tensor(v) for v in vectors]
    slopes = keras.grad(of_the_op)(given), keras.grad(by_hand)(given)
    for found, expected in zip(*slopes, strict=True):
        found, expected = map(ops.convert_to_numpy, (found, expected))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
        assert np.abs(expected).max() > 0.1
