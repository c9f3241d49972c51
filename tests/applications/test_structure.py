"""Every application has the layers and weights of the PyPI Keras, names included.

By structure, with zeros for weights: `snapshots.json` holds digests of the names,
classes and connections of all layers, and of the paths and shapes of all weights in
their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import keras
from keras import ops
from keras.initializers import VarianceScaling
from tests.applications import cases

SNAPSHOTS = json.loads((Path(__file__).parent / "snapshots.json").read_text())


@pytest.fixture(autouse=True)
def zeros(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Weights that cost nothing to make, on the backend that costs least."""

    def zero(self: Any, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return ops.zeros(shape, dtype or "float32")

    monkeypatch.setattr(VarianceScaling, "__call__", zero)
    keras.utils.clear_session()
    with keras.backend_scope("numpy"):
        yield


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_structure(name: str) -> None:
    model = getattr(keras.applications, name)(weights=None)
    expected = {k: v for k, v in SNAPSHOTS[name].items() if k != "outputs"}
    assert cases.structure(model) == expected
    assert model.output_shape == (None, 1000)


def test_every_application_has_a_snapshot() -> None:
    assert sorted(SNAPSHOTS) == sorted(cases.names(keras))
    assert {name for name in SNAPSHOTS if "outputs" in SNAPSHOTS[name]} == set(
        cases.SMALL
    )


# The names of the last layers without head, and the default name where it tells more,
# as the PyPI Keras has them.
TAILS = {
    "ConvNeXtTiny": ("global_average_pooling2d", "layer_normalization"),
    "DenseNet121": ("relu", "avg_pool"),
    "EfficientNetB0": ("top_activation", "avg_pool"),
    "EfficientNetV2B0": ("top_activation", "avg_pool"),
    "InceptionResNetV2": ("conv_7b_ac", "avg_pool"),
    "InceptionV3": ("mixed10", "avg_pool"),
    "MobileNet": ("conv_pw_13_relu", "global_average_pooling2d"),
    "MobileNetV2": ("out_relu", "global_average_pooling2d"),
    "MobileNetV3Small": ("activation_17", "avg_pool"),
    "NASNetMobile": ("activation_187", "global_average_pooling2d"),
    "ResNet50": ("conv5_block3_out", "avg_pool"),
    "ResNet50V2": ("post_relu", "avg_pool"),
    "VGG16": ("block5_pool", "global_average_pooling2d"),
    "Xception": ("block14_sepconv2_act", "avg_pool"),
}


@pytest.mark.parametrize("name", sorted(TAILS))
def test_without_head(name: str) -> None:
    make = getattr(keras.applications, name)
    model = make(weights=None, include_top=False, pooling="avg")
    last = tuple(layer.name.rpartition("/")[2] for layer in model.layers[-2:])
    # The layer before the pooling is an op in ConvNeXt.
    assert last == TAILS[name]
    channels = model.output_shape[1]
    assert model.output_shape == (None, channels)
    side = 224 if name == "NASNetMobile" else None
    assert model.input_shape == (None, side, side, 3)


def test_families_without_their_own_scaling_of_pixels() -> None:
    for name in ("EfficientNetV2B0", "EfficientNetV2S", "ConvNeXtTiny"):
        make = getattr(keras.applications, name)
        first = make(weights=None, include_preprocessing=False).layers[1]
        assert type(first).__name__ in ("Conv2D", "Sequential")
    small = keras.applications.MobileNetV3Small(
        weights=None, include_preprocessing=False, dropout_rate=0.0
    )
    classes = [type(layer).__name__ for layer in small.layers]
    assert "Rescaling" not in classes
    assert "Dropout" not in classes


# Parameters of MobileNets of other widths, as the PyPI Keras counts them.
WIDTHS = {
    ("MobileNet", ("alpha", 0.3)): 615_542,
    ("MobileNetV3Small", ("alpha", 0.3)): 1_354_680,
}


@pytest.mark.parametrize("case", WIDTHS, ids=lambda case: f"{case[0]}-{case[1][1]}")
def test_widths(case: tuple[str, tuple[str, float]]) -> None:
    name, option = case
    model = getattr(keras.applications, name)(weights=None, **dict([option]))
    assert model.count_params() == WIDTHS[case]
