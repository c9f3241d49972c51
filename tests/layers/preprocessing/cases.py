"""Calls of the layers for categories and text, whose results PyPI's Keras recorded.

A case is `(name, layer, arguments, data for adapt or None, inputs)`. Only NumPy is
imported here, so that both libraries can read it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Case = tuple[str, str, dict[str, Any], Any, Any]

_TOKENS = ["a", "b", "c", "d"]
_ROWS = [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
_TEXTS = ["The quick brown fox!", "jumps over the lazy dog, the dog."]
_ODD_TEXTS = ['Hello, World-wide! İ É ß a_b "q" `x` ~ \t tab\nnew \x1c.']
_FLOATS = [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, float("nan")]]
_LENGTHS = (0, 1, 3, 4, 7, 8, 9, 16, 17, 32, 33, 63, 64, 65, 128, 129, 192, 193, 300)
_STRINGS = ["".join(chr(33 + (i * i + n) % 90) for i in range(n)) for n in _LENGTHS]
_INTS = [[12, 1138, 42], [42, 1000, 36], [-7, 0, 5]]
_VECTORS = ("one_hot", "multi_hot", "count")


def _normalization() -> list[Case]:
    data = np.arange(24.0).reshape(2, 3, 4) ** 1.5
    given = {"mean": [1.0, 2.0], "variance": [4.0, 0.0]}
    cases: list[Case] = [
        (f"axis_{axis}", "Normalization", {"axis": axis}, data, data[:1] + 1)
        for axis in (None, -1, 1, (1, 2))
    ]
    ones = np.ones((2, 2))
    cases.append(("given", "Normalization", given, None, ones))
    cases.append(("invert", "Normalization", {**given, "invert": True}, None, ones))
    return cases


def _numbers() -> list[Case]:
    bins = {"bin_boundaries": [0.0, 1.0, 2.0]}
    cases: list[Case] = [
        ("int", "Discretization", bins, None, _FLOATS),
        ("adapted", "Discretization", {"num_bins": 4}, _FLOATS[0] * 3, _FLOATS),
    ]
    for mode in _VECTORS:
        given = {**bins, "output_mode": mode}
        for inputs in (_FLOATS, [[1.5], [-3.0]], [0.5, 2.0]):
            rank = np.ndim(inputs)
            name = f"{mode}_{rank}_{np.shape(inputs)[-1]}"
            cases.append((name, "Discretization", given, None, inputs))
        for inputs in ([3, 2, 0, 1], [[0, 1], [0, 0], [3, 1]], [[0], [3]], 2):
            shape = "x".join(map(str, np.shape(inputs)))
            arguments = {"num_tokens": 4, "output_mode": mode}
            name = f"{mode}_{shape}"
            cases.append((name, "CategoryEncoding", arguments, None, np.array(inputs)))
    return cases


def _hashes() -> list[Case]:
    bins = 10**9
    letters = [["A", "B"], ["", "A"]]
    cases: list[Case] = [
        ("lengths", "Hashing", {"num_bins": bins}, None, [_STRINGS]),
        ("salted", "Hashing", {"num_bins": bins, "salt": [133, 137]}, None, [_STRINGS]),
        ("one_salt", "Hashing", {"num_bins": 99, "salt": 5}, None, letters),
        ("mask", "Hashing", {"num_bins": 5, "mask_value": ""}, None, letters),
        ("unicode", "Hashing", {"num_bins": bins}, None, [["é", "日本語", "😀"]]),
        ("integers", "Hashing", {"num_bins": bins}, None, np.array(_INTS)),
        (
            "masked_integer",
            "Hashing",
            {"num_bins": 99, "mask_value": 42},
            None,
            np.array(_INTS),
        ),
    ]
    for mode in _VECTORS:
        arguments = {"num_bins": 5, "output_mode": mode}
        cases.append((mode, "Hashing", arguments, None, letters))
    strings, ints = np.array(["A", "B", "x"]), np.array([101, 102, -1])
    crosses = {
        "mixed": (strings, ints),
        "strings": (strings, np.array(["u", "", "x"])),
        "integers": (ints, ints + 5),
        "three": (strings, ints, strings),
        "columns": (strings[:, None], ints[:, None]),
    }
    for name, inputs in crosses.items():
        cases.append((name, "HashedCrossing", {"num_bins": 10**6}, None, inputs))
    one_hot = {"num_bins": 5, "output_mode": "one_hot"}
    cases.append(("one_hot", "HashedCrossing", one_hot, None, (strings, ints)))
    return cases


def _lookups() -> list[Case]:
    known = {"vocabulary": _TOKENS}
    unknown = [["q", "w", "e", "r", "t", "a", "y", "b"]]
    cases: list[Case] = [
        ("int", "StringLookup", known, None, _ROWS),
        ("mask", "StringLookup", {**known, "mask_token": "d"[:0]}, None, [["", "a"]]),
        ("oov", "StringLookup", {**known, "num_oov_indices": 5}, None, unknown),
        (
            "salted",
            "StringLookup",
            {**known, "num_oov_indices": 5, "salt": [1, 2]},
            None,
            unknown,
        ),
        ("adapted", "StringLookup", {}, _ROWS, _ROWS),
        ("limited", "StringLookup", {"max_tokens": 3}, _ROWS, _ROWS),
        ("idf", "StringLookup", {"output_mode": "tf_idf"}, _ROWS, _ROWS),
        ("int", "IntegerLookup", {"vocabulary": [12, 36, 42]}, None, np.array(_INTS)),
        ("adapted", "IntegerLookup", {}, np.array(_INTS), np.array(_INTS)),
        (
            "invert",
            "IntegerLookup",
            {"vocabulary": [12, 36], "invert": True},
            None,
            np.array([[1, 2, 0, 9]]),
        ),
    ]
    for method in ("floormod", "farmhash"):
        arguments = {
            "vocabulary": [12, 36],
            "num_oov_indices": 4,
            "oov_method": method,
            "mask_token": 0,
        }
        cases.append((method, "IntegerLookup", arguments, None, np.array(_INTS)))
    for mode in (*_VECTORS, "tf_idf"):
        weights = [0.25, 0.75, 0.6, 0.4] if mode == "tf_idf" else None
        given = {**known, "output_mode": mode, "idf_weights": weights}
        padded = {**given, "max_tokens": 7, "pad_to_max_tokens": True}
        cases.append((mode, "StringLookup", given, None, _ROWS))
        cases.append((f"{mode}_row", "StringLookup", padded, None, ["a", "z"]))
        masked = {**given, "mask_token": ""}
        cases.append((f"{mode}_mask", "StringLookup", masked, None, [["a", ""]]))
        weights = weights and weights[:2]
        given = {"vocabulary": [12, 36], "output_mode": mode, "idf_weights": weights}
        cases.append((mode, "IntegerLookup", given, None, np.array(_INTS)))
    return cases


def _texts() -> list[Case]:
    known = {"vocabulary": ["the", "dog", "fox"]}
    some = ["the dog the", "", "a fox"]
    layer = "TextVectorization"
    cases: list[Case] = [
        ("adapted", layer, {}, _TEXTS, _TEXTS),
        ("column", layer, known, None, [[text] for text in some]),
        ("one", layer, known, None, "the fox"),
        ("length", layer, {**known, "output_sequence_length": 2}, None, some),
        ("longer", layer, {**known, "output_sequence_length": 6}, None, some),
        ("ngrams", layer, {"ngrams": 2}, _TEXTS, _TEXTS),
        ("some_ngrams", layer, {"ngrams": (1, 3)}, _TEXTS, _TEXTS),
        ("letters", layer, {"split": "character"}, _ODD_TEXTS, _ODD_TEXTS),
        ("split", layer, {**known, "split": None}, None, [["the", "dog", "a"]]),
        ("idf", layer, {"output_mode": "tf_idf"}, _TEXTS, _TEXTS),
    ]
    for name in (None, "lower", "strip_punctuation", "lower_and_strip_punctuation"):
        arguments = {"standardize": name}
        cases.append((f"standardize_{name}", layer, arguments, _ODD_TEXTS, _ODD_TEXTS))
    for mode in ("multi_hot", "count", "tf_idf"):
        weights = [0.5, 0.7, 0.2] if mode == "tf_idf" else None
        given = {**known, "output_mode": mode, "idf_weights": weights}
        padded = {**given, "max_tokens": 6, "pad_to_max_tokens": True}
        cases.append((mode, layer, given, None, some))
        cases.append((f"{mode}_padded", layer, padded, None, some))
    return cases


CASES: list[Case] = [
    *_normalization(),
    *_numbers(),
    *_hashes(),
    *_lookups(),
    *_texts(),
]


def run(keras: Any, case: Case) -> tuple[Any, Any]:
    """The result of a case as an array, and the vocabulary that was learned."""
    _, layer_name, arguments, data, inputs = case
    layer = getattr(keras.layers, layer_name)(**arguments)
    if data is not None:
        layer.adapt(data)
    if isinstance(inputs, list) and not isinstance(inputs[0], (str, list)):
        inputs = np.array(inputs, "float32")
    outputs = keras.ops.convert_to_numpy(layer(inputs))
    tokens = layer.get_vocabulary() if hasattr(layer, "get_vocabulary") else None
    return outputs, tokens
