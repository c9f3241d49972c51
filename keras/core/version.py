"""The version of this package."""

from __future__ import annotations

from keras import __version__


def version() -> str:
    """The version of Keras, such as `"3.16.0"`.

    Example:

    >>> import keras
    >>> keras.version() == keras.__version__
    True
    """
    return __version__
