"""`RandomHeight` and `RandomWidth` of Keras 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from keras import ops, random
from keras.core.typing import Seed, Shape, Tensor
from keras.layers import Layer
from keras.random import SeedGenerator


class _RandomSize(Layer):
    """Resizes one axis of images to a random size while training."""

    supports_jit = False  # the size is not known before
    _axis: ClassVar[int]

    def __init__(
        self,
        factor: float | Sequence[float],
        interpolation: str = "bilinear",
        seed: Seed = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given: Any = factor
        pair = isinstance(factor, (tuple, list))
        least, most = given if pair else (-given, given)
        if most < least:
            raise ValueError(
                "The upper bound of `factor` is less than the lower bound. Received: "
                f"factor={factor!r}."
            )
        if least < -1 or most < -1:
            raise ValueError(
                "`factor` must have values of -1 or more: -1 leaves nothing of the "
                f"size. Received: factor={factor!r}."
            )
        self.factor, self.interpolation, self.seed = factor, interpolation, seed
        self._range = (least, most)
        self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = True) -> Tensor:
        """`(..., height, width, channels)`, resized where `training` is true."""
        inputs = ops.convert_to_tensor(inputs, dtype=self.compute_dtype)
        if not training:
            return inputs
        least, most = self._range
        rate = 1 + random.uniform((), least, most, seed=self.seed_generator)
        sizes: list[Any] = list(ops.shape(inputs)[-3:-1])
        size = ops.cast(sizes[self._axis], "float32") * rate
        sizes[self._axis] = ops.cast(size, "int32")
        return ops.image.resize(
            inputs,
            tuple(sizes),
            interpolation=self.interpolation,
            data_format="channels_last",
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs, with one size that is not known."""
        shape = list(input_shape)
        shape[self._axis - 3] = None  # before the channels: height, width
        return tuple(shape)


class RandomHeight(_RandomSize):
    """Resizes images to a random height while training.

    Args:
        factor: the range of what is added to the height, as a part of it: two numbers,
            or one for both directions. `(0.2, 0.3)` makes it 20 to 30 % larger.
        interpolation: of `keras.ops.image.resize`.
        seed: an integer, a `SeedGenerator` or None.
        **kwargs: `name`, `dtype`, `trainable`.

    Raises:
        ValueError: for a range that is none, or values below -1.
    """

    _axis = 0


class RandomWidth(_RandomSize):
    """Resizes images to a random width while training.

    Args:
        factor: the range of what is added to the width, as a part of it: two numbers,
            or one for both directions. `(0.2, 0.3)` makes it 20 to 30 % larger.
        interpolation: of `keras.ops.image.resize`.
        seed: an integer, a `SeedGenerator` or None.
        **kwargs: `name`, `dtype`, `trainable`.

    Raises:
        ValueError: for a range that is none, or values below -1.
    """

    _axis = 1
