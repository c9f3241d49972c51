"""What primitive ops are made of where a backend lacks them gives the same."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.backends import load
from keras.ops.contract import all_declarations
from keras.ops.declaration import DEFAULTS
from tests.ops.rows import Row, all_rows, flatten, map_arrays

DECLARED = all_declarations()


def _name(row: Row) -> str:
    function = ops
    for part in row.op.split("."):
        function = getattr(function, part)
    declaration = getattr(function, "declaration", None)
    return "" if declaration is None else declaration.name


# Where NumPy has a function of its own to compare with; what no backend has is compared
# with the rows' references, as all ops are.
OWN = DEFAULTS.keys() & vars(load("numpy")).keys()
ROWS = [row for row in all_rows() if _name(row) in OWN]


def _numbers(found: Any) -> list[np.ndarray]:
    return [np.asarray(ops.convert_to_numpy(leaf)) for leaf in flatten(found)]


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_default_computes_what_the_backend_does(row: Row) -> None:
    name = _name(row)
    declaration = DECLARED[name]
    with keras.backend_scope("numpy"):
        backend = keras.backends.current()
        args = map_arrays(ops.convert_to_tensor, row.args)
        wanted = _numbers(declaration.public(*args, **row.kwargs))
        native = backend.__dict__.pop(name)
        declaration._find_native(backend)
        try:
            found = _numbers(declaration.public(*args, **row.kwargs))
        finally:
            backend.__dict__[name] = native
            declaration._find_native(backend)
    if name.startswith("empty"):
        wanted = found
    assert [x.shape for x in found] == [x.shape for x in wanted]
    assert [x.dtype for x in found] == [x.dtype for x in wanted]
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_has_the_parameters_of_its_op(name: str) -> None:
    declaration = DECLARED[name]
    assert not declaration.composed
    own = inspect.signature(DEFAULTS[name]).parameters
    assert list(own) == list(declaration.signature.parameters)
    for parameter, theirs in declaration.signature.parameters.items():
        assert own[parameter].default == theirs.default, parameter
