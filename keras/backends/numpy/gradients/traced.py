"""Arrays that remember how they were made.

NumPy hands every function that meets a `Traced` array to `apply`, which runs it on the
plain arrays inside and notes how a gradient of the result leads to gradients of its
arguments: the function's rule. So a function of the backend that is written in NumPy
has a gradient because NumPy's functions have; one that writes into arrays, or that has
a corner, says its own rule (`differentiable`).

Gradients within gradients have levels: a `Traced` of the inner holds one of the outer,
and a rule, being made of NumPy's functions too, is recorded by the outer level.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, NoReturn

import ml_dtypes
import numpy as np

from keras.core import tree
from keras.core.errors import BackendError
from keras.core.typing import DType, TensorLike

# From the gradient of a result to that of one argument; to a list, for a list of them.
Pullback = Callable[[Any], Any]
# Called with the result and the arguments; gives a pullback of each, None for none.
Pullbacks = Sequence[Pullback | None]
Rule = Callable[..., Pullbacks]

RULES: dict[Any, Rule] = {}
COMPOSED: dict[Any, Callable[..., Any]] = {}  # written in functions that have rules
FLAT: set[Any] = set()  # their derivative is 0, wherever there is one

_numbers = itertools.count()
INEXACT = frozenset(
    np.dtype(name)
    for name in (
        *("float16", "float32", "float64", "complex64", "complex128"),
        *(ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2),
    )
)


class Node:
    """Where a traced array came from.

    Args:
        value: the array; a tuple of them, for a function of several results.
        parents: nodes of the arguments (a list of them, for an argument that is a
            list), each with its pullback.
    """

    __slots__ = ("dtype", "number", "parents", "shape")

    def __init__(self, value: Any, parents: list[tuple[Any, Pullback]]) -> None:
        self.number = next(_numbers)
        self.parents = parents
        several = type(value) is tuple
        self.shape = None if several else value.shape
        self.dtype = None if several else value.dtype


# Recording ------------------------------------------------------------------------


def apply(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls a function on what traced arrays hold, and notes the way back."""
    composed = COMPOSED.get(function)
    if composed is not None:
        return composed(*args, **kwargs)
    level = level_of(*args, *kwargs.values())
    if function in FLAT:
        return function(*inside(args, level), **_inside_named(kwargs, level))
    rule = RULES.get(function)
    if kwargs and rule is not None and any(True for _ in _traced((), kwargs)):
        bound = inspect.signature(rule).bind(None, *args, **kwargs)
        bound.apply_defaults()
        args, kwargs = bound.args[1:], bound.kwargs
    plain, named = inside(args, level), _inside_named(kwargs, level)
    result = function(*plain, **named)
    if isinstance(result, tuple):
        result = tuple(result)  # NumPy names the parts of some
    if rule is None:
        if any(_is_inexact(x) for x in _parts(result)):
            raise no_rule(function)
        return result
    if type(result) is not tuple and not _is_inexact(result):
        return result
    pullbacks = rule(result, *plain, **named)
    parents: list[tuple[Any, Pullback]] = []
    for argument, pullback in zip(args, pullbacks, strict=False):
        if pullback is None:
            continue
        if type(argument) in (list, tuple):
            nodes = [_node(x, level) for x in argument]
            if any(nodes):
                parents.append((nodes, pullback))
        elif (node := _node(argument, level)) is not None:
            parents.append((node, pullback))
    if not parents:
        return result
    if type(result) is tuple:
        return _several(result, level, parents)
    return Traced(result, level, Node(result, parents))


def _several(result: Any, level: int, parents: list[tuple[Any, Pullback]]) -> Any:
    """Results of one function: its pullbacks get a list of gradients."""
    together = Node(result, parents)

    def traced(place: int, value: Any) -> Any:
        if not _is_inexact(value):
            return value

        def alone(g: TensorLike) -> list[Any]:
            return [g if i == place else None for i in range(len(result))]

        return Traced(value, level, Node(value, [(together, alone)]))

    return tuple(traced(*pair) for pair in enumerate(result))


