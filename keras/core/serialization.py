"""Objects to plain data and back: the one import for both directions."""

from __future__ import annotations

from keras.core.config_reader import (
    deserialize_arguments,
    deserialize_keras_object,
    reading_of,
)
from keras.core.config_writer import serialize_keras_object, serialize_leniently
from keras.core.reading import object_sharing

__all__ = [
    "deserialize_arguments",
    "deserialize_keras_object",
    "object_sharing",
    "reading_of",
    "serialize_keras_object",
    "serialize_leniently",
]
