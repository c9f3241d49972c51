"""Recurrence: cells with fused kernels against plain loops, masks, and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special

import keras
from keras import ops
from keras.ops.rnn import gru, lstm, rnn

_random = np.random.default_rng(5)
BATCH, STEPS, FEATURES, UNITS = 4, 6, 3, 5


def _floats(*shape: int) -> np.ndarray:
    return _random.normal(size=shape).astype("float32")


X = _floats(BATCH, STEPS, FEATURES)
_LENGTHS = np.array([[6], [3], [1], [0]])
MASKS = {
    "none": None,
    "right": np.arange(STEPS)[None] < _LENGTHS,
    "left": np.arange(STEPS)[None] >= STEPS - _LENGTHS,
    "holes": _random.random((BATCH, STEPS)) > 0.4,
}
GATES = {"lstm": 4, "gru": 3}
WEIGHTS = {
    name: (
        _floats(FEATURES, n * UNITS),
        _floats(UNITS, n * UNITS),
        _floats(4 * UNITS) if name == "lstm" else _floats(2, 3 * UNITS),
    )
    for name, n in GATES.items()
}
STATES = {"lstm": (_floats(BATCH, UNITS), _floats(BATCH, UNITS))}
STATES["gru"] = STATES["lstm"][:1]


def numpy_of(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def reference(
    name: str,
    states: list[np.ndarray],
    mask: Any,
    backwards: bool,
    zero: bool,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Sample by sample and step by step, in float64."""
    kernel, recurrent, bias = (w.astype("float64") for w in WEIGHTS[name])
    outputs = np.zeros((BATCH, STEPS, UNITS))
    finals = [s.astype("float64").copy() for s in states]
    for b in range(BATCH):
        last = np.zeros(UNITS)
        order = range(STEPS - 1, -1, -1) if backwards else range(STEPS)
        for place, t in enumerate(order):
            if mask is not None and not mask[b, t]:
                outputs[b, place] = 0 if zero else last
                continue
            h = finals[0][b]
            if name == "lstm":
                gates = X[b, t] @ kernel + h @ recurrent + bias
                i, f, g, o = np.split(gates, 4)
                i, f, o = map(scipy.special.expit, (i, f, o))
                finals[1][b] = f * finals[1][b] + i * np.tanh(g)
                h = o * np.tanh(finals[1][b])
            else:
                xz, xr, xn = np.split(X[b, t] @ kernel + bias[0], 3)
                hz, hr, hn = np.split(h @ recurrent + bias[1], 3)
                z, r = scipy.special.expit(xz + hz), scipy.special.expit(xr + hr)
                h = z * h + (1 - z) * np.tanh(xn + r * hn)
            finals[0][b] = outputs[b, place] = last = h
    return outputs, finals


@pytest.mark.parametrize("name", list(GATES))
@pytest.mark.parametrize("mask", list(MASKS))
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("stateful", [False, True])
def test_cells(
    backend: str, name: str, mask: str, backwards: bool, stateful: bool
) -> None:
    given = list(STATES[name]) if stateful else [None] * len(STATES[name])
    start = [np.zeros_like(s) if g is None else g for s, g in zip(STATES[name], given)]
    function = {"lstm": lstm, "gru": gru}[name]
    for zero in (False, True):
        outputs, finals = reference(name, start, MASKS[mask], backwards, zero)
        for whole in (False, True):
            found, *states = function(
                X, *WEIGHTS[name], *given, MASKS[mask], go_backwards=backwards,
                return_sequences=whole, zero_output_for_mask=zero,
            )  # fmt: skip
            want = outputs if whole else outputs[:, -1]
            np.testing.assert_allclose(numpy_of(found), want, atol=2e-5)
            for got, expected in zip(states, finals, strict=True):
                np.testing.assert_allclose(numpy_of(got), expected, atol=2e-5)


@pytest.mark.parametrize("name", list(GATES))
def test_cells_without_bias(backend: str, name: str) -> None:
    kernel, recurrent, bias = WEIGHTS[name]
    function = {"lstm": lstm, "gru": gru}[name]
    with_zeros = function(X, kernel, recurrent, np.zeros_like(bias))
    without = function(X, kernel, recurrent)
    for a, b in zip(with_zeros, without, strict=True):
        np.testing.assert_allclose(numpy_of(a), numpy_of(b), atol=1e-6)


def test_cells_symbolic(backend: str) -> None:
    x = keras.KerasTensor((None, None, FEATURES))
    outputs, h, c = lstm(x, *WEIGHTS["lstm"], return_sequences=True)
    assert outputs.shape == (None, None, UNITS)
    assert h.shape == c.shape == (None, UNITS)
    assert gru(x, *WEIGHTS["gru"])[0].shape == (None, UNITS)


def test_cells_of_wrong_shapes(backend: str) -> None:
    kernel, recurrent, _ = WEIGHTS["lstm"]
    with pytest.raises(ValueError, match=r"lstm expects.*\(3, 20\), \(5, 15\)"):
        lstm(X, kernel, recurrent[:, :15].copy())
    with pytest.raises(ValueError, match=r"gru expects inputs of shape \(batch, time"):
        gru(X, kernel, recurrent)


