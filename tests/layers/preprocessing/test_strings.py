"""Strings as numbers: many at once, odd ones, and what is none."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

import keras
from keras.core.tracking import Tracker
from keras.layers.preprocessing import string_index

layers = keras.layers
WORDS = ["a", "é", "tab\t", "n\0l", ""]


def numbers(x: Any) -> list[Any]:
    """A tensor as lists."""
    return keras.ops.convert_to_numpy(x).tolist()


FORMS: dict[str, Any] = {
    "text": lambda words: np.array(words, dtype=object),
    "bytes": lambda words: np.array([w.encode() for w in words], dtype=object),
    "both": lambda words: np.array([w.encode() for w in words[:9]] + words[9:], object),
    "unicode": lambda words: np.array([*words, "longer one"])[:-1],
    "latin": lambda words: np.array([w.encode("latin-1") for w in words], object),
}


@pytest.mark.parametrize("arrow", [True, False], ids=["arrow", "plain"])
@pytest.mark.parametrize("form", FORMS)
def test_many_strings_are_found_as_few_are(
    form: str, arrow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if arrow:
        pytest.importorskip("pyarrow")
    else:
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name: None if name == "pyarrow" else find(name),
        )
    monkeypatch.setattr(string_index, "_MANY", 10)
    chosen = np.random.default_rng(0).integers(0, len(WORDS), 200)
    words = [WORDS[i] if i < 4 else "other" for i in chosen]
    encoding = "latin-1" if form == "latin" else "utf-8"
    with keras.backend_scope("numpy"):
        lookup = layers.StringLookup(vocabulary=WORDS[:4], encoding=encoding)
        found = numbers(lookup(FORMS[form](words)))
    wanted = [WORDS.index(w) + 1 if w in WORDS[:4] else 0 for w in words]
    assert found == wanted


def test_strings_that_end_with_nothing(backend: str) -> None:
    """Tokens and texts keep NULs at their ends, which NumPy's own strings lose."""
    lookup = layers.StringLookup(vocabulary=["a", "a\0", "a\0\0"])
    assert lookup.get_vocabulary()[1:] == ["a", "a\0", "a\0\0"]
    for words in (["a\0", "a", "b\0"], [b"a\0", b"a", b"b"], ["a\0", b"a", "a\0b"]):
        assert numbers(lookup(words)) == [2, 1, 0]
        assert numbers(lookup([words])) == [[2, 1, 0]]
    lookup = layers.StringLookup()
    lookup.adapt(["a\0", "a\0", "a"])
    assert lookup.get_vocabulary() == ["[UNK]", "a\0", "a"]
    text = layers.TextVectorization(vocabulary=["a", "a\0"])
    assert numbers(text(["a a\0", "a\0"])) == [[2, 3], [3, 0]]
    hashes = numbers(layers.Hashing(10**6)(["a", "a\0"]))
    assert hashes[0] != hashes[1]


def test_many_strings_that_arrow_cannot_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(string_index, "_MANY", 2)
    with keras.backend_scope("numpy"):
        lookup = layers.StringLookup(vocabulary=["a", "b"])
        odd = np.array([b"a", b"\xff", "\ud800", "b"], dtype=object)
        assert numbers(lookup(odd)) == [1, 0, 0, 2]
        for value in (None, 2, float("nan")):
            with pytest.raises(ValueError, match=r"string_lookup.*expects strings"):
                lookup(np.array(["a", value, "b"], dtype=object))


def test_numbers_are_no_strings(backend: str) -> None:
    # The PyPI keras refuses them too, by an error of TensorFlow's.
    lookup = layers.StringLookup(vocabulary=["1", "2"])
    text = layers.TextVectorization(vocabulary=["1", "2"])
    for layer in (lookup, text):
        with pytest.raises(ValueError, match="expects strings"):
            layer(np.array([1, 2]))
        with pytest.raises(ValueError, match="expects strings"):
            layer(np.array(["1", None], dtype=object))


def test_bytes_that_are_no_text(backend: str) -> None:
    # Recorded from the PyPI keras on TensorFlow.
    odd = np.array([b"1", b"\xff", b"\xfe\xfd"], dtype=object)
    lookup = layers.StringLookup(vocabulary=["1", "2"], num_oov_indices=3)
    assert numbers(lookup(odd)) == [3, 2, 1]
    text = layers.TextVectorization(vocabulary=["a", "b"])
    rows = np.array([b"a \xff b", b"\xc3\xa9A"], dtype=object)
    assert numbers(text(rows)) == [[2, 1, 3], [1, 0, 0]]
    letters = layers.TextVectorization(vocabulary=["a", "b"], split="character")
    assert numbers(letters(np.array([b"a\xffb"], dtype=object))) == [[2, 1, 3]]
    assert numbers(layers.Hashing(7)(odd[:2])) == numbers(layers.Hashing(7)(odd))[:2]
    for layer in (layers.StringLookup(), layers.TextVectorization()):
        with pytest.raises(UnicodeDecodeError, match=r"Name another `encoding`"):
            layer.adapt(odd)


def test_learning_costs_the_same_for_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    changed = Tracker.changed
    monkeypatch.setattr(
        Tracker, "changed", lambda *args: seen.append(1) or changed(*args)
    )
    rows = [f"word{i} and more" for i in range(200)]
    with keras.backend_scope("numpy"):
        for layer in (layers.TextVectorization(), layers.StringLookup()):
            layer.adapt(rows)
    # A counter among the attributes would be looked through at every row.
    assert len(seen) < 10
