"""`Constraint`, and the constraints on signs and norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.core import config
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.typing import Tensor

Axis = int | Sequence[int]


@public_class("keras.constraints")
class Constraint(Configurable):
    """Base class: a callable from a weight to the nearest allowed one.

    Subclasses define `__call__(self, w)`.

    Example:

    >>> import keras
    >>> class Capped(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return keras.ops.minimum(w, 1.0)
    >>> float(Capped()(keras.ops.array(3.0)))
    1.0
    """

    def __call__(self, w: Any) -> Tensor:
        """The projected weight, of the same shape and dtype."""
        return w


@public_class("keras.constraints")
class NonNeg(Constraint):
    """Negative values become zero.

    Example:

    >>> import keras
    >>> w = keras.constraints.NonNeg()(keras.ops.array([-1.0, 2.0]))
    >>> abs(keras.ops.convert_to_numpy(w)).tolist()
    [0.0, 2.0]
    """

    def __call__(self, w: Any) -> Tensor:
        """The projected weight, of the same shape and dtype."""
        return ops.multiply(w, ops.cast(ops.greater_equal(w, 0), w.dtype))


@public_class("keras.constraints")
class MaxNorm(Constraint):
    """Vectors longer than a limit are shortened to it.

    Args:
        max_value: the longest norm allowed.
        axis: axis or axes along which norms are taken: 0 for the weights of each
            unit of Dense, `[0, 1, 2]` for each filter of Conv2D.

    Reference:
        Srivastava et al., "Dropout", 2014.

    Example:

    >>> import keras
    >>> w = keras.constraints.MaxNorm(1.0)(keras.ops.array([[3.0], [4.0]]))
    >>> [round(float(x), 4) for x in keras.ops.convert_to_numpy(w)[:, 0]]
    [0.6, 0.8]
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The projected weight, of the same shape and dtype."""
        norms = _norms(w, self.axis)
        return _rescaled(w, ops.clip(norms, 0, self.max_value), norms)


@public_class("keras.constraints")
class MinMaxNorm(Constraint):
    """Norms are moved between two limits.

    Args:
        min_value: the shortest norm wanted.
        max_value: the longest norm wanted.
        rate: how far each update moves norms there, from 0 (not at all) to 1.
        axis: axis or axes along which norms are taken: 0 for the weights of each
            unit of Dense, `[0, 1, 2]` for each filter of Conv2D.

    Example:

    >>> import keras
    >>> limit = keras.constraints.MinMaxNorm(2.0, 3.0)
    >>> round(float(limit(keras.ops.array([1.0]))[0]), 4)
    2.0
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The projected weight, of the same shape and dtype."""
        norms = _norms(w, self.axis)
        inside = ops.clip(norms, self.min_value, self.max_value)
        desired = ops.add(
            ops.multiply(inside, self.rate), ops.multiply(norms, 1 - self.rate)
        )
        return _rescaled(w, desired, norms)


@public_class("keras.constraints")
class UnitNorm(Constraint):
    """Every vector gets norm 1.

    Args:
        axis: axis or axes along which norms are taken: 0 for the weights of each
            unit of Dense, `[0, 1, 2]` for each filter of Conv2D.

    Example:

    >>> import keras
    >>> w = keras.constraints.UnitNorm()(keras.ops.array([[3.0], [4.0]]))
    >>> [round(float(x), 4) for x in keras.ops.convert_to_numpy(w)[:, 0]]
    [0.6, 0.8]
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The projected weight, of the same shape and dtype."""
        return ops.divide(w, ops.add(_norms(w, self.axis), config.epsilon()))


def _norms(w: Any, axis: Axis) -> Any:
    axis = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


def _rescaled(w: Any, desired: Any, norms: Any) -> Any:
    return ops.multiply(w, ops.divide(desired, ops.add(norms, config.epsilon())))
