"""`DistillationLoss`: how far the student's outputs are from the teacher's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.core import tree
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.typing import Structure, Tensor

if TYPE_CHECKING:
    from keras.models.model import Model


@public_class("keras.distillation")
class DistillationLoss(Configurable):
    """Base class of distillation losses.

    Subclasses define `compute_loss(self, teacher_outputs, student_outputs, **kwargs)`.

    Example:

    >>> import keras
    >>> class Distance(keras.distillation.DistillationLoss):
    ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
    ...         return keras.ops.mean(keras.ops.abs(teacher_outputs - student_outputs))
    >>> float(Distance().compute_loss(keras.ops.zeros((2, 3)), keras.ops.ones((2, 3))))
    1.0
    """

    def compute_loss(
        self, teacher_outputs: Structure, student_outputs: Structure, **kwargs: Any
    ) -> Tensor:
        """The loss of a batch; subclasses define it.

        Args:
            teacher_outputs: the teacher's outputs, `(batch, ...)`, in their structure.
            student_outputs: the student's, likewise.
            **kwargs: for subclasses.

        Returns:
            A scalar.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `compute_loss(self, teacher_outputs, "
            "student_outputs, **kwargs)`."
        )

    def validate_outputs(
        self, teacher_outputs: Structure, student_outputs: Structure
    ) -> None:
        """Checks that outputs can be compared; called before `compute_loss`.

        Args:
            teacher_outputs: the teacher's outputs.
            student_outputs: the student's.

        Raises:
            ValueError: if their structures differ.
        """
        try:
            tree.assert_same_structure(teacher_outputs, student_outputs)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__} compares outputs of teacher and student in one "
                f"structure. {error}"
            ) from None

    def validate_model_compatibility(self, teacher: Model, student: Model) -> None:
        """Checks that the loss can be had of two models; called by `Distiller`.

        Args:
            teacher: the teacher.
            student: the student.

        Raises:
            ValueError: in subclasses, if it cannot.
        """
