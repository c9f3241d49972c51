"""`Float8Form`: a weight that is trained in products of 8-bit floats.

The weight stays one float variable. Inputs and weight pass through `float8_e4m3fn` on
their way to the product, the gradient of the product through `float8_e5m2` on its way
back, each divided by a scale that fits the largest values of the last steps. The scales
and those values are variables whose gradient is their new value, so that any training
step moves them on.

Source: Micikevicius et al., 2022 (https://arxiv.org/abs/2209.05433).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import ml_dtypes

from keras import ops
from keras.backends.variable import Variable
from keras.core.typing import Tensor
from keras.dtype_policies.quantized import QuantizedFloat8DTypePolicy
from keras.layers.weights.form import WeightForm, quantized_form
from keras.ops.nn.linear import linear
from keras.quantizers import (
    Float8QuantizationConfig,
    compute_float8_amax_history,
    compute_float8_scale,
    quantize_and_dequantize,
)

if TYPE_CHECKING:
    from keras.layers.weights.weight_layer import WeightLayer

_FORWARD, _BACKWARD = "float8_e4m3fn", "float8_e5m2"


@quantized_form
class Float8Form(WeightForm):
    """A float weight, and scale and history of inputs, weight and gradients.

    Args:
        weight: the variable.
        scalings: three scales, each followed by its history.
    """

    mode = "float8"
    products = ("linear", "einsum")
    config_class = Float8QuantizationConfig

    def __init__(self, weight: Variable, scalings: list[Variable]) -> None:
        super().__init__([weight, *scalings])
        self.direct = weight

    @classmethod
    def build(
        cls, layer: Any, name: str, shape: tuple[int, ...], **options: Any
    ) -> Self:
        """A new variable of that name, behind those of its scaling."""
        scalings = _scalings(layer, name)
        weight = layer.add_weight(name=name, shape=shape, **options)
        return cls(weight, scalings)

    @classmethod
    def adopt(cls, layer: Any, name: str, form: WeightForm, config: Any = None) -> Self:
        """The variable that the weight is, and those of its scaling."""
        if form.direct is None or not form.variables:
            return super().adopt(layer, name, form, config)
        return cls(form.direct, _scalings(layer, name))

    @property
    def weight_variables(self) -> list[Any]:
        """The weight alone: what scales it moves on in training."""
        return self.variables[:1]

    def value(self) -> Any:
        """The variable itself."""
        return self.direct

    def encode(self, value: Tensor) -> list[Any]:
        """The value itself, beside the scaling as it is."""
        return [value, *self.variables[1:]]

    @classmethod
    def names_in_files(cls, weight: str, others: list[str]) -> list[str]:
        """A scale and its history for each of what is multiplied, and for gradients."""
        scaled = ("inputs", weight, "outputs_grad")
        ends = ("scale", "amax_history")
        return [weight, *others, *(f"{name}_{end}" for name in scaled for end in ends)]

    def filed(self, own: list[Any]) -> list[Any]:
        """The weight and a bias stand before the scaling."""
        scaling = {id(variable) for variable in self.variables[1:]}
        return [v for v in own if id(v) not in scaling] + self.variables[1:]

    # Products ------------------------------------------------------------------

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product over the last `axes` axes of the inputs, plus bias."""
        outputs = self._backward(linear(*self._forward(inputs), None, axes))
        return outputs if bias is None else ops.add(outputs, _of_16_bits(bias, outputs))

    def einsum(self, equation: str, inputs: Tensor) -> Tensor:
        """The einsum of the inputs and the weight."""
        return self._backward(ops.einsum(equation, *self._forward(inputs)))

    def _forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and weight, as they are in 8 bits."""
        weight, *scalings = map(ops.convert_to_tensor, self.variables)
        inputs, weight = ops.convert_to_tensor(inputs), ops.cast(weight, _float(inputs))
        inputs = ops.cast(inputs, _float(inputs))
        return _rounded(inputs, *scalings[:2]), _rounded(weight, *scalings[2:4])

    def _backward(self, outputs: Tensor) -> Tensor:
        """The outputs, whose gradient is as it is in 8 bits."""
        return _gradient_rounded(
            outputs, *map(ops.convert_to_tensor, self.variables[5:])
        )


def _scalings(layer: WeightLayer, name: str) -> list[Variable]:
    """A scale and a history for each of inputs, weight and gradients of outputs."""
    policy = layer._dtype_policy  # its own, of a map
    default = QuantizedFloat8DTypePolicy.default_amax_history_length
    length = getattr(policy, "amax_history_length", default)
    found = []
    for kind in ("inputs", name, "outputs_grad"):
        parts = {"scale": ((), "ones"), "amax_history": ((length,), "zeros")}
        for suffix, (shape, initializer) in parts.items():
            variable = layer.add_weight(
                name=f"{kind}_{suffix}",
                shape=shape,
                initializer=initializer,
                dtype="float32",
                autocast=False,
                overwrite_with_gradient=True,
            )
            object.__setattr__(layer, variable.name, variable)
            found.append(variable)
    return found


def _float(inputs: Tensor) -> str:
    dtype = str(ops.dtype(inputs))
    return dtype if "float" in dtype else "float32"


def _of_16_bits(bias: Tensor, outputs: Tensor) -> Tensor:
    """A bias as a float8 product of the accelerators adds it, and Keras with them."""
    return ops.cast(ops.cast(bias, "bfloat16"), ops.dtype(outputs))


def _moved_on(values: Tensor, scale: Tensor, history: Tensor, dtype: str) -> Any:
    """The scale and the history after a step with these values."""
    largest = float(ml_dtypes.finfo(dtype).max)
    new = compute_float8_scale(ops.max(history), scale, largest)
    return new, compute_float8_amax_history(values, history)


@ops.custom_gradient
def _rounded(values: Tensor, scale: Tensor, history: Tensor) -> tuple[Tensor, Any]:
    """Values in 8 bits. Their gradient passes; the others' is what they become."""

    def grad(*upstream: Any) -> tuple[Tensor, Tensor, Tensor]:
        return upstream[0], *_moved_on(values, scale, history, _FORWARD)

    return quantize_and_dequantize(values, scale, _FORWARD, ops.dtype(values)), grad


@ops.custom_gradient
def _gradient_rounded(
    values: Tensor, scale: Tensor, history: Tensor
) -> tuple[Tensor, Any]:
    """Values as they are, whose gradient is rounded to 8 bits on its way back."""

    def grad(*upstream: Any) -> tuple[Tensor, Tensor, Tensor]:
        given = upstream[0]
        new = _moved_on(given, scale, history, _BACKWARD)
        dtype = ops.dtype(given)
        return quantize_and_dequantize(given, scale, _BACKWARD, dtype), *new

    return values, grad
