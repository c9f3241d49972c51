"""How products of matrices and tensors are written to ONNX.

Weights of few bits stay so in the file: `QuantizeLinear` and `DequantizeLinear` stand
around products, by which runtimes know that they may multiply integers.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from keras.core.dtypes import result_type
from keras.export.onnx.graph import (
    Value,
    constant,
    emit,
    graph,
    ops,
    weight,
)
from keras.export.onnx.graph import (
    integers as places_of,
)
from keras.ops.nn import quantized

_WIDER = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "int32",
          "uint16": "int32"}  # fmt: skip


def matmul(x1: Value, x2: Value) -> Value:
    dtype = result_type(x1.dtype, x2.dtype)
    if dtype == "int8":
        dtype = "int32"  # int8 beside int8, as all ops have it
    wide = _WIDER.get(dtype, dtype)
    return ops.cast(_product(ops.cast(x1, wide), ops.cast(x2, wide)), dtype)


def _product(x1: Value, x2: Value) -> Value:
    rank = max(x1.ndim, x2.ndim)
    found = emit("MatMul", x1, x2, dtype=x1.dtype)
    if x1.ndim > 1 and x2.ndim == 2:
        found.note((*x1.shape[:-1], x2.shape[-1]), x1.dtype)
    elif x1.ndim > 1 and x2.ndim > 1:
        found.note((*[None] * (rank - 2), x1.shape[-2], x2.shape[-1]), x1.dtype)
    else:
        found.note([None] * (rank - (x1.ndim == 1) - (x2.ndim == 1)), x1.dtype)
    return found


def linear(x: Value, kernel: Value, bias: Any = None, axes: int = 1) -> Value:
    if x.ndim == 2 and kernel.ndim == 2 and bias is not None and bias.ndim == 1:
        return emit("Gemm", x, kernel, bias)
    if kernel.ndim == 2:
        found = ops.matmul(x, kernel)
    else:
        found = ops.tensordot(x, kernel, axes)
    return found if bias is None else ops.add(found, bias)


def tensordot(x1: Value, x2: Value, axes: Any = 2) -> Value:
    first, second = _contracted(x1.ndim, x2.ndim, axes)
    letters = iter(string.ascii_letters)
    left = [next(letters) for _ in range(x1.ndim)]
    right = [next(letters) for _ in range(x2.ndim)]
    for a, b in zip(first, second, strict=True):
        right[b] = left[a]
    kept = [s for a, s in enumerate(left) if a not in first]
    kept += [s for a, s in enumerate(right) if a not in second]
    return ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x1, x2)


def _contracted(rank1: int, rank2: int, axes: Any) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        return list(range(rank1 - axes, rank1)), list(range(axes))
    pair = [[a] if isinstance(a, int) else list(a) for a in axes]
    return [a % rank1 for a in pair[0]], [a % rank2 for a in pair[1]]


def einsum(subscripts: str, *operands: Value, **kwargs: Any) -> Value:
    dtype = result_type(*(x.dtype for x in operands))
    wide = _WIDER.get(dtype, dtype)
    values = [ops.cast(x, wide) for x in operands]
    terms, out = _terms(subscripts, values)
    plain = all(len(set(term)) == len(term) for term in terms)
    if plain and len(values) == 1:
        found = _of_one(terms[0], out, values[0])
    elif plain and len(values) == 2 and dtype not in ("int64", "uint32", "uint64"):
        found = _of_two(terms[0], terms[1], out, *values)
    else:
        equation = f"{','.join(terms)}->{out}"
        shape = [_known(s, terms, values) for s in out]
        found = emit("Einsum", *values, equation=equation, shape=shape, dtype=wide)
    return ops.cast(found, dtype)


def _known(letter: str, terms: list[str], values: list[Value]) -> int | None:
    sizes = [
        x.shape[t.index(letter)]
        for t, x in zip(terms, values, strict=True)
        if letter in t
    ]
    return None if None in sizes else max(n for n in sizes if n is not None)


def _terms(subscripts: str, values: list[Value]) -> tuple[list[str], str]:
    """The letters of each operand and of the result; dots become letters, too."""
    left, _, out = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    free = [s for s in string.ascii_letters if s not in subscripts]
    most = 0
    for index, (term, x) in enumerate(zip(terms, values, strict=True)):
        if "..." in term:
            count = x.ndim - len(term) + 3
            most = max(most, count)
            terms[index] = term.replace("...", "".join(free[26 - count : 26]))
    dots = "".join(free[26 - most : 26]) if most else ""
    if "->" in subscripts:
        return terms, out.replace("...", dots)
    joined = "".join(terms)
    alone = sorted(s for s in set(joined) if joined.count(s) == 1 and s not in dots)
    return terms, dots + "".join(alone)


def _of_one(term: str, out: str, x: Value) -> Value:
    gone = [a for a, s in enumerate(term) if s not in out]
    x = ops.cast(ops.sum(x, gone), x.dtype) if gone else x
    left = [s for s in term if s in out]
    return ops.transpose(x, [left.index(s) for s in out]) if left else x


def _of_two(term1: str, term2: str, out: str, x1: Value, x2: Value) -> Value:
    """As one product of (batches of) matrices."""
    alone1 = [s for s in term1 if s not in out and s not in term2]
    alone2 = [s for s in term2 if s not in out and s not in term1]
    if alone1:
        kept = "".join(s for s in term1 if s not in alone1)
        x1, term1 = _of_one(term1, kept, x1), kept
    if alone2:
        kept = "".join(s for s in term2 if s not in alone2)
        x2, term2 = _of_one(term2, kept, x2), kept
    shared = [s for s in term1 if s in term2]
    batch = [s for s in out if s in shared]
    inner = [s for s in shared if s not in out]
    rows = [s for s in term1 if s not in shared]
    columns = [s for s in term2 if s not in shared]
    sizes = dict(zip(term2, ops.shape(x2), strict=True))
    sizes.update(
        {s: n for s, n in zip(term1, ops.shape(x1), strict=True)
         if s not in sizes or not (isinstance(n, int) and n == 1)}
    )  # fmt: skip
    # Rows stay apart where there is no batch: a matrix is shared by all of them.
    row_groups = [[s] for s in rows] if rows and not batch else [rows]
    inner_group = [inner]
    a = _grouped(x1, term1, [[s] for s in batch] + row_groups + inner_group, sizes)
    b = _grouped(x2, term2, [[s] for s in batch] + inner_group + [columns], sizes)
    found = ops.matmul(a, b)
    letters = batch + rows + columns
    if len(columns) != 1 or len(rows) != len(row_groups):
        found = ops.reshape(found, [sizes[s] for s in letters])
    elif row_groups == [[]]:
        found = ops.squeeze(found, len(batch))
    return ops.transpose(found, [letters.index(s) for s in out])


def _grouped(
    x: Value, term: str, groups: list[list[str]], sizes: dict[str, Any]
) -> Value:
    """The axes in the order of the groups, each of which becomes one axis."""
    order = [term.index(s) for group in groups for s in group]
    x = ops.transpose(x, order) if order != list(range(len(order))) else x
    if all(len(group) == 1 for group in groups):
        return x
    own = dict(zip(term, x.shape, strict=True))
    del own
    target = []
    place = 0
    shape = ops.shape(x)
    for group in groups:
        total: Any = 1
        for _ in group:
            total = shape[place] * total
            place += 1
        target.append(total)
    return ops.reshape(x, target)


# Few bits -------------------------------------------------------------------------

_FOUR_BITS = 21  # the version of ONNX's operators with integers of 4 bits, and blocks


def _stays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a rule that is written for constants, too."""
    function.stays = True  # type: ignore[attr-defined]
    return function


