"""Every backend provides what the contract and the ops ask for, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import keras.ops
from keras.backends import contract, load
from keras.backends.backend import MODULES
from keras.ops.declare import DECLARATIONS, Declaration

for _module in pkgutil.walk_packages(keras.ops.__path__, "keras.ops."):
    importlib.import_module(_module.name)  # declares all ops, public or not

# What a backend need not have, with the reason.
ABSENT = {("numpy", "jvp"): "NumPy has no derivatives"}

PROTOCOLS = [
    value
    for value in vars(contract).values()
    if inspect.isclass(value) and value.__module__ == contract.__name__
]
PRIMITIVES = [d for d in DECLARATIONS.values() if not d.composed]


def members(protocol: type) -> dict[str, Any]:
    """The functions that a Protocol lists."""
    return {
        name: value
        for name, value in vars(protocol).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def required() -> dict[str, inspect.Signature]:
    """Every listed function with its signature, without `self`."""
    found: dict[str, inspect.Signature] = {}
    for protocol in PROTOCOLS:
        for name, function in members(protocol).items():
            signature = inspect.signature(function)
            parameters = list(signature.parameters.values())[1:]
            found[name] = signature.replace(parameters=parameters)
    return found


def own_signature(function: Any) -> inspect.Signature | None:
    """The signature of a function written in a backend; None for a framework's."""
    if not str(getattr(function, "__module__", "")).startswith("keras.backends"):
        return None
    if hasattr(function, "__wrapped__") or not inspect.isfunction(function):
        return None
    return inspect.signature(function)


def static_parameters(declaration: Declaration) -> list[tuple[str, Any]]:
    """The parameters that are no tensors, with their defaults."""
    return [
        (name, parameter.default)
        for name, parameter in declaration.signature.parameters.items()
        if name not in declaration.tensor_names
    ]


@pytest.mark.parametrize("name", sorted(required()))
def test_required_function_is_there(backend: str, name: str) -> None:
    """A listed function exists, with the listed parameters."""
    if (backend, name) in ABSENT:
        pytest.skip(ABSENT[backend, name])
    function = load(backend).__dict__.get(name)
    assert callable(function), f"{backend} lacks {name}{required()[name]}"
    signature = own_signature(function)
    if signature is not None and name not in DECLARATIONS:
        assert list(signature.parameters) == list(required()[name].parameters)


@pytest.mark.parametrize("name", sorted(d.name for d in PRIMITIVES))
def test_primitive_op_is_there(backend: str, name: str) -> None:
    """An op that is not composed has a function with its parameters."""
    declaration = DECLARATIONS[name]
    function = load(backend).__dict__.get(name)
    assert callable(function), f"{backend} lacks {name}{declaration.signature}"
    check_parameters(declaration, function)


@pytest.mark.parametrize(
    "name", sorted(d.name for d in DECLARATIONS.values() if d.composed)
)
def test_quicker_composite_has_the_same_parameters(backend: str, name: str) -> None:
    """Where a backend answers for a composed op, it takes what the op takes."""
    function = load(backend).__dict__.get(name)
    if function is not None:
        check_parameters(DECLARATIONS[name], function)


def check_parameters(declaration: Declaration, function: Any) -> None:
    """Tensors in the same places, static parameters of the same name and default."""
    signature = own_signature(function)
    if signature is None:
        return
    own = list(signature.parameters.values())
    assert len(own) == len(declaration.parameters), (signature, declaration)
    for name, default in static_parameters(declaration):
        assert signature.parameters[name].default == default, (signature, declaration)
    for index in declaration.tensors:
        theirs = own[index]
        wanted = declaration.signature.parameters[declaration.tensors[index]]
        has_default = wanted.default is not inspect.Parameter.empty
        assert (theirs.default is not inspect.Parameter.empty) == has_default


def public_names(backend: str) -> dict[str, str]:
    """Each public name of a backend with the module that has it."""
    package = load(backend)._package
    found: dict[str, str] = {}
    for module_name in MODULES:
        module = importlib.import_module(f"{package}.{module_name}")
        for name, value in vars(module).items():
            if not name.startswith("_") and not isinstance(value, ModuleType):
                found.setdefault(name, module_name)
    del found["annotations"]
    del found["Any"]
    return found


LISTED = {
    name
    for protocol in PROTOCOLS
    for name in (*members(protocol), *getattr(protocol, "__annotations__", {}))
}


def test_nothing_is_public_that_nobody_declares(backend: str) -> None:
    """Imports and helpers start with an underscore; all else is declared."""
    strangers = {
        name: module
        for name, module in public_names(backend).items()
        if name not in LISTED and name not in DECLARATIONS
    }
    # A type imported for annotations; for other files of torch: where new tensors are
    # placed, and arrays as tensors.
    allowed = {"Callable", "borrow", "default_device"}
    assert {n: m for n, m in strangers.items() if n not in allowed} == {}


def test_a_missing_function_is_an_error_that_says_what_to_do() -> None:
    """A name that a backend does not have is told apart from a typing mistake."""
    with pytest.raises(RuntimeError, match="does not provide `no_such_function`"):
        _ = load("numpy").no_such_function
