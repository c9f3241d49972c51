"""Python's operators on KerasTensors and Variables.

The floors below may not know the ops, so the operators are attached from here when
`keras.ops` is loaded. On a Variable they work on its value, as the backend's own
tensors do; on a KerasTensor they are the ops themselves. `&`, `|` and `^` are logic on
both, as Keras has it, whatever a framework makes of its own tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.backends import backend_scope, current
from keras.backends.variable import Variable
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import TensorLike
from keras.ops import arithmetic, bitwise, logic, products, rounding, shaping
from keras.ops.indexing import get_item

_BINARY: dict[str, Callable[..., Any]] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.mod,
    "pow": arithmetic.power,
    "matmul": products.matmul,
    # Logic, of numbers too: what is not 0 counts as true.
    "and": logic.logical_and,
    "or": logic.logical_or,
    "xor": logic.logical_xor,
}
_COMPARISONS: dict[str, Callable[..., Any]] = {
    "lt": logic.less,
    "le": logic.less_equal,
    "gt": logic.greater,
    "ge": logic.greater_equal,
    "ne": logic.not_equal,
}


def _forward(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def operator(self: Any, other: TensorLike) -> Any:
        if other is None:
            return NotImplemented
        return function(self, other)

    operator.__name__ = operator.__qualname__ = name
    return operator


def _backward(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def operator(self: Any, other: TensorLike) -> Any:
        return function(other, self)

    operator.__name__ = operator.__qualname__ = name
    return operator


def _inverted_value(self: Any) -> Any:
    """`~` of a Variable is that of its value: bits of integers, logic of booleans."""
    boolean = "bool" in str(self.dtype)
    return logic.logical_not(self) if boolean else bitwise.bitwise_not(self)


def _operators() -> dict[str, Callable[..., Any]]:
    methods: dict[str, Callable[..., Any]] = {}
    for name, function in _BINARY.items():
        methods[f"__{name}__"] = _forward(function, f"__{name}__")
        methods[f"__r{name}__"] = _backward(function, f"__r{name}__")
    for name, function in _COMPARISONS.items():
        methods[f"__{name}__"] = _forward(function, f"__{name}__")
    methods["__neg__"] = lambda self: arithmetic.negative(self)
    methods["__pos__"] = lambda self: self
    methods["__abs__"] = lambda self: arithmetic.absolute(self)
    methods["__invert__"] = lambda self: logic.logical_not(self)
    methods["__getitem__"] = lambda self, key: get_item(self, key)
    methods["__round__"] = lambda self, ndigits=None: rounding.round(self, ndigits or 0)
    return methods


def _on_value(operator: Callable[..., Any]) -> Callable[..., Any]:
    """The operator on a Variable's value, on the Variable's own backend.

    Beside a KerasTensor the Variable itself goes into the graph, which reads it anew
    each time that it runs.
    """

    def method(self: Any, *args: Any) -> Any:
        if args and type(args[0]) is KerasTensor:
            return operator(self, *args)
        if current() is self.backend:
            return operator(self.value, *args)
        with backend_scope(self.backend):
            return operator(self.value, *args)

    method.__name__ = operator.__name__
    return method


_equal, _not_equal = _on_value(logic.equal), _on_value(logic.not_equal)


def _variable_equal(self: Any, other: TensorLike) -> Any:
    if isinstance(other, str) or not _is_number_like(other):
        return self is other
    return _equal(self, other)


def _variable_not_equal(self: Any, other: TensorLike) -> Any:
    if isinstance(other, str) or not _is_number_like(other):
        return self is not other
    return _not_equal(self, other)


def _is_number_like(x: TensorLike) -> bool:
    return isinstance(x, (bool, int, float, complex, list)) or hasattr(x, "dtype")


def attach_to(cls: type) -> None:
    """Gives a class of tensors the operators: each is the op on the tensor itself."""
    for name, operator in _operators().items():
        setattr(cls, name, operator)


def attach() -> None:
    """Gives KerasTensor and Variable their operators."""
    attach_to(KerasTensor)
    for name, operator in _operators().items():
        setattr(Variable, name, _on_value(operator))
    Variable.__invert__ = _on_value(_inverted_value)
    KerasTensor.reshape = lambda self, newshape: shaping.reshape(self, newshape)
    KerasTensor.squeeze = lambda self, axis=None: shaping.squeeze(self, axis)
    Variable.__eq__ = _variable_equal
    Variable.__ne__ = _variable_not_equal
