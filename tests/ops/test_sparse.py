"""Sparse tensors of TensorFlow and JAX in ops, graphs and layers.

Each op gives what it gives for dense tensors; the result is sparse exactly where the
symbolic rule says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.ops.declare import DECLARATIONS
from tests.conftest import BACKENDS
from tests.ops import sparse_results

X = np.array([[0, 0.5, 0, -0.25], [0, 0, 0, 0], [0.75, 0, 0.125, 0]], "float32")
Y = np.array([[0, 2.0, 0, 0], [0, 0, 3.0, 0], [4.0, 0, 0, -5.0]], "float32")
WITH_SPARSE = [name for name in BACKENDS if name in ("jax", "tensorflow")]
backends = pytest.mark.parametrize("name", WITH_SPARSE)


def sparse(x: Any) -> Any:
    """The current backend's sparse tensor of an array."""
    if keras.config.backend() == "jax":
        from jax.experimental.sparse import BCOO

        return BCOO.fromdense(x)
    import tensorflow as tf

    return tf.sparse.from_dense(x)


def is_sparse(x: Any) -> bool:
    """Whether it is one."""
    return type(x).__name__ in ("BCOO", "SparseTensor")


class S:
    """Marks an argument to be made sparse."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


def made(x: Any, make: Callable[[np.ndarray], Any]) -> Any:
    """The arguments with marked ones made by a function."""
    if isinstance(x, (list, tuple)):
        return [made(v, make) for v in x]
    return make(x.array) if isinstance(x, S) else x


def symbolic(x: np.ndarray) -> keras.KerasTensor:
    """A spec that says that the value will be sparse."""
    return keras.KerasTensor(x.shape, x.dtype.name, sparse=True)


# op, arguments, keywords, whether the result is sparse
Case = tuple[str, tuple[Any, ...], dict[str, Any], bool]
_NEEDS_MORE = {"cast"}
UNARY: list[Case] = [
    (name, (S(X),), {}, True)
    for name, declaration in sorted(DECLARATIONS.items())
    if declaration.sparse is not None and declaration.sparse.by_values
    if name not in _NEEDS_MORE and hasattr(ops, name)
]
CASES: list[Case] = [
    ("cast", (S(X * 4), "int32"), {}, True),
    ("sin", (S((X * 8).astype("int32")),), {}, True),
    ("leaky_relu", (S(X), 0.5), {}, True),
    *[
        (name, (S(X), S(Y)), {}, True)
        for name in ("add", "subtract", "multiply", "maximum", "minimum")
    ],
    *[(name, (S(X), Y), {}, False) for name in ("add", "subtract", "maximum")],
    *[(name, (Y, S(X)), {}, False) for name in ("add", "subtract", "divide")],
    ("add", (S(X), 2.0), {}, False),
    ("add", (S(X), S(Y.astype("float16"))), {}, True),
    ("multiply", (S(X), Y), {}, True),
    ("multiply", (Y, S(X)), {}, True),
    ("multiply", (S(X), Y[0]), {}, True),
    ("multiply", (S(X), Y[:, :1]), {}, True),
    ("multiply", (S(X), 3.0), {}, True),
    ("multiply", (3, S(X)), {}, True),
    ("divide", (S(X), Y + 7), {}, True),
    ("divide", (S(X), 2), {}, True),
    ("true_divide", (S(X), 2.0), {}, True),
    ("power", (S(X), 2.0), {}, False),
    ("exp", (S(X),), {}, False),
    ("softmax", (S(X),), {}, False),
    ("greater", (S(X), S(Y)), {}, False),
    ("logical_and", (S(X), S(Y)), {}, False),
    ("where", (X > 0, S(X), Y), {}, False),
    ("clip", (S(X), -0.1, 0.3), {}, False),
    ("matmul", (S(X), S(Y.T.copy())), {}, True),
    ("matmul", (S(X), Y.T), {}, False),
    ("matmul", (Y.T, S(X)), {}, False),
    ("matmul", (S(X), Y[0]), {}, False),
    ("matmul", (S(X), Y.T.astype("float16")), {}, False),
    ("matmul", (S(X[None]), Y.T), {}, False),
    ("einsum", ("ij,kj->ik", S(X), Y), {}, False),
    ("dot", (S(X), Y.T), {}, False),
    ("sum", (S(X),), {}, True),
    ("sum", (S(X),), {"axis": 0}, True),
    ("sum", (S(X),), {"axis": -1, "keepdims": True}, True),
    ("mean", (S(X),), {"axis": (0, 1)}, True),
    ("mean", (S(X),), {"axis": 1}, True),
    ("max", (S(X),), {"axis": 1}, False),
    ("reshape", (S(X), (2, 6)), {}, True),
    ("reshape", (S(X), (-1, 3)), {}, True),
    ("transpose", (S(X),), {}, True),
    ("transpose", (S(X[None]), (1, 2, 0)), {}, True),
    ("expand_dims", (S(X), 1), {}, True),
    ("expand_dims", (S(X), (0, -1)), {}, True),
    ("squeeze", (S(X[:, None]),), {}, True),
    ("squeeze", (S(X[:, None]), 1), {}, True),
    ("concatenate", ([S(X), S(Y)],), {"axis": -1}, True),
    ("concatenate", ([S(X), Y],), {}, False),
    ("take", (Y, S(np.array([[0, 2], [1, 0]], "int32")), 1), {}, False),
    ("get_item", (S(X), 0), {}, False),
]


@pytest.mark.filterwarnings("ignore:Converting sparse IndexedSlices")
@pytest.mark.parametrize(
    "case", [*UNARY, *CASES], ids=lambda case: f"{case[0]}-{len(case[1])}"
)
@backends
def test_value_and_kind(name: str, case: Case) -> None:
    """The dense value; sparse where the rule says so, and nowhere else."""
    op, args, kwargs, stays = case
    with keras.backend_scope(name):
        function = getattr(ops, op)
        got = function(*made(args, sparse), **kwargs)
        want = function(*made(args, ops.convert_to_tensor), **kwargs)
        assert is_sparse(got) == stays
        assert keras.backend.standardize_dtype(
            got.dtype
        ) == keras.backend.standardize_dtype(want.dtype)
        np.testing.assert_allclose(
            ops.convert_to_numpy(got),
            ops.convert_to_numpy(want),
            rtol=2e-3 if "16" in str(want.dtype) else 1e-5,
            atol=1e-6,
        )
        spec = function(*made(args, symbolic), **kwargs)
        assert spec.shape == tuple(want.shape)
        assert spec.sparse == stays


@backends
def test_conversion(name: str) -> None:
    """Sparse tensors are tensors; `sparse=False` and NumPy see them dense."""
    with keras.backend_scope(name):
        x = sparse(X)
        assert ops.is_tensor(x)
        assert is_sparse(ops.convert_to_tensor(x))
        assert ops.convert_to_tensor(x, "float16").dtype == "float16"
        dense = ops.convert_to_tensor(x, sparse=False)
        assert not is_sparse(dense)
        for each in (x, dense):
            np.testing.assert_array_equal(ops.convert_to_numpy(each), X)
        assert ops.shape(x) == (3, 4)


@pytest.mark.parametrize("op", ["one_hot", "multi_hot"])
@backends
def test_hot(name: str, op: str) -> None:
    """`sparse=True` gives the same numbers, and the spec says so."""
    places = np.array([[0, 2], [1, -1]], "int32")
    with keras.backend_scope(name):
        function = getattr(ops, op)
        got = function(ops.convert_to_tensor(places), 4, sparse=True)
        assert is_sparse(got)
        want = ops.convert_to_numpy(function(places, 4))
        np.testing.assert_array_equal(ops.convert_to_numpy(got), want)
        spec = function(keras.KerasTensor((2, 2), "int32"), 4, sparse=True)
        assert spec.sparse
        assert spec.shape == want.shape


@pytest.mark.skipif("jax" not in BACKENDS, reason="a test of JAX's BCOO")
def test_bcoo_with_batch_axes_and_duplicates_inside_jit() -> None:
    """Layouts other than the plain one, traced."""
    import jax
    from jax.experimental.sparse import BCOO

    with keras.backend_scope("jax"):
        places: Any = np.array([[0, 1], [0, 1], [2, 3]])
        values: Any = np.array([1.0, 2.0, -1.0], "float32")
        matrix: Any = Y
        twice = BCOO((values, places), shape=(3, 4))
        batched = BCOO.fromdense(matrix, n_batch=1)
        for function in (
            lambda a, b: ops.square(a),
            ops.add,
            ops.subtract,
            ops.multiply,
            lambda a, b: ops.sum(b, axis=0),
            lambda a, b: ops.matmul(ops.transpose(a), b),
        ):
            want: Any = function(twice.todense(), batched.todense())
            got = jax.jit(function)(twice, batched)
            assert is_sparse(got)
            np.testing.assert_allclose(got.todense(), want, rtol=1e-6)


@backends
def test_gradients_flow_through_a_sparse_product(name: str) -> None:
    """Of the dense side: the same as for a dense product."""
    with keras.backend_scope(name):
        kernel = keras.Variable(Y.T)
        for x in (sparse(X), ops.convert_to_tensor(X)):
            gradient = keras.grad(
                lambda x=x: ops.sum(ops.square(ops.matmul(x, kernel))), [kernel]
            )()
            np.testing.assert_allclose(
                ops.convert_to_numpy(gradient[0]), 2 * X.T @ (X @ Y.T), rtol=1e-5
            )


@backends
def test_layers_and_a_functional_model(name: str) -> None:
    """Dense, Embedding and a graph whose input is sparse."""
    with keras.backend_scope(name):
        inputs = keras.Input((4,), sparse=True)
        hidden = keras.layers.Dense(3, activation="tanh")(inputs)
        assert not hidden.sparse
        model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
        got, want = model(sparse(X)), model(X)
        np.testing.assert_allclose(
            ops.convert_to_numpy(got), ops.convert_to_numpy(want), rtol=1e-5, atol=1e-6
        )
        places = np.array([[0, 2], [1, 0]], "int32")
        layer = keras.layers.Embedding(3, 2)
        np.testing.assert_array_equal(
            ops.convert_to_numpy(layer(sparse(places))),
            ops.convert_to_numpy(layer(places)),
        )


@pytest.mark.parametrize("name", [n for n in BACKENDS if n not in WITH_SPARSE])
def test_backends_without_sparse_tensors_say_so(name: str) -> None:
    """NumPy and PyTorch refuse to make one."""
    with keras.backend_scope(name), pytest.raises(ValueError, match="no sparse"):
        ops.convert_to_tensor(X, sparse=True)


def test_the_page_of_sparse_results_is_true() -> None:
    """`python tools/op_sparsity.py` writes it anew."""
    pytest.importorskip("tensorflow")
    pytest.importorskip("jax")
    page = Path(__file__).parents[2] / "docs" / "op_sparsity.md"
    assert page.read_text() == sparse_results.page()
