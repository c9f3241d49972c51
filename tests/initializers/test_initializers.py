"""Initializers: values, seeds, dtypes and what they refuse."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import keras
from keras import initializers
from tests.conftest import BACKENDS

# Name, arguments, a shape, and the mean and deviation that many values should have.
RANDOM: list[tuple[str, dict[str, Any], tuple[int, ...], float, float]] = [
    ("RandomNormal", {"mean": 0.5, "stddev": 0.2}, (100, 200), 0.5, 0.2),
    ("TruncatedNormal", {"stddev": 0.2}, (100, 200), 0.0, 0.2 * 0.8796),
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}, (100, 200), 1.0, 4 / 12**0.5),
    ("GlorotUniform", {}, (100, 200), 0.0, math.sqrt(2 / 300)),
    ("GlorotNormal", {}, (100, 200), 0.0, math.sqrt(2 / 300)),
    ("HeUniform", {}, (100, 200), 0.0, math.sqrt(2 / 100)),
    ("HeNormal", {}, (100, 200), 0.0, math.sqrt(2 / 100)),
    ("LecunUniform", {}, (100, 200), 0.0, math.sqrt(1 / 100)),
    ("LecunNormal", {}, (100, 200), 0.0, math.sqrt(1 / 100)),
    ("HeNormal", {}, (3, 3, 20, 60), 0.0, math.sqrt(2 / 180)),
    (
        "VarianceScaling",
        {"mode": "fan_out", "distribution": "untruncated_normal", "scale": 3.0},
        (100, 200),
        0.0,
        math.sqrt(3 / 200),
    ),
    (
        "VarianceScaling",
        {"input_axes": (0,), "output_axes": (1, 2)},
        (50, 10, 30),
        0.0,
        math.sqrt(1 / 50),
    ),
    ("Orthogonal", {"gain": 2.0}, (100, 200), 0.0, 2.0 / math.sqrt(200)),
]
IDS = [f"{name}-{shape}-{len(options)}" for name, options, shape, _, _ in RANDOM]


def values(name: str, options: dict[str, Any], shape: Any, **more: Any) -> np.ndarray:
    """The values of a new initializer, as an array."""
    made = getattr(initializers, name)(**options, **more)(shape)
    return keras.ops.convert_to_numpy(made)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2**15 + 1,), (3, 3, 65, 67)])
def test_uniform_numbers_are_those_of_numpys_generator(shape: Any) -> None:
    source = np.random.Generator(np.random.Philox(key=9))
    expected = np.asarray(source.random(shape, dtype=np.float32))
    expected *= 0.3 - -0.1
    expected += -0.1
    with keras.backend_scope("numpy"):
        found = values("RandomUniform", {"minval": -0.1, "maxval": 0.3}, shape, seed=9)
    np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize(
    ("name", "options", "shape", "mean", "stddev"), RANDOM, ids=IDS
)
def test_distribution(
    backend: str,
    name: str,
    options: dict[str, Any],
    shape: tuple[int, ...],
    mean: float,
    stddev: float,
) -> None:
    found = values(name, options, shape, seed=3)
    assert found.shape == shape
    assert found.dtype == np.float32
    assert found.mean() == pytest.approx(mean, abs=4 * stddev / math.sqrt(found.size))
    assert found.std() == pytest.approx(stddev, rel=0.03)


@pytest.mark.parametrize(
    ("name", "options", "shape", "mean", "stddev"), RANDOM, ids=IDS
)
def test_one_seed_gives_the_same_weights_everywhere(
    name: str, options: dict[str, Any], shape: Any, mean: float, stddev: float
) -> None:
    found = []
    for backend in BACKENDS:
        with keras.backend_scope(backend):
            found.append(values(name, options, shape, seed=11))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    with keras.backend_scope("numpy"):
        assert not np.array_equal(values(name, options, shape, seed=12), found[0])


def test_an_unseeded_one_repeats_itself_and_its_clone_does_not(backend: str) -> None:
    first = initializers.GlorotUniform()
    one, two = (keras.ops.convert_to_numpy(first((4, 4))) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = keras.ops.convert_to_numpy(first.clone()((4, 4)))
    assert not np.array_equal(one, other)
    seeded = initializers.GlorotUniform(seed=5)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(seeded((4, 4))),
        keras.ops.convert_to_numpy(seeded.clone()((4, 4))),
    )


@pytest.mark.parametrize(
    "name",
    ["RandomUniform", "RandomNormal", "TruncatedNormal", "HeNormal", "Orthogonal"],
)
def test_a_seed_generator_draws_anew(backend: str, name: str) -> None:
    draw = getattr(initializers, name)(seed=keras.random.SeedGenerator(3))
    one, two = (keras.ops.convert_to_numpy(draw((6, 4))) for _ in range(2))
    assert one.shape == (6, 4)
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 2, 4)])
def test_orthogonal(backend: str, shape: tuple[int, ...]) -> None:
    matrix = values("Orthogonal", {}, shape, seed=1).reshape(-1, shape[-1])
    matrix = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(matrix.shape[1]), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtype(backend: str, dtype: str) -> None:
    for name in ("Zeros", "Ones", "Constant", "GlorotUniform", "TruncatedNormal"):
        made = getattr(initializers, name)()((3, 2), dtype=dtype)
        assert keras.ops.dtype(made) == dtype


def test_whole_numbers(backend: str) -> None:
    assert keras.ops.dtype(initializers.Zeros()((2,), dtype="int32")) == "int32"
    with pytest.raises(ValueError, match="draws floating point numbers.*'int32'"):
        initializers.RandomNormal()((2,), dtype="int32")


def test_get() -> None:
    assert initializers.get(None) is None
    for spelling in ("glorot_uniform", "GlorotUniform", "glorotuniform"):
        assert type(initializers.get(spelling)) is initializers.GlorotUniform
    assert type(initializers.get("zero")) is initializers.Zeros
    assert type(initializers.get(initializers.HeNormal)) is initializers.HeNormal
    ready = initializers.Ones()
    assert initializers.get(ready) is ready

    def own(shape: Any, dtype: Any = None) -> Any:
        return keras.ops.zeros(shape, dtype)

    assert initializers.get(own) is own
    constant = initializers.get(np.array([1.0, 2.0]))
    with keras.backend_scope("numpy"):
        assert constant((3, 2)).tolist() == [[1, 2]] * 3


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("glorot_unifrom", "Did you mean 'glorot_uniform'"),
        (3, "Could not interpret initializer identifier: 3 of type int"),
        ({"config": {}}, "stands for no initializer"),
    ],
)
def test_get_refuses(identifier: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        initializers.get(identifier)


@pytest.mark.parametrize(
    ("name", "options", "shape", "message"),
    [
        ("VarianceScaling", {"scale": 0.0}, None, "`scale` of VarianceScaling"),
        ("VarianceScaling", {"mode": "fan"}, None, "Allowed values: fan_in, fan_out"),
        ("VarianceScaling", {"distribution": "x"}, None, "truncated_normal"),
        ("GlorotUniform", {"seed": "a"}, None, "`seed` of GlorotUniform"),
        ("Orthogonal", {}, (3,), "two or more dimensions"),
        ("Identity", {}, (3,), "Identity makes matrices"),
        ("STFT", {"side": "left"}, None, "`side` of STFT"),
        ("STFT", {}, (3, 2, 4), "frame_length, 1, bins"),
        (
            "HeNormal",
            {"input_axes": (5,), "output_axes": (0,)},
            (2, 3),
            "`input_axes` must lie within the 2 axes",
        ),
    ],
)
def test_refused(name: str, options: dict[str, Any], shape: Any, message: str) -> None:
    with keras.backend_scope("numpy"), pytest.raises(ValueError, match=message):
        made = getattr(initializers, name)(**options)
        made(shape)


ARRAYS = {
    "numpy": np.array([[1.5, 2.0], [0.0, -1.0]], "float32"),
    "list": [[1.5, 2.0], [0.0, -1.0]],
    "number": 3.0,
}


@pytest.mark.parametrize("value", ARRAYS.values(), ids=ARRAYS)
def test_the_config_of_a_constant_is_plain(value: Any, backend: str) -> None:
    first = keras.initializers.Constant(value)
    config = json.loads(json.dumps(first.get_config()))
    again = keras.initializers.Constant.from_config(config)
    expected = np.broadcast_to(np.array(value, "float32"), (2, 2))
    for each in (first, again):
        got = keras.ops.convert_to_numpy(each((2, 2)))
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("window", ["no such window", "kaiser"])
def test_a_window_that_nobody_knows_is_refused(window: str) -> None:
    with pytest.raises(ValueError, match="`window` must be None, an array"):
        keras.initializers.STFT("real", window=window)
