"""Subclasses of attention layers that override or call what Keras's have inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

X = np.random.default_rng(0).normal(size=(2, 5, 6)).astype("float32")
SEEN = np.random.default_rng(1).random((2, 5, 5)) > 0.3


class Counted(layers.MultiHeadAttention):
    """Notes which of its parts are asked."""

    def build(self, *shapes: Any) -> None:
        self.asked: list[str] = []
        super().build(*shapes)

    def _compute_attention_mask(self, *args: Any, **kwargs: Any) -> Any:
        self.asked.append("mask")
        return super()._compute_attention_mask(*args, **kwargs)

    def _compute_attention(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
    ) -> Any:
        self.asked.append("attention")
        return super()._compute_attention(
            query, key, value, attention_mask, training, return_attention_scores
        )

    def _masked_softmax(self, attention_scores: Any, attention_mask: Any) -> Any:
        self.asked.append("softmax")
        return super()._masked_softmax(attention_scores, attention_mask)


@pytest.mark.parametrize("causal", [False, True])
def test_parts_are_asked(causal: bool, backend: str) -> None:
    plain, counted = layers.MultiHeadAttention(2, 3), Counted(2, 3)
    plain.build(X.shape, X.shape)
    counted.build(X.shape, X.shape)
    counted.set_weights(plain.get_weights())
    expected = ops.convert_to_numpy(plain(X, X, use_causal_mask=causal))
    found = counted(X, X, use_causal_mask=causal)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)
    assert list(counted.asked) == ["mask", "attention"]
    found, _ = counted(X, X, use_causal_mask=causal, return_attention_scores=True)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)
    assert list(counted.asked[2:]) == ["mask", "attention", "softmax"]


class Cached(layers.MultiHeadAttention):
    """Calls the parts itself, with masks that have no axis for the heads."""

    def call(self, query: Any, value: Any, attention_mask: Any = None) -> Any:
        outputs, _ = self._compute_attention(
            query=self._query_dense(query),
            key=self._key_dense(value),
            value=self._value_dense(value),
            attention_mask=attention_mask,
        )
        return self._output_dense(outputs)


class ByHand(layers.MultiHeadAttention):
    """Makes its projections, and attends by the equations."""

    def build(self, shape: Any) -> None:
        def dense(name: str, equation: str, *target: int) -> layers.EinsumDense:
            options = self._get_common_kwargs_for_sublayer()
            return layers.EinsumDense(equation, (None, *target), name=name, **options)

        heads = (self._num_heads, self._key_dim)
        self._query_dense = dense("query", "abc,cde->abde", *heads)
        self._key_dense = dense("key", "abc,cde->abde", *heads)
        self._value_dense = dense("value", "abc,cde->abde", *heads)
        self._output_dense = dense("attention_output", "abcd,cde->abe", shape[-1])
        self._build_attention(4)
        self._query_dense.build(shape)
        self._key_dense.build(shape)
        self._value_dense.build(shape)
        self._output_dense.build((*shape[:-1], *heads))
        self.built = True

    def call(self, x: Any, attention_mask: Any = None) -> Any:
        query = self._query_dense(x) * self._inverse_sqrt_key_dim
        scores = ops.einsum(self._dot_product_equation, self._key_dense(x), query)
        scores = self._masked_softmax(scores, attention_mask)
        scores = self._dropout_layer(scores)
        attended = ops.einsum(self._combine_equation, scores, self._value_dense(x))
        return self._output_dense(attended)


@pytest.mark.parametrize("value_dim", [None, 4])
def test_parts_work_alone(value_dim: int | None, backend: str) -> None:
    plain = layers.MultiHeadAttention(2, 3, value_dim)
    expected = ops.convert_to_numpy(plain(X, X, attention_mask=SEEN))
    cached = Cached(2, 3, value_dim)
    cached.build(X.shape, X.shape)
    cached.set_weights(plain.get_weights())
    found = cached(X, X, attention_mask=SEEN)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


def test_projections_by_hand(backend: str) -> None:
    plain = layers.MultiHeadAttention(2, 3, use_bias=False)
    expected = ops.convert_to_numpy(plain(X, X, attention_mask=SEEN))
    mine = ByHand(2, 3)
    mine(X)
    mine.set_weights(plain.get_weights())
    found = mine(X, attention_mask=SEEN)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


def test_projections_by_hand_have_the_policy_of_the_layer(backend: str) -> None:
    mine = ByHand(2, 3, dtype="mixed_float16")
    mine.build(X.shape)
    assert {layer.compute_dtype for layer in mine._flatten_layers()} == {"float16"}


def test_shared_heads_ask_too(backend: str) -> None:
    class Noted(layers.GroupQueryAttention):
        seen: Any = None

        def _compute_attention(self, query: Any, *rest: Any, **kwargs: Any) -> Any:
            self.seen = tuple(query.shape)
            return super()._compute_attention(query, *rest, **kwargs)

    layer = Noted(3, 4, 2)
    assert tuple(layer(X, X, use_causal_mask=True).shape) == X.shape
    assert layer.seen == (2, 5, 4, 3)


ATTENTIONS = [
    lambda rate: layers.MultiHeadAttention(2, 3, dropout=rate, name="a"),
    lambda rate: layers.GroupQueryAttention(3, 2, 1, dropout=rate, name="a"),
]


@pytest.mark.parametrize("index", range(len(ATTENTIONS)))
def test_who_asks_for_attention_gets_scores_with_a_dropout(
    index: int, backend: str
) -> None:
    q = np.random.default_rng(2).normal(size=(2, 5, 2, 3)).astype("float32")
    results = []
    for rate in (0.5, 0.0):
        layer = ATTENTIONS[index](rate)
        layer.build(X.shape, X.shape)
        parts = [ops.convert_to_tensor(q)] * 3
        results.append(layer._compute_attention(*parts, training=False))
    (outputs, scores), (expected, none) = results
    assert none is None
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs), ops.convert_to_numpy(expected), atol=1e-5
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.sum(scores, axis=-1)), np.ones((2, 2, 5)), atol=1e-5
    )


@pytest.mark.parametrize("index", range(len(ATTENTIONS)))
def test_dropout_leaves_the_kernel_to_inference(
    index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer that nobody asks for scores makes none."""
    with keras.backend_scope("numpy"):
        layer = ATTENTIONS[index](0.5)
        expected = layer(X, X)
        calls = []
        cls = type(layer)
        fused = cls._fused
        monkeypatch.setattr(
            cls, "_fused", lambda *args: calls.append(1) or fused(*args)
        )
        np.testing.assert_allclose(layer(X, X), expected)
        assert calls == [1]
        layer(X, X, return_attention_scores=True)
        layer(X, X, training=True)
        assert calls == [1]
        own = [layer._compute_attention]
        layer._compute_attention = lambda *args: calls.append(2) or own[0](*args)
        np.testing.assert_allclose(layer(X, X), expected, atol=1e-6)
        assert calls == [1, 2]


def test_subclasses_of_grouped_attention_get_as_many_heads(backend: str) -> None:
    class Shapes(layers.GroupQueryAttention):
        def _compute_attention(self, query: Any, key: Any, *rest: Any) -> Any:
            assert query.shape == key.shape == rest[0].shape
            return super()._compute_attention(query, key, *rest)

    plain, own = layers.GroupQueryAttention(3, 4, 2), Shapes(3, 4, 2)
    for layer in (plain, own):
        layer.build(X.shape, X.shape)
    own.set_weights(plain.get_weights())
    left, right = (ops.convert_to_numpy(layer(X, X)) for layer in (plain, own))
    np.testing.assert_allclose(left, right, atol=1e-5)
