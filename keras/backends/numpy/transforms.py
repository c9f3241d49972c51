"""Transforms of the NumPy backend: nothing is compiled, nothing differentiated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras.core import tree
from keras.core.errors import BackendError

compiles_calls = False


def jit(
    function: Callable[..., Any], jit_compile: bool | str | None = None
) -> Callable[..., Any]:
    return function


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def value_and_grad(
    function: Callable[..., Any],
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    raise BackendError(
        "The numpy backend computes no gradients: it is for inference. Train on jax, "
        "tensorflow or torch: keras.config.set_backend(name), or "
        "model.to_backend(name)."
    )


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
) -> Callable[..., Any]:
    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, (list, tuple)) else (in_axes,) * len(args)
        pairs = list(zip(args, axes, strict=True))
        size = next(np.shape(x)[axis] for x, axis in pairs if axis is not None)
        rows = [
            function(*(x if a is None else np.take(x, i, a) for x, a in pairs))
            for i in range(size)
        ]
        return tree.map_structure(lambda *parts: np.stack(parts, out_axes), *rows)

    return mapped
