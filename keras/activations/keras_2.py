"""Activations of Keras 2 that Keras 3 computes otherwise under the same name.

Not public: the layers of a file of Keras 2 get them, and what is saved of these names
them.
"""

from __future__ import annotations

from keras import ops
from keras.core.typing import Tensor, TensorLike

__all__ = ["hard_sigmoid_of_keras_2"]


def hard_sigmoid_of_keras_2(x: TensorLike) -> Tensor:
    """`clip(0.2 * x + 0.5, 0, 1)`; the slope of Keras 3 is 1/6.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> from keras.activations.keras_2 import hard_sigmoid_of_keras_2
    >>> float(hard_sigmoid_of_keras_2(-2.5)), float(hard_sigmoid_of_keras_2(0.0))
    (0.0, 0.5)
    """
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)
