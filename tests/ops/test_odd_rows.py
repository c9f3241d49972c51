"""Every row of the tables on odd input: NaN, infinities and -0; nothing; one number.

The plainest row of each op is taken as it stands, with its float arrays changed; the
reference is the row's own. Where the reference refuses such input, so may the op. JAX
is left to `test_accuracy.py`: it would compile each op anew for each kind of input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.conftest import BACKENDS
from tests.ops.rows import Row, all_rows, flatten, map_arrays

_KERNEL = "the framework's kernel has its own answer to NaN"
_SINGULAR = "no matrix of numbers, so any answer or error is right"
_UNORDERED = "infinities next to each other: inf - inf, or the place of a NaN"
_SAMPLE = "the row's other arguments do not fit such input"
_NOTHING = "the framework's kernel takes no empty tensor"
_REFERENCE = "the reference is a sample's, not a function of the input"
# kind of input -> op -> why it is left out; or the backends where, and why
_MATRICES = """
cholesky cholesky_inverse logdet slogdet inv solve solve_triangular det pinv lstsq norm
svd lu_factor cdist
"""
_INFINITE = """
quantile percentile nanquantile nanpercentile sparsemax top_k moments angle fft irfft
average_pool max_pool
"""
_SIGNALS = "fft fft2 ifft2 rfft irfft stft conv_transpose ctc_loss"
_CHOICES = "nanmedian nanquantile nanpercentile histogram median percentile"
_NO_AXIS = "an axis that is not there"
EXEMPT: dict[str, dict[str, str | tuple[tuple[str, ...], str]]] = {
    "odd": {
        **dict.fromkeys(_MATRICES.split(), _SINGULAR),
        **dict.fromkeys(_INFINITE.split(), _UNORDERED),
        "hard_shrink": (("torch",), _KERNEL),
        "threshold": (("torch",), _KERNEL),
        "binary_crossentropy": (("torch",), "torch refuses what is no probability"),
        "sparse_categorical_crossentropy": (("torch",), _KERNEL),
        "dot_product_attention": (("torch",), _KERNEL),
        "argmax": (("tensorflow",), _KERNEL),
        "argmin": (("tensorflow",), _KERNEL),
        "searchsorted": (("tensorflow",), _KERNEL),
        "segment_max": (("tensorflow",), _KERNEL),
        "segment_min": (("tensorflow",), _KERNEL),
        "istft": _REFERENCE,
    },
    "empty": {
        **dict.fromkeys(_SIGNALS.split(), (("torch", "tensorflow"), _NOTHING)),
        **dict.fromkeys(["slice", "slice_update", "in_top_k"], _SAMPLE),
        **dict.fromkeys(_CHOICES.split(), "there is no number to choose"),
        "lu_factor": "the reference has no answer of such a shape",
        "istft": _REFERENCE,
    },
    "scalar": {
        **dict.fromkeys(["softmax", "log_softmax"], _NO_AXIS),
        **dict.fromkeys(["matrix_rank", "in_top_k"], "matrices are wanted"),
        "categorical_crossentropy": _NO_AXIS,
        "argmax": (("tensorflow",), _NO_AXIS),
        "argmin": (("tensorflow",), _NO_AXIS),
        "view": (("numpy",), "the reference keeps the shape, NumPy's bytes do not"),
        "istft": _REFERENCE,
    },
}


def odd(x: np.ndarray) -> np.ndarray:
    """Some numbers replaced."""
    if x.dtype.kind != "f" or x.size < 5:
        return x
    flat = x.copy().reshape(-1)
    for place, value in enumerate([np.nan, np.inf, -np.inf, -0.0]):
        flat[place * 3 % x.size] = value
    return flat.reshape(x.shape)


def empty(x: np.ndarray) -> np.ndarray:
    """No rows."""
    return x[:0] if x.ndim else x


def scalar(x: np.ndarray) -> np.ndarray:
    """The first number, of no dimension."""
    return x.reshape(-1)[:1].reshape(()) if x.dtype.kind in "fi" else x


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "odd": odd,
    "empty": empty,
    "scalar": scalar,
}
ROWS: dict[str, Row] = {}
for _row in all_rows():
    _leaves = flatten([_row.args, _row.kwargs])
    if _row.reference is not None and any(
        isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in _leaves
    ):
        ROWS.setdefault(_row.op, _row)


def reference(row: Row, args: Any, kwargs: Any) -> list[np.ndarray] | None:
    """What must come; None where the reference takes no such input."""
    assert row.reference is not None
    try:
        return [np.asarray(x) for x in flatten(row.reference(*args, **kwargs))]
    except Exception:
        return None


def wrong(row: Row, kind: str, backend: str) -> str | None:
    """What is wrong with the op's answer on the current backend."""
    args, kwargs = map_arrays(KINDS[kind], [list(row.args), row.kwargs])
    expected = reference(row, args, kwargs)
    if expected is None:
        return None
    try:
        given = map_arrays(ops.convert_to_tensor, [args, kwargs])
        results = flatten(getattr(ops, row.op)(*given[0], **given[1]))
        for result, want in zip(results, expected, strict=True):
            got = np.asarray(ops.convert_to_numpy(result))
            assert got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4)
    except Exception as error:
        return f"{backend}: {type(error).__name__}: {error}"
    return None


def exempt(kind: str, op: str, backend: str) -> bool:
    """Whether the op is left out on the backend."""
    why = EXEMPT[kind].get(op)
    return why is not None and (isinstance(why, str) or backend in why[0])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "jax"])
def test_odd_input(backend: str, kind: str) -> None:
    """The answer is the reference's, or the op stands in `EXEMPT` with a reason."""
    with keras.backend_scope(backend), np.errstate(all="ignore"):
        found = {
            op: wrong(row, kind, backend)
            for op, row in ROWS.items()
            if not exempt(kind, op, backend)
        }
    assert not {op: text for op, text in found.items() if text is not None}


def test_most_rows_are_tried() -> None:
    """Exceptions stay exceptions."""
    assert len(ROWS) > 240
    assert all(len(EXEMPT[kind]) < 50 for kind in KINDS)
