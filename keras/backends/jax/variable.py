"""Variables of the JAX backend: a name for an immutable array."""

from __future__ import annotations

from typing import Any

from keras.backends.variable import Variable as _Base


class Variable(_Base):
    """A Variable whose value is a JAX array."""

    __doc__ = _Base.__doc__

    def __jax_array__(self) -> Any:
        return self.value

    def _direct_assign(self, value: Any) -> None:
        self._value = value
