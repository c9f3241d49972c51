"""Masks of calls: which a layer is given, and which its output carries."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.core.masking import get_mask

X = np.ones((2, 4, 3), "float32")
X[0, 2:] = 0
OF_X = [[True, True, False, False], [True] * 4]
GIVEN = np.array([[True, False, False, True], [True, True, False, False]])


def plain(x: Any) -> Any:
    """Tensors of a structure as lists."""
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else ops.convert_to_numpy(leaf).tolist(), x
    )


def masks(x: Any) -> Any:
    return plain(keras.tree.map_structure(get_mask, x))


class Seen(layers.Layer):
    """Scales what it is called on and notes the mask it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.supports_masking = True
        self.seen: Any = "nothing"

    def call(self, inputs: Any, mask: Any = None) -> Any:
        object.__setattr__(self, "seen", mask)
        return keras.tree.map_structure(lambda x: x * 2.0, inputs)


class Two(Seen):
    """Takes two tensors, each with a mask of its own."""

    def call(self, first: Any, second: Any, first_mask: Any = None,
             second_mask: Any = None, mask: Any = None) -> Any:  # fmt: skip
        object.__setattr__(self, "seen", (first_mask, second_mask, mask))
        return first * 2.0


class OnlyMask(Seen):
    def call(self, first: Any, second: Any = None, mask: Any = None) -> Any:
        object.__setattr__(self, "seen", mask)
        return first * 2.0


def masked() -> Any:
    return layers.Masking()(X)


@pytest.mark.parametrize(
    ("make", "call", "seen", "carried"),
    [
        (Seen, lambda f: f(X), None, None),
        (Seen, lambda f: f(masked()), OF_X, OF_X),
        (Seen, lambda f: f(X, mask=GIVEN), GIVEN.tolist(), GIVEN.tolist()),
        (Seen, lambda f: f(X, GIVEN), GIVEN.tolist(), GIVEN.tolist()),
        (Seen, lambda f: f(masked(), mask=GIVEN), GIVEN.tolist(), GIVEN.tolist()),
        (Seen, lambda f: f([X, X]), [None, None], [None, None]),
        (Seen, lambda f: f([masked(), X]), [OF_X, None], [OF_X, None]),
        (Seen, lambda f: f((X, masked())), (None, OF_X), (None, OF_X)),
        (
            Seen,
            lambda f: f({"b": X, "a": masked()}),
            {"b": None, "a": OF_X},
            {"b": None, "a": OF_X},
        ),
        (Seen, lambda f: f({"a": [masked(), X]}), {"a": [OF_X, None]}, None),
        (
            Seen,
            lambda f: f([X, X], mask=[GIVEN, None]),
            [GIVEN.tolist(), None],
            [GIVEN.tolist(), None],
        ),
        (Two, lambda f: f(masked(), X), (OF_X, None, None), OF_X),
        (Two, lambda f: f(X, second=masked()), (None, OF_X, None), None),
        (
            Two,
            lambda f: f(X, masked(), second_mask=GIVEN),
            (None, GIVEN.tolist(), None),
            None,
        ),
        (
            Two,
            lambda f: f(X, X, mask=GIVEN),
            (None, None, GIVEN.tolist()),
            GIVEN.tolist(),
        ),
        # Keras drops the mask here, though `call` takes one.
        (OnlyMask, lambda f: f(masked(), X), OF_X, OF_X),
    ],
)
def test_masks_that_call_is_given(
    backend: str, make: Any, call: Any, seen: Any, carried: Any
) -> None:
    layer = make()
    outputs = call(layer)
    assert plain(layer.seen) == seen
    if carried is not None or not keras.tree.is_nested(outputs):
        assert masks(outputs) == carried


def test_a_mask_given_by_hand_reaches_the_next_layer(backend: str) -> None:
    first, between, last = Seen(), layers.Dense(3), Seen()
    last(between(first(X, mask=GIVEN)))
    assert plain(last.seen) == GIVEN.tolist()
    states = layers.LSTM(2, return_sequences=True, return_state=True)(X, mask=GIVEN)
    assert masks(states) in ([GIVEN.tolist(), None, None], (GIVEN.tolist(), None, None))


