"""What older programs reach under `keras.legacy`."""

from keras.legacy import saving as saving

__all__ = ["saving"]
