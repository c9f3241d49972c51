"""The quick way into an op, chosen once from the kinds of its tensor parameters.

A call on tensors of the current backend goes from here straight to the backend's
function: one type lookup, and one dtype comparison where dtypes matter. Whatever is not
that simple takes `Declaration.dispatch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras.backends import current, process
from keras.backends.backend import SYMBOLIC, TENSOR, VARIABLE
from keras.core import context
from keras.core.dtypes import is_float
from keras.core.keras_tensor import KerasTensor
from keras.ops.unrolled import unrolled

if TYPE_CHECKING:
    from keras.ops.declare import Declaration

_NUMBERS = frozenset((float, int))
_SEQUENCES = frozenset((list, tuple))
_get = context.get


_NOTHING = object()  # stands for a tensor that was given by name, or not at all


def composite_caller(declaration: Declaration) -> Callable[..., Any]:
    """The body itself, unless something is symbolic or the backend knows better."""
    name, rule, dispatch = declaration.name, declaration.rule, declaration.dispatch
    native = _quickest(declaration)
    refuse, require = declaration.refuse, declaration.require
    careful = declaration.careful

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if name in backend.__dict__:
            return native(*args, **kwargs)
        if has_symbolic(args, kwargs):
            return dispatch(args, kwargs)
        if careful:
            require(args, kwargs)
        try:
            return rule(*args, **kwargs)
        except Exception as error:
            refuse(args, kwargs, error)
            raise

    return call


def has_symbolic(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    for value in args:
        if type(value) is KerasTensor:
            return True
        if type(value) in (list, tuple) and any(type(v) is KerasTensor for v in value):
            return True
    return bool(kwargs) and has_symbolic(tuple(kwargs.values()), {})


def _nullary(declaration: Declaration) -> Callable[..., Any]:
    """No tensors at all: `zeros`, `eye`."""
    ways, dispatch = declaration.ways, declaration.dispatch
    explain = declaration.explain

    def call(*args: Any, **kwargs: Any) -> Any:
        context = _get()
        if context.symbolic is not None:
            return dispatch(args, kwargs)
        function = ways[context.backend or process.default or current()][0]
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if has_symbolic(args, kwargs):
                return dispatch(args, kwargs)
            explain(error, args, kwargs)
            raise

    return call


def _anything(declaration: Declaration) -> Callable[..., Any]:
    """Tensors in places that no quick way is made for."""
    dispatch = declaration.dispatch

    def call(*args: Any, **kwargs: Any) -> Any:
        return dispatch(args, kwargs)

    return call


def _unary(declaration: Declaration) -> Callable[..., Any]:
    ways, dispatch = declaration.ways, declaration.dispatch
    any_dtype = declaration.indifferent or 0 in declaration.kept
    settled, check = declaration.settled, declaration.check
    explain = declaration.explain

    def call(*args: Any, **kwargs: Any) -> Any:
        function, _, kinds, fine = ways[_get().backend or process.default or current()]
        x = args[0] if args else _NOTHING
        kind = kinds.get(type(x))
        if kind == TENSOR and (any_dtype or (settled and x.dtype in fine)):
            try:
                if check is None or check(*args, **kwargs):
                    return function(*args, **kwargs)
            except Exception as error:
                explain(error, args, kwargs)
                raise
        elif kind == VARIABLE:
            return call(x.value, *args[1:], **kwargs)
        return dispatch(args, kwargs)

    return call


def _binary(declaration: Declaration) -> Callable[..., Any]:
    ways, dispatch = declaration.ways, declaration.dispatch
    any_dtype = declaration.promote is None or (
        declaration.indifferent and bool(declaration.kept)
    )
    indifferent, settled = declaration.indifferent, declaration.settled
    explain, check = declaration.explain, declaration.check
    meet, otherwise = _meeting(declaration), _with_number(declaration)
    # Whether the second's dtype is for the backend to judge.
    second_apart = 1 in declaration.kept and (
        1 in declaration.places or not declaration.real
    )

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if len(args) < 2:
            return dispatch(args, kwargs)
        function, everyday, kinds, fine = ways[backend]
        x1, x2 = args[0], args[1]
        kind1, kind2 = kinds.get(type(x1)), kinds.get(type(x2))
        if kind1 == TENSOR == kind2 and settled:
            if not any_dtype:
                dtype = x1.dtype
                if not (second_apart or x2.dtype is dtype):
                    agreed = meet(backend, fine, args, x1, x2)
                    if agreed is None:
                        return dispatch(args, kwargs)
                    if agreed is args:
                        function = everyday
                    args = agreed
                elif dtype in fine:
                    function = everyday
                elif not indifferent:
                    return dispatch(args, kwargs)
            try:
                if check is None or check(*args, **kwargs):
                    return function(*args, **kwargs)
            except Exception as error:
                explain(error, args, kwargs)
                raise
        elif kind1 == VARIABLE or kind2 == VARIABLE:
            if SYMBOLIC not in (kind1, kind2):  # a graph reads the variable anew
                return call(*_values(kinds, args), **kwargs)
        elif kind1 == TENSOR or kind2 == TENSOR:
            return otherwise(backend, args, kwargs)
        return dispatch(args, kwargs)

    return call


def _with_number(declaration: Declaration) -> Callable[..., Any]:
    """A tensor and a Python number, which takes the dtype of a tensor of its kind."""
    ways, dispatch = declaration.ways, declaration.dispatch
    explain, check = declaration.explain, declaration.check
    scalars = declaration.scalars and declaration.settled
    floating, keeps_ints = declaration.floating, declaration.keeps_ints

    def call(backend: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        function, everyday, kinds, _ = ways[backend]
        x1, x2 = args[0], args[1]
        if scalars and type(x2) in _NUMBERS:
            dtype = x1.dtype
            if dtype in getattr(backend, floating) or (
                keeps_ints and type(x2) is int and dtype in backend.whole
            ):
                try:
                    if check is None or check(*args, **kwargs):
                        return everyday(*args, **kwargs)
                except Exception as error:
                    explain(error, args, kwargs)
                    raise
        elif (
            scalars
            and type(x1) in _NUMBERS
            and kinds.get(type(x2)) == TENSOR
            and x2.dtype in getattr(backend, floating)
        ):
            # Frameworks want a tensor first: the number becomes one.
            x1 = backend.convert_to_tensor(x1, backend.dtype_of(x2))
            return everyday(x1, *args[1:], **kwargs)
        return dispatch(args, kwargs)

    return call


def _meeting(declaration: Declaration) -> Callable[..., Any]:
    """Brings two tensors of different dtypes to one, as it was once worked out."""
    plans: dict[tuple[Any, ...], Any] = {}
    promote, real = declaration.promote, declaration.real
    each_alone, makes_floats = declaration.each_alone, declaration.makes_floats
    settles = promote is not None and not declaration.kept
    # What joins the dtypes of two tensors by itself, as elementwise functions do.
    joins = settles and declaration.scalars and not makes_floats

    def plan(backend: Any, x1: Any, x2: Any) -> tuple[str, bool, bool, bool] | None:
        first, second = backend.dtype_of(x1), backend.dtype_of(x2)
        if promote is None or not settles:
            return None
        if makes_floats and not (is_float(first) or is_float(second)):
            return None  # they become `floatx()`, which can change
        if real and "complex" in first + second:
            return None  # they are refused
        together = declaration.scalars and {x1.dtype, x2.dtype} <= backend.joined
        target = promote([first, second])
        return target, first != target, second != target, together

    def meet(backend: Any, fine: Any, args: tuple[Any, ...], x1: Any, x2: Any) -> Any:
        first, second = x1.dtype, x2.dtype
        if each_alone and first in fine and second in fine:
            return args
        if joins and first in (joined := backend.joined) and second in joined:
            if backend.promotes(x1, x2):
                return args
        if context.tracing():
            return None
        key = backend, first, second
        found = plans.get(key, ())
        if found == ():
            found = plans[key] = plan(backend, x1, x2)
        if found is None:
            return None
        target, casts_first, casts_second, together = found
        if together and backend.promotes(x1, x2):
            return args
        x1 = backend.cast(x1, target) if casts_first else x1
        x2 = backend.cast(x2, target) if casts_second else x2
        return x1, x2, *args[2:]

    return meet


def _ternary(declaration: Declaration) -> Callable[..., Any]:
    """Three tensors, or one and two numbers: `where`, `clip`."""
    ways, explain = declaration.ways, declaration.explain
    otherwise = _several(declaration)
    any_dtype, indifferent = declaration.promote is None, declaration.indifferent
    scalars, floating = declaration.scalars, declaration.floating
    leads_second = declaration.kept == {0}

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != 3:
            return otherwise(*args, **kwargs)
        backend = _get().backend or process.default or current()
        function, _, kinds, fine = ways[backend]
        x1, x2, x3 = args
        kind2, kind3 = kinds.get(type(x2)), kinds.get(type(x3))
        if kinds.get(type(x1)) == TENSOR and (kind2 == TENSOR or not leads_second):
            dtype = (x2 if leads_second else x1).dtype
            if kind2 == kind3 == TENSOR:
                straight = (indifferent or dtype in fine) and (
                    any_dtype
                    or ((leads_second or x2.dtype is dtype) and x3.dtype is dtype)
                )
            else:
                straight = (
                    scalars
                    and dtype in getattr(backend, floating)
                    and (x2.dtype is dtype if kind2 == TENSOR else type(x2) in _NUMBERS)
                    and (x3.dtype is dtype if kind3 == TENSOR else type(x3) in _NUMBERS)
                )
            if straight:
                try:
                    return function(x1, x2, x3)
                except Exception as error:
                    explain(error, args, kwargs)
                    raise
        return otherwise(*args, **kwargs)

    return call


def _several(declaration: Declaration) -> Callable[..., Any]:
    """Three tensors or more, or some that may be None: all looked at in one loop."""
    ways, dispatch = declaration.ways, declaration.dispatch
    kept, indifferent = declaration.kept, declaration.indifferent
    any_dtype = declaration.promote is None
    scalars, floating = declaration.scalars, declaration.floating
    explain, check = declaration.explain, declaration.check
    optional = declaration.optional
    # The tensors, and whether each may have a dtype of its own; None for the rest.
    loose_ones = {i: any_dtype or i in kept for i in declaration.tensors}
    roles = [loose_ones.get(i) for i in range(declaration.last_tensor + 1)]
    by_name = {name: loose_ones[i] for i, name in declaration.tensors.items()}

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        function, _, kinds, fine = ways[backend]
        dtype = None
        for index, (value, loose) in enumerate(zip(args, roles, strict=False)):
            if loose is None:
                continue
            if value is None:
                if index in optional:
                    continue
                return dispatch(args, kwargs)
            kind = kinds.get(type(value))
            if kind == TENSOR:
                if not loose and value.dtype is not dtype:
                    if dtype is not None:
                        return dispatch(args, kwargs)
                    dtype = value.dtype
            elif kind == VARIABLE:
                if any(kinds.get(type(x)) == SYMBOLIC for x in args):
                    return dispatch(args, kwargs)
                return call(*_values(kinds, args), **kwargs)
            elif not (
                scalars
                and type(value) in _NUMBERS
                and dtype in getattr(backend, floating)
            ):
                return dispatch(args, kwargs)
        if not args or not (dtype is None or indifferent or dtype in fine):
            return dispatch(args, kwargs)
        if kwargs:
            for key, value in kwargs.items():
                if key in by_name and value is not None:
                    if kinds.get(type(value)) != TENSOR or not (
                        by_name[key] or value.dtype is dtype
                    ):
                        return dispatch(args, kwargs)
        try:
            if check is None or check(*args, **kwargs):
                return function(*args, **kwargs)
        except Exception as error:
            explain(error, args, kwargs)
            raise
        return dispatch(args, kwargs)

    return call


def _listed(declaration: Declaration) -> Callable[..., Any]:
    """A list of tensors first: `concatenate`, `stack`."""
    ways, dispatch = declaration.ways, declaration.dispatch
    free, indifferent = declaration.promote is None, declaration.indifferent
    explain, check = declaration.explain, declaration.check

    def call(*args: Any, **kwargs: Any) -> Any:
        function, _, kinds, fine = ways[_get().backend or process.default or current()]
        dtype = _dtype_of_all(kinds, args[0], free) if args else None
        if dtype is None or not (indifferent or dtype in fine):
            return dispatch(args, kwargs)
        try:
            if check is None or check(*args, **kwargs):
                return function(*args, **kwargs)
        except Exception as error:
            explain(error, args, kwargs)
            raise
        return dispatch(args, kwargs)

    return call


def _variadic(declaration: Declaration) -> Callable[..., Any]:
    """Any number of tensors, behind static arguments: `einsum`, `meshgrid`."""
    ways, dispatch = declaration.ways, declaration.dispatch
    start = declaration.variadic
    free, indifferent = declaration.promote is None, declaration.indifferent
    explain = declaration.explain

    def call(*args: Any, **kwargs: Any) -> Any:
        function, everyday, kinds, fine = ways[
            _get().backend or process.default or current()
        ]
        dtype = _dtype_of_all(kinds, args[start:], free)
        if dtype is None:
            return dispatch(args, kwargs)
        if dtype not in fine:
            if not indifferent:
                return dispatch(args, kwargs)
        elif not kwargs:
            function = everyday
        try:
            return function(*args, **kwargs)
        except Exception as error:
            explain(error, args, kwargs)
            raise

    return call


def _dtype_of_all(kinds: dict[type, int], values: Any, any_dtype: bool) -> Any:
    """The dtype of a sequence of one backend's tensors; None if it is none such.

    With `any_dtype` that of the first, else the one they share.
    """
    if type(values) not in _SEQUENCES:
        return None
    dtype: Any = _NOTHING
    for value in values:
        if kinds.get(type(value)) != TENSOR:
            return None
        if value.dtype is not dtype:
            if dtype is _NOTHING:
                dtype = value.dtype
            elif not any_dtype:
                return None
    return None if dtype is _NOTHING else dtype


def _values(kinds: dict[type, int], args: tuple[Any, ...]) -> list[Any]:
    """The arguments with the values of Variables in their place."""
    return [arg.value if kinds.get(type(arg)) == VARIABLE else arg for arg in args]


def _is_tensor_position(declaration: Declaration, index: int) -> bool:
    if index not in declaration.tensors:
        return False
    annotation = str(
        declaration.signature.parameters[declaration.tensors[index]].annotation
    )
    return "Sequence" not in annotation and "None" not in annotation


def caller(declaration: Declaration) -> Callable[..., Any]:
    """The quickest way in that the tensor parameters allow."""
    return (
        composite_caller(declaration)
        if declaration.composed
        else _quickest(declaration)
    )


def _quickest(declaration: Declaration) -> Callable[..., Any]:
    if declaration.tensors:
        first = _is_tensor_position(declaration, 0) and declaration.variadic is None
        if first and len(declaration.tensors) == 1:
            return _unary(declaration)
        if (
            first
            and len(declaration.tensors) == 2
            and _is_tensor_position(declaration, 1)
        ):
            return _binary(declaration)
        if declaration.leads_with_tensors and list(declaration.tensors) == [0, 1, 2]:
            if declaration.scalars and not declaration.sequences:
                return _ternary(declaration)
        if first and declaration.settled and not _has_sequences(declaration):
            return unrolled(declaration, _several(declaration))
        if declaration.settled and declaration.variadic is not None:
            return _variadic(declaration)
        if declaration.settled and declaration.sequences == {0} == {
            *declaration.tensors
        }:
            return _listed(declaration)
        return _anything(declaration)
    return _nullary(declaration)


def _has_sequences(declaration: Declaration) -> bool:
    if declaration.variadic is not None:
        return True
    parameters = declaration.signature.parameters
    return any(
        "Sequence" in str(parameters[name].annotation)
        for name in declaration.tensors.values()
    )
