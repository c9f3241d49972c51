"""What an op says to bad input: the same on every backend, and for symbolic tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

X = np.zeros((2, 3), "float32")
Y = np.zeros((4, 5), "float32")
INTS = np.zeros((3,), "int32")

# op, arguments, parts of the message: the argument, what came, what is allowed
CASES: list[tuple[str, tuple[Any, ...], tuple[str, ...]]] = [
    ("add", (X, Y), ("(2, 3) and (4, 5)", "cannot be broadcast")),
    ("matmul", (X, X), ("last axis of `x1` has size 3", "size 2", "must be equal")),
    ("matmul", (X, np.float32(1)), ("at least one dimension",)),
    ("tensordot", (X, Y, 1), ("axes=1", "(2, 3) and (4, 5)")),
    ("einsum", ("ij,jk->ik", X, Y), ("'j'", "size 3", "4")),
    ("einsum", ("ijk->i", X), ("'ijk'", "2 dimensions")),
    ("einsum", ("ij,jk", X), ("name 2 operands", "1 were given")),
    ("sum", (X, 2), ("`axis`", "axis=2", "between -2 and 1")),
    ("mean", (X, (0, 0)), ("`axis`", "twice", "(0, 0)")),
    ("argmax", (X, -3), ("axis=-3", "between -2 and 1")),
    ("max", (np.zeros((0, 3), "float32"), 0), ("no elements", "`initial`")),
    ("reshape", (X, (4, 2)), ("(2, 3)", "6 elements", "(4, 2)")),
    ("reshape", (X, (-1, -1)), ("one -1", "(-1, -1)")),
    ("transpose", (X, (0, 0)), ("`axes`", "twice", "(0, 0)")),
    ("squeeze", (X, 0), ("size 1", "axis=0", "(2, 3)")),
    ("expand_dims", (X, 5), ("`axis`", "axis=5")),
    ("broadcast_to", (X, (2, 4)), ("(2, 3)", "(2, 4)")),
    ("concatenate", ([X, Y],), ("axis=0", "(2, 3), (4, 5)")),
    ("concatenate", ([X, X], 2), ("axis=2", "between -2 and 1")),
    ("stack", ([X, Y],), ("one shape", "(2, 3), (4, 5)")),
    ("split", (X, 2, 1), ("Axis 1", "indices_or_sections=2", "array_split")),
    ("get_item", (X, (0, 0, 0)), ("Too many indices: 3", "(2, 3)")),
    ("get_item", (X, 7), ("Index 7", "size 2")),
    ("take", (X, INTS, 2), ("axis=2", "between -2 and 1")),
    ("tril", (INTS,), ("tril", "two dimensions", "(3,)")),
    ("diag", (np.zeros((2, 2, 2), "float32"),), ("one or two dimensions", "(2, 2, 2)")),
    ("pad", (X, 1, "mirror"), ("'mirror'", "constant, edge, reflect")),
    ("pad", (X, (1, 2, 3)), ("`pad_width`", "(1, 2, 3)")),
    ("searchsorted", (INTS, INTS, "middle"), ("'middle'", "'left', 'right'")),
    ("scatter_update", (X, INTS[:, None], X, "mean"), ("'mean'", "'add'")),
    ("slice", (X, (0,), (1, 1)), ("`start_indices`", "2 entries")),
    ("slice", (X, (1, 1), (2, 2)), ("outside", "(1, 1)", "(2, 2)")),
    ("quantile", (X, np.float32(0.5), None, "best"), ("'best'", "linear, lower")),
    ("sort", (X, 4), ("axis=4", "between -2 and 1")),
    ("cross", (Y, Y), ("2 or 3 components",)),
    ("correlate", (INTS, INTS, "whole"), ("'whole'", "'valid', 'same', 'full'")),
    ("reshape", (X, "ab"), ("`newshape`", "newshape='ab'")),
    ("reshape", (X, (2.5, 2)), ("`newshape`", "(2.5, 2)")),
    ("moveaxis", (X, 0, 3), ("`destination`", "destination=3")),
    ("expand_dims", (X, (0, 0)), ("`axis`", "twice", "(0, 0)")),
    ("median", (X, 3), ("axis=3", "between -2 and 1")),
    ("argpartition", (X, 7), ("`kth`", "kth=7", "(2, 3)")),
    ("stack", ([],), ("at least one tensor",)),
    ("concatenate", ([],), ("at least one tensor",)),
    ("pad", (X, -1), ("`pad_width`", "negative", "pad_width=-1")),
    ("softmax", (X, (0, 0)), ("softmax", "each axis once", "(0, 0)")),
    ("dot", (X, X), ("last axis of `x1` has size 3", "size 2")),
    ("vdot", (X, INTS), ("(6,) and (3,)", "equal sizes")),
    ("rfft", (X, -1), ("`fft_length`", "at least 1", "fft_length=-1")),
    ("irfft", ([X, X], 0), ("`fft_length`", "at least 1", "fft_length=0")),
    ("fft", ([X, Y],), ("one shape", "(2, 3) and (4, 5)")),
    ("quantile", (X, np.float32(0.5), 2), ("axis=2", "between -2 and 1")),
    ("prod", (X, (0, 2)), ("axis=2", "between -2 and 1")),
    ("rms_normalization", (X, None, 2), ("axis", "2")),
    ("layer_normalization", (X, None, None, (-1, 2)), ("axis", "2")),
    ("stft", (X, 4, 2, 2), ("stft", "fft_length=2")),
    ("view", (X, "float64"), ("(2, 3)", "float64")),
    ("top_k", (INTS, 4), ("`k`", "k=4")),
    ("arange", (0, 5, 0), ("arange", "step=0")),
    ("zeros", ((2, -1),), ("negative", "(2, -1)")),
    ("linspace", (0, 1, -1), ("`num`", "-1")),
    ("cumsum", (X, 3), ("axis=3", "between -2 and 1")),
    ("repeat", (X, -1, 0), ("`repeats`", "-1")),
    ("roll", (X, 1, 3), ("3", "between -2 and 1")),
    ("swapaxes", (X, 0, 3), ("3", "between -2 and 1")),
    ("one_hot", (INTS, 3, 5), ("one_hot", "`axis`", "axis=5")),
    ("unstack", (X, None, 4), ("axis=4",)),
    ("array_split", (X, 0), ("array_split", "0")),
    ("cholesky", (X,), ("square", "(2, 3)")),
]
TYPES: list[tuple[str, tuple[Any, ...], tuple[str, ...]]] = [
    ("bitwise_and", (X, X), ("bitwise_and", "integers or booleans", "float32")),
    ("gcd", (X, X), ("gcd", "integers or booleans", "float32")),
    ("subtract", (X > 0, X > 0), ("subtract", "booleans", "logical_xor")),
    ("negative", (X > 0,), ("negative", "booleans", "logical_not")),
    ("bincount", (X[0],), ("bincount", "integers or booleans", "float32")),
    ("cast", (X, "float31"), ("'float31'", "float32, float64")),
    ("exp", ("abc",), ("keras.ops.exp", "`x`", "'abc' (str)")),
    ("exp", (["a", "b"],), ("keras.ops.exp", "`x`", "['a', 'b'] (list)")),
    ("add", (X, "2"), ("keras.ops.add", "`x2`", "'2' (str)")),
    ("add", ({}, X), ("keras.ops.add", "`x1`", "{} (dict)")),
    ("where", (X > 0, X, b"x"), ("keras.ops.where", "`x2`", "b'x' (bytes)")),
    ("clip", (X, "a", 1), ("keras.ops.clip", "`x_min`", "'a' (str)")),
    ("logical_and", ("a", X), ("keras.ops.logical_and", "`x1`", "'a' (str)")),
    ("isclose", (X, "a"), ("keras.ops.isclose", "`x2`", "'a' (str)")),
    ("kron", ("a", X), ("keras.ops.kron", "`x1`", "'a' (str)")),
    ("threshold", (X, "a", 1), ("threshold: `threshold`", "number", "'a' (str)")),
    ("celu", (X, "a"), ("celu: `alpha`", "number", "'a' (str)")),
    ("leaky_relu", (X, "a"), ("leaky_relu: `negative_slope`", "'a' (str)")),
    ("get_item", (X, "a"), ("indexed by integers", "'a' (str)", "(2, 3)")),
    ("get_item", (X, 1.5), ("indexed by integers", "1.5 (float)")),
]


def message(name: str, args: tuple[Any, ...]) -> str:
    """The text of the error that the call raises."""
    with pytest.raises((ValueError, TypeError)) as raised:
        getattr(ops, name)(*args)
    return str(raised.value)


def symbolic(x: Any) -> Any:
    """KerasTensors in place of arrays."""
    if isinstance(x, np.ndarray | np.generic):
        return keras.KerasTensor(x.shape, x.dtype.name)
    return [symbolic(v) for v in x] if isinstance(x, list) else x


def eager(x: Any) -> Any:
    """Tensors in place of arrays."""
    if isinstance(x, np.ndarray | np.generic):
        return ops.convert_to_tensor(x)
    return [eager(v) for v in x] if isinstance(x, list) else x


@pytest.mark.parametrize(
    ("name", "args", "parts"),
    [*CASES, *TYPES],
    ids=[f"{case[0]}{i}" for i, case in enumerate([*CASES, *TYPES])],
)
def test_message(
    backend: str, name: str, args: tuple[Any, ...], parts: tuple[str, ...]
) -> None:
    """It names what came and what is allowed, in the same words everywhere."""
    text = message(name, tuple(map(symbolic, args)))
    assert all(part in text for part in parts), text
    assert message(name, tuple(map(eager, args))) == text


def test_fft_of_one_tensor_is_refused(backend: str) -> None:
    """Also of one that could be taken for a pair of rows."""
    with pytest.raises(ValueError, match="a pair"):
        ops.fft(ops.convert_to_tensor(X))  # type: ignore[arg-type]


def test_wrong_call_is_a_type_error_that_names_the_op(backend: str) -> None:
    """A missing or unknown argument is told as for any Python function."""
    with pytest.raises(TypeError, match=r"keras.ops.add: missing .*'x2'"):
        ops.add(X)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"keras.ops.sum: .*'axes'"):
        ops.sum(ops.convert_to_tensor(X), axes=1)  # type: ignore[call-arg]


def test_an_error_about_values_says_what_the_op_was_given() -> None:
    """The framework's own words stay; the op, shapes and dtypes are added."""
    for backend in ("numpy", "torch"):
        with keras.backend_scope(backend):
            x = ops.convert_to_tensor(X)
            with pytest.raises(Exception, match="out of bounds") as caught:
                ops.take_along_axis(x, ops.convert_to_tensor([[7]]), axis=1)
            (note,) = caught.value.__notes__
            assert note.startswith("Raised in keras.ops.take_along_axis(x=<float32 (")
            assert note.endswith(", indices=<int32 (1, 1)>, axis=1)")


