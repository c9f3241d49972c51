"""What attention layers without projections do beyond the contracts of the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

layers = keras.layers
KINDS = {
    "dot": layers.Attention,
    "concat": lambda **more: layers.Attention(score_mode="concat", **more),
    "additive": layers.AdditiveAttention,
}
KIND = pytest.mark.parametrize("kind", KINDS)


def arrays(outputs: Any) -> list[np.ndarray]:
    """The outputs as float32 NumPy arrays."""
    return [keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")) for x in outputs]


@KIND
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_large_inputs_give_finite_outputs(kind: str, dtype: str, backend: str) -> None:
    draw = np.random.default_rng(0).uniform(-1e4, 1e4, (2, 2, 5, 16))
    query, value = draw.astype(np.float32)
    layer = KINDS[kind](dtype=dtype, use_scale=True)
    mask = [None, np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)]
    found = arrays(layer([query, value], mask=mask, return_attention_scores=True))
    outputs, scores = found
    assert np.isfinite(outputs).all()
    assert not scores[0][:, [1, 4]].any()
    np.testing.assert_allclose(scores[0].sum(-1), 1, atol=1e-2)
    # Who sees nothing gets the mean of all.
    np.testing.assert_allclose(scores[1], 0.2, atol=1e-3)


@KIND
def test_masks_of_embeddings_are_used(kind: str, backend: str) -> None:
    ids = np.array([[3, 1, 0, 0], [2, 0, 0, 0]], "int32")
    embed = layers.Embedding(5, 3, mask_zero=True)
    embedded = embed(ids)
    layer = KINDS[kind]()
    outputs, scores = layer([embedded, embedded], return_attention_scores=True)
    found = keras.ops.convert_to_numpy(scores)
    assert not found[0, :, 2:].any()
    np.testing.assert_allclose(found[1, :, 0], 1, atol=1e-6)
    assert not keras.ops.convert_to_numpy(outputs)[1, 1:].any()


@KIND
def test_lengths_may_be_open(kind: str, training_backend: str) -> None:
    inputs = [keras.Input((None, 3)), keras.Input((None, 3))]
    outputs = KINDS[kind]()(inputs, use_causal_mask=True)
    model = keras.Model(inputs, outputs)
    assert model.output_shape == (None, None, 3)
    for targets, sources in ((2, 3), (4, 2)):
        values = [np.ones((2, n, 3), "float32") for n in (targets, sources)]
        found = model.predict(values, verbose=0)
        np.testing.assert_allclose(found, np.ones((2, targets, 3)), atol=1e-6)


@KIND
def test_dropout_is_of_training_and_repeatable(kind: str, backend: str) -> None:
    x = np.ones((2, 6, 3), "float32")
    made = [KINDS[kind](dropout=0.5, seed=4) for _ in range(2)]
    first, second = (
        arrays(layer([x, x], training=True, return_attention_scores=True))[1]
        for layer in made
    )
    assert (first == 0).any()
    np.testing.assert_array_equal(first, second)
    assert arrays(made[0]([x, x], return_attention_scores=True))[1].all()


@KIND
def test_wrong_arguments_are_named(kind: str) -> None:
    x = np.ones((2, 4, 3), "float32")
    layer = KINDS[kind](name="it")
    with pytest.raises(ValueError, match="it .* expects a list of 2 or 3 inputs"):
        layer(x)
    with pytest.raises(ValueError, match="it .* expects a list of 2 or 3 inputs"):
        layer([x])
    with pytest.raises(ValueError, match="it .* expects `mask` to be a list"):
        layer([x, x], mask=np.ones((2, 4), bool))
    with pytest.raises(ValueError, match="expects `dropout`"):
        KINDS[kind](dropout=2)


def test_wrong_score_mode() -> None:
    with pytest.raises(ValueError, match="Attention expects `score_mode`"):
        layers.Attention(score_mode="product")
