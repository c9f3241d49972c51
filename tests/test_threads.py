"""Backends side by side: in threads, in asyncio tasks, and in nested scopes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from tests.conftest import BACKENDS, TRAINING_BACKENDS

RNG = np.random.default_rng(3)
X = RNG.standard_normal((64, 4)).astype("float32")
Y = (X[:, :1] - X[:, 1:2]).astype("float32")
SOME = TRAINING_BACKENDS[0]


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Runs jobs at the same time, all of them started before any goes on."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        barrier.wait(timeout=60)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [f.result(timeout=240) for f in [pool.submit(run, j) for j in jobs]]


def make() -> keras.Model:
    """Built and trained alike on every backend."""
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(1)]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    rng = np.random.default_rng(1)
    model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.weights])
    return model


def train(model: keras.Model) -> list[float]:
    history = model.fit(X, Y, 16, epochs=5, shuffle=False, verbose=0)
    return history.history["loss"]


def test_fit_on_all_backends_at_once() -> None:
    """Each thread makes, trains and uses a model on its own backend."""

    def job(name: str) -> Callable[[], Any]:
        def run() -> Any:
            with keras.backend_scope(name):
                model = make()
                losses = train(model)
                assert keras.config.backend() == name
                assert model.weights[0].backend.name == name
                return losses, model.predict(X, verbose=0)

        return run

    results = together(*(job(name) for name in TRAINING_BACKENDS))
    for losses, outputs in results[1:]:
        np.testing.assert_allclose(losses, results[0][0], rtol=1e-3)
        np.testing.assert_allclose(outputs, results[0][1], rtol=1e-2, atol=1e-3)
    assert results[0][0][-1] < results[0][0][0]


def test_two_models_of_one_backend_at_once(training_backend: str) -> None:
    alone = train(make())
    models = [make(), make()]
    for losses in together(*(lambda m=m: train(m) for m in models)):
        np.testing.assert_allclose(losses, alone, rtol=1e-4)


def test_one_model_predicts_in_many_threads(backend: str) -> None:
    model = make()
    expected = model.predict(X, verbose=0)
    jobs = [lambda: model.predict(X, batch_size=8, verbose=0) for _ in range(4)]
    for outputs in together(*jobs):
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_models_keep_their_backend_in_other_threads() -> None:
    """A model trains where it was made, whatever its thread's backend is."""
    models = {}
    for name in TRAINING_BACKENDS:
        with keras.backend_scope(name):
            models[name] = make()
    strangers = TRAINING_BACKENDS[1:] + TRAINING_BACKENDS[:1]

    def job(name: str, current: str) -> Callable[[], Any]:
        def run() -> Any:
            with keras.backend_scope(current):
                losses = train(models[name])
                assert keras.config.backend() == current
            assert models[name].optimizer.iterations.backend.name == name
            return losses

        return run

    pairs = zip(TRAINING_BACKENDS, strangers, strict=True)
    results = together(*(job(*pair) for pair in pairs))
    for losses in results[1:]:
        np.testing.assert_allclose(losses, results[0], rtol=1e-3)


def test_a_scope_ends_with_its_thread_and_says_nothing_to_others() -> None:
    default = keras.config.backend()
    inside, leave = threading.Event(), threading.Event()
    seen = {}

    def other() -> None:
        with keras.backend_scope("numpy"):
            inside.set()
            leave.wait(timeout=60)
            seen["other"] = keras.config.backend()

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(timeout=60)
    seen["here"] = keras.config.backend()
    with keras.backend_scope(SOME):
        leave.set()
        thread.join(timeout=60)
        assert keras.config.backend() == SOME
    assert seen == {"here": default, "other": "numpy"}
    assert keras.config.backend() == default


def test_a_new_thread_starts_with_the_default() -> None:
    default = keras.config.backend()
    other = next(name for name in BACKENDS if name != default)
    with keras.backend_scope(other):
        (found,) = together(keras.config.backend)
    assert found == default


def test_scopes_of_asyncio_tasks_are_apart() -> None:
    async def task(name: str, turns: int) -> set[str]:
        found = set()
        with keras.backend_scope(name):
            for _ in range(turns):
                await asyncio.sleep(0)
                found.add(keras.config.backend())
                value = keras.ops.add(keras.ops.ones((2,)), 1.0)
                found.add(keras.Variable(value).backend.name)
        return found

    async def main() -> list[set[str]]:
        return await asyncio.gather(*(task(name, 5) for name in BACKENDS))

    default = keras.config.backend()
    assert asyncio.run(main()) == [{name} for name in BACKENDS]
    assert keras.config.backend() == default


def test_a_task_inherits_the_scope_it_was_made_in() -> None:
    async def current() -> str:
        await asyncio.sleep(0)
        return keras.config.backend()

    async def main() -> str:
        with keras.backend_scope("numpy"):
            task = asyncio.create_task(current())
        return await task

    assert asyncio.run(main()) == "numpy"


def test_generators_do_not_leak_their_scope() -> None:
    """A scope is left when its block is, also by an exception."""
    default = keras.config.backend()
    with pytest.raises(KeyError), keras.backend_scope("numpy"):
        raise KeyError("inside")
    assert keras.config.backend() == default
    with keras.backend_scope("numpy"), keras.backend_scope(SOME):
        assert keras.config.backend() == SOME
    assert keras.config.backend() == default


def test_a_scope_object_is_used_again_and_in_two_threads() -> None:
    scope = keras.backend_scope("numpy")
    with scope:
        with scope:
            assert keras.config.backend() == "numpy"
        assert keras.config.backend() == "numpy"

    def job() -> str:
        with scope:
            return keras.config.backend()

    assert together(job, job, job) == ["numpy"] * 3


def test_objects_of_all_backends_side_by_side() -> None:
    """Layers, metrics, optimizers, generators work where they were made."""
    made = {}
    for name in TRAINING_BACKENDS:
        with keras.backend_scope(name):
            made[name] = (
                layers.Dense(2),
                keras.metrics.MeanSquaredError(),
                keras.optimizers.SGD(0.5),
                keras.random.SeedGenerator(1),
                keras.Variable(np.ones(2, "float32")),
            )
    with keras.backend_scope("numpy"):
        for name, (layer, metric, optimizer, seeds, variable) in made.items():
            backend = variable.backend
            assert backend.is_tensor(layer(X)), name
            metric.update_state(X, X + 2.0)
            assert float(metric.result()) == pytest.approx(4.0)
            gradient = backend.convert_to_tensor(np.ones(2, "float32"))
            optimizer.apply([gradient], [variable])
            assert variable.numpy().tolist() == [0.5, 0.5]
            before = seeds.state.numpy().tolist()
            seeds.next()
            assert seeds.state.numpy().tolist() != before


def test_weights_of_one_backend_in_another() -> None:
    models = {}
    for name in BACKENDS:
        with keras.backend_scope(name):
            models[name] = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    first = models[BACKENDS[0]]
    for model in models.values():
        model.set_weights(first.get_weights())
        np.testing.assert_allclose(
            model.predict(X, verbose=0), first.predict(X, verbose=0), atol=1e-5
        )
        # A Variable of another backend is a value like any other.
        model.weights[1].assign(first.weights[1])
