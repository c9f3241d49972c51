"""What goes on in a model: where numbers break down, what is compiled, and what
takes time and memory."""

from __future__ import annotations

from keras.core.surface import surface as _surface
from keras.debug.check_numerics import CheckNumerics as CheckNumerics
from keras.debug.check_numerics import NonFiniteError as NonFiniteError
from keras.debug.compiles import Compile as Compile
from keras.debug.compiles import Compiles as Compiles
from keras.debug.compiles import compiles as compiles
from keras.debug.nonfinite import NonFinite as NonFinite
from keras.debug.nonfinite import find_nonfinite as find_nonfinite
from keras.debug.profiling import LayerCost as LayerCost
from keras.debug.profiling import Profile as Profile
from keras.debug.profiling import profile as profile

__all__, __dir__ = _surface(globals())
