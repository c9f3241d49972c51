"""`keras.utils.compare_backends`: what it measures, and that nobody notices."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.models import compare_backends as module
from keras.models.compare_backends import BackendComparison, BackendTiming
from keras.utils import compare_backends, process_memory
from tests.conftest import BACKENDS

QUICK: dict[str, Any] = {"rounds": 1, "steps": 2, "batch_size": 4, "verbose": 0}


def classifier(backend: str = "numpy", **dense: Any) -> keras.Model:
    with keras.backend_scope(backend):
        model = keras.Sequential(
            [
                keras.Input((6,)),
                keras.layers.Dense(8, **dense),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_every_backend_is_measured() -> None:
    # Uncompiled JAX takes 20 s here; it has a test of its own.
    backends = [name for name in BACKENDS if name != "jax"]
    table = compare_backends(
        classifier(), backends=backends, jit_compile=[False], **QUICK
    )
    assert [timing.backend for timing in table.timings] == backends
    for timing in table.timings:
        assert min(timing.predict_one, timing.predict_many) > 0
        assert min(timing.first_step, timing.step) > 0
        assert not timing.note


@pytest.mark.skipif("jax" not in BACKENDS, reason="needs a backend that compiles")
def test_both_compile_options() -> None:
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    table = compare_backends(model, backends=["jax", "numpy"], **QUICK)
    # Nothing compiles on NumPy, so there is one row.
    assert [(timing.backend, timing.jit_compile) for timing in table.timings] == [
        ("jax", False),
        ("jax", True),
        ("numpy", False),
    ]


@pytest.mark.skipif("torch" not in BACKENDS, reason="needs one that trains")
def test_nothing_changes() -> None:
    with keras.backend_scope("torch"):
        model = classifier("torch")
        x, y = np.ones((4, 6), "float32"), np.zeros((4,), "int32")
        model.fit(x, y, verbose=0)
        keras.utils.set_random_seed(3)
        model.train_on_batch(x, y)
        state = [*model.variables, *model.optimizer.variables]
        before = [variable.numpy() for variable in state]
        function, jit = model.train_function, model._jit_compile
        draws = []
        for compare in (False, True):
            keras.utils.set_random_seed(4)
            keras.utils.clear_session()
            if compare:
                # `y` has a row less than the work needs: rows are repeated.
                backends = ["torch", "numpy"]
                compare_backends(
                    model, x, y, backends=backends, jit_compile=[False], **QUICK
                )
            draws.append(
                [
                    random.random(),
                    float(np.random.uniform()),
                    float(keras.random.uniform(())),
                    keras.layers.Dense(1).name,
                ]
            )
    assert draws[0] == draws[1]
    for variable, value in zip(state, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert model.train_function is function
    assert model._jit_compile is jit


def test_a_model_that_is_not_compiled_only_predicts() -> None:
    x, z = keras.Input((3,), name="x"), keras.Input((2,), dtype="int32", name="z")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(2, 4)(z))
    model = keras.Model({"x": x, "z": z}, keras.layers.Concatenate()([x, embedded]))
    table = compare_backends(model, backends=["numpy"], **QUICK)
    assert table.best_for_training is None
    assert table.best_for_inference is table.timings[0]
    assert not table.timings[0].note


def refuse(x: Any) -> Any:
    raise RuntimeError("I only run at home. Elsewhere I do not.")


class Homebound(keras.layers.Layer):
    """A layer that fails wherever it is run for long."""

    def call(self, x: Any) -> Any:
        return x if keras.backend.is_keras_tensor(x) else refuse(x)


def test_a_backend_that_fails_says_why_and_others_go_on() -> None:
    with keras.backend_scope("numpy"):
        inputs = keras.Input((3,))
        model = keras.Model(inputs, Homebound()(inputs))
    table = compare_backends(model, backends=["numpy"], **QUICK)
    assert "I only run at home." in table.timings[0].note
    assert table.best_for_inference is None
    assert "inference: none" in str(table)


@pytest.mark.skipif("torch" not in BACKENDS, reason="needs one that trains")
@pytest.mark.parametrize(
    "loss", ["mse", "sparse_categorical_crossentropy", "categorical_crossentropy"]
)
def test_targets_are_made_up_as_the_loss_takes_them(loss: str) -> None:
    model = classifier("torch")
    with keras.backend_scope("torch"):
        model.compile("sgd", loss)
    work = module._work(model, None, None, 4, 2)
    assert work.x.shape == (8, 6)
    assert work.y.shape == ((8,) if loss.startswith("sparse") else (8, 3))


def test_refused() -> None:
    with pytest.raises(ValueError, match="built model. Received: .*Call the model on"):
        compare_backends(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(ValueError, match="at least 1. Received: 32, 0, 5"):
        compare_backends(classifier(), steps=0)
    with pytest.raises(ValueError, match="at least one row. .*shape \\(0, 6\\)"):
        compare_backends(classifier(), np.ones((0, 6)))
    unknown = keras.Sequential([keras.Input((None, 2)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"\(None, None, 2\).* cannot be made up"):
        compare_backends(unknown)
    with pytest.raises(ValueError, match="Unknown backend: 'theano'"):
        compare_backends(classifier(), backends=["theano"])


def test_the_table() -> None:
    rows = [
        BackendTiming("torch", False, 0.5, 0.002, 0.0001, 0.02, 3 << 20),
        BackendTiming("jax", True, 2.0, 0.001, 0.0002, 0.03, None),
        BackendTiming("numpy", False, None, None, None, None, 0, "no."),
    ]
    assert str(BackendComparison(rows, 32, 256)).splitlines() == [
        "backend  jit  first step    step  predict 1  predict 256  memory",
        "torch    off    500 ms *  2 ms     0.1 ms *      20 ms *   3 MiB",
        "jax      on    2000 ms    1 ms *   0.2 ms        30 ms         -",
        "numpy    off         -       -          -            -     0 MiB  no.",
        "Training in batches of 32: jax, jit_compile=True; "
        "inference: torch, jit_compile=False.",
    ]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with keras.backend_scope("numpy"):
        model = classifier()
        model.compile("sgd", "mse")
        model.save(tmp_path / "model.keras")
        np.savez(tmp_path / "data.npz", x=np.ones((5, 6)), y=np.zeros((5, 3)))
        status = module.main(
            [
                str(tmp_path / "model.keras"),
                *("--data", str(tmp_path / "data.npz")),
                *("--backends", "numpy", "--rounds", "1", "--batch-size", "2"),
            ]
        )
    assert status == 0
    said = capsys.readouterr().out
    assert "predict 16" in said
    assert "inference: numpy, jit_compile=False." in said


def test_memory_of_the_process() -> None:
    before = process_memory.resident()
    if before is None or not process_memory.reset_peak():
        pytest.skip("the system does not tell")
    np.ones((32 << 20,), "uint8").sum()
    assert process_memory.peak() - before >= 16 << 20
