"""The quick way into ops of three tensors or more, written out for each signature.

`layer_normalization(x, gamma, beta)` asks of three arguments what they are; a loop
over them costs more than what it asks. So the questions are written one behind the
other, with the op's own parameters, and compiled once, as `dataclasses` does:

    def call(x=nothing, gamma=None, beta=None, axis=-1, epsilon=None, **rest):
        function, _, kinds, fine = ways[get().backend or process.default or current()]
        if (
            kinds.get(type(x)) == TENSOR
            and (dtype := x.dtype) in fine
            and (gamma is None or (kinds.get(type(gamma)) == TENSOR and ...))
            ...
        ):
            try:
                return function(x, gamma, beta, axis, epsilon)
            except Exception as error:
                explain(error, *restored((x, gamma, beta, axis, epsilon), rest))
                raise
        args, kwargs = restored((x, gamma, beta, axis, epsilon), rest)
        return otherwise(*args, **kwargs)
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from keras.backends import current, process
from keras.backends.backend import TENSOR
from keras.core import context

if TYPE_CHECKING:
    from keras.ops.declare import Declaration


class _Nothing:
    """Stands for a required argument that was not given."""

    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()
_TEXT = """\
def call({parameters}, **rest):
    function, _, kinds, fine = ways[get().backend or process.default or current()]
    if (
        {conditions}
    ):
        try:
            {attempt}
        except Exception as error:
            explain(error, *restored(({values}), rest))
            raise
    args, kwargs = restored(({values}), rest)
    return otherwise(*args, **kwargs)
"""


def unrolled(
    declaration: Declaration, otherwise: Callable[..., Any]
) -> Callable[..., Any]:
    """The op on tensors of one dtype that is ready; `otherwise` takes the rest."""
    parameters = [
        parameter
        for parameter in declaration.signature.parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    if any(p.kind is not Parameter.POSITIONAL_OR_KEYWORD for p in parameters):
        return otherwise
    names = [parameter.name for parameter in parameters]
    rest = ", **rest" if declaration.keywords else ""
    call = f"function({', '.join(names)}{rest})"
    if declaration.check is None:
        attempt = f"return {call}"
    else:
        attempt = f"if check({', '.join(names)}{rest}):\n                return {call}"
    conditions = _conditions(declaration, parameters)
    if not declaration.keywords:
        conditions.append("not rest")
    text = _TEXT.format(
        parameters=", ".join(f"{name}=default_{name}" for name in names),
        conditions="\n        and ".join(conditions),
        attempt=attempt,
        values=", ".join(names) + ",",
    )
    defaults = {
        f"default_{p.name}": _NOTHING if p.default is Parameter.empty else p.default
        for p in parameters
    }
    return _compiled(
        f"<quick way into {declaration.name}>",
        text,
        {
            **defaults,
            "TENSOR": TENSOR,
            "check": declaration.check,
            "current": current,
            "explain": declaration.explain,
            "get": context.get,
            "nothing": _NOTHING,
            "otherwise": otherwise,
            "process": process,
            "restored": _restorer(names, list(defaults.values())),
            "ways": declaration.ways,
        },
    )


def _conditions(declaration: Declaration, parameters: list[Parameter]) -> list[str]:
    """What must be true of the arguments, as expressions."""
    any_dtype, conditions, leader = declaration.promote is None, [], ""
    for index, parameter in enumerate(parameters):
        name = parameter.name
        if index not in declaration.tensors:
            if parameter.default is Parameter.empty:
                conditions.append(f"{name} is not nothing")
            continue
        asked = f"kinds.get(type({name})) == TENSOR"
        if not any_dtype and index not in declaration.kept:
            if leader:
                asked += f" and {name}.dtype is dtype"
            else:
                leader = name
                wanted = "is not None" if declaration.indifferent else "in fine"
                asked += f" and (dtype := {name}.dtype) {wanted}"
        if index in declaration.optional:
            asked = f"({name} is None or ({asked}))"
        conditions.append(asked)
    return conditions


def _restorer(names: list[str], defaults: list[Any]) -> Callable[..., Any]:
    """What brings all parameters' values back to the arguments that were given.

    Those at the end that have their default values were not, or need not have been.
    """

    def restored(
        values: tuple[Any, ...], rest: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        count = len(values)
        while count and values[count - 1] is defaults[count - 1]:
            count -= 1
        missing = next((i for i, v in enumerate(values) if v is _NOTHING), count)
        if missing >= count:
            return values[:count], rest
        named = {
            name: value
            for name, value, default in zip(
                names[missing:], values[missing:], defaults[missing:], strict=True
            )
            if value is not default
        }
        return values[:missing], {**named, **rest}

    return restored


def _compiled(name: str, text: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function `call` of a text, which tracebacks can show."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), namespace)  # noqa: S102 - text of our own
    return namespace["call"]
