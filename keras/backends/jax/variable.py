"""Variables of the JAX backend: a name for an immutable array."""

from __future__ import annotations

from typing import Any

import jax

from keras.backends.variable import Variable as Base


class Variable(Base):
    """A Variable whose value is a JAX array."""

    __doc__ = Base.__doc__

    def __jax_array__(self) -> Any:
        return self.value

    def _converted(self, value: Any) -> Any:
        if self._layout is None or isinstance(value, jax.core.Tracer):
            return super()._converted(value)
        if not hasattr(value, "shape"):
            value = self.backend.convert_to_tensor(value, dtype=self._dtype)
        self._check_shape(value, value.shape)
        distribution = self.backend.distribution
        return distribution.distribute_value(value, self._layout, self._dtype)


def _its_value(variable: Variable) -> tuple[tuple[Any, ...], None]:
    return (variable.value,), None


def _bare(_: None, values: tuple[Any, ...]) -> Any:
    return values[0]


# JAX's transforms take lists of Variables as they are: what is traced sees the values,
# and gradients and results are arrays.
jax.tree_util.register_pytree_node(Variable, _its_value, _bare)