def test_a_symbolic_tensor_has_no_numbers() -> None:
    """Using one where numbers are needed says so."""
    x = keras.KerasTensor((2, 3))
    for use in (ops.convert_to_numpy, np.asarray, float, int, complex):
        with pytest.raises(ValueError, match="has a shape and a dtype but no numbers"):
            use(x)
    with pytest.raises(NotImplementedError, match="iteration over an unknown"):
        iter(keras.KerasTensor((None, 3)))
    for flag in ("sparse", "ragged", "shape", "dtype"):
        with pytest.raises(AttributeError):
            setattr(x, flag, getattr(x, flag))
    with pytest.raises(TypeError, match="Python condition"):
        bool(x > 0)


def test_view_as_64_bits_where_there_are_none() -> None:
    """JAX without x64: the same error eagerly and symbolically, never other bytes."""
    pytest.importorskip("jax")
    with keras.backend_scope("jax"):
        text = message("view", (keras.KerasTensor((2, 4)), "int64"))
        assert "`dtype`" in text and "'int32'" in text and "dtype='int64'" in text
        assert message("view", (ops.zeros((2, 4)), "int64")) == text


@pytest.mark.parametrize("shape", [None, (2, None), (2, 1.5), "ab"])
def test_sizes_that_are_none(backend: str, shape: Any) -> None:
    """A tensor that is made needs a size; only a symbolic run may leave it open."""
    for make in (ops.zeros, ops.ones, lambda shape: ops.full(shape, 1.0)):
        with pytest.raises(TypeError, match=r"keras.ops.\w+: `shape` must be an int"):
            make(shape)
