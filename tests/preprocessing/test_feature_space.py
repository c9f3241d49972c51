"""FeatureSpace: every kind of feature as Keras has it, on every backend."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from tests.conftest import BACKENDS
from tests.preprocessing.feature_table import TABLE, make_space

FIXTURES = Path(__file__).parents[1] / "fixtures"
FeatureSpace = keras.utils.FeatureSpace
# Recorded from the PyPI keras on TensorFlow: numbers, or the places of the ones.
WANTED: dict[str, Any] = {
    "age": [-1.3416408, -0.4472136, 0.4472136, 1.3416408],
    "city": ([2, 3, 2, 4], 5),
    "rent": ([0, 1, 2, 2], 3),
    "rooms": ([1, 0, 1, 2], 3),
    "street": ([1, 1, 1, 1], 4),
    "tax": [1.0, 3.0, 5.0, 7.0],
    "zip": ([1, 2, 1, 1], 3),
    "city_X_rooms": ([4, 0, 4, 6], 8),
    "zip_X_city": [1, 0, 1, 1],
}
# An unknown city and number of rooms, alone.
ROW = {
    "age": 35.0,
    "city": "Paris",
    "rooms": 9,
    "street": "z",
    "rent": 5.0,
    "zip": 1,
    "tax": 0.0,
}
WANTED_OF_ROW = {
    "age": [0.0],
    "city": [1, 0, 0, 0, 0],
    "rent": [0, 0, 1],
    "rooms": [1, 0, 0],
    "street": [0, 1, 0, 0],
    "tax": [-1.0],
    "zip": [1, 0, 0],
    "city_X_rooms": [1, 0, 0, 0, 0, 0, 0, 0],
    "zip_X_city": [0],
}


def wanted() -> dict[str, np.ndarray]:
    return {
        name: np.eye(value[1])[value[0]]
        if isinstance(value, tuple)
        else np.array(value)[:, None]
        for name, value in WANTED.items()
    }


def check(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        array = keras.ops.convert_to_numpy(found[name])
        np.testing.assert_allclose(array, value, atol=1e-6, err_msg=name)


def adapted(**options: Any) -> Any:
    space = make_space(**options)
    space.adapt(TABLE)
    return space


def test_every_kind_gives_what_keras_gives(backend: str) -> None:
    space = adapted()
    check(space(TABLE), wanted())
    check(space(ROW), WANTED_OF_ROW)
    columns = {name: np.array(value)[:, None] for name, value in TABLE.items()}
    check(space(columns), wanted())
    check(copy.deepcopy(space)(TABLE), wanted())
    check(pickle.loads(pickle.dumps(space))(TABLE), wanted())


def test_one_vector_in_the_order_of_names(backend: str) -> None:
    found = adapted(output_mode="concat", cross_mode="one_hot")(TABLE)
    parts = wanted()
    parts["zip_X_city"] = np.eye(4)[WANTED["zip_X_city"]]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found),
        np.concatenate(list(parts.values()), axis=-1),
        atol=1e-6,
    )


def test_files_of_keras_and_of_ours(backend: str, tmp_path: Path) -> None:
    theirs = keras.saving.load_model(FIXTURES / "preprocessing" / "feature_space.keras")
    assert isinstance(theirs, FeatureSpace)
    check(theirs(TABLE), wanted())
    theirs.save(tmp_path / "again.keras")
    check(keras.saving.load_model(tmp_path / "again.keras")(TABLE), wanted())
    config = json.loads(json.dumps(theirs.get_config()))
    again = FeatureSpace.from_config(config)
    assert json.loads(json.dumps(again.get_config())).keys() == config.keys()
    again.adapt(TABLE)
    check(again(TABLE), wanted())


def test_in_front_of_a_model(backend: str, tmp_path: Path) -> None:
    space = adapted(output_mode="concat", cross_mode="one_hot")
    outputs = keras.layers.Dense(1)(space.get_encoded_features())
    assert space.get_encoded_features() is space.get_encoded_features()
    model = keras.Model(space.get_inputs(), outputs)
    columns = {name: np.array(value) for name, value in TABLE.items()}
    before = model.predict(columns, verbose=0)
    encoded = keras.ops.convert_to_numpy(space(TABLE))
    kernel, bias = map(np.asarray, model.layers[-1].get_weights())
    np.testing.assert_allclose(before, encoded @ kernel + bias, atol=1e-5)
    if backend != "numpy":
        model.compile("sgd", "mse")
        model.fit(columns, np.ones((4, 1)), verbose=0)
        before = model.predict(columns, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(columns, verbose=0), before, atol=1e-5)


@pytest.mark.skipif("tensorflow" not in BACKENDS, reason="runs in tf.data")
def test_inside_a_pipeline_of_tensorflow(backend: str) -> None:
    import tensorflow as tf

    space = adapted()
    rows = tf.data.Dataset.from_tensor_slices(TABLE)
    check(next(iter(rows.batch(4).map(space))), wanted())
    first = {name: value[0] for name, value in wanted().items()}
    check(next(iter(rows.map(space))), first)
    again = make_space()
    again.adapt(rows)  # single rows
    check(again(TABLE), wanted())
    again.adapt(rows.batch(3))
    check(again(TABLE), wanted())


def test_tables_and_batches_are_learned_from_in_one_pass() -> None:
    import pandas as pd

    with keras.backend_scope("numpy"):
        space = make_space()
        frame = pd.DataFrame(TABLE)
        space.adapt(frame)
        check(space(frame), wanted())
        halves = ({k: v[i : i + 2] for k, v in TABLE.items()} for i in (0, 2))
        space.adapt(halves)
        check(space(TABLE), wanted())


def test_names_of_kinds_have_the_options_of_the_space() -> None:
    with keras.backend_scope("numpy"):
        space = FeatureSpace(
            {
                "a": "float",
                "b": "float_discretized",
                "c": "integer_hashed",
                "d": "string_hashed",
            },
            crosses=[("d", "c")],
            crossing_dim=5,
            hashing_dim=6,
            num_discretization_bins=3,
            output_mode="dict",
        )
        table = {"a": [1.0, 2.0], "b": [0.0, 1.0], "c": [1, 2], "d": ["x", "y"]}
        space.adapt(table)
        found = space({**table, "not a feature": [0, 0]})
        assert {name: x.shape for name, x in found.items()} == {
            "a": (2, 1),
            "b": (2, 3),
            "c": (2, 6),
            "d": (2, 6),
            "d_X_c": (2, 5),
        }
        assert list(space.get_inputs()) == list(table)


def test_boundaries_and_preprocessors_of_ones_own() -> None:
    with keras.backend_scope("numpy"):
        given = keras.layers.IntegerLookup(vocabulary=[1, 2])
        space = FeatureSpace(
            {
                "a": FeatureSpace.float_discretized(4, bin_boundaries=[0.2, 0.5]),
                "b": FeatureSpace.feature("int32", given, "one_hot"),
                "c": FeatureSpace.feature("float32", keras.ops.square, "float"),
            }
        )
        # Nothing is to be learned.
        found = space({"a": [0.3], "b": [2], "c": [3.0]})
        assert found.tolist() == [[0, 1, 0, 0, 0, 1, 9]]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"features": {}}, "a feature or more"),
    ({"features": {"a": "float64"}}, "one of .*'float_normalized'.*Received: 'a'"),
    ({"features": {"a": "float"}, "output_mode": "x"}, "'concat' or 'dict'"),
    ({"features": {"a": "float"}, "crosses": [("a", "b")]}, r"names of its features"),
    ({"features": {"a": "float"}, "crosses": ["ab"]}, r"Received: 'ab'"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=range(len(BAD)))
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FeatureSpace(**arguments)


def test_bad_use() -> None:
    with keras.backend_scope("numpy"):
        space = make_space()
        with pytest.raises(ValueError, match=r"learn about the features \['age', 'c"):
            space(TABLE)
        with pytest.raises(ValueError, match="expects a dict of columns"):
            space.adapt([1, 2])
        with pytest.raises(ValueError, match=r"misses the features \['city'"):
            space.adapt({"age": [1.0]})
        space.adapt(TABLE)
        with pytest.raises(ValueError, match="is called with a dict"):
            space([1, 2])
        with pytest.raises(ValueError, match=r"misses the features \['zip'\]"):
            space({name: value for name, value in TABLE.items() if name != "zip"})
        with pytest.raises(ValueError, match="'int', 'one_hot', 'float'"):
            FeatureSpace.string_hashed(3, output_mode="multi_hot")
        whole = FeatureSpace({"a": FeatureSpace.string_hashed(3, output_mode="int")})
        with pytest.raises(ValueError, match="cannot put the feature 'a' into one"):
            whole({"a": ["x"]})


def test_it_works_without_tensorflow() -> None:
    code = (
        "import sys\n"
        "sys.modules['tensorflow'] = None\n"
        "import keras\n"
        "from tests.preprocessing.feature_table import TABLE, make_space\n"
        "with keras.backend_scope('numpy'):\n"
        "    space = make_space()\n"
        "    space.adapt(TABLE)\n"
        "    print(space(TABLE)['zip_X_city'].ravel().tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(WANTED["zip_X_city"]), done.stderr
