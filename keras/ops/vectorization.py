"""`vectorize`: a function of small tensors, applied over the axes in front of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from keras.core import tree
from keras.core.typing import Structure
from keras.ops import rules
from keras.ops.control import vectorized_map
from keras.ops.core import convert_to_tensor, shape
from keras.ops.shaping import broadcast_to, reshape

_GROUP = re.compile(r"\(([^()]*)\)")


def vectorize(
    pyfunc: Callable[..., Any],
    *,
    excluded: Collection[int | str] | None = None,
    signature: str | None = None,
) -> Callable[..., Any]:
    """A function that applies another one over the leading axes of its arguments.

    Args:
        pyfunc: function of tensors, written in ops. Without `signature` it gets
            scalars.
        excluded: positions and names of arguments that are passed on whole.
        signature: the last axes that `pyfunc` wants of each argument, and those of
            its results: `"(m,n),(n)->(m)"`.

    Returns:
        A function of tensors whose leading axes broadcast.

    Raises:
        ValueError: if `signature` cannot be read, or names another number of
            arguments than are given.

    Example:

    >>> import keras
    >>> dot = keras.ops.vectorize(keras.ops.dot, signature="(n),(n)->()")
    >>> tuple(dot(keras.ops.ones((4, 3)), keras.ops.ones((3,))).shape)
    (4,)
    """
    ranks = None if signature is None else _core_ranks(signature)
    whole = set(excluded or ())

    def vectorized(*args: Any, **kwargs: Any) -> Any:
        named = {k: v for k, v in kwargs.items() if k not in whole}
        fixed = {k: v for k, v in kwargs.items() if k in whole}
        places = [i for i in range(len(args)) if i not in whole]
        tensors = [convert_to_tensor(v) for v in (*(args[i] for i in places),)]
        tensors += [convert_to_tensor(v) for v in named.values()]
        cores = [0] * len(tensors) if ranks is None else ranks
        if len(cores) != len(tensors):
            raise ValueError(
                f"`signature` of vectorize names {len(cores)} arguments, but "
                f"{len(tensors)} were given. Received: signature={signature!r}."
            )

        def apply(elements: Structure) -> Any:
            given = list(args)
            for place, element in zip(places, elements, strict=False):
                given[place] = element
            rest = dict(zip(named, elements[len(places) :], strict=True))
            return pyfunc(*given, **rest, **fixed)

        return _over_leading_axes(apply, tensors, cores)

    return vectorized


def _core_ranks(signature: str) -> list[int]:
    inputs, arrow, _ = signature.partition("->")
    groups = _GROUP.findall(inputs)
    if not arrow or not groups or _GROUP.sub("", inputs).strip(" ,"):
        raise ValueError(
            "`signature` of vectorize must look like '(m,n),(n)->(m)'. Received: "
            f"{signature!r}."
        )
    return [
        len([name for name in group.split(",") if name.strip()]) for group in groups
    ]


def _over_leading_axes(
    function: Callable[[Any], Any], tensors: list[Any], cores: list[int]
) -> Any:
    """The function for each place in the broadcast leading axes."""
    sizes = [tuple(shape(x)) for x in tensors]
    short = [size for size, core in zip(sizes, cores, strict=True) if len(size) < core]
    if short:
        raise ValueError(
            "An argument of a vectorized function has fewer dimensions than its "
            f"signature names. Received shapes: {sizes}."
        )
    split = [len(size) - core for size, core in zip(sizes, cores, strict=True)]
    loops = rules.broadcast(*(size[:at] for size, at in zip(sizes, split, strict=True)))
    if not loops:
        return function(tensors)
    rows = [
        reshape(broadcast_to(x, (*loops, *size[at:])), (-1, *size[at:]))
        for x, size, at in zip(tensors, sizes, split, strict=True)
    ]
    results = vectorized_map(function, rows)
    return tree.map_structure(
        lambda y: reshape(y, (*loops, *tuple(shape(y))[1:])), results
    )
