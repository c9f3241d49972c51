"""Both ways through `ReversibleEmbedding`."""

from __future__ import annotations

import numpy as np
import pytest

import keras

layers = keras.layers
IDS = np.array([[3, 1, 0], [2, 2, 4]], "int32")


@pytest.mark.parametrize("tied", [True, False])
def test_a_language_model_learns_and_is_saved(
    tied: bool, training_backend: str, tmp_path: object
) -> None:
    embedding = layers.ReversibleEmbedding(5, 4, tie_weights=tied, name="both")
    ids = keras.Input((3,), dtype="int32")
    model = keras.Model(ids, embedding(embedding(ids), reverse=True))
    assert model.output_shape == (None, 3, 5)
    assert len(model.trainable_variables) == (1 if tied else 2)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss)
    model.fit(IDS, IDS, epochs=30, verbose=0)
    found = model.predict(IDS, verbose=0)
    np.testing.assert_array_equal(found.argmax(-1), IDS)
    model.save(f"{tmp_path}/it.keras")
    again = keras.models.load_model(f"{tmp_path}/it.keras")
    np.testing.assert_allclose(again.predict(IDS, verbose=0), found, atol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float32"])
@pytest.mark.parametrize("reverse_dtype", [None, "float32", "bfloat16"])
def test_dtypes_of_the_way_back(
    dtype: str, reverse_dtype: str | None, backend: str
) -> None:
    layer = layers.ReversibleEmbedding(5, 4, dtype=dtype, reverse_dtype=reverse_dtype)
    vectors = layer(IDS)
    compute = dtype.removeprefix("mixed_")
    assert keras.ops.dtype(vectors) == compute
    logits = layer(vectors, reverse=True)
    assert keras.ops.dtype(logits) == (reverse_dtype or compute)
    symbol = layer(keras.Input((3, 4), dtype=compute), reverse=True)
    assert symbol.dtype == (reverse_dtype or compute)
    assert symbol.shape == (None, 3, 5)


def test_integers_get_a_mask_and_vectors_keep_theirs(backend: str) -> None:
    layer = layers.ReversibleEmbedding(5, 4, mask_zero=True)
    mask = layer.compute_mask(IDS)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(mask), IDS != 0)
    assert layer.compute_mask(layer(IDS), mask) is mask


def test_lora_changes_both_ways(backend: str) -> None:
    layer = layers.ReversibleEmbedding(5, 4, lora_rank=2)
    x = np.ones((2, 3, 4), "float32")
    layer.build()
    layer.lora_embeddings_b.assign(np.ones((2, 4)))
    merged = keras.ops.convert_to_numpy(layer.embeddings)
    logits = keras.ops.convert_to_numpy(layer(x, reverse=True))
    np.testing.assert_allclose(logits, x @ merged.T, atol=1e-5)
    vectors = keras.ops.convert_to_numpy(layer(IDS))
    np.testing.assert_allclose(vectors, merged[IDS], atol=1e-6)


def test_values_to_begin_with_and_wrong_arguments() -> None:
    table = np.arange(20.0).reshape(5, 4)
    layer = layers.ReversibleEmbedding(5, 4, weights=[table])
    np.testing.assert_array_equal(layer.get_weights()[0], table)
    with pytest.raises(ValueError, match="expects `logit_soft_cap` to be a number"):
        layers.ReversibleEmbedding(5, 4, logit_soft_cap=0)
    with pytest.raises((TypeError, ValueError), match="single"):
        layers.ReversibleEmbedding(5, 4, reverse_dtype="single-ish")
