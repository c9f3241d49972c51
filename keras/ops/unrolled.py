"""The quick way into ops of other than one or two tensors, written out for each.

`layer_normalization(x, gamma, beta)` asks of three arguments what they are; a loop
over them costs more than what it asks. So the questions are written one behind the
other, with the op's own parameters, and compiled once, as `dataclasses` does:

    def call(x=_absent, gamma=None, beta=None, axis=-1, epsilon=None, **_rest):
        _backend = _get().backend or _process.default or _current()
        _function, _plain, _kinds, _unchanged = _natives[_backend]
        if (
            _kinds.get(type(x)) == _TENSOR
            and (_dtype := x.dtype) in _unchanged
            and (gamma is None or (_kinds.get(type(gamma)) == _TENSOR and ...))
            ...
        ):
            try:
                return _plain(x, gamma, beta, axis, epsilon)
            except Exception as _error:
                return _recovered(_error, *_given((x, gamma, ...), _rest))
        if (_kinds.get(type(x)) == _VARIABLE or ...) and not (... == _SYMBOLIC or ...):
            return call(x.value if _kinds.get(type(x)) == _VARIABLE else x, ...)
        return _dispatch(*_given((x, gamma, beta, axis, epsilon), _rest))

The first tensor that is promoted leads: the others must have its dtype, or be Python
numbers where the op takes such. No parameter begins with an underscore, so the names
of our own do. Where the answer to a question is no, variables become their values and
try once more; a graph reads them anew. All else is put together again as it came, and
the general way takes it.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from keras.backends import current, process
from keras.backends.backend import SYMBOLIC, TENSOR, VARIABLE
from keras.core import context
from keras.core.typing import TensorLike

if TYPE_CHECKING:
    from keras.ops.declaration import Declaration

Given = tuple[tuple[Any, ...], dict[str, Any]]
NUMBERS = frozenset((float, int))
_LISTS = frozenset((list, tuple))


class _Absent:
    """Stands for a required argument that was not given."""

    def __repr__(self) -> str:
        return "absent"


_ABSENT = _Absent()
_TEXT = """\
def call({parameters}):
    _backend = _get().backend or _process.default or _current()
    _function, _plain, _kinds, _unchanged = _natives[_backend]
    if (
        {conditions}
    ):
        try:
            {attempt}
        except Exception as _error:
            return _recovered(_error, *_given({values}, _rest))
    if ({variables}) and not ({symbols}):
        return call({read})
    return _dispatch(*_given({values}, _rest))
"""


def unrolled(declaration: Declaration) -> Callable[..., Any]:
    """The op on tensors that need nothing; the general way takes the rest."""
    parameters = [
        parameter
        for parameter in declaration.signature.parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    defaults = {
        f"default_{p.name}": _ABSENT if p.default is Parameter.empty else p.default
        for p in parameters
    }
    conditions = _conditions(declaration, parameters)
    forwarded = [_forwarded(p) for p in parameters]
    if declaration.keywords:
        forwarded.append("**_rest")
    else:
        conditions.append("not _rest")
    arguments = ", ".join(forwarded)
    attempt = f"return {_callee(declaration)}({arguments})"
    if declaration.check is not None:
        attempt = f"if _check({arguments}):\n                {attempt}"
    tensors = [p for i, p in enumerate(parameters) if i in declaration.tensors]
    text = _TEXT.format(
        variables=" or ".join(_is(p, "_VARIABLE") for p in tensors),
        symbols=" or ".join(_is(p, "_SYMBOLIC") for p in tensors),
        read=", ".join(
            [
                *(_read(p) if p in tensors else _forwarded(p) for p in parameters),
                "**_rest",
            ]
        ),
        parameters=", ".join([*map(_declared, parameters), "**_rest"]),
        conditions="\n        and ".join(conditions),
        attempt=attempt,
        values=f"({', '.join(p.name for p in parameters)},)",
    )
    namespace: dict[str, Any] = {
        **defaults,
        "_NUMBERS": NUMBERS,
        "_SYMBOLIC": SYMBOLIC,
        "_TENSOR": TENSOR,
        "_VARIABLE": VARIABLE,
        "_absent": _ABSENT,
        "_check": declaration.check,
        "_current": current,
        "_dispatch": declaration.dispatch,
        "_dtype_of_all": dtype_of_all,
        "_recovered": declaration.recovered,
        "_get": context.get,
        "_given": _restorer(parameters, list(defaults.values())),
        "_natives": declaration.natives,
        "_process": process,
    }
    return _compiled(f"<quick way into {declaration.name}>", text, namespace)


def _callee(declaration: Declaration) -> str:
    """The backend's function; without promotion of its own where that was asked for."""
    if declaration.promotion.keeps_any:
        return "_function"
    return "(_function if _rest else _plain)" if declaration.keywords else "_plain"


def _declared(parameter: Parameter) -> str:
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    return f"{parameter.name}=default_{parameter.name}"


