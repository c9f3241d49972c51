"""`keras.ops.image`: resizing, geometry, colours, filters and patches of images."""

from keras.core.surface import surface as _surface
from keras.ops.image.colors import hsv_to_rgb as hsv_to_rgb
from keras.ops.image.colors import rgb_to_grayscale as rgb_to_grayscale
from keras.ops.image.colors import rgb_to_hsv as rgb_to_hsv
from keras.ops.image.filters import gaussian_blur as gaussian_blur
from keras.ops.image.filters import sobel_edges as sobel_edges
from keras.ops.image.filters import ssim as ssim
from keras.ops.image.geometry import affine_transform as affine_transform
from keras.ops.image.geometry import elastic_transform as elastic_transform
from keras.ops.image.geometry import map_coordinates as map_coordinates
from keras.ops.image.geometry import perspective_transform as perspective_transform
from keras.ops.image.patches import crop_images as crop_images
from keras.ops.image.patches import extract_patches as extract_patches
from keras.ops.image.patches import extract_patches_3d as extract_patches_3d
from keras.ops.image.patches import pad_images as pad_images
from keras.ops.image.resizing import resize as resize
from keras.ops.image.resizing import scale_and_translate as scale_and_translate

__all__, __dir__ = _surface(globals())
