"""Compiled draws are the eager ones: every function, on every backend, each compiler.

Integers, choices and orders agree bit by bit, and floats where no XLA is at work. XLA
fuses the arithmetic behind a draw, and has an inverse error function of its own, which
differs from TensorFlow's in the sixth digit of the rarest numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, random

SHAPE = (40, 5)
Draw = Callable[[Any, Any], Any]
# What is drawn, from a seed and a (40, 5) tensor of numbers between 0 and 1.
DRAWS: dict[str, Draw] = {
    "normal": lambda seed, x: random.normal(SHAPE, seed=seed),
    "normal-scaled": lambda seed, x: random.normal(SHAPE, 1.0, 3.0, seed=seed),
    "normal-tensors": lambda seed, x: random.normal(SHAPE, x[0], x[1], seed=seed),
    "normal-float16": lambda seed, x: random.normal(SHAPE, dtype="float16", seed=seed),
    "uniform": lambda seed, x: random.uniform(SHAPE, seed=seed),
    "uniform-bounds": lambda seed, x: random.uniform(SHAPE, -1.0, 2.0, seed=seed),
    "uniform-tensors": lambda seed, x: random.uniform(SHAPE, x[0], x[0] + 2, seed=seed),
    "uniform-bfloat16": lambda seed, x: random.uniform(
        SHAPE, dtype="bfloat16", seed=seed
    ),
    "truncated": lambda seed, x: random.truncated_normal(SHAPE, seed=seed),
    "truncated-scaled": lambda seed, x: random.truncated_normal(
        SHAPE, 1.0, 3.0, seed=seed
    ),
    "randint": lambda seed, x: random.randint(SHAPE, -5, 100, seed=seed),
    "randint-uint8": lambda seed, x: random.randint(SHAPE, 0, 100, "uint8", seed),
    "randint-tensors": lambda seed, x: random.randint(
        SHAPE, 0, ops.cast(x[0] * 50 + 1, "int32"), seed=seed
    ),
    "categorical": lambda seed, x: random.categorical(x, 50, seed=seed),
    "dropout": lambda seed, x: random.dropout(x, 0.3, seed=seed),
    "dropout-noise": lambda seed, x: random.dropout(x, 0.3, (None, 1), seed=seed),
    "dropout-float16": lambda seed, x: random.dropout(half(x), 0.25, seed=seed),
    "shuffle": lambda seed, x: random.shuffle(x, seed=seed),
    "shuffle-axis": lambda seed, x: random.shuffle(x, axis=1, seed=seed),
    "gamma": lambda seed, x: random.gamma(SHAPE, 2.5, seed=seed),
    "gamma-tensors": lambda seed, x: random.gamma(SHAPE, x[0] + 0.1, seed=seed),
    "beta": lambda seed, x: random.beta(SHAPE, 2.5, x[0] + 1, seed=seed),
    "binomial": lambda seed, x: random.binomial(SHAPE, 9, 0.3, seed=seed),
    "binomial-tensors": lambda seed, x: random.binomial(SHAPE, 9, x[0], seed=seed),
}
# XLA has no kernel for TensorFlow's samplers of these; JAX compiles them for long, once
# is enough.
LEFT_OUT = {
    "xla": ("gamma", "beta", "binomial"),
    "jax.jit": ("gamma", "beta", "binomial"),
}


def half(x: Any) -> Any:
    """Numbers that float16 holds: compilers may leave the rounding out."""
    return ops.cast(ops.round(x * 8), "float16")


def torch_compiler(mode: str) -> Callable[[Any], Any]:
    def compiled(function: Any) -> Any:
        import torch

        torch._dynamo.reset()
        return torch.compile(function, fullgraph=True, backend=mode)

    return compiled


def jax_compiler(function: Any) -> Any:
    import jax

    return jax.jit(function)


def tensorflow_compiler(jit_compile: bool) -> Callable[[Any], Any]:
    def compiled(function: Any) -> Any:
        import tensorflow as tf

        return tf.function(function, autograph=False, jit_compile=jit_compile)

    return compiled


COMPILERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "keras.jit-numpy": ("numpy", keras.jit),
    "keras.jit-jax": ("jax", keras.jit),
    "keras.jit-tensorflow": ("tensorflow", keras.jit),
    "keras.jit-torch": ("torch", keras.jit),
    "jax.jit": ("jax", jax_compiler),
    "tf.function": ("tensorflow", tensorflow_compiler(False)),
    "xla": ("tensorflow", tensorflow_compiler(True)),
    "eager": ("torch", torch_compiler("eager")),
    "aot_eager": ("torch", torch_compiler("aot_eager")),
    "inductor": ("torch", torch_compiler("inductor")),
}
# How far floats may be apart: relative, absolute.
TOLERANCES = {
    "jax.jit": (1e-6, 5e-7),
    "keras.jit-jax": (1e-6, 5e-7),
    "keras.jit-tensorflow": (5e-6, 5e-7),
    "xla": (5e-6, 5e-7),
}
# Each compiler takes long: these two tests share them out.
SEEDED = ("keras.jit-numpy", "jax.jit", "tf.function", "xla", "eager", "inductor")
COUNTED = (*(how for how in COMPILERS if "keras" in how), "xla", "aot_eager")


def draws_for(how: str) -> dict[str, Draw]:
    """The draws that a compiler takes."""
    return {
        key: draw
        for key, draw in DRAWS.items()
        if not key.startswith(LEFT_OUT.get(how, ()))
    }


def inputs() -> Any:
    """Numbers between 0 and 1."""
    x = np.random.default_rng(1).random(SHAPE)
    return ops.convert_to_tensor(x.astype("float32"))


def agree(how: str, key: str, got: Any, want: Any) -> None:
    """Two draws are equal, or floats nearly."""
    assert keras.backend.standardize_dtype(got.dtype) == (
        keras.backend.standardize_dtype(want.dtype)
    )
    got, want = (np.asarray(ops.convert_to_numpy(x)) for x in (got, want))
    exact = got.dtype.kind in "iu" or key.startswith(("shuffle", "dropout-float16"))
    if exact or how not in TOLERANCES:
        assert np.array_equal(got, want), key
    else:
        wide = [x.astype("float64") for x in (got, want)]
        rtol, atol = TOLERANCES[how]
        np.testing.assert_allclose(*wide, rtol=rtol, atol=atol, err_msg=key)


@pytest.mark.parametrize("how", SEEDED)
def test_integer_seeds(how: str) -> None:
    """Every function, all in one compiled function."""
    name, compiler = COMPILERS[how]
    pytest.importorskip(name)
    draws = draws_for(how)

    def draw_all(x: Any) -> list[Any]:
        return [draw(number, x) for number, draw in enumerate(draws.values())]

    with keras.backend_scope(name):
        x = inputs()
        pairs = zip(draws, compiler(draw_all)(x), draw_all(x), strict=True)
        for key, got, want in pairs:
            agree(how, key, got, want)


@pytest.mark.parametrize("how", COUNTED)
def test_generators(how: str) -> None:
    """A generator's state counts on alike; eager code goes on from there."""
    name, compiler = COMPILERS[how]
    pytest.importorskip(name)
    draws = draws_for(how)

    def draw_all(source: Any, x: Any) -> list[Any]:
        return [draw(source, x) for draw in draws.values()]

    with keras.backend_scope(name):
        x = inputs()
        first, second = random.SeedGenerator(7), random.SeedGenerator(7)
        compiled = compiler(lambda x: draw_all(first, x))
        for run in (compiled, compiled, lambda x: draw_all(first, x)):
            for key, got, want in zip(draws, run(x), draw_all(second, x), strict=True):
                agree(how, key, got, want)
        for source in (first, second):
            state = ops.convert_to_numpy(source.state.value)
            assert state.tolist() == [7, 3 * len(draws)]


