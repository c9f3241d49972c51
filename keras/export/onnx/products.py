"""How products of matrices and tensors are written to ONNX."""

from __future__ import annotations

import string
from typing import Any

from keras.core.dtypes import result_type
from keras.export.onnx.graph import Value, emit, ops

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
