"""What EfficientNets share: how their kernels begin, and squeeze and excitation."""

from __future__ import annotations

from typing import Any

from keras import layers
from keras.applications.application import Options, channel_axis, scores
from keras.core.typing import TensorLike

KERNEL = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"},
}
DENSE = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1 / 3, "mode": "fan_out", "distribution": "uniform"},
}


def conv(
    x: TensorLike,
    filters: int,
    kernel: int,
    strides: int,
    name: str,
    padding: str = "same",
) -> Any:
    """A convolution without bias."""
    return layers.Conv2D(
        filters,
        kernel,
        strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=KERNEL,
        name=name,
    )(x)


def activated(x: TensorLike, name: str, momentum: float, activation: str) -> Any:
    """Batch normalization, then the activation `activation`."""
    return swish(normalized(x, name, momentum), activation)


def normalized(x: TensorLike, name: str, momentum: float) -> Any:
    """Batch normalization."""
    return layers.BatchNormalization(channel_axis(3), momentum=momentum, name=name)(x)


def swish(x: TensorLike, name: str) -> Any:
    """The activation of EfficientNets."""
    return layers.Activation("swish", name=name)(x)


def squeeze_excite(x: TensorLike, channels: int, name: str) -> Any:
    """Multiplies each channel by a factor that is worked out from the means of all.

    Args:
        x: feature maps.
        channels: how many channels lie between.
        name: what the names of the layers begin with.
    """
    width = x.shape[channel_axis()]
    shape = (1, 1, width) if channel_axis() == -1 else (width, 1, 1)
    gate = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    gate = layers.Reshape(shape, name=f"{name}se_reshape")(gate)
    for filters, activation, step in (
        (channels, "swish", "reduce"),
        (width, "sigmoid", "expand"),
    ):
        gate = layers.Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=KERNEL,
            name=f"{name}se_{step}",
        )(gate)
    return layers.multiply([x, gate], name=f"{name}se_excite")


def residual(x: TensorLike, inputs: TensorLike, dropped: float, name: str) -> Any:
    """Adds what a block learned to its inputs; drops it for whole samples."""
    if dropped > 0:
        x = layers.Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, inputs])


def head(x: TensorLike, options: Options, dropout: float, **dense: Any) -> Any:
    """Pooling, dropout and scores."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    if dropout > 0:
        x = layers.Dropout(dropout, name="top_dropout")(x)
    return scores(x, options, kernel_initializer=DENSE, **dense)
