"""Batch renormalization: the part of `BatchNormalization` behind `renorm=True`.

In training, what a batch normalizes to is scaled by `r` and shifted by `d`, as if it
had been normalized by running statistics; no gradient goes through them.

Source: Ioffe, 2017 (https://arxiv.org/abs/1702.03275).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops
from keras.core.typing import DType, ShapeLike, Tensor

if TYPE_CHECKING:
    from keras.layers.layer import Layer

_BOUNDS = ("dmax", "rmax", "rmin")


def checked_clipping(layer: Layer, clipping: Any) -> dict[str, float]:
    """The bounds of the correction as a dict.

    Raises:
        ValueError: for unknown names, or bounds that exclude each other.
    """
    clipping = dict(clipping or {})
    unknown = sorted(set(clipping) - set(_BOUNDS))
    r_range = clipping.get("rmin", 0.0) <= clipping.get("rmax", float("inf"))
    if unknown or not r_range or clipping.get("dmax", 0.0) < 0:
        raise ValueError(
            f"`renorm_clipping` of {layer.name} (BatchNormalization) must be a dict of "
            "some of 'rmax', 'rmin' (not above rmax) and 'dmax' (not negative). "
            f"Received: renorm_clipping={clipping}."
        )
    return clipping


def add_statistics(layer: Layer, shape: tuple[Any, ...]) -> None:
    """Makes the statistics that the correction needs."""

    def deviation(shape: ShapeLike, dtype: DType = None) -> Any:
        return ops.sqrt(layer.moving_variance_initializer(shape, dtype=dtype))

    for name, initializer in {
        "moving_stddev": deviation,
        "renorm_mean": layer.moving_mean_initializer,
        "renorm_stddev": deviation,
    }.items():
        variable = layer.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=False,
            autocast=False,
        )
        setattr(layer, name, variable)


def normalized(layer: Layer, inputs: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """The inputs normalized by a batch's statistics, corrected; moves the running ones.

    Args:
        layer: the `BatchNormalization`.
        inputs: its inputs.
        mean: the mean of the batch, for each channel.
        variance: its variance.
    """
    bounds = layer.renorm_clipping
    dtype = layer.renorm_stddev.dtype
    mean32, variance32 = (ops.cast(x, dtype) for x in (mean, variance))
    deviation = ops.sqrt(ops.add(variance32, layer.epsilon))
    factor = ops.divide(deviation, layer.renorm_stddev)
    shift = ops.divide(ops.subtract(mean32, layer.renorm_mean), layer.renorm_stddev)
    if "rmin" in bounds:
        factor = ops.maximum(factor, bounds["rmin"])
    if "rmax" in bounds:
        factor = ops.minimum(factor, bounds["rmax"])
    if "dmax" in bounds:
        shift = ops.clip(shift, -bounds["dmax"], bounds["dmax"])
    scale, offset = ops.stop_gradient(factor), ops.stop_gradient(shift)
    if layer.gamma is not None:
        gamma = ops.cast(layer.gamma, dtype)
        scale, offset = ops.multiply(scale, gamma), ops.multiply(offset, gamma)
    if layer.beta is not None:
        offset = ops.add(offset, ops.cast(layer.beta, dtype))
    outputs = layer._normalized(inputs, mean, variance, scale, offset)
    layer._update(layer.renorm_mean, mean32, layer.renorm_momentum)
    layer._update(layer.renorm_stddev, deviation, layer.renorm_momentum)
    layer._update(layer.moving_mean, mean32)
    layer._update(layer.moving_stddev, deviation)
    moved = ops.subtract(ops.square(layer.moving_stddev), layer.epsilon)
    layer.moving_variance.assign(ops.maximum(moved, 0.0))
    return outputs
