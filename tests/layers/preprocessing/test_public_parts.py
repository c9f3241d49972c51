"""Parts of image layers that users call by themselves, as Keras has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

BOXES = np.array([[[1.0, 2.0, 5.0, 8.0], [3.0, 3.0, 4.0, 4.0]]], "float32")
TRANSFORM = [1.1, 0.2, 3.0, 0.1, 0.9, -2.0, 0.01, 0.02]


def boxes() -> dict[str, Any]:
    return {"boxes": ops.convert_to_tensor(BOXES), "labels": ops.zeros((1, 2))}


@pytest.mark.parametrize("name", ["RandomShear", "RandomTranslation", "RandomZoom"])
def test_places_go_through_a_transform(name: str, backend: str) -> None:
    """The numbers are those of the PyPI Keras 3.15.1."""
    layer = getattr(layers, name)(0.1, 0.1)
    x, y = ops.convert_to_tensor([1.0, 2.0]), ops.convert_to_tensor([5.0, 7.0])
    for transform in (TRANSFORM, np.array([TRANSFORM], "float32")):
        found = layer.get_transformed_x_y(x, y, transform)
        along, down = (np.ravel(ops.convert_to_numpy(part)) for part in found)
        np.testing.assert_allclose(along, [4.594594, 5.689655], rtol=1e-5)
        np.testing.assert_allclose(down, [2.342342, 3.879310], rtol=1e-5)


def test_boxes_are_shifted_and_cut(backend: str) -> None:
    for layer in (layers.RandomShear(0.1), layers.RandomTranslation(0.1, 0.1)):
        found = layer.get_shifted_bbox(boxes(), 2.0, 10.0)
        wanted = BOXES - [2.0, 10.0, 2.0, 10.0]
        np.testing.assert_allclose(ops.convert_to_numpy(found["boxes"]), wanted)
        assert found["labels"].shape == (1, 2)
    cut = layers.RandomZoom(0.1).get_clipped_bbox(
        boxes(), h_end=6.0, h_start=1.0, w_end=4.0, w_start=2.0
    )
    wanted = [[[0.0, 1.0, 2.0, 5.0], [1.0, 2.0, 2.0, 3.0]]]
    np.testing.assert_allclose(ops.convert_to_numpy(cut["boxes"]), wanted)


def test_grey_is_drawn_for_images_and_for_dicts(backend: str) -> None:
    layer = layers.RandomGrayscale(1.0)
    images = ops.ones((2, 4, 4, 3))
    for data in (images, {"images": images}):
        drawn = ops.convert_to_numpy(layer.get_random_transformation(data))
        assert drawn.size == 2 and drawn.all()
    assert layer.transform_labels("labels") == "labels"
    assert layer.transform_segmentation_masks("masks") == "masks"


def test_what_keras_3_took_away_says_the_way(backend: str) -> None:
    with pytest.raises(NotImplementedError, match=r"Dense.*metrics=\["):
        layers.Dense(1).add_metric(1.0, name="m")
    with pytest.raises(NotImplementedError, match="no quantized form"):
        keras.Operation(name="op").quantized_call(1)


def test_subclasses_reach_the_ops_as_their_backend(backend: str) -> None:
    class Halves(layers.Rescaling):
        def call(self, inputs: Any) -> Any:
            backend = self.backend
            half = backend.numpy.split(backend.cast(inputs, "float32"), 2)[0]
            return backend.nn.relu(half) * backend.core.shape(half)[0]

    halves = Halves(1.0)(np.array([1, -1, 5, 5], "int32"))
    assert ops.convert_to_numpy(halves).tolist() == [2.0, 0.0]
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensors(np.array([1, -1, 5, 5], "int32"))
    assert next(iter(data.map(Halves(1.0)))).numpy().tolist() == [2.0, 0.0]
    layer = layers.Rescaling(1.0)
    layer.backend = "mine"  # one may set another
    assert layer.backend == "mine"
