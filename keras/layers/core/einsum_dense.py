"""`EinsumDense`: a dense layer of any number of axes, told by an einsum equation.

Equations whose contraction is a plain matrix product over flattened axes, such as the
projections of attention, run as one; the others through einsum.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple, Unpack

from keras import activations, ops
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import (
    Activation,
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Tensor,
)
from keras.initializers import VarianceScaling
from keras.layers.arguments import interpreted, interpreted_config, sizes_or_none
from keras.layers.options import AllLayerOptions
from keras.layers.weight_options import options, set_options
from keras.layers.weights.channels import Channels, flat
from keras.layers.weights.lora import LoraLayer
from keras.layers.weights.weight_layer import Weight

_LABELS = r"[A-Za-z]*(?:\.\.\.)?[A-Za-z]*"
_FORM = re.compile(rf"{_LABELS},[A-Za-z]+->(?P<target>{_LABELS})")
# Stand for the axes of an ellipsis; equations use small and capital ASCII letters.
_ELLIPSIS = "αβγδεζηθ"


@public_class("keras.layers", pure=True)
class EinsumDense(LoraLayer):
    """Dense layer whose product is an einsum.

    Args:
        equation: einsum of the input and the kernel, `"ab,bc->ac"`. The first axis of
            input and output is the batch. `...` may stand for axes of the input at
            the start or end.
        output_shape: shape of the output without batch axis and without axes of an
            ellipsis; None for sizes that are those of the input.
        activation: function of the result; none by default.
        bias_axes: axes of the output that have a bias of their own, `"c"`; None for
            no bias.
        kernel_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        lora_rank: rank of a low-rank change that is trained in place of the kernel; see
            `enable_lora`. None for none.
        lora_alpha: strength of that change; `lora_rank` by default.
        gptq_unpacked_column_size: number of columns of a kernel that GPTQ packed; what
            files of it hold.
        quantization_config: the `keras.quantizers.QuantizationConfig` of a layer whose
            dtype policy is quantized.
        **kwargs: `name`, `dtype`, `trainable`, `activity_regularizer`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d")
    >>> tuple(layer(keras.ops.ones((2, 5, 3))).shape)
    (2, 5, 8)
    """

    _outputs_first_in_torch = ("kernel",)

    _config_optional = ("gptq_unpacked_column_size",)
    kernel = Weight()
    _keras_products = ("linear", "einsum")
    _kernel_channels = Channels()
    _contracted: int | None = None  # as einsum, where a subclass builds for itself

    def __init__(
        self,
        equation: str,
        output_shape: Shape,
        activation: Activation = None,
        bias_axes: str | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.quantization_config = interpreted_config(self, quantization_config)
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self.equation = equation
        self.partial_output_shape = sizes_or_none(self, "output_shape", output_shape)
        _check_equation(equation, self.partial_output_shape, bias_axes)
        self.activation = interpreted(self, "activation", activations.get, activation)
        self.bias_axes = bias_axes
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

    def _shape_in_torch(self, name: str, shape: Shape) -> Shape:
        """Torch keeps a matrix for all axes of the inputs and of the outputs."""
        inputs, outputs = self.equation.split("->")
        kernel = inputs.split(",")[1].strip()
        count = sum(letter not in outputs for letter in kernel)
        if name == "kernel":
            return (math.prod(shape[:count]), math.prod(shape[count:]))  # type: ignore[arg-type]
        return (math.prod(shape),)  # type: ignore[arg-type]

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias for inputs of this shape."""
        sizes = self._sizes(input_shape)
        initializer = self.kernel_initializer
        if isinstance(initializer, VarianceScaling):
            initializer = initializer.for_axes(*sizes.fans)
        self._kernel_channels = Channels(
            tuple(sizes.fans[0]), sizes.scaled, zero_name="zero_point"
        )
        self._add_form("kernel", sizes.kernel, initializer=initializer)
        self.bias = None
        if self.bias_axes is not None:
            self.bias = self.add_weight(
                name="bias", shape=sizes.bias, **options(self, "bias")
            )
        self._contracted = sizes.contracted
        self.built = True
        self._start_lora()

    def _keras_channels(self, name: str) -> Channels:
        """The axes of the kernel that the equation sums over, and keeps."""
        return self._kernel_channels

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """The layer's output."""
        if self._contracted is not None and not isinstance(inputs, KerasTensor):
            form = self._kernel_form
            outputs = form.linear(inputs, self.bias, self._contracted)
        else:
            outputs = self._kernel_form.einsum(self.equation, inputs)
            if self.bias is not None:
                outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape that the equation and `output_shape` say."""
        return self._sizes(input_shape).output

    def get_config(self) -> Config:
        """The arguments; `activity_regularizer` also where there is none."""
        config = {"activity_regularizer": None, **super().get_config()}
        if self.built and self.quantization_mode == "gptq":
            _, columns = flat(self._kernel_form.shape, self._kernel_channels.reduced)
            config["gptq_unpacked_column_size"] = columns
        return {**config, "output_shape": self.partial_output_shape}

    def _sizes(self, input_shape: Shape) -> _Sizes:
        try:
            return sizes(
                self.equation,
                self.bias_axes,
                tuple(input_shape),
                self.partial_output_shape,
            )
        except ValueError as error:
            raise ValueError(
                f"EinsumDense {self.name!r} with equation {self.equation!r}, "
                f"output_shape={self.partial_output_shape}, bias_axes="
                f"{self.bias_axes!r} does not fit inputs of shape "
                f"{tuple(input_shape)}: {error}"
            ) from None


def _check_equation(
    equation: Any, output_shape: tuple[Any, ...], bias_axes: Any
) -> None:
    """What can be said of the arguments before the inputs' rank is known."""
    given = f"equation={equation!r}, output_shape={output_shape}"
    text = equation.replace(" ", "") if isinstance(equation, str) else ""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(
            "EinsumDense expects `equation` to have the form 'input,kernel->output', "
            f"as 'ab,bc->ac'. Received: {given}."
        )
    target = found["target"]
    named = target.replace("...", "")
    sized = named if target.startswith("...") else named[1:]
    if len(output_shape) != len(sized):
        raise ValueError(
            f"EinsumDense expects `output_shape` to hold {len(sized)} size(s), "
            f"for the axes {list(sized)} of the output. Received: {given}."
        )
    axes = set(bias_axes) if isinstance(bias_axes, str) else set()
    if bias_axes is not None and not (axes and axes <= set(named)):
        raise ValueError(
            "EinsumDense expects `bias_axes` to be axes of the output, here some of "
            f"{named!r}, or None. Received: bias_axes={bias_axes!r}, {given}."
        )


