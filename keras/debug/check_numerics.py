"""`CheckNumerics`: a training ends where a number first is not finite, and says where.

The compiled step looks for itself: a scalar beside the model notes the first layer
whose output is not finite, another the last weight whose gradient is not. The host
reads two numbers after each step, and nothing is computed twice.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from keras import ops
from keras.backends import backend_scope
from keras.backends.variable import Variable
from keras.callbacks.callback import Callback, Logs
from keras.core.typing import Structure
from keras.debug.watching import float_leaves, layers_inside, watching

_NONE = -1


class NonFiniteError(ArithmeticError):
    """A number of a training is not finite."""


class CheckNumerics(Callback):
    """Ends a training where a number is not finite, with the layer it comes from.

    The outputs of all layers and the gradients of all weights are looked at within the
    step, compiled or not, which makes it a little slower.

    Raises:
        NonFiniteError: After such a step, with the first layer whose output is not
            finite, or else the weight whose gradient is not: that nearest to the loss.

    Example:

    >>> import numpy as np
    >>> import keras
    >>> x = np.array([[1.0], [0.0]])
    >>> layer = keras.layers.Lambda(keras.ops.log, name="logarithm")
    >>> model = keras.Sequential([keras.Input((1,)), layer, keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> try:
    ...     model.fit(x, x, verbose=0, callbacks=[keras.debug.CheckNumerics()])
    ... except keras.debug.NonFiniteError as error:
    ...     print(str(error).partition(":")[2])
     the output of layer 'logarithm' (Lambda) is the first that is not finite.
    """

    def __init__(self) -> None:
        super().__init__()
        self._layers: list[Any] = []
        self._places: dict[int, int] = {}
        self._variables: list[Any] = []
        self._epoch = 0
        self._hooks: ExitStack | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin to look."""
        model = self.model
        self._layers = layers_inside(model)
        self._places = {id(layer): i for i, layer in enumerate(self._layers)}
        with backend_scope(model._keras_backend.name):
            self._output, self._gradient = (
                Variable(_NONE, dtype="int32", trainable=False, name=name)
                for name in ("first_output", "first_gradient")
            )
        self._hooks = ExitStack()
        self._hooks.enter_context(watching(self._layers, self._look))
        optimizer = model.optimizer
        if optimizer is not None:
            apply = optimizer.apply

            def checked(grads: Any, variables: Any = None) -> Any:
                self._look_at_gradients(grads, variables)
                return apply(grads, variables)

            optimizer.apply = checked
            self._hooks.callback(delattr, optimizer, "apply")

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """See what the step has found."""
        output, gradient = int(self._output.numpy()), int(self._gradient.numpy())
        where = f"Epoch {self._epoch + 1}, batch {batch + 1}"
        if output != _NONE:
            layer = self._layers[output]
            raise NonFiniteError(
                f"{where}: the output of layer {layer.name!r} "
                f"({type(layer).__name__}) is the first that is not finite."
            )
        if gradient != _NONE:
            raise NonFiniteError(
                f"{where}: the gradient of the weight "
                f"{self._variables[gradient].path!r} is not finite, though the outputs "
                "of all layers are. It is the nearest to the loss that is not."
            )

    def on_train_end(self, logs: Logs = None) -> None:
        """Look no more."""
        self._keras_undo()

    def _keras_undo(self) -> None:
        hooks, self._hooks = self._hooks, None
        if hooks is not None:
            hooks.close()

    def _look(self, layer: Any, args: Any, kwargs: Any, result: Structure) -> Any:
        for x in float_leaves(result):
            note = self._output
            is_first = ops.logical_and(ops.equal(note, _NONE), _is_bad(x))
            note.assign(ops.where(is_first, self._places[id(layer)], note))
        return result

    def _look_at_gradients(self, grads: Any, variables: Any) -> None:
        self._variables = list(variables or self.model.trainable_variables)
        note = self._gradient
        for i, gradient in enumerate(grads):
            if gradient is not None:
                note.assign(ops.where(_is_bad(gradient), i, note))


def _is_bad(x: Any) -> Any:
    return ops.logical_not(ops.all(ops.isfinite(x)))
