"""Gradients of the tables' rows: by the frameworks, and by finite differences.

The outputs of an op are weighted and summed to one number. Its derivative in each
float input is compared, or, where the inputs are many, along a few random directions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import keras
from keras import ops
from tests.ops.rows import Row, all_rows, flatten, map_arrays

FEW = 32  # up to so many inputs each has its own difference
DIRECTIONS = 4
LARGE = 1e6  # larger outputs would drown the others in the sum


def float_arrays(row: Row) -> list[np.ndarray]:
    """The arguments that a gradient is taken of."""
    leaves = flatten([list(row.args), row.kwargs])
    return [x for x in leaves if isinstance(x, np.ndarray) and x.dtype.kind == "f"]


def with_arrays(row: Row, values: list[Any]) -> tuple[Any, Any]:
    """The row's arguments with other values for its float arrays."""
    feed = iter(values)

    def fill(x: np.ndarray) -> Any:
        return next(feed) if x.dtype.kind == "f" else x

    return map_arrays(fill, row.args), map_arrays(fill, row.kwargs)


def _reference(row: Row, values: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs of the reference; no number where there is none."""
    assert row.reference is not None
    args, kwargs = with_arrays(row, values)
    with np.errstate(all="ignore"):
        return [np.asarray(x) for x in flatten(row.reference(*args, **kwargs))]


@cache
def _weights_of(row_id: str) -> list[np.ndarray | None]:
    row, random = ROWS[row_id], np.random.default_rng(1)
    outputs = _reference(row, [x.astype("float64") for x in float_arrays(row)])
    weights: list[np.ndarray | None] = []
    for output in outputs:
        if output.dtype.kind not in "fc":
            weights.append(None)
            continue
        count = 2 if output.dtype.kind == "c" else 1
        usable = np.isfinite(output) & (np.abs(output) < LARGE)
        one = random.uniform(0.5, 1.5, (count, *output.shape)) * usable
        weights.append(one.astype("float32"))
    return weights


def weights(row: Row) -> list[np.ndarray | None]:
    """Fixed weights of the real (and imaginary) parts; None for integers."""
    return _weights_of(row.id)


def has_gradient(row: Row) -> bool:
    """Whether floats go in and come out, and a reference says what they are."""
    if row.reference is None or not float_arrays(row):
        return False
    return any(weight is not None for weight in weights(row))


def _projected(row: Row, values: list[np.ndarray]) -> float:
    total = 0.0
    for output, weight in zip(_reference(row, values), weights(row), strict=True):
        if weight is not None:
            parts = [output.real, output.imag][: len(weight)]
            for part, one in zip(parts, weight, strict=True):
                total += float(np.sum(np.where(one != 0, part, 0.0) * one))
    return total


def _difference(row: Row, step: list[np.ndarray]) -> float:
    """The derivative along a step, from values beyond and before."""
    values = [x.astype("float64") for x in float_arrays(row)]
    scale = 1e-5 / max(1.0, *(float(np.abs(s).max(initial=0)) for s in step))
    above = [x + scale * s for x, s in zip(values, step, strict=True)]
    below = [x - scale * s for x, s in zip(values, step, strict=True)]
    return (_projected(row, above) - _projected(row, below)) / (2 * scale)


def _steps(row: Row) -> list[list[np.ndarray]]:
    """The directions of the differences: one for each number, or a few random ones."""
    shapes = [x.shape for x in float_arrays(row)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    if sum(sizes) <= FEW:
        flat = np.eye(sum(sizes))
    else:
        flat = np.random.default_rng(2).normal(size=(DIRECTIONS, sum(sizes)))
    ends = np.cumsum(sizes)[:-1]
    return [
        [part.reshape(s) for part, s in zip(np.split(one, ends), shapes, strict=True)]
        for one in flat
    ]


@cache
def _expected_of(row_id: str) -> list[float]:
    return [_difference(ROWS[row_id], step) for step in _steps(ROWS[row_id])]


def check(row: Row, gradients: list[np.ndarray]) -> None:
    """Compares a framework's gradients with the differences."""
    got = [
        sum(float(np.sum(g.astype("float64") * s)) for g, s in zip(gradients, step))
        for step in _steps(row)
    ]
    tolerance = 2e-3 if len(got) != DIRECTIONS else 5e-3
    np.testing.assert_allclose(
        got, _expected_of(row.id), rtol=tolerance, atol=tolerance
    )


def scalar(row: Row) -> Callable[..., Any]:
    """The op as a function of its float tensors, its outputs weighted and summed."""
    factors = weights(row)

    def function(*tensors: Any) -> Any:
        args, kwargs = with_arrays(row, list(tensors))
        total: Any = 0.0
        outputs = flatten(getattr(ops, row.op)(*args, **kwargs))
        for output, weight in zip(outputs, factors, strict=True):
            if weight is None:
                continue
            real = len(weight) == 1
            parts = [output] if real else [ops.real(output), ops.imag(output)]
            for part, one in zip(parts, weight, strict=True):
                used = ops.where(one != 0, ops.cast(part, "float32"), 0.0)
                total = total + ops.sum(used * ops.convert_to_tensor(one))
        return total

    return function


def native(function: Callable[..., Any], values: list[np.ndarray]) -> list[Any]:
    """Gradients of a scalar function by the framework's own means; 0 where none."""
    tensors = [ops.convert_to_tensor(value) for value in values]
    name = keras.config.backend()
    if name == "numpy":  # which has no means but ours
        _, found = keras.value_and_grad(lambda xs: function(*xs))(tensors)
        return found
    if name == "jax":
        import jax

        return list(jax.grad(lambda xs: function(*xs))(tensors))
    if name == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensors)
            result = function(*tensors)
        found = tape.gradient(result, tensors, unconnected_gradients="zero")
        return [tf.convert_to_tensor(gradient) for gradient in found]
    import torch

    tensors = [tensor.clone().requires_grad_() for tensor in tensors]
    result = function(*tensors)
    if not result.requires_grad:
        return [torch.zeros_like(tensor) for tensor in tensors]
    found = torch.autograd.grad(result, tensors, allow_unused=True)
    pairs = zip(found, tensors, strict=True)
    return [torch.zeros_like(t) if g is None else g for g, t in pairs]


def together(rows: list[Row]) -> list[list[np.ndarray]]:
    """Gradients of several rows."""
    calls = [(scalar(row), float_arrays(row)) for row in rows]
    return of_all(calls)


def of_all(
    calls: list[tuple[Callable[..., Any], list[np.ndarray]]],
) -> list[list[np.ndarray]]:
    """Gradients of scalar functions at inputs, on JAX out of one compiled function.

    JAX would compile each step of each op by itself, which takes minutes.
    """
    if keras.config.backend() != "jax":
        found = [native(function, values) for function, values in calls]
    else:
        import jax

        def gradients(inputs: list[list[Any]]) -> list[list[Any]]:
            pairs = zip(calls, inputs, strict=True)
            return [jax.grad(lambda xs, f=f: f(*xs))(xs) for (f, _), xs in pairs]

        found = jax.jit(gradients)([values for _, values in calls])
    return [[np.asarray(ops.convert_to_numpy(g)) for g in gs] for gs in found]


ROWS = {row.id: row for row in all_rows()}
