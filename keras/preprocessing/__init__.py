"""Data sets and conversions under the names of older programs."""

from keras.core.surface import surface as _surface
from keras.preprocessing import image as image
from keras.preprocessing import sequence as sequence
from keras.utils.directories import (
    image_dataset_from_directory as image_dataset_from_directory,
)
from keras.utils.directories import (
    text_dataset_from_directory as text_dataset_from_directory,
)
from keras.utils.timeseries import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)

__all__, __dir__ = _surface(globals(), "image", "sequence")
