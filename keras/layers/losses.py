"""The losses of a layer: what its calls add, and the penalties on its weights."""

from __future__ import annotations

from typing import Any

from keras.core import context
from keras.core.scopes import DiscardingScope, EffectScope
from keras.core.typing import Identifier
from keras.layers.variables import LayerVariables


class _Added:
    """Whether any layer ever added a loss: as long as none did, none has to go."""

    any = False


_added = _Added()


class LayerLosses(LayerVariables):
    """The losses of a layer; see `Layer`."""

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Gone since Keras 3.

        Raises:
            NotImplementedError: always, with the way to do it today.
        """
        raise NotImplementedError(
            f"{type(self).__name__}.add_metric() is gone since Keras 3. Pass the "
            "metric to model.compile(metrics=[...]), or keep a metric as an attribute "
            "of the layer and call its update_state() in call()."
        )

    def add_loss(self, loss: Identifier) -> None:
        """Adds a scalar (or several) to the losses of the current call."""
        ambient = context.get()
        stateless = ambient.stateless
        if ambient.symbolic is not None or isinstance(stateless, DiscardingScope):
            return  # a run for shapes: there is no number to add
        losses = loss if isinstance(loss, (list, tuple)) else [loss]
        if isinstance(stateless, EffectScope):
            stateless.added.extend((self, value) for value in losses)
            return
        if stateless is not None:
            stateless.loss_lists[id(self._losses)] = self._losses
            if stateless.collect_losses:
                for value in losses:
                    stateless.add_loss(value)
        self._losses.extend(losses)
        _added.any = True

    @property
    def losses(self) -> list[Any]:
        """The losses of the last call, and the penalties on the weights."""
        layers = self._all_layers()
        added = [loss for layer in layers for loss in layer._losses]
        stateless = context.get().stateless
        if stateless is not None and stateless.collect_losses:
            added = list(stateless.losses)
        return added + self._regularization_losses()

    def _get_own_losses(self) -> list[Any]:
        """What the layer itself added in the last call, as other packages read it."""
        stateless = context.get().stateless
        if stateless is not None and stateless.collect_losses:
            return list(stateless.losses)
        return list(self._losses)

    def _regularization_losses(self) -> list[Any]:
        return [
            variable.regularizer(variable.value)
            for variable in self.trainable_weights
            if variable.regularizer is not None
        ]

    def _clear_losses(self) -> None:
        if _added.any:
            stateless = context.get().stateless
            if isinstance(stateless, EffectScope) and stateless.again:
                return  # these calls were made before, and their losses are known
            for layer in self._all_layers():
                layer._losses.clear()
