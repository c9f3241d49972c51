"""`DataLayer`: a layer that prepares data, and can do so inside a data pipeline."""

from __future__ import annotations

from typing import Any

from keras import ops, random
from keras.backends import load
from keras.backends.backend import FOREIGN, TENSOR, Backend
from keras.backends.foreign import framework_of
from keras.core import context, tree
from keras.core.typing import Tensor
from keras.layers.layer import Layer


class _OpsWhereCalled:
    """The ops, on whichever backend they are called, as `layer.backend` of packages.

    Packages write `self.backend.cast(x, dtype)` and `self.backend.numpy.split(x, 2)`.
    """

    core = numpy = ops
    random = random

    def __getattr__(self, name: str) -> Any:
        return getattr(ops, name)


class DataLayer(Layer):
    """A layer whose `call` may run on the backend that its inputs belong to.

    A function given to `tf.data.Dataset.map` is traced: its tensors have no numbers
    that could be brought to the layer's backend. A layer that reads no variables
    computes them where they are, whatever its own backend is.
    """

    _takes_complex = False  # inputs are cast to the compute dtype
    backend = _OpsWhereCalled()

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Calls the layer on tensors, arrays, KerasTensors or traced tensors."""
        if args and self._keras_backend.kinds.get(type(args[0])) != TENSOR:
            home = self._traced_elsewhere(args, kwargs)
            if home is not None:
                with context.Scope("backend", home):
                    return self.call(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def convert_weight(self, weight: Any) -> Any:
        """A number or array in the form that `call` uses: as it is."""
        return weight

    def _traced_elsewhere(self, args: Any, kwargs: Any) -> Backend | None:
        """The other backend whose trace the inputs are part of, if there is one."""
        for leaf in tree.flatten((args, kwargs)):
            if self._keras_backend.kind_of(leaf) == FOREIGN:
                home = load(framework_of(leaf) or "numpy")
                return home if home.in_trace() else None
        return None
