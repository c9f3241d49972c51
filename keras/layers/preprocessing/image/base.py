"""What layers for images share: parts that go together, layouts, random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras import ops, random
from keras.backends import current
from keras.core.classes import declared_class
from keras.core.config import standardize_data_format
from keras.core.dtypes import is_float
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Data, Seed, Shape, Structure, Tensor, TensorLike
from keras.layers.preprocessing.data_layer import DataLayer
from keras.utils.bounding_boxes import clip_to_image_size, convert_format
from keras.utils.bounding_boxes.formats import check_format

Range = tuple[float, float]


class _Generators:
    """Sources of random numbers on other backends, which no file or copy holds."""

    def __init__(self) -> None:
        self.by_backend: dict[str, Any] = {}

    def __deepcopy__(self, memo: Any) -> _Generators:
        return _Generators()

    def __reduce__(self) -> Any:
        return _Generators, ()


class ImageLayer(DataLayer):
    """A layer that changes images, and with them boxes, masks and labels.

    `call` takes images, `(batch, height, width, channels)` or one without batch, or a
    dict with these as `"images"` and any of `"labels"`, `"segmentation_masks"`, and
    `"bounding_boxes"`, itself a dict of `"boxes"` and `"labels"`. Inside, images are
    batches of the compute dtype with channels last.

    A subclass draws what is to be done, one number for each image, in
    `get_random_transformation`, and does it in `transform_images` and its like.
    """

    _has_nothing_to_build = True
    _config_also = ("data_format",)
    _changes_always = False  # or in training only
    _keeps_dtype = False
    _changes_places = False  # whether boxes need a format to come along

    def __init__(
        self,
        *,
        seed: Seed = None,
        data_format: str | None = None,
        bounding_box_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.bounding_box_format = None
        if bounding_box_format is not None:
            self.bounding_box_format = check_format(bounding_box_format)
        self.seed = seed
        self._elsewhere = _Generators()
        self.supports_masking = False

    # What a subclass does ------------------------------------------------------

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """What is to be done to each image; None for what is not random.

        Args:
            data: a dict with the images of a batch.
            training: whether it is for training.
            seed: a source of random numbers.
        """
        return None

    def transform_images(
        self, images: Tensor, transformation: Structure = None, training: bool = True
    ) -> Tensor:
        """The images, changed."""
        return images

    def transform_labels(
        self, labels: Tensor, transformation: Structure = None, training: bool = True
    ) -> Tensor:
        """The labels of changed images."""
        return labels

    def transform_segmentation_masks(
        self,
        segmentation_masks: Tensor,
        transformation: Structure = None,
        training: bool = True,
    ) -> Tensor:
        """The masks of changed images, `(batch, height, width, 1)`."""
        return segmentation_masks

    def transform_bounding_boxes(
        self,
        bounding_boxes: Any,
        transformation: Structure = None,
        training: bool = True,
    ) -> Any:
        """The boxes of changed images: a dict, with corners in pixels."""
        return bounding_boxes

    def transform_single_image(
        self, image: Tensor, transformation: Structure, training: bool = True
    ) -> Tensor:
        """`transform_images` of one image without batch."""
        return self.transform_images(image[None], transformation, training)[0]

    def transform_single_label(
        self, label: Tensor, transformation: Structure, training: bool = True
    ) -> Tensor:
        """`transform_labels` of one label."""
        return self.transform_labels(label[None], transformation, training)[0]

    def transform_single_segmentation_mask(
        self,
        segmentation_mask: Tensor,
        transformation: Structure,
        training: bool = True,
    ) -> Tensor:
        """`transform_segmentation_masks` of one mask."""
        return self.transform_segmentation_masks(
            segmentation_mask[None], transformation, training
        )[0]

    def transform_single_bounding_box(
        self, bounding_box: Any, transformation: Structure, training: bool = True
    ) -> Any:
        """`transform_bounding_boxes` of the boxes of one image."""
        boxes = _batched(bounding_box)
        return _single(self.transform_bounding_boxes(boxes, transformation, training))

    def output_size(self, height: Any, width: Any) -> tuple[Any, Any]:
        """The size of changed images."""
        return height, width

    # Calling ---------------------------------------------------------------------

    def call(self, data: Data, training: bool = True) -> Any:
        """The images, or the dict, changed."""
        if not isinstance(data, dict):
            return self._all({"images": data}, training)["images"]
        if "images" not in data:
            raise ValueError(
                f"{self._title()} takes images, or a dict with the key 'images'. "
                f"Received: a dict with the keys {sorted(data)}."
            )
        return self._all(data, training)

    def _all(self, data: dict[str, Any], training: bool) -> dict[str, Any]:
        images = ops.convert_to_tensor(data["images"])
        rank = len(self._of_images(images.shape))
        idle = not training and not self._changes_always
        if not self._keeps_dtype:
            images = ops.cast(images, self.compute_dtype if idle else self._inner_dtype)
        if idle:
            return {**data, "images": images}
        parts = {key: value for key, value in data.items() if value is not None}
        parts["images"] = images
        if "bounding_boxes" in parts:
            parts["bounding_boxes"] = self._checked_boxes(parts["bounding_boxes"])
        if rank == 3:
            parts = _batched(parts)
        turned = self.data_format == "channels_first"
        if turned:
            parts["images"] = ops.transpose(parts["images"], (0, 2, 3, 1))
        found = self._changed_parts(parts, training)
        if turned:
            found["images"] = ops.transpose(found["images"], (0, 3, 1, 2))
        found = _single(found) if rank == 3 else found
        return {**data, **found}

    @property
    def _inner_dtype(self) -> str:
        """In which images are changed: a factor of 0.4 is none in integers."""
        return self.compute_dtype if is_float(self.compute_dtype) else "float32"

    def _in_own_dtype(self, images: Tensor) -> Tensor:
        if is_float(self.compute_dtype):
            return ops.cast(images, self.compute_dtype)
        return ops.saturate_cast(ops.round(images), self.compute_dtype)

    def _of_images(self, shape: Shape) -> Shape:
        """`shape`, if it is that of an image or of a batch of them."""
        if len(shape) not in (3, 4):
            raise ValueError(
                f"{self._title()} expects images of shape (batch, height, width, "
                "channels) or (height, width, channels), channels first with "
                f"data_format='channels_first'. Received: shape {tuple(shape)}."
            )
        return shape

    def _changed_parts(self, parts: dict[str, Any], training: bool) -> dict[str, Any]:
        images = parts["images"]
        given = self.get_random_transformation(parts, training)
        found = dict(parts)
        found["images"] = self.transform_images(images, given, training)
        if not self._keeps_dtype:
            found["images"] = self._in_own_dtype(found["images"])
        if "labels" in parts:
            labels = ops.convert_to_tensor(parts["labels"])
            found["labels"] = self.transform_labels(labels, given, training)
        if "segmentation_masks" in parts:
            masks = ops.convert_to_tensor(parts["segmentation_masks"])
            flat = len(masks.shape) == 3
            masks = masks[..., None] if flat else masks
            masks = self.transform_segmentation_masks(masks, given, training)
            found["segmentation_masks"] = masks[..., 0] if flat else masks
        if "bounding_boxes" in parts:
            found["bounding_boxes"] = self._changed_boxes(
                parts["bounding_boxes"], given, training, images, found["images"]
            )
        return found

    def _changed_boxes(
        self, boxes: Any, given: Structure, training: bool, old: Tensor, new: Tensor
    ) -> Any:
        """Boxes by their corners in pixels, cut off at the edges, and back."""
        name = self.bounding_box_format
        if name is None:
            return self.transform_bounding_boxes(boxes, given, training)
        before: Any = ops.shape(old)[1:3]
        after: Any = ops.shape(new)[1:3]
        boxes = convert_format(boxes, name, "xyxy", *before)
        boxes = {**boxes, "labels": ops.convert_to_tensor(boxes["labels"])}
        boxes = self.transform_bounding_boxes(boxes, given, training)
        if self._changes_places:
            boxes = clip_to_image_size(boxes, *after)
        return convert_format(boxes, "xyxy", name, *after)

    def _checked_boxes(self, boxes: Any) -> Any:
        if not isinstance(boxes, dict) or not {"boxes", "labels"} <= set(boxes):
            raise ValueError(
                f"{self._title()} expects 'bounding_boxes' to be a dict with the keys "
                f"'boxes' and 'labels'. Received: {type(boxes).__name__}."
            )
        if self.bounding_box_format is None and self._changes_places:
            raise ValueError(
                f"{self._title()} was called with bounding boxes, but does not know "
                "their format. Make it with `bounding_box_format`, such as "
                "bounding_box_format='xyxy'."
            )
        boxes = {key: _dense(value) for key, value in boxes.items()}
        shape, labels = (tuple(np.shape(boxes[key])) for key in ("boxes", "labels"))
        count = len(shape) - 1
        fits = 4 in shape[-1:] and len(labels) >= count
        known = zip(shape[:-1], labels, strict=False)
        if not fits or any(None not in pair and pair[0] != pair[1] for pair in known):
            raise ValueError(
                f"{self._title()} expects boxes of shape (..., boxes, 4), with a label "
                f"for each of them. Received: boxes of shape {shape} and labels of "
                f"shape {labels}."
            )
        return boxes

    # Random numbers -----------------------------------------------------------------

    def _keras_source(self) -> Any:
        """The source of random numbers on the current backend.

        In a pipeline of another framework, that is one of that framework.
        """
        home = current()
        if home is self._keras_backend:
            return self.seed_generator
        known = self._elsewhere.by_backend
        if home.name not in known:
            with home.eager_scope():
                known[home.name] = random.SeedGenerator(self.seed)
        return known[home.name]

    def uniform(self, images: Tensor, low: float, high: float) -> Any:
        """One number for each image, `(batch,)`, evenly from a range."""
        count = (ops.shape(images)[0],)
        if low == high:
            return ops.full(count, low, dtype="float32")
        return random.uniform(
            count, low, high, dtype="float32", seed=self._keras_source()
        )

    def sign(self, images: Tensor) -> Any:
        """1 or -1 for each image."""
        return ops.where(self.uniform(images, 0.0, 1.0) < 0.5, 1.0, -1.0)

    # Shapes, config -------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the images, or of all in a dict."""
        if isinstance(input_shape, dict):
            images = self.compute_output_shape(input_shape["images"])
            return {**input_shape, "images": images}
        shape = list(self._of_images(input_shape))
        first = self.data_format == "channels_first"
        row = len(shape) - (2 if first else 3)
        shape[row : row + 2] = self.output_size(*shape[row : row + 2])
        return tuple(shape)

    def compute_output_spec(self, inputs: Data, **kwargs: Any) -> Structure:
        """Shapes and dtypes of the images, or of all in a dict."""
        if isinstance(inputs, dict):
            images = self.compute_output_spec(inputs["images"], **kwargs)
            return {**inputs, "images": images}
        dtype = inputs.dtype if self._keeps_dtype else self.compute_dtype
        return KerasTensor(self.compute_output_shape(tuple(inputs.shape)), dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config

    def _title(self) -> str:
        return f"{self.name} ({declared_class(self).__name__})"

    def _factor(self, value: Any, least: float = 0.0, most: float = 1.0) -> Range:
        """A range of numbers: from two of them, or one and its counterpart.

        Raises:
            ValueError: for what is no number, or out of range.
        """
        several = isinstance(value, (tuple, list, np.ndarray))
        ends = list(value) if several else [value]
        numbers = all(isinstance(x, (int, float, np.number)) for x in ends)
        inside = numbers and all(least <= x <= most for x in ends)
        if not inside or len(ends) not in ((2,) if several else (1,)):
            raise ValueError(
                f"{declared_class(self).__name__} expects `factor` to be a number, or "
                f"two of them, from {least:g} to {most:g}. Received: {value!r}."
            )
        if several:
            return min(ends), max(ends)
        return (-abs(value), abs(value)) if least < 0 else (least, value)

    def _value_range(self, value: Any) -> Range:
        """The least and the greatest value of a pixel.

        Raises:
            ValueError: if these are not two numbers.
        """
        several = isinstance(value, (tuple, list, np.ndarray)) and len(value) == 2
        if not several or not value[0] < value[1]:
            raise ValueError(
                f"{declared_class(self).__name__} expects `value_range` to be two "
                "numbers, the least and the greatest value of a pixel. Received: "
                f"value_range={value!r}."
            )
        return tuple(value)


def _dense(value: Any) -> Any:
    """A ragged tensor of TensorFlow's filled up by -1, which no label is."""
    return value.to_tensor(-1) if hasattr(value, "row_splits") else value


def _batched(parts: dict[str, Any]) -> dict[str, Any]:
    """The parts of one image as those of a batch of one."""
    return {
        key: _batched(value) if isinstance(value, dict) else ops.expand_dims(value, 0)
        for key, value in parts.items()
    }


def _single(parts: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _single(value) if isinstance(value, dict) else value[0]
        for key, value in parts.items()
    }


class RandomImageLayer(ImageLayer):
    """An image layer that draws random numbers, in training."""

    def __init__(self, *, seed: Seed = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.seed_generator = random.SeedGenerator(seed)


def per_image(values: TensorLike, dtype: str) -> Any:
    """One number for each image, in a shape that is broadcast to images."""
    return ops.cast(ops.reshape(values, (-1, 1, 1, 1)), dtype)
