"""Layers that apply several others at random: RandAugment, AugMix, Pipeline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from keras import ops, random, tree
from keras.backends import current
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
        self, inputs: Structure, training: bool = True, mask: TensorLike = None
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


def _nth(steps: Structure, number: int) -> Any:
    """One step of several. By `take`, as JAX compiles `x[0]` and `x[1]` one by one."""
    return tree.map_structure(lambda x: ops.take(x, number, axis=0), steps)


def _stepwise(
    change: Callable[[Any, Any], Any], start: Structure, steps: Structure, images: Any
) -> Any:
    """What becomes of `start` by one change after the other.

    In a trace that is one loop, whose body is compiled once. Outside, a loop of the
    framework's would be compiled again in each call, and plain operations are not.
    """
    if current().is_traced(images):
        end, _ = ops.scan(lambda carry, x: (change(carry, x), None), start, steps)
        return end
    for number in range(len(tree.flatten(steps)[0])):
        start = change(start, _nth(steps, number))
    return start


def _loops_are_quick() -> bool:
    """Whether a trace may as well look at one image after the other.

    It is so on a processor; others are quick by doing the same to all.
    """
    home = current()
    return "loop_pays" in home.__dict__ and home.devices() == home.devices("cpu")


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

    def _drawn_steps(self, data: Data, training: bool, steps: int) -> Any:
        """Steps for each image: its part, what each part does, and a matrix.

        All are drawn at once, in the shape `(steps, batch, ...)`. The matrix is that
        of the part, if it moves pixels, else the identity: one reading of the images
        then does for all of these parts.
        """
        sizes: Any = ops.shape(data["images"])
        count, height, width = sizes[:3]
        drawn = steps * count
        # Of the images, parts that draw only ask how many there are, and their size.
        like = ops.zeros((1, 1, 1, 1), dtype="bool")
        images = ops.broadcast_to(like, (drawn, height, width, 1))
        given = [
            part.get_random_transformation({"images": images}, training)
            for part in self._parts
        ]
        given = [() if what is None else what for what in given]
        parts = len(self._parts)
        index = ops.floor(self.uniform(images, 0.0, 1.0) * parts)
        index = ops.minimum(index, parts - 1)
        matrix = ops.broadcast_to(ops.eye(3), (drawn, 3, 3))
        for number, part in enumerate(self._parts):
            if part._changes_places:
                chosen = ops.reshape(index == number, (-1, 1, 1))
                matrix = ops.where(chosen, given[number], matrix)
                given[number] = ()
        return tree.map_structure(
            lambda x: ops.reshape(x, (steps, count, *x.shape[1:])),
            (index, given, matrix),
        )

    def _mover(self) -> Any:
        return next(part for part in self._parts if part._changes_places)

    def _keras_step(self, images: Tensor, step: Any) -> Any:
        """Images after one step."""
        home = current()
        traced = home.in_trace() or home.is_traced(images)
        if traced and _loops_are_quick():
            return self._step_by_images(images, step)
        if traced or home.compiles_each_shape:
            return self._step_of_all(images, step)
        return self._step_by_parts(images, step)

    def _step_by_parts(self, images: Tensor, step: Any) -> Any:
        """Each part gets the images that have drawn it, and those alone."""
        index, given, matrix = step
        drawn = ops.convert_to_numpy(index)
        moving = [n for n, part in enumerate(self._parts) if part._changes_places]
        groups = [(self._mover(), np.isin(drawn, moving), matrix)]
        for number, part in enumerate(self._parts):
            if not part._changes_places:
                groups.append((part, drawn == number, given[number]))
        places, pieces = [], []
        for part, chosen, what in groups:
            (some,) = np.nonzero(chosen)
            if len(some):
                own, what = tree.map_structure(
                    lambda x, some=some: ops.take(x, some, axis=0), (images, what)
                )
                found = part.transform_images(own, what, True)
                places.append(some)
                pieces.append(ops.cast(found, images.dtype))
        if len(pieces) == 1:
            return pieces[0]
        back = np.argsort(np.concatenate(places))
        return ops.take(ops.concatenate(pieces), back, axis=0)

    def _step_by_images(self, images: Tensor, step: Any) -> Any:
        """Each image goes to its part, whichever that is when the trace runs."""
        moving = [part._changes_places for part in self._parts]
        still = [n for n, moves in enumerate(moving) if not moves]
        # The branch of each part: all that move pixels have one.
        branch = [0 if moves else 1 + still.index(n) for n, moves in enumerate(moving)]

        def change(one: Any) -> Any:
            image, index, given, matrix = tree.map_structure(lambda x: x[None], one)

            def by(part: Any, what: Any) -> Any:
                found = part.transform_images(image, what, True)
                return ops.cast(found, image.dtype)[0]

            branches = [partial(by, self._mover(), matrix)]
            branches += [partial(by, self._parts[n], given[n]) for n in still]
            return ops.switch(index[0], branches)

        index, given, matrix = step
        index = ops.take(ops.array(branch), ops.cast(index, "int32"))
        return ops.map(change, (images, index, given, matrix))

    def _step_of_all(self, images: Tensor, step: Any) -> Any:
        """Each part gets all images: a trace cannot know how many have drawn it."""
        index, given, matrix = step
        moved = self._mover().transform_images(images, matrix, True)
        for number, layer in enumerate(self._parts):
            if layer._changes_places:
                found = moved
            else:
                found = layer.transform_images(images, given[number], True)
            chosen = ops.reshape(index == number, (-1, 1, 1, 1))
            images = ops.where(chosen, ops.cast(found, images.dtype), images)
        return images


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
        return self._drawn_steps(data, training, self.num_ops)

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The images, changed."""
        images = _stepwise(self._keras_step, images, transformation, images)
        return ops.clip(images, *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The masks, moved as the images are."""

        def moved(masks: Tensor, matrix: Tensor) -> Any:
            found = self._mover().transform_segmentation_masks(masks, matrix)
            return ops.cast(found, masks.dtype)

        masks = segmentation_masks
        return _stepwise(moved, masks, transformation[2], masks)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The boxes, moved as the images are."""
        matrices = transformation[2]
        for number in range(self.num_ops):
            bounding_boxes = self._mover().transform_bounding_boxes(
                bounding_boxes, matrices[number]
            )
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
        # Beta and Dirichlet numbers are shares of gamma numbers, all drawn at once.
        shape, source = (count, self.num_chains + 2), self._keras_source()
        if self.alpha == 1:  # exponential ones, which compile in no time
            drawn = -ops.log(1 - random.uniform(shape, seed=source))
        else:
            drawn = random.gamma(shape, self.alpha, seed=source)
        own = drawn[:, 0] / (drawn[:, 0] + drawn[:, 1])
        shares = drawn[:, 2:] / ops.sum(drawn[:, 2:], axis=-1, keepdims=True)
        steps = self.num_chains * self.chain_depth
        return own, shares, self._drawn_steps(data, training, steps)

    def transform_images(
        self, images: Tensor, transformation: Any, training: bool = True
    ) -> Tensor:
        """The mixtures."""
        if current().is_traced(images):
            mixed = self._mixed_in_a_loop(images, transformation)
        else:
            mixed = self._mixed(images, transformation)
        return ops.clip(mixed, *self.value_range)

    def _mixed(self, images: Tensor, transformation: Any) -> Any:
        own, shares, steps = transformation
        mixed = images * per_image(own, images.dtype)
        for chain in range(self.num_chains):
            form = images
            for place in range(self.chain_depth):
                form = self._keras_step(
                    form, _nth(steps, chain * self.chain_depth + place)
                )
            share = ops.take(shares, chain, axis=1) * (1 - own)
            mixed = mixed + form * per_image(share, images.dtype)
        return mixed

    def _mixed_in_a_loop(self, images: Tensor, transformation: Any) -> Any:
        """One loop over all chains, each of which starts from the images."""
        own, shares, steps = transformation
        depth = self.chain_depth
        number = ops.arange(self.num_chains * depth)
        shares = ops.repeat(ops.transpose(shares), depth, axis=0)

        def changed(carry: Any, given: Any) -> Any:
            (mixed, form), (number, share, step) = carry, given
            form = ops.where(number % depth == 0, images, form)
            form = self._keras_step(form, step)
            share = ops.where(number % depth == depth - 1, share, 0.0)
            return mixed + form * per_image(share, images.dtype), form

        start = ops.zeros_like(images), images
        mixed, _ = _stepwise(changed, start, (number, shares, steps), images)
        own = per_image(own, images.dtype)
        return images * own + mixed * (1 - own)
