"""Distillation losses: numbers, structures of outputs, configs, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import losses, ops
from keras.distillation import (
    DistillationLoss,
    FeatureDistillation,
    LogitsDistillation,
)

TEACHER = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]], "float32")
STUDENT = np.array([[0.5, 2.0, 1.0], [3.0, -1.0, 2.0]], "float32")

NO_NUMBER: Any = "a"


def softmax(x: Any) -> Any:
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def crossentropy(p: Any, q: Any) -> Any:
    return -(p * np.log(q)).sum(-1).mean()


def value(loss: Any, teacher: Any, student: Any, **kwargs: Any) -> float:
    tensors = keras.tree.map_structure(ops.convert_to_tensor, (teacher, student))
    loss.validate_outputs(*tensors)
    return float(loss.compute_loss(*tensors, **kwargs))


def logits(loss: Any, temperature: float = 1.0) -> Any:
    return LogitsDistillation(temperature=temperature, loss=loss)


def test_logits_are_softened(backend: str) -> None:
    temperature = 3.0
    p, q = softmax(TEACHER / temperature), softmax(STUDENT / temperature)
    expected = {
        "kl_divergence": crossentropy(p, q) - crossentropy(p, p),
        "categorical_crossentropy": crossentropy(p, q),
        "mse": ((TEACHER - STUDENT) ** 2).mean() / temperature**2,
    }
    for name, wanted in expected.items():
        got = value(logits(name, temperature), TEACHER, STUDENT)
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
    whole = losses.CategoricalCrossentropy(from_logits=True)
    got = value(logits(whole, temperature), TEACHER, STUDENT)
    np.testing.assert_allclose(got, crossentropy(p, q), rtol=1e-5)
    total = losses.KLDivergence(reduction="sum")
    got = value(logits(total, temperature), TEACHER, STUDENT)
    np.testing.assert_allclose(got, 2 * expected["kl_divergence"], rtol=1e-5)


def test_distributions_are_softened_as_their_logits(backend: str) -> None:
    loss = logits("kl_divergence", 2.0)
    wanted = value(loss, TEACHER, STUDENT)
    for teacher in (TEACHER, softmax(TEACHER)):
        for student in (STUDENT, softmax(STUDENT)):
            got = value(loss, teacher, student)
            np.testing.assert_allclose(got, wanted, rtol=1e-3)
    # At temperature 1, they are what the loss compares. As the PyPI keras has it:
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], "float32")
    q = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]], "float32")
    got = value(logits("kl_divergence"), p, q)
    np.testing.assert_allclose(got, (p * np.log(p / q)).sum(-1).mean(), rtol=1e-4)


def test_half_precision_keeps_small_probabilities(backend: str) -> None:
    teacher = ops.cast(np.array([[12.0, 0.0]]), "float16")
    student = ops.cast(np.array([[0.0, 12.0]]), "float16")
    got = float(logits("kl_divergence").compute_loss(teacher, student))
    np.testing.assert_allclose(got, 12.0, rtol=1e-2)


# The outputs of PyPI keras for TEACHER and STUDENT.
@pytest.mark.parametrize(
    ("loss", "wanted"), [("mse", 2.875), ("mae", 1.25), ("cosine_similarity", -0.7291)]
)
def test_features_are_compared_as_they_are(loss: str, wanted: float) -> None:
    got = value(FeatureDistillation(loss), TEACHER, STUDENT)
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


@pytest.mark.parametrize("kind", [LogitsDistillation, FeatureDistillation])
@pytest.mark.parametrize(
    ("loss", "structure", "wanted"),
    [
        (["mse", "mae"], list, 4.125),
        (("mse", None), tuple, 2.875),
        ({"a": "mse", "b": "mae"}, dict, 4.125),
        ({"a": None, "b": "mae"}, dict, 1.25),
        ("mae", dict, 2.5),
        ([None, {"a": "mae", "b": None}], "nested", 1.25),
    ],
)
def test_structures_of_outputs(
    kind: type, loss: Any, structure: Any, wanted: float
) -> None:
    def outputs(x: Any) -> Any:
        both = {"a": x, "b": x}
        if structure == "nested":
            return [x, both]
        return both if structure is dict else structure([x, x])

    made = kind(loss=loss)
    if kind is LogitsDistillation:
        made.temperature = 1.0
    again = kind.from_config(made.get_config())
    for each in (made, again):
        got = value(each, outputs(TEACHER), outputs(STUDENT))
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_configs() -> None:
    loss = {
        "module": "builtins",
        "class_name": "function",
        "config": "kl_divergence",
        "registered_name": "function",
    }
    config = LogitsDistillation().get_config()
    assert config == {"temperature": 3.0, "loss": loss}
    made = FeatureDistillation(losses.KLDivergence(reduction="sum"), "a")
    saved = keras.saving.serialize_keras_object(made)
    assert saved["module"] == "keras.distillation"
    again = keras.saving.deserialize_keras_object(saved)
    assert again.teacher_layer_name == "a"
    assert again.student_layer_name is None
    assert again.loss.reduction == "sum"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LogitsDistillation(temperature=0), "positive number"),
        (lambda: LogitsDistillation(NO_NUMBER), "positive number"),
        (lambda: LogitsDistillation(loss=None), "at least one output"),
        (lambda: FeatureDistillation(loss=[None, {"a": None}]), "at least one output"),
        (lambda: FeatureDistillation(loss="nonsense"), "nonsense"),
        (lambda: value(logits("mse"), [TEACHER], TEACHER), "one structure"),
        (lambda: value(logits("mse"), {"a": TEACHER}, {"b": TEACHER}), "one structure"),
        (lambda: value(logits(["mse"]), TEACHER, STUDENT), "structure of the outputs"),
        (
            lambda: value(logits({"b": "mse"}), {"a": TEACHER}, {"a": STUDENT}),
            "structure of the outputs",
        ),
        (lambda: value(logits("mse"), TEACHER, STUDENT[:, :2]), "one shape"),
        (lambda: value(FeatureDistillation(), TEACHER, STUDENT[:, :1]), "one shape"),
    ],
)
def test_what_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_a_loss_of_ones_own() -> None:
    def widths(teacher: Any, student: Any) -> Any:
        return ops.mean(teacher, axis=-1) - ops.mean(student, axis=-1)

    got = value(FeatureDistillation(widths), TEACHER, STUDENT[:, :2])
    wanted = (TEACHER.mean(-1) - STUDENT[:, :2].mean(-1)).mean()
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    with pytest.raises(NotImplementedError, match="must define `compute_loss"):
        DistillationLoss().compute_loss(0, 0)
