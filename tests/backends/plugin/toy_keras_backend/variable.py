"""Variables: the base class holds the value itself."""

from __future__ import annotations

from keras.backends.variable import Variable as Base


class Variable(Base):
    """A Variable whose value is a ToyTensor."""

    __doc__ = Base.__doc__
