"""`keras.ops.nn`: activations, convolutions, losses, normalization, attention."""

from keras.core.surface import surface as _surface
from keras.ops.nn.public import *

__all__, __dir__ = _surface(globals())
