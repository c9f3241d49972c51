"""Numbers of PyPI's Keras 3.15 (on JAX), for the same weights and inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

GOLDEN = dict(np.load(Path(__file__).parent / "golden.npz"))
MASK = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0]], bool)


def _bidirectional(*, merge_mode: str = "concat", **kwargs: Any) -> Any:
    return keras.layers.Bidirectional(keras.layers.LSTM(4, **kwargs), merge_mode)


# Name in the file -> layer, its arguments, and those of the call.
CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "dense": ("Dense", {"units": 4, "activation": "gelu"}, {}),
    "conv1d_causal": (
        "Conv1D",
        {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
        {},
    ),
    "conv2d": (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
        {},
    ),
    "conv2d_groups": ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, {}),
    "conv3d": ("Conv3D", {"filters": 2, "kernel_size": 2}, {}),
    "depthwise": (
        "DepthwiseConv2D",
        {"kernel_size": 3, "depth_multiplier": 2, "strides": 2},
        {},
    ),
    "separable": (
        "SeparableConv2D",
        {"filters": 4, "kernel_size": 3, "padding": "same"},
        {},
    ),
    "batch_norm": ("BatchNormalization", {}, {}),
    "batch_norm_train": ("BatchNormalization", {"momentum": 0.9}, {"training": True}),
    "batch_norm_mask": (
        "BatchNormalization",
        {"momentum": 0.9},
        {"training": True, "mask": MASK},
    ),
    "layer_norm": ("LayerNormalization", {"axis": (1, 2)}, {}),
    "einsum": (
        "EinsumDense",
        {
            "equation": "abc,cd->abd",
            "output_shape": (None, 4),
            "bias_axes": "d",
            "activation": "relu",
        },
        {},
    ),
    "mha": ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4}, {}),
    "mha_causal": (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 4},
        {"use_causal_mask": True},
    ),
    "mha_masks": (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 4, "output_shape": 3},
        {"value_mask": MASK, "return_attention_scores": True},
    ),
    "mha_window": (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 4, "sliding_window": 2},
        {},
    ),
    "mha_axes": (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 4, "attention_axes": (2,)},
        {},
    ),
    "lstm": ("LSTM", {"units": 4, "return_sequences": True, "return_state": True}, {}),
    "lstm_mask": (
        "LSTM",
        {"units": 4, "return_sequences": True, "return_state": True},
        {"mask": MASK},
    ),
    "lstm_backwards": (
        "LSTM",
        {"units": 4, "go_backwards": True, "return_sequences": True},
        {"mask": MASK},
    ),
    "lstm_relu": (
        "LSTM",
        {"units": 4, "activation": "relu", "recurrent_activation": "hard_sigmoid"},
        {},
    ),
    "bidirectional": (_bidirectional, {"return_sequences": True}, {"mask": MASK}),
    "bidirectional_sum": (
        _bidirectional,
        {"return_state": True, "merge_mode": "sum"},
        {},
    ),
    "gap1d": ("GlobalAveragePooling1D", {}, {"mask": MASK}),
    "softmax_mask": ("Softmax", {}, {"mask": MASK}),
    "relu": ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, {}),
    "flatten_first": ("Flatten", {"data_format": "channels_first"}, {}),
    "average_same": (
        "AveragePooling2D",
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {},
    ),
    "max_same": (
        "MaxPooling2D",
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {},
    ),
    "time_distributed": (
        lambda: keras.layers.TimeDistributed(keras.layers.Dense(4)),
        {},
        {},
    ),
}


def stored(case: str, kind: str) -> list[np.ndarray]:
    """The arrays of a case: inputs `x`, weights `w` and `v` after, outputs `y`."""
    found = []
    while f"{case}/{kind}{len(found)}" in GOLDEN:
        found.append(GOLDEN[f"{case}/{kind}{len(found)}"])
    return found


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_keras_3(case: str, backend: str) -> None:
    make, arguments, call = CASES[case]
    made = getattr(keras.layers, make) if isinstance(make, str) else make
    layer = made(**arguments)
    inputs = stored(case, "x")
    layer(*inputs)
    layer.set_weights(stored(case, "w"))
    outputs = keras.tree.flatten(layer(*inputs, **call))
    expected = stored(case, "y")
    assert expected
    for found, wanted in zip(outputs, expected, strict=True):
        found = keras.ops.convert_to_numpy(found)
        np.testing.assert_allclose(found, wanted, atol=2e-5, rtol=2e-5)
    after = layer.get_weights()
    for found, wanted in zip(after, stored(case, "v"), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_every_stored_case_is_tested() -> None:
    assert {key.partition("/")[0] for key in GOLDEN} == set(CASES)
