"""Makes Keras traceable by `torch.compile`, without importing its compiler.

The compiler (`torch._dynamo`, over a second to import) is only needed by those who
call `torch.compile`. When it is imported, it is told how to read the ambient
context; see `keras.core.context`.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from typing import Any

from keras.core import context

_TARGET = "torch._dynamo"


def _register() -> None:
    import torch

    @torch.compiler.substitute_in_graph(context.get, skip_signature_check=True)
    def _traceable_get() -> context.Context:
        return context.mirror.context


class _WhenImported(MetaPathFinder):
    """Calls `_register` right after the compiler has been imported."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != _TARGET:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            _register()

        spec.loader.exec_module = exec_module
        return spec


def install() -> None:
    """Arranges for the registration, now or when the compiler is imported."""
    if _TARGET in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _WhenImported())
