"""The backend that writes: ops called on it become nodes of an ONNX graph.

It is a backend like those in `keras/backends`: a folder with the same files, in which a
function of the name and parameters of an op says how it is written. So composite ops
come down to primitive ones, and conversion and promotion happen where they do for all
backends. An op that has no function here, and none in `keras.ops.defaults`, is refused
by name. `reasons.py` says why.

Layers of any backend run on it (`hosts_others`): their variables are constants of the
graph, and what they assign is forgotten with it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from types import ModuleType
from typing import Any

import numpy as np

from keras.backends import load
from keras.backends.backend import Backend, provided_by
from keras.core import context, tree
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import StatelessScope, SymbolicScope
from keras.export.onnx.graph import Value, constant, weight
from keras.export.onnx.reasons import REASONS, CannotExport
from keras.ops import rnn as rnn_ops
from keras.ops.declaration import Declaration
from keras.ops.declare import DECLARATIONS
from keras.ops.nn import linear as linear_ops
from keras.ops.operators import attach_to

# What `keras.ops` does not load by itself: an op is declared before its rule is taken.
_DECLARING = (rnn_ops, linear_ops)


class Writer(Backend):
    """The backend; see the module's docstring."""

    hosts_others = True
    keeps_integers = True

    def _adopt(self, module: ModuleType) -> None:
        """Takes the functions of a file; those of ops become rules."""
        for name, value in provided_by(module).items():
            declaration = DECLARATIONS.get(name)
            if declaration is not None and callable(value):
                value = _as_rule(declaration, value)
            self.__dict__.setdefault(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        op = f"keras.ops.{name}" if name in DECLARATIONS else f"`{name}`"
        why = REASONS.get(name, "ONNX has no operator for it.")
        raise CannotExport(
            f"{op} cannot be written to an ONNX file. {why} Leave it out of the model, "
            "or export to another format."
        )


@cache
def writer() -> Writer:
    """The one instance."""
    attach_to(Value)
    return Writer("onnx", "keras.export.onnx")


def _as_rule(
    declaration: Declaration, function: Callable[..., Any]
) -> Callable[..., Any]:
    """Computes on constants; else it writes, and notes shapes and dtypes."""

    @wraps(function)
    def rule(*args: Any, **kwargs: Any) -> Any:
        leaves = [x for x in tree.flatten((args, kwargs)) if isinstance(x, Value)]
        if not stays and all(x.is_constant for x in leaves):
            if leaves or not declaration.tensors:
                return _computed(declaration, args, kwargs)
        specs = _specs(declaration, args, kwargs)
        outputs = function(*args, **kwargs)
        _note(outputs, specs)
        return outputs

    # Draws are other numbers in each run.
    stays = "seed" in declaration.parameters or getattr(function, "stays", False)
    return rule


def _specs(
    declaration: Declaration, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What the op's own rule says of the outputs: KerasTensors."""
    if declaration.composed:
        given = tree.map_structure(_as_size, (args, kwargs))
        with SymbolicScope():
            return declaration.rule(*given[0], **given[1])
    if declaration.variadic is None:
        args = tuple(
            value if index in declaration.tensors else _static(value)
            for index, value in enumerate(args)
        )
        names = declaration.tensor_names
        kwargs = {k: v if k in names else _static(v) for k, v in kwargs.items()}
    return declaration.infer_checked(args, kwargs)


def _static(value: Any) -> Any:
    """Static arguments as rules take them: a size not known yet is None."""
    if type(value) in (tuple, list):
        return type(value)(_in_shape(v) for v in value)
    return _as_size(value)


def _in_shape(value: Any) -> Any:
    unknown = isinstance(value, Value) and not value.is_constant
    return None if unknown else _static(value)


def _as_size(value: Any) -> Any:
    if not isinstance(value, Value):
        return value
    if value.is_constant and not value.ndim:
        return value.array.item()
    return KerasTensor(value.shape, value.dtype)


def _computed(
    declaration: Declaration, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """The op on constants: NumPy's results, as constants."""
    stateless = context.Scope("stateless", None)
    with stateless, context.Scope("backend", load("numpy")):
        given = tree.map_structure(_numbers, (args, kwargs))
        outputs = declaration.public(*given[0], **given[1])
    return tree.map_structure(
        lambda x: constant(x) if isinstance(x, (np.ndarray, np.generic)) else x, outputs
    )


def _numbers(x: Any) -> Any:
    return x.array if isinstance(x, Value) else x


def _note(outputs: Any, specs: Any) -> None:
    if isinstance(outputs, Value):
        if isinstance(specs, KerasTensor):
            outputs.note(specs.shape, specs.dtype)
    elif isinstance(outputs, (list, tuple)):
        for output, spec in zip(outputs, specs, strict=True):
            _note(output, spec)


class Weights(StatelessScope):
    """Inside, variables are constants of the graph; what is assigned stays in here."""

    def __init__(self) -> None:
        super().__init__(collect_losses=True)
        self._variables: list[Any] = []  # alive, so that ids stay theirs
        self._names: set[str] = set()

    def get_current_value(self, variable: Any) -> Any:
        """The constant of a variable."""
        value = self.state_mapping.get(id(variable))
        if value is None:
            name, count = variable.path, 1
            while name in self._names:
                name, count = f"{variable.path}_{count}", count + 1
            self._names.add(name)
            value = weight(
                lambda: _host(variable), variable.shape, variable._dtype, name
            )
            self.state_mapping[id(variable)] = value
            self._variables.append(variable)
        return value


def _host(variable: Any) -> np.ndarray:
    with (
        context.Scope("stateless", None),
        context.Scope("autocast", None),
        context.Scope("backend", variable.backend),
    ):
        return np.asarray(variable.backend.host_view(variable.value))
