"""`Distiller`: trains a student on labels and on what a teacher says, at once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras import ops
from keras.core import tree
from keras.core.errors import BackendError
from keras.core.facts import public_class
from keras.core.typing import Config, Data, Identifier, Structure, Tensor, TensorLike
from keras.distillation.distillation_loss import DistillationLoss
from keras.distillation.features import Tapped, is_graph
from keras.distillation.output_losses import same_shape
from keras.metrics import Mean
from keras.models import Model


@public_class("keras.distillation")
class Distiller(Model):
    """A student with its teacher: `fit` trains the student, which then stands alone.

    The loss is `student_loss_weight * student_loss + (1 - student_loss_weight) *
    distillation_loss`. The first is the student's own: that of `compile`, and what its
    layers add; the second is the weighted sum of the distillation losses. Both are
    shown, beside `total_loss`. A part with the weight 0 is not computed; without
    labels, the student's is 0. The teacher runs as in inference and is frozen: its
    `trainable` becomes False. Calls and `predict` give the student's outputs.

    Args:
        teacher: a trained model.
        student: a model with the teacher's inputs and outputs.
        distillation_losses: a `DistillationLoss`, or a list of them.
        distillation_loss_weights: a factor for each of them; 1 by default.
        student_loss_weight: from 0 (the teacher alone teaches) to 1 (the labels alone).
        name: a name.
        **kwargs: `dtype` and `trainable`, as for any model.

    Raises:
        ValueError: if an argument does not fit, or the models do not fit each other or
            a loss, as far as their graphs tell.

    Example:

    >>> import keras, numpy as np
    >>> def make(units):
    ...     layers = [keras.Input((4,)), keras.layers.Dense(units, "relu")]
    ...     return keras.Sequential([*layers, keras.layers.Dense(3)])
    >>> distiller = keras.distillation.Distiller(
    ...     make(32), make(4), keras.distillation.LogitsDistillation(temperature=2.0)
    ... )
    >>> logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> distiller.compile("adam", loss=logits)
    >>> x, y = np.ones((8, 4), "float32"), np.zeros((8,), "int32")
    >>> sorted(distiller.fit(x, y, verbose=0).history)
    ['distillation_loss', 'loss', 'student_loss', 'total_loss']
    >>> distiller.student.predict(x, verbose=0).shape
    (8, 3)
    """

    _not_in_files = ("_taps", "_kept")
    _transient = ("_taps", "_kept")
    # Teacher and student with the layers that the losses look at, where made.
    _taps: tuple[Tapped, Tapped] | None = None
    # In a step, the student's outputs and what its layers gave for them.
    _kept: list[Any] | None = None

    def __init__(
        self,
        teacher: Model,
        student: Model,
        distillation_losses: DistillationLoss | Sequence[DistillationLoss],
        distillation_loss_weights: float | Sequence[float] | None = None,
        student_loss_weight: float = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        for role, model in (("teacher", teacher), ("student", student)):
            if not isinstance(model, Model):
                raise ValueError(
                    f"The {role} must be a keras.Model. Received: {model!r} of type "
                    f"{type(model).__name__}."
                )
            self._check_backend(role, model)
        losses = _losses_of(distillation_losses)
        weights = _weights_of(distillation_loss_weights, len(losses))
        if not _is_number(student_loss_weight) or not 0 <= student_loss_weight <= 1:
            raise ValueError(
                "`student_loss_weight` must be a number from 0 to 1. Received: "
                f"{student_loss_weight!r}."
            )
        _check_models(teacher, student)
        for loss in losses:
            loss.validate_model_compatibility(teacher, student)
        teacher.trainable = False
        self.teacher, self.student = teacher, student
        self.distillation_losses = losses
        self.distillation_loss_weights = weights
        self.student_loss_weight = float(student_loss_weight)
        self.student_loss_tracker = Mean(name="student_loss")
        self.distillation_loss_tracker = Mean(name="distillation_loss")
        self.total_loss_tracker = Mean(name="total_loss")
        self._tapped()

    def _check_backend(self, role: str, model: Model) -> None:
        if model._keras_backend is not self._keras_backend:
            raise BackendError(
                f"The {role} {model.name!r} lives on the {model._keras_backend.name} "
                f"backend, but the Distiller on {self._keras_backend.name}. Move it "
                f"first: model.to_backend({self._keras_backend.name!r})."
            )

    # Calling -------------------------------------------------------------------

    def call(
        self, inputs: Structure, training: bool | None = None, **kwargs: Any
    ) -> Structure:
        """The student's outputs.

        Args:
            inputs: what the student takes.
            training: whether this is training.
            **kwargs: further arguments of the student's call.
        """
        kept = self._kept
        if kept is None:
            return self.student(inputs, training=training, **kwargs)
        outputs, features = self._tapped()[1](inputs, training, **kwargs)
        kept.append((outputs, features))
        return outputs

    def _tapped(self) -> tuple[Tapped, Tapped]:
        taps = self._taps
        if taps is None:
            losses = self.distillation_losses
            names = [
                [getattr(loss, f"{role}_layer_name", None) for loss in losses]
                for role in ("teacher", "student")
            ]
            taps = Tapped(self.teacher, names[0]), Tapped(self.student, names[1])
            object.__setattr__(self, "_taps", taps)
        return taps

    def _judge_plainly(self, data: Data, training: bool) -> Any:
        with _Keeping(self):
            return super()._judge_plainly(data, training)

    def _features_of(self, x: Data, y_pred: Structure, training: bool) -> Any:
        """What the student's layers gave for these outputs, or give when it runs."""
        for outputs, features in self._kept or ():
            if outputs is y_pred:
                return features
        tapped = self._tapped()[1]
        if tapped.names:
            return {**tapped(x, training)[1], None: y_pred}
        return {None: y_pred}

    # Training ------------------------------------------------------------------

    def _keras_prepare_training(self) -> None:
        if self.teacher.trainable:  # as what sets `trainable` of the whole leaves it
            self.teacher.trainable = False
        super()._keras_prepare_training()

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Identifier = None,
        metrics: Identifier = None,
        **kwargs: Any,
    ) -> None:
        """Set what the student is trained with.

        Args:
            optimizer: A name, config or `Optimizer`.
            loss: The student's loss, as in `Model.compile`; it may be left out only if
                `student_loss_weight` is 0.
            metrics: Metrics of the student's outputs.
            **kwargs: Further arguments of `Model.compile`.

        Raises:
            ValueError: If there is no loss, or for an unknown name.
        """
        if loss is None and self.student_loss_weight > 0:
            raise ValueError(
                f"`compile` of {self.name!r} needs a `loss` of the student, which has "
                f"the weight {self.student_loss_weight}. Pass one, or make the "
                "Distiller with student_loss_weight=0 to train by the teacher alone."
            )
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    def compile_from_config(self, config: Config) -> None:
        """Compile as `get_compile_config` says.

        Args:
            config: What `get_compile_config` returned.
        """
        if config.get("loss") is None and self.student_loss_weight > 0:
            # As files of Keras 3.15 have it.
            warnings.warn(
                f"The file does not say the student's loss, so {self.name!r} is not "
                "compiled. Call compile(...) before you train it.",
                UserWarning,
                stacklevel=2,
            )
            return
        super().compile_from_config(config)

    def compute_loss(
        self,
        x: Data = None,
        y: Data = None,
        y_pred: TensorLike = None,
        sample_weight: Data = None,
        training: bool = True,
    ) -> Any:
        """The loss of a batch, from labels and teacher.

        Args:
            x: Inputs, which the teacher gets too.
            y: Targets; without them, the student's loss is 0.
            y_pred: Outputs of the student; by default it runs.
            sample_weight: Weights of the samples, in the student's loss.
            training: Whether this is training.

        Returns:
            A scalar.
        """
        self._require_compiled("compute_loss()")
        if y_pred is None:
            y_pred = self(x, training=training)
        share = self.student_loss_weight
        student = distillation = ops.zeros(())
        if share > 0 and y is not None:
            student = self._student_loss(y, y_pred, sample_weight)
        if share < 1:
            distillation = self._distillation_loss(x, y_pred, training)
        total = ops.add(
            ops.multiply(student, share), ops.multiply(distillation, 1.0 - share)
        )
        self._track_parts(y_pred, student, distillation, total)
        return total

    def _student_loss(self, y: Data, y_pred: Structure, sample_weight: Data) -> Any:
        compiled = self._require_compiled("compute_loss()").loss
        loss = None if compiled is None else compiled(y, y_pred, sample_weight)
        loss = ops.zeros(()) if loss is None else loss
        for extra in self.student.losses:
            loss = ops.add(loss, ops.cast(ops.sum(extra), loss.dtype))
        return loss

    def _distillation_loss(self, x: Data, y_pred: Structure, training: bool) -> Any:
        with self._keras_backend.update_scope():  # no record for gradients
            _, taught = self._tapped()[0](x, False)
            taught = tree.map_structure(ops.stop_gradient, taught)
        learnt = self._features_of(x, y_pred, training)
        result = ops.zeros(())
        weights = self.distillation_loss_weights
        for loss, weight in zip(self.distillation_losses, weights, strict=True):
            outputs = (
                taught[getattr(loss, "teacher_layer_name", None)],
                learnt[getattr(loss, "student_layer_name", None)],
            )
            loss.validate_outputs(*outputs)
            value = ops.cast(loss.compute_loss(*outputs), result.dtype)
            result = ops.add(result, ops.multiply(value, weight))
        return result

    def _track_parts(self, y_pred: Structure, *values: Tensor) -> None:
        """Each batch counts by its samples, as in the mean of the loss."""
        trackers = (
            self.student_loss_tracker,
            self.distillation_loss_tracker,
            self.total_loss_tracker,
        )
        count = ops.shape(tree.flatten(y_pred)[0])[0]
        with self._keras_backend.update_scope():
            for tracker, value in zip(trackers, values, strict=True):
                tracker.update_state(ops.stop_gradient(value), sample_weight=count)


