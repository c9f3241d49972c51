"""Layers that apply several others at random: RandAugment, AugMix, Pipeline."""

from __future__ import annotations

from typing import Any

from keras import ops, random
from keras.core.facts import public_class
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.core.typing import Config, Data, Seed, Structure, Tensor, TensorLike
from keras.layers.arguments import positive_integer
from keras.layers.layer import Layer
from keras.layers.preprocessing.image import colors, geometry, histograms, light
from keras.layers.preprocessing.image.base import RandomImageLayer, per_image


@public_class("keras.layers")
class Pipeline(Layer):
    """Layers one after the other, as one layer.

    Args:
        layers: a list of layers.
        name: a name; made up by default.

    Example:

    >>> import keras
    >>> layers = [keras.layers.Rescaling(2.0), keras.layers.Rescaling(3.0)]
    >>> float(keras.layers.Pipeline(layers)(keras.ops.ones((1,)))[0])
    6.0
    """

    _layer_arguments = ("layers",)

    def __init__(self, layers: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self._pipeline_layers = list(layers)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    @property
    def layers(self) -> list[Layer]:
        """The layers in their order."""
        return list(self._pipeline_layers)

    def call(
        self, inputs: TensorLike, training: bool = True, mask: TensorLike = None
    ) -> Tensor:
        """The layers in turn."""
        for layer in self._pipeline_layers:
            more: dict[str, Any] = {}
            if layer._call_has_mask_arg:
                more["mask"] = mask
            if layer._call_has_training_arg and training is not None:
                more["training"] = training
            inputs = layer(inputs, **more)
        return inputs

    def get_config(self) -> Config:
        """The layers in serialized form."""
        layers = [serialize_keras_object(layer) for layer in self._pipeline_layers]
        return {"layers": layers, "name": self.name}

    @classmethod
    def from_config(cls, config: Config) -> Any:
        """The layer of a config."""
        config = dict(config)
        config["layers"] = [
            deserialize_keras_object(x) if isinstance(x, dict) else x
            for x in config["layers"]
        ]
        return cls(**config)


class _PolicyLayer(RandomImageLayer):
    """A layer with several layers inside, out of which each image gets some."""

    _changes_places = True

    def _make_parts(
        self, value_range: Any, strength: float, interpolation: str
    ) -> None:
        number = 0

        def options(**more: Any) -> dict[str, Any]:
            nonlocal number
            number += 1
            own = None if self.seed is None else self.seed + number
            box = self.bounding_box_format
            found: dict[str, Any] = {"dtype": self.dtype_policy, "seed": own}
            found["data_format"] = "channels_last"
            return {**found, "bounding_box_format": box, **more}

        colour: dict[str, Any] = {"value_range": value_range}
        moved: dict[str, Any] = {"interpolation": interpolation}
        plain = options(**colour)
        plain.pop("seed")
        self._parts: list[Any] = [
            light.AutoContrast(**plain),
            histograms.Equalization(**plain),
            light.Solarization(0.0, (1 - strength, 1.0), **options(**colour)),
            colors.RandomColorDegeneration((0, strength), **options(**colour)),
            light.RandomContrast(strength, **options(**colour)),
            light.RandomBrightness(strength, **options(**colour)),
            geometry.RandomShear(strength, 0.0, **options(**moved)),
            geometry.RandomShear(0.0, strength, **options(**moved)),
            geometry.RandomTranslation(strength, 0.0, **options(**moved)),
            geometry.RandomTranslation(0.0, strength, **options(**moved)),
            geometry.RandomRotation(strength / 4, **options(**moved)),
            colors.RandomSharpness(
                (0.5 - strength / 2, 0.5 + strength / 2), **options(**colour)
            ),
            colors.RandomPosterization(
                (max(1, 8 - 7 * strength), 8), **options(**colour)
            ),
        ]

    def _drawn(self, images: Tensor, parts: int) -> Any:
        """The number of a part for each image."""
        drawn = ops.floor(self.uniform(images, 0.0, 1.0) * parts)
        return ops.minimum(drawn, parts - 1)

    def _applied(self, images: Tensor, step: TensorLike, kind: str) -> Any:
        index, given = step
        for number, layer in enumerate(self._parts):
            change = getattr(layer, f"transform_{kind}")
            changed = ops.cast(change(images, given[number], True), images.dtype)
            chosen = ops.reshape(index == number, (-1, 1, 1, 1))
            images = ops.where(chosen, changed, images)
        return images

    def _drawn_step(self, data: Data, training: bool) -> Any:
        given = [part.get_random_transformation(data, training) for part in self._parts]
        return self._drawn(data["images"], len(self._parts)), given


@public_class("keras.layers", pure=True)
class RandAugment(_PolicyLayer):
    """In training, changes each image by some layers drawn at random.

    Source: Cubuk et al., 2019 (https://arxiv.org/abs/1909.13719).

    Args:
        value_range: the least and the greatest value of a pixel.
        num_ops: how many layers each image goes through.
        factor: how strong they are, from 0 to 1: a number, or a range.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RandAugment(factor=0.3)
    >>> layer(keras.ops.ones((2, 8, 8, 3)), training=True).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = self._value_range(value_range)
        self.num_ops = positive_integer(self, "num_ops", num_ops)
        self.factor = self._factor(factor)
        self.interpolation = interpolation
        self._make_parts(value_range, self.factor[1], interpolation)

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The layers for each image, and what they do."""
        return [self._drawn_step(data, training) for _ in range(self.num_ops)]

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The images, changed."""
        for step in transformation:
            images = self._applied(images, step, "images")
        return ops.clip(images, *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks, moved as the images are."""
        for step in transformation:
            segmentation_masks = self._applied(
                segmentation_masks, step, "segmentation_masks"
            )
        return segmentation_masks

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The boxes, moved as the images are."""
        for index, given in transformation:
            for number, layer in enumerate(self._parts):
                old = bounding_boxes["boxes"]
                new = layer.transform_bounding_boxes(bounding_boxes, given[number])
                chosen = ops.reshape(index == number, (-1, 1, 1))
                boxes = ops.where(chosen, new["boxes"], old)
                bounding_boxes = {**bounding_boxes, "boxes": boxes}
        return bounding_boxes


@public_class("keras.layers", pure=True)
class AugMix(_PolicyLayer):
    """In training, mixes each image with some of its changed forms.

    Source: Hendrycks et al., 2019 (https://arxiv.org/abs/1912.02781).

    Args:
        value_range: the least and the greatest value of a pixel.
        num_chains: number of changed forms.
        chain_depth: how many layers each of them goes through.
        factor: how strong they are, from 0 to 1: a number, or a range.
        alpha: of the distributions that the parts of the mixture are drawn from.
        all_ops: whether layers for brightness, contrast and sharpness are among them.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: an integer for repeatable numbers.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `bounding_box_format`, `name`, `dtype`: see `Layer`.

    Boxes and masks stay as they are, as the image itself is part of the mixture.

    Example:

    >>> import keras
    >>> layer = keras.layers.AugMix()
    >>> layer(keras.ops.ones((2, 8, 8, 3)), training=True).shape == (2, 8, 8, 3)
    True
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Seed = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = self._value_range(value_range)
        self.num_chains = positive_integer(self, "num_chains", num_chains)
        self.chain_depth = positive_integer(self, "chain_depth", chain_depth)
        self.factor = self._factor(factor)
        self.alpha = alpha
        self.all_ops = all_ops
        self.interpolation = interpolation
        self._make_parts(value_range, self.factor[1], interpolation)
        if not all_ops:
            extra = (
                light.RandomBrightness,
                light.RandomContrast,
                colors.RandomSharpness,
            )
            self._parts = [x for x in self._parts if not isinstance(x, extra)]

    def get_random_transformation(
        self, data: Data, training: bool = True, seed: Seed = None
    ) -> Structure:
        """The share of the image, those of its forms, and how these are made."""
        count = ops.shape(data["images"])[0]
        source = self._source()
        own = random.beta((count,), self.alpha, self.alpha, seed=source)
        drawn = random.gamma((count, self.num_chains), self.alpha, seed=source)
        shares = drawn / ops.sum(drawn, axis=-1, keepdims=True)
        chains = [
            [self._drawn_step(data, training) for _ in range(self.chain_depth)]
            for _ in range(self.num_chains)
        ]
        return own, shares, chains

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The mixtures."""
        own, shares, chains = transformation
        mixed: Any = 0.0
        for number, chain in enumerate(chains):
            changed = images
            for step in chain:
                changed = self._applied(changed, step, "images")
            mixed = mixed + changed * per_image(shares[:, number], images.dtype)
        own = per_image(own, images.dtype)
        return ops.clip(images * own + mixed * (1 - own), *self.value_range)
