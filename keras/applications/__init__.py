"""Networks for images with published weights: `keras.applications`.

Names are loaded when they are first used: `import keras.applications` imports no
model, and making one imports the file of its family only.

    model = keras.applications.MobileNetV3Small()
    x = keras.applications.mobilenet_v3.preprocess_input(images)
    keras.applications.mobilenet_v3.decode_predictions(model.predict(x))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from keras.core.surface import listing as _listing

# Module -> the models in it.
_FAMILIES = {
    "convnext": (
        "ConvNeXtBase",
        "ConvNeXtLarge",
        "ConvNeXtSmall",
        "ConvNeXtTiny",
        "ConvNeXtXLarge",
    ),
    "densenet": ("DenseNet121", "DenseNet169", "DenseNet201"),
    "efficientnet": tuple(f"EfficientNetB{number}" for number in range(8)),
    "efficientnet_v2": tuple(
        f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "L", "M", "S")
    ),
    "imagenet_utils": (),
    "inception_resnet_v2": ("InceptionResNetV2",),
    "inception_v3": ("InceptionV3",),
    "mobilenet": ("MobileNet",),
    "mobilenet_v2": ("MobileNetV2",),
    "mobilenet_v3": ("MobileNetV3Large", "MobileNetV3Small"),
    "nasnet": ("NASNetLarge", "NASNetMobile"),
    "resnet": ("ResNet101", "ResNet152", "ResNet50"),
    "resnet50": (),
    "resnet_v2": ("ResNet101V2", "ResNet152V2", "ResNet50V2"),
    "vgg16": ("VGG16",),
    "vgg19": ("VGG19",),
    "xception": ("Xception",),
}
_HOME = {name: module for module, names in _FAMILIES.items() for name in names}

if TYPE_CHECKING:
    from keras.applications import convnext as convnext
    from keras.applications import densenet as densenet
    from keras.applications import efficientnet as efficientnet
    from keras.applications import efficientnet_v2 as efficientnet_v2
    from keras.applications import imagenet_utils as imagenet_utils
    from keras.applications import inception_resnet_v2 as inception_resnet_v2
    from keras.applications import inception_v3 as inception_v3
    from keras.applications import mobilenet as mobilenet
    from keras.applications import mobilenet_v2 as mobilenet_v2
    from keras.applications import mobilenet_v3 as mobilenet_v3
    from keras.applications import nasnet as nasnet
    from keras.applications import resnet as resnet
    from keras.applications import resnet50 as resnet50
    from keras.applications import resnet_v2 as resnet_v2
    from keras.applications import vgg16 as vgg16
    from keras.applications import vgg19 as vgg19
    from keras.applications import xception as xception
    from keras.applications.convnext import ConvNeXtBase as ConvNeXtBase
    from keras.applications.convnext import ConvNeXtLarge as ConvNeXtLarge
    from keras.applications.convnext import ConvNeXtSmall as ConvNeXtSmall
    from keras.applications.convnext import ConvNeXtTiny as ConvNeXtTiny
    from keras.applications.convnext import ConvNeXtXLarge as ConvNeXtXLarge
    from keras.applications.densenet import DenseNet121 as DenseNet121
    from keras.applications.densenet import DenseNet169 as DenseNet169
    from keras.applications.densenet import DenseNet201 as DenseNet201
    from keras.applications.efficientnet import EfficientNetB0 as EfficientNetB0
    from keras.applications.efficientnet import EfficientNetB1 as EfficientNetB1
    from keras.applications.efficientnet import EfficientNetB2 as EfficientNetB2
    from keras.applications.efficientnet import EfficientNetB3 as EfficientNetB3
    from keras.applications.efficientnet import EfficientNetB4 as EfficientNetB4
    from keras.applications.efficientnet import EfficientNetB5 as EfficientNetB5
    from keras.applications.efficientnet import EfficientNetB6 as EfficientNetB6
    from keras.applications.efficientnet import EfficientNetB7 as EfficientNetB7
    from keras.applications.efficientnet_v2 import EfficientNetV2B0 as EfficientNetV2B0
    from keras.applications.efficientnet_v2 import EfficientNetV2B1 as EfficientNetV2B1
    from keras.applications.efficientnet_v2 import EfficientNetV2B2 as EfficientNetV2B2
    from keras.applications.efficientnet_v2 import EfficientNetV2B3 as EfficientNetV2B3
    from keras.applications.efficientnet_v2 import EfficientNetV2L as EfficientNetV2L
    from keras.applications.efficientnet_v2 import EfficientNetV2M as EfficientNetV2M
    from keras.applications.efficientnet_v2 import EfficientNetV2S as EfficientNetV2S
    from keras.applications.inception_resnet_v2 import (
        InceptionResNetV2 as InceptionResNetV2,
    )
    from keras.applications.inception_v3 import InceptionV3 as InceptionV3
    from keras.applications.mobilenet import MobileNet as MobileNet
    from keras.applications.mobilenet_v2 import MobileNetV2 as MobileNetV2
    from keras.applications.mobilenet_v3 import MobileNetV3Large as MobileNetV3Large
    from keras.applications.mobilenet_v3 import MobileNetV3Small as MobileNetV3Small
    from keras.applications.nasnet import NASNetLarge as NASNetLarge
    from keras.applications.nasnet import NASNetMobile as NASNetMobile
    from keras.applications.resnet import ResNet50 as ResNet50
    from keras.applications.resnet import ResNet101 as ResNet101
    from keras.applications.resnet import ResNet152 as ResNet152
    from keras.applications.resnet_v2 import ResNet50V2 as ResNet50V2
    from keras.applications.resnet_v2 import ResNet101V2 as ResNet101V2
    from keras.applications.resnet_v2 import ResNet152V2 as ResNet152V2
    from keras.applications.vgg16 import VGG16 as VGG16
    from keras.applications.vgg19 import VGG19 as VGG19
    from keras.applications.xception import Xception as Xception

__all__ = [*_FAMILIES, *_HOME]  # pyright: ignore
__dir__ = _listing(globals())


def __getattr__(name: str) -> Any:
    if name in _FAMILIES:
        value = importlib.import_module(f"{__name__}.{name}")
    elif name in _HOME:
        module = importlib.import_module(f"{__name__}.{_HOME[name]}")
        value = getattr(module, name)
    else:
        raise AttributeError(f"module 'keras.applications' has no attribute {name!r}")
    globals()[name] = value
    return value
