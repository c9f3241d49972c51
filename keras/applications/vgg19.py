"""VGG with 19 layers that have weights."""

from __future__ import annotations

from keras.applications.application import Published, application
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.applications.vgg import vgg
from keras.core.surface import listing

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

VGG19 = application(
    "VGG19",
    "vgg19",
    vgg(
        (2, 2, 4, 4, 4),
        Published(
            "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels.h5",
            "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "cbe5617147190e668d6c5d5026f83318",
            "253f8cb515780f3b799900260a226db6",
        ),
    ),
    "VGG of 19 layers (https://arxiv.org/abs/1409.1556).",
)
preprocess_input = preprocessing("caffe")