def gradients(name: str, function: Any, values: list[np.ndarray]) -> list[np.ndarray]:
    """Gradients of a scalar function by the framework's own means."""
    tensors = [ops.convert_to_tensor(value) for value in values]
    if name == "jax":
        import jax

        found: Any = jax.grad(lambda ts: function(*ts))(tensors)
    elif name == "tensorflow":
        import tensorflow as tf

        @tf.function(jit_compile=True, autograph=False)
        def run(*tensors: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                result = function(*tensors)
            return tape.gradient(result, tensors)

        found = run(*tensors)
    else:
        import torch

        tensors = [tensor.clone().requires_grad_() for tensor in tensors]
        found = torch.autograd.grad(function(*tensors), tensors)
    return [numpy_of(gradient) for gradient in found]


@pytest.mark.parametrize("name", list(GATES))
@pytest.mark.parametrize("mask", list(MASKS))
def test_gradients_agree(name: str, mask: str) -> None:
    """On each framework (TensorFlow under XLA), with and without fused kernels."""
    weight = _floats(BATCH, STEPS, UNITS)

    def scalar(*tensors: Any) -> Any:
        function = {"lstm": lstm, "gru": gru}[name]
        states = [None] * len(STATES[name])
        outputs, *finals = function(*tensors, *states, MASKS[mask], False, True)
        return ops.sum(ops.multiply(outputs, weight)) + sum(
            ops.sum(final) for final in finals
        )

    found = {}
    for backend in ("jax", "tensorflow", "torch"):
        if backend in keras.backends.installed():
            with keras.backend_scope(backend):
                found[backend] = gradients(backend, scalar, [X, *WEIGHTS[name]])
    assert len(found) > 1
    first, *others = found.values()
    for other in others:
        for a, b in zip(first, other, strict=True):
            np.testing.assert_allclose(a, b, atol=2e-4, rtol=1e-3)


# Any step function ------------------------------------------------------------------


def step(inputs: Any, states: Any) -> tuple[Any, Any]:
    total = states[0] + inputs["a"]
    return total * 2, [total]


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("time_major", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_rnn(backend: str, unroll: bool, time_major: bool, backwards: bool) -> None:
    turn = (lambda v: np.swapaxes(v, 0, 1).copy()) if time_major else (lambda v: v)
    start = [ops.ones((BATCH, FEATURES))]
    inputs = {"a": ops.convert_to_tensor(turn(X))}
    last, outputs, states = rnn(
        step, inputs, start, go_backwards=backwards, unroll=unroll,
        time_major=time_major,
    )  # fmt: skip
    want = 1 + np.cumsum(X[:, ::-1] if backwards else X, axis=1)
    np.testing.assert_allclose(numpy_of(outputs), turn(2 * want), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(numpy_of(last), 2 * want[:, -1], rtol=1e-4, atol=1e-5)
    assert isinstance(states, list)
    np.testing.assert_allclose(numpy_of(states[0]), want[:, -1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("zero", [False, True])
def test_rnn_with_a_mask(backend: str, zero: bool) -> None:
    mask = MASKS["holes"]
    start = [ops.zeros((BATCH, FEATURES))]
    _, outputs, states = rnn(
        step, {"a": ops.convert_to_tensor(X)}, start, mask=ops.convert_to_tensor(mask),
        zero_output_for_mask=zero,
    )  # fmt: skip
    want = 2 * np.cumsum(X * mask[..., None], axis=1)
    want = want * mask[..., None] if zero else want
    np.testing.assert_allclose(numpy_of(outputs), want, rtol=1e-4, atol=1e-5)
    total = (X * mask[..., None]).sum(1)
    np.testing.assert_allclose(numpy_of(states[0]), total, rtol=1e-4, atol=1e-5)


def test_rnn_last_output_only_and_constants(backend: str) -> None:
    def scaled(x: Any, states: Any) -> tuple[Any, Any]:
        total, factor = states
        return total + x * factor, [total + x]

    last, outputs, _ = rnn(
        scaled, ops.convert_to_tensor(X), (ops.zeros((BATCH, FEATURES)),),
        constants=[ops.convert_to_tensor(3.0)], return_all_outputs=False,
    )  # fmt: skip
    want = X[:, :-1].sum(1) + 3 * X[:, -1]
    np.testing.assert_allclose(numpy_of(last), want, rtol=1e-4, atol=1e-5)
    assert tuple(outputs.shape) == (BATCH, 1, FEATURES)


def test_rnn_symbolic(backend: str) -> None:
    x = {"a": keras.KerasTensor((None, STEPS, FEATURES))}
    last, outputs, states = rnn(step, x, [keras.KerasTensor((None, FEATURES))])
    assert last.shape == states[0].shape == (None, FEATURES)
    assert outputs.shape == (None, STEPS, FEATURES)


def test_rnn_errors(backend: str) -> None:
    state = [ops.zeros((BATCH, FEATURES))]
    with pytest.raises(ValueError, match=r"batch and time axes.*\(4,\)"):
        rnn(step, {"a": ops.zeros((4,))}, state)
    with pytest.raises(ValueError, match=r"unroll=True needs a known number"):
        rnn(step, {"a": keras.KerasTensor((None, None, 3))}, state, unroll=True)
    with pytest.raises(ValueError, match=r"mask of a recurrence.*\(4,\)"):
        rnn(step, {"a": ops.convert_to_tensor(X)}, state, mask=ops.ones((4,)))
