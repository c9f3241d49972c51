"""On JAX an op of many steps is one program, also where nothing else is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.ops.nn.linear import rounded_linear
from tests.conftest import BACKENDS

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.skipif("jax" not in BACKENDS, reason="JAX is not tested")


@pytest.fixture(autouse=True)
def on_jax() -> Iterator[None]:
    with keras.backend_scope("jax"):
        yield


def ones(*shape: int, dtype: str = "float32") -> Any:
    return jax.device_put(np.ones(shape, dtype))


# Of sizes that no other test has, so that nothing is compiled before.
X, VECTOR, KERNEL = (2, 1009), (1009,), (1009, 3)
CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "softmax": (ops.softmax, (X,)),
    "log_softmax": (ops.log_softmax, (X,)),
    "gelu": (ops.gelu, (X,)),
    "attention": (ops.dot_product_attention, ((1, 7, 2, 1009),) * 3),
    "rms_normalization": (ops.rms_normalization, (X,)),
    "layer_normalization": (ops.layer_normalization, (X,)),
    "batch_normalization": (ops.batch_normalization, (X, VECTOR, VECTOR, -1)),
    "rounded_linear": (rounded_linear, (X, (*KERNEL, "int8"), (3,), (3,))),
}


@pytest.mark.parametrize("case", CASES)
def test_one_program(case: str, compiled: Any) -> None:
    op, shapes = CASES[case]
    arguments = []
    for shape in shapes:
        if isinstance(shape, tuple):
            sizes = [size for size in shape if isinstance(size, int)]
            dtype = "int8" if "int8" in shape else "float32"
            arguments.append(ones(*sizes, dtype=dtype))
        else:
            arguments.append(shape)
    assert compiled(lambda: op(*arguments)) == 1
    assert compiled(lambda: op(*arguments)) == 0


def test_half_floats_are_normalized_in_float32_and_rounded_once() -> None:
    x = np.linspace(-3, 5, 24).reshape(2, 12)
    expected = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True) * 2 + 1
    gamma, beta = np.full(12, 2.0), np.ones(12)
    found = ops.layer_normalization(
        *(jax.numpy.asarray(v, "bfloat16") for v in (x, gamma, beta))
    )
    assert found.dtype == "bfloat16"
    np.testing.assert_allclose(
        np.asarray(found, "float32"), expected, rtol=0.02, atol=0.02
    )


def test_the_gradient_passes_the_rounding_to_the_inputs_alone() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 5, 6)).astype("float32")
    kernel = rng.integers(-9, 9, (6, 2, 3)).astype("int8")
    scale = rng.uniform(1, 2, (2, 3)).astype("float32")

    def total(x: Any, scale: Any) -> Any:
        return jax.numpy.sum(rounded_linear(x, kernel, scale))

    by_x, by_scale = jax.grad(total, (0, 1))(x, scale)
    expected = np.einsum("fuv,uv->f", kernel.astype("float32"), 1 / scale)
    np.testing.assert_allclose(by_x, np.broadcast_to(expected, x.shape), rtol=1e-5)
    assert not np.any(by_scale)
