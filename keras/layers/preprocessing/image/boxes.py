"""`MaxNumBoundingBoxes`: as many boxes for each image."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Structure, TensorLike
from keras.layers.arguments import positive_integer
from keras.layers.preprocessing.image.base import ImageLayer


@public_class("keras.layers", pure=True)
class MaxNumBoundingBoxes(ImageLayer):
    """As many bounding boxes for each image: some are added, or left out.

    Args:
        max_number: how many boxes there are then.
        fill_value: the numbers and the label of boxes that are added.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.MaxNumBoundingBoxes(2, bounding_box_format="xyxy")
    >>> boxes = {"boxes": keras.ops.ones((1, 1, 4)), "labels": keras.ops.ones((1, 1))}
    >>> data = {"images": keras.ops.ones((1, 8, 8, 3)), "bounding_boxes": boxes}
    >>> keras.ops.convert_to_numpy(layer(data)["bounding_boxes"]["labels"]).tolist()
    [[1.0, -1.0]]
    """

    _changes_always = True

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number = positive_integer(self, "max_number", max_number)
        self.fill_value = fill_value

    def _changed_boxes(self, boxes: Any, given: Structure, *args: Any) -> Any:
        return self.transform_bounding_boxes(boxes, given)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Structure, training: bool = True
    ) -> Any:
        """The first boxes, and such of the fill value up to the number."""
        return {key: self._filled(value) for key, value in bounding_boxes.items()}

    def _filled(self, values: TensorLike) -> Any:
        values = ops.convert_to_tensor(values)[:, : self.max_number]
        # More than may be missing, as graphs do not know how many there are.
        width = [(0, 0), (0, self.max_number)] + [(0, 0)] * (len(values.shape) - 2)
        filled = ops.pad(values, width, constant_values=self.fill_value)
        return filled[:, : self.max_number]
