"""`SpectralNormalization`: holds down the largest singular value of a kernel."""

from __future__ import annotations

from typing import Unpack

from keras import ops
from keras.backends.variable import Variable
from keras.core.facts import public_class
from keras.core.typing import Shape, Tensor
from keras.initializers import TruncatedNormal
from keras.layers.arguments import class_name, positive_integer
from keras.layers.core.wrapper import Wrapper
from keras.layers.declared import Declared
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class SpectralNormalization(Wrapper):
    """Divides a layer's kernel by its spectral norm, at each call in training.

    The norm is estimated by power iteration, from a vector that is kept between calls.

    Source: Miyato et al., 2018 (https://arxiv.org/abs/1802.05957).

    Args:
        layer: a layer with a weight `kernel` or `embeddings`.
        power_iterations: steps of the iteration in each call.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    >>> tuple(layer(keras.ops.ones((2, 5)), training=True).shape)
    (2, 3)
    """

    kernel = Declared()
    vector_u = Declared()

    def __init__(
        self,
        layer: Layer,
        power_iterations: int = 1,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(layer, **kwargs)
        self.input_spec = layer.input_spec
        self.power_iterations = positive_integer(
            self, "power_iterations", power_iterations
        )

    def build(self, input_shape: Shape | None = None) -> None:
        """Builds the layer, and makes the vector of the iteration."""
        super().build(input_shape)
        self.input_spec = self.layer.input_spec
        kernel = getattr(self.layer, "kernel", None)
        kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if not isinstance(kernel, Variable):
            raise ValueError(
                f"{self.name} (SpectralNormalization) expects a layer whose `kernel` "
                "or `embeddings` is one variable, as in Dense, the convolutions and "
                f"Embedding. Received: {class_name(self.layer)} '{self.layer.name}'."
            )
        self.kernel = kernel
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, kernel.shape[-1]),
            initializer=TruncatedNormal(stddev=0.02),
            trainable=False,
            dtype=kernel.dtype,
        )

    def call(self, inputs: Tensor, training: bool | None = False) -> Tensor:
        """The layer's output; in training, with the kernel normalized before."""
        if training:
            vector_u, kernel = self.normalized_weights()
            self.vector_u.assign(vector_u)
            # Where code is pure, what is written is all that a gradient can come
            # from: it is that by the normalized kernel, as by a variable in place.
            now = self.kernel.value
            straight = ops.subtract(now, ops.stop_gradient(now))
            self.kernel.assign(ops.add(kernel, straight))
        return self.layer(inputs)

    def normalized_weights(self) -> tuple[Tensor, Tensor]:
        """The vector and the kernel that a call in training sets.

        Returns:
            The vector of the iteration, `(1, units)`, and the kernel divided by the
            norm that it gives; nothing is assigned.
        """
        kernel = ops.stop_gradient(self.kernel.value)
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        right = ops.stop_gradient(self.vector_u.value)
        left = right
        for _ in range(self.power_iterations):
            left = ops.matmul(right, ops.transpose(matrix))
            left = ops.normalize(left, epsilon=1e-12)
            right = ops.normalize(ops.matmul(left, matrix), epsilon=1e-12)
        norm = ops.matmul(ops.matmul(left, matrix), ops.transpose(right))
        return right, ops.divide(kernel, ops.reshape(norm, ()))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the layer's outputs."""
        return self.layer.compute_output_shape(input_shape)
