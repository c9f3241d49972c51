"""VGG with 16 layers that have weights."""

from __future__ import annotations

from keras.applications.application import Published, application
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.applications.vgg import vgg
from keras.core.surface import listing

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

VGG16 = application(
    "VGG16",
    "vgg16",
    vgg(
        (2, 2, 3, 3, 3),
        Published(
            "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
            "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "64373286793e3c8b2b4e3219cbf3544b",
            "6d6bbae143d832006294945121d1f1fc",
        ),
    ),
    "VGG of 16 layers (https://arxiv.org/abs/1409.1556).",
)
preprocess_input = preprocessing("caffe")
