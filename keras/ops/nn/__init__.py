"""`keras.ops.nn`: activations, convolutions, losses, normalization, attention."""

from keras.ops.nn.public import *
