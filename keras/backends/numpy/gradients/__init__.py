"""Gradients of the NumPy backend.

- `traced.py`: arrays that remember how they were made, and how rules are declared;
- `tape.py`: the way back through what was recorded;
- `elementwise.py`, `shaping.py`, `reduction.py`, `products.py`, `linear_algebra.py` and
  `fourier.py`: the rules of NumPy's functions.

A function of the backend has its gradient from those of NumPy that it is written in, or
a rule beside it.
"""

from keras.backends.numpy.gradients import elementwise as elementwise
from keras.backends.numpy.gradients import fourier as fourier
from keras.backends.numpy.gradients import linear_algebra as linear_algebra
from keras.backends.numpy.gradients import products as products
from keras.backends.numpy.gradients import reduction as reduction
from keras.backends.numpy.gradients import shaping as shaping
from keras.backends.numpy.gradients.tape import Tape as Tape
from keras.backends.numpy.gradients.tape import released as released
from keras.backends.numpy.gradients.traced import Traced as Traced
from keras.backends.numpy.gradients.traced import as_array as as_array
from keras.backends.numpy.gradients.traced import differentiable as differentiable
from keras.backends.numpy.gradients.traced import inside as inside
from keras.backends.numpy.gradients.traced import is_traced as is_traced
from keras.backends.numpy.gradients.traced import level_of as level_of
from keras.backends.numpy.gradients.traced import primal as primal
from keras.backends.numpy.gradients.traced import record as record
