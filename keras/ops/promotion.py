"""The dtype that the tensors of a call are brought to: the named ways of `@op`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core import dtypes

Promotion = Callable[[list[Any]], str]


def _to_number(found: list[Any]) -> str:
    joined = dtypes.result_type(*found)
    return "int32" if joined == "bool" else joined


def _to_sum(found: list[Any]) -> str:
    return _ACCUMULATORS.get(joined := dtypes.result_type(*found), joined)


def _to_product(found: list[Any]) -> str:
    joined = dtypes.result_type(*found)
    return "int32" if joined == "int8" and set(found) == {"int8"} else joined


_ACCUMULATORS = {
    "bool": "int32",
    "int8": "int32",
    "int16": "int32",
    "uint8": "uint32",
    "uint16": "uint32",
}
PROMOTIONS: dict[str, Promotion] = {
    "same": lambda found: dtypes.result_type(*found),
    "float": lambda found: dtypes.float_result(*found),
    "wide": lambda found: dtypes.wide_result(*found),
    "first": lambda found: found[0],
    "number": _to_number,
    "sum": _to_sum,
    "product": _to_product,
    "bool": lambda found: "bool",
}