def _functional(last: Any) -> Any:
    inputs = keras.Input((4, 3))
    return keras.Model(inputs, last(layers.Masking()(inputs)))


def _of_lists(last: Any) -> Any:
    inputs = keras.Input((4, 3))
    both = last([layers.Masking()(inputs), inputs])
    return keras.Model(inputs, both[0])


def _nested(last: Any) -> Any:
    inner = keras.Sequential([keras.Input((4, 3)), layers.Masking()])
    return keras.Sequential([keras.Input((4, 3)), inner, last])


def _nested_functional(last: Any) -> Any:
    inputs = keras.Input((4, 3))
    inner = keras.Model(inputs, layers.Masking()(inputs))
    return keras.Model(inputs, last(inner(inputs)))


def _around(last: Any) -> Any:
    inner = keras.Sequential([keras.Input((4, 3)), last])
    return keras.Sequential([keras.Input((4, 3)), layers.Masking(), inner])


@pytest.mark.parametrize(
    "make",
    [
        _functional,
        _nested,
        _nested_functional,
        _around,
        lambda last: keras.Sequential([layers.Masking(), last]),
        _of_lists,
    ],
)
def test_masks_travel_through_models(backend: str, make: Any) -> None:
    last = Seen()
    model = make(last)
    outputs = model(X)
    seen = last.seen if make is not _of_lists else last.seen[0]
    assert plain(seen) == OF_X
    assert masks(outputs) == OF_X


def test_masks_of_compiled_models(backend: str) -> None:
    """From its second call on, a model of layers of ours may run compiled."""
    inputs = keras.Input((4, 3))
    x = layers.Masking()(inputs)
    model = keras.Model(
        inputs, {"a": layers.Dense(2)(x), "b": layers.Multiply()([x, x])}
    )
    for _ in range(3):
        assert masks(model(X)) == {"a": OF_X, "b": OF_X}


def test_a_mask_as_an_input_of_a_model(backend: str) -> None:
    inputs, mask = keras.Input((4, 3)), keras.Input((4,), dtype="bool")
    layer = Seen()
    model = keras.Model([inputs, mask], layer(inputs, mask=mask))
    assert masks(model([X, GIVEN])) == GIVEN.tolist()
    assert plain(layer.seen) == GIVEN.tolist()


class Loses(layers.Layer):
    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


class Keeps(Loses):
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask


