"""`Channels`: which axes of a weight are summed over, and so may share a scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from keras import ops
from keras.core.typing import Shape, Tensor
from keras.quantizers import AbsMaxQuantizer


class Channels(NamedTuple):
    """How a layer multiplies by a weight, as far as quantizing it must know.

    Attributes:
        reduced: the axes of the weight that the product sums over.
        outputs: for each axis of the product the axis of the weight that it comes from,
            or -1: files keep a scale of 8 bits in that shape. None for one vector.
        pairs: the axis, of the weight as a matrix, along which two integers of 4 bits
            share a byte.
        first: whether the weight stands first among the layer's weights in files.
        indexed: whether files say which block each input belongs to.
        zero_name: the name of the zero points that GPTQ and AWQ keep.
    """

    reduced: tuple[int, ...] = (0,)
    outputs: tuple[int, ...] | None = None
    pairs: int = -1
    first: bool = True
    indexed: bool = True
    zero_name: str = "kernel_zero"

    def kept(self, shape: tuple[int, ...]) -> list[int]:
        """The axes that are not summed over, in the order of the product."""
        if self.outputs is not None:
            return [axis for axis in self.outputs if axis >= 0]
        return [axis for axis in range(len(shape)) if axis not in self.reduced]

    def scale_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape in which files keep one scale for each channel."""
        axes = self.kept(shape) if self.outputs is None else self.outputs
        return tuple(shape[axis] if axis >= 0 else 1 for axis in axes)

    def from_weight(self, scale: Tensor, shape: tuple[int, ...]) -> Tensor:
        """A scale with size 1 along the summed axes, as files keep it."""
        kept = self.kept(shape)
        # Few numbers: a framework would compile more than it computes.
        found = ops.convert_to_numpy(scale).squeeze(self.reduced)
        found = found.transpose([sorted(kept).index(axis) for axis in kept])
        return ops.convert_to_tensor(found.reshape(self.scale_shape(shape)))

    def to_weight(self, scale: Tensor, shape: tuple[int, ...]) -> Tensor:
        """What `from_weight` was given."""
        kept = self.kept(shape)
        scale = ops.reshape(scale, [shape[axis] for axis in kept])
        order = [kept.index(axis) for axis in sorted(kept)]
        if order != sorted(order):
            scale = ops.transpose(scale, order)
        ones = (1 if axis in self.reduced else n for axis, n in enumerate(shape))
        return ops.reshape(scale, tuple(ones))


def quantized(
    quantizer: Callable[..., tuple[Tensor, Tensor]],
    values: Tensor,
    axes: tuple[int, ...],
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor]:
    """What a quantizer makes of values, over these axes if it has none of its own.

    Args:
        quantizer: an `AbsMaxQuantizer`, or any callable of the values alone.
        values: a float tensor.
        axes: the axes that share a scale.
        to_numpy: whether to compute in NumPy, where the quantizer can.
    """
    if isinstance(quantizer, AbsMaxQuantizer):
        axis = axes if quantizer.axis is None else None
        return quantizer(values, axis=axis, to_numpy=to_numpy)
    return quantizer(values)


def spread(scale: Tensor, source: str, target: str) -> Tensor:
    """A scale whose axes are the labels of `source`, along the axes of `target`.

    Args:
        scale: with size 1 along the axes that `target` does not have.
        source: a label for each axis of the scale.
        target: a label for each axis of the result.
    """
    gone = tuple(i for i, label in enumerate(source) if label not in target)
    scale = ops.squeeze(scale, gone) if gone else scale
    left = [label for label in source if label in target]
    order = [left.index(label) for label in target if label in left]
    if order != sorted(order):
        scale = ops.transpose(scale, order)
    missing = [axis for axis, label in enumerate(target) if label not in left]
    return ops.expand_dims(scale, missing) if missing else scale


def flat(shape: Shape, reduced: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of a weight as a matrix: the product of summed sizes first."""
    rows = columns = 1
    for axis, size in enumerate(shape):
        if axis in reduced:
            rows *= size or 1
        else:
            columns *= size or 1
    return rows, columns
