"""Boxes in images: `keras.utils.bounding_boxes`."""

from keras.core.surface import surface as _surface
from keras.utils.bounding_boxes.deltas import (
    decode_deltas_to_boxes as decode_deltas_to_boxes,
)
from keras.utils.bounding_boxes.deltas import (
    encode_box_to_deltas as encode_box_to_deltas,
)
from keras.utils.bounding_boxes.formats import convert_format as convert_format
from keras.utils.bounding_boxes.iou import compute_ciou as compute_ciou
from keras.utils.bounding_boxes.iou import compute_iou as compute_iou
from keras.utils.bounding_boxes.moving import affine_transform as affine_transform
from keras.utils.bounding_boxes.moving import clip_to_image_size as clip_to_image_size
from keras.utils.bounding_boxes.moving import crop as crop
from keras.utils.bounding_boxes.moving import pad as pad

__all__, __dir__ = _surface(globals())
