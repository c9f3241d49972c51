"""The quick way into an op, chosen once from the kinds of its tensor parameters.

A call on tensors of the current backend goes from here straight to the backend's
function: one type lookup, and one dtype comparison where dtypes matter. Whatever is not
that simple takes `Declaration.dispatch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras.backends import current, process
from keras.backends.backend import TENSOR, VARIABLE
from keras.core import context
from keras.core.keras_tensor import KerasTensor

if TYPE_CHECKING:
    from keras.ops.declare import Declaration

_NUMBERS = frozenset((float, int))
_get = context.get


class _Missing:
    """Stands for a tensor argument that was given by name, or not at all."""


_MISSING: Any = _Missing()


def composite_caller(declaration: Declaration) -> Callable[..., Any]:
    """The body itself, unless something is symbolic or the backend knows better."""
    name, rule, dispatch = declaration.name, declaration.rule, declaration.dispatch
    native = _quickest(declaration)
    refuse = declaration.refuse

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if name in backend.__dict__:
            return native(*args, **kwargs)
        if _any_symbolic(args, kwargs):
            return dispatch(args, kwargs)
        try:
            return rule(*args, **kwargs)
        except (TypeError, ValueError) as error:
            refuse(args, error)
            raise

    return call


def _any_symbolic(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    for value in args:
        if type(value) is KerasTensor:
            return True
        if type(value) in (list, tuple) and any(type(v) is KerasTensor for v in value):
            return True
    return bool(kwargs) and _any_symbolic(tuple(kwargs.values()), {})


def _nullary(declaration: Declaration) -> Callable[..., Any]:
    """No tensors at all: `zeros`, `eye`."""
    name, dispatch = declaration.name, declaration.dispatch
    explain = declaration.explain

    def call(*args: Any, **kwargs: Any) -> Any:
        context = _get()
        if context.symbolic is not None:
            return dispatch(args, kwargs)
        backend = context.backend or process.default or current()
        try:
            return getattr(backend, name)(*args, **kwargs)
        except Exception as error:
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
    name, dispatch = declaration.name, declaration.dispatch
    any_dtype = declaration.indifferent or 0 in declaration.kept
    ready = declaration.ready
    settled = declaration.settled
    explain = declaration.explain

    def call(x: Any = _MISSING, /, *args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if backend.kinds.get(type(x)) == TENSOR and (
            any_dtype or (settled and x.dtype in getattr(backend, ready))
        ):
            try:
                return getattr(backend, name)(x, *args, **kwargs)
            except Exception as error:
                explain(error, (x, *args), kwargs)
                raise
        if backend.kinds.get(type(x)) == VARIABLE:
            return call(x.value, *args, **kwargs)
        return dispatch(args if x is _MISSING else (x, *args), kwargs)

    return call


def _binary(declaration: Declaration) -> Callable[..., Any]:
    name, dispatch = declaration.name, declaration.dispatch
    any_dtype = declaration.promote is None or (
        declaration.indifferent and bool(declaration.kept)
    )
    indifferent = declaration.indifferent
    ready = declaration.ready
    settled = declaration.settled
    scalars = declaration.scalars
    keeps_ints = declaration.keeps_ints
    explain = declaration.explain

    def call(
        x1: Any = _MISSING, x2: Any = _MISSING, /, *args: Any, **kwargs: Any
    ) -> Any:
        backend = _get().backend or process.default or current()
        kinds = backend.kinds
        if (
            settled
            and kinds.get(type(x1)) == TENSOR
            and (
                (
                    kinds.get(type(x2)) == TENSOR
                    and (
                        any_dtype
                        or x1.dtype is x2.dtype
                        and (indifferent or x1.dtype in getattr(backend, ready))
                    )
                )
                # A Python number takes the dtype of a tensor of its kind.
                or (
                    scalars
                    and type(x2) in _NUMBERS
                    and (
                        x1.dtype in backend.inexact
                        or (
                            keeps_ints and type(x2) is int and x1.dtype in backend.whole
                        )
                    )
                )
            )
        ):
            try:
                return getattr(backend, name)(x1, x2, *args, **kwargs)
            except Exception as error:
                explain(error, (x1, x2, *args), kwargs)
                raise
        if x2 is _MISSING:
            return dispatch(() if x1 is _MISSING else (x1,), kwargs)
        if kinds.get(type(x1)) == VARIABLE or kinds.get(type(x2)) == VARIABLE:
            if type(x1) is KerasTensor or type(x2) is KerasTensor:
                return dispatch((x1, x2, *args), kwargs)  # the graph reads it anew
            return call(*_values(kinds, (x1, x2, *args)), **kwargs)
        if (
            scalars
            and type(x1) in _NUMBERS
            and kinds.get(type(x2)) == TENSOR
            and x2.dtype in backend.inexact
        ):
            # Frameworks want a tensor first: the number becomes one.
            x1 = backend.convert_to_tensor(x1, backend.dtype_of(x2))
            return getattr(backend, name)(x1, x2, *args, **kwargs)
        return dispatch((x1, x2, *args), kwargs)

    return call


def _ternary(declaration: Declaration) -> Callable[..., Any]:
    """Three tensors, or one and two numbers: `where`, `clip`."""
    name, explain = declaration.name, declaration.explain
    otherwise = _several(declaration)
    any_dtype, indifferent = declaration.promote is None, declaration.indifferent
    ready, scalars = declaration.ready, declaration.scalars
    leads_second = declaration.kept == {0}
    simple = leads_second or not declaration.kept

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != 3 or not simple:
            return otherwise(*args, **kwargs)
        backend = _get().backend or process.default or current()
        kinds = backend.kinds
        x1, x2, x3 = args
        lead = x2 if leads_second else x1
        if kinds.get(type(x1)) == TENSOR and kinds.get(type(lead)) == TENSOR:
            dtype = lead.dtype
            numbers = scalars and dtype in backend.inexact
            if (
                (
                    kinds.get(type(x2)) == TENSOR
                    and (any_dtype or x2.dtype is dtype)
                    or numbers
                    and type(x2) in _NUMBERS
                )
                and (
                    kinds.get(type(x3)) == TENSOR
                    and (any_dtype or x3.dtype is dtype)
                    or numbers
                    and type(x3) in _NUMBERS
                )
                and (numbers or indifferent or dtype in getattr(backend, ready))
            ):
                try:
                    return getattr(backend, name)(x1, x2, x3)
                except Exception as error:
                    explain(error, args, kwargs)
                    raise
        return otherwise(*args, **kwargs)

    return call


def _several(declaration: Declaration) -> Callable[..., Any]:
    """Three tensors or more, or some that may be None: all looked at in one loop."""
    name, dispatch = declaration.name, declaration.dispatch
    kept, indifferent = declaration.kept, declaration.indifferent
    any_dtype = declaration.promote is None
    ready = declaration.ready
    explain = declaration.explain
    last = max(declaration.tensors)
    static = [index not in declaration.tensors for index in range(last + 1)]
    free = [any_dtype or index in kept for index in range(last + 1)]
    # The tensors, and whether each may have a dtype of its own.
    by_name = {key: free[index] for index, key in declaration.tensors.items()}
    scalars = declaration.scalars

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        kinds = backend.kinds
        dtype = None
        values: Any = args
        for index, (value, skip, loose) in enumerate(
            zip(args, static, free, strict=False)
        ):
            if skip or value is None:
                continue
            kind = kinds.get(type(value))
            if kind == VARIABLE:
                value = value.value
                values = list(values) if values is args else values
                values[index] = value
            elif kind != TENSOR:
                if scalars and type(value) in _NUMBERS and dtype in backend.inexact:
                    continue
                return dispatch(args, kwargs)
            if not loose and value.dtype is not dtype:
                if dtype is not None:
                    return dispatch(values, kwargs)
                dtype = value.dtype
        if dtype is not None and not (indifferent or dtype in getattr(backend, ready)):
            return dispatch(values, kwargs)
        if kwargs:
            for key, value in kwargs.items():
                if key not in by_name or value is None:
                    continue
                if kinds.get(type(value)) != TENSOR or not (
                    by_name[key] or value.dtype is dtype
                ):
                    return dispatch(values, kwargs)
        if not args:
            return dispatch(values, kwargs)
        try:
            return getattr(backend, name)(*values, **kwargs)
        except Exception as error:
            explain(error, values, kwargs)
            raise

    return call


def _listed(declaration: Declaration) -> Callable[..., Any]:
    """A list of tensors first: `concatenate`, `stack`."""
    name, dispatch = declaration.name, declaration.dispatch
    free = declaration.promote is None
    indifferent, ready = declaration.indifferent, declaration.ready
    explain = declaration.explain

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if not args or not _of_one_kind(backend, args[0], free):
            return dispatch(args, kwargs)
        if not (indifferent or args[0][0].dtype in getattr(backend, ready)):
            return dispatch(args, kwargs)
        try:
            return getattr(backend, name)(*args, **kwargs)
        except Exception as error:
            explain(error, args, kwargs)
            raise

    return call


def _variadic(declaration: Declaration) -> Callable[..., Any]:
    """Any number of tensors, behind static arguments: `einsum`, `meshgrid`."""
    name, dispatch = declaration.name, declaration.dispatch
    start = declaration.variadic
    free = declaration.promote is None
    indifferent, ready = declaration.indifferent, declaration.ready
    explain = declaration.explain

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        tensors = args[start:]
        if not _of_one_kind(backend, tensors, free) or not (
            indifferent or tensors[0].dtype in getattr(backend, ready)
        ):
            return dispatch(args, kwargs)
        try:
            return getattr(backend, name)(*args, **kwargs)
        except Exception as error:
            explain(error, args, kwargs)
            raise

    return call


def _of_one_kind(backend: Any, values: Any, any_dtype: bool) -> bool:
    """Whether it is a sequence of this backend's tensors, all of one dtype."""
    if type(values) not in (list, tuple) or not values:
        return False
    kinds = backend.kinds
    if kinds.get(type(values[0])) != TENSOR:
        return False
    dtype = values[0].dtype
    for value in values:
        if kinds.get(type(value)) != TENSOR:
            return False
        if value.dtype is not dtype and not any_dtype:
            return False
    return True


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
    if declaration.check:
        return _anything(declaration)
    if declaration.tensors:
        first = _is_tensor_position(declaration, 0)
        if first and len(declaration.tensors) == 1:
            return _unary(declaration)
        if (
            first
            and len(declaration.tensors) == 2
            and _is_tensor_position(declaration, 1)
        ):
            return _binary(declaration)
        if declaration.leads_with_tensors and list(declaration.tensors) == [0, 1, 2]:
            if declaration.settled and not declaration.sequences:
                return _ternary(declaration)
        if first and declaration.settled and not _has_sequences(declaration):
            return _several(declaration)
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
