"""The form in which Keras 2 wrote objects: `keras.legacy.saving`."""

from keras.core.surface import listing
from keras.utils.legacy import deserialize_keras_object as deserialize_keras_object
from keras.utils.legacy import serialize_keras_object as serialize_keras_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]
__dir__ = listing(globals())
