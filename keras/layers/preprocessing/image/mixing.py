"""Layers that mix the images of a batch, and their labels."""

from __future__ import annotations

from typing import Any

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import Data, Seed, Structure, Tensor
from keras.layers.preprocessing.image.base import RandomImageLayer, per_image
from keras.layers.preprocessing.image.noise import rectangle


class _MixingLayer(RandomImageLayer):
    """A layer that gives each image another one of the batch as partner."""

    _changes_places = True

    def _partners(self, images: Tensor) -> Any:
        count = ops.shape(images)[0]
        return random.shuffle(
            ops.arange(count, dtype="int32"), seed=self._keras_source()
        )

    def transform_labels(
        self, labels: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """Labels in the parts in which the images are mixed."""
        partners, share = transformation[:2]
        if "int" in ops.dtype(labels):
            labels = ops.cast(labels, self._inner_dtype)
        rank = len(labels.shape)
        share = ops.cast(ops.reshape(share, (-1,) + (1,) * (rank - 1)), labels.dtype)
        return labels * share + ops.take(labels, partners, axis=0) * (1 - share)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The boxes of an image and of its partner."""
        partners = transformation[0]
        return {
            key: ops.concatenate([value, ops.take(value, partners, axis=0)], axis=1)
            for key, value in bounding_boxes.items()
        }


@public_class("keras.layers", pure=True)
class MixUp(_MixingLayer):
    """In training, mixes each image with another one of the batch, and their labels.

    Source: Zhang et al., 2017 (https://arxiv.org/abs/1710.09412).

    Args:
        alpha: of the distribution that the parts are drawn from: small ones leave most
            images nearly as they are.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for repeatable numbers.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Labels, such as one-hot ones, are floats `(batch, ...)`.

    Example:

    >>> import keras
    >>> data = {"images": keras.ops.ones((2, 8, 8, 3)), "labels": keras.ops.eye(2)}
    >>> found = keras.layers.MixUp(seed=1)(data, training=True)
    >>> [round(float(x), 4) for x in keras.ops.sum(found["labels"], axis=-1)]
    [1.0, 1.0]
    """

    def __init__(
        self,
        alpha: float = 0.2,
        data_format: str | None = None,
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise ValueError(
                "MixUp expects `alpha` to be a positive number. Received: "
                f"alpha={alpha!r}."
            )
        self.alpha = alpha

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The partner of each image, and its own share."""
        images = data["images"]
        count = ops.shape(images)[0]
        share = random.beta((count,), self.alpha, self.alpha, seed=self._keras_source())
        return self._partners(images), share

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The mixed images."""
        if transformation is None:
            return images
        partners, share = transformation
        share = per_image(share, images.dtype)
        return images * share + ops.take(images, partners, axis=0) * (1 - share)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks, mixed as the images are."""
        masks = ops.cast(segmentation_masks, self._inner_dtype)
        return self.transform_images(masks, transformation, training)


@public_class("keras.layers", pure=True)
class CutMix(_MixingLayer):
    """In training, puts a part of another image of the batch into each image.

    Source: Yun et al., 2019 (https://arxiv.org/abs/1905.04899).

    Args:
        factor: the range of the part of the image that comes from the other: two
            numbers from 0 to 1, or one for the range from 0.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Labels, such as one-hot ones, are floats `(batch, ...)`.

    Example:

    >>> import keras
    >>> data = {"images": keras.ops.ones((2, 8, 8, 3)), "labels": keras.ops.eye(2)}
    >>> found = keras.layers.CutMix(seed=1)(data, training=True)
    >>> [round(float(x), 4) for x in keras.ops.sum(found["labels"], axis=-1)]
    [1.0, 1.0]
    """

    def __init__(
        self,
        factor: Any = 1.0,
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = self._factor(factor)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """Partner and own share of each image, and which pixels are the partner's."""
        images = data["images"]
        inside = rectangle(self, images, self.uniform(images, *self.factor))
        share = 1 - ops.mean(ops.cast(inside, "float32"), axis=(1, 2, 3))
        return self._partners(images), share, inside

    def transform_images(
        self, images: Tensor, transformation: Any = None, training: bool = True
    ) -> Tensor:
        """The images with parts of others."""
        if transformation is None:
            return images
        partners, _, inside = transformation
        return ops.where(inside, ops.take(images, partners, axis=0), images)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks with parts of others."""
        return self.transform_images(segmentation_masks, transformation, training)
