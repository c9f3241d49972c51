"""Every backend provides what the contract and the ops ask for, and nothing else."""

from __future__ import annotations

import importlib.util
import inspect
from typing import Any

import pytest

import keras
from keras.backends import load
from keras.backends.backend import MODULES, provided_by
from keras.backends.common import Common
from keras.backends.contract import DATA
from keras.core.errors import BackendError
from keras.ops.contract import all_declarations, functions, lacking, primitives
from keras.ops.declaration import Declaration

# What a backend need not have, with the reason.
DECLARATIONS = all_declarations()
REQUIRED = functions()


def own_signature(function: Any) -> inspect.Signature | None:
    """The signature of a function written in a backend; None for a framework's."""
    if not str(getattr(function, "__module__", "")).startswith("keras.backends"):
        return None
    if hasattr(function, "__wrapped__") or not inspect.isfunction(function):
        return None
    return inspect.signature(function)


def found(backend: str, name: str) -> Any:
    """What a backend answers with, be it its own or what most have in common."""
    made = load(backend)
    return getattr(made, name) if hasattr(Common, name) else vars(made).get(name)


def static_parameters(declaration: Declaration) -> list[tuple[str, Any]]:
    """The parameters that are no tensors, with their defaults."""
    return [
        (name, parameter.default)
        for name, parameter in declaration.signature.parameters.items()
        if name not in declaration.tensor_names
    ]


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_required_function_is_there(backend: str, name: str) -> None:
    """A listed function exists, with the listed parameters."""
    function = found(backend, name)
    assert callable(function), f"{backend} lacks {name}{REQUIRED[name]}"
    signature = own_signature(function)
    if signature is not None:
        assert list(signature.parameters) == list(REQUIRED[name].parameters)


@pytest.mark.parametrize("name", sorted(primitives()))
def test_primitive_op_is_there(backend: str, name: str) -> None:
    """An op that is not composed has a function with its parameters."""
    declaration = DECLARATIONS[name]
    function = found(backend, name)
    assert callable(function), f"{backend} lacks {name}{declaration.signature}"
    check_parameters(declaration, function)


@pytest.mark.parametrize(
    "name", sorted(d.name for d in DECLARATIONS.values() if d.composed)
)
def test_quicker_composite_has_the_same_parameters(backend: str, name: str) -> None:
    """Where a backend answers for a composed op, it takes what the op takes."""
    function = found(backend, name)
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


def test_no_op_is_restated() -> None:
    """The Protocols list what is no op: of ops, the declarations say all."""
    assert set(REQUIRED) & set(DECLARATIONS) == set()


def test_what_is_lacking_is_listed(backend: str) -> None:
    assert lacking(backend) == []


def test_nothing_is_public_that_nobody_declares(backend: str) -> None:
    """Helpers start with an underscore; all else is declared."""
    package = load(backend)._package
    known = {*REQUIRED, *DATA, *DECLARATIONS}
    files = (f"{package}.{name}" for name in MODULES)
    for module_name in filter(importlib.util.find_spec, files):
        provided = provided_by(importlib.import_module(module_name))
        # For other files of the backend: where torch's tensors are placed, those in
        # parts, and numbers that a dtype can hold; which kernels TensorFlow has.
        within = {"default_device", "is_in_parts", "gathered", "part_here", "under_xla"}
        within |= {"held"}
        strangers = set(provided) - known - within
        assert strangers == set(), module_name


def test_a_missing_function_is_an_error_that_says_what_to_do() -> None:
    """A name that a backend does not have is told apart from a typing mistake."""
    with pytest.raises(RuntimeError, match="does not provide `no_such_function`"):
        _ = load("numpy").no_such_function


def test_a_missing_function_is_a_missing_attribute(backend: str) -> None:
    """A walk over the attributes of something meets no other error."""
    provider = keras.Variable(1.0).backend
    assert not hasattr(provider, "no_such_function")
    with pytest.raises(BackendError, match="does not provide"):
        provider.no_such_function()
