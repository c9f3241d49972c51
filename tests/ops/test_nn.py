"""Neural-network ops: what the table does not say: errors, decoding, internal ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.backends import current
from keras.ops.nn.linear import linear
from keras.ops.nn.normalization import batch_statistics_normalization

X = np.zeros((2, 6, 6, 4), "float32")
V = np.zeros((5,), "float32")
MATRIX = np.zeros((3, 4), "float32")

# op, arguments, parts of the message: what is wanted and what came
CASES: list[tuple[str, tuple[Any, ...], tuple[str, ...]]] = [
    ("conv", (X, np.zeros((3, 3, 3, 8), "float32")), ("channels", "(2, 6, 6, 4)")),
    ("conv", (X, np.zeros((3, 4, 8), "float32")), ("rank of `inputs`, 4", "(3, 4, 8)")),
    ("conv", (X, np.zeros((9, 9, 4, 8), "float32")), ("fits", "(9, 9)")),
    ("conv", (X, np.zeros((3, 3, 4, 8), "float32"), 1, "full"), ("'full'", "'same'")),
    ("conv", (X, np.zeros((3, 3, 4, 8), "float32"), 1, "same", "last"), ("'last'",)),
    ("conv", (MATRIX, MATRIX), ("`inputs` of rank 3 or 4 or 5", "(3, 4)")),
    ("depthwise_conv", (X, np.zeros((3, 3, 3, 1), "float32")), ("channels of",)),
    ("conv_transpose", (X, np.zeros((3, 3, 8, 3), "float32")), ("last place",)),
    ("max_pool", (X, 7), ("fits", "(7, 7)")),
    ("max_pool", (X, (2, 2, 2)), ("`pool_size`", "(2, 2, 2)")),
    ("average_pool", (X, 2, None, "both"), ("'both'", "'valid'")),
    ("adaptive_max_pool", (X, 0), ("`output_size`", "0")),
    ("softmax", (MATRIX, 2), ("axis=2", "(3, 4)")),
    ("glu", (V,), ("even size", "(5,)")),
    ("binary_crossentropy", (MATRIX, V), ("same shape", "(3, 4)", "(5,)")),
    ("categorical_crossentropy", (MATRIX, V), ("same shape", "(5,)")),
    (
        "sparse_categorical_crossentropy",
        (np.zeros((2,), "int32"), MATRIX),
        ("without axis 1", "(2,)", "(3, 4)"),
    ),
    ("layer_normalization", (MATRIX, V), ("`gamma` of shape (4,)", "(5,)")),
    ("rms_normalization", (MATRIX, V), ("`scale` of shape (4,)", "(5,)")),
    ("batch_normalization", (MATRIX, V, V, 1), ("`mean` of shape (4,)", "(5,)")),
    ("normalize", (MATRIX, 1, 0), ("`order`", "order=0")),
    ("dot_product_attention", (X[..., 0], X, X), ("`query` of rank 4", "(2, 6, 6)")),
    ("dot_product_attention", (X, X[:, :3], X), ("one length", "(2, 3, 6, 4)")),
    ("top_k", (V, 6), ("`k`", "(5,)", "k=6")),
    ("in_top_k", (V.astype("int32"), V, 1), ("(..., num_classes)", "(5,)")),
    ("segment_sum", (MATRIX, np.zeros((2,), "int32")), ("each row", "(2,)")),
    ("space_to_depth", (X[:, :5].copy(), 2), ("`block_size`", "(2, 5, 6, 4)")),
    ("depth_to_space", (X[..., :3].copy(), 2), ("`block_size**2`", "(2, 6, 6, 3)")),
    ("unfold", (X, 9), ("fits", "9")),
    ("unfold", (V, 2), ("rank 4", "(5,)")),
    ("det", (MATRIX,), ("square", "(3, 4)")),
    ("solve", (np.eye(3, dtype="float32"), V), ("`b` of shape", "(5,)")),
    ("qr", (np.eye(3, dtype="float32"), "full"), ("'reduced'", "'full'")),
    ("norm", (MATRIX, "best", (0, 1)), ("'fro'", "'best'")),
]
SMALL = [case for case in CASES if case[0] != "normalize"]


@pytest.mark.parametrize(
    "op, args, parts", SMALL, ids=[f"{i}-{case[0]}" for i, case in enumerate(SMALL)]
)
def test_errors(
    backend: str, op: str, args: tuple[Any, ...], parts: tuple[str, ...]
) -> None:
    """The same text on every backend, for tensors and for symbolic ones."""

    def message(make: Any) -> str:
        filled = [make(a) if isinstance(a, np.ndarray) else a for a in args]
        with pytest.raises(ValueError) as caught:
            getattr(ops, op)(*filled)
        return str(caught.value)

    eager = message(ops.convert_to_tensor)
    symbolic = message(lambda a: keras.KerasTensor(a.shape, a.dtype.name))
    assert eager == symbolic
    for part in parts:
        assert part in eager


def test_normalize_of_an_unknown_order(backend: str) -> None:
    with pytest.raises(
        ValueError, match="`order` to be a number of 1 or more.*order=0"
    ):
        ops.normalize(keras.KerasTensor((3, 4)), order=0)


def test_a_mask_of_numbers_is_refused(backend: str) -> None:
    x = keras.KerasTensor((2, 3, 4, 5))
    mask = keras.KerasTensor((2, 1, 3, 3))
    with pytest.raises(ValueError, match="`mask` of dtype bool. Received: float32"):
        ops.dot_product_attention(x, x, x, mask=mask)


def numpy_of(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_linear(backend: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    x, kernel, bias = (
        random.normal(size=s).astype("float32") for s in (shape, (4, 5), (5,))
    )
    np.testing.assert_allclose(
        numpy_of(linear(x, kernel, bias)), x @ kernel + bias, 1e-5
    )
    np.testing.assert_allclose(numpy_of(linear(x, kernel)), x @ kernel, 1e-5)
    assert linear(keras.KerasTensor((None, 4)), kernel, bias).shape == (None, 5)
    with pytest.raises(ValueError, match=r"`x` to equal.*\(2, 3\).*\(4, 5\)"):
        linear(np.zeros((2, 3), "float32"), kernel)


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_batch_statistics_normalization(backend: str, axis: int, dtype: str) -> None:
    random = np.random.default_rng(0)
    x = random.normal(3.0, 2.0, (4, 5, 6, 7)).astype(dtype)
    scale, offset = random.normal(size=(2, x.shape[axis])).astype(dtype)
    y, mean, variance = batch_statistics_normalization(x, offset, scale, axis, 0.01)
    axes = tuple(i for i in range(4) if i != axis % 4)
    shape = [1] * 4
    shape[axis] = -1
    wide = x.astype("float64")
    want = (wide - wide.mean(axes, keepdims=True)) / np.sqrt(
        wide.var(axes, keepdims=True) + 0.01
    )
    want = want * scale.reshape(shape) + offset.reshape(shape)
    tolerance = 1e-4 if dtype == "float32" else 2e-2
    np.testing.assert_allclose(numpy_of(y), want, atol=tolerance, rtol=tolerance)
    np.testing.assert_allclose(numpy_of(mean), wide.mean(axes), rtol=1e-3)
    np.testing.assert_allclose(numpy_of(variance), wide.var(axes), rtol=1e-3)
    assert current().dtype_of(y) == dtype
    assert current().dtype_of(mean) == "float32"


LOGITS = np.log([[[0.1, 0.6, 0.3], [0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.2, 0.7, 0.1]]])
LOGITS = LOGITS.astype("float32")


def test_greedy_decoding(backend: str) -> None:
    decoded, scores = ops.ctc_decode(LOGITS, [4])
    assert numpy_of(decoded).tolist() == [[[1, 1, -1, -1]]]
    best = LOGITS.max(-1).sum()
    np.testing.assert_allclose(numpy_of(scores), [[-best]], rtol=1e-5)
    kept, _ = ops.ctc_decode(LOGITS, [4], merge_repeated=False)
    assert numpy_of(kept).tolist() == [[[1, 1, 1, -1]]]
    short, _ = ops.ctc_decode(LOGITS, [1])
    assert numpy_of(short).tolist() == [[[1, -1, -1, -1]]]


def all_labels(
    logits: np.ndarray, steps: int, blank: int
) -> dict[tuple[int, ...], float]:
    """The probability of each labelling, by going through all alignments."""
    import itertools

    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(p.shape[1]), repeat=steps):
        merged = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
        key = tuple(c for c in merged if c != blank)
        chance = float(np.prod([p[t, c] for t, c in enumerate(path)]))
        found[key] = found.get(key, 0.0) + chance
    return found


@pytest.mark.parametrize("blank", [0, 2])
def test_beam_search_finds_the_most_probable(backend: str, blank: int) -> None:
    logits = np.random.default_rng(blank).normal(size=(2, 6, 3)).astype("float32")
    lengths = [6, 4]
    decoded, scores = ops.ctc_decode(
        logits, lengths, "beam_search", beam_width=60, top_paths=3, mask_index=blank
    )
    decoded, scores = numpy_of(decoded), numpy_of(scores)
    assert decoded.shape == (3, 2, 6) and scores.shape == (2, 3)
    for b in range(2):
        chances = all_labels(logits[b], lengths[b], blank)
        best = sorted(chances.items(), key=lambda item: -item[1])[:3]
        for rank, (labels, chance) in enumerate(best):
            assert tuple(n for n in decoded[rank, b] if n >= 0) == labels
            np.testing.assert_allclose(scores[b, rank], np.log(chance), rtol=1e-4)


def test_decoding_symbolic_and_errors(backend: str) -> None:
    x, n = keras.KerasTensor((None, 7, 5)), keras.KerasTensor((None,), "int32")
    decoded, scores = ops.ctc_decode(x, n, strategy="beam_search", top_paths=2)
    assert (decoded.shape, decoded.dtype) == ((2, None, 7), "int32")
    assert scores.shape == (None, 2)
    with pytest.raises(ValueError, match="`strategy`.*'greedy', 'beam_search'.*'best'"):
        ops.ctc_decode(x, n, strategy="best")


def test_a_target_that_cannot_be_aligned(backend: str) -> None:
    loss = ops.ctc_loss([[1, 1]], np.zeros((1, 2, 3), "float32"), [2], [2])
    assert float(numpy_of(loss)[0]) > 500


def test_half_precision_does_not_overflow(backend: str) -> None:
    x = np.full((2, 300), 200.0, "float16")
    x[:, ::2] = 0
    mean, variance = ops.moments(x, axes=[1])
    assert numpy_of(mean).tolist() == [100, 100]
    assert numpy_of(variance).tolist() == [10000, 10000]
    y = numpy_of(ops.layer_normalization(x)).astype("float32")
    np.testing.assert_allclose(np.abs(y), 1, rtol=1e-2)


def test_attention_that_only_some_can(backend: str) -> None:
    x = np.ones((1, 2, 1, 4), "float32")
    y = ops.dot_product_attention(x, x, x, flash_attention=False)
    np.testing.assert_allclose(numpy_of(y), x)


def test_sparse_one_hot() -> None:
    pytest.importorskip("tensorflow")
    with keras.backend_scope("tensorflow"):
        y = ops.one_hot([1, -1, 2], 3, sparse=True)
        assert type(y).__name__ == "SparseTensor"
        assert numpy_of(y).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]
    with keras.backend_scope("numpy"), pytest.raises(ValueError, match="no sparse"):
        ops.one_hot([1], 3, sparse=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_attention_in_half_precision_inside_jit(backend: str, dtype: str) -> None:
    """JAX on a CPU has no kernel for float16 there."""
    x = ops.cast(np.random.default_rng(0).normal(size=(1, 3, 2, 4)), dtype)
    y = keras.jit(lambda x: ops.dot_product_attention(x, x, x))(x)
    wide = ops.cast(x, "float32")
    want = ops.convert_to_numpy(ops.dot_product_attention(wide, wide, wide))
    got = ops.convert_to_numpy(ops.cast(y, "float32"))
    np.testing.assert_allclose(got, want, atol=2e-2)