def _forwarded(parameter: Parameter) -> str:
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    if parameter.kind is Parameter.KEYWORD_ONLY:
        return f"{parameter.name}={parameter.name}"
    return parameter.name


def _is(parameter: Parameter, kind: str) -> str:
    """Whether an argument, or one of several, is of a kind."""
    name = parameter.name
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"{kind} in map(_kinds.get, map(type, {name}))"
    return f"_kinds.get(type({name})) == {kind}"


def _read(parameter: Parameter) -> str:
    """The argument, or the value of the variable that it is."""
    value = "{0}.value if _kinds.get(type({0})) == _VARIABLE else {0}"
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"*[{value.format('_each')} for _each in {parameter.name}]"
    start = f"{parameter.name}=" if parameter.kind is Parameter.KEYWORD_ONLY else ""
    return start + value.format(parameter.name)


def _conditions(declaration: Declaration, parameters: list[Parameter]) -> list[str]:
    """What must be true of the arguments, as expressions."""
    promotion, conditions, leader = declaration.promotion, [], ""
    numbers = f"_backend.{promotion.beside_numbers}" if declaration.scalars else ""
    for index, parameter in enumerate(parameters):
        name = parameter.name
        if index not in declaration.tensors:
            if parameter.default is Parameter.empty:
                conditions.append(f"{name} is not _absent")
            continue
        listed = index == declaration.variadic or index in declaration.sequences
        if index in declaration.kept:
            asked = _is_tensor(name, listed)
        elif promotion.target is None:
            asked = _keeps_its_own(name, listed, declaration.real)
        elif leader:
            asked = _has_dtype_of_leader(name, listed, numbers)
        else:
            leader = name
            conditions.append(_leads(name, listed, promotion.keeps_any))
            continue
        if index in declaration.optional:
            asked = f"({name} is None or ({asked}))"
        conditions.append(asked)
    return conditions


def _is_tensor(name: str, listed: bool) -> str:
    if listed:
        return f"_dtype_of_all(_kinds, {name}, False) is not None"
    return f"_kinds.get(type({name})) == _TENSOR"


def _keeps_its_own(name: str, listed: bool, real: bool) -> str:
    asked = _is_tensor(name, listed)
    return f"{asked} and {name}.dtype in _unchanged" if real and not listed else asked


def _leads(name: str, listed: bool, keeps_any: bool) -> str:
    wanted = "is not None" if keeps_any else "in _unchanged"
    if listed:
        # Asked for None by itself: to NumPy it is equal to float64.
        asked = f"(_dtype := _dtype_of_all(_kinds, {name}, True)) is not None"
        return asked if keeps_any else f"{asked} and _dtype {wanted}"
    return f"{_is_tensor(name, False)} and (_dtype := {name}.dtype) {wanted}"


def _has_dtype_of_leader(name: str, listed: bool, numbers: str) -> str:
    if listed:
        return f"_dtype_of_all(_kinds, {name}, True) is _dtype"
    asked = f"{_is_tensor(name, False)} and {name}.dtype is _dtype"
    if numbers:
        asked = f"({asked} or type({name}) in _NUMBERS and _dtype in {numbers})"
    return asked


def dtype_of_all(kinds: dict[type, int], values: TensorLike, same: bool) -> Any:
    """The dtype of a list of one backend's tensors; None if it is none such.

    With `same` the one they share, else that of the first.
    """
    if type(values) not in _LISTS:
        return None
    dtype: Any = _ABSENT
    for value in values:
        if kinds.get(type(value)) != TENSOR:
            return None
        if value.dtype is not dtype:
            if dtype is _ABSENT:
                dtype = value.dtype
            elif same:
                return None
    return None if dtype is _ABSENT else dtype


def _restorer(parameters: list[Parameter], defaults: list[Any]) -> Callable[..., Given]:
    """What brings all parameters' values back to the arguments that were given.

    Those that have their default values were not, or need not have been. Behind one
    that is missing all others go by name.
    """
    names = [parameter.name for parameter in parameters]
    variadic = [p.kind is Parameter.VAR_POSITIONAL for p in parameters]
    by_name = [p.kind is Parameter.KEYWORD_ONLY for p in parameters]
    first_by_name = by_name.index(True) if True in by_name else len(names)

    def given(values: tuple[Any, ...], rest: dict[str, Any]) -> Given:
        count = first_by_name
        while count and values[count - 1] is defaults[count - 1]:
            count -= 1
        missing = next((i for i, v in enumerate(values) if v is _ABSENT), count)
        start = min(count, missing)
        args = values[:start]
        if True in variadic:
            at = variadic.index(True)
            args = (*values[: min(at, missing)], *values[at])
            start = at + 1
        named = {
            name: value
            for name, value, default in zip(
                names[start:], values[start:], defaults[start:], strict=True
            )
            if value is not default
        }
        return args, {**named, **rest} if named else rest

    return given


def _compiled(name: str, text: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function `call` of a text, which tracebacks can show."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), namespace)  # noqa: S102 - text of our own
    return namespace["call"]