@_stays
def rounded(x: Value, low: int, high: int, dtype: str) -> Value:
    info = np.iinfo(dtype)
    if dtype not in ("int8", "uint8") or low > max(-high, info.min):
        return quantized.rounded.declaration.rule(x, low, high, dtype)  # type: ignore[attr-defined]
    scale, zero = constant(1, x.dtype), constant(0, dtype)
    return emit("QuantizeLinear", x, scale, zero, shape=x.shape, dtype=dtype)


@_stays
def as_floats(integers: Value, dtype: str, alone: bool = False) -> Value:
    if (alone and graph().exact) or integers.dtype not in ("int8", "uint8"):
        return emit("Cast", integers, to=dtype, shape=integers.shape, dtype=dtype)
    return _floats(integers, constant(1, dtype))


def _floats(
    integers: Value, scale: Value, zero: Value | None = None, **where: int
) -> Value:
    shape, dtype = integers.shape, scale.dtype
    return emit(
        "DequantizeLinear", integers, scale, zero, shape=shape, dtype=dtype, **where
    )


@_stays
def dequantized(
    integers: Value,
    scale: Value,
    zero: Value | None = None,
    index: Value | None = None,
    axis: int = 0,
    block_size: int | None = None,
    divides: bool = False,
) -> Value:
    given = [x for x in (integers, scale, zero, index) if x is not None]
    if not all(x.is_constant for x in given) or integers.array.dtype.itemsize > 1:
        rule = quantized.dequantized.declaration.rule  # type: ignore[attr-defined]
        return rule(integers, scale, zero, index, axis, block_size, divides)
    factor = (1 / scale.array if divides else scale.array).astype(scale.array.dtype)
    offset = None if zero is None else zero.array.astype(integers.array.dtype)
    found = _Weight(integers.array, factor, offset)
    group = None if index is None else index.array
    if block_size is not None:
        group = np.arange(integers.shape[axis]) // block_size
    if graph().exact:
        return found.product(axis, group)
    return found.whole() if group is None else found.grouped(axis, group)


