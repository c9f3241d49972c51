"""VGG: stacks of 3 x 3 convolutions, each ended by max pooling.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition", 2014 (https://arxiv.org/abs/1409.1556), table 1.
"""

from __future__ import annotations

from typing import Any

from keras import layers
from keras.applications.application import (
    Net,
    Options,
    Published,
    scores,
    unnamed_pooled,
)
from keras.core.typing import TensorLike

FILTERS = (64, 128, 256, 512, 512)


def vgg(convolutions: tuple[int, ...], weights: Published) -> Net:
    """A net of the family.

    Args:
        convolutions: how many each of the five blocks has.
        weights: the published files.
    """

    def body(x: TensorLike) -> Any:
        for block, (filters, count) in enumerate(zip(FILTERS, convolutions), 1):
            for index in range(1, count + 1):
                x = layers.Conv2D(
                    filters,
                    3,
                    padding="same",
                    activation="relu",
                    name=f"block{block}_conv{index}",
                )(x)
            x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
        return x

    return Net(body, weights, head=_head, tail=unnamed_pooled)


def _head(x: TensorLike, options: Options) -> Any:
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="fc1")(x)
    x = layers.Dense(4096, activation="relu", name="fc2")(x)
    return scores(x, options)
