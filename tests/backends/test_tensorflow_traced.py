"""Compiled functions on TensorFlow: known traces are called as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

tf = pytest.importorskip("tensorflow")


@pytest.fixture(autouse=True)
def on_tensorflow() -> Iterator[None]:
    with keras.backend_scope("tensorflow"):
        yield


def traced() -> tuple[Any, list[tuple[int, ...]]]:
    """A compiled function, and the shapes that its Python has seen."""
    seen: list[tuple[int, ...]] = []

    def double(x: Any) -> Any:
        seen.append(tuple(x.shape))
        return 2 * x

    return keras.jit(double), seen


def test_it_is_traced_once_for_a_shape_and_in_general_for_many() -> None:
    double, seen = traced()
    for rows in [3] * 5 + [4, 5, 6, 7] * 3:
        x = np.arange(rows, dtype="float32")
        np.testing.assert_array_equal(double(x), 2 * x)
    # Once to trace it, and once for a look at its ops.
    assert len(seen) <= 4, seen


def test_gradients_pass_through_a_known_trace() -> None:
    double, _ = traced()
    x = tf.constant([1.0, 2.0])
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(double(x) ** 2)
        np.testing.assert_allclose(tape.gradient(y, x), [8.0, 16.0])


def test_variables_have_the_values_of_now() -> None:
    factor = keras.Variable(2.0)
    scaled = keras.jit(lambda x: x * factor)
    counted = keras.jit(lambda x: factor.assign(factor + x[0]))
    x = tf.constant([1.0, 3.0])
    for _ in range(4):
        before = float(factor)
        np.testing.assert_allclose(scaled(x), before * x.numpy())
        counted(x)
        assert float(factor) == before + 1


def test_a_debugger_and_a_strategy_are_asked() -> None:
    double, seen = traced()
    x = tf.constant([1.0])
    for _ in range(3):
        double(x)
    count = len(seen)
    tf.config.run_functions_eagerly(True)
    try:
        double(x)
        assert len(seen) == count + 1
    finally:
        tf.config.run_functions_eagerly(False)
    strategy = tf.distribute.OneDeviceStrategy("/CPU:0")
    with strategy.scope():
        np.testing.assert_array_equal(double(x), [2.0])
    with tf.device("/CPU:0"):
        for _ in range(3):
            np.testing.assert_array_equal(double(x), [2.0])


def test_python_that_reads_its_arguments_is_not_taken_for_known() -> None:
    power = keras.jit(lambda x, exponent: ops.power(x, exponent))
    x = tf.constant([2.0])
    for exponent in (1.0, 2.0, 3.0, 2.0, 3.0, 1.0):
        np.testing.assert_allclose(power(x, exponent), [2.0**exponent])


def test_pads_to_a_size_that_only_the_graph_knows() -> None:
    @tf.function(input_signature=[tf.TensorSpec((None, 2))])
    def filled(x: Any) -> Any:
        missing = 5 - tf.shape(x, out_type=tf.int64)[0]
        return ops.pad(x, [[0, missing], [1, 0]], constant_values=-1.0)

    found = filled(tf.ones((3, 2))).numpy()
    assert found.tolist() == [[-1, 1, 1]] * 3 + [[-1, -1, -1]] * 2
