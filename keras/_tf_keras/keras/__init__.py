"""`tf.keras`: TensorFlow resolves it to this module, which is Keras itself.

Every name is looked up in `keras` when it is first used. Submodules, such as
`keras._tf_keras.keras.models`, are those of `keras` under a second name; a few have
names of Keras 2 besides, as `tf.keras.backend.mean`.
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
_WIDER = (
    *("backend", "layers", "losses", "metrics"),
    *("preprocessing", "preprocessing.image", "preprocessing.sequence"),
    "preprocessing.text",
)
__version__ = _keras.__version__


class _Wider(ModuleType):
    """A namespace of `keras` with names of Keras 2 besides."""

    def __getattr__(self, name: str) -> Any:
        place = self.__name__.removeprefix(_PREFIX)
        if f"{place}.{name}" in _WIDER:
            return importlib.import_module(f"{self.__name__}.{name}")
        if not name.startswith("_"):
            found = _more().get(place, {}).get(name)
            if found is not None:
                return found
        elif name == "__all__":
            return self.__dir__()
        elif name == "__path__" and f"{place}.text" in _WIDER:
            return []  # a package: what is in it is found below
        return getattr(_namespace(place), name)

    def __dir__(self) -> list[str]:
        place = self.__name__.removeprefix(_PREFIX)
        inside = (x.removeprefix(f"{place}.") for x in _WIDER if x.startswith(place))
        shown = {*dir(_namespace(place)), *_more().get(place, {}), *inside}
        return sorted(x for x in shown if not x.startswith("_") and x != place)


def _namespace(place: str) -> ModuleType:
    if place not in _WIDER or importlib.util.find_spec(f"keras.{place}") is not None:
        return importlib.import_module(f"keras.{place}")
    return ModuleType(place)  # there is none in Keras


def _more() -> dict[str, dict[str, Any]]:
    # When a name is first asked for, as everything here.
    from keras._tf_keras.more import MORE

    return MORE


class _Alias(MetaPathFinder, Loader):
    """Finds `keras._tf_keras.keras.x` where `keras.x` is."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if not name.startswith(_PREFIX):
            return None
        place = name.removeprefix(_PREFIX)
        real = f"keras.{place}"
        if place not in _WIDER and importlib.util.find_spec(real) is None:
            return None
        return ModuleSpec(name, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        name = spec.name.removeprefix(_PREFIX)
        if name in _WIDER:
            return _Wider(spec.name)
        return _namespace(name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it is loaded already."""


if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
    sys.meta_path.append(_Alias())


def __getattr__(name: str) -> Any:
    if name in _WIDER:
        return importlib.import_module(f"{_PREFIX}{name}")
    return getattr(_keras, name)


def __dir__() -> list[str]:
    return dir(_keras)
