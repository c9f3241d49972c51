"""Prices of houses in Boston: `keras.datasets.boston_housing`."""

from __future__ import annotations

from keras.core.surface import listing
from keras.datasets.arrays import read_npz
from keras.datasets.source import Arrays, shuffled, stored

__all__ = ["load_data"]
__dir__ = listing(globals())

FILE = stored(
    "boston_housing.npz",
    "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
)


def load_data(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Arrays, Arrays]:
    """506 places near Boston in the 1970s and the prices of houses there.

    One of its columns was made on the assumption that races living apart raise prices:
    `california_housing` is a better choice for new programs.

    Args:
        path: name of the file in the cache.
        test_split: the part of the samples for the test.
        seed: of their order.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: features `(samples, 13)`, and the median
        price `(samples,)` in thousands of dollars, floats.

    Raises:
        ValueError: if `test_split` is not from 0 to below 1.

    Example:

    >>> import keras
    >>> train, test = keras.datasets.boston_housing.load_data()  # doctest: +SKIP
    """
    found = read_npz(FILE.path(path))
    return shuffled(found["x"], found["y"], seed, test_split)
