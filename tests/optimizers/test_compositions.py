"""Optimizers in generated compositions: several of them, loss scales, averages,
accumulation, clipping. All backends take the same steps."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import keras
from keras import optimizers

SHAPES = {"first": (2, 3), "second": (3,)}
STEPS = 9


def inner(random: np.random.Generator) -> Any:
    """A plain optimizer with some of the options that all have."""
    options: dict[str, Any] = {"learning_rate": float(random.choice([0.01, 0.1]))}
    if random.random() < 0.6:
        clip = str(random.choice(["clipnorm", "clipvalue", "global_clipnorm"]))
        options[clip] = 0.5
    if random.random() < 0.5:
        options |= {"use_ema": True, "ema_momentum": 0.7}
        options["ema_overwrite_frequency"] = random.choice([None, 2])
        if options["ema_overwrite_frequency"] is not None:
            options["ema_overwrite_frequency"] = 2
    if random.random() < 0.5:
        options["gradient_accumulation_steps"] = int(random.integers(2, 4))
    if random.random() < 0.4:
        options["weight_decay"] = 0.01
    kind = str(random.choice(["SGD", "Adam", "RMSprop", "Nadam", "Adagrad"]))
    return getattr(optimizers, kind)(**options)


def composition(seed: int) -> Any:
    """An optimizer of others."""
    random = np.random.default_rng(seed)
    made = inner(random)
    if random.random() < 0.5:
        chosen = optimizers.OptimizerMap(made, {".*second": inner(random)})
        made = optimizers.MultiOptimizer(chosen)
    if random.random() < 0.5:
        made = optimizers.LossScaleOptimizer(made, 4.0, dynamic_growth_steps=3)
    return made


def describe(optimizer: Any) -> str:
    """What an optimizer is made of."""
    name, of = type(optimizer).__name__, getattr(optimizer, "inner_optimizer", None)
    if of is not None:
        return f"{name}({describe(of)})"
    if isinstance(optimizer, optimizers.MultiOptimizer):
        return f"{name}({', '.join(map(describe, optimizer.optimizers))})"
    config = optimizer.get_config()
    names = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "weight_decay")
    names += ("ema_overwrite_frequency", "gradient_accumulation_steps")
    return f"{name}({ {key: config[key] for key in names if config[key]} })"


def steps(seed: int) -> list[np.ndarray]:
    """The variables after each of some steps, and their averages."""
    optimizer = composition(seed)
    random = np.random.default_rng(seed)
    variables = [
        keras.Variable(random.normal(size=shape), dtype="float32", name=name)
        for name, shape in SHAPES.items()
    ]
    found = []
    for step in range(STEPS):
        grads = [random.normal(size=shape) for shape in SHAPES.values()]
        if "LossScale" in type(optimizer).__name__ and step == 4:
            grads[1][0] = np.inf  # it leaves this step out
        scale = float(optimizer.scale_loss(1.0))
        tensors = [keras.ops.convert_to_tensor(scale * g, "float32") for g in grads]
        optimizer.apply(tensors, variables)
        found += [variable.numpy() for variable in variables]
    optimizer.finalize_variable_values(variables)
    return [*found, *(variable.numpy() for variable in variables)]


@cache
def expected(seed: int) -> list[np.ndarray]:
    with keras.backend_scope("numpy"):
        return steps(seed)


@pytest.mark.parametrize("seed", range(16))
def test_compositions_agree(backend: str, seed: int) -> None:
    made = describe(composition(seed))
    for i, (got, wanted) in enumerate(zip(steps(seed), expected(seed), strict=True)):
        np.testing.assert_allclose(
            got, wanted, rtol=1e-4, atol=1e-5, err_msg=f"{made}, value {i}"
        )
    assert np.isfinite(expected(seed)[-1]).all()
    assert not np.allclose(expected(seed)[0], expected(seed)[-2])


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_compositions_come_back_from_their_config(backend: str, seed: int) -> None:
    made = composition(seed)
    again = optimizers.deserialize(optimizers.serialize(made))
    assert describe(again) == describe(made)