def _node(x: TensorLike, level: int) -> Node | None:
    return x.node if type(x) is Traced and x.level == level else None


def _parts(x: TensorLike) -> Any:
    return x if isinstance(x, (tuple, list)) else (x,)


def _traced(args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[Traced]:
    for x in (*args, *kwargs.values()):
        if type(x) is Traced:
            yield x
        elif type(x) in (list, tuple):
            yield from _traced(x, {})


def inside(x: TensorLike, level: int) -> Any:
    if type(x) in (tuple, list):
        return type(x)([inside(part, level) for part in x])
    return x.value if type(x) is Traced and x.level == level else x


def _inside_named(kwargs: dict[str, Any], level: int) -> dict[str, Any]:
    return {name: inside(x, level) for name, x in kwargs.items()}


def _is_inexact(x: TensorLike) -> bool:
    return getattr(x, "dtype", None) in INEXACT


def no_rule(function: Any) -> BackendError:
    """The error of a function through which no gradient leads."""
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", "")
    return BackendError(
        f"The numpy backend knows no gradient of NumPy's `{name or function}`. Use the "
        "function of keras.ops for it, wrap it with keras.ops.custom_gradient, or let "
        "keras.ops.stop_gradient say that none is to be taken."
    )


def is_traced(*values: Any) -> bool:
    """Whether one of the values is a traced array."""
    return any(type(x) is Traced for x in values)


def primal(x: TensorLike) -> Any:
    """The numbers of an array, of however many levels."""
    while type(x) is Traced:
        x = x.value
    return x


def as_array(x: TensorLike) -> Any:
    """A number that NumPy made of an array without axes is an array again."""
    return x if type(x) is Traced else np.asarray(x)


# Rules ----------------------------------------------------------------------------


def rule_of(*functions: Any) -> Callable[[Rule], Rule]:
    """Declares the rule of functions of NumPy."""

    def declare(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(functions, rule))
        return rule

    return declare


def composed(*functions: Any) -> Callable[[Any], Any]:
    """Declares how functions of NumPy are written in others that have rules."""

    def declare(body: Any) -> Any:
        COMPOSED.update(dict.fromkeys(functions, body))
        return body

    return declare


def differentiable(rule: Rule) -> Callable[[Any], Any]:
    """Gives a function of plain arrays a gradient by a rule of its own."""

    def decorate(function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            # The quickest look at all of them: ops come by here in everyday calls.
            if Traced in map(type, args) or (kwargs and is_traced(*kwargs.values())):
                return apply(call, args, kwargs)
            return function(*args, **kwargs)

        RULES[call] = rule
        return call

    return decorate


def record(
    level: int, results: tuple[Any, ...], inputs: Sequence[Any], back: TensorLike
) -> tuple[Any, ...]:
    """Results of which `back(*upstream)` gives the gradients in the inputs."""

    def filled(g: list[Any]) -> Any:
        return back(*map(_filled, g, results))

    nodes = [_node(x, level) for x in inputs]
    return _several(results, level, [(nodes, filled)])


def level_of(*values: Any) -> int:
    """The innermost level of traced arrays; 0 if there are none."""
    return max((x.level for x in _traced(values, {})), default=0)


def _filled(gradient: TensorLike, value: Any) -> Any:
    """A gradient; zeros where a result was not used."""
    return np.zeros(value.shape, value.dtype) if gradient is None else gradient


# The array ------------------------------------------------------------------------


def _cast(x: TensorLike, dtype: DType, copy: bool = True) -> Any:
    return x.astype(dtype, copy=copy)


def _cast_rule(out: TensorLike, x: TensorLike, *unused: Any, **options: Any) -> Any:
    return (lambda g: g,)  # whose dtype the tape sees to


RULES[_cast] = _cast_rule


def _value_of(x: TensorLike) -> Any:
    return x.value if hasattr(x, "_is_keras_variable") else x


def _get(x: TensorLike, key: Any) -> Any:
    return x[key]


class Traced:
    """An array of the NumPy backend of which it is recorded what is made of it.

    It has the operators and methods of an array, but does not become one.

    Args:
        value: the array inside, or a traced one of an outer level.
        level: how many gradients are being taken around it.
        node: where it came from.
    """

    __slots__ = ("__weakref__", "level", "node", "value")

    def __init__(self, value: Any, level: int, node: Node) -> None:
        self.value = value
        self.level = level
        self.node = node

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        if method != "__call__" or kwargs.get("out") is not None:
            raise BackendError(
                f"An array cannot be written to by NumPy's `{ufunc.__name__}` with "
                "what a gradient leads through: write `a = a + b` instead of `a += b`, "
                "or use keras.ops."
            )
        return apply(ufunc, tuple(map(_value_of, inputs)), kwargs)

    def __array_function__(
        self, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        return apply(function, args, kwargs)

    def __array__(self, dtype: DType = None, copy: bool | None = None) -> NoReturn:
        raise BackendError(
            "No gradient leads through a conversion to a NumPy array. Use functions of "
            "keras.ops or of NumPy on the tensor itself, or keras.ops.stop_gradient "
            "where none is to be taken."
        )

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return np.imag(self)

    def astype(self, dtype: DType, copy: bool = True) -> Any:
        return self if self.dtype == dtype else apply(_cast, (self, dtype), {})

    def reshape(self, *shape: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 else axes or None
        return np.transpose(self, order)

    def copy(self) -> Any:
        return self

    def flatten(self) -> Any:
        return np.ravel(self)

    def conj(self) -> Any:
        return np.conj(self)

    def item(self) -> Any:
        return primal(self).item()

    def tolist(self) -> Any:
        return primal(self).tolist()

    def __getitem__(self, key: Any) -> Any:
        return apply(_get, (self, tree.map_structure(primal, key)), {})

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise BackendError(
            "An array that a gradient leads through cannot be written to. Use "
            "keras.ops.slice_update, keras.ops.scatter_update or keras.ops.where."
        )

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(primal(self))

    def __float__(self) -> float:
        return float(primal(self))

    def __int__(self) -> int:
        return int(primal(self))

    def __repr__(self) -> str:
        return f"Traced({primal(self)!r}, level={self.level})"

    def __neg__(self) -> Any:
        return np.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return np.absolute(self)

    __hash__ = None  # type: ignore[assignment] - as an array's

    def __eq__(self, other: object) -> Any:
        return np.equal(self, other)  # type: ignore[call-overload]

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self, other)  # type: ignore[call-overload]


def _add_operators() -> None:
    """`a + b`, `2 - a` and `a < b`, which are NumPy's functions of two."""
    both = {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "truediv": np.divide,
        "floordiv": np.floor_divide,
        "mod": np.mod,
        "pow": np.power,
        "matmul": np.matmul,
    }
    for name, function in both.items():
        forward, backward = _operator(function), _reflected(function)
        setattr(Traced, f"__{name}__", forward)
        setattr(Traced, f"__r{name}__", backward)
    for name in ("less", "less_equal", "greater", "greater_equal"):
        short = name[0] + ("e" if name.endswith("equal") else "t")
        setattr(Traced, f"__{short}__", _operator(getattr(np, name)))
    for name in ("sum", "mean", "max", "min", "prod", "var", "std", "any", "all"):
        setattr(Traced, name, _operator(getattr(np, name)))
    for name in ("ravel", "squeeze", "swapaxes", "take", "clip", "repeat", "round"):
        setattr(Traced, name, _operator(getattr(np, name)))
    for name in (
        "argmax",
        "argmin",
        "argsort",
        "cumsum",
        "cumprod",
        "diagonal",
        "dot",
        "conj",
    ):
        setattr(Traced, name, _operator(getattr(np, name)))


def _operator(function: Any) -> Any:
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _reflected(function: Any) -> Any:
    return lambda self, other: function(other, self)


_add_operators()


def place_of(x: TensorLike) -> Any:
    """Integers that number the places of an array, in its shape."""
    return np.arange(x.size).reshape(x.shape)


def conjugate(x: TensorLike) -> Any:
    """The conjugate of complex numbers; real ones as they are."""
    return np.conj(x) if x.dtype.kind == "c" else x
