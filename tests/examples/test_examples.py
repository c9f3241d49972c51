"""The example programs do what they say, at small size, on backends that train."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import keras
from tests.conftest import FRAMEWORK_BACKENDS, TRAINING_BACKENDS

EXAMPLES = Path(__file__).parents[2] / "examples"
# Before any test sets a seed: loading it draws from the generators of the process.
pytest.importorskip("sklearn.datasets")


def example(name: str) -> ModuleType:
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=FRAMEWORK_BACKENDS)
def trains_on(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each framework, in turn: on NumPy the programs take long."""
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


def test_vision_transformer(trains_on: str) -> None:
    program = example("vision_transformer")
    images, labels = program.load_data()
    model = program.make_model(width=32, depth=1, dropout=0.0)
    program.compile_model(model, steps=108)
    # Whole batches: another size would be compiled anew.
    model.fit(images[:1408], labels[:1408], batch_size=64, epochs=5, verbose=0)
    _, accuracy = model.evaluate(images[-320:], labels[-320:], batch_size=64, verbose=0)
    assert accuracy > 0.6  # of ten classes


def test_unet(trains_on: str) -> None:
    program = example("unet")
    pictures, masks = program.make_data(320, seed=0)
    model = program.make_model(filters=(8, 16))
    program.compile_model(model)
    model.fit(pictures, masks, batch_size=16, epochs=3, verbose=0)
    results = model.evaluate(*program.make_data(64, 1), verbose=0, return_dict=True)
    # Background alone would be a third of its share, 0.25.
    assert results["mean_iou"] > 0.4


def test_diffusion(trains_on: str) -> None:
    program = example("diffusion")
    digits = program.load_data()[:1792]
    model = program.Diffusion(program.make_network(filters=8))
    model.compile(optimizer=keras.optimizers.Adam(4e-3))
    model.fit(digits, epochs=4, batch_size=64, verbose=0)
    drawn = model.draw(16, steps=8)
    assert drawn.shape == (16, 8, 8, 1)
    uniform = np.random.default_rng(0).uniform(-1, 1, drawn.shape)
    assert program.distance(drawn, digits) < 0.6 * program.distance(uniform, digits)


