"""When the result of an op on sparse tensors is sparse: the named rules of `@op`.

TensorFlow's SparseTensor and JAX's BCOO are taken by every op. Where zeros stay zeros
(and the result is worth being sparse), the backend's `sparse` module works on the
values that are there; elsewhere the tensor is made dense first, as it is for an op that
declares no rule. The symbolic rules ask the same, so a KerasTensor's `sparse` says what
will come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sparsity:
    """One rule.

    Attributes:
        stays: of each tensor argument, whether it is sparse -> whether the result is.
        by_values: whether the op is a function of one tensor with `f(0) = 0`, so that
            it can be computed on the values that are there, whatever the backend.
    """

    stays: Callable[[Sequence[bool]], bool]
    by_values: bool = False


def _first(sparse: Sequence[bool]) -> bool:
    return sparse[0]


def _numerator(sparse: Sequence[bool]) -> bool:
    return sparse[0] and not any(sparse[1:])


RULES: dict[str, Sparsity] = {
    "values": Sparsity(_first, by_values=True),
    "first": Sparsity(_first),  # values are moved, dropped or added up
    "all": Sparsity(all),
    "any": Sparsity(any),
    "numerator": Sparsity(_numerator),
}
