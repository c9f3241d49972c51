"""`keras.jit(..., jit_compile="auto")` on torch: any function, recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch._C._functorch import peek_interpreter_stack as _peek_functorch

from keras.backends.jitting import ARRAY, key_of, unhashable
from keras.backends.torch.core import convert_to_tensor
from keras.backends.torch.recording import Recorded
from keras.core import context, traces, tree
from keras.core.masking import get_mask
from keras.core.typing import Structure

_compiling = torch.compiler.is_compiling


class Jitted:
    """A function recorded for each structure and each set of constants it is given.

    Tensors and arrays anywhere in its arguments are its data, as on other backends;
    what cannot be recorded runs as it is written. See `Recorded`.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._forms: dict[Any, Recorded] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Structure:
        leaves, spec = tree.flatten_with_spec((args, kwargs))
        static: list[Any] = []
        tensors: list[Any] = []
        for index, leaf in enumerate(leaves):
            if isinstance(leaf, torch.Tensor):
                tensors.append(leaf)
                static.append(ARRAY)
            elif _is_array(leaf):
                leaves[index] = tensor = convert_to_tensor(leaf)
                tensors.append(tensor)
                static.append(ARRAY)
            else:
                static.append(leaf)
        if not _may_record(tensors):
            args, kwargs = tree.unflatten(spec, leaves)
            return self._function(*args, **kwargs)
        key = key_of(spec, static)
        try:
            form = self._forms.get(key)
        except TypeError:
            raise unhashable(static) from None
        if form is None:
            form = self._forms[key] = _Form(self._function, spec, static)
        return form(tuple(tensors))


class _Form(Recorded):
    """The function with these constants, as one of its tensors alone."""

    def __init__(
        self, function: Callable[..., Any], spec: Any, static: list[Any]
    ) -> None:
        super().__init__(self._run, at_once=False)
        self._whole = function
        self._spec = spec
        self._static = static

    def _arguments(self, tensors: tuple[Any, ...]) -> Any:
        feed = iter(tensors)
        leaves = [next(feed) if x is ARRAY else x for x in self._static]
        return tree.unflatten(self._spec, leaves)

    def _run(self, tensors: tuple[Any, ...]) -> Structure:
        args, kwargs = self._arguments(tensors)
        return self._whole(*args, **kwargs)

    def _record(self, key: Any, inputs: Any) -> Any:
        traces.note(self._whole, *self._arguments(inputs))
        return super()._record(key, inputs)


def _is_array(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype.kind not in "OUS"
    return type(x).__module__.startswith(("jax", "tensorflow")) and hasattr(x, "shape")


def _may_record(tensors: list[Any]) -> bool:
    if context.get().stateless is not None or _compiling():
        return False
    if _peek_functorch() is not None:
        return False
    return all(get_mask(x) is None for x in tensors)
