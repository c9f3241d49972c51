"""Files of LiteRT and torch: written from any backend, run by their own runtimes."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import keras
from keras import layers, ops


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def small_model():
    x = keras.Input((6, 4), name="left")
    y = keras.Input((4,), name="right")
    pooled = layers.GlobalAveragePooling1D()(layers.Conv1D(3, 2, activation="relu")(x))
    return keras.Model({"left": x, "right": y}, [pooled, {"double": y * 2}])


@pytest.mark.parametrize("name", ["torch", "tensorflow"])
def test_litert(name, tmp_path):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    pytest.importorskip("tensorflow")
    path = str(tmp_path / "model.tflite")
    data = {"left": random(2, 6, 4), "right": random(2, 4)}
    with keras.backend_scope(name):
        model = small_model()
        model.export(path, format="litert", verbose=False)
        expected = ops.convert_to_numpy(model(data)[0])
    runner = interpreter.Interpreter(path).get_signature_runner("serve")
    got = runner(**data)
    np.testing.assert_allclose(got["output_0"], expected, atol=1e-5)
    np.testing.assert_allclose(got["output_1_double"], data["right"] * 2)
    assert os.listdir(tmp_path) == ["model.tflite"]


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_torch_program(name, tmp_path):
    torch = pytest.importorskip("torch")
    path = str(tmp_path / "model.pt2")
    with keras.backend_scope(name):
        x = keras.Input((None, 4))
        y = keras.Input((4,))
        hidden = layers.LayerNormalization()(layers.Dense(3)(x))
        model = keras.Model([x, y], {"mean": ops.mean(hidden, 1), "y": y + 1})
        model.export(path, format="torch", verbose=False)
    run = torch.export.load(path).module()
    for batch, steps in ((2, 5), (3, 7)):
        data = [random(batch, steps, 4), random(batch, 4)]
        expected = ops.convert_to_numpy(model(data)["mean"])
        got = run([torch.tensor(data[0]), torch.tensor(data[1])])
        np.testing.assert_allclose(got["mean"].detach(), expected, atol=1e-5)
    if name == "torch":
        program = """
            import sys
            sys.modules["keras"] = None
            import torch
            run = torch.export.load("model.pt2").module()
            assert run([torch.ones(3, 7, 4), torch.ones(3, 4)])["mean"].shape == (3, 3)
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)], cwd=tmp_path, check=True
        )


def test_torch_program_of_several_inputs_has_one_batch_size(tmp_path):
    torch = pytest.importorskip("torch")
    path = str(tmp_path / "model.pt2")
    with keras.backend_scope("torch"):
        x, y = keras.Input((4,)), keras.Input((1,))
        model = keras.Model([x, y], layers.Multiply()([layers.Dense(4)(x), y]))
        model.export(path, format="torch", verbose=False)
        run = torch.export.load(path).module()
        for batch in (1, 3):
            data = [torch.tensor(random(batch, 4)), torch.tensor(random(batch, 1))]
            np.testing.assert_allclose(
                run(data).detach(), model(data).detach(), atol=1e-5
            )
