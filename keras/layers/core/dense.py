"""`Dense`: the fully connected layer."""

from __future__ import annotations

from typing import Any, Unpack

from keras import activations
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Tensor,
)
from keras.layers.arguments import interpreted, interpreted_config, positive_integer
from keras.layers.input_spec import InputSpec
from keras.layers.options import LayerOptions
from keras.layers.weight_options import options, set_options
from keras.layers.weights.lora import LoraLayer
from keras.layers.weights.weight_layer import Weight


@public_class("keras.layers", pure=True)
class Dense(LoraLayer):
    """Fully connected layer: `activation(inputs @ kernel + bias)`.

    Args:
        units: number of output features.
        activation: function of the result, by name or callable; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: first values of the kernel, `(features, units)`.
        bias_initializer: first values of the bias, `(units,)`.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        lora_rank: rank of a low-rank change that is trained in place of the kernel; see
            `enable_lora`. None for none.
        lora_alpha: strength of that change; `lora_rank` by default.
        quantization_config: the `keras.quantizers.QuantizationConfig` of a layer whose
            dtype policy is quantized.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs of shape `(batch, ..., features)` give outputs `(batch, ..., units)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Dense(4, activation="relu")
    >>> layer(keras.ops.ones((2, 3))).shape[1]
    4
    """

    _outputs_first_in_torch = ("kernel",)

    _config_optional = ("activity_regularizer",)
    kernel = Weight()
    _keras_products = ("linear",)

    def __init__(
        self,
        units: int,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.quantization_config = interpreted_config(self, quantization_config)
        self.units = positive_integer(self, "units", units)
        self.activation = interpreted(self, "activation", activations.get, activation)
        self.use_bias = use_bias
        set_options(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self._set_lora(lora_rank, lora_alpha)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias for inputs of this shape, `(batch, ..., features)`."""
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                f"The last size of the inputs of {self.name} (Dense) must be known to "
                f"make its kernel. Received: input_shape={tuple(input_shape)}."
            )
        self._add_form("kernel", (features, self.units))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), **options(self, "bias")
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self.built = True
        self._start_lora()

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """The layer's output for `(batch, ..., features)`."""
        outputs = self._kernel_form.linear(inputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, ..., units)`."""
        return (*input_shape[:-1], self.units)
