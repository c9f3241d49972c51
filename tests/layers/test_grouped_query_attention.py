"""Attention whose queries share keys and values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

layers = keras.layers
X = np.random.default_rng(0).standard_normal((2, 5, 6)).astype("float32")


def make(**more: Any) -> Any:
    """A layer of 4 heads that share 2 keys and values."""
    return layers.GroupQueryAttention(3, 4, 2, **more)


def to_numpy(x: Any) -> np.ndarray:
    """The tensor as an array."""
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("options", [{}, {"use_gate": True}, {"sliding_window": 2}])
def test_the_fused_way_and_the_long_one_agree(
    options: dict[str, Any], backend: str
) -> None:
    layer = make(**options)
    mask = np.array([[1, 1, 1, 0, 1], [1, 0, 1, 1, 1]], bool)
    for call in ({}, {"use_causal_mask": True}, {"value_mask": mask}):
        outputs, scores = layer(X, X, return_attention_scores=True, **call)
        assert tuple(scores.shape) == (2, 4, 5, 5)
        np.testing.assert_allclose(to_numpy(scores).sum(-1), 1, atol=1e-5)
        fused = to_numpy(layer(X, X, **call))
        np.testing.assert_allclose(fused, to_numpy(outputs), atol=1e-5)


def test_symbolic_outputs_are_the_real_ones(backend: str) -> None:
    layer = make(dtype="mixed_bfloat16")
    query, value = keras.Input((5, 6)), keras.Input((5, 6))
    symbols = layer(query, value, return_attention_scores=True)
    outputs = layer(X, X, return_attention_scores=True)
    for symbol, output in zip(symbols, outputs, strict=True):
        assert symbol.shape[1:] == tuple(output.shape)[1:]
        assert symbol.dtype == keras.ops.dtype(output)
    assert layer.name.startswith("grouped_query_attention")


def test_it_is_trained_saved_and_read(training_backend: str, tmp_path: Any) -> None:
    inputs = keras.Input((None, 6))
    attended = make(dropout=0.1, seed=1)(inputs, inputs, use_causal_mask=True)
    model = keras.Model(inputs, attended)
    model.compile("adam", "mse")
    model.fit(X, X, epochs=2, verbose=0)
    model.save(tmp_path / "it.keras")
    again = keras.models.load_model(tmp_path / "it.keras")
    found, wanted = (m.predict(X[:, :4], verbose=0) for m in (again, model))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("scores", [True, False])
def test_who_sees_nothing_and_large_inputs_stay_finite(
    dtype: str, scores: bool, backend: str
) -> None:
    layer = make(dtype=dtype)
    mask = np.zeros((2, 5), bool)
    for inputs in (X, X * 1e3):
        found = layer(inputs, inputs, value_mask=mask, return_attention_scores=scores)
        for output in keras.tree.flatten(found):
            assert np.isfinite(to_numpy(keras.ops.cast(output, "float32"))).all()


WRONG: dict[str, Any] = {
    "expects `num_key_value_heads` to divide": lambda: layers.GroupQueryAttention(
        3, 4, 3
    ),
    "expects `head_dim`": lambda: layers.GroupQueryAttention(0, 4, 2),
    "expects `num_query_heads`": lambda: layers.GroupQueryAttention(3, 0, 2),
    "expects `sliding_window`": lambda: make(sliding_window=0),
    "fused attention kernel drops": lambda: make(flash_attention=True, dropout=0.1),
    "rank 3": lambda: make()(X[0], X[0]),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments_are_named(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WRONG[message]()
