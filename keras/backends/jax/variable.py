"""Variables of the JAX backend: a name for an immutable array."""

from __future__ import annotations

from typing import Any

import numpy as _np

from keras.backends.variable import Variable as _Base


class Variable(_Base):
    """A Variable whose value is a JAX array."""

    __doc__ = _Base.__doc__

    def __jax_array__(self) -> Any:
        return self.value

    def _converted(self, value: Any) -> Any:
        # JAX may share the memory of a NumPy array, which its owner can write to.
        owned = value.copy() if isinstance(value, _np.ndarray) else value
        return super()._converted(owned)

    def _direct_assign(self, value: Any) -> None:
        self._value = value
