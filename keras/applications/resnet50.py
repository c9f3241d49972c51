"""ResNet50 alone: an older name of its place in `keras.applications.resnet`."""

from __future__ import annotations

from keras.applications.resnet import ResNet50 as ResNet50
from keras.applications.resnet import decode_predictions as decode_predictions
from keras.applications.resnet import preprocess_input as preprocess_input
from keras.core.surface import listing

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())
