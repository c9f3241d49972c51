"""`tf.keras`: TensorFlow resolves it to this module, which is Keras itself.

Every name is looked up in `keras` when it is first used. Submodules, such as
`keras._tf_keras.keras.layers`, are those of `keras` under a second name.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import keras as _keras

_PREFIX = f"{__name__}."
__version__ = _keras.__version__


class _Alias(MetaPathFinder, Loader):
    """Finds `keras._tf_keras.keras.x` where `keras.x` is."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if not name.startswith(_PREFIX):
            return None
        real = f"keras.{name.removeprefix(_PREFIX)}"
        if importlib.util.find_spec(real) is None:
            return None
        return ModuleSpec(name, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return importlib.import_module(f"keras.{spec.name.removeprefix(_PREFIX)}")

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it is loaded already."""


if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
    sys.meta_path.append(_Alias())


def __getattr__(name: str) -> Any:
    return getattr(_keras, name)


def __dir__() -> list[str]:
    return dir(_keras)
