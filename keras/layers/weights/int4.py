"""`Int4Form`: integers of 4 bits, two in a byte.

With blocks, the weights of a channel are cut into blocks with a scale and a zero point
each. Without, a channel has one scale, and no zero point.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.typing import Tensor
from keras.layers.weights.channels import flat, quantized
from keras.layers.weights.form import quantized_form
from keras.layers.weights.integers import IntegerForm, Part
from keras.ops.nn.packed import packed_linear
from keras.ops.nn.quantized import dequantized
from keras.quantizers import (
    AbsMaxQuantizer,
    Int4QuantizationConfig,
    QuantizationConfig,
    abs_max_quantize_grouped_with_zero_point,
    pack_int4,
    unpack_int4,
)

_RANGE = (-8, 7)


@quantized_form
class Int4Form(IntegerForm):
    """`integers / scale`, or with blocks `(integers - zero) * scale`."""

    mode = "int4"
    products = ("linear", "einsum", "take", "logits")
    config_class = Int4QuantizationConfig

    def __init__(self, layer: Any, name: str, shape: Any, config: Any) -> None:
        super().__init__(layer, name, shape, config)
        said = getattr(layer._dtype_policy, "block_size", None)
        size = said if self.config is None else self.config.block_size
        self.block_size = None if size == -1 else size
        self.rows, self.columns = flat(self.shape, self.channels.reduced)
        # A table has its channels in rows.
        self.is_table = self.channels.reduced == (1,) and len(self.shape) == 2

    @property
    def _blocks(self) -> int:
        return -(-self.rows // (self.block_size or self.rows))

    def parts(self) -> list[Part]:
        """The bytes, and the scales; with blocks their zero points and indices."""
        stored = [self.rows, self.columns]
        if self.is_table:
            stored.reverse()
        stored[self.channels.pairs] = -(-stored[self.channels.pairs] // 2)
        scales: tuple[int, ...] = (self.columns,)
        if self.block_size is not None:
            scales = (self._blocks, self.columns)
            scales = scales[::-1] if self.is_table else scales
        parts = [
            Part("", (stored[0], stored[1]), "int8"),
            Part("scale", scales, self.dtype, "ones"),
        ]
        if self.block_size is not None:
            indexed = self.channels.indexed
            parts.append(Part("zero", scales, "int8" if indexed else self.dtype))
            if indexed:
                parts.append(Part("index", (self.rows,), "float32", self._index))
        return parts

    @classmethod
    def names_in_files(cls, weight: str, others: list[str]) -> list[str]:
        """As integers; with blocks their zero points and the index come last."""
        return [*super().names_in_files(weight, others), f"{weight}_zero", "g_idx"]

    def variable_name(self, suffix: str) -> str:
        """The name of a variable; the index of blocks is one for the layer."""
        return "g_idx" if suffix == "index" else super().variable_name(suffix)

    def _index(self, *args: Any, **kwargs: Any) -> Tensor:
        """The block of each input."""
        return ops.cast(ops.arange(self.rows) // (self.block_size or 1), "float32")

    def _integers(self, stored: Tensor) -> Tensor:
        """The integers, as they are stored: a matrix, or rows of a table."""
        axis = self.channels.pairs
        sizes = (
            (self.columns, self.rows) if self.is_table else (self.rows, self.columns)
        )
        return unpack_int4(stored, sizes[axis], axis=axis)

    def read(self) -> Any:
        """The integers, one in a byte."""
        return ops.reshape(self._integers(self.variables[0]), self.shape)

    def _floats(self, integers: Tensor, scale: Tensor, zero: Tensor | None) -> Tensor:
        """The values of integers; the blocks of the scale are along the rows.

        The index of blocks is for other readers of the file: they follow each other.
        """
        scale = ops.convert_to_tensor(scale)
        if zero is None:
            scale = ops.expand_dims(scale, -1) if self.is_table else scale
            return dequantized(integers, scale, divides=True)
        axis = len(scale.shape) - 1 if self.is_table else 0
        zero = ops.convert_to_tensor(zero)
        size = self.block_size
        return dequantized(integers, scale, zero, axis=axis, block_size=size)

    def value(self) -> Any:
        """The weight, in the dtype of its scale."""
        stored, scale, *more = self.variables
        values = self._floats(self._integers(stored), scale, more[0] if more else None)
        return ops.reshape(values, self.shape)

    def encode(self, value: Tensor) -> list[Any]:
        """The variables' values for a weight."""
        matrix = ops.convert_to_tensor(value)
        if not self.is_table:
            matrix = ops.reshape(matrix, (self.rows, self.columns))
        axis = 1 if self.is_table else 0
        if self.block_size is None:
            quantizer = QuantizationConfig.weight_quantizer_or_default(
                self.config, AbsMaxQuantizer(value_range=_RANGE)
            )
            integers, scale = quantized(quantizer, matrix, (axis,), True)
            if ops.size(scale) != self.columns:
                raise ValueError(
                    f"The weight quantizer of layer {self.owner!r} must share scales "
                    f"along axis {axis} of the matrix {tuple(matrix.shape)}. Received: "
                    f"a scale of shape {tuple(scale.shape)}."
                )
            values = [ops.reshape(scale, (self.columns,))]
        else:
            matrix = ops.transpose(matrix) if self.is_table else matrix
            integers, scale, zero = abs_max_quantize_grouped_with_zero_point(
                matrix, self.block_size, _RANGE, to_numpy=True
            )
            values = [scale, zero]
            if self.is_table:
                integers = ops.transpose(integers)
                values = [ops.transpose(found) for found in values]
            if self.channels.indexed:
                values.append(self._index())
        packed = pack_int4(ops.cast(integers, "int8"), axis=self.channels.pairs)[0]
        return [packed, *values]

    # Products ------------------------------------------------------------------

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product over the last `axes` axes of the inputs, plus bias."""
        inputs, _ = self.in_dtype(inputs)
        quantizer = QuantizationConfig.activation_quantizer_or_default(
            self.config, None
        )
        if quantizer is not None:
            rank = len(inputs.shape)
            inputs = self.rounding(quantizer, inputs, tuple(range(rank - axes, rank)))
        return super().linear(inputs, bias, axes)

    def large_product(self, inputs: Tensor, dtype: str) -> Tensor:
        """The product of inputs `(..., rows)` and the weight as a matrix, in pieces."""
        if self.channels.pairs == 0:
            return super().large_product(inputs, dtype)
        stored, scale, *more = map(ops.convert_to_tensor, self.variables)
        zero = more[0] if more else None
        product = packed_linear(inputs, stored, scale, zero, self.block_size)
        return ops.cast(product, dtype)

    @property
    def piece_step(self) -> int:
        """Blocks are not cut, nor pairs."""
        return math.lcm(self.block_size or 1, 2)

    def rows_of(self, start: int, stop: int) -> Tensor:
        """Rows of the weight as a matrix, in floats."""
        stored, scale, *more = map(ops.convert_to_tensor, self.variables)
        if self.channels.pairs == 0:
            integers = unpack_int4(stored[start // 2 : -(-stop // 2)], stop - start)
        else:
            integers = unpack_int4(stored[start:stop], self.columns, axis=-1)
        if not more:
            return ops.divide(ops.cast(integers, scale.dtype), scale)
        size = self.block_size or self.rows
        blocks = slice(start // size, -(-stop // size))
        missing = -(stop - start) % size  # the last block may be shorter
        if missing:
            integers = ops.pad(integers, ((0, missing), (0, 0)))
        values = ops.reshape(integers, (-1, size, self.columns))
        scale, zero = (ops.expand_dims(x[blocks], 1) for x in (scale, more[0]))
        values = ops.subtract(
            ops.cast(values, scale.dtype), ops.cast(zero, scale.dtype)
        )
        values = ops.reshape(ops.multiply(values, scale), (-1, self.columns))
        return values[: stop - start] if missing else values

    def take(self, indices: Tensor) -> Tensor:
        """The rows of the weight that integers name."""
        stored, scale, *more = self.variables
        rows = unpack_int4(ops.take(stored, indices, axis=0), self.shape[-1], axis=-1)
        scale = ops.take(scale, indices, axis=0)
        zero = ops.take(more[0], indices, axis=0) if more else None
        return self._floats(rows, scale, zero)
