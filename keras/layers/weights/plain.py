"""`PlainForm`: the weight is one variable. What every layer begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from keras import ops
from keras.backends.variable import Variable
from keras.core.typing import Tensor
from keras.layers.weights.form import WeightForm
from keras.ops.nn.linear import linear

if TYPE_CHECKING:
    from keras.layers.layer import Layer


class PlainForm(WeightForm):
    """A weight that is one variable.

    Args:
        variable: the variable. Whoever sets `layer.kernel` by hand may give a tensor.
    """

    def __init__(self, variable: Variable) -> None:
        super().__init__([variable] if isinstance(variable, Variable) else [])
        self.direct = variable

    @classmethod
    def build(
        cls, layer: Layer, name: str, shape: tuple[int, ...], **options: Any
    ) -> Self:
        """A new variable of that name."""
        return cls(layer.add_weight(name=name, shape=shape, **options))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight."""
        return tuple(self.direct.shape)

    def value(self) -> Any:
        """The variable itself."""
        return self.direct

    def encode(self, value: Tensor) -> list[Any]:
        """The value itself."""
        return [value]

    # As those of `WeightForm`, without the call of `value`: this is the everyday case.

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product over the last `axes` axes of the inputs, plus bias."""
        return linear(inputs, self.direct, bias, axes)

    def einsum(self, equation: str, inputs: Tensor) -> Tensor:
        """The einsum of the inputs and the weight."""
        return ops.einsum(equation, inputs, self.direct)

    def take(self, indices: Tensor) -> Tensor:
        """The rows of the weight that integers name."""
        return ops.take(self.direct, indices, axis=0)

    def convolve(
        self, inputs: Tensor, convolution: Callable[[Tensor, Any], Tensor]
    ) -> Tensor:
        """The layer's convolution of the inputs with the weight."""
        return convolution(inputs, self.direct)
