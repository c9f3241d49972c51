"""The ONNX graph while it is written, and the values in it.

A `Value` is what the ops of a model are called on while its graph is written: a tensor
of the backend in `writer.py`. It has a dtype and a shape with None for sizes that are
known only when the file runs, and is one of three things:

- a constant: its numbers are known (weights are such), so that ops on constants alone
  are computed at once and only what meets an input of the model becomes a node;
- the output of a node;
- another value with its axes in another order, which becomes a node only when somebody
  needs the axes so. Convolutions of ONNX have channels first, and thanks to this a
  network with channels last has no transposition between two of them.

Nodes that no output needs are left out when the file is made (`file.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import keras.ops
from keras.core import context
from keras.core.dtypes import standardize_dtype
from keras.core.operators import Operators

Shape = tuple[int | None, ...]
# On values they give values, which their own annotations do not promise.
ops: Any = keras.ops


@dataclass(eq=False)
class Node:
    """One node: ONNX's name of the op, values in (None: left out) and out, attributes.

    A `Graph` among the attributes is the body of a loop or a branch.
    """

    op: str
    inputs: list[Value | None]
    outputs: list[Value]
    attributes: dict[str, Any]
    scope: str


@dataclass(eq=False)
class Graph:
    """The nodes of a graph, in order; `outer` is the graph around a loop's body.

    `exact` says that runtimes must not round what weights of few bits multiply.
    """

    outer: Graph | None = None
    opset: int = 0
    exact: bool = True
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def sees(self, home: Graph | None) -> bool:
        """Whether what is computed in `home` can be read here."""
        graph: Graph | None = self
        while graph is not None and graph is not home:
            graph = graph.outer
        return home is None or graph is not None


_innermost: ContextVar[Graph | None] = ContextVar("onnx_graph", default=None)


def graph() -> Graph:
    """The graph that is being written."""
    found = _innermost.get()
    if found is None:
        raise RuntimeError("No ONNX graph is being written.")
    return found


@contextmanager
def writing(new: Graph) -> Iterator[Graph]:
    """Inside, nodes go to this graph."""
    token = _innermost.set(new)
    try:
        yield new
    finally:
        _innermost.reset(token)


class Value(Operators):
    """A tensor of the graph; see the module's docstring."""

    __slots__ = (
        "__weakref__",
        "_array",
        "_dtype",
        "_keras_mask",
        "_memo",
        "_shape",
        "base",
        "home",
        "name",
        "order",
        "size_of",
        "wide",
    )

    # NumPy must leave `array + value` to this class.
    __array_priority__ = 1000
    __array_ufunc__ = None

    def __init__(self, shape: Any = None, dtype: str | None = None) -> None:
        self._array: Any = (
            None  # the numbers of a constant, or a function that has them
        )
        self._shape: Shape | None = shape
        self._dtype = dtype
        self.name: str | None = None
        self.home: Graph | None = None  # where it is computed; None for constants
        self.base: Value | None = None  # what it is with the axes in `order`
        self.order: tuple[int, ...] = ()
        self.size_of: Any = None  # (value, axis) if this is that size
        self.wide: Value | None = None  # the same number as int64
        self._keras_mask: Any = None
        self._memo: dict[Any, Value] = {}

    @property
    def shape(self) -> Any:
        """The shape, None for what is known only at run time."""
        if self._shape is None:
            raise RuntimeError(f"The shape of {self.name or 'a value'} is not noted.")
        return self._shape

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        if self._dtype is None:
            raise RuntimeError(f"The dtype of {self.name or 'a value'} is not noted.")
        return self._dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def note(self, shape: Any, dtype: str) -> None:
        """Says what shape and dtype are, where nobody has said more yet."""
        if self._shape is None:
            self._shape = tuple(shape)
        elif len(shape) == len(self._shape):
            pairs = zip(self._shape, shape, strict=True)
            self._shape = tuple(b if a is None else a for a, b in pairs)
        if self._dtype is None:
            self._dtype = dtype
        if self.base is not None:
            there: list[Any] = [None] * len(self.order)
            for axis, place in enumerate(self.order):
                there[place] = self.shape[axis]
            self.base.note(there, dtype)

    @property
    def is_constant(self) -> bool:
        """Whether the numbers are known."""
        return self._array is not None

    @property
    def array(self) -> np.ndarray:
        """The numbers of a constant."""
        if callable(self._array):
            self._array = self._array()
        return self._array

    @property
    def plain(self) -> Value:
        """This value computed in the graph being written, axes and all."""
        if self.base is None:
            return self
        return self.remembered(
            "plain",
            lambda: emit(
                "Transpose", self.base, perm=list(self.order),
                shape=self._shape, dtype=self._dtype,
            ),
        )  # fmt: skip

    def remembered(self, key: Any, make: Any) -> Value:
        """What `make()` gives, once for the graphs that can read it."""
        known = self._memo.get(key)
        if known is None or not graph().sees(known.home):
            known = self._memo[key] = make()
        return known

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        del copy
        if not self.is_constant:
            raise self._no_numbers("NumPy")
        return self.array if dtype is None else self.array.astype(dtype)

    def _no_numbers(self, what: str) -> Exception:
        return TypeError(
            f"An ONNX graph is being written, in which a tensor has no numbers yet, so "
            f"{what} is not possible. Use keras.ops instead (keras.ops.cond for "
            "conditions)."
        )

    def _number(self, what: str) -> Any:
        if not self.is_constant:
            raise self._no_numbers(what)
        return self.array.item()

    def __bool__(self) -> bool:
        return bool(self._number("a Python condition (if, while, and, or, not)"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __float__(self) -> float:
        return float(self._number("float()"))

    def __index__(self) -> int:
        return int(self._number("use as an index"))

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise self._no_numbers("len() of an unknown size")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"<ONNX value shape={self._shape}, dtype={self._dtype}>"


def constant(array: Any, dtype: str | None = None, name: str | None = None) -> Value:
    """A value whose numbers are known."""
    array = np.asarray(array, dtype)
    value = Value(array.shape, standardize_dtype(array.dtype))
    value._array, value.name = array, name
    return value


def weight(read: Any, shape: Any, dtype: str, name: str | None) -> Value:
    """A constant: its numbers, or a function that reads them when they are wanted."""
    value = Value(tuple(shape), dtype)
    value._array, value.name = read, name
    return value


def integers(numbers: Sequence[int]) -> Value:
    """A constant of int64, as ONNX has axes and sizes."""
    return constant(np.asarray(numbers, "int64"))


def in_order(base: Value, order: Sequence[int]) -> Value:
    """A value with its axes in another order: axis i is axis `order[i]` of `base`."""
    if base.base is not None:
        base, order = base.base, [base.order[axis] for axis in order]
    if list(order) == list(range(len(order))):
        return base
    if base.is_constant:
        return constant(base.array.transpose(order))  # a view until it is written
    value = Value(None, base._dtype)
    if base._shape is not None:
        value._shape = tuple(base._shape[axis] for axis in order)
    value.base, value.order, value.home = base, tuple(order), base.home
    return value


def node(
    op: str, inputs: Sequence[Value | None], count: int, **attributes: Any
) -> list[Value]:
    """Adds a node to the graph being written; its outputs."""
    home = graph()
    outputs = [Value() for _ in range(count)]
    for output in outputs:
        output.home = home
    given = {k: v for k, v in attributes.items() if v is not None}
    values = [None if x is None else x.plain for x in inputs]
    while values and values[-1] is None:
        values.pop()
    scope = "/".join(context.get().names)
    home.nodes.append(Node(op, values, outputs, given, scope))
    return outputs


def emit(
    op: str,
    *inputs: Value | None,
    shape: Any = None,
    dtype: str | None = None,
    **attributes: Any,
) -> Value:
    """Adds a node with one output; shape and dtype may be noted later."""
    (output,) = node(op, inputs, 1, **attributes)
    output._shape = None if shape is None else tuple(shape)
    output._dtype = dtype
    return output


def listed(axis: Any) -> list[int]:
    """The axes of an argument that may be one or hold several."""
    return [int(a) for a in axis] if isinstance(axis, (tuple, list)) else [int(axis)]


# Sizes ----------------------------------------------------------------------------


def size(x: Value, axis: int) -> Any:
    """The size along an axis: an integer, or a scalar that the file computes."""
    known = x.shape[axis]
    return known if known is not None else x.remembered(axis, lambda: _size(x, axis))


def _size(x: Value, axis: int) -> Value:
    source = x if x.base is None else x.base
    place = axis if x.base is None else x.order[axis]
    sizes = source.remembered(
        "shape", lambda: emit("Shape", source, shape=(len(x.shape),), dtype="int64")
    )
    wide = emit("Gather", sizes, integers_0d(place), axis=0, shape=(), dtype="int64")
    result = emit("Cast", wide, to="int32", shape=(), dtype="int32")
    result.wide, result.size_of = wide, (source, place)
    return result


def integers_0d(number: int) -> Value:
    """A constant scalar of int64."""
    return constant(np.asarray(number, "int64"))


def as_wide(number: Any) -> Value:
    """A number, known or not, as a scalar of int64."""
    if not isinstance(number, Value):
        return integers_0d(int(number))
    if number.is_constant:
        return constant(number.array.astype("int64").reshape(()))
    if number.wide is not None and graph().sees(number.wide.home):
        return number.wide
    if number.dtype == "int64":
        return number
    return emit("Cast", number, to="int64", shape=(), dtype="int64")


def as_sizes(numbers: Any) -> Value:
    """Several numbers, known or not, as one vector of int64."""
    if isinstance(numbers, Value):
        if numbers.dtype == "int64":
            return numbers
        if numbers.is_constant:
            return integers(numbers.array.tolist())
        return emit("Cast", numbers, to="int64", shape=numbers.shape, dtype="int64")
    numbers = list(numbers)
    if not any(isinstance(n, Value) and not n.is_constant for n in numbers):
        return integers([int(n) for n in numbers])
    parts: list[Value] = []
    run: list[int] = []
    for n in numbers:
        if isinstance(n, Value) and not n.is_constant:
            if run:
                parts.append(integers(run))
                run = []
            one = emit(
                "Unsqueeze", as_wide(n), integers([0]), shape=(1,), dtype="int64"
            )
            parts.append(one)
        else:
            run.append(int(n))
    if run:
        parts.append(integers(run))
    if len(parts) == 1:
        return parts[0]
    return emit("Concat", *parts, axis=0, shape=(len(numbers),), dtype="int64")
