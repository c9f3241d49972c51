"""Pictures of images, boxes, masks and models: `keras.visualization`."""

from keras.core.surface import surface as _surface
from keras.visualization.drawing import draw_bounding_boxes as draw_bounding_boxes
from keras.visualization.drawing import (
    draw_segmentation_masks as draw_segmentation_masks,
)
from keras.visualization.galleries import (
    plot_bounding_box_gallery as plot_bounding_box_gallery,
)
from keras.visualization.galleries import plot_image_gallery as plot_image_gallery
from keras.visualization.galleries import (
    plot_segmentation_mask_gallery as plot_segmentation_mask_gallery,
)

__all__, __dir__ = _surface(globals())