def test_a_layer_without_masks_warns_where_one_ends(
    backend: str, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.warns(UserWarning, match="Loses layer .* does not support masks"):
        outputs = Loses()(masked())
    assert get_mask(outputs) is None
    with pytest.warns(UserWarning, match="Flatten layer"):
        layers.Flatten()(masked())
    recwarn.clear()
    for layer in (Keeps(), layers.Dense(2), layers.MultiHeadAttention(2, 2)):
        layer(*[masked()] * (2 if isinstance(layer, layers.MultiHeadAttention) else 1))
    keras.Sequential([layers.Dense(2)])(masked())
    Loses()(X)
    assert not recwarn.list


class Pair(layers.Layer):
    """Two outputs, and masks for them as `made` says."""

    made: Any = None

    def call(self, inputs: Any) -> Any:
        return inputs * 2.0, inputs * 3.0

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return self.made(previous_mask)


@pytest.mark.parametrize(
    ("made", "carried"),
    [
        (lambda mask: [None, mask], (None, OF_X)),
        (lambda mask: (mask, mask), (OF_X, OF_X)),
        (lambda mask: mask, (OF_X, None)),
        (lambda mask: None, (None, None)),
    ],
)
def test_masks_of_several_outputs(backend: str, made: Any, carried: Any) -> None:
    layer = Pair()
    object.__setattr__(layer, "made", made)
    assert masks(layer(masked())) == carried


# --- merging ---

# What PyPI's Keras 3.15 gives for 5, 9 and 7, of which those with a 0 are masked.
MERGED = {
    "Multiply": [0, 7, 9, 63, 5, 35, 45, 315],
    "Maximum": [5, 7, 9, 9, 5, 7, 9, 9],
    "Minimum": [5, 7, 9, 7, 5, 5, 5, 5],
    "Add": [21] * 8,
    "Average": [7] * 8,
}


@pytest.mark.parametrize("name", MERGED)
def test_merging_leaves_masked_values_out(backend: str, name: str) -> None:
    seen = np.array(list(itertools.product((False, True), repeat=3)))
    given = [np.full((8, 1, 1), v, "float32") for v in (5, 9, 7)]
    inputs = [Seen()(v / 2, mask=seen[:, [i]]) for i, v in enumerate(given)]
    outputs = getattr(layers, name)()(inputs)
    assert np.ravel(plain(outputs)).tolist() == MERGED[name]
    assert np.ravel(masks(outputs)).tolist() == [False] + [True] * 7
    alone = getattr(layers, name)()([inputs[0], given[1]])
    assert get_mask(alone) is None
    if name == "Maximum":
        assert np.ravel(plain(alone)).tolist() == [9] * 8


@pytest.mark.parametrize(
    "name", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
)
def test_masks_of_merged_inputs_of_different_rank(backend: str, name: str) -> None:
    low = layers.Masking()(np.array([[1, 1], [0, 0]], "float32"))
    high = layers.Masking()(X[..., :2])
    outputs = getattr(layers, name)()([high, low])
    assert tuple(outputs.shape) == (2, 4, 2)
    assert masks(outputs) == [[True] * 4, [True] * 4]


@pytest.mark.parametrize("name", ["Add", "Multiply", "Concatenate", "Subtract"])
@pytest.mark.parametrize("wrong", ["few", "many", "tensor", "no list"])
def test_masks_that_do_not_go_with_the_inputs_are_told(name: str, wrong: str) -> None:
    layer, one = getattr(layers, name)(), keras.Input((4, 5))
    given = {
        "few": ([one, one], [None]),
        "many": ([one, one], [None] * 3),
        "tensor": (one, [None, None]),
        "no list": ([one, one], keras.Input((4,), dtype="bool")),
    }[wrong]
    with pytest.raises(ValueError, match=f"compute_mask of .*{name}"):
        layer.compute_mask(*given)
    assert layer.compute_mask([one, one], [None, None]) is None


@pytest.mark.parametrize("shape", [(3, 2), (1, 1, 2), (2, 1, 2), (3,), (1, 5)])
def test_softmax_refuses_masks_of_other_shapes(backend: str, shape: Any) -> None:
    layer, x = layers.Softmax(), np.ones((1, 2), "float32")
    with pytest.raises(ValueError, match="must broadcast to its inputs"):
        layer(x, mask=np.ones(shape, bool))
    assert tuple(layer(x, mask=np.ones((2,), bool)).shape) == (1, 2)


# --- attention ---

RANDOM = np.random.default_rng(0)
QUERY = RANDOM.standard_normal((3, 3, 6)).astype("float32")
VALUE = RANDOM.standard_normal((3, 4, 6)).astype("float32")
Q_MASK = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1]], bool)
V_MASK = np.array([[1, 0, 1, 1], [1, 1, 0, 0], [0, 1, 1, 1]], bool)
K_MASK = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 1]], bool)
SEEN = np.arange(12).reshape(3, 4) % 3 < 2
WHOLE = {
    "none": None,
    "all": SEEN,
    "batch": np.stack([SEEN, ~SEEN, SEEN]),
    "heads": np.arange(72).reshape(3, 2, 3, 4) % 5 > 0,
}


def attention(**options: Any) -> Any:
    layer = layers.MultiHeadAttention(2, 3, **options)
    layer.build(QUERY.shape, VALUE.shape)
    generator = np.random.default_rng(1)
    layer.set_weights([generator.standard_normal(w.shape) for w in layer.weights])
    return layer


