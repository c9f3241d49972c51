"""Gradients of the NumPy backend.

- `tape.py`: arrays that are traced, the record of what is made of them, and the way
  back through it;
- `elementwise.py`, `shaping.py`, `reduction.py`, `products.py`: the rules of NumPy's
  functions.

A function of the backend has its gradient from those of NumPy that it is written in, or
a rule beside it.
"""

from keras.backends.numpy.gradients import elementwise as elementwise
from keras.backends.numpy.gradients import products as products
from keras.backends.numpy.gradients import reduction as reduction
from keras.backends.numpy.gradients import shaping as shaping
from keras.backends.numpy.gradients.tape import Tape as Tape
from keras.backends.numpy.gradients.tape import Traced as Traced
from keras.backends.numpy.gradients.tape import as_array as as_array
from keras.backends.numpy.gradients.tape import differentiable as differentiable
from keras.backends.numpy.gradients.tape import is_traced as is_traced
from keras.backends.numpy.gradients.tape import primal as primal
from keras.backends.numpy.gradients.tape import released as released
