"""Random numbers: drawn from explicit seeds, the same eager and compiled."""

from keras.core.surface import surface as _surface
from keras.random.distributions import beta as beta
from keras.random.distributions import binomial as binomial
from keras.random.distributions import categorical as categorical
from keras.random.distributions import dropout as dropout
from keras.random.distributions import gamma as gamma
from keras.random.distributions import normal as normal
from keras.random.distributions import randint as randint
from keras.random.distributions import shuffle as shuffle
from keras.random.distributions import truncated_normal as truncated_normal
from keras.random.distributions import uniform as uniform
from keras.random.seed_generator import SeedGenerator as SeedGenerator

__all__, __dir__ = _surface(globals())