def expected(layer: Any, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and scores by hand; `mask` has the shape of the scores."""
    w = [np.asarray(x, "float64") for x in layer.get_weights()]
    q, k, v = (
        np.einsum("btf,fhd->bhtd", x, w[i]) + w[i + 1][None, :, None]
        for x, i in ((QUERY, 0), (VALUE, 2), (VALUE, 4))
    )
    logits = np.where(mask, q @ k.swapaxes(2, 3) / np.sqrt(3), -1e9)
    scores = np.exp(logits - logits.max(-1, keepdims=True)) * mask
    scores /= np.maximum(scores.sum(-1, keepdims=True), 1e-30)
    return np.einsum("bhtd,hdf->btf", scores @ v, w[6]) + w[7], scores


@pytest.mark.parametrize("attached", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("whole", WHOLE)
def test_attention_joins_all_masks(
    backend: str, whole: str, causal: bool, attached: bool
) -> None:
    layer = attention()
    named = {"query_mask": Q_MASK, "value_mask": V_MASK, "key_mask": K_MASK}
    for used in ((), ("query_mask",), ("value_mask",), ("key_mask",), tuple(named)):
        given = {name: mask for name, mask in named.items() if name in used}
        tensors = [ops.convert_to_tensor(x) for x in (QUERY, VALUE, VALUE)]
        if attached:
            keep = Seen()
            tensors = [
                keep(x / 2, mask=given[name]) if name in given else x
                for name, x in zip(named, tensors, strict=True)
            ]
            given = {}
        mask = np.ones((3, 2, 3, 4), bool)
        if whole != "none":
            given["attention_mask"] = WHOLE[whole]
            mask &= WHOLE[whole][:, None] if whole == "batch" else WHOLE[whole]
        if causal:
            mask &= np.tril(np.ones((3, 4), bool))
        for name in used:
            wide = named[name][:, None]
            mask &= wide[..., None] if name == "query_mask" else wide[:, :, None]
        outputs, scores = expected(layer, mask)
        fused = layer(*tensors, use_causal_mask=causal, **given)
        both = layer(
            *tensors, use_causal_mask=causal, return_attention_scores=True, **given
        )
        np.testing.assert_allclose(plain(both[1]), scores, atol=1e-4)
        np.testing.assert_allclose(plain(both[0]), outputs, atol=1e-4)
        sees = mask.any(-1).all(1)
        np.testing.assert_allclose(
            np.array(plain(fused))[sees], outputs[sees], atol=1e-4
        )
        assert np.isfinite(plain(fused)).all()


def test_attention_along_one_of_several_axes(backend: str) -> None:
    """Rows of a picture for themselves: masks and order along each row."""
    x = RANDOM.standard_normal((2, 3, 4, 5)).astype("float32")
    seen = RANDOM.random((2, 3, 4)) > 0.3
    seen[:, :, 0] = True
    layer = layers.MultiHeadAttention(2, 3, attention_axes=2)
    layer.build(x.shape, x.shape)
    rows = layers.MultiHeadAttention(2, 3)
    rows.build((6, 4, 5), (6, 4, 5))
    rows.set_weights(layer.get_weights())
    for causal in (False, True):
        outputs = layer(x, x, value_mask=seen, use_causal_mask=causal)
        alone = rows(
            x.reshape(6, 4, 5),
            x.reshape(6, 4, 5),
            value_mask=seen.reshape(6, 4),
            use_causal_mask=causal,
        )
        np.testing.assert_allclose(
            np.reshape(plain(outputs), (6, 4, 5)), plain(alone), atol=1e-5
        )
    both = layers.MultiHeadAttention(2, 3)
    with pytest.raises(ValueError, match="one attention axis"):
        both(x, x, use_causal_mask=True)


def test_attention_says_what_does_not_fit(backend: str) -> None:
    layer = layers.MultiHeadAttention(2, 3)
    query, key = keras.Input((6, 9)), keras.Input((3, 9))
    with pytest.raises(ValueError, match="a key for each value"):
        layer(query, query, key)
    for shape in (6.5, "a", (2, 1.5)):
        with pytest.raises(ValueError, match="output_shape"):
            layers.MultiHeadAttention(2, 3, output_shape=shape)
    with pytest.raises(ValueError, match="flash_attention=True and dropout"):
        layers.MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True)
    with pytest.raises(ValueError, match="no attention scores"):
        attention(flash_attention=True)(QUERY, VALUE, return_attention_scores=True)
