"""Scales, maps and old arguments of optimizers; optimizers made of others."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import keras
from keras import optimizers


def moved(optimizer: Any, gradient: float, variable: Any) -> float:
    """The value of a scalar variable after one step."""
    optimizer.apply([keras.ops.array(gradient)], [variable])
    return float(variable.numpy())


def test_a_schedule_is_not_overwritten_by_a_number(backend: str) -> None:
    schedule = optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    optimizer = optimizers.SGD(schedule)
    with pytest.raises(TypeError, match="was made with a schedule, so its learning"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.25, 1, 0.5)
    assert float(optimizer.learning_rate) == 0.25


def test_decay_of_keras_2_is_told_and_ignored(backend: str) -> None:
    with pytest.warns(UserWarning, match="no argument `decay` any more; it is ignored"):
        optimizer = optimizers.Adam(0.25, decay=1e-4)
    assert float(optimizer.learning_rate) == 0.25
    with pytest.raises(ValueError, match="has no argument 'lr'"):
        optimizers.Adam(lr=0.1)


def test_adafactor_takes_no_longer_steps_than_relative_ones(backend: str) -> None:
    optimizer = optimizers.Adafactor(0.5, relative_step=False)
    variable, expected = keras.Variable(np.ones(3, "float32")), 1.0
    for step in range(1, 7):
        optimizer.apply([keras.ops.ones(3)], [variable])
        expected *= 1.0 - min(0.5, step**-0.5)
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-3)


@pytest.mark.parametrize("option", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_optimizers_that_clip_pickle(option: str, backend: str) -> None:
    optimizer, variable = optimizers.Adam(0.5, **{option: 0.1}), keras.Variable(1.0)
    moved(optimizer, 3.0, variable)
    for again in (pickle.loads(pickle.dumps(optimizer)), copy.deepcopy(optimizer)):
        assert getattr(again, option) == 0.1
        assert len(again.variables) == len(optimizer.variables)
        clipped = again._keras_clip([keras.ops.array([30.0, 40.0])])[0]
        assert float(keras.ops.max(clipped)) <= 0.1 + 1e-6


def test_a_loss_scale_takes_over_from_the_one_inside(backend: str) -> None:
    inner, variable = optimizers.SGD(0.5, loss_scale_factor=64.0), keras.Variable(3.0)
    optimizer = optimizers.LossScaleOptimizer(inner, initial_scale=8.0)
    assert inner.loss_scale_factor is None
    assert float(optimizer.scale_loss(1.0)) == 8.0
    assert moved(optimizer, 16.0, variable) == 2.0


def test_a_gradient_that_overwrites_is_not_scaled(backend: str) -> None:
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5), initial_scale=4.0)
    variable = keras.Variable(1.0)
    variable.overwrite_with_gradient = True
    assert moved(optimizer, 7.0, variable) == 7.0
    assert moved(optimizer, float("nan"), variable) == 7.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"clipnorm": 1.0},
        {"clipvalue": 1.0},
        {"global_clipnorm": 1.0},
        {"loss_scale_factor": 1.0},
        {"weight_decay": 0.1},
        {"use_ema": True},
        {"gradient_accumulation_steps": 2},
    ],
)
def test_options_of_the_optimizer_inside_are_refused(arguments: Any) -> None:
    with pytest.raises(ValueError, match="set it on the optimizer inside"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), **arguments)


def test_loss_scales_are_dynamic(backend: str) -> None:
    optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic=True)
    with pytest.raises(ValueError, match="it has no `dynamic=False`"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic=False)
    with pytest.raises(ValueError, match="has no argument 'nothing'"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), nothing=1)
    with pytest.raises(ValueError, match=r"wraps a keras\.optimizers\.Optimizer"):
        optimizers.LossScaleOptimizer("sgd")


def test_what_two_patterns_match_is_refused(backend: str) -> None:
    chosen = optimizers.OptimizerMap(optimizers.SGD())
    chosen["block.*"], chosen[".*kernel"] = optimizers.Adam(), optimizers.RMSprop()
    with keras.name_scope("block"):
        both = keras.Variable(0.0, name="kernel")
    with pytest.raises(ValueError, match=r"match the variable 'block/kernel'"):
        chosen(both)
    assert chosen(keras.Variable(0.0, name="kernel")) is chosen[".*kernel"]
    assert chosen(keras.Variable(0.0, name="bias")) is chosen.default_optimizer


@pytest.mark.parametrize("where", ["item", "map", "default"])
@pytest.mark.parametrize("kind", ["LossScaleOptimizer", "MultiOptimizer"])
def test_a_map_holds_no_optimizers_of_optimizers(kind: str, where: str) -> None:
    plain = optimizers.SGD()
    of = plain if kind == "LossScaleOptimizer" else optimizers.OptimizerMap(plain)
    wrapped = getattr(optimizers, kind)(of)
    with pytest.raises(ValueError, match=f"cannot hold a {kind}"):
        if where == "default":
            optimizers.OptimizerMap(wrapped)
        elif where == "map":
            optimizers.OptimizerMap(plain, {"a": wrapped})
        else:
            optimizers.OptimizerMap(plain)["a"] = wrapped


def test_a_pattern_has_one_optimizer(backend: str) -> None:
    chosen = optimizers.OptimizerMap(optimizers.SGD(), {"a": optimizers.Adam()})
    with pytest.raises(ValueError, match="has an optimizer for 'a' already"):
        chosen["a"] = optimizers.SGD()
    del chosen["a"]
    chosen["a"] = optimizers.SGD()
    with pytest.raises(TypeError, match="`default_optimizer` of OptimizerMap must be"):
        optimizers.OptimizerMap("sgd")


def test_all_optimizers_are_listed(backend: str) -> None:
    unused, used, default = (optimizers.SGD(0.5, name=n) for n in "abc")
    chosen = optimizers.OptimizerMap(default, {"nothing": unused, "v.*": used})
    several = optimizers.MultiOptimizer(chosen)
    assert several.optimizers == [unused, used, default]
    assert moved(several, 2.0, keras.Variable(3.0, name="v")) == 2.0
    assert [int(each.iterations) for each in several.optimizers] == [0, 1, 0]
    by_function = optimizers.MultiOptimizer(lambda variable: used)
    assert by_function.optimizers == []


def test_several_optimizers_scale_the_loss_once(backend: str) -> None:
    inner = optimizers.SGD(0.5, loss_scale_factor=4.0)
    several = optimizers.MultiOptimizer(
        optimizers.OptimizerMap(inner), loss_scale_factor=10.0
    )
    assert float(several.scale_loss(1.0)) == 10.0
    assert moved(several, 20.0, keras.Variable(3.0)) == 2.0
    again = optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.SGD(0.5)), loss_scale_factor=5.0
    )
    scaled = optimizers.LossScaleOptimizer(again, initial_scale=10.0)
    assert again.loss_scale_factor is None
    assert moved(scaled, 20.0, keras.Variable(3.0)) == 2.0
