"""The recurrent layers and calls whose numbers come from PyPI's Keras.

The same text makes the numbers (`make_golden.py`) and checks them: it uses public names
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import keras

layers = keras.layers
HOLES = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [0, 0, 1, 1, 1]], bool)
PADDED = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)
STATE = np.random.default_rng(5).standard_normal((3, 4)).astype("float32")


@dataclass
class Case:
    """How a layer is made, what it is called with, how often it is called."""

    make: Callable[[], Any]
    call: dict[str, Any] = field(default_factory=dict)
    calls: int = 1
    shape: tuple[int, ...] = (3, 5, 6)


def _of(name: str, **arguments: Any) -> Callable[[], Any]:
    return lambda: getattr(layers, name)(4, **arguments)


def _stacked() -> Any:
    cells = [layers.LSTMCell(4), layers.GRUCell(3), layers.SimpleRNNCell(2)]
    return layers.RNN(cells, return_sequences=True, return_state=True)


def _both(name: str, **arguments: Any) -> Callable[[], Any]:
    return lambda: layers.Bidirectional(getattr(layers, name)(4, **arguments))


def _common(name: str, states: int) -> dict[str, Case]:
    """The cases that every recurrent layer has."""
    every = {"return_sequences": True, "return_state": True}
    start = {"initial_state": [STATE, -STATE][:states]}
    return {
        "plain": Case(_of(name)),
        "every": Case(_of(name, **every)),
        "holes": Case(_of(name, **every), {"mask": HOLES}),
        "padded": Case(_of(name, **every), {"mask": PADDED}),
        "last_of_padded": Case(_of(name), {"mask": PADDED}),
        "backwards": Case(_of(name, go_backwards=True, **every)),
        "backwards_holes": Case(_of(name, go_backwards=True, **every), {"mask": HOLES}),
        "zeros": Case(_of(name, zero_output_for_mask=True, **every), {"mask": HOLES}),
        "start": Case(_of(name, **every), start),
        "start_holes": Case(_of(name, **every), {"mask": HOLES, **start}),
        "stateful": Case(_of(name, stateful=True, return_sequences=True), calls=2),
        "unrolled": Case(_of(name, unroll=True, **every), {"mask": PADDED}),
        "no_bias": Case(_of(name, use_bias=False)),
        "relu": Case(_of(name, activation="relu")),
        "both": Case(_both(name, return_sequences=True), {"mask": HOLES}),
        "both_last": Case(_both(name), {"mask": PADDED}),
    }


def _convolutional() -> dict[str, Case]:
    """Those of ConvLSTM layers; PyPI's takes no masks."""
    every = {"return_sequences": True, "return_state": True}
    first = {"data_format": "channels_first"}

    def of(rank: int, *shape: int, calls: int = 1, **arguments: Any) -> Case:
        name = f"ConvLSTM{rank}D"
        make = lambda: getattr(layers, name)(2, 3, **arguments)  # noqa: E731
        return Case(make, shape=(2, 3, *shape), calls=calls)

    return {
        "conv1d": of(1, 5, 2),
        "conv1d_every": of(1, 5, 2, **every),
        "conv1d_strides": of(1, 6, 2, strides=2, padding="same", **every),
        "conv1d_dilated": of(1, 6, 2, dilation_rate=2, **every),
        "conv1d_backwards": of(1, 5, 2, go_backwards=True, **every),
        "conv1d_stateful": of(1, 5, 2, stateful=True, calls=2),
        "conv1d_no_bias": of(1, 5, 2, use_bias=False, activation="relu"),
        "conv1d_first": of(1, 2, 5, **first, **every),
        "conv1d_hard": of(1, 5, 2, recurrent_activation="hard_sigmoid"),
        "conv2d": of(2, 4, 5, 2, padding="same", **every),
        "conv2d_first": of(2, 2, 4, 5, strides=2, **first, **every),
        "conv3d": of(3, 3, 4, 3, 2, **every),
    }


def _cases() -> dict[str, Case]:
    found = {}
    for name, states in {"LSTM": 2, "GRU": 1, "SimpleRNN": 1}.items():
        for key, case in _common(name, states).items():
            found[f"{name}_{key}"] = case
    before = {"reset_after": False}
    every = {"return_sequences": True, "return_state": True, **before}
    found["GRU_before"] = Case(_of("GRU", **every))
    found["GRU_before_holes"] = Case(_of("GRU", **every), {"mask": HOLES})
    found["GRU_before_relu"] = Case(_of("GRU", activation="relu", **before))
    found["GRU_before_no_bias"] = Case(_of("GRU", use_bias=False, **before))
    found["GRU_hard"] = Case(_of("GRU", recurrent_activation="hard_sigmoid"))
    found.update(_convolutional())
    found["stacked"] = Case(_stacked)
    found["stacked_holes"] = Case(_stacked, {"mask": HOLES})
    return found


CASES = _cases()


def inputs(shape: tuple[int, ...] = (3, 5, 6)) -> np.ndarray:
    """Sequences, `(batch, time, ...)`."""
    return np.random.default_rng(4).standard_normal(shape).astype("float32")


def weights_of(layer: Any) -> list[np.ndarray]:
    """Values for the layer's weights, biases among them, the same wherever made."""
    generator = np.random.default_rng(6)
    return [
        0.5 * generator.standard_normal(w.shape).astype("float32")
        for w in layer.get_weights()
    ]


def outputs_of(case: Case) -> list[np.ndarray]:
    """What the layer of a case gives for the sample inputs."""
    layer, x = case.make(), inputs(case.shape)
    layer.build(x.shape)
    layer.set_weights(weights_of(layer))
    outputs = None
    for _ in range(case.calls):
        outputs = layer(x, **case.call)
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(outputs)]
