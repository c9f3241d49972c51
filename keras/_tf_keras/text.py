"""`tf.keras.preprocessing.text`: words to numbers, as programs for Keras 2 do it.

New programs use `keras.layers.TextVectorization`, which is part of a model.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

_PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")
Text = str | Sequence[str]


def text_to_word_sequence(
    input_text: str, filters: str = _PUNCTUATION, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that count as separators.
        lower: whether words are brought to lower case.
        split: the separator.

    Example:

    >>> from keras._tf_keras.keras.preprocessing.text import text_to_word_sequence
    >>> text_to_word_sequence("Hello, world!")
    ['hello', 'world']
    """
    text = input_text.lower() if lower else input_text
    text = text.translate(str.maketrans(dict.fromkeys(filters, split)))
    return [word for word in text.split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = _PUNCTUATION,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """A number from 1 to `n - 1` of each word, by Python's `hash`.

    It differs from run to run; `hashing_trick` with `"md5"` does not.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Callable[[str], int] | str | None = None,
    filters: str = _PUNCTUATION,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """A number from 1 to `n - 1` of each word; two words may share one.

    Args:
        text: the text.
        n: numbers are below it.
        hash_function: of a word to an integer; `"md5"` for one that is the same in
            every run, None for Python's `hash`.
        filters: characters that count as separators.
        lower: whether words are brought to lower case.
        split: the separator.
        analyzer: gives the words of a text, instead of the three above.

    Example:

    >>> from keras._tf_keras.keras.preprocessing.text import hashing_trick
    >>> hashing_trick("a b c", 5, "md5")
    [2, 4, 4]
    """
    number: Any = _md5 if hash_function == "md5" else hash_function or hash
    if analyzer is None:
        words = text_to_word_sequence(text, filters, lower, split)
    else:
        words = analyzer(text)
    return [number(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers words by how often they occur, from 1; 0 is left for padding.

    Args:
        num_words: only numbers below it are used, that is the `num_words - 1` most
            frequent words; None uses all.
        filters: characters that count as separators.
        lower: whether words are brought to lower case.
        split: the separator.
        char_level: whether characters are counted in place of words.
        oov_token: a word that stands for those without a number, which else are left
            out. It has the number 1.
        analyzer: gives the words of a text, instead of the three above.

    Raises:
        TypeError: for arguments beyond these.

    Example:

    >>> from keras._tf_keras.keras.preprocessing.text import Tokenizer
    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["a cat", "a dog"])
    >>> tokenizer.texts_to_sequences(["a dog"])
    [[1, 3]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _PUNCTUATION,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unknown argument(s) of Tokenizer: {', '.join(kwargs)}.")
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer

    def _words(self, text: Text) -> Sequence[str]:
        if self.char_level or not isinstance(text, str):
            if not self.lower:
                return text
            if isinstance(text, str):
                return text.lower()
            return [word.lower() for word in text]
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Text]) -> None:
        """Counts the words of texts, or of lists of words, and numbers them anew."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):
                self.word_docs[word] += 1
        frequent = sorted(self.word_counts, key=lambda w: -self.word_counts[w])
        known = [] if self.oov_token is None else [self.oov_token]
        self.word_index = {w: i for i, w in enumerate([*known, *frequent], start=1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Iterable[int]]) -> None:
        """Counts in how many sequences each number is, for `"tfidf"`."""
        for sequence in sequences:
            self.document_count += 1
            for index in set(sequence):
                self.index_docs[index] += 1

    def texts_to_sequences(self, texts: Iterable[Text]) -> list[list[int]]:
        """The numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Text]) -> Iterator[Any]:
        """The numbers of the words of one text after another."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token else None
        for text in texts:
            found = (self.word_index.get(word) for word in self._words(text))
            numbers = (i if self._is_used(i) else unknown for i in found)
            yield [index for index in numbers if index is not None]

    def _is_used(self, index: int | None) -> bool:
        return index is not None and not (self.num_words and index >= self.num_words)

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of numbers, with spaces between them."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(
        self, sequences: Iterable[Iterable[int]]
    ) -> Iterator[str]:
        """The words of one sequence after another."""
        for sequence in sequences:
            words = (
                self.index_word.get(i) if self._is_used(i) else None for i in sequence
            )
            if self.oov_token is not None:
                words = (self.oov_token if word is None else word for word in words)
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts: Iterable[Text], mode: str = "binary") -> Any:
        """One row of each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(
        self, sequences: Sequence[Sequence[int]], mode: str = "binary"
    ) -> np.ndarray:
        """One row of each sequence, one column of each number.

        Args:
            sequences: lists of numbers.
            mode: `"binary"` for 1 where a number occurs, `"count"` for how often,
                `"freq"` for its share of the sequence, `"tfidf"` for a weight that
                grows with the count and shrinks with the share of texts that have it.

        Returns:
            An array `(sequences, num_words)`.

        Raises:
            ValueError: for another mode, or where what it needs has not been counted.
        """
        if mode not in _MODES:
            raise ValueError(f"`mode` must be one of {_MODES}. Received: {mode!r}.")
        if not self.num_words and not self.word_index:
            raise ValueError(
                "The number of columns is not known. Give Tokenizer `num_words`, or "
                "call `fit_on_texts` first."
            )
        if mode == "tfidf" and not self.document_count:
            raise ValueError(
                "`mode='tfidf'` needs how many texts have a word. Call `fit_on_texts` "
                "or `fit_on_sequences` first."
            )
        columns = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences, strict=True):
            used = [index for index in sequence if index < columns]
            np.add.at(row, np.asarray(used, "int64"), 1.0)
            row[:] = self._weighed(row, len(sequence), mode)
        return matrix

    def _weighed(self, counts: np.ndarray, length: int, mode: str) -> np.ndarray:
        if mode == "count":
            return counts
        if mode == "freq":
            return counts / max(1, length)
        if mode == "binary":
            return (counts > 0).astype(counts.dtype)
        having = np.array([self.index_docs.get(i, 0) for i in range(len(counts))])
        rarity = np.log(1 + self.document_count / (1 + having))
        return np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0.0) * rarity

    def get_config(self) -> dict[str, Any]:
        """The settings, and what was counted, as JSON."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            **{name: json.dumps(getattr(self, name)) for name in _COUNTED},
        }

    def to_json(self, **kwargs: Any) -> str:
        """All of it as JSON, which `tokenizer_from_json` reads.

        Args:
            **kwargs: of `json.dumps`.
        """
        whole = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(whole, **kwargs)


_COUNTED = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The Tokenizer of what `to_json` returned."""
    config = dict(json.loads(json_string).get("config"))
    counted = {name: json.loads(config.pop(name)) for name in _COUNTED}
    tokenizer = Tokenizer(**config)
    for name in ("index_docs", "index_word"):  # keys of JSON are strings
        counted[name] = {int(k): value for k, value in counted[name].items()}
    tokenizer.word_counts = OrderedDict(counted["word_counts"])
    tokenizer.word_docs.update(counted["word_docs"])
    tokenizer.index_docs.update(counted["index_docs"])
    tokenizer.index_word, tokenizer.word_index = (
        counted["index_word"],
        counted["word_index"],
    )
    return tokenizer
