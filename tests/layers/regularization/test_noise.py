"""Layers that add noise: its statistics, its seeds, and when there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

Make = Callable[..., Any]
MAKERS: dict[str, Make] = {
    "GaussianNoise": lambda **more: layers.GaussianNoise(0.5, **more),
    "GaussianDropout": lambda **more: layers.GaussianDropout(0.2, **more),
    "AlphaDropout": lambda **more: layers.AlphaDropout(0.2, **more),
    "SpatialDropout1D": lambda **more: layers.SpatialDropout1D(0.2, **more),
}


def run(layer: Any, x: Any, **how: Any) -> np.ndarray:
    """The layer's outputs as an array."""
    return np.array(keras.ops.convert_to_numpy(layer(x, **how)))


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Make:
    """Each of the layers in turn."""
    return MAKERS[request.param]


def test_without_training_nothing_changes(make: Make, backend: str) -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 5)).astype("float32")
    layer = make(seed=1)
    np.testing.assert_array_equal(run(layer, x), x)
    np.testing.assert_array_equal(run(layer, x, training=False), x)


def test_a_seed_repeats_a_run_and_not_a_call(make: Make, backend: str) -> None:
    x = np.ones((3, 4, 5), "float32")
    first, second = make(seed=1), make(seed=1)
    runs = [[run(it, x, training=True) for _ in range(2)] for it in (first, second)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0][0] != runs[0][1]).any()
    assert (runs[0][0] != run(make(seed=2), x, training=True)).any()


def test_no_noise_of_strength_0(backend: str) -> None:
    x = np.ones((3, 4, 5), "float32")
    for cls in (layers.GaussianNoise, layers.GaussianDropout, layers.AlphaDropout):
        layer = cls(0.0)
        assert layer.variables == []
        np.testing.assert_array_equal(run(layer, x, training=True), x)


def test_gaussian_noise_has_its_deviation(backend: str) -> None:
    y = run(layers.GaussianNoise(0.5, seed=1), np.full((200, 500), 2.0), training=True)
    assert y.mean() == pytest.approx(2.0, abs=0.01)
    assert y.std() == pytest.approx(0.5, abs=0.01)


def test_gaussian_dropout_varies_as_dropout_does(backend: str) -> None:
    x = np.full((200, 500), 2.0, "float32")
    y = run(layers.GaussianDropout(0.2, seed=1), x, training=True)
    assert y.mean() == pytest.approx(2.0, abs=0.02)
    assert y.std() == pytest.approx(2.0 * (0.2 / 0.8) ** 0.5, abs=0.02)


def test_alpha_dropout_keeps_mean_and_variance(backend: str) -> None:
    x = np.random.default_rng(0).standard_normal((200, 500)).astype("float32")
    y = run(layers.AlphaDropout(0.3, seed=1), x, training=True)
    assert y.mean() == pytest.approx(0.0, abs=0.02)
    assert y.std() == pytest.approx(1.0, abs=0.02)


def test_alpha_dropout_gives_the_two_values_of_keras(backend: str) -> None:
    """Those that the PyPI keras gives for inputs of 2 and a rate of 0.2."""
    y = run(layers.AlphaDropout(0.2, seed=1), np.full((20, 50), 2.0), training=True)
    np.testing.assert_allclose(np.unique(y), [-1.2361598, 2.066847], rtol=1e-5)
    assert (y < 0).mean() == pytest.approx(0.2, abs=0.06)


def test_alpha_dropout_shares_its_noise_where_its_size_is_1(backend: str) -> None:
    layer = layers.AlphaDropout(0.5, noise_shape=(None, 1, 4), seed=1)
    y = run(layer, np.ones((2, 3, 4), "float32"), training=True)
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2
    with pytest.raises(ValueError, match="AlphaDropout expects `noise_shape` to be"):
        layers.AlphaDropout(0.5, noise_shape=(None, 0))


@pytest.mark.parametrize(
    ("cls", "shape", "first"),
    [
        (layers.SpatialDropout1D, (3, 4, 8), False),
        (layers.SpatialDropout2D, (3, 4, 5, 8), False),
        (layers.SpatialDropout2D, (3, 8, 4, 5), True),
        (layers.SpatialDropout3D, (3, 2, 4, 5, 8), False),
        (layers.SpatialDropout3D, (3, 8, 2, 4, 5), True),
    ],
)
def test_spatial_dropout_drops_channels(
    cls: Any, shape: tuple[int, ...], first: bool, backend: str
) -> None:
    more = {"data_format": "channels_first"} if first else {}
    layer = cls(0.5, seed=1, **more)
    y = run(layer, np.ones(shape, "float32"), training=True)
    assert set(np.unique(y)) == {0.0, 2.0}
    y = np.moveaxis(y, 1 if first else -1, 1).reshape(3, 8, -1)
    assert (y == y[:, :, :1]).all()
    with pytest.raises(ValueError, match="expected rank"):
        layer(np.ones((3, 4), "float32"))


def test_spatial_dropout_comes_back_from_its_config() -> None:
    layer = layers.SpatialDropout2D(0.5, "channels_first", 3, "it", "mixed_float16")
    config = layer.get_config()
    assert config == {
        "rate": 0.5,
        "data_format": "channels_first",
        "seed": 3,
        "name": "it",
        "dtype": "mixed_float16",
    }
    again = layers.SpatialDropout2D.from_config(config)
    assert again.get_config() == config
    assert again.noise_shape == (None, None, 1, 1)


@pytest.mark.parametrize("value", [-0.1, 1.5, "a", True, None])
def test_strengths_are_numbers_from_0_to_1(value: Any) -> None:
    with pytest.raises(ValueError, match="`stddev` to be a number from 0 to 1"):
        layers.GaussianNoise(value)
    classes = (layers.GaussianDropout, layers.AlphaDropout, layers.SpatialDropout1D)
    for cls in classes:
        with pytest.raises(ValueError, match="`rate` to be a number from 0 to 1"):
            cls(value)


@pytest.mark.parametrize("cls", [layers.GaussianDropout, layers.AlphaDropout])
def test_a_rate_of_1_is_for_inference_only(cls: Any, backend: str) -> None:
    layer, x = cls(1.0), np.ones((2, 3), "float32")
    np.testing.assert_array_equal(run(layer, x), x)
    with pytest.raises(ValueError, match="needs `rate` below 1 in training"):
        layer(x, training=True)


def test_noise_in_fit(training_backend: str) -> None:
    """The layers run in compiled steps, for a batch size that is left open."""
    inputs = x = keras.Input((4, 3))
    for make in MAKERS.values():
        x = make(seed=1)(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile("sgd", "mse")
    data = np.random.default_rng(0).standard_normal((10, 4, 3)).astype("float32")
    history = model.fit(data, data[:, :, :1], batch_size=4, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_activity_regularization_adds_a_penalty(backend: str) -> None:
    layer = layers.ActivityRegularization(l1=0.1, l2=0.2)
    x = np.array([[1.0, -2.0], [3.0, 0.0]], "float32")
    np.testing.assert_array_equal(run(layer, x), x)
    assert float(layer.losses[0]) == pytest.approx((0.1 * 6 + 0.2 * 14) / 2)
    assert "activity_regularizer" not in layer.get_config()