def test_gpt(trains_on: str) -> None:
    program = example("gpt")
    text = program.load_text()
    x, y = program.windows(text, 640, 16)
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    model = program.GPT(length=24, width=32, depth=2)
    model.compile(
        optimizer=keras.optimizers.Adam(5e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    history = model.fit(x, y, batch_size=32, epochs=3, verbose=0)
    first, *_, last = history.history["loss"]
    assert last < min(first, 3.0)  # of log(128) = 4.9
    prompt = program.encode("The ")
    written = program.generate(model, prompt, count=20)
    assert written.shape == (24,)
    assert program.decode(written).startswith("The ")
    # With the cache each place gets the logits that a pass over the whole text gives.
    whole = keras.ops.convert_to_numpy(model(written[None]))[0]
    step, cache = keras.jit(model.step), model.empty_cache()
    for position in range(len(written)):
        logits, cache = step(
            written[position : position + 1], np.array(position, "int32"), cache
        )
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(logits)[0], whole[position], atol=1e-4
        )


def test_bert(trains_on: str) -> None:
    program = example("bert")
    tokens, labels = program.make_data(1280, seed=0)
    encoder = program.make_encoder(width=32, depth=1, dropout=0.0)
    # One of 128 characters by chance; the most frequent one is a seventh.
    assert program.pretrain(encoder, tokens, epochs=2) > 0.1
    model = program.make_classifier(encoder, rank=2)
    frozen = encoder.get_layer("embedding").weights[0]
    before = frozen.numpy()
    # LoRA of queries and values (4 heads of 8), their biases, and the head.
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert count == 2 * (32 * 4 * 2 + 2 * 8 + 32) + 33
    history = model.fit(tokens, labels, batch_size=64, epochs=8, verbose=0)
    np.testing.assert_array_equal(frozen.numpy(), before)
    assert history.history["accuracy"][-1] > 0.65


def test_detection(trains_on: str) -> None:
    program = example("detection")
    pictures, boxes, classes = program.make_data(640, seed=0)
    targets = program.targets_of(boxes, classes)
    assert (targets["classes"] < 10).sum() == 1280
    model = program.make_model(filters=(12, 24))
    program.compile_model(model)
    model.fit(pictures, targets, epochs=4, verbose=0)
    pictures, boxes, classes = program.make_data(64, seed=1)
    overlap, share = program.judge(program.detect(model, pictures), boxes, classes)
    assert overlap > 0.3
    # The right answer is judged as right.
    perfect = program.judge((boxes, classes, np.ones((64, 2))), boxes, classes)
    assert perfect == (1.0, 1.0)
    assert 0 <= share <= 1


@pytest.mark.skipif("torch" not in TRAINING_BACKENDS, reason="others compile for long")
def test_distillation(capsys: pytest.CaptureFixture[str]) -> None:
    program = example("distillation")
    with keras.backend_scope("torch"):
        data, test = program.load_data()
        teacher = program.make_teacher(data, epochs=10)
        few = data[0][:100], data[1][:100]
        pair = program.compare(teacher, few, test, 1, epochs=200, temperature=4.0)
    assert pair[1] > pair[0]  # by 4 to 5 points
    program.report(np.array([pair, pair]))
    assert "2 of 2 students are better" in capsys.readouterr().out


@pytest.mark.skipif("torch" not in TRAINING_BACKENDS, reason="others compile for long")
def test_quantization_loses_little() -> None:
    """The bounds are those of the issue: 2 % in 8 bits, 5 % by GPTQ in 4."""
    with keras.backend_scope("torch"):
        found = example("quantization").compared(steps=60, width=32, depth=2)
    whole = found["float32"]
    assert whole < 30  # of 128 characters: it has learned something
    assert found["int8"] < 1.02 * whole
    assert found["gptq"] < 1.05 * whole


def test_sparse_and_rounded(trains_on: str) -> None:
    program = example("sparse_and_rounded")
    model, accuracy = program.trained(rounds=True, part=0.7, epochs=6)
    assert accuracy > 0.8
    assert program.zeros(model) > 0.69
    for layer in model.layers:
        kernel = keras.ops.convert_to_numpy(layer.small_kernel())
        steps = [len(np.unique(column)) for column in kernel.T]
        assert max(steps) <= 2**program.BITS - 1


def test_a_differential_equation(trains_on: str) -> None:
    program = example("pinn")
    steps = 600 if trains_on == "torch" else 200
    model, losses = program.solve(steps)
    assert losses[-1] < 0.2 * losses[0]
    if trains_on == "torch":
        assert program.error(model) < 0.05


def test_an_optimizer_of_two_steps(trains_on: str) -> None:
    program = example("sharpness_aware")
    found = program.accuracy(program.SharpnessAware, epochs=10)
    assert found > 0.85


def test_two_models_against_each_other(trains_on: str) -> None:
    program = example("gan")
    model = program.Adversaries()
    model.compile(2e-3)
    before = program.distance(model)
    epochs = 25 if trains_on == "torch" else 6
    model.fit(program.ring(6400), batch_size=64, epochs=epochs, verbose=0)
    assert program.distance(model) < (0.25 if trains_on == "torch" else 0.6) * before


def test_a_policy_that_balances_a_pole(trains_on: str) -> None:
    program = example("policy_gradient")
    rounds = 40 if trains_on == "torch" else 2
    lengths = program.train(program.make_policy(), rounds, longest=100)
    assert len(lengths) == rounds
    if trains_on == "torch":
        assert np.mean(lengths[-5:]) > 2 * np.mean(lengths[:5])


def test_contrastive(trains_on: str) -> None:
    program = example("contrastive")
    keras.utils.set_random_seed(0)
    pictures, labels = program.load_data()
    model = program.MomentumContrast(memory=256)
    model.compile(keras.optimizers.Adam(1e-3))
    fast, slow = (part.get_weights()[0] for part in (model.encoder, model.slow))
    np.testing.assert_array_equal(fast, slow)
    # The others take the same steps, but compile for long.
    count, epochs = (1280, 5) if trains_on == "torch" else (128, 1)
    history = model.fit(pictures[:count], batch_size=128, epochs=epochs, verbose=0)
    losses = history.history["loss"]
    assert np.isfinite(losses).all()
    if epochs > 1:
        assert losses[-1] < losses[0] - 0.3
    # The copy follows, and the memory holds what it has seen.
    assert not np.allclose(model.slow.get_weights()[0], slow)
    assert np.linalg.norm(model.memory.numpy(), axis=1) == pytest.approx(1, abs=1e-4)
    points = model.predict(pictures[:512], batch_size=512, verbose=0)
    assert program.accuracy(points, labels[:512], 100) > 0.5
