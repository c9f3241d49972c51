"""Which distribution new variables and batches follow."""

from __future__ import annotations

from keras.core import placement
from keras.distribution.base import Distribution


def distribution() -> Distribution | None:
    """The current distribution, or None.

    Example:

    >>> import keras
    >>> parallel = keras.distribution.DataParallel(devices=["cpu:0"])
    >>> with parallel.scope():
    ...     keras.distribution.distribution() is parallel
    True
    """
    return placement.current()


def set_distribution(value: Distribution | None) -> None:
    """Makes a distribution current for the whole process, from now on.

    Args:
        value: the distribution; None for none.

    Raises:
        ValueError: if it is neither.

    Example:

    >>> import keras
    >>> keras.distribution.set_distribution(None)
    """
    if value is not None and not isinstance(value, Distribution):
        raise ValueError(
            "The distribution must be a keras.distribution.DataParallel, a "
            f"ModelParallel or None. Received: {value!r} of type "
            f"{type(value).__name__}."
        )
    placement.process.used |= value is not None
    placement.process.distribution = value