class _Sizes(NamedTuple):
    kernel: tuple[int, ...]
    bias: tuple[int, ...] | None
    output: tuple[int | None, ...]
    contracted: int | None  # how many axes, if it is a plain matrix product
    fans: tuple[list[int], list[int]]  # the kernel's axes that are summed over, or not
    scaled: tuple[int, ...]  # the kernel's axis of each axis of the output, or -1


def sizes(
    equation: str, bias_axes: str | None, input_shape: tuple[Any, ...], partial: Any
) -> _Sizes:
    source, kernel, target, fixed = labels(equation, len(input_shape))
    sizes = dict(zip(source, input_shape, strict=True))
    named = [label for label in target if label not in fixed]
    for label, size in zip(named, partial, strict=True):
        known = sizes.get(label)
        if size is not None and known is not None and size != known:
            raise ValueError(f"axis {label!r} is {known} in the input, not {size}.")
        if size is None and label not in sizes:
            raise ValueError(f"`output_shape` must say the size of axis {label!r}.")
        sizes[label] = known if size is None else size
    for label in kernel:
        if sizes.get(label) is None:
            raise ValueError(f"axis {label!r} of the kernel has no known size.")
    output = tuple(sizes[label] for label in target)
    bias = None if bias_axes is None else _bias_shape(bias_axes, target, sizes)
    contracted = _flat_axes(source, kernel, target, bias_axes)
    summed = [axis for axis, label in enumerate(kernel) if label not in target]
    kept = [axis for axis, label in enumerate(kernel) if label in target]
    shape = tuple(sizes[label] for label in kernel)
    scaled = tuple(kernel.find(label) for label in target)
    return _Sizes(shape, bias, output, contracted, (summed, kept), scaled)


def labels(equation: str, rank: int) -> tuple[str, str, str, str]:
    """The labels of input, kernel and output; and those that `output_shape` omits."""
    text = equation.replace(" ", "")
    inputs, target = text.split("->")
    source, kernel = inputs.split(",")
    if ("..." in source) != ("..." in target):
        raise ValueError("`...` must stand in both input and output, or in neither.")
    leading = target.startswith("...")
    extra = _ELLIPSIS[: max(0, rank - len(source.replace("...", "")))]
    if "..." not in source:
        extra = ""
    source, target = source.replace("...", extra), target.replace("...", extra)
    if len(source) != rank:
        raise ValueError(f"the equation is for inputs of rank {len(source)}.")
    lost = [c for c in target if c not in source and c not in kernel]
    if lost:
        raise ValueError(f"output axis {lost[0]!r} is in neither input nor kernel.")
    return source, kernel, target, extra if leading else target[:1] + extra


def _bias_shape(bias_axes: str, target: str, sizes: dict[str, Any]) -> tuple[int, ...]:
    first = min(target.index(label) for label in bias_axes)
    shape = tuple(sizes[c] if c in bias_axes else 1 for c in target[first:])
    if None in shape:
        raise ValueError("the sizes of `bias_axes` must be known.")
    return shape


def _flat_axes(
    source: str, kernel: str, target: str, bias_axes: str | None
) -> int | None:
    """How many last axes of the input the kernel begins with, if all else stays."""
    for count in range(1, min(len(source), len(kernel))):
        lead, new = source[:-count], kernel[count:]
        if source[-count:] == kernel[:count] and target == lead + new:
            whole = bias_axes is None or sorted(bias_axes) == sorted(new)
            return count if whole and not set(lead) & set(kernel) else None
    return None
