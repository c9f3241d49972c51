"""`SwapEMAWeights`: evaluate and predict with the averaged weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.callbacks.callback import Callback, Logs
from keras.optimizers.parts.averaging import averaged


class SwapEMAWeights(Callback):
    """Puts the optimizer's averaged weights into the model while it is evaluated.

    The optimizer must keep an exponential moving average: `use_ema=True`.

    Args:
        swap_on_epoch: Whether the averages are in the model between epochs too,
            so that callbacks which save it save them.

    Raises:
        ValueError: In the loop, if the optimizer keeps no averages.

    Example:

    >>> from keras.callbacks import SwapEMAWeights
    >>> SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
    True
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._averages_in_model = False
        self._latest: list[np.ndarray] = []

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Back to the weights that are trained."""
        if self.swap_on_epoch and self._averages_in_model:
            self._swap()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Put the averages in, where they shall stay between epochs."""
        if self.swap_on_epoch and not self._averages_in_model:
            self._swap()

    def on_train_end(self, logs: Logs = None) -> None:
        """Leave the averages in the model, as training with them always does."""
        if not self._averages_in_model:
            return
        # `fit` has put into the model what the optimizer held in their place.
        for pair, mean in zip(self._pairs(), self._latest, strict=True):
            for variable in pair:
                variable.assign(mean)
        self._averages_in_model = False

    def on_test_begin(self, logs: Logs = None) -> None:
        """Put the averages in."""
        self._swap_if_there()

    def on_test_end(self, logs: Logs = None) -> None:
        """Back to the weights that are trained."""
        self._swap_back()

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Put the averages in."""
        self._swap_if_there()

    def on_predict_end(self, logs: Logs = None) -> None:
        """Back to the weights that are trained."""
        self._swap_back()

    def _keras_undo(self) -> None:
        """Back to the weights that are trained."""
        self._swap_back()

    def _swap_if_there(self) -> None:
        if not self._averages_in_model:
            self._swap()

    def _swap_back(self) -> None:
        if self._averages_in_model:
            self._swap()

    def _swap(self) -> None:
        pairs = self._pairs()
        self._latest = []
        for variable, average in pairs:
            # Copies: a backend may assign in place.
            trained, mean = np.array(variable), np.array(average)
            variable.assign(mean)
            average.assign(trained)
            if not self._averages_in_model:
                self._latest.append(mean)
        self._averages_in_model = bool(pairs) and not self._averages_in_model

    def _pairs(self) -> list[tuple[Any, Any]]:
        """The weights that an optimizer keeps an average of, and the averages."""
        optimizer = getattr(self.model, "optimizer", None)
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        several: list[Any] = getattr(optimizer, "optimizers", None) or [optimizer]
        averaging = [each for each in several if getattr(each, "use_ema", False)]
        if not averaging:
            raise ValueError(
                "SwapEMAWeights needs an optimizer that keeps an average of the "
                f"weights (`use_ema=True`). The model's optimizer is {optimizer!r}."
            )
        return [
            pair
            for each in averaging
            if each._keras_averages
            for pair in averaged(each)
        ]
