"""`Distiller`: what it trains by, what it leaves alone, files, what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.core.errors import BackendError
from keras.distillation import (
    DistillationLoss,
    Distiller,
    FeatureDistillation,
    LogitsDistillation,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 4)).astype("float32")
Y = RNG.integers(0, 3, 10).astype("int32")
MSE = LogitsDistillation(temperature=1.0, loss="mse")


def model(name: str, units: int = 8, out: int = 3, **inside: Any) -> Any:
    chain = [
        keras.Input((4,)),
        layers.Dense(units, activation="relu", name=f"{name}_inside", **inside),
        layers.BatchNormalization(),
        layers.Dropout(0.5, seed=1),
        layers.Dense(out, name=f"{name}_last"),
    ]
    return keras.Sequential(chain, name=name)


class Subclass(keras.Model):
    def __init__(self, units: int = 3) -> None:
        super().__init__()
        self.dense = layers.Dense(units)

    def call(self, x: Any) -> Any:
        return self.dense(x)


def crossentropy() -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def distiller(
    losses: Any = MSE,
    teacher: Any = None,
    student: Any = None,
    eager: bool = True,
    **kwargs: Any,
) -> Distiller:
    keras.utils.set_random_seed(0)
    made = Distiller(teacher or model("t"), student or model("s"), losses, **kwargs)
    made.compile("sgd", crossentropy(), metrics=["accuracy"], run_eagerly=eager)
    return made


def results(made: Distiller, **kwargs: Any) -> Any:
    return made.evaluate(X, Y, verbose=0, return_dict=True, **kwargs)


@pytest.mark.parametrize("eager", [True, False])
def test_trains_the_student_alone(training_backend: str, eager: bool) -> None:
    if eager and training_backend == "jax":
        pytest.skip("takes 10 s, and traces the same")
    inside = FeatureDistillation("mae", "t_inside", "s_inside")
    made = distiller([MSE, inside], eager=eager, student_loss_weight=0.3)
    teacher, student = made.teacher.get_weights(), made.student.get_weights()
    made.trainable = False
    made.trainable = True  # which is not for the teacher
    history = made.fit(X, Y, batch_size=5, epochs=2, verbose=0).history
    assert set(history) == {
        "accuracy",
        "loss",
        "student_loss",
        "distillation_loss",
        "total_loss",
    }
    parts = 0.3 * np.array(history["student_loss"])
    parts += 0.7 * np.array(history["distillation_loss"])
    np.testing.assert_allclose(history["loss"], parts, rtol=1e-5)
    np.testing.assert_allclose(history["total_loss"], parts, rtol=1e-5)
    for old, new in zip(teacher, made.teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    changed = [
        bool(np.any(old != new))
        for old, new in zip(student, made.student.get_weights(), strict=True)
    ]
    assert all(changed)
    outputs = made.predict(X, verbose=0)
    np.testing.assert_allclose(
        outputs, made.student.predict(X, verbose=0), rtol=1e-4, atol=1e-5
    )


def test_parts_and_weights(backend: str) -> None:
    inside = FeatureDistillation("mae", "t_inside", "s_inside")
    # Not compiled, JAX takes long.
    losses, eager = [MSE, inside], backend != "jax"
    made = distiller(losses, eager=eager, distillation_loss_weights=[1.0, 2.0])
    teacher, student = (m.predict(X, verbose=0) for m in (made.teacher, made.student))
    features = [
        keras.Model(m.input, m.get_layer(f"{m.name}_inside").output).predict(
            X, verbose=0
        )
        for m in (made.teacher, made.student)
    ]
    labels = float(crossentropy()(Y, student))
    taught = ((teacher - student) ** 2).mean()
    taught += 2 * np.abs(features[0] - features[1]).mean()
    got: dict[str, float] = {}
    for share in (0.0, 1.0, 0.25) if eager else (0.25,):
        made.student_loss_weight = share
        got = results(made, batch_size=4)  # batches of 4, 4 and 2
        total = share * labels + (1 - share) * taught
        for name, wanted in (
            ("student_loss", labels if share else 0.0),
            ("distillation_loss", taught if share < 1 else 0.0),
            ("total_loss", total),
            ("loss", total),
        ):
            np.testing.assert_allclose(got[name], wanted, rtol=1e-4, err_msg=name)
    names = ["loss", "accuracy", "student_loss", "distillation_loss", "total_loss"]
    listed = made.evaluate(X, Y, batch_size=4, verbose=0)
    np.testing.assert_allclose(listed, [got[name] for name in names], rtol=1e-6)


def test_the_student_keeps_its_own_losses_and_weights_of_samples() -> None:
    made = distiller(student=model("s", kernel_regularizer="l2"))
    weights = np.linspace(0, 1, 10).astype("float32")
    got = made.test_on_batch(X, Y, sample_weight=weights, return_dict=True)
    wanted = float(crossentropy()(Y, made.student(X), weights))
    kernel = np.asarray(made.student.get_layer("s_inside").kernel)
    wanted += 0.01 * (kernel**2).sum()
    np.testing.assert_allclose(got["student_loss"], wanted, rtol=1e-5)


def test_a_step_runs_the_student_once() -> None:
    calls = []

    class Counting(layers.Dense):
        def call(self, x: Any) -> Any:
            calls.append(1)
            return super().call(x)

    inside = FeatureDistillation("mse", "t_inside", "counted")
    chain = [keras.Input((4,)), Counting(8, name="counted"), layers.Dense(3)]
    made = distiller(inside, student=keras.Sequential(chain))
    made.train_on_batch(X, Y)
    calls.clear()
    made.train_on_batch(X, Y)
    assert len(calls) == 1
    # Outputs from elsewhere say nothing of what was inside.
    got = made.compute_loss(X, Y, made(X), training=False)
    np.testing.assert_allclose(float(got), results(made)["loss"], rtol=1e-5)


def test_without_labels() -> None:
    student = model("s")
    made = Distiller(model("t"), student, MSE, student_loss_weight=0.0)
    made.compile("sgd", run_eagerly=True)
    history = made.fit(X, verbose=0).history
    assert history["loss"] == history["distillation_loss"]
    assert history["student_loss"] == [0.0]
    some = Distiller(model("t"), student, MSE)
    with pytest.raises(ValueError, match="needs a `loss` of the student"):
        some.compile("sgd")


@pytest.mark.parametrize("kind", [list, dict])
def test_several_outputs(kind: Any) -> None:
    def two(name: str) -> Any:
        x = keras.Input((4,))
        a, b = layers.Dense(3, name=f"{name}a")(x), layers.Dense(2, name=f"{name}b")(x)
        return keras.Model(x, [a, b] if kind is list else {"a": a, "b": b})

    loss = ["mse", None] if kind is list else {"a": "mse", "b": None}
    made = Distiller(two("t"), two("s"), [LogitsDistillation(1.0, loss), MSE])
    targets = [np.zeros((10, 3), "float32"), np.zeros((10, 2), "float32")]
    y = targets if kind is list else {"a": targets[0], "b": targets[1]}
    made.compile("sgd", "mse")
    got = made.fit(X, y, verbose=0, batch_size=10).history
    assert got["loss"][0] > 0
    before = got["distillation_loss"][0]
    after = made.evaluate(X, y, verbose=0, return_dict=True)
    assert after["distillation_loss"] < before


def test_layers_that_are_models_or_were_called_elsewhere() -> None:
    shared = layers.Dense(5, name="shared")
    shared(keras.Input((4,)))
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(6)], name="inner")
    x = keras.Input((4,))
    student = keras.Model(x, layers.Dense(3)(inner(shared(x))))
    losses = [FeatureDistillation("mse", name, name) for name in ("inner", "shared")]
    teacher = keras.models.clone_model(student)
    made = Distiller(teacher, student, losses, student_loss_weight=0)
    made.compile("sgd", run_eagerly=True)
    first, last = made.fit(X, epochs=2, verbose=0).history["distillation_loss"]
    assert 0 < last < first


def test_models_without_a_graph() -> None:
    made = distiller(teacher=Subclass(), student=Subclass())
    made.fit(X, Y, verbose=0)
    assert made.student.predict(X, verbose=0).shape == (10, 3)
    differs = distiller(teacher=Subclass(4), student=Subclass())
    with pytest.raises(ValueError, match="one shape"):
        differs.train_on_batch(X, Y)


def test_files_and_copies(tmp_path: Path) -> None:
    inside = FeatureDistillation("cosine_similarity", "t_inside", "s_inside")
    made = distiller([MSE, inside], distillation_loss_weights=(1, 2.0))
    wanted = results(made)
    path = tmp_path / "distiller.keras"
    made.save(path)
    again = keras.saving.load_model(path)
    assert again.compiled
    assert not again.teacher.trainable
    for each in (again, copy.deepcopy(made), made.to_backend("numpy")):
        got = results(each)
        for name, number in wanted.items():
            np.testing.assert_allclose(got[name], number, rtol=1e-4, err_msg=name)
    if again.student.layers[0]._keras_backend.name != "numpy":
        again.fit(X, Y, verbose=0)


def test_files_that_do_not_say_the_loss() -> None:
    config = distiller().get_compile_config()
    made = Distiller(model("t"), model("s"), MSE)
    with pytest.warns(UserWarning, match="does not say the student's loss"):
        made.compile_from_config({**config, "loss": None})
    assert not made.compiled


def test_a_loss_of_ones_own_is_saved_by_its_arguments() -> None:
    @keras.saving.register_keras_serializable("tests", "Apart")
    class Apart(DistillationLoss):
        def __init__(self, factor: float) -> None:
            self.factor = factor

        def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **_: Any):
            return ops.mean(ops.abs(teacher_outputs - student_outputs)) * self.factor

    made = distiller(Apart(2.0))
    again = Distiller.from_config(made.get_config())
    assert again.distillation_losses[0].factor == 2.0
    assert results(made)["distillation_loss"] > 0


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"distillation_losses": None}, "distillation_losses"),
        ({"distillation_losses": []}, "at least one"),
        ({"distillation_losses": ["mse"]}, "distillation_losses"),
        ({"distillation_loss_weights": [1.0, 2.0]}, "for each of the 1"),
        ({"distillation_loss_weights": ["a"]}, "must be a number"),
        ({"student_loss_weight": 1.5}, "from 0 to 1"),
        ({"student_loss_weight": None}, "from 0 to 1"),
        ({"teacher": 3}, "teacher must be a keras.Model"),
        ({"student": layers.Dense(3)}, "student must be a keras.Model"),
        ({"nonsense": 3}, "nonsense"),
    ],
)
def test_arguments_that_are_refused(kwargs: Any, said: str) -> None:
    given = {"teacher": model("t"), "student": model("s"), "distillation_losses": MSE}
    with pytest.raises((ValueError, TypeError), match=said):
        Distiller(**{**given, **kwargs})


def integers() -> Any:
    return keras.Sequential([keras.Input((4,), dtype="int32"), layers.Dense(3)])


@pytest.mark.parametrize(
    ("student", "loss", "said"),
    [
        (lambda: model("s", out=5), MSE, "need outputs of one structure"),
        (
            lambda: keras.Sequential([keras.Input((5,)), layers.Dense(3)]),
            MSE,
            "need inputs of one structure",
        ),
        (integers, MSE, "inputs of one dtype"),
        (
            lambda: model("s"),
            FeatureDistillation("mse", "t_inside", "nowhere"),
            "In the student model: No such layer",
        ),
        (
            lambda: model("s"),
            FeatureDistillation("mse", "nowhere"),
            "In the teacher model: No such layer",
        ),
        (Subclass, FeatureDistillation("mse", "t_inside", "dense"), "without one"),
    ],
)
def test_models_that_do_not_fit(student: Any, loss: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Distiller(model("t"), student(), loss)


def test_models_of_another_backend() -> None:
    with keras.backend_scope("numpy"):
        teacher = model("t")
    with keras.backend_scope("torch"), pytest.raises(BackendError, match="to_b"):
        Distiller(teacher, model("s"), MSE)
