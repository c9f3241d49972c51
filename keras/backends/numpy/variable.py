"""Variables of the NumPy backend."""

from __future__ import annotations

from typing import Any

from keras.backends.variable import Variable as Base
from keras.core import context


class Variable(Base):
    """A Variable whose value is a NumPy array."""

    __doc__ = Base.__doc__

    def _direct_assign(self, value: Any) -> None:
        self._value = self.backend.own(value)

    def _load(self, store: Any, key: str) -> None:
        if context.get().stateless is not None or not getattr(store, "fresh", False):
            return super()._load(store, key)
        value = self.backend.borrow(store[key], self._dtype)
        self._value = self._check_shape(value, value.shape)
        return None
