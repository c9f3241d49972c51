"""`noise_shape`: the sizes of random choices that several places share."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.layers.arguments import class_name
from keras.layers.layer import Layer


def noise_shape(layer: Layer, shape: Any) -> tuple[int | None, ...] | None:
    """`shape` as a tuple of positive integers and None.

    Raises:
        ValueError: if it is something else.
    """
    if shape is None:
        return None
    sizes: tuple[Any, ...] = (False,)  # stands for what is no sequence
    if isinstance(shape, (tuple, list)):
        sizes = tuple(shape)
    for size in sizes:
        if size is None:
            continue
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not whole or size <= 0:
            raise ValueError(
                f"{class_name(layer)} expects `noise_shape` to be a tuple or "
                "list of positive integers and None, which stands for the inputs' "
                f"size. Received: noise_shape={shape!r}."
            )
    return tuple(None if size is None else int(size) for size in sizes)
