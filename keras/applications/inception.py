"""What Inception nets share: their convolution, their stem, and modules of branches.

A module is data: branches side by side, each of steps from the input on. A step is a
`Conv`, a `Fork`, `AVERAGE` or `SHRINK`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import layers
from keras.applications.application import channel_axis
from keras.core.typing import TensorLike

AVERAGE, SHRINK = "average pooling", "max pooling that halves"


class Conv(NamedTuple):
    """A convolution with normalization and ReLU."""

    filters: int
    size: int | tuple[int, int]
    strides: int = 1
    padding: str = "same"


class Fork(NamedTuple):
    """Convolutions side by side in the midst of a branch, joined under a name."""

    convs: tuple[Conv, ...]
    name: str | None = None


def conv(x: TensorLike, step: Conv, name: str | None = None) -> Any:
    """Convolution, batch normalization, ReLU."""
    x = layers.Conv2D(
        step.filters,
        step.size,
        step.strides,
        padding=step.padding,
        use_bias=False,
        name=name,
    )(x)
    x = layers.BatchNormalization(
        axis=channel_axis(3), scale=False, name=name and f"{name}_bn"
    )(x)
    return layers.Activation("relu", name=name and f"{name}_ac")(x)


def stem(x: TensorLike) -> Any:
    """The first convolutions, from 299 x 299 pixels to 35 x 35 features."""
    x = conv(x, Conv(32, 3, 2, "valid"))
    x = conv(x, Conv(32, 3, 1, "valid"))
    x = layers.MaxPooling2D(3, 2)(conv(x, Conv(64, 3)))
    x = conv(x, Conv(80, 1, 1, "valid"))
    return layers.MaxPooling2D(3, 2)(conv(x, Conv(192, 3, 1, "valid")))


def module(x: TensorLike, *branches: tuple[Any, ...], name: str | None) -> Any:
    """Branches side by side, their features joined."""
    ends = []
    for steps in branches:
        end = x
        for step in steps:
            end = _step(end, step)
        ends.append(end)
    return layers.Concatenate(axis=channel_axis(3), name=name)(ends)


def _step(x: TensorLike, step: TensorLike) -> Any:
    if isinstance(step, Conv):
        return conv(x, step)
    if isinstance(step, Fork):
        return module(x, *((end,) for end in step.convs), name=step.name)
    if step == AVERAGE:
        return layers.AveragePooling2D(3, 1, padding="same")(x)
    return layers.MaxPooling2D(3, 2)(x)
