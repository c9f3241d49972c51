"""`GptqForm` and `AwqForm`: integers of few bits, fitted to what a weight multiplies.

Files keep the weight as a matrix with a row for each output, in bytes: two outputs in
one where the integers have 4 bits, one else. `(integers - zero) * scale`, with a scale
and a zero point for each group of inputs. For AWQ each input has a factor besides, that
its weights were multiplied by.

A form that is made without data (`layer.quantize`, or what LoRA changed) is rounded to
the nearest integers; `fit` is for those who have seen what the inputs are like.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras import ops
from keras.backends import load
from keras.core import context
from keras.core.typing import Tensor
from keras.layers.weights.channels import flat
from keras.layers.weights.form import quantized_form
from keras.layers.weights.integers import IntegerForm, Part
from keras.ops.nn.linear import linear
from keras.ops.nn.packed import pieces
from keras.ops.nn.quantized import dequantized
from keras.quantizers import AWQConfig, GPTQConfig, pack_int4, unpack_int4
from keras.quantizers.grouped import Grid, Rounded, awq, gptq, groups_of, round_groups
from keras.quantizers.statistics import InputStatistics


class GroupedForm(IntegerForm):
    """`(integers - zero) * scale`, for each group of inputs."""

    products = ("linear", "einsum")
    needs_data = True

    def __init__(self, layer: Any, name: str, shape: Any, config: Any) -> None:
        super().__init__(layer, name, shape, config)
        said = layer._dtype_policy if self.config is None else self.config
        self.bits = getattr(said, "weight_bits", 4)
        self.group_size = getattr(said, "group_size", -1)
        self.rows, self.columns = flat(self.shape, self.channels.reduced)

    def parts(self) -> list[Part]:
        """The bytes, scales and zero points, and the group of each input."""
        groups = int(groups_of(self.rows, self.group_size)[-1]) + 1
        stored = -(-self.columns // 2) if self.bits == 4 else self.columns
        return [
            Part("", (stored, self.rows), "uint8"),
            Part("scale", (self.columns, groups), self.dtype, "ones"),
            Part("zero", (self.columns, groups), "uint8"),
            Part("index", (self.rows,), "float32"),
        ]

    def variable_name(self, suffix: str) -> str:
        """The name of a variable, as Keras has it."""
        if suffix == "zero":
            return self.channels.zero_name
        names = {"index": "g_idx", "factors": "awq_scales"}
        return names.get(suffix) or super().variable_name(suffix)

    @classmethod
    def names_in_files(cls, weight: str, others: list[str]) -> list[str]:
        """A bias stands before the weight."""
        names = (f"quantized_{weight}", f"{weight}_scale", f"{weight}_zero")
        return [*others, *names, "g_idx"]

    def filed(self, own: list[Any]) -> list[Any]:
        """A bias stands before the weight."""
        mine = {id(variable) for variable in self.variables}
        return [v for v in own if id(v) not in mine] + self.variables

    # Values --------------------------------------------------------------------

    def _matrix(self, stored: Tensor, outputs: int) -> Tensor:
        """The integers, `(outputs, inputs)`."""
        if self.bits != 4:
            return ops.convert_to_tensor(stored)
        return unpack_int4(stored, outputs, axis=0, dtype="uint8")

    def large_product(self, inputs: Tensor, dtype: str) -> Tensor:
        """The product of inputs `(..., rows)`, for some outputs at a time."""
        stored, scale, zero, *_, index = map(ops.convert_to_tensor, self.variables)
        index, half = ops.cast(index, "int32"), 2 if self.bits == 4 else 1
        products = []
        for start, stop in pieces(self.columns, self.rows, 2):
            part = stored[start // half : -(-stop // half)]
            part = self._matrix(part, stop - start)
            values = self._floats(part, scale[start:stop], zero[start:stop], index)
            products.append(linear(inputs, ops.cast(values, dtype)))
        return ops.concatenate(products, axis=-1)

    def read(self) -> Any:
        """The integers, one in a byte, in the shape of the weight."""
        return ops.reshape(
            ops.transpose(self._matrix(self.variables[0], self.columns)), self.shape
        )

    def value(self) -> Any:
        """The weight, in the dtype of its scale."""
        stored, scale, zero, *_, index = map(ops.convert_to_tensor, self.variables)
        index = ops.cast(index, "int32")
        values = self._floats(self._matrix(stored, self.columns), scale, zero, index)
        return ops.reshape(values, self.shape)

    def _floats(
        self, integers: Tensor, scale: Tensor, zero: Tensor, index: Tensor
    ) -> Tensor:
        """The values, `(inputs, outputs)`, of all that is filed the other way."""
        integers, scale, zero = map(ops.transpose, (integers, scale, zero))
        return self._without_factors(dequantized(integers, scale, zero, index))

    def _without_factors(self, values: Tensor) -> Tensor:
        return values

    @property
    def grid(self) -> Grid:
        """The integers that the config asks for."""
        said = self.config
        symmetric = getattr(said, "symmetric", False)
        return Grid(self.bits, symmetric, getattr(said, "per_channel", True))

    @property
    def _group(self) -> np.ndarray:
        if self.variables:
            return ops.convert_to_numpy(self.variables[-1]).astype("int64")
        return groups_of(self.rows, self.group_size)

    def _host(self, value: Tensor) -> np.ndarray:
        """A weight as a matrix of NumPy, `(outputs, inputs)`."""
        array = np.asarray(ops.convert_to_numpy(value), "float32")
        return array.reshape(self.rows, self.columns).T

    def encode(self, value: Tensor) -> list[Any]:
        """The variables' values for a weight: what is nearest to it."""
        return self._variables(round_groups(self._host(value), self._group, self.grid))

    def _variables(self, found: Rounded, *more: np.ndarray) -> list[Any]:
        integers = found.integers.astype("uint8")
        if self.bits == 4:
            with context.Scope("backend", load("numpy")):
                integers = pack_int4(integers, axis=0, dtype="uint8")[0]
        zero, group = found.zero.astype("uint8"), found.group.astype("float32")
        values = [integers, found.scale.astype("float32"), zero, *more, group]
        return [ops.convert_to_tensor(value) for value in values]

    def fit(self, value: Tensor, statistics: InputStatistics) -> None:
        """Rounds a weight anew, knowing what it is multiplied by.

        Args:
            value: the weight.
            statistics: of its inputs.
        """
        weight, hessian = self._host(value), statistics.hessian()
        for variable, new in zip(
            self.variables, self._fitted(weight, hessian, statistics), strict=True
        ):
            variable.assign(new)

    def _fitted(
        self, weight: np.ndarray, hessian: np.ndarray, statistics: InputStatistics
    ) -> list[Any]:
        raise NotImplementedError(
            f"{type(self).__name__} does not define `_fitted`: the variables' values."
        )


