"""`IntegerForm`: a weight in integers and scales, which training leaves as they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from keras import backends, ops
from keras.core.typing import Tensor
from keras.layers.weights.channels import Channels, flat, quantized
from keras.layers.weights.form import WeightForm
from keras.ops.nn import packed
from keras.ops.nn.linear import linear
from keras.ops.nn.quantized import dequantized

if TYPE_CHECKING:
    from keras.layers.weights.weight_layer import WeightLayer
    from keras.quantizers import QuantizationConfig


class _BeginsWith:
    """An initializer of one variable: no zeros are made first, and overwritten."""

    _makes_new = True  # nobody else holds the value

    def __init__(self, value: Tensor) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        value, self.value = self.value, None
        return ops.cast(value, dtype)


class Part(NamedTuple):
    """A variable of such a form."""

    suffix: str
    shape: tuple[int, ...]
    dtype: str
    initializer: Any = "zeros"


class IntegerForm(WeightForm):
    """A weight in integers and scales.

    A derived class says which variables it has (`parts`), what they come to (`value`)
    and which values they get (`encode`).

    Args:
        layer: the layer.
        name: the weight's name, `"kernel"`.
        shape: the weight's shape.
        config: what was asked for; None for what the layer's dtype policy says.
    """

    mode = ""

    def __init__(
        self,
        layer: WeightLayer,
        name: str,
        shape: tuple[int, ...],
        config: QuantizationConfig | None,
    ) -> None:
        super().__init__([])
        self.name = name
        self.owner = layer.name
        self.channels: Channels = layer._keras_channels(name)
        self.dtype = layer.variable_dtype
        self._shape = tuple(shape)
        if config is not None and config.mode != self.mode:
            config = None
        self.config = config

    @classmethod
    def build(
        cls, layer: Any, name: str, shape: tuple[int, ...], **options: Any
    ) -> Self:
        """Zeros, which a file is to fill: the initializer is not asked."""
        del options
        config = getattr(layer, "quantization_config", None)
        return cls(layer, name, shape, config)._made(layer)

    @classmethod
    def adopt(cls, layer: Any, name: str, form: WeightForm, config: Any = None) -> Self:
        """The weight of another form, rounded."""
        new = cls(layer, name, form.shape, config)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = new.encode(form.value())  # an error leaves the layer as it was
        new._check_scales(values)
        return new._made(layer, values)

    def _check_scales(self, values: Sequence[Any]) -> None:
        """Refuses a weight that is not finite: then one of its scales is no scale."""
        for part, value in zip(self.parts(), values, strict=True):
            if part.suffix != "scale":
                continue
            scale = ops.convert_to_numpy(ops.cast(value, "float32"))
            if not np.isfinite(scale).all() or not scale.all():
                raise ValueError(
                    f"`{self.name}` of layer {self.owner!r} cannot be quantized: some "
                    "of its values are NaN or infinite. Received: a weight of shape "
                    f"{self.shape} with such values. Load or train it anew."
                )

    def _made(self, layer: WeightLayer, values: Sequence[Any] = ()) -> Self:
        """This form with its variables: of those values, or as they begin."""
        parts = self.parts()
        begun = [_BeginsWith(value) for value in values]
        self.variables = [
            layer.add_weight(
                name=self.variable_name(part.suffix),
                shape=part.shape,
                dtype=part.dtype,
                initializer=initializer,
                trainable=False,
            )
            for part, initializer in zip(
                parts, begun or [part.initializer for part in parts], strict=True
            )
        ]
        for variable in self.variables[1:]:
            object.__setattr__(layer, variable.name, variable)
        return self

    def variable_name(self, suffix: str) -> str:
        """The name of the variable that a suffix stands for."""
        return f"{self.name}_{suffix}" if suffix else self.name

    def parts(self) -> list[Part]:
        """The variables; the first is the integers, without a suffix."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `parts`: the variables it has."
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight."""
        return self._shape

    @classmethod
    def names_in_files(cls, weight: str, others: list[str]) -> list[str]:
        """The scales stand behind a bias."""
        return [weight, *others, f"{weight}_scale"]

    def filed(self, own: list[Any]) -> list[Any]:
        """The weight stands before a bias, its scales behind it."""
        if not self.channels.first:
            return own
        weight = self.variables[0]
        return [weight, *(variable for variable in own if variable is not weight)]

    # Products ------------------------------------------------------------------

    # At multiples of it a matrix may be cut.
    piece_step = 1

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product over the last `axes` axes of the inputs, plus bias.

        A large weight is there in floats a piece at a time, never as a whole.
        """
        inputs, dtype = self.in_dtype(inputs)
        rows, columns = flat(self.shape, self.channels.reduced)
        if rows * columns <= packed.NUMBERS or backends.current().keeps_integers:
            return linear(inputs, ops.cast(self.value(), dtype), bias, axes)
        lead = ops.shape(inputs)[: len(inputs.shape) - axes]
        if axes > 1:
            inputs = ops.reshape(inputs, (*lead, rows))
        product = self.large_product(inputs, dtype)
        if len(self.shape) - axes > 1:
            product = ops.reshape(product, (*lead, *self.shape[axes:]))
        return product if bias is None else ops.add(product, bias)

    def large_product(self, inputs: Tensor, dtype: str) -> Tensor:
        """The product of inputs `(..., rows)` and the weight as a matrix, in pieces."""
        rows, columns = flat(self.shape, self.channels.reduced)
        products = (
            linear(inputs[..., start:stop], ops.cast(self.rows_of(start, stop), dtype))
            for start, stop in packed.pieces(rows, columns, self.piece_step)
        )
        return reduce(ops.add, products)

    def rows_of(self, start: int, stop: int) -> Tensor:
        """Rows of the weight as a matrix, in floats."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `rows_of`: a piece of the weight."
        )

    def rounding(self, quantizer: Any, inputs: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Floats that a quantizer has integers for; the gradient passes the rounding.

        Args:
            quantizer: the quantizer.
            inputs: floats.
            axes: the axes that share a scale, if the quantizer has none of its own.
        """
        rounded, scale = quantized(quantizer, ops.stop_gradient(inputs), axes)
        rounded = dequantized(rounded, scale, divides=True)
        return ops.add(inputs, ops.stop_gradient(ops.subtract(rounded, inputs)))

    def in_dtype(self, inputs: Tensor) -> tuple[Tensor, str]:
        """Inputs as floats, and their dtype."""
        dtype = str(ops.dtype(inputs))
        if "float" in dtype:
            return inputs, dtype
        return ops.cast(inputs, self.dtype), self.dtype
