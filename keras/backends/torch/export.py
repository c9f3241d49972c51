"""Programs of `torch.export`: a model of the torch backend without its Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from keras.backends.torch.core import native_dtype
from keras.core import tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure

_BATCH = 7


class _Served(torch.nn.Module):
    """The call of a model for inference; torch takes the classes of modules only."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, *args: Any) -> Structure:
        return self.model(*args)


def program_of(model: Any, signature: Sequence[Structure]) -> Any:
    """The program of a model.

    Args:
        model: the model.
        signature: a structure of KerasTensors for each argument; each size that is not
            known is free, and free of the others, but for that of batches.
    """
    # All different, so that none is taken for another. All inputs have one batch size.
    sizes = iter(range(_BATCH + 1, 1000))
    examples = [tree.map_structure(lambda x: _example(x, sizes), s) for s in signature]
    free = [tree.map_structure(_free_axes, s) for s in signature]
    served = _Served(model).eval()
    with torch.no_grad():
        return torch.export.export(
            served, tuple(examples), dynamic_shapes=(tuple(free),), strict=False
        )


def _example(x: KerasTensor, sizes: Any) -> Any:
    shape = [next(sizes) if size is None else size for size in x.shape]
    if x.shape and x.shape[0] is None:
        shape[0] = _BATCH
    return torch.ones(shape, dtype=native_dtype(x.dtype))


def _free_axes(x: KerasTensor) -> dict[int, Any]:
    dynamic = torch.export.Dim.DYNAMIC
    return {axis: dynamic for axis, size in enumerate(x.shape) if size is None}


def save(program: Any, path: str) -> None:
    """Writes a program as a file."""
    with open(path, "wb") as file:
        torch.export.save(program, file)
