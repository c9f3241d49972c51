"""Which ops give a sparse result for sparse tensors; all others get dense ones.

TensorFlow's SparseTensor and JAX's BCOO are taken by every op. Where zeros stay zeros
(and the result is worth being sparse), the backend's `sparse` module works on the
values that are there; elsewhere the tensor is made dense first. The symbolic rules read
the same table, so a KerasTensor's `sparse` says what will come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Rule = Callable[[Sequence[bool]], bool]

# Functions of one tensor with f(0) = 0: only the values that are there change.
ZERO_KEEPING = frozenset(
    [
        "abs",
        "absolute",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctanh",
        "cast",
        "cbrt",
        "ceil",
        "celu",
        "conj",
        "conjugate",
        "copy",
        "deg2rad",
        "elu",
        "erf",
        "erfinv",
        "expm1",
        "floor",
        "gelu",
        "hard_shrink",
        "hard_tanh",
        "imag",
        "isinf",
        "isnan",
        "leaky_relu",
        "log1p",
        "negative",
        "positive",
        "rad2deg",
        "real",
        "relu",
        "relu6",
        "round",
        "selu",
        "sign",
        "silu",
        "sin",
        "sinh",
        "soft_shrink",
        "softsign",
        "sqrt",
        "square",
        "stop_gradient",
        "tan",
        "tanh",
        "tanh_shrink",
        "trunc",
    ]
)
# Functions of one tensor that move, drop or add up values.
_STRUCTURAL = ["expand_dims", "mean", "reshape", "squeeze", "sum", "transpose"]
_ALL = ["add", "concatenate", "matmul", "maximum", "minimum", "subtract"]


def _first(sparse: Sequence[bool]) -> bool:
    return sparse[0]


def _numerator(sparse: Sequence[bool]) -> bool:
    return sparse[0] and not any(sparse[1:])


RULES: dict[str, Rule] = {
    **dict.fromkeys([*ZERO_KEEPING, *_STRUCTURAL], _first),
    **dict.fromkeys(_ALL, all),
    "multiply": any,
    "divide": _numerator,
    "true_divide": _numerator,
}
