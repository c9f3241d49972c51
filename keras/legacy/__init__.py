"""What older programs reach under `keras.legacy`."""

from keras.core.surface import listing as _listing
from keras.legacy import saving as saving

__all__ = ["saving"]
__dir__ = _listing(globals())
