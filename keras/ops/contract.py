"""What a backend must bring, worked out from the Protocols and the declared ops."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import keras.ops
import keras.random.distributions  # which declares the draws
from keras.backends import load
from keras.backends.common import Common
from keras.backends.contract import PROTOCOLS
from keras.core.classes import is_ours
from keras.ops.declaration import DEFAULTS, Declaration
from keras.ops.declare import DECLARATIONS


def all_declarations() -> dict[str, Declaration]:
    """Every op by its name, public or not, wherever it is declared."""
    for module in pkgutil.walk_packages(keras.ops.__path__, "keras.ops."):
        importlib.import_module(module.name)
    return DECLARATIONS


def primitives() -> dict[str, Declaration]:
    """The ops that a backend must have a function for: no other ops make them up."""
    return {
        name: declaration
        for name, declaration in all_declarations().items()
        if is_ours(declaration.rule)
        and not declaration.composed
        and name not in DEFAULTS
    }


def functions() -> dict[str, inspect.Signature]:
    """The functions that the Protocols list, with their signatures."""
    found: dict[str, inspect.Signature] = {}
    for protocol in PROTOCOLS:
        for name, value in vars(protocol).items():
            if inspect.isfunction(value) and not name.startswith("_"):
                signature = inspect.signature(value)
                parameters = list(signature.parameters.values())[1:]
                found[name] = signature.replace(parameters=parameters)
    return found


def lacking(backend: str) -> list[str]:
    """What a backend does not have yet, as `name(parameters)`, in order of the names.

    Args:
        backend: its name.

    Example:

    >>> import keras
    >>> from keras.ops.contract import lacking
    >>> lacking("numpy")
    []
    """
    have = {**vars(Common), **vars(load(backend))}
    wanted: dict[str, Any] = functions()
    wanted.update({name: op.signature for name, op in primitives().items()})
    return [
        f"{name}({', '.join(signature.parameters)})"
        for name, signature in sorted(wanted.items())
        if name not in have
    ]
