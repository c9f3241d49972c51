"""`Backend`: one framework, seen through the names of `contract.py`.

A backend is a package of modules with the file names in `MODULES`; it may lack some.
Their public names become attributes of one object, so that an op finds its
implementation with a single attribute lookup and a type checker sees the Protocols of
the contract. What a file imports from Keras or Python is not taken, and a name that two
files give to different things is an error. Where a file imports a function from a
framework only to use it, the name has an underscore, or it would be provided.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from keras.backends.common import Common
from keras.backends.contract import DATA
from keras.backends.foreign import framework_of
from keras.core.errors import BackendError, MissingFunctionError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import TensorLike

# What an argument of an op is, from the point of view of one backend.
TENSOR = 1  # a tensor of this backend
SYMBOLIC = 2  # a KerasTensor
VARIABLE = 3  # a keras.Variable
SCALAR = 4  # a Python number, or NumPy's float64: weakly typed
OTHER = 5  # a NumPy array, a list, ...: to be converted
SPARSE = 7  # a sparse tensor of this backend
FOREIGN = 6  # a tensor of another framework: to be converted by way of the host

MODULES = (
    "core",
    "control",
    "array",
    "indexing",
    "elementwise",
    "reduction",
    "products",
    "nn",
    "windows",
    "blocks",
    "ctc",
    "special",
    "segment",
    "signal",
    "linalg",
    "image",
    "random",
    "rnn",
    "variable",
    "layer",
    "transforms",
    "optimizers",
)
LAZY_MODULES = (
    "data",
    "sparse",
    "export",
    "distribution",
    "partitioning",
    "module_wrapper",
    "saved_model",
    "jax_function",
)


_made: list[Backend] = []
_actions: list[Callable[[Backend], None]] = []


def for_each_backend(action: Callable[[Backend], None]) -> None:
    """Calls a function with each backend there is, and with each that is made later."""
    _actions.append(action)
    for backend in _made:
        action(backend)


def provided_by(module: ModuleType) -> dict[str, Any]:
    """What a file of a backend provides: all that has a public name and is its own.

    That is functions and classes, and the data that `contract.py` lists. What ours or
    Python's other files define is imported. What a framework defines is provided, if it
    has a public name: `swapaxes = np.swapaxes`.
    """
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (not _is_import(value, module) if callable(value) else name in DATA)
    }


def _is_import(value: Any, module: ModuleType) -> bool:
    home = getattr(value, "__module__", None) or ""
    top = home.partition(".")[0]
    if top == "keras" and home != module.__name__:
        # What a file makes of another's function bears the other's name, too.
        name = getattr(value, "__name__", "")
        return getattr(sys.modules.get(home), name, None) is value
    return top in sys.stdlib_module_names and not hasattr(value, "__wrapped__")


class Backend(Common):
    """The functions and classes that one framework provides.

    Args:
        name: `"numpy"`, `"jax"`, `"tensorflow"`, `"torch"` or the name of a plug-in.
        package: the package that holds the modules.
    """

    layouts: frozenset[str] = frozenset()  # unless the package says more

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self._package = package
        self.kinds: dict[type, int] = {
            KerasTensor: SYMBOLIC,
            bool: SCALAR,
            int: SCALAR,
            float: SCALAR,
            complex: SCALAR,
        }
        for module_name in MODULES:
            if importlib.util.find_spec(f"{package}.{module_name}") is not None:
                self._adopt(importlib.import_module(f"{package}.{module_name}"))
        # Known before the first call, which may be one that is being traced.
        self.kinds.update(dict.fromkeys(self.tensor_types, TENSOR))
        if not self.is_tensor(number := np.float64()):
            # Python's float to `isinstance`, and what np.sqrt(2) gives: as weak as 2.0.
            self.kinds[type(number)] = SCALAR
        self.Variable.backend = self
        self.kinds[self.Variable] = VARIABLE
        _made.append(self)
        for action in _actions:
            action(self)

    def _adopt(self, module: ModuleType) -> None:
        """Takes what a file provides; a name has one value in all of them."""
        for name, value in provided_by(module).items():
            if self.__dict__.setdefault(name, value) is not value:
                raise BackendError(
                    f"The {self.name} backend has two different things named "
                    f"{name!r}: the second is in {module.__name__}. Rename one of them."
                )

    def __getattr__(self, name: str) -> Any:
        if name in LAZY_MODULES:
            full = f"{self._package}.{name}"
            if importlib.util.find_spec(full) is not None:
                module = importlib.import_module(full)
                self.__dict__[name] = module
                return module
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingFunctionError(
            f"The {self.name} backend does not provide `{name}`. "
            "Use another backend for it: keras.backend_scope(name) or "
            "model.to_backend(name)."
        )

    def __repr__(self) -> str:
        return f"<keras backend {self.name!r}>"

    def kind_of(self, x: TensorLike) -> int:
        """What `x` is to this backend; remembered by type."""
        cls = type(x)
        kind = self.kinds.get(cls)
        if kind is None:
            kind = self._classify(x)
            self.kinds[cls] = kind
        return kind

    def _classify(self, x: TensorLike) -> int:
        if self.is_sparse(x):
            return SPARSE
        if self.is_tensor(x):
            return TENSOR
        if getattr(x, "_is_keras_variable", False):
            return VARIABLE
        if isinstance(x, KerasTensor):
            return SYMBOLIC
        foreign = framework_of(x) is not None and hasattr(x, "shape")
        return FOREIGN if foreign else OTHER
