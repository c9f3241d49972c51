"""Ops in files: which arguments belong to the operation, and which to its call.

A file keeps some arguments of an op in the config of the operation and the others
with each call of it. Keras 3 draws that line by hand for every op; here tensors
belong to the call and all else to the operation. The two agree but for the few ops
below.
"""

from __future__ import annotations

from typing import Any

# No tensors here, yet arguments of the call in files.
_OF_THE_CALL = {
    "arange": ("start", "stop", "step"),
    "dot_product_attention": ("scale",),
    "full": ("fill_value",),
    "full_like": ("fill_value",),
    "get_item": ("key",),
    "isclose": ("rtol", "atol"),
    "pad": ("constant_values",),
    "select": ("default",),
    "slice": ("start_indices",),
    "slice_update": ("start_indices",),
}
# Tensors here, yet arguments of the operation in files.
_OF_THE_OPERATION = {
    "bincount": ("weights",),
    "clip": ("x_min", "x_max"),
    "trapezoid": ("x",),
}
# Names that are not made of capitalized words.
_CLASS_NAMES = {
    "allclose": "AllClose",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "isin": "IsIn",
    "searchsorted": "SearchSorted",
}


def class_name(operation_class: type) -> str:
    """The name of an op's operation class in files."""
    declaration = operation_class.declaration
    return _CLASS_NAMES.get(declaration.name, operation_class.__name__)


def operation_config(operation: Any) -> dict[str, Any]:
    """The config of an operation as files have it."""
    declaration = operation.declaration
    config = dict(operation.get_config())
    for name in _OF_THE_CALL.get(declaration.name, ()):
        config.pop(name, None)
    if config.get("kwargs") == {}:
        del config["kwargs"]
    if declaration.name in _OF_THE_OPERATION and operation._inbound_nodes:
        node = operation._inbound_nodes[0]
        config.update(_taken(declaration, node.args))
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
    for name in _OF_THE_CALL.get(declaration.name, ()):
        if name in operation.static:
            kwargs[name] = operation.static[name]
    taken = _taken(declaration, args)
    if taken:
        names = declaration.parameters
        args = tuple(
            value for name, value in zip(names, args, strict=False) if name not in taken
        )
    return args, kwargs


def _taken(declaration: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of a call that files keep with the operation, where all can be."""
    wanted = _OF_THE_OPERATION.get(declaration.name, ())
    given = dict(zip(declaration.parameters, args, strict=False))
    taken = {name: given[name] for name in wanted if name in given}
    plain = (int, float, bool, type(None))
    return taken if all(isinstance(v, plain) for v in taken.values()) else {}
