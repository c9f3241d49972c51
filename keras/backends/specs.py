"""Output specs by running a function twice, with different sizes for unknown ones.

For functions that do not work on KerasTensors. A size of the output that differs
between the two runs is unknown; the others are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from keras.backends import current
from keras.backends.backend import FOREIGN, TENSOR, VARIABLE
from keras.core import dtypes, tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, TensorLike

# Primes that no model uses as a size, so that a product of unknown sizes is unlikely
# to agree between runs.
_STARTS = (83, 89)


def by_running(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    make: Callable[[tuple[int, ...], str], Any],
) -> Any:
    """The output specs of a function.

    Args:
        function: the function.
        args: its arguments, with KerasTensors.
        kwargs: its keyword arguments, with KerasTensors.
        make: makes a tensor of a shape and dtype; runs of the function are given
            these. It may be a tensor without storage.
    """
    runs = []
    for start in _STARTS if _has_unknown((args, kwargs)) else _STARTS[:1]:
        filled = tree.map_structure(
            lambda x, s=start: _fill(x, s, make), (args, kwargs)
        )
        runs.append(function(*filled[0], **filled[1]))
    return tree.map_structure(lambda *outputs: _merge(outputs), *runs)


def _has_unknown(structure: Structure) -> bool:
    leaves = tree.flatten(structure)
    return any(isinstance(x, KerasTensor) and None in x.shape for x in leaves)


def _fill(x: TensorLike, size: int, make: Callable[..., Any]) -> Any:
    if not isinstance(x, KerasTensor):
        return x
    return make(tuple(size if s is None else s for s in x.shape), x.dtype)


def _merge(outputs: tuple[Any, ...]) -> Any:
    backend = current()
    first = outputs[0]
    kind = backend.kind_of(first)
    if kind == FOREIGN:  # of a layer that computes with a framework of its own
        shapes = [tuple(output.shape) for output in outputs]
        dtype = dtypes.standardize_dtype(first.dtype)
    elif kind in (TENSOR, VARIABLE):
        shapes = [tuple(backend.shape_of(output)) for output in outputs]
        dtype = backend.dtype_of(first)
    else:
        return first
    sizes: Iterator[Any] = zip(*shapes, strict=True)
    shape = tuple(s[0] if all(x == s[0] for x in s) else None for s in sizes)
    return KerasTensor(shape, dtype)
