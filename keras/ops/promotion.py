"""How the tensors of one call come to one dtype: a row for each way of `@op`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from keras.backends import current
from keras.core import dtypes

# A dtype's name, or the Python type of a number, which is weak: it gives way.
Operand = str | type


@dataclass(frozen=True)
class Promotion:
    """One way.

    Attributes:
        target: the dtype that all tensors are brought to, worked out from those they
            have; None if each keeps its own.
        unchanged: sets of the backend's dtypes, by their names in `backends.contract`:
            tensors that share a dtype of these are not promoted, so that a call on
            them need not ask for the target.
        keeps_any: whether tensors that share a dtype are never promoted, whichever
            dtype it is. They keep it, in `unchanged` or not.
        weak_integers: whether a Python integer beside an integer tensor takes its
            dtype. A float beside it never does.
        beside_numbers: the set of dtypes beside which a Python number takes the dtype
            of the tensor.
        follows_floatx: whether integers become `floatx()`, so that the target is not
            a function of the dtypes alone and cannot be remembered.
        separately: whether each tensor is promoted or not by its own dtype, whatever
            those beside it have.
    """

    target: Callable[[Sequence[Operand]], str] | None
    unchanged: tuple[str, ...] = ("inexact",)
    keeps_any: bool = False
    weak_integers: bool = False
    beside_numbers: str = "inexact"
    follows_floatx: bool = False
    separately: bool = False

    def of_reals(self) -> Promotion:
        """The way of an op that refuses complex numbers.

        No complex dtype counts as unchanged any more: a call on such tensors goes the
        general path, where they are refused.
        """
        real = {"inexact": "reals" if self.keeps_any else "floats"}
        return replace(
            self,
            unchanged=tuple(real.get(name, name) for name in self.unchanged),
            keeps_any=self.keeps_any and "inexact" not in self.unchanged,
            beside_numbers="floats",
        )


_ACCUMULATORS = {
    "bool": "int32",
    "int8": "int32",
    "int16": "int32",
    "uint8": "uint32",
    "uint16": "uint32",
}


def _number(found: Sequence[Operand]) -> str:
    joined = dtypes.result_type(*found)
    return "int32" if joined == "bool" else joined


def _sum(found: Sequence[Operand]) -> str:
    target = _ACCUMULATORS.get(joined := dtypes.result_type(*found))
    if target == "uint32" and current().canonical_dtype(target) != target:
        return "int32"  # torch: as in Keras, and half as wide as what holds all uint32
    return target or joined


def _product(found: Sequence[Operand]) -> str:
    joined = dtypes.result_type(*found)
    return "int32" if joined == "int8" and set(found) == {"int8"} else joined


_NUMBERS = ("inexact", "whole")
# What `@op(promote=...)` can say; `ops/declare.py` has the words for each.
PROMOTIONS: dict[str | None, Promotion] = {
    None: Promotion(None, keeps_any=True),
    "same": Promotion(
        lambda found: dtypes.result_type(*found), keeps_any=True, weak_integers=True
    ),
    "first": Promotion(lambda found: dtypes.result_type(found[0]), keeps_any=True),
    "input": Promotion(
        lambda found: dtypes.float_result(found[0]), follows_floatx=True
    ),
    "float": Promotion(lambda found: dtypes.float_result(*found), follows_floatx=True),
    "wide": Promotion(
        lambda found: dtypes.wide_result(*found), ("wide",), follows_floatx=True
    ),
    "number": Promotion(_number, _NUMBERS, weak_integers=True),
    "sum": Promotion(_sum, _NUMBERS),
    "product": Promotion(_product, _NUMBERS),
    "bool": Promotion(lambda found: "bool", ("boolean",), separately=True),
}
