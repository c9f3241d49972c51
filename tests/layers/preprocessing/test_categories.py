"""Layers for numbers, categories and text: what PyPI's Keras on TensorFlow gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.backends import load
from tests.layers.preprocessing.cases import CASES, Case, run

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden.json").read_text(encoding="utf-8"))
CASE = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[1]}-{c[0]}")
layers = keras.layers


@CASE
def test_results_are_those_of_keras(case: Case, backend: str) -> None:
    wanted = GOLDEN[f"{case[1]}-{case[0]}"]
    outputs, tokens = run(keras, case)
    np.testing.assert_allclose(outputs, wanted["outputs"], atol=1e-5, rtol=1e-5)
    assert outputs.shape == np.shape(wanted["outputs"])
    assert tokens == wanted["vocabulary"]


def test_nothing_of_it_needs_tensorflow() -> None:
    code = (
        "import sys, json, pathlib, numpy as np\n"
        "sys.modules['tensorflow'] = None\n"
        "import keras\n"
        "from tests.layers.preprocessing.cases import CASES, run\n"
        f"text = pathlib.Path({str(HERE / 'golden.json')!r}).read_text('utf-8')\n"
        "golden = json.loads(text)\n"
        "with keras.backend_scope('numpy'):\n"
        "    for case in CASES:\n"
        "        wanted = golden[case[1] + '-' + case[0]]['outputs']\n"
        "        np.testing.assert_allclose(run(keras, case)[0], wanted, 1e-5, 1e-5)\n"
        "print(len(CASES))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(len(CASES)), done.stderr


@CASE
def test_configs_and_shapes(case: Case, backend: str) -> None:
    _, name, arguments, data, inputs = case
    layer = getattr(layers, name)(**arguments)
    if data is not None:
        layer.adapt(data)
    if not isinstance(inputs, tuple):
        inputs = np.array(inputs)
    outputs = layer(inputs)
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    sizes = {"vocabulary_size": 0}  # what was learned stands in a file of its own
    written = json.loads(json.dumps(again.get_config()))
    assert {**written, **sizes} == {**config, **sizes}
    symbols = keras.tree.map_structure(
        lambda x: keras.KerasTensor(
            x.shape, "string" if x.dtype.kind in "UO" else x.dtype
        ),
        inputs,
    )
    if np.ndim(inputs if not isinstance(inputs, tuple) else inputs[0]):
        spec = layer.compute_output_spec(symbols)
        assert spec.dtype == keras.ops.dtype(outputs)
        sizes = zip(spec.shape, outputs.shape, strict=True)
        assert all(a in (None, b) for a, b in sizes)


KINDS = {
    "series": lambda rows: __import__("pandas").Series(rows),
    "list": list,
    "array": np.array,
    "generator": lambda rows: (np.array([row]) for row in rows),
    "tf.data": lambda rows: (
        __import__("tensorflow").data.Dataset.from_tensor_slices(rows).batch(2)
    ),
    "loader": lambda rows: __import__("torch").utils.data.DataLoader(
        rows, batch_size=2
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_adapt_takes_any_data(kind: str, backend: str) -> None:
    if kind == "loader":  # torch has no strings: it gives lists of them
        pytest.importorskip("torch")
    if kind == "tf.data":
        pytest.importorskip("tensorflow")
    texts = ["a b", "b c", "b"]
    text = layers.TextVectorization()
    text.adapt(KINDS[kind](texts))
    assert text.get_vocabulary() == ["", "[UNK]", "b", "c", "a"]
    numbers = [1.0, 2.0, 3.0, 6.0]
    normalization = layers.Normalization(axis=None)
    normalization.adapt(KINDS[kind](numbers))
    found = keras.ops.convert_to_numpy(normalization([3.0, 6.0]))
    np.testing.assert_allclose(found, [0, 3 / np.sqrt(3.5)], atol=1e-6)


def test_adapt_says_what_is_wrong(backend: str) -> None:
    with pytest.raises(ValueError, match="no data"):
        layers.StringLookup().adapt(x for x in ())
    with pytest.raises(ValueError, match="one array each, and no labels"):
        layers.Normalization().adapt((np.ones((2, 2)), 1) for _ in range(2))
    with pytest.raises(ValueError, match="expects numbers"):
        layers.Normalization().adapt(np.array(["a"]))
    with pytest.raises(ValueError, match="Replace missing values"):
        layers.StringLookup().adapt(np.array(["a", None], dtype=object))
    with pytest.raises(ValueError, match="cannot be adapted"):
        layers.TextVectorization(vocabulary=["a"]).adapt(["b"])
    with pytest.raises(ValueError, match="no vocabulary yet"):
        layers.StringLookup()(["a"])


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("StringLookup", {"vocabulary": ["a", "a"]}, "each token once"),
    ("StringLookup", {"vocabulary": []}, "empty vocabulary"),
    ("StringLookup", {"vocabulary": "/no/such/file"}, "cannot read the vocabulary"),
    ("StringLookup", {"max_tokens": 1}, "above 1"),
    ("StringLookup", {"output_mode": "binary"}, "one of 'int'"),
    ("StringLookup", {"invert": True, "output_mode": "count"}, "must be 'int'"),
    ("StringLookup", {"vocabulary": ["a"], "output_mode": "tf_idf"}, "idf_weights"),
    ("StringLookup", {"vocabulary": ["b", ""], "mask_token": ""}, "mask token"),
    ("StringLookup", {"vocabulary": ["b", "a"], "max_tokens": 2}, "max_tokens=2"),
    ("IntegerLookup", {"vocabulary": ["a"]}, "vocabulary of integers"),
    ("IntegerLookup", {"salt": 3}, "oov_method='farmhash' only"),
    ("TextVectorization", {"standardize": "upper"}, "or a function"),
    ("TextVectorization", {"split": "words"}, "or a function"),
    ("TextVectorization", {"ngrams": "2"}, "ngrams"),
    ("TextVectorization", {"ragged": True, "output_mode": "count"}, "ragged"),
    ("Hashing", {"num_bins": 0}, "positive integer"),
    ("Hashing", {"num_bins": 3, "salt": "x"}, "two of them"),
    ("Hashing", {"num_bins": 3, "dtype": "float32"}, "integer type"),
    ("Hashing", {"num_bins": 3, "sparse": True}, "sparse"),
    ("HashedCrossing", {"num_bins": 3, "output_mode": "count"}, "one of 'int'"),
    ("Discretization", {}, "either `bin_boundaries`"),
    ("Discretization", {"bin_boundaries": [2.0, 1.0]}, "ascending"),
    ("CategoryEncoding", {}, "needs `num_tokens`"),
    ("Normalization", {"mean": 1.0}, "together"),
]


@pytest.mark.parametrize(
    ("name", "arguments", "message"), BAD, ids=[f"{n}-{m}" for n, _, m in BAD]
)
def test_wrong_arguments_are_explained(
    name: str, arguments: Any, message: str, backend: str
) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)


def test_wrong_inputs_are_explained(backend: str) -> None:
    text = layers.TextVectorization(vocabulary=["a"])
    with pytest.raises(ValueError, match=r"\(batch,\) or"):
        text([["a", "b"]])
    with pytest.raises(ValueError, match="Not in it"):
        layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"])
    with pytest.raises(ValueError, match="Not in it"):
        layers.IntegerLookup(vocabulary=[1], num_oov_indices=0)([2])
    cross = layers.HashedCrossing(4)
    with pytest.raises(ValueError, match="two features or more"):
        cross([np.array(["a"])])
    with pytest.raises(ValueError, match="strings or integers"):
        cross([np.array(["a"]), np.array([1.5])])
    with pytest.raises(ValueError, match="of one shape"):
        cross([np.array(["a"]), np.array([[1]])])


def test_functions_of_the_user_split_and_standardize(backend: str) -> None:
    def lower(texts: Any) -> Any:
        if backend == "tensorflow":
            import tensorflow as tf

            return tf.strings.lower(texts)
        return np.array([text.lower() for text in texts], dtype=object)

    def split(texts: Any) -> Any:
        if backend == "tensorflow":
            import tensorflow as tf

            return tf.strings.split(texts, ",")
        return [text.split(",") for text in texts]

    layer = layers.TextVectorization(
        standardize=lower, split=split, vocabulary=["a", "b b"]
    )
    found = keras.ops.convert_to_numpy(layer(["A,b B", "c"]))
    assert found.tolist() == [[2, 3], [1, 0]]


def test_strings_come_back(backend: str) -> None:
    layer = layers.StringLookup(vocabulary=["a", "é"], invert=True)
    found = np.asarray(layer([[1, 2], [0, 9]])).tolist()
    texts = [[t.decode() if isinstance(t, bytes) else t for t in row] for row in found]
    assert texts == [["a", "é"], ["[UNK]", "[UNK]"]]


def test_the_layers_work_in_tf_data(backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    texts = tf.data.Dataset.from_tensor_slices(["a b", "b c d"]).batch(2)
    ints = tf.data.Dataset.from_tensor_slices([12, 5]).batch(2)
    floats = tf.data.Dataset.from_tensor_slices([1.0, 3.0]).batch(2)

    def mapped(data: Any, layer: Any) -> Any:
        return [x.numpy().tolist() for x in data.map(layer)]

    vectors = layers.TextVectorization(vocabulary=["a", "b"])
    assert mapped(texts, vectors) == [[[2, 3, 0], [3, 1, 1]]]
    assert mapped(texts, layers.Hashing(3)) == [
        keras.ops.convert_to_numpy(layers.Hashing(3)(["a b", "b c d"])).tolist()
    ]
    lookup = layers.IntegerLookup(vocabulary=[12], output_mode="one_hot")
    assert mapped(ints, lookup) == [[[0.0, 1.0], [1.0, 0.0]]]
    normalization = layers.Normalization(axis=None)
    normalization.adapt([1.0, 3.0])
    assert mapped(floats, normalization) == [[-1.0, 1.0]]
    assert mapped(floats, layers.Discretization([2.0])) == [[0, 1]]


def test_vocabularies_are_saved(backend: str, tmp_path: Path) -> None:
    text = layers.TextVectorization(output_mode="tf_idf", name="text")
    text.adapt(["a b a", "b c"])
    line_breaks = layers.StringLookup(name="lines")
    line_breaks.adapt(["one\ntwo", "three"])
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, [text(inputs), line_breaks(inputs)])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_layer("text").get_vocabulary() == text.get_vocabulary()
    assert again.get_layer("lines").get_vocabulary() == line_breaks.get_vocabulary()
    data = np.array([["a c q"], ["one\ntwo"]])
    for found, wanted in zip(again(data), model(data), strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(found), keras.ops.convert_to_numpy(wanted)
        )


def test_a_file_cannot_name_a_vocabulary_to_open(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("a\nb\n")
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "a", "b"]
    config = keras.saving.serialize_keras_object(layer)
    assert config["config"]["vocabulary"] is None
    config["config"]["vocabulary"] = str(path)
    with pytest.raises(ValueError, match="names a file to open"):
        keras.saving.deserialize_keras_object(config)


def test_state_can_be_counted_in_parts(backend: str) -> None:
    lookup = layers.StringLookup()
    lookup.update_state(["a", "b"])
    lookup.update_state(["b"])
    lookup.finalize_state()
    assert lookup.get_vocabulary() == ["[UNK]", "b", "a"]
    rng = np.random.default_rng(0)
    values = rng.normal(size=60_000)
    bins = layers.Discretization(num_bins=4)
    for part in np.split(values, 3):
        bins.update_state(part)
    bins.finalize_state()
    wanted = np.quantile(values, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(bins.bin_boundaries, wanted, atol=0.01)


def test_hashes_of_integers_inside_a_compiled_model(backend: str) -> None:
    numbers = np.arange(6).reshape(3, 2)
    inputs = keras.Input((2,), dtype="int32")
    hashed = layers.Hashing(5)(inputs)
    model = keras.Model(inputs, hashed + layers.Lambda(lambda x: 0 * x)(inputs))
    wanted = layers.Hashing(5)(numbers)
    found = model.predict(numbers, verbose=0)
    np.testing.assert_array_equal(found, keras.ops.convert_to_numpy(wanted))


INDICES: dict[str, tuple[dict[str, Any], Any]] = {
    "StringLookup": ({"vocabulary": ["a"]}, [["a", "b"]]),
    "TextVectorization": ({"vocabulary": ["a"]}, ["a b"]),
    "IntegerLookup": ({"vocabulary": [3]}, np.array([[3, 4]])),
    "Hashing": ({"num_bins": 4}, [["a", "b"]]),
}


@pytest.mark.parametrize("dtype", [None, "int32", "float32"])
@pytest.mark.parametrize("name", INDICES)
def test_indices_have_the_dtype_of_keras(
    name: str, dtype: str | None, backend: str
) -> None:
    """int64, as 3.15 has it; only bins of `Hashing` take a dtype."""
    given, inputs = INDICES[name]
    if name == "Hashing" and dtype == "float32":
        return
    layer = getattr(keras.layers, name)(**given, dtype=dtype)
    wanted = "int32" if name == "Hashing" and dtype else "int64"
    wanted = "int32" if backend == "jax" else wanted
    assert keras.ops.dtype(layer(inputs)) == wanted


@pytest.mark.parametrize("name", ["StringLookup", "TextVectorization", "IntegerLookup"])
def test_weights_are_no_integers(name: str, backend: str) -> None:
    given, inputs = INDICES[name]
    layer = getattr(keras.layers, name)(
        **given, output_mode="tf_idf", idf_weights=[0.5], dtype="int32"
    )
    found = layer(inputs)
    assert keras.ops.dtype(found) == "float32"
    wanted = [[0.5, 0.5]]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), wanted)


@pytest.mark.parametrize("split", [None, ",", "whitespace"])
def test_a_function_splits_what_is_standardized(
    split: str | None, backend: str
) -> None:
    def by(texts: Any) -> Any:
        if backend == "tensorflow":
            import tensorflow as tf

            return tf.strings.split(texts, split)
        if not isinstance(texts, np.ndarray) or not texts.ndim:
            return str(texts).split(split)
        return [text.split(split) for text in texts.tolist()]

    one = split == "whitespace"
    split = None if one else split
    layer = layers.TextVectorization(vocabulary=["ab", "c"], split=by)
    found = layer(np.array("A,b c")) if one else layer(["A,b", "c C"])
    wanted = [2, 3] if one else [[2, 0], [3, 3]] if split is None else [[2], [1]]
    assert keras.ops.convert_to_numpy(found).tolist() == wanted


VECTORS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    # What the layer is made of, inputs, and those again as rows of unequal length.
    "StringLookup": ({"vocabulary": ["a", "b"]}, [["a", "q"]], [["a", "b"], ["q"]]),
    "IntegerLookup": ({"vocabulary": [1, 2]}, [[1, 9]], [[1, 2], [9]]),
    "Hashing": ({"num_bins": 5}, [["a", "q"]], [["a", "b"], ["q"]]),
    "Discretization": ({"bin_boundaries": [1.5]}, [[1, 2]], [[1, 2], [9]]),
    "CategoryEncoding": ({"num_tokens": 5}, [[1, 2]], [[1, 2], [4]]),
    "TextVectorization": ({"vocabulary": ["a", "b"]}, ["a q"], []),
    "HashedCrossing": ({"num_bins": 5}, (np.array([1]), np.array(["a"])), []),
}


@pytest.mark.parametrize("name", VECTORS)
def test_sparse_vectors(name: str, backend: str) -> None:
    given, inputs, _ = VECTORS[name]
    given["output_mode"] = "one_hot" if name == "HashedCrossing" else "multi_hot"
    inputs = inputs if isinstance(inputs, tuple) else np.array(inputs)
    kind = getattr(layers, name)
    if "sparse" not in load(backend).layouts:
        with pytest.raises(ValueError, match="has no sparse tensors"):
            kind(**given, sparse=True)(inputs)
        return
    found, dense = kind(**given, sparse=True)(inputs), kind(**given)(inputs)
    assert load(backend).is_sparse(found)
    found, dense = map(keras.ops.convert_to_numpy, (found, dense))
    np.testing.assert_array_equal(found, dense)


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("name", [name for name in VECTORS if VECTORS[name][2]])
def test_rows_of_unequal_length(name: str, mode: str) -> None:
    tf = pytest.importorskip("tensorflow")
    if (name, mode) == ("CategoryEncoding", "int"):
        return
    given, _, rows = VECTORS[name]
    with keras.backend_scope("tensorflow"):
        layer = getattr(layers, name)(**{**given, "output_mode": mode})
        ragged = layer(tf.ragged.constant(rows))
        alone = [layer(tf.constant([row])).numpy() for row in rows]
        if mode in ("int", "one_hot"):
            for found, row in zip(ragged.to_list(), alone, strict=True):
                np.testing.assert_array_equal(found, np.reshape(row, np.shape(found)))
        else:
            np.testing.assert_array_equal(ragged, np.concatenate(alone))
        if mode != "int" and name != "IntegerLookup":  # whose zeros count, as in Keras
            sparse = layer(tf.ragged.constant(rows).to_sparse())
            filled = ragged.to_tensor() if mode == "one_hot" else ragged
            np.testing.assert_array_equal(sparse, filled)
