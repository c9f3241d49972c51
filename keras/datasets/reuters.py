"""News of Reuters and their topics: `keras.datasets.reuters`."""

from __future__ import annotations

import numpy as np

from keras.core.surface import listing
from keras.datasets.arrays import read_npz
from keras.datasets.sequences import WordNumbers
from keras.datasets.source import Arrays, parted, stored

__all__ = ["get_label_names", "get_word_index", "load_data"]
__dir__ = listing(globals())

FILE = stored(
    "reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
)
WORDS = stored("reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921")
_LABELS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade "
    "reserves ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed "
    "alum oilseed gold tin strategic-metal livestock retail ipi iron-steel rubber heat "
    "jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Arrays, Arrays]:
    """11,228 news of 46 topics, as word numbers.

    Words are numbered by how frequent they are: 1 is the most frequent one, before
    `index_from` is added.

    Args:
        path: name of the file in the cache.
        num_words: words of this number and above count as unknown; None for no limit.
        skip_top: words below this number count as unknown.
        maxlen: news of this length or more are left out; None for no limit.
        test_split: the part of the news for the test.
        seed: of the order.
        start_char: the number that begins each text; None for none.
        oov_char: the number that stands for unknown words; None leaves them out.
        index_from: what is added to the numbers of words.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of numbers, and topics
        `(samples,)` from 0 to 45; see `get_label_names`.

    Raises:
        ValueError: if no text is shorter than `maxlen`.

    Example:

    >>> import keras
    >>> data = keras.datasets.reuters.load_data(num_words=10000)  # doctest: +SKIP
    """
    found = read_npz(FILE.path(path))
    numbers = WordNumbers(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    order = np.random.RandomState(seed).permutation(len(found["x"]))
    texts, labels = numbers.moved(found["x"][order], found["y"][order])
    return parted(*numbers.known(texts, labels, numbers.limit(texts)), test_split)


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, before `index_from` is added.

    Args:
        path: name of the file in the cache.

    Example:

    >>> import keras
    >>> words = keras.datasets.reuters.get_word_index()  # doctest: +SKIP
    """
    return WORDS.read_json(path)


def get_label_names() -> tuple[str, ...]:
    """The names of the topics, in the order of their numbers.

    Example:

    >>> import keras
    >>> keras.datasets.reuters.get_label_names()[:2]
    ('cocoa', 'grain')
    """
    return tuple(_LABELS.split())
