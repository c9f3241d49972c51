"""Kernels of convolutions lie in memory as torch reads them; nobody else notices."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

LAST: dict[str, Any] = {"data_format": "channels_last"}
FIRST: dict[str, Any] = {"data_format": "channels_first"}
ROWS: dict[str, tuple[layers.Layer, tuple[int, ...], dict[str, tuple[int, ...]]]] = {
    "1d": (layers.Conv1D(6, 3, **LAST), (8, 4), {"kernel": (2, 0, 1)}),
    "2d": (layers.Conv2D(6, (3, 2), **LAST), (8, 8, 4), {"kernel": (3, 0, 1, 2)}),
    "first": (layers.Conv2D(6, 3, **FIRST), (4, 8, 8), {"kernel": (3, 2, 0, 1)}),
    "grouped": (
        layers.Conv2D(6, 3, groups=2, **LAST),
        (8, 8, 4),
        {"kernel": (3, 0, 1, 2)},
    ),
    "3d": (layers.Conv3D(6, 2, **LAST), (4, 4, 4, 3), {"kernel": (4, 0, 1, 2, 3)}),
    "depthwise": (
        layers.DepthwiseConv2D(3, depth_multiplier=2, **LAST),
        (8, 8, 4),
        {"kernel": (2, 3, 0, 1)},
    ),
    "separable": (
        layers.SeparableConv1D(6, 3, **LAST),
        (8, 4),
        {"depthwise_kernel": (1, 2, 0), "pointwise_kernel": (2, 0, 1)},
    ),
    "lstm": (
        layers.LSTMCell(5),
        (4,),
        {"kernel": (1, 0), "recurrent_kernel": (1, 0)},
    ),
    "convolutional lstm": (
        layers.ConvLSTM1D(5, 3, **LAST).cell,
        (8, 4),
        {"kernel": (2, 0, 1), "recurrent_kernel": (2, 0, 1)},
    ),
}


def lies(value: Any, order: tuple[int, ...]) -> bool:
    return value.permute(order).is_contiguous()


@pytest.fixture(autouse=True)
def _on_torch() -> Iterator[None]:
    """Only torch has tensors whose memory has an order of its own."""
    pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        yield


@pytest.mark.parametrize("row", ROWS)
def test_kernels_lie_as_torch_reads_them(row: str) -> None:
    made, shape, orders = ROWS[row]
    layer = type(made).from_config(made.get_config())
    layer.build((None, *shape))
    for name, order in orders.items():
        kernel = getattr(layer, name)
        array = np.random.default_rng(1).normal(size=kernel.shape).astype("float32")
        kernel.assign(array)
        assert lies(kernel.value, order)
        read = kernel.numpy()
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read, array)


def net() -> keras.Sequential:
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.DepthwiseConv2D(2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def test_copies_and_files_keep_the_order(tmp_path: Path) -> None:
    model = net()
    model.optimizer.build(model.trainable_variables)
    path = tmp_path / "net.keras"
    model.save(path)
    copies = [
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        keras.models.clone_model(model),
        keras.models.load_model(path),
    ]
    for each in copies:
        assert lies(each.get_layer("conv").kernel.value, (3, 0, 1, 2))
    for mine, theirs in zip(model.get_weights(), copies[-1].get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "adagrad"])
def test_training_does_not_hang_on_the_order(optimizer: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(16, 6, 6, 3)).astype("float32")
    y = rng.normal(size=(16, 1)).astype("float32")
    model = net()
    moved = copy.deepcopy(model)
    for each in (model, moved):
        each.compile(optimizer, "mse")
        each.optimizer.build(each.trainable_variables)
    kernel = model.get_layer("conv").kernel
    slots = [v for v in model.optimizer.variables if v.shape == kernel.shape]
    assert all(lies(slot.value, (3, 0, 1, 2)) for slot in slots)
    # As after `model.to(memory_format=...)`: the weights lie otherwise than the state.
    other = moved.get_layer("conv").kernel.value
    other.data = other.data.contiguous()
    for each in (model, moved):
        each.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert lies(kernel.value, (3, 0, 1, 2))
    for a, b in zip(model.get_weights(), moved.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
