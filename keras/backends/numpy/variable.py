"""Variables of the NumPy backend."""

from __future__ import annotations

from typing import Any

from keras.backends.variable import Variable as Base


class Variable(Base):
    """A Variable whose value is a NumPy array."""

    __doc__ = Base.__doc__

    def _direct_assign(self, value: Any) -> None:
        self._value = self.backend.own(value)
