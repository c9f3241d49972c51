"""`tf.keras.preprocessing`: numbers are those of the published Keras."""

from __future__ import annotations

import random
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from keras._tf_keras.keras.preprocessing import sequence, text

TEXTS = ["a b a c", "b a d!"]


def fitted(**kwargs: Any) -> Any:
    tokenizer = text.Tokenizer(**kwargs)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


def test_words_are_numbered_by_how_often_they_occur() -> None:
    tokenizer = fitted(num_words=4, oov_token="<o>")
    assert tokenizer.word_index == {"<o>": 1, "a": 2, "b": 3, "c": 4, "d": 5}
    assert dict(tokenizer.word_counts) == {"a": 3, "b": 2, "c": 1, "d": 1}
    assert tokenizer.word_docs["c"] == 1 and tokenizer.index_docs[2] == 2
    assert tokenizer.texts_to_sequences(["a b c d z"]) == [[2, 3, 1, 1, 1]]
    assert tokenizer.sequences_to_texts([[1, 2, 3, 9]]) == ["<o> a b <o>"]
    assert fitted(num_words=2).texts_to_sequences(["a b z"]) == [[1]]
    assert fitted().sequences_to_texts([[1, 9, 2]]) == ["a b"]


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("binary", [0, 1, 1, 1]),
        ("count", [0, 1, 1, 2]),
        ("freq", [0, 0.25, 0.25, 0.5]),
        ("tfidf", [0, 1.09861229, 0.51082562, 0.86490296]),
    ],
)
def test_a_row_of_each_text(mode: str, row: list[float]) -> None:
    tokenizer = fitted(num_words=4, oov_token="<o>")
    found = tokenizer.texts_to_matrix(["a b b z", ""], mode=mode)
    np.testing.assert_allclose(found, [row, [0] * 4], rtol=1e-6)


def test_other_ways_to_count() -> None:
    letters = text.Tokenizer(char_level=True)
    letters.fit_on_texts(["abA", "b"])
    assert letters.word_index == {"a": 1, "b": 2}
    words = text.Tokenizer(analyzer=lambda line: line.split("-"))
    words.fit_on_texts(["x-y", "y"])
    assert words.word_index == {"y": 1, "x": 2}
    lists = text.Tokenizer()
    lists.fit_on_texts([["X", "y"], ["y"]])
    assert lists.texts_to_sequences([["x", "y"]]) == [[2, 1]]
    numbers = text.Tokenizer(num_words=4)
    numbers.fit_on_sequences([[1, 2], [2, 2]])
    found = numbers.sequences_to_matrix([[1, 2, 2]], "tfidf")
    np.testing.assert_allclose(found, [[0, 0.69314718, 0.86490296, 0]], rtol=1e-6)


def test_a_tokenizer_in_a_file() -> None:
    tokenizer = fitted(num_words=4, oov_token="<o>")
    again = text.tokenizer_from_json(tokenizer.to_json())
    assert again.get_config() == tokenizer.get_config()
    assert again.texts_to_matrix(["a b"], "tfidf").tolist() == (
        tokenizer.texts_to_matrix(["a b"], "tfidf").tolist()
    )
    assert again.index_word[2] == "a"


def test_what_a_tokenizer_refuses() -> None:
    with pytest.raises(TypeError, match=r"Unknown argument\(s\) of Tokenizer: foo"):
        text.Tokenizer(foo=1)
    with pytest.raises(ValueError, match="call `fit_on_texts` first"):
        text.Tokenizer().texts_to_matrix(["a"])
    with pytest.raises(ValueError, match="needs how many texts have a word"):
        text.Tokenizer(3).sequences_to_matrix([[1]], "tfidf")
    with pytest.raises(ValueError, match="`mode` must be one of .* Received: 'x'"):
        fitted().texts_to_matrix(["a"], "x")


def test_words_and_their_hashes() -> None:
    split = text.text_to_word_sequence
    assert split("Hello, World! it's") == ["hello", "world", "it's"]
    assert split("A,,B", filters=",", lower=False, split=",") == ["A", "B"]
    assert text.hashing_trick("a b c", 5, "md5") == [2, 4, 4]
    assert text.hashing_trick("A b", 5, len, lower=False) == [2, 2]
    assert set(text.one_hot("a b c d", 3)) <= {1, 2}


def test_windows_of_a_series() -> None:
    data = np.arange(10)
    windows = sequence.TimeseriesGenerator(
        data, data * 10, length=3, stride=2, batch_size=2
    )
    assert len(windows) == 2
    assert [x.tolist() for x in windows[1]] == [[[4, 5, 6], [6, 7, 8]], [70, 90]]
    backwards = sequence.TimeseriesGenerator(
        data,
        data * 10,
        length=4,
        sampling_rate=2,
        reverse=True,
        start_index=1,
        end_index=8,
        batch_size=3,
    )
    batches = [[x.tolist() for x in backwards[i]] for i in range(len(backwards))]
    assert batches == [
        [[[3, 1], [4, 2], [5, 3]], [50, 60, 70]],
        [[[6, 4]], [80]],
    ]
    drawn = sequence.TimeseriesGenerator(data, data, length=3, shuffle=True)
    x, y = drawn[0]
    assert x.shape == (128, 3) and (x[:, -1] + 1 == y).all()
    assert '"length": 3' in drawn.to_json()
    with pytest.raises(ValueError, match="10 steps of data and 3 of targets"):
        sequence.TimeseriesGenerator(data, data[:3], length=2)
    with pytest.raises(ValueError, match="`start_index \\+ length` is 20"):
        sequence.TimeseriesGenerator(data, data, length=20)


def test_pairs_of_words() -> None:
    expected = [0.00315225, 0.00315225, 0.00547597, 0.00741556, 0.00912817]
    np.testing.assert_allclose(sequence.make_sampling_table(5), expected, rtol=1e-5)
    pairs = sequence.skipgrams(
        [1, 2, 3, 0, 4], 5, window_size=1, negative_samples=0.0, shuffle=False
    )
    assert pairs == ([[1, 2], [2, 1], [2, 3], [3, 2]], [1] * 4)
    random.seed(0)
    drawn, labels = sequence.skipgrams([1, 2, 3], 5, window_size=1, seed=1)
    assert labels == [1, 0, 1, 0, 0, 1, 0, 1] and drawn[0] == [3, 2]
    both = sequence.skipgrams([1, 2], 3, categorical=True, sampling_table=np.zeros(3))
    assert both == ([], [])


def test_names_of_modules() -> None:
    preprocessing = import_module("keras._tf_keras.keras.preprocessing")
    assert {"image", "sequence", "text"} <= set(dir(preprocessing))
    assert {"Tokenizer", "one_hot"} <= set(dir(preprocessing.text))
    assert {"pad_sequences", "skipgrams"} <= set(dir(preprocessing.sequence))
    assert callable(preprocessing.timeseries_dataset_from_array)
    assert callable(preprocessing.image.load_img)
    with pytest.raises(ModuleNotFoundError):
        import_module("keras._tf_keras.keras.preprocessing.sounds")
    with pytest.raises(AttributeError):
        preprocessing.text.Sounds  # noqa: B018
