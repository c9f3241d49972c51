"""Dropout inside recurrent cells: one mask for all steps of a sequence.

The masks are drawn before the loop over time, by the layer that runs it: drawing
inside would change the noise at each step, and leak values out of compiled loops.
Source: Gal and Ghahramani, 2016 (https://arxiv.org/abs/1512.05287).
"""

from __future__ import annotations

from typing import Any

from keras import ops, random
from keras.core.typing import Tensor


class DropoutRNNCell:
    """Mixin of cells with `dropout`, `recurrent_dropout` and `seed_generator`."""

    dropout: float
    recurrent_dropout: float
    seed_generator: Any
    _dropout_mask: Any = None
    _recurrent_dropout_mask: Any = None

    def get_dropout_mask(self, step_input: Tensor) -> Tensor | None:
        """The factors of the inputs, drawn on first use; None without dropout."""
        if self._dropout_mask is None and self.dropout > 0:
            self._dropout_mask = self._draw(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input: Tensor) -> Tensor | None:
        """The factors of the state, drawn on first use; None without dropout."""
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            self._recurrent_dropout_mask = self._draw(
                step_input, self.recurrent_dropout
            )
        return self._recurrent_dropout_mask

    def reset_dropout_mask(self) -> None:
        """Forgets the mask of the inputs, so that the next sequence draws anew."""
        self._dropout_mask = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Forgets the mask of the state, so that the next sequence draws anew."""
        self._recurrent_dropout_mask = None

    def _draw(self, like: Tensor, rate: float) -> Tensor:
        return random.dropout(ops.ones_like(like), rate, seed=self.seed_generator)
