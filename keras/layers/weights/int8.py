"""`Int8Form`: integers of 8 bits, with one scale for each channel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Self

from keras import ops
from keras.core.typing import Tensor
from keras.layers.weights.channels import flat, quantized, spread
from keras.layers.weights.form import quantized_form
from keras.layers.weights.integers import IntegerForm, Part
from keras.ops.nn.linear import linear, rounded_linear
from keras.ops.nn.quantized import as_floats, dequantized
from keras.quantizers import (
    AbsMaxQuantizer,
    Int8QuantizationConfig,
    QuantizationConfig,
)


@quantized_form
class Int8Form(IntegerForm):
    """`integers / scale`.

    Unless the config says otherwise, inputs are rounded to 8 bits too, with a scale for
    each row, and the product is one of integers.
    """

    mode = "int8"
    config_class = Int8QuantizationConfig

    def parts(self) -> list[Part]:
        """The integers, and a scale for each channel."""
        scales = self.channels.scale_shape(self.shape)
        return [
            Part("", self.shape, "int8"),
            Part("scale", scales, self.dtype, "ones"),
        ]

    def read(self) -> Any:
        """The integers."""
        return self.variables[0]

    def value(self) -> Any:
        """The weight, in the dtype of its scale."""
        scale = ops.convert_to_tensor(self.variables[1])
        scale = self.channels.to_weight(scale, self.shape)
        return dequantized(self.variables[0], scale, divides=True)

    def encode(self, value: Tensor) -> list[Any]:
        """The integers and the scales of a weight."""
        quantizer = QuantizationConfig.weight_quantizer_or_default(
            self.config, AbsMaxQuantizer()
        )
        integers, scale = quantized(quantizer, value, self.channels.reduced, True)
        wanted = self.channels.scale_shape(self.shape)
        found = tuple(scale.shape)
        if math.prod(found) != math.prod(wanted):
            raise ValueError(
                f"The weight quantizer of layer {self.owner!r} must give one scale for "
                f"each channel of `{self.name}`, {math.prod(wanted)} in all: it has to "
                f"share them along axes {self.channels.reduced}. Received: a scale of "
                f"shape {found} for a weight of shape {self.shape}."
            )
        return [integers, self.channels.from_weight(scale, self.shape)]

    @cached_property
    def _input_quantizer(self) -> Any:
        return QuantizationConfig.activation_quantizer_or_default(
            self.config, AbsMaxQuantizer()
        )

    @cached_property
    def _units(self) -> tuple[int, ...]:
        """The shape of the scale."""
        return self.channels.scale_shape(self.shape)

    @cached_property
    def _axes_rounded(self) -> int:
        """The most axes of inputs that are rounded in the way that an op does it."""
        quantizer = self._input_quantizer
        if (
            type(quantizer) is not AbsMaxQuantizer
            or quantizer.axis not in (None, (-1,))
            or quantizer.output_dtype != "int8"
            or not -quantizer.value_range[0] == quantizer.value_range[1] <= 127
        ):
            return 0
        return len(self.shape) if quantizer.axis is None else 1

    # Products ------------------------------------------------------------------

    def _made(self, layer: Any, values: Sequence[Any] = ()) -> Self:
        """The variables; the integers lie as products of integers read them."""
        super()._made(layer, values)
        if self._input_quantizer is not None:
            kept = self.channels.kept(self.shape)
            self.variables[0].order_in_memory((*kept, *self.channels.reduced))
        return self

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product over the last `axes` axes of the inputs, plus bias."""
        if self._input_quantizer is None:
            return super().linear(inputs, bias, axes)
        integers, scale = self.variables
        inputs, dtype = self.in_dtype(inputs)
        if self._units != self.shape[axes:]:
            scale = ops.reshape(scale, self.shape[axes:])
        if self.dtype != dtype:
            scale = ops.cast(scale, dtype)
        return self._product(inputs, integers, scale, axes, bias)

    def large_product(self, inputs: Tensor, dtype: str) -> Tensor:
        """The product of the inputs and the integers, in pieces, then the scale."""
        scale = ops.cast(ops.reshape(self.variables[1], (-1,)), dtype)
        return ops.divide(super().large_product(inputs, dtype), scale)

    def rows_of(self, start: int, stop: int) -> Tensor:
        """Rows of the integers as a matrix."""
        integers = ops.reshape(
            self.variables[0], flat(self.shape, self.channels.reduced)
        )
        return integers[start:stop]

    def _product(
        self,
        inputs: Tensor,
        integers: Tensor,
        scale: Tensor,
        axes: int = 1,
        bias: Tensor | None = None,
    ) -> Tensor:
        """The inputs times `integers / scale`; the scale stands along the outputs."""
        quantizer = self._input_quantizer
        if axes <= self._axes_rounded:
            high, epsilon = quantizer.value_range[1], quantizer.epsilon
            return rounded_linear(inputs, integers, scale, bias, axes, high, epsilon)
        if quantizer is not None:
            rank = len(inputs.shape)
            inputs = self.rounding(quantizer, inputs, tuple(range(rank - axes, rank)))
        integers = as_floats(integers, ops.dtype(inputs), True)
        product = linear(inputs, integers, None, axes)
        outputs = ops.divide(product, scale)
        return outputs if bias is None else ops.add(outputs, bias)

    def einsum(self, equation: str, inputs: Tensor) -> Tensor:
        """The einsum of the inputs and the weight."""
        integers, scale = map(ops.convert_to_tensor, self.variables)
        inputs, dtype = self.in_dtype(inputs)
        scale, quantizer = ops.cast(scale, dtype), self._input_quantizer
        if quantizer is None:
            product = ops.einsum(equation, inputs, as_floats(integers, dtype, True))
            return ops.divide(product, scale)
        source, kernel, target = labels(equation, len(inputs.shape))
        summed = tuple(i for i, label in enumerate(source) if label not in target)
        equation = f"{source},{kernel}->{target}"

        def product_and_gradient(x: Tensor) -> tuple[Tensor, Any]:
            rounded, per_row = quantized(quantizer, x, summed)
            weight = as_floats(integers, dtype)
            product = ops.einsum(equation, as_floats(rounded, dtype), weight)
            per_row = spread(per_row, source, target)

            def grad(*upstream: Any) -> Tensor:
                given = ops.divide(upstream[0], scale)
                alone = [c for c in source if c not in target and c not in kernel]
                left = "".join(label for label in source if label not in alone)
                found = ops.einsum(f"{target},{kernel}->{left}", given, weight)
                if alone:  # axes that are summed without a weight
                    found = ops.expand_dims(found, [source.index(c) for c in alone])
                return ops.broadcast_to(found, ops.shape(x)) if alone else found

            return ops.divide(product, ops.multiply(per_row, scale)), grad

        return ops.custom_gradient(product_and_gradient)(inputs)

    def convolve(
        self, inputs: Tensor, convolution: Callable[[Tensor, Any], Tensor]
    ) -> Tensor:
        """The layer's convolution of the inputs with the weight, in floats.

        Inputs are rounded with one scale for each sample.
        """
        inputs, dtype = self.in_dtype(inputs)
        if self._input_quantizer is not None:
            axes = tuple(range(1, len(inputs.shape)))
            inputs = self.rounding(self._input_quantizer, inputs, axes)
        return convolution(inputs, ops.cast(self.value(), dtype))

    def take(self, indices: Tensor) -> Tensor:
        """The rows of the weight that integers name."""
        integers, scale = self.variables
        rows = ops.take(integers, indices, axis=0)
        scale = ops.expand_dims(ops.take(scale, indices, axis=0), -1)
        return dequantized(rows, scale, divides=True)

    def logits(self, vectors: Tensor, dtype: str, transposed: bool) -> Tensor:
        """The products of vectors with the rows, or the columns, of the weight."""
        integers, scale = map(ops.convert_to_tensor, self.variables)
        integers = ops.transpose(integers) if transposed else integers
        vectors, scale = ops.cast(vectors, dtype), ops.cast(scale, dtype)
        return self._product(vectors, integers, scale)


def labels(equation: str, rank: int) -> tuple[str, str, str]:
    """The labels of input, kernel and output, with some in place of an ellipsis."""
    inputs, target = equation.replace(" ", "").split("->")
    source, kernel = inputs.split(",")
    spare = (c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in equation)
    missing = rank - len(source.replace("...", ""))
    more = "".join(next(spare) for _ in range(missing)) if "..." in source else ""
    return source.replace("...", more), kernel, target.replace("...", more)
