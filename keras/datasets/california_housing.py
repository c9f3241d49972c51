"""Prices of houses in California: `keras.datasets.california_housing`."""

from __future__ import annotations

from keras.core.surface import listing
from keras.datasets.arrays import read_npz
from keras.datasets.source import Arrays, shuffled, stored

__all__ = ["load_data"]
__dir__ = listing(globals())

FILE = stored(
    "california_housing.npz",
    "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
)
_SMALL = 600


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> tuple[Arrays, Arrays]:
    """Blocks of the 1990 census in California and the prices of houses there.

    Args:
        version: `"large"` for 20,640 of them, `"small"` for 600.
        path: name of the file in the cache.
        test_split: the part of the samples for the test.
        seed: of their order.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: features `(samples, 8)`: longitude,
        latitude, age, rooms, bedrooms, people, households, income; and the median price
        `(samples,)` in dollars, float32.

    Raises:
        ValueError: for another version, or a `test_split` not from 0 to below 1.

    Example:

    >>> import keras
    >>> data = keras.datasets.california_housing.load_data("small")  # doctest: +SKIP
    """
    if version not in ("small", "large"):
        raise ValueError(
            f"`version` must be 'small' or 'large'. Received: version={version!r}."
        )
    found = read_npz(FILE.path(path))
    count = _SMALL if version == "small" else None
    return shuffled(found["x"][:count], found["y"][:count], seed, test_split)
