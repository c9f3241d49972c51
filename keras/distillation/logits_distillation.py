"""`LogitsDistillation`: the student is to give the teacher's softened outputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras import ops
from keras.core import config, dtypes
from keras.core.facts import public_class
from keras.core.typing import Identifier, Structure, Tensor
from keras.distillation.distillation_loss import DistillationLoss
from keras.distillation.output_losses import check_outputs, pairs, resolved, total

# How far the sum of probabilities may be from 1: half precision rounds to 3 digits.
_OFF = 1e-2


@public_class("keras.distillation")
class LogitsDistillation(DistillationLoss):
    """Compares the final outputs of teacher and student, softened by a temperature.

    Logits are divided by the temperature. A loss that compares distributions over
    classes (`"kl_divergence"`, `"categorical_crossentropy"` and its focal form) gets
    their softmax; any other loss gets the divided logits. Where all outputs of a model
    are distributions already, by a softmax of its own, their logarithms count as the
    logits. Gradients shrink by up to the square of the temperature; Hinton et al.
    therefore weigh the loss with that (`distillation_loss_weights`).

    Args:
        temperature: more than 0; the higher, the more of the teacher's doubts show.
        loss: a name, function or `Loss` for every output; or a structure of them like
            that of the outputs, with None for an output that is left out.

    Raises:
        ValueError: if the temperature is not positive, or nothing has a loss.

    Reference:
        Hinton et al., "Distilling the Knowledge in a Neural Network", 2015.

    Example:

    >>> import keras
    >>> loss = keras.distillation.LogitsDistillation(temperature=2.0)
    >>> teacher = keras.ops.array([[4.0, 0.0]])
    >>> float(loss.compute_loss(teacher, teacher))
    0.0
    >>> round(float(loss.compute_loss(teacher, keras.ops.array([[0.0, 0.0]]))), 4)
    0.3278
    """

    def __init__(
        self, temperature: float = 3.0, loss: Identifier = "kl_divergence"
    ) -> None:
        if not isinstance(temperature, (int, float, np.number)) or not (
            0 < temperature < math.inf
        ):
            raise ValueError(
                "The `temperature` of LogitsDistillation must be a positive number. "
                f"Received: temperature={temperature!r}."
            )
        self.temperature = float(temperature)
        self.loss = resolved(loss, type(self).__name__)

    def validate_outputs(
        self, teacher_outputs: Structure, student_outputs: Structure
    ) -> None:
        """Checks that outputs can be compared.

        Args:
            teacher_outputs: the teacher's outputs.
            student_outputs: the student's.

        Raises:
            ValueError: if their structures differ, or the losses do not fit them,
                or their shapes differ.
        """
        super().validate_outputs(teacher_outputs, student_outputs)
        name = type(self).__name__
        check_outputs(self.loss, teacher_outputs, student_outputs, name)

    def compute_loss(
        self, teacher_outputs: Structure, student_outputs: Structure, **kwargs: Any
    ) -> Tensor:
        """The loss of a batch, summed over the outputs.

        Args:
            teacher_outputs: the teacher's outputs, `(batch, ..., classes)`.
            student_outputs: the student's, of the same shapes.
            **kwargs: not used.

        Returns:
            A scalar.
        """
        name = type(self).__name__
        parts = pairs(self.loss, teacher_outputs, student_outputs, name)
        return total(parts, self._softened)

    def _softened(self, loss: Any, teacher: Tensor, student: Tensor) -> Any:
        function = getattr(loss, "function", loss)
        if not getattr(function, "_of_distributions", False):
            return self._cooled(teacher), self._cooled(student)
        axis = getattr(loss, "axis", -1)
        teacher = self._cooled(_logits_of(teacher, axis))
        student = self._cooled(_logits_of(student, axis))
        if not getattr(loss, "from_logits", False):
            student = ops.softmax(student, axis=axis)
        return ops.softmax(teacher, axis=axis), student

    def _cooled(self, x: Tensor) -> Tensor:
        return ops.divide(x, self.temperature)


def _logits_of(x: Tensor, axis: int) -> Tensor:
    """Outputs as logits: of nothing but distributions, these are the logarithms."""
    x = ops.convert_to_tensor(x)
    if dtypes.itemsize(dtypes.standardize_dtype(x.dtype)) < 4:
        # Half precision has no room for small probabilities.
        x = ops.cast(x, config.floatx())
    off = ops.abs(ops.subtract(ops.sum(x, axis=axis), 1.0))
    positive = ops.all(ops.greater_equal(x, 0.0))
    probable = ops.logical_and(positive, ops.all(ops.less(off, _OFF)))
    return ops.where(probable, ops.log(ops.maximum(x, config.epsilon())), x)
