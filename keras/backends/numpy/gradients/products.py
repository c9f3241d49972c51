"""Rules of NumPy's products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.shaping import axes_of
from keras.backends.numpy.gradients.traced import (
    Pullbacks,
    composed,
    conjugate,
    differentiable,
)
from keras.core.typing import TensorLike


@composed(np.matmul)
def _matmul(a: TensorLike, b: TensorLike) -> TensorLike:
    """A vector is a matrix of one row, or one column, that the result has not."""
    left = a if a.ndim > 1 else a[None, :]
    right = b if b.ndim > 1 else b[:, None]
    product = _matrices(left, right)
    product = product if a.ndim > 1 else product[..., 0, :]
    return product if b.ndim > 1 else product[..., 0]


def _matrices_rule(out: TensorLike, a: TensorLike, b: TensorLike) -> Pullbacks:
    return lambda g: np.matmul(g, turned(b)), lambda g: np.matmul(turned(a), g)


@differentiable(_matrices_rule)
def _matrices(a: TensorLike, b: TensorLike) -> TensorLike:
    return np.matmul(a, b)


@composed(np.tensordot)
def _tensordot(a: TensorLike, b: TensorLike, axes: Any = 2) -> TensorLike:
    if isinstance(axes, (int, np.integer)):
        own, other = range(a.ndim - int(axes), a.ndim), range(int(axes))
    else:
        own, other = axes
    own, other = axes_of(_list(own), a.ndim), axes_of(_list(other), b.ndim)
    rows = [i for i in range(a.ndim) if i not in own]
    columns = [i for i in range(b.ndim) if i not in other]
    inner = math.prod(a.shape[i] for i in own)
    left = np.reshape(np.transpose(a, (*rows, *own)), (-1, inner))
    right = np.reshape(np.transpose(b, (*other, *columns)), (inner, -1))
    sizes = [a.shape[i] for i in rows] + [b.shape[i] for i in columns]
    return np.reshape(np.matmul(left, right), sizes)


def _list(axes: Any) -> TensorLike:
    return list(axes) if isinstance(axes, (tuple, list, range)) else [axes]


@composed(np.dot)
def _dot(a: TensorLike, b: TensorLike) -> TensorLike:
    if not a.ndim or not b.ndim:
        return a * b
    return np.tensordot(a, b, ([-1], [-2 if b.ndim > 1 else 0]))


@composed(np.einsum)
def _einsum(subscripts: str, *operands: TensorLike, **options: Any) -> TensorLike:
    inputs, output = _labels(subscripts, operands)
    pairs = [_diagonals(*pair) for pair in zip(inputs, operands, strict=True)]
    text = ",".join(labels for labels, _ in pairs) + "->" + output
    return _contracted(text, *(x for _, x in pairs), **options)


def _diagonals(labels: str, x: TensorLike) -> tuple[str, Any]:
    """An operand in which no label comes twice."""
    for label in labels:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = np.diagonal(x, 0, first, second)
            labels = labels.replace(label, "", 2) + label
    return labels, x


def _contracted_rule(
    out: TensorLike, text: str, *operands: TensorLike, **options: Any
) -> Pullbacks:
    left, _, output = text.partition("->")
    inputs = left.split(",")

    def of(place: int) -> TensorLike:
        own, x = inputs[place], operands[place]
        others = [x for i, x in enumerate(operands) if i != place]
        labels = [t for i, t in enumerate(inputs) if i != place]
        known = set(output).union(*labels)
        for label, size in zip(own, x.shape, strict=True):
            if label not in known:  # it was summed away alone
                others.append(np.ones(size, x.dtype))
                labels.append(label)

        def back(g: TensorLike) -> TensorLike:
            text = ",".join([output, *labels]) + "->" + own
            parts = [conjugate(each) for each in others]
            return np.einsum(text, g, *parts, optimize=len(parts) > 0)

        return back

    return None, *(of(place) for place in range(len(operands)))


@differentiable(_contracted_rule)
def _contracted(text: str, *operands: TensorLike, **options: Any) -> TensorLike:
    return np.einsum(text, *operands, **options)


def _labels(subscripts: str, operands: TensorLike) -> tuple[list[str], str]:
    """Subscripts of each operand and of the output, with labels for dots."""
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    unused = [c for c in map(chr, range(65, 123)) if c.isalpha() and c not in text]
    counts = [
        x.ndim - len(t.replace("...", ""))
        for t, x in zip(inputs, operands, strict=True)
    ]
    dots = "".join(unused[: max(counts, default=0)])
    inputs = [
        t.replace("...", dots[len(dots) - n :] if n else "")
        for t, n in zip(inputs, counts, strict=True)
    ]
    if not arrow:
        together = "".join(inputs)
        once = sorted(c for c in set(together) - set(dots) if together.count(c) == 1)
        return inputs, dots + "".join(once)
    return inputs, output.replace("...", dots)


def turned(x: TensorLike) -> TensorLike:
    """The conjugate transpose of matrices."""
    return np.swapaxes(conjugate(x), -1, -2)