@quantized_form
class GptqForm(GroupedForm):
    """Integers whose errors make up for each other."""

    mode = "gptq"
    config_class = GPTQConfig

    def _fitted(
        self, weight: np.ndarray, hessian: np.ndarray, statistics: InputStatistics
    ) -> list[Any]:
        del statistics
        config: Any = self.config
        return self._variables(
            gptq(
                weight,
                hessian,
                self.grid,
                self.group_size,
                config.hessian_damping,
                config.activation_order,
            )
        )


@quantized_form
class AwqForm(GroupedForm):
    """Integers of weights that were multiplied by a factor for each input."""

    mode = "awq"
    config_class = AWQConfig

    def parts(self) -> list[Part]:
        """The bytes, scales and zero points, the factors, the group of each input."""
        *first, index = super().parts()
        return [*first, Part("factors", (self.rows,), "float32", "ones"), index]

    @classmethod
    def names_in_files(cls, weight: str, others: list[str]) -> list[str]:
        """The factors stand before the index."""
        *first, index = super().names_in_files(weight, others)
        return [*first, "awq_scales", index]

    def _without_factors(self, values: Tensor) -> Tensor:
        factors = ops.cast(self.variables[3], ops.dtype(values))
        return ops.divide(values, ops.expand_dims(factors, -1))

    def encode(self, value: Tensor) -> list[Any]:
        """The variables' values for a weight, with the factors that there are."""
        factors = np.ones(self.rows, "float32")
        if self.variables:
            factors = ops.convert_to_numpy(self.variables[3])
        weight = self._host(value) * factors
        return self._variables(round_groups(weight, self._group, self.grid), factors)

    def _fitted(
        self, weight: np.ndarray, hessian: np.ndarray, statistics: InputStatistics
    ) -> list[Any]:
        points = getattr(self.config, "num_grid_points", 20)
        sizes = statistics.mean_sizes()
        found, factors = awq(weight, hessian, sizes, self.grid, self.group_size, points)
        return self._variables(found, factors.astype("float32"))
