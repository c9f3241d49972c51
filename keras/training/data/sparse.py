"""Sparse matrices of SciPy, TensorFlow, JAX and torch, made dense batch by batch.

The whole may be far too big to be dense, so only the rows of a batch are. The layouts
are recognised by their attributes, with no framework imported.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core.typing import DType, TensorLike
from keras.training.data.rows import Rows


class SparseRows(Rows):
    """A sparse array whose rows become dense when they are taken: `rows[3:5]`.

    Args:
        indices: The places of the values, of shape `(values, rank)`.
        values: The values, of shape `(values,)`; those of one place add up.
        shape: The dense shape.
    """

    def __init__(
        self, indices: TensorLike, values: TensorLike, shape: tuple[int, ...]
    ) -> None:
        order = np.argsort(indices[:, 0], kind="stable")
        self._indices = np.asarray(indices)[order]
        self._values = np.asarray(values)[order]
        self.shape = tuple(int(size) for size in shape)
        rows = np.arange(self.shape[0] + 1)
        self._starts = np.searchsorted(self._indices[:, 0], rows)

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self._values.dtype

    def astype(self, dtype: DType) -> SparseRows:
        """The same with values of another dtype."""
        return SparseRows(self._indices, self._values.astype(dtype), self.shape)

    def part(self, rows: slice) -> SparseRows:
        """Neighbouring rows, still sparse."""
        start, stop, _ = rows.indices(self.shape[0])
        taken = slice(self._starts[start], self._starts[stop])
        indices = self._indices[taken].copy()
        indices[:, 0] -= start
        return SparseRows(indices, self._values[taken], (stop - start, *self.shape[1:]))

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Some rows, dense.

        Args:
            rows: A slice, or an array of row numbers.
        """
        chosen = np.arange(self.shape[0])[rows]
        starts, counts = self._starts[chosen], np.diff(self._starts)[chosen]
        # The places of all values of these rows, and which of the rows each is in.
        row = np.repeat(np.arange(len(chosen)), counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        places = np.arange(len(row)) - before + starts[row]
        dense = np.zeros((len(chosen), *self.shape[1:]), self.dtype)
        columns = self._indices[places, 1:]
        np.add.at(dense, (row, *columns.T), self._values[places])
        return dense


# What sparse arrays have, and ragged tensors and gradients of rows do not.
_MARKS = {
    "scipy": ("tocoo",),
    "tensorflow": ("dense_shape", "with_values"),
    "jax": ("todense",),
}


def is_sparse(value: Any) -> bool:
    """Whether this is a sparse array of some framework."""
    root = type(value).__module__.partition(".")[0]
    if root == "torch":
        return str(getattr(value, "layout", "torch.strided")) != "torch.strided"
    marks = _MARKS.get(root)
    return marks is not None and all(hasattr(value, mark) for mark in marks)


def sparse_rows(value: Any) -> SparseRows | None:
    """A sparse array of any framework as `SparseRows`; None for what is none."""
    if not is_sparse(value):
        return None
    root = type(value).__module__.partition(".")[0]
    if root == "scipy":
        coo = value.tocoo()
        return SparseRows(np.stack([coo.row, coo.col], 1), coo.data, coo.shape)
    if root == "tensorflow":
        indices, shape = np.asarray(value.indices), np.asarray(value.dense_shape)
        return SparseRows(indices, np.asarray(value.values), tuple(shape))
    if root == "jax":
        dense = np.asarray(value.todense())  # how it is laid out is up to JAX
        indices = np.argwhere(dense)
        return SparseRows(indices, dense[tuple(indices.T)], dense.shape)
    coo = value.detach().cpu().to_sparse_coo().coalesce()
    return SparseRows(coo.indices().T.numpy(), coo.values().numpy(), coo.shape)
