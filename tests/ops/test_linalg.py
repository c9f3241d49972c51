"""Decompositions: what they multiply to, and the form of their parts."""

from __future__ import annotations

import numpy as np
import pytest

from keras import ops
from keras.backends import current
from tests.ops.table_linalg import POSITIVE, SQUARE, TALL, WIDE


def numpy_of(x: object) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def close(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def orthonormal(q: np.ndarray) -> None:
    product = np.swapaxes(q, -1, -2) @ q
    close(product, np.broadcast_to(np.eye(q.shape[-1]), product.shape))


@pytest.mark.parametrize("mode", ["reduced", "complete"])
@pytest.mark.parametrize("x", [TALL, WIDE], ids=["tall", "wide"])
def test_qr(backend: str, x: np.ndarray, mode: str) -> None:
    q, r = map(numpy_of, ops.qr(x, mode))
    close(q @ r, x)
    orthonormal(q)
    close(r, np.triu(r))


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("x", [TALL, WIDE], ids=["tall", "wide"])
def test_svd(backend: str, x: np.ndarray, full: bool) -> None:
    u, s, v = map(numpy_of, ops.svd(x, full_matrices=full))
    size = s.shape[-1]
    close((u[..., :size] * s[..., None, :]) @ v[..., :size, :], x)
    orthonormal(u)
    orthonormal(np.swapaxes(v, -1, -2))
    assert (np.diff(s, axis=-1) <= 0).all()


def test_eigh(backend: str) -> None:
    values, vectors = map(numpy_of, ops.eigh(POSITIVE))
    close(POSITIVE @ vectors, vectors * values[..., None, :])
    orthonormal(vectors)
    assert (np.diff(values, axis=-1) >= 0).all()


def test_eig(backend: str) -> None:
    values, vectors = map(numpy_of, ops.eig(SQUARE))
    close(SQUARE @ vectors, vectors * values[..., None, :])
    assert values.dtype == np.complex64


def test_half_precision_is_computed_in_float32(backend: str) -> None:
    x = current().cast(current().convert_to_tensor(POSITIVE), "bfloat16")
    y = ops.inv(x)
    assert current().dtype_of(y) == "float32"


def test_namespace() -> None:
    from keras.ops import linalg

    assert linalg.svd is ops.svd
    assert linalg.jvp is ops.jvp
