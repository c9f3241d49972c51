"""`FeatureDistillation`: the student is to see what the teacher sees inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.core.facts import public_class
from keras.core.typing import Identifier, Structure, Tensor
from keras.distillation.distillation_loss import DistillationLoss
from keras.distillation.features import is_graph
from keras.distillation.output_losses import check_outputs, pairs, resolved, total

if TYPE_CHECKING:
    from keras.models.model import Model


@public_class("keras.distillation")
class FeatureDistillation(DistillationLoss):
    """Compares the outputs of a layer of the teacher and one of the student.

    They need the same shape, unless the loss is a function that can do without: where
    the student is narrower, a Dense layer or a convolution after its layer makes up.

    Args:
        loss: a name, function or `Loss` for every output of the layers; or a structure
            of them like that of the outputs, with None for one that is left out.
        teacher_layer_name: the teacher's layer; by default its final outputs count.
        student_layer_name: the student's, likewise.

    Raises:
        ValueError: if nothing has a loss.

    Reference:
        Romero et al., "FitNets: Hints for Thin Deep Nets", 2015.

    Example:

    >>> import keras
    >>> loss = keras.distillation.FeatureDistillation("mae")
    >>> float(loss.compute_loss(keras.ops.zeros((2, 3)), keras.ops.ones((2, 3))))
    1.0
    """

    def __init__(
        self,
        loss: Identifier = "mse",
        teacher_layer_name: str | None = None,
        student_layer_name: str | None = None,
    ) -> None:
        self.loss = resolved(loss, type(self).__name__)
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name

    def validate_model_compatibility(self, teacher: Model, student: Model) -> None:
        """Checks that the models have the layers.

        Args:
            teacher: the teacher.
            student: the student.

        Raises:
            ValueError: if a layer is missing, or looked for in a model that does not
                know its graph.
        """
        for role, model, name in (
            ("teacher", teacher, self.teacher_layer_name),
            ("student", student, self.student_layer_name),
        ):
            if name is None:
                continue
            if not is_graph(model):
                raise ValueError(
                    f"{type(self).__name__} finds layer {name!r} in the graph of a "
                    f"Functional or a built Sequential model, but the {role} "
                    f"{model.name!r} is a {type(model).__name__} without one. Leave "
                    f"`{role}_layer_name` out to compare final outputs."
                )
            try:
                model.get_layer(name)
            except ValueError as error:
                raise ValueError(f"In the {role} model: {error}") from None

    def validate_outputs(
        self, teacher_outputs: Structure, student_outputs: Structure
    ) -> None:
        """Checks that outputs can be compared.

        Args:
            teacher_outputs: the outputs of the teacher's layer.
            student_outputs: those of the student's.

        Raises:
            ValueError: if their structures differ, the losses do not fit them,
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
            teacher_outputs: the outputs of the teacher's layer, `(batch, ..., size)`.
            student_outputs: those of the student's, of the same shapes.
            **kwargs: not used.

        Returns:
            A scalar.
        """
        name = type(self).__name__
        return total(pairs(self.loss, teacher_outputs, student_outputs, name))