def test_torch_gradients_and_sizes() -> None:
    """Gradients pass the draws in a graph, which is made once for all sizes."""
    torch = pytest.importorskip("torch")

    def loss(x: Any, alpha: Any, seed: Any) -> Any:
        drawn = random.gamma(x.shape, alpha, seed=seed) * random.beta(
            x.shape, alpha, 2.0, seed=seed
        )
        normal = random.normal(x.shape, alpha, alpha, seed=seed)
        order = random.shuffle(x, seed=seed) * random.randint(x.shape, 0, 9, seed=seed)
        dropped = random.dropout(x, 0.4, seed=seed)
        return ops.sum(dropped**2) + ops.sum(drawn + normal + order)

    with keras.backend_scope("torch"):
        torch._dynamo.reset()
        compiled = torch.compile(
            loss, fullgraph=True, backend="aot_eager", dynamic=True
        )
        for size in (4, 7, 9):
            x = torch.rand(size, 3, requires_grad=True)
            alpha = (torch.rand(3) + 1).requires_grad_()
            found, expected = (
                torch.autograd.grad(function(x, alpha, size), [x, alpha])
                for function in (compiled, loss)
            )
            assert all(map(torch.equal, found, expected))
            assert all(bool(gradient.any()) for gradient in found)


@pytest.mark.filterwarnings("ignore")  # torch warns of what its compiler meets
def test_torch_fits_alike_when_compiled() -> None:
    """`jit_compile=True` leads to the same losses, with all that a layer may leave
    behind: a state of draws, statistics, a loss of its own."""
    pytest.importorskip("torch")
    x = np.random.default_rng(0).random((32, 8)).astype("float32")

    def losses(jit_compile: bool) -> list[float]:
        keras.utils.set_random_seed(3)
        layers = [
            keras.layers.Dense(8, activity_regularizer="l2"),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(momentum=0.5),
        ]
        model = keras.Sequential([keras.Input((8,)), *layers, keras.layers.Dense(1)])
        model.compile("sgd", "mse", jit_compile=jit_compile)
        history = model.fit(x, x[:, :1], epochs=2, batch_size=8, verbose=0)
        statistics = layers[-1].moving_mean.numpy()
        assert statistics.any()
        draws = layers[1].seed_generator.state.numpy()
        return [*history.history["loss"], *statistics, draws[1]]

    with keras.backend_scope("torch"):
        np.testing.assert_allclose(losses(True), losses(False), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("draw", ["gamma", "beta", "binomial"])
def test_parameters_out_of_range_in_compiled_code(backend: str, draw: str) -> None:
    """Numbers are looked at before a tracer takes them."""
    given = {"gamma": (-1.0,), "beta": (1.0, -1.0), "binomial": (3, -1.0)}[draw]

    def function(x: Any) -> Any:
        return getattr(random, draw)((3,), *given, seed=1) + x

    for run in (function, keras.jit(function)):
        with pytest.raises(ValueError, match=rf"random.{draw}: `\w+` must lie between"):
            run(ops.ones((3,)))
