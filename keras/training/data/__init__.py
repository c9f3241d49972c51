"""Where the training loop gets its batches from; see `DataSource`."""

from __future__ import annotations

from keras.training.data.array_source import ArraySource as ArraySource
from keras.training.data.class_weights import (
    class_weight_to_sample_weights as class_weight_to_sample_weights,
)
from keras.training.data.loaders import GeneratorSource as GeneratorSource
from keras.training.data.loaders import IterableSource as IterableSource
from keras.training.data.loaders import PyDatasetSource as PyDatasetSource
from keras.training.data.loaders import TFDatasetSource as TFDatasetSource
from keras.training.data.loaders import TorchLoaderSource as TorchLoaderSource
from keras.training.data.make_source import make_source as make_source
from keras.training.data.packing import (
    pack_x_y_sample_weight as pack_x_y_sample_weight,
)
from keras.training.data.packing import (
    unpack_x_y_sample_weight as unpack_x_y_sample_weight,
)
from keras.training.data.source import DataSource as DataSource
from keras.training.data.split import train_validation_split as train_validation_split
