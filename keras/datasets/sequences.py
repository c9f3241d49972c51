"""Texts as lists of word numbers: what IMDB and Reuters share."""

from __future__ import annotations

import numpy as np

from keras.datasets.source import Arrays


class WordNumbers:
    """How texts are written: which words count, and which numbers are kept free.

    Args:
        num_words: words of this number and above are rare: they count as unknown; None
            for no limit.
        skip_top: words below this number are too frequent: they count as unknown.
        maxlen: texts of this length or more are left out; None for no limit.
        start_char: the number that begins each text; None for none.
        oov_char: the number that stands for unknown words; None leaves them out.
        index_from: what is added to the numbers of words.
    """

    def __init__(
        self,
        num_words: int | None,
        skip_top: int,
        maxlen: int | None,
        start_char: int | None,
        oov_char: int | None,
        index_from: int | None,
    ) -> None:
        self.num_words = num_words
        self.skip_top = skip_top
        self.maxlen = maxlen
        self.start = [] if start_char is None else [start_char]
        self.unknown = [] if oov_char is None else [oov_char]
        self.index_from = index_from or 0

    def moved(self, texts: np.ndarray, labels: np.ndarray) -> tuple[list, np.ndarray]:
        """Texts with their start and moved numbers, those not too long.

        Raises:
            ValueError: if all are too long.
        """
        found = [
            [*self.start, *(word + self.index_from for word in text)] for text in texts
        ]
        if self.maxlen is None:
            return found, labels
        short = [place for place, x in enumerate(found) if len(x) < self.maxlen]
        if not short:
            raise ValueError(
                f"No text is shorter than maxlen={self.maxlen}. Increase `maxlen`."
            )
        return [found[place] for place in short], labels[short]

    def limit(self, texts: list) -> int:
        """The number of which, and above, words count as unknown."""
        return self.num_words or max(max(text) for text in texts)

    def known(self, texts: list, labels: np.ndarray, limit: int) -> Arrays:
        """Texts without the words that do not count, as an array of lists."""
        found = np.empty(len(texts), dtype=object)
        for place, text in enumerate(texts):
            found[place] = [
                number
                for word in text
                for number in (
                    [word] if self.skip_top <= word < limit else self.unknown
                )
            ]
        return found, labels
