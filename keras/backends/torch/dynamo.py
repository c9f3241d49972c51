"""Makes Keras traceable by `torch.compile`, without importing its compiler.

The compiler (`torch._dynamo`, over a second to import) is only needed by those who
call `torch.compile`. When it is imported, it is told how to read the ambient
context and nested structures (see `keras.core.context` and `keras.core.plain_tree`),
and of the custom ops that its graphs may hold (`draws` and `compiled_ctc` here).
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from typing import Any

from keras.backends.torch import compiled_ctc, draws, remembering
from keras.core import context, plain_tree, tree

_TARGET = "torch._dynamo"


def _register() -> None:
    import torch

    draws.register()
    compiled_ctc.register()

    @torch.compiler.substitute_in_graph(context.get, skip_signature_check=True)
    def _traceable_get() -> context.Context:
        return context.mirror.context

    for name in ("is_nested", "flatten", "map_structure", "pack_sequence_as"):
        replace = torch.compiler.substitute_in_graph(getattr(tree, name))
        replace(getattr(plain_tree, name))
    for remembered, function in remembering.originals.items():
        torch.compiler.substitute_in_graph(remembered, skip_signature_check=True)(
            function
        )


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