class _Weight(NamedTuple):
    """A constant weight: integers, and factors and zeros that broadcast with them."""

    numbers: np.ndarray
    factor: np.ndarray
    zero: np.ndarray | None

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> _Weight:
        """The same with other factors and zeros."""
        zero = None if self.zero is None else change(self.zero)
        return _Weight(self.numbers, change(self.factor), zero)

    def product(self, axis: int, group: np.ndarray | None) -> Value:
        """The floats by a cast and a product: what a runtime computes once, exactly.

        It would make one product of a `DequantizeLinear` and the `MatMul` behind it.

        Args:
            axis: the axis of the groups.
            group: the place of each integer's factor, if they are not all alike.
        """
        dtype = self.factor.dtype.name
        values, *zeros = (
            emit("Cast", x, to=dtype, shape=x.shape, dtype=dtype)
            for x in self._stored()
        )
        factor = constant(self.factor)
        if group is not None and self.factor.shape[axis] > 1:
            places = places_of(group.tolist())
            factor, *zeros = (
                emit("Gather", x, places, axis=axis, dtype=dtype)
                for x in (factor, *zeros)
            )
        for zero in zeros:
            values = emit("Sub", values, zero, shape=values.shape, dtype=dtype)
        return emit("Mul", values, factor, shape=values.shape, dtype=dtype)

    def whole(self) -> Value:
        """The floats by one node, where there are no groups."""
        factor, rank = self.factor, self.numbers.ndim
        axes = [a + rank - factor.ndim for a, n in enumerate(factor.shape) if n > 1]
        if not axes:
            return self.mapped(lambda x: x.reshape(()))._node()
        if len(axes) == 1:
            return self.mapped(np.ravel)._node(axis=axes[0])
        # Along several axes: those at the end, and as one.
        order = [a for a in range(rank) if a not in axes] + axes
        moved = self.numbers.transpose(order)
        columns = int(np.prod(moved.shape[rank - len(axes) :]))
        matrix = _Weight(moved.reshape(-1, columns), self.factor, self.zero)
        floats = matrix.mapped(lambda x: x.reshape(1, columns)).whole()
        floats = ops.reshape(floats, moved.shape)
        return ops.transpose(floats, [order.index(a) for a in range(rank)])

    def grouped(self, axis: int, group: np.ndarray) -> Value:
        """The floats by one node, with a factor for each group of equal size."""
        if self.factor.shape[axis] == 1:
            return self.whole()
        order = np.argsort(group, kind="stable")
        counts = np.bincount(group, minlength=self.factor.shape[axis])
        size = int(counts[0])
        even = (counts[:-1] == size).all() and counts[-1] <= size
        if not even or graph().opset < _FOUR_BITS:
            return self.product(axis, group)
        turned = _Weight(self.numbers.take(order, axis), self.factor, self.zero)
        floats = turned._node(axis=axis, block_size=size)
        if (order == np.arange(order.size)).all():
            return floats
        return ops.take(floats, constant(np.argsort(order).astype("int32")), axis=axis)

    def _node(self, **where: int) -> Value:
        numbers, *zeros = self._stored()
        return _floats(numbers, constant(self.factor), *zeros, **where)

    def _stored(self) -> list[Value]:
        """The integers and the zeros, in 4 bits if these hold them."""
        dtype = self.numbers.dtype.name
        low, high = (-8, 7) if dtype == "int8" else (0, 15)
        given = [self.numbers] if self.zero is None else [self.numbers, self.zero]
        small = all(low <= x.min() and x.max() <= high for x in given)
        if small and graph().opset >= _FOUR_BITS:
            dtype = dtype.replace("8", "4")
            given = [x.astype(getattr(ml_dtypes, dtype)) for x in given]
        return [weight(x, x.shape, dtype, None) for x in given]
