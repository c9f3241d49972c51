"""Ops as nodes of ONNX: every row of the ops' tables, and that no op is forgotten."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.export.onnx import file, trace
from keras.export.onnx.reasons import REASONS, CannotExport
from keras.export.onnx.writer import writer
from keras.ops.declaration import DEFAULTS
from keras.ops.declare import DECLARATIONS
from tests.export.onnx_files import run, session
from tests.ops.rows import Row, all_rows, flatten, map_arrays

ROOT = Path(__file__).parents[2]
# Of an op that is written, the arguments for which it is not.
REFUSED = {
    "norm": "of matrices",
    "quantile": "method='linear' only",
    "segment_sum-counted": "`num_segments` only",
    "kaiser": "an integer",
}
# Values at the edges of its bins fall into either, by rounding.
ROUNDED = ("histogram",)


def _arrays(row: Row) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    map_arrays(found.append, (row.args, row.kwargs))
    return found


ALL = [row for row in all_rows() if all(a.dtype.kind in "biuf" for a in _arrays(row))]


class Call(keras.Layer):
    """A row's op on arrays given anew."""

    def __init__(self, row: Row) -> None:
        super().__init__(name="op", autocast=False)
        self.row, self.built = row, True

    def call(self, *arrays: Any) -> Any:
        rest = iter(arrays)
        args = map_arrays(lambda _: next(rest), self.row.args)
        kwargs = map_arrays(lambda _: next(rest), self.row.kwargs)
        return flatten(getattr(ops, self.row.op)(*args, **kwargs))


@pytest.mark.parametrize("row", ALL, ids=[row.id for row in ALL])
def test_values(row: Row, tmp_path: Path) -> None:
    """onnxruntime computes what NumPy does; or the error says why it cannot."""
    arrays = _arrays(row)
    with keras.backend_scope("numpy"):
        layer = Call(row)
        signature = [
            keras.KerasTensor(a.shape, a.dtype.name, name=f"x{i}")
            for i, a in enumerate(arrays)
        ]
        try:
            graph = trace.traced(layer, signature, 23)
        except CannotExport as error:
            refused = [v for k, v in REFUSED.items() if row.id.startswith(k)]
            known = [*refused, *REASONS.values()]
            assert any(text in str(error) for text in known), error
            return
        if row.id in ROUNDED:
            return
        with np.errstate(all="ignore"):
            tensors = [ops.convert_to_tensor(a) for a in arrays]
            expected = [np.asarray(ops.convert_to_numpy(y)) for y in layer(*tensors)]
    path = tmp_path / "op.onnx"
    file.Writing(graph, "op", 23).to(str(path))
    for got, want in zip(run(session(path), arrays), expected, strict=True):
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        np.testing.assert_allclose(
            got.astype("float64"), want.astype("float64"), atol=1e-4, rtol=1e-4
        )


def test_no_op_is_forgotten() -> None:
    """A primitive op has a rule, or is written in others, or a reason says why not."""
    rules = vars(writer())
    ours = [d for d in DECLARATIONS.values() if d.rule.__module__.startswith("keras.")]
    lacking = [
        d.name
        for d in ours
        if not d.composed
        and d.name not in rules
        and d.name not in DEFAULTS
        and d.name not in REASONS
    ]
    assert not lacking
    assert not [name for name in REASONS if name in rules]


def test_the_page_is_current() -> None:
    """`python tools/onnx_ops.py` writes it anew."""
    tool = runpy.run_path(str(ROOT / "tools" / "onnx_ops.py"))
    assert (ROOT / "docs" / "onnx_ops.md").read_text() == tool["page"]()
