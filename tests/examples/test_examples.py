"""The example programs do what they say, at small size, on backends that train."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import keras
from tests.conftest import TRAINING_BACKENDS

EXAMPLES = Path(__file__).parents[2] / "examples"
pytest.importorskip("sklearn")


def example(name: str) -> ModuleType:
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=TRAINING_BACKENDS)
def trains_on(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend that trains, in turn."""
    with keras.backend_scope(request.param):
        keras.utils.set_random_seed(1)
        yield request.param


@pytest.mark.skipif("torch" not in TRAINING_BACKENDS, reason="others compile for long")
def test_transfer_learning(capsys: pytest.CaptureFixture[str]) -> None:
    with keras.backend_scope("torch"):
        check_transfer_learning(capsys)


def check_transfer_learning(capsys: pytest.CaptureFixture[str]) -> None:
    program = example("transfer_learning")
    images, labels = program.load_data(32)
    assert images.shape == (1797, 32, 32, 3)
    assert images.max() == 255
    model, base = program.make_model(32, None)
    statistics = [w for w in base.non_trainable_weights if "moving" in w.path]
    before = [np.array(w) for w in statistics]
    program.train(model, base, (images[:64], labels[:64]), epochs=1, verbose=0)
    # The head has 1280 x 10 weights and 10 biases; all but batch normalization of the
    # network's 410,208 are trained afterwards.
    said = capsys.readouterr().out
    assert "New head: 12,810 weights" in said
    assert "Whole network: 394,858 weights" in said
    for old, new in zip(before, statistics, strict=True):
        np.testing.assert_array_equal(old, np.array(new))


def test_grad_cam(trains_on: str) -> None:
    program = example("grad_cam")
    model = program.make_model()
    pictures, labels, corners = program.make_data(1000, seed=0)
    model.fit(pictures, labels, epochs=4, batch_size=32, verbose=0)
    heat = program.heat_maps(model, pictures[:100], labels[:100])
    assert heat.shape == (100, 24, 24)
    assert heat.min() >= 0
    # A digit covers a ninth of the picture; far more of the heat lies on it.
    assert program.inside(heat, corners[:100]).mean() > 0.35