class _Keeping:
    """While a step runs, calls keep what the student's layers gave."""

    def __init__(self, distiller: Distiller) -> None:
        self._distiller = distiller

    def __enter__(self) -> None:
        object.__setattr__(self._distiller, "_kept", [])

    def __exit__(self, *error: object) -> None:
        object.__setattr__(self._distiller, "_kept", None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def _losses_of(given: Any) -> list[DistillationLoss]:
    losses = list(given) if isinstance(given, (list, tuple)) else [given]
    if not losses or not all(isinstance(loss, DistillationLoss) for loss in losses):
        raise ValueError(
            "`distillation_losses` must be a distillation loss, such as "
            "keras.distillation.LogitsDistillation(), or a list of at least one. "
            f"Received: {given!r}."
        )
    return losses


def _weights_of(given: Any, count: int) -> list[float]:
    if given is None:
        return [1.0] * count
    weights = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(weights) != count or not all(map(_is_number, weights)):
        raise ValueError(
            "`distillation_loss_weights` must be a number for each of the "
            f"{count} distillation losses. Received: {given!r}."
        )
    return [float(weight) for weight in weights]


def _check_models(teacher: Model, student: Model) -> None:
    """Compares inputs and outputs, as far as the graphs tell."""
    if not (is_graph(teacher) and is_graph(student)):
        return
    for what in ("input", "output"):
        ours, theirs = getattr(teacher, what), getattr(student, what)
        shapes = [
            tree.map_structure(lambda x: tuple(x.shape), x) for x in (ours, theirs)
        ]
        misfit = ValueError(
            f"Teacher and student need {what}s of one structure and shape. Received: "
            f"{shapes[0]!r} of the teacher {teacher.name!r}, {shapes[1]!r} of the "
            f"student {student.name!r}."
        )
        try:
            tree.assert_same_structure(ours, theirs)
        except ValueError:
            raise misfit from None
        both = list(zip(tree.flatten(ours), tree.flatten(theirs), strict=True))
        if not all(same_shape(a.shape, b.shape) for a, b in both):
            raise misfit
        dtypes = [(a.dtype, b.dtype) for a, b in both if a.dtype != b.dtype]
        if what == "input" and dtypes:
            raise ValueError(
                "Teacher and student need inputs of one dtype. Received: {} of the "
                "teacher, {} of the student.".format(*dtypes[0])
            )
