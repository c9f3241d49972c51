"""Draws: moments, bounds, seeds, dtypes; the same on each backend and over and over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, random
from keras.backends import current
from tests.conftest import BACKENDS

N = (20000,)


def numpy_of(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


# name, draw, mean, variance, least, greatest
FLOATS: list[tuple[str, Any, float, float, float, float]] = [
    ("normal", lambda **k: random.normal(N, 1.0, 2.0, **k), 1, 4, -np.inf, np.inf),
    ("uniform", lambda **k: random.uniform(N, -1.0, 2.0, **k), 0.5, 0.75, -1, 2),
    (
        "truncated_normal",
        lambda **k: random.truncated_normal(N, 1.0, 2.0, **k),
        1,
        4 * 0.7737,  # the variance of a normal distribution cut off at 2
        -3,
        5,
    ),
    ("gamma", lambda **k: random.gamma(N, 2.0, **k), 2, 2, 0, np.inf),
    ("beta", lambda **k: random.beta(N, 2.0, 3.0, **k), 0.4, 0.04, 0, 1),
    ("binomial", lambda **k: random.binomial(N, 9, 0.3, **k), 2.7, 1.89, 0, 9),
]
IDS = [row[0] for row in FLOATS]


@pytest.mark.parametrize("row", FLOATS, ids=IDS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_moments_and_bounds(backend: str, row: tuple[Any, ...], dtype: str) -> None:
    _, draw, mean, variance, least, greatest = row
    tensor = draw(dtype=dtype, seed=7)
    assert current().dtype_of(tensor) == dtype
    x = numpy_of(tensor).astype("float64")
    assert x.shape == N
    assert abs(x.mean() - mean) < 5 * np.sqrt(variance / N[0]) + 0.005 * abs(mean)
    assert abs(x.var() - variance) < 0.05 * variance
    assert x.min() >= least and x.max() <= greatest


def test_uniform_leaves_out_the_upper_bound(backend: str) -> None:
    for dtype in ("float16", "bfloat16"):
        x = numpy_of(random.uniform((50000,), dtype=dtype, seed=1)).astype("float32")
        assert x.max() < 1


@pytest.mark.parametrize("row", FLOATS, ids=IDS)
def test_a_seed_determines_the_numbers(backend: str, row: tuple[Any, ...]) -> None:
    draw = row[1]
    first, again, other = (numpy_of(draw(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_default_dtype_is_floatx(backend: str) -> None:
    keras.config.set_floatx("float16")
    try:
        assert current().dtype_of(random.normal((2,), seed=1)) == "float16"
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_randint(backend: str, dtype: str) -> None:
    tensor = random.randint((7000,), 1, 8, dtype, seed=3)
    assert current().dtype_of(tensor) == current().canonical_dtype(dtype)
    counts = np.bincount(numpy_of(tensor).astype("int64"), minlength=9)
    assert counts[0] == counts[8] == 0
    assert (abs(counts[1:8] - 1000) < 150).all()


def test_categorical(backend: str) -> None:
    logits = np.log([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-12]]).astype("float32")
    x = numpy_of(random.categorical(logits, 8000, seed=3))
    assert x.shape == (2, 8000) and x.dtype == np.int32
    for row, want in zip(x, ([0.1, 0.2, 0.7], [0.5, 0.5, 0]), strict=True):
        found = np.bincount(row, minlength=3) / 8000
        np.testing.assert_allclose(found, want, atol=0.02)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_dropout(backend: str, dtype: str) -> None:
    x = ops.ones((200, 100), dtype=dtype)
    y = numpy_of(random.dropout(x, 0.25, seed=3))
    assert y.dtype == dtype
    kept = y[y > 0]
    np.testing.assert_allclose(kept, 4 / 3, rtol=1e-3)
    assert abs(len(kept) / y.size - 0.75) < 0.02
    assert numpy_of(random.dropout(x, 0.0, seed=3)).min() == 1
    assert numpy_of(random.dropout(x, 1.0, seed=3)).max() == 0


def test_dropout_of_nan_and_shared_noise(backend: str) -> None:
    x = np.ones((50, 4), "float32")
    y = numpy_of(random.dropout(x, 0.5, noise_shape=(None, 1), seed=3))
    assert {tuple(row) for row in y} == {(0,) * 4, (2,) * 4}


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_shuffle(backend: str, axis: int) -> None:
    x = np.arange(400).reshape(20, 20)
    y = numpy_of(random.shuffle(x, axis=axis, seed=3))
    assert not np.array_equal(x, y)
    assert np.array_equal(np.sort(y, axis), x)
    assert len({tuple(d) for d in np.moveaxis(y - y.take([0], axis), axis, 0).T}) == 1


def test_parameters_may_be_tensors(backend: str) -> None:
    x = numpy_of(random.normal((2, 3), ops.array([10.0, 20.0, 30.0]), 0.01, seed=1))
    np.testing.assert_allclose(x.mean(0), [10, 20, 30], atol=0.1)
    x = numpy_of(random.uniform((2, 2), 0.0, ops.array([1.0, 100.0]), seed=1))
    assert x[:, 0].max() <= 1
    x = numpy_of(random.randint((90, 2), 0, ops.array([2, 100]), seed=1))
    assert set(x[:, 0]) == {0, 1} and 90 < x[:, 1].max() < 100
    x = numpy_of(random.gamma((500, 2), np.array([1.0, 50.0], "float32"), seed=1))
    assert x[:, 0].mean() < 2 < 40 < x[:, 1].mean()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "one", True])
def test_a_wrong_seed(backend: str, seed: Any) -> None:
    with pytest.raises(ValueError, match="`seed` must be an integer from 0 to"):
        random.normal((2,), seed=seed)


@pytest.mark.parametrize(
    "call, parts",
    [
        (lambda: random.dropout(np.ones(3, "float32"), 1.5), ("`rate`", "1.5")),
        (lambda: random.uniform((2,), dtype="int32"), ("uniform", "'int32'")),
        (lambda: random.normal((2,), dtype="int32"), ("normal", "'int32'")),
        (lambda: random.randint((2,), 0, 2, dtype="float32"), ("randint", "'float32'")),
        (lambda: random.categorical(np.ones(3, "float32"), 2), ("`logits`", "(3,)")),
    ],
)
def test_errors(backend: str, call: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


def test_symbolic(backend: str) -> None:
    x = keras.KerasTensor((None, 3))
    assert random.dropout(x, 0.5).shape == (None, 3)
    assert random.shuffle(x).shape == (None, 3)
    assert random.categorical(x, 4).shape == (None, 4)
    assert random.categorical(x, 4).dtype == "int32"


F = np.ones((3, 2), "float32")
# What is wrong with a call -> the call, and what the error says beside the op's name.
BAD: dict[str, tuple[Any, str]] = {
    "seed-negative": (lambda: random.normal((2,), seed=-1), "Received: seed=-1 (int)"),
    "seed-large": (lambda: random.randint((2,), 0, 3, seed=2**32), "seed=4294967296"),
    "seed-float": (lambda: random.shuffle([1, 2], seed=1.5), "seed=1.5 (float)"),
    "seed-bool": (lambda: random.uniform((2,), seed=True), "seed=True (bool)"),
    "seed-array": (lambda: random.uniform((2,), seed=np.array([1, 2])), "`seed` must"),
    "shape-normal": (lambda: random.normal((2, -1)), "negative sizes"),
    "shape-uniform": (lambda: random.uniform((2, -1)), "negative sizes"),
    "shape-randint": (lambda: random.randint((-2,), 0, 3), "negative sizes"),
    "shape-truncated": (lambda: random.truncated_normal((-2,)), "negative sizes"),
    "shape-gamma": (lambda: random.gamma((2, -1), 1.0), "negative sizes"),
    "shape-none": (lambda: random.uniform((None, 2)), "shape=(None, 2)"),
    "shape-float": (lambda: random.randint((2.5,), 0, 3), "shape=(2.5,)"),
    "shape-text": (lambda: random.normal("ab"), "shape='ab'"),
    "rate": (lambda: random.dropout(F, 1.5), "rate=1.5"),
    "noise": (lambda: random.dropout(F, 0.5, (2, 2)), "cannot be broadcast"),
    "probabilities": (lambda: random.binomial((2,), 3, 1.5), "probabilities=1.5"),
    "counts": (lambda: random.binomial((2,), -3, 0.5), "counts=-3"),
    "alpha": (lambda: random.gamma((2,), -1.0), "alpha=-1.0"),
    "beta": (lambda: random.beta((2,), 1.0, -1), "beta=-1"),
    "stddev": (lambda: random.normal((2,), 0.0, -1.0), "stddev=-1.0"),
    "mean": (lambda: random.normal((2,), "a"), "mean='a'"),
    "bounds": (lambda: random.uniform((2,), 3.0, 1.0), "minval=3.0, maxval=1.0"),
    "no-integers": (lambda: random.randint((2,), 3, 3), "minval=3, maxval=3"),
    "num_samples": (lambda: random.categorical(F, -2), "(3, -2)"),
    "alpha-shape": (lambda: random.gamma((3,), F[0]), "alpha.shape=(2,)"),
    "mean-shape": (lambda: random.normal((3,), F[0]), "`mean` must be a number"),
    "axis": (lambda: random.shuffle(F, axis=5), "axis=5"),
}


def error_of(function: Any) -> tuple[str, str]:
    """The kind and the text of the error that a call raises."""
    with pytest.raises((ValueError, TypeError)) as caught:
        function()
    return type(caught.value).__name__, str(caught.value)


@pytest.mark.parametrize("what", BAD)
def test_bad_input_has_one_error(what: str) -> None:
    """The same text on every backend, eager and inside compiled code."""
    call, told = BAD[what]
    texts = set()
    for name in BACKENDS:
        with keras.backend_scope(name):
            texts.add(error_of(call))
            texts.add(error_of(lambda: keras.jit(lambda x: call())(ops.ones(2))))
            if name == "tensorflow":
                import tensorflow as tf

                graph = tf.function(call, autograph=False, jit_compile=True)
                texts.add(error_of(graph))
    assert len(texts) == 1, texts
    text = texts.pop()[1]
    assert text.startswith("keras.random.") and told in text


@pytest.mark.parametrize("what", ["seed-large", "rate", "alpha", "bounds"])
def test_torch_refuses_bad_input_while_it_compiles(what: str) -> None:
    """The compiler wraps the error, and keeps its words."""
    torch = pytest.importorskip("torch")
    call = {
        "seed-large": lambda x: random.normal((2,), seed=2**32),
        "rate": lambda x: random.dropout(x, 1.5),
        "alpha": lambda x: random.gamma((2,), -1.0),
        "bounds": lambda x: random.uniform((2,), 3.0, 1.0),
    }[what]
    with keras.backend_scope("torch"):
        torch._dynamo.reset()
        with pytest.raises(torch._dynamo.exc.Unsupported, match="raised exception"):
            torch.compile(call, fullgraph=True, backend="eager")(ops.ones(2))


def test_no_samples(backend: str) -> None:
    assert tuple(random.categorical(F, 0, seed=1).shape) == (3, 0)


def test_one_size(backend: str) -> None:
    """An integer stands for a shape of one size."""
    for draw in (random.normal, random.uniform, random.truncated_normal):
        assert tuple(draw(3, seed=1).shape) == (3,)
    assert tuple(random.randint(3, 0, 2, seed=1).shape) == (3,)
    assert tuple(random.gamma(3, 1.0, seed=1).shape) == (3,)
    assert tuple(random.beta(3, 1.0, 2.0, seed=1).shape) == (3,)
    assert tuple(random.binomial(3, 9, 0.5, seed=1).shape) == (3,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_rarest_draws_are_finite(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in 2**24 was infinite on TensorFlow."""
    tf = pytest.importorskip("tensorflow")
    from keras.backends.tensorflow import random

    def extremes(shape: Any, seed: Any, double: bool) -> Any:
        return tf.constant([0, 2 ** (53 if double else 24) - 1])

    monkeypatch.setattr(random, "_bits", extremes)
    with keras.backend_scope("tensorflow"):
        for draw in (random.normal, random.truncated_normal, random.uniform):
            for compiled in (draw, tf.function(draw, jit_compile=True)):
                found = compiled((2,), dtype=dtype, seed=np.array([0, 1], "uint32"))
                assert np.isfinite(found.numpy()).all()
