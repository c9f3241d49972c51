"""Initializers that look at how many units a weight connects.

The variance of the values is `scale / n`, where n is the number of inputs of a unit
(fan in), of its outputs (fan out), or their mean. The named ones are choices of
scale, mode and distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import Self

from keras.core.facts import public_class
from keras.core.typing import DType, Seed, Tensor
from keras.initializers.initializer import RandomInitializer

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("normal", "truncated_normal", "untruncated_normal", "uniform")
# The deviation of a standard normal distribution that is cut off at +-2.
_TRUNCATED_STDDEV = 0.87962566103423978


@public_class("keras.initializers")
class VarianceScaling(RandomInitializer):
    """Random values with a variance that fits the shape of the weight.

    Args:
        scale: factor on the variance, above 0.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`: what the variance is divided by.
        distribution: `"truncated_normal"` (also called `"normal"`),
            `"untruncated_normal"` or `"uniform"`.
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs. By default the last but
            one, and all before it as places of a convolution window.
        output_axes: axes of the shape that count as outputs. By default the last, and
            the window. Both must be given to take effect.

    Raises:
        ValueError: for a scale that is not positive, or an unknown choice.

    Example:

    >>> import keras
    >>> init = keras.initializers.VarianceScaling(scale=0.1, mode="fan_in")
    >>> init((3, 3, 16, 32)).shape == (3, 3, 16, 32)
    True
    """

    _makes_new = True

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        input_axes: int | Sequence[int] | None = None,
        output_axes: int | Sequence[int] | None = None,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(
                f"`scale` of {type(self).__name__} must be above 0. "
                f"Received: scale={scale}."
            )
        self.scale = scale
        self.mode = _choice("mode", mode, MODES)
        distribution = _choice("distribution", distribution, DISTRIBUTIONS)
        self.distribution = (
            "truncated_normal" if distribution == "normal" else distribution
        )
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        size = {
            "fan_in": fan_in,
            "fan_out": fan_out,
            "fan_avg": (fan_in + fan_out) / 2,
        }[self.mode]
        variance = self.scale / max(1.0, size)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return self._uniform(shape, -limit, limit, dtype)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, 0.0, stddev, dtype)
        return self._truncated(shape, 0.0, stddev / _TRUNCATED_STDDEV, dtype)

    def for_axes(self, input_axes: Sequence[int], output_axes: Sequence[int]) -> Self:
        """This initializer for a weight whose inputs and outputs are these axes.

        One that was given axes stays as it is.
        """
        if self.input_axes is not None and self.output_axes is not None:
            return self
        other = copy(self)
        other.input_axes, other.output_axes = input_axes, output_axes
        return other


class _Preset(VarianceScaling):
    """A named choice of scale, mode and distribution."""

    preset: tuple[float, str, str]

    def __init__(
        self,
        seed: Seed = None,
        input_axes: int | Sequence[int] | None = None,
        output_axes: int | Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.preset, seed, input_axes, output_axes)


@public_class("keras.initializers")
class GlorotUniform(_Preset):
    """Uniform within `sqrt(6 / (fan_in + fan_out))`; also called Xavier uniform.

    Args:
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs.
        output_axes: axes of the shape that count as outputs.

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward
        neural networks", 2010.

    Example:

    >>> import keras
    >>> keras.initializers.GlorotUniform(seed=1)((2, 4)).shape == (2, 4)
    True
    """

    _makes_new = True

    preset = (1.0, "fan_avg", "uniform")


@public_class("keras.initializers")
class GlorotNormal(_Preset):
    """Truncated normal with deviation `sqrt(2 / (fan_in + fan_out))`.

    Args:
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs.
        output_axes: axes of the shape that count as outputs.

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward
        neural networks", 2010.

    Example:

    >>> import keras
    >>> keras.initializers.GlorotNormal(seed=1)((2, 4)).shape == (2, 4)
    True
    """

    _makes_new = True

    preset = (1.0, "fan_avg", "truncated_normal")


@public_class("keras.initializers")
class LecunNormal(_Preset):
    """Truncated normal with deviation `sqrt(1 / fan_in)`.

    Args:
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs.
        output_axes: axes of the shape that count as outputs.

    Reference:
        Klambauer et al., "Self-Normalizing Neural Networks", 2017.

    Example:

    >>> import keras
    >>> keras.initializers.LecunNormal(seed=1)((2, 4)).shape == (2, 4)
    True
    """

    _makes_new = True

    preset = (1.0, "fan_in", "truncated_normal")


@public_class("keras.initializers")
class LecunUniform(_Preset):
    """Uniform within `sqrt(3 / fan_in)`.

    Args:
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs.
        output_axes: axes of the shape that count as outputs.

    Reference:
        Klambauer et al., "Self-Normalizing Neural Networks", 2017.

    Example:

    >>> import keras
    >>> keras.initializers.LecunUniform(seed=1)((2, 4)).shape == (2, 4)
    True
    """

    _makes_new = True

    preset = (1.0, "fan_in", "uniform")


@public_class("keras.initializers")
class HeNormal(_Preset):
    """Truncated normal with deviation `sqrt(2 / fan_in)`.

    Args:
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs.
        output_axes: axes of the shape that count as outputs.

    Reference:
        He et al., "Delving Deep into Rectifiers", 2015.

    Example:

    >>> import keras
    >>> keras.initializers.HeNormal(seed=1)((2, 4)).shape == (2, 4)
    True
    """

    _makes_new = True

    preset = (2.0, "fan_in", "truncated_normal")


@public_class("keras.initializers")
class HeUniform(_Preset):
    """Uniform within `sqrt(6 / fan_in)`.

    Args:
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.
        input_axes: axes of the shape that count as inputs.
        output_axes: axes of the shape that count as outputs.

    Reference:
        He et al., "Delving Deep into Rectifiers", 2015.

    Example:

    >>> import keras
    >>> keras.initializers.HeUniform(seed=1)((2, 4)).shape == (2, 4)
    True
    """

    _makes_new = True

    preset = (2.0, "fan_in", "uniform")


def compute_fans(
    shape: Sequence[int],
    input_axes: int | Sequence[int] | None = None,
    output_axes: int | Sequence[int] | None = None,
) -> tuple[int, int]:
    """How many inputs and outputs one unit of a weight of that shape has.

    Without axes (both must be given to count), the last two are inputs and outputs,
    and all before them are places of a window, which count on both sides.
    """
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        inputs = _axes("input_axes", input_axes, shape)
        outputs = _axes("output_axes", output_axes, shape)
        return math.prod(inputs), math.prod(outputs)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _axes(what: str, axes: int | Sequence[int], shape: tuple[int, ...]) -> list[int]:
    """The sizes of the named axes."""
    given = [axes] if isinstance(axes, int) else list(axes)
    rank = len(shape)
    if any(not -rank <= axis < rank for axis in given):
        raise ValueError(
            f"`{what}` must lie within the {rank} axes of the shape {shape}. "
            f"Received: {what}={axes}."
        )
    return [shape[axis] for axis in given]


def _choice(what: str, value: str, allowed: tuple[str, ...]) -> str:
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in allowed:
        raise ValueError(
            f"Unknown `{what}` of VarianceScaling: {value!r}. "
            f"Allowed values: {', '.join(allowed)}."
        )
    return lowered
