"""`find_nonfinite`: the first tensor of a training step that is not finite."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from keras import ops
from keras.backends import backend_scope
from keras.core.scopes import DiscardingScope
from keras.core.typing import Data, Structure
from keras.debug.watching import float_leaves, is_float_tensor, layers_inside, watching
from keras.training.building import build
from keras.training.data.array_source import host_parts
from keras.training.data.structure import leaves_of, map_leaves
from keras.transforms import value_and_grad


class NonFinite(NamedTuple):
    """A tensor that is not finite.

    Attributes:
        tensor: What it is, such as `"output of layer 'dense' (Dense)"`.
        layer: The name of the layer that it belongs to; None for none.
        nan: How many of its numbers are NaN.
        inf: How many are infinite.
        size: How many it has.
    """

    tensor: str
    layer: str | None
    nan: int
    inf: int
    size: int

    def __str__(self) -> str:
        return (
            f"The {self.tensor} is the first that is not finite: of {self.size} "
            f"numbers {self.nan} are NaN and {self.inf} infinite."
        )


def find_nonfinite(
    model: Any, x: Data, y: Data = None, sample_weight: Data = None
) -> NonFinite | None:
    """The first tensor of a training step that is not finite.

    The step changes nothing. Looked at are, in this order: the data, the weights, the
    outputs of layers as they are called, the loss, and from the loss back the gradients
    of these outputs and of the weights.

    Args:
        model: A compiled model.
        x: Inputs of a batch.
        y: Targets.
        sample_weight: Weights of the samples.

    Returns:
        What is not finite; None if everything is.

    Example:

    >>> import numpy as np
    >>> import keras
    >>> model = keras.Sequential(
    ...     [keras.Input((2,)), keras.layers.Lambda(keras.ops.log, name="logarithm")]
    ... )
    >>> model.compile(loss="mse")
    >>> found = keras.debug.find_nonfinite(model, np.zeros((4, 2)), np.zeros((4, 2)))
    >>> found.layer, found.inf
    ('logarithm', 8)
    """
    with backend_scope(model._keras_backend.name):
        data = host_parts(x, y, sample_weight)
        found = _first(zip(("input", "target", "sample weight"), data, strict=True))
        if found is not None:
            return found
        build(model, data[: 1 if y is None else 3])
        weights = [(f"weight {v.path!r}", v.numpy()) for v in model.weights]
        return _first(weights) or _Step(model).run(*data)


class _Step:
    """A training step whose tensors are kept to be looked at."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._outputs: list[tuple[Any, Any]] = []  # layer, tensor, as they were made
        self._probes: list[Any] = []

    def run(self, x: Data, y: Data, sample_weight: Data) -> NonFinite | None:
        backend = self._model._keras_backend
        batch = [map_leaves(backend.convert_to_tensor, part) for part in (x, y)]
        weight = map_leaves(backend.convert_to_tensor, sample_weight)

        def loss(probes: list[Any]) -> Any:
            self._outputs, self._probes = [], list(probes)
            outputs = self._model(batch[0], training=True)
            return self._model._compute_loss(batch[0], batch[1], outputs, weight, True)

        with DiscardingScope(), watching(layers_inside(self._model), self._look):
            value = loss([])
            found = _first(
                [(_output_of(layer), tensor) for layer, tensor in self._outputs]
                + [("loss", value)],
                [layer.name for layer, _ in self._outputs] + [None],
            )
            if found is not None or not self._model.trainable_variables:
                return found
            layers = [layer for layer, _ in self._outputs]
            zeros = [ops.zeros_like(tensor) for _, tensor in self._outputs]
            _, grads = value_and_grad(loss)(zeros)
            found = self._backwards(layers, grads)
            return found or self._of_weights(lambda: loss([]))

    def _look(self, layer: Any, args: Any, kwargs: Any, result: Structure) -> Any:
        """Notes the outputs of a layer, each with a probe added to it."""

        def noted(x: Any) -> Any:
            if not is_float_tensor(x):
                return x
            index = len(self._outputs)
            if index < len(self._probes):
                # Its gradient is that of the output.
                x = ops.add(x, ops.cast(self._probes[index], ops.dtype(x)))
            self._outputs.append((layer, x))
            return x

        return map_leaves(noted, result) if float_leaves(result) else result

    def _backwards(self, layers: list[Any], grads: list[Any]) -> NonFinite | None:
        pairs = list(zip(layers, grads, strict=True))[::-1]
        return _first(
            [(f"gradient of the {_output_of(layer)}", grad) for layer, grad in pairs],
            [layer.name for layer, _ in pairs],
        )

    def _of_weights(self, loss: Any) -> NonFinite | None:
        variables = self._model.trainable_variables
        _, grads = value_and_grad(loss, variables)()
        pairs = list(zip(variables, grads, strict=True))[::-1]
        return _first([(f"gradient of the weight {v.path!r}", g) for v, g in pairs])


def _output_of(layer: Any) -> str:
    return f"output of layer {layer.name!r} ({type(layer).__name__})"


def _first(tensors: Any, layers: Any = None) -> NonFinite | None:
    """The first that is not finite among named tensors, or structures of them."""
    tensors = list(tensors)
    owners = [None] * len(tensors) if layers is None else layers
    for (name, structure), layer in zip(tensors, owners, strict=True):
        for leaf in leaves_of(structure):
            array = np.asarray(ops.convert_to_numpy(leaf))
            if array.dtype.kind in "OUSbiu":
                continue
            array = array.astype("float64")
            if not np.isfinite(array).all():
                nan, inf = int(np.isnan(array).sum()), int(np.isinf(array).sum())
                return NonFinite(name, layer, nan, inf, array.size)
    return None
