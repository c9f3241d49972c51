"""Reviews of films, and whether they praise: `keras.datasets.imdb`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from keras.core.surface import listing
from keras.datasets.arrays import read_npz
from keras.datasets.sequences import WordNumbers
from keras.datasets.source import Arrays, stored

__all__ = ["get_word_index", "load_data"]
__dir__ = listing(globals())

FILE = stored(
    "imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
)
WORDS = stored("imdb_word_index.json", "bfafd718b763782e994055a2d397834f")


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> tuple[Arrays, Arrays]:
    """25,000 reviews of films for training and 25,000 for the test, as word numbers.

    Words are numbered by how frequent they are: 1 is the most frequent one, before
    `index_from` is added.

    Source: Maas et al., 2011 (https://ai.stanford.edu/~amaas/data/sentiment/).

    Args:
        path: name of the file in the cache.
        num_words: words of this number and above count as unknown; None for no limit.
        skip_top: words below this number count as unknown.
        maxlen: reviews of this length or more are left out; None for no limit.
        seed: of the order.
        start_char: the number that begins each review; None for none.
        oov_char: the number that stands for unknown words; None leaves them out.
        index_from: what is added to the numbers of words.
        **kwargs: names of older programs: `nb_words` for `num_words`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of numbers, and labels
        `(samples,)`: 1 for praise, 0 for blame.

    Raises:
        ValueError: if no review is shorter than `maxlen`.

    Example:

    >>> import keras
    >>> train, test = keras.datasets.imdb.load_data(num_words=10000)  # doctest: +SKIP
    """
    if "nb_words" in kwargs:
        warnings.warn("`nb_words` is now called `num_words`.", stacklevel=2)
        num_words = kwargs.pop("nb_words")
    if kwargs:
        raise TypeError(f"load_data() got unknown arguments: {sorted(kwargs)}.")
    found = read_npz(FILE.path(path))
    numbers = WordNumbers(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    random = np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        x, y = found[f"x_{part}"], found[f"y_{part}"]
        order = random.permutation(len(x))
        parts.append(numbers.moved(x[order], y[order]))
    limit = numbers.limit([text for texts, _ in parts for text in texts])
    train, test = (numbers.known(texts, labels, limit) for texts, labels in parts)
    return train, test


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, before `index_from` is added.

    Args:
        path: name of the file in the cache.

    Example:

    >>> import keras
    >>> words = keras.datasets.imdb.get_word_index()  # doctest: +SKIP
    """
    return WORDS.read_json(path)
