"""`tf.keras.preprocessing.sequence`: windows of series and pairs of words."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras.core.typing import TensorLike
from keras.utils import PyDataset


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target that comes after it.

    New programs use `keras.utils.timeseries_dataset_from_array`.

    Args:
        data: `(steps, ...)`.
        targets: `(steps, ...)`, the target of a window that ends before each step.
        length: steps that a window spans.
        sampling_rate: it takes every so-manieth of them.
        stride: steps from one window to the next.
        start_index: no window begins before it.
        end_index: no window has a target behind it.
        shuffle: whether windows are drawn at random.
        reverse: whether steps in a window run backwards.
        batch_size: windows in a batch.
        **kwargs: of `keras.utils.PyDataset`.

    Raises:
        ValueError: if data and targets differ in length, or no window fits.

    Example:

    >>> from keras._tf_keras.keras.preprocessing.sequence import TimeseriesGenerator
    >>> x, y = TimeseriesGenerator([1, 2, 3, 4], [10, 20, 30, 40], length=2)[0]
    >>> x.tolist(), y.tolist()
    ([[1, 2], [2, 3]], [30, 40])
    """

    def __init__(
        self,
        data: TensorLike,
        targets: TensorLike,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ValueError(
                "Data and targets must be of one length. Received: "
                f"{len(data)} steps of data and {len(targets)} of targets."
            )
        self.data, self.targets = data, targets
        self.length, self.sampling_rate = length, sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"No window fits: `start_index + length` is {self.start_index}, which "
                f"is beyond `end_index`, {self.end_index}. Use a shorter window."
            )

    def __len__(self) -> int:
        windows = len(range(self.start_index, self.end_index + 1, self.stride))
        return -(-windows // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.shuffle:
            ends = np.random.randint(
                self.start_index, self.end_index + 1, size=self.batch_size
            )
        else:
            first = self.start_index + self.batch_size * self.stride * index
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            ends = np.arange(first, last, self.stride)
        order = -1 if self.reverse else 1
        windows = [
            self.data[end - self.length : end : self.sampling_rate][::order]
            for end in ends
        ]
        return np.array(windows), np.array([self.targets[end] for end in ends])

    def get_config(self) -> dict[str, Any]:
        """The arguments, with data and targets as JSON."""
        names = ("length", "sampling_rate", "stride", "start_index", "end_index")
        return {
            "data": json.dumps(np.asarray(self.data).tolist()),
            "targets": json.dumps(np.asarray(self.targets).tolist()),
            **{name: getattr(self, name) for name in names},
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """All of it as JSON.

        Args:
            **kwargs: of `json.dumps`.
        """
        whole = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(whole, **kwargs)


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """How likely the word of each frequency rank is kept, as word2vec does it.

    Args:
        size: how many words there are.
        sampling_factor: how often a word may occur before it is left out at times.

    Returns:
        An array `(size,)` of probabilities. Frequencies are taken to follow Zipf's
        law: that of the i-th word is about `1 / (i (ln i + 0.5772) + 1/2 - 1/(12 i))`.
    """
    rank = np.arange(size)
    rank[0] = 1
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    ratio = sampling_factor * inverse
    return np.minimum(1.0, ratio / np.sqrt(ratio))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: TensorLike | None = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words that stand near each other, and of words that need not.

    Args:
        sequence: the words of a text as numbers; 0 is no word.
        vocabulary_size: numbers are below it.
        window_size: how far two words of a pair stand apart at most.
        negative_samples: pairs with a word by chance, per true pair.
        shuffle: whether the pairs are shuffled.
        categorical: whether labels are `[0, 1]` and `[1, 0]` in place of 1 and 0.
        sampling_table: how likely a word is kept, by its number.
        seed: of what is drawn.

    Returns:
        `(pairs, labels)`: lists of two words each, and of 1 for a true pair.

    Example:

    >>> from keras._tf_keras.keras.preprocessing.sequence import skipgrams
    >>> skipgrams([1, 2], 3, negative_samples=0, shuffle=False)
    ([[1, 2], [2, 1]], [1, 1])
    """
    yes, no = ([0, 1], [1, 0]) if categorical else (1, 0)
    pairs = []
    for i, word in enumerate(sequence):
        if not word:
            continue
        if sampling_table is not None and sampling_table[word] < random.random():
            continue
        start = max(0, i - window_size)
        for j in range(start, min(len(sequence), i + window_size + 1)):
            if j != i and sequence[j]:
                pairs.append([word, sequence[j]])
    labels: list[Any] = [yes] * len(pairs)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [pair[0] for pair in pairs]
        random.shuffle(words)
        pairs += [
            [words[i % len(words)], random.randint(1, vocabulary_size - 1)]
            for i in range(count)
        ]
        labels += [no] * count
    if shuffle:
        chosen = random.randint(0, 10_000_000) if seed is None else seed
        for each in (pairs, labels):
            random.Random(chosen).shuffle(each)
    return pairs, labels
