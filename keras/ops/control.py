"""Control flow: branches, loops and scans that compiled code can contain.

These take functions, so they are no declared ops: each converts its tensors, and hands
over to the backend. On KerasTensors the functions are run on KerasTensors, to learn
what they return, and the call becomes one node of the graph.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Parameter
from typing import Any, TypeVar, cast

from keras.backends import current
from keras.backends.backend import TENSOR
from keras.core import context, tree
from keras.core.errors import ShapeError
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import SymbolicScope
from keras.core.typing import Structure, TensorLike
from keras.ops.operation import Operation, any_symbolic, infer_spec

Function = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])


class ControlFlow(Operation):
    """A call of one of these functions in a graph.

    Args:
        name: a name; made up by default.
        **options: the arguments that files keep with the operation.
    """

    function: Function
    parameters: tuple[Parameter, ...]

    def __init__(self, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name)
        self.options = options

    def call(self, *args: Any) -> Structure:
        """The function, on the arguments that are no options, in their order."""
        values, given = list(args), []
        for parameter in self.parameters:
            if parameter.name in self.options:
                given.append(self.options[parameter.name])
            elif parameter.kind is Parameter.VAR_POSITIONAL:
                given.extend(values)
            else:
                given.append(values.pop(0))
        return type(self).function(*given)

    def compute_output_spec(self, *args: Any) -> Structure:
        """What it returns, without running it."""
        with SymbolicScope():
            return self.call(*args)

    def get_config(self) -> dict[str, Any]:
        """The name and the options."""
        return {"name": self.name, **self.options}


def _in_graphs(*options: str) -> Callable[[F], F]:
    """Makes a call on KerasTensors a node of the graph, which files can hold.

    Args:
        *options: the parameters that files keep with the operation, as Keras 3 does;
            all others, functions among them, belong to the call.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        cls: Any = type(
            function.__name__.title().replace("_", ""),
            (ControlFlow,),
            {
                "function": staticmethod(function),
                "parameters": tuple(signature.parameters.values()),
                "__doc__": function.__doc__,
            },
        )
        public_class("keras.ops", module="keras.src.ops.core")(cls)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if context.get().symbolic is not None or not any_symbolic(args, kwargs):
                return function(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            chosen = {name: bound.arguments.pop(name) for name in options}
            given: list[Any] = []
            for name, value in bound.arguments.items():
                many = signature.parameters[name].kind is Parameter.VAR_POSITIONAL
                given.extend(value if many else (value,))
            return cls(**chosen)(*given)

        return cast(F, call)

    return decorate


def _perform(run: Function, infer: Function, *tensors: Any) -> Any:
    """Runs on tensors; on KerasTensors only infers."""
    return (infer if any_symbolic(tensors, {}) else run)(*tensors)


def _tensors(structure: Structure) -> Any:
    """Everything in a structure as tensors of the current backend."""
    return tree.map_structure(_tensor, structure)


def _tensor(x: TensorLike) -> Any:
    backend = current()
    if x is None or isinstance(x, KerasTensor) or backend.kind_of(x) == TENSOR:
        return x
    return backend.convert_to_tensor(x)


def _spec(x: TensorLike) -> Any:
    if x is None or isinstance(x, KerasTensor):
        return x
    backend = current()
    return KerasTensor(backend.shape_of(x), backend.dtype_of(x))


def _callable(op_name: str, name: str, function: Callable[..., Any]) -> None:
    if not callable(function):
        raise TypeError(
            f"keras.ops.{op_name} expects `{name}` to be callable. "
            f"Received: {name}={function!r}."
        )


def _same(op_name: str, outputs: Sequence[Any]) -> Any:
    """The common specs of branches: they must return alike."""
    first = outputs[0]
    for other in outputs[1:]:
        a, b = tree.flatten(first), tree.flatten(other)
        alike = len(a) == len(b) and all(
            x is y
            or (getattr(x, "shape", 0), getattr(x, "dtype", 0))
            == (getattr(y, "shape", 1), getattr(y, "dtype", 1))
            for x, y in zip(a, b, strict=True)
        )
        if not alike:
            raise ValueError(
                f"keras.ops.{op_name} expects all branches to return tensors of the "
                f"same shapes and dtypes. Received: {first} and {other}."
            )
    return first


@_in_graphs()
def cond(pred: Any, true_fn: Function, false_fn: Function) -> Any:
    """Calls one of two functions.

    Args:
        pred: scalar boolean.
        true_fn: called without arguments if it is True.
        false_fn: called without arguments if it is False; it must return tensors of
            the same shapes and dtypes.

    Returns:
        What the function returned.

    Raises:
        TypeError: if one is not callable.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor(2.0)
    >>> float(keras.ops.cond(x > 1, lambda: x * 10, lambda: x))
    20.0
    """
    _callable("cond", "true_fn", true_fn)
    _callable("cond", "false_fn", false_fn)

    def run(pred: TensorLike) -> Structure:
        return current().cond(pred, true_fn, false_fn)

    def infer(pred: TensorLike) -> Structure:
        del pred
        outputs = [infer_spec(fn, (), {}) for fn in (true_fn, false_fn)]
        return _same("cond", outputs)

    if isinstance(pred, bool):
        return true_fn() if pred else false_fn()
    return _perform(run, infer, _tensor(pred))


@_in_graphs()
def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Any:
    """Calls one of several functions.

    Args:
        index: scalar integer; brought into the range of `branches`.
        branches: functions of the operands, which return tensors of the same shapes
            and dtypes.
        *operands: their arguments.

    Returns:
        What the function returned.

    Raises:
        ValueError: if there are no branches.

    Example:

    >>> import keras
    >>> branches = [lambda x: x + 1, lambda x: x * 10]
    >>> float(keras.ops.switch(1, branches, keras.ops.convert_to_tensor(2.0)))
    20.0
    """
    if not branches:
        raise ValueError("keras.ops.switch expects at least one branch.")
    for branch in branches:
        _callable("switch", "branches", branch)

    def run(index: Any, *operands: Any) -> Structure:
        return current().switch(index, branches, *operands)

    def infer(index: Any, *operands: Any) -> Structure:
        del index
        return _same("switch", [infer_spec(fn, operands, {}) for fn in branches])

    return _perform(run, infer, _tensor(index), *_tensors(operands))


@_in_graphs("cond", "body", "maximum_iterations")
def while_loop(
    cond: Function,
    body: Function,
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Repeats a function while a condition holds.

    Args:
        cond: `cond(*loop_vars)` -> scalar boolean.
        body: `body(*loop_vars)` -> the next loop variables, of the same shapes and
            dtypes.
        loop_vars: a tuple or list of tensors (or structures of them), or one tensor.
        maximum_iterations: how often at most, or None.

    Returns:
        The loop variables at the end: a tuple for a tuple or a list.

    Example:

    >>> import keras
    >>> keras.ops.while_loop(lambda i: i < 5, lambda i: (i + 2,), (0,))[0].shape == ()
    True
    """
    _callable("while_loop", "cond", cond)
    _callable("while_loop", "body", body)

    def run(loop_vars: Structure) -> Structure:
        return current().while_loop(cond, body, loop_vars, maximum_iterations)

    def infer(loop_vars: Structure) -> Structure:
        return tree.map_structure(_spec, loop_vars)

    if isinstance(loop_vars, list):
        loop_vars = tuple(loop_vars)
    return _perform(run, infer, _tensors(loop_vars))


@_in_graphs("lower", "upper", "body_fun")
def fori_loop(lower: Any, upper: Any, body_fun: Function, init_val: Any) -> Any:
    """Repeats a function for each integer from `lower` up to, not including, `upper`.

    Args:
        lower: first integer.
        upper: the integer after the last.
        body_fun: `body_fun(i, value)` -> next value, of the same shape and dtype.
        init_val: first value, any structure of tensors.

    Returns:
        The last value.

    Example:

    >>> import keras
    >>> int(keras.ops.fori_loop(0, 4, lambda i, total: total + i, 0))
    6
    """
    _callable("fori_loop", "body_fun", body_fun)

    def run(init_val: Structure) -> Structure:
        return current().fori_loop(lower, upper, body_fun, init_val)

    def infer(init_val: Structure) -> Structure:
        return tree.map_structure(_spec, init_val)

    return _perform(run, infer, _tensors(init_val))


def _row(x: TensorLike) -> KerasTensor:
    spec = _spec(x)
    if not spec.shape:
        raise ShapeError("A scalar has no first axis to map or scan over.")
    return KerasTensor(spec.shape[1:], spec.dtype)


def _rows(x: TensorLike, count: int | None) -> Any:
    return None if x is None else KerasTensor((count, *x.shape), x.dtype)


@_in_graphs("length", "reverse", "unroll")
def scan(
    f: Function,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Runs a function along the first axis, carrying a state.

    Args:
        f: `f(carry, x)` -> `(carry, y)`; the carry keeps shape and dtype.
        init: first carry, any structure of tensors.
        xs: tensors to run along, any structure; None with `length`.
        length: number of steps, if `xs` is None.
        reverse: whether to start at the end (results stand where their inputs do).
        unroll: how many steps compiled loops do at once.

    Returns:
        `(carry, ys)`: the last carry, and all results stacked.

    Raises:
        ValueError: if neither `xs` nor `length` is given, or they disagree.

    Example:

    >>> import keras
    >>> xs = keras.ops.convert_to_tensor([1, 2, 3])
    >>> total, sums = keras.ops.scan(lambda c, x: (c + x, c + x), 0, xs)
    >>> keras.ops.convert_to_numpy(sums).tolist()
    [1, 3, 6]
    """
    _callable("scan", "f", f)
    leaves = tree.flatten(xs) if xs is not None else []
    sizes = {size for size in (_length(x) for x in leaves) if size is not None}
    if length is not None:
        sizes.add(int(length))
    if (xs is None and length is None) or len(sizes) > 1:
        raise ValueError(
            "keras.ops.scan expects `xs` whose first sizes are the same, or `length`. "
            f"Received: first sizes {sorted(_length(x) or 0 for x in leaves)}, "
            f"length={length!r}."
        )
    count = sizes.pop() if sizes else None

    def run(init: Structure, xs: Structure) -> Structure:
        steps = count
        if steps is None:  # unknown in the graph, known by now
            known = (_length(x) for x in tree.flatten(xs))
            steps = next((size for size in known if size is not None), None)
        return current().scan(f, init, xs, steps, reverse, unroll)

    def infer(init: Structure, xs: Structure) -> Structure:
        row = None if xs is None else tree.map_structure(_row, xs)
        carry, y = infer_spec(f, (tree.map_structure(_spec, init), row), {})
        return carry, tree.map_structure(lambda s: _rows(s, count), y)

    return _perform(run, infer, _tensors(init), None if xs is None else _tensors(xs))


def _length(x: TensorLike) -> int | None:
    shape = tuple(x.shape) if hasattr(x, "shape") else (len(x),)
    return shape[0] if shape else None


@_in_graphs()
def map(f: Function, xs: Any) -> Any:
    """Calls a function on each element along the first axis, one after another.

    Less memory than `vectorized_map`, and slower.

    Args:
        f: function of one element (in the structure of `xs`).
        xs: tensors of the same first size, any structure.

    Returns:
        The results, stacked.

    Example:

    >>> import keras
    >>> xs = keras.ops.convert_to_tensor([1, 2, 3])
    >>> keras.ops.convert_to_numpy(keras.ops.map(lambda x: x * 2, xs)).tolist()
    [2, 4, 6]
    """
    return _mapped("map", f, xs)


@_in_graphs("function")
def vectorized_map(function: Function, elements: Any) -> Any:
    """Calls a function on all elements along the first axis at once.

    Args:
        function: function of one element (in the structure of `elements`).
        elements: tensors of the same first size, any structure.

    Returns:
        The results, stacked.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((4, 2, 3))
    >>> keras.ops.vectorized_map(lambda m: keras.ops.sum(m), x).shape == (4,)
    True
    """
    return _mapped("vectorized_map", function, elements)


def _mapped(name: str, function: Function, elements: Structure) -> Any:
    _callable(name, "function", function)

    def run(elements: Structure) -> Structure:
        return getattr(current(), name)(function, elements)

    def infer(elements: Structure) -> Structure:
        count = _spec(tree.flatten(elements)[0]).shape[0]
        outputs = infer_spec(function, (tree.map_structure(_row, elements),), {})
        return tree.map_structure(lambda s: _rows(s, count), outputs)

    return _perform(run, infer, _tensors(elements))


@_in_graphs("reverse", "axis")
def associative_scan(
    f: Function, elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """Running results of an associative function, in logarithmically many rounds.

    Source: Blelloch, 1990, "Prefix Sums and Their Applications".

    Args:
        f: `f(a, b)`, associative, of whole slices along the axis at once; both in
            the structure of `elems`.
        elems: tensors of the same size along the axis, any structure.
        reverse: whether to start at the end.
        axis: the axis.

    Returns:
        Tensors like `elems`: the first element, the first two combined, and so on.

    Raises:
        ValueError: if sizes along the axis differ.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor([1, 2, 3])
    >>> sums = keras.ops.associative_scan(lambda a, b: a + b, x)
    >>> keras.ops.convert_to_numpy(sums).tolist()
    [1, 3, 6]
    """
    _callable("associative_scan", "f", f)

    def run(elems: Structure) -> Structure:
        return current().associative_scan(f, elems, reverse, axis)

    def infer(elems: Structure) -> Structure:
        return tree.map_structure(_spec, elems)

    elems = _tensors(elems)
    sizes = {_spec(x).shape[axis] for x in tree.flatten(elems)}
    if len(sizes - {None}) > 1:
        raise ValueError(
            "keras.ops.associative_scan expects tensors of one size along "
            f"`axis`. Received: sizes {sizes} along axis={axis}."
        )
    return _perform(run, infer, elems)


def custom_gradient(f: Function) -> Function:
    """Gives a function a gradient of your own.

    Args:
        f: returns `(outputs, grad)`, where `grad(*upstream)` returns the gradients
            with respect to the arguments of `f`, given those with respect to the
            outputs.

    Returns:
        A function that returns the outputs.

    Example:

    >>> import keras
    >>> @keras.ops.custom_gradient
    ... def doubled_gradient(x):
    ...     return x, lambda upstream: 2 * upstream
    >>> float(doubled_gradient(keras.ops.convert_to_tensor(3.0)))
    3.0
    """
    _callable("custom_gradient", "f", f)
    made: dict[str, Function] = {}

    def call(*args: Any, **kwargs: Any) -> Structure:
        if any_symbolic(args, kwargs):
            return f(*args, **kwargs)[0]
        backend = current()
        if backend.name not in made:
            made[backend.name] = backend.custom_gradient(f)
        return made[backend.name](*args, **kwargs)

    return call


def jvp(
    fun: Function, primals: Structure, tangents: Structure, has_aux: bool = False
) -> Structure:
    """Value and directional derivative of a function, in forward mode.

    Args:
        fun: function of the primals.
        primals: tuple or list of arguments.
        tangents: the direction, of the same structure.
        has_aux: whether `fun` returns `(outputs, aux)`.

    Returns:
        `(outputs, derivatives)`, and `aux` if there is one.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor(3.0)
    >>> y, slope = keras.ops.jvp(keras.ops.square, (x,), (keras.ops.ones(()),))
    >>> float(y), float(slope)
    (9.0, 6.0)
    """
    _callable("jvp", "fun", fun)
    if any_symbolic((primals, tangents), {}):
        outputs = infer_spec(fun, tuple(primals), {})
        if has_aux:
            return outputs[0], outputs[0], outputs[1]
        return outputs, outputs
    primals, tangents = _tensors(tuple(primals)), _tensors(tuple(tangents))
    return current().jvp(fun, primals, tangents, has_aux)
