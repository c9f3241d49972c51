"""The version of this package."""

from __future__ import annotations


def version() -> str:
    """The version of Keras, such as `"3.16.0"`.

    Example:

    >>> import keras
    >>> keras.version() == keras.__version__
    True
    """
    from keras import __version__

    return __version__
