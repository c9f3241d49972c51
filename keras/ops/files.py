"""Ops in files: how they are named there, and whose their arguments are.

A file keeps some arguments of an op in the config of the operation and the others
with each call of it. Keras 3 draws that line by hand for every op; here tensors
belong to the call and all else to the operation. Where the two do not agree, the op's
declaration says so: `@op(in_files=InFiles(...))`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras.core.typing import Config

if TYPE_CHECKING:
    from keras.ops.declaration import Declaration
    from keras.ops.operation import OpCall


@dataclass(frozen=True)
class InFiles:
    """An op in files, where the usual rules do not tell.

    Attributes:
        module: the module of `keras.src.ops` that files name; by default `nn`,
            `linalg` or `image` for ops that are written there, and `numpy`.
        class_name: the name of the operation's class, where it is not the op's name
            in capitalized words.
        of_the_call: parameters that are no tensors here, yet arguments of the call in
            files.
        of_the_operation: tensors here, yet arguments of the operation in files.
    """

    module: str | None = None
    class_name: str | None = None
    of_the_call: tuple[str, ...] = ()
    of_the_operation: tuple[str, ...] = ()


def module_of(declaration: Declaration) -> str:
    """The module under which files name an op."""
    module = declaration.in_files.module
    if module is None:
        written = declaration.rule.__module__.removeprefix("keras.ops.")
        room = written.partition(".")[0]
        module = room if room in ("nn", "linalg", "image") else "numpy"
    return f"keras.src.ops.{module}"


def class_name_of(declaration: Declaration) -> str:
    """The name of an op's operation class: `get_item` -> `GetItem`."""
    words = declaration.name.split("_")
    return declaration.in_files.class_name or "".join(map(str.capitalize, words))


def operation_config(operation: OpCall) -> Config:
    """The config of an operation as files have it."""
    declaration = operation.declaration
    config = dict(operation.get_config())
    for name in declaration.in_files.of_the_call:
        config.pop(name, None)
    if config.get("kwargs") == {}:
        del config["kwargs"]
    if operation._inbound_nodes:
        config.update(_taken(declaration, operation._inbound_nodes[0].args))
    return config


def call_arguments(
    operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call of an operation as files have them.

    Args:
        operation: the operation, an op's or any other (a layer).
        args: positional arguments of the call.
        kwargs: keyword arguments of the call.

    Returns:
        Both, with what files keep with the call and without what they keep with the
        operation.
    """
    declaration = getattr(type(operation), "declaration", None)
    if declaration is None:
        return args, kwargs
    kwargs = dict(kwargs)
    for name in declaration.in_files.of_the_call:
        if name in operation.static:
            kwargs[name] = operation.static[name]
    taken = _taken(declaration, args)
    if taken:
        names = declaration.parameters
        args = tuple(
            value for name, value in zip(names, args, strict=False) if name not in taken
        )
    return args, kwargs


def _taken(declaration: Declaration, args: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of a call that files keep with the operation, where all can be."""
    wanted = declaration.in_files.of_the_operation
    given = dict(zip(declaration.parameters, args, strict=False))
    taken = {name: given[name] for name in wanted if name in given}
    plain = (int, float, bool, type(None))
    return taken if all(isinstance(v, plain) for v in taken.values()) else {}
