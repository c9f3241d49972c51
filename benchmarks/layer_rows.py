"""The layers that `layers.py` times: how Keras makes each, and what it is called on.

Sizes are those of small real networks, so that a pass takes from some 0.1 to some 30
milliseconds on one core: enough that the arithmetic counts, little enough that what the
layer adds is still seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BATCH = 32
HEADS, WIDTH, STEPS = 4, 64, 64
UNITS = 64


@dataclass(frozen=True)
class Pass:
    """`train` is a pass both ways, and timed; `numbers` gives what it finds as NumPy:
    the output, then the slopes at weights and inputs (on torch, at the inputs)."""

    train: Callable[[], Any]
    numbers: Callable[[], list[np.ndarray]]


@dataclass(frozen=True)
class LayerRow:
    """One layer of the table.

    Args:
        make: From the namespace `keras.layers` to the layer.
        shape: Shape of the input, without the batch.
        copies: How many times the input is given (3: query, value and key).
        lengths: Whether a mask of right padding goes along.
        training: What `training` is.
        integers: Whether inputs are ids below 1000.
        options: More arguments of the call.
    """

    make: Callable[[Any], Any]
    shape: tuple[int, ...]
    copies: int = 1
    lengths: bool = False
    training: bool | None = None
    integers: bool = False
    options: dict[str, Any] | None = None

    def call_options(self, mask: Any = None) -> dict[str, Any]:
        """The keyword arguments of a call, with `mask` as its mask of right padding."""
        options = dict(self.options or {})
        if self.training is not None:
            options["training"] = self.training
        if mask is not None:
            options["mask" if self.copies == 1 else "key_mask"] = mask
        return options

    def arrays(self) -> list[np.ndarray]:
        """The inputs: normal numbers, or ids."""
        rng = np.random.default_rng(0)
        shape = (BATCH, *self.shape)
        if self.integers:
            return [rng.integers(0, 1000, shape)]
        return [rng.normal(size=shape).astype("float32") for _ in range(self.copies)]


def cotangent(shape: Sequence[int]) -> np.ndarray:
    """What comes back to an output of that shape."""
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def right_padding(steps: int) -> np.ndarray:
    """Lengths of the batch, from half the steps to all of them."""
    return np.linspace(steps // 2, steps, BATCH).astype("int64")


IMAGE, LINE, VOLUME, SEQUENCE = (32, 32, 16), (128, 32), (12, 12, 12, 8), (STEPS, WIDTH)

ROWS: dict[str, LayerRow] = {
    "Dense": LayerRow(lambda k: k.Dense(256), (256,)),
    "Dense, sequence": LayerRow(lambda k: k.Dense(256, activation="relu"), SEQUENCE),
    "EinsumDense": LayerRow(
        lambda k: k.EinsumDense("abc,cde->abde", (None, 4, 64), bias_axes="de"),
        SEQUENCE,
    ),
    "Embedding": LayerRow(lambda k: k.Embedding(1000, 64), (STEPS,), integers=True),
    "Conv1D": LayerRow(lambda k: k.Conv1D(64, 3), LINE),
    "Conv1D, causal": LayerRow(
        lambda k: k.Conv1D(64, 3, padding="causal", dilation_rate=2), LINE
    ),
    "Conv2D": LayerRow(lambda k: k.Conv2D(32, 3), IMAGE),
    "Conv2D, same": LayerRow(lambda k: k.Conv2D(32, 3, padding="same"), IMAGE),
    "Conv2D, same, strided": LayerRow(
        lambda k: k.Conv2D(32, 3, strides=2, padding="same"), IMAGE
    ),
    "Conv2D, dilated": LayerRow(lambda k: k.Conv2D(32, 3, dilation_rate=2), IMAGE),
    "Conv2D, grouped": LayerRow(lambda k: k.Conv2D(32, 3, groups=4), IMAGE),
    "Conv2D, channels first": LayerRow(
        lambda k: k.Conv2D(32, 3, data_format="channels_first"), (16, 32, 32)
    ),
    "Conv3D": LayerRow(lambda k: k.Conv3D(16, 3), VOLUME),
    "Conv1DTranspose": LayerRow(lambda k: k.Conv1DTranspose(32, 3, strides=2), LINE),
    "Conv2DTranspose": LayerRow(lambda k: k.Conv2DTranspose(16, 3, strides=2), IMAGE),
    "Conv3DTranspose": LayerRow(lambda k: k.Conv3DTranspose(8, 3, strides=2), VOLUME),
    "DepthwiseConv1D": LayerRow(lambda k: k.DepthwiseConv1D(3), LINE),
    "DepthwiseConv2D": LayerRow(lambda k: k.DepthwiseConv2D(3), IMAGE),
    "SeparableConv1D": LayerRow(lambda k: k.SeparableConv1D(64, 3), LINE),
    "SeparableConv2D": LayerRow(lambda k: k.SeparableConv2D(32, 3), IMAGE),
    "MaxPooling1D": LayerRow(lambda k: k.MaxPooling1D(2), LINE),
    "MaxPooling2D": LayerRow(lambda k: k.MaxPooling2D(2), IMAGE),
    "MaxPooling3D": LayerRow(lambda k: k.MaxPooling3D(2), VOLUME),
    "AveragePooling1D": LayerRow(lambda k: k.AveragePooling1D(2), LINE),
    "AveragePooling2D": LayerRow(lambda k: k.AveragePooling2D(2), IMAGE),
    "AveragePooling3D": LayerRow(lambda k: k.AveragePooling3D(2), VOLUME),
    "GlobalAveragePooling2D": LayerRow(lambda k: k.GlobalAveragePooling2D(), IMAGE),
    "GlobalMaxPooling2D": LayerRow(lambda k: k.GlobalMaxPooling2D(), IMAGE),
    "AdaptiveAveragePooling2D": LayerRow(
        lambda k: k.AdaptiveAveragePooling2D(4), IMAGE
    ),
    "BatchNormalization, training": LayerRow(
        lambda k: k.BatchNormalization(), IMAGE, training=True
    ),
    "BatchNormalization, inference": LayerRow(
        lambda k: k.BatchNormalization(), IMAGE, training=False
    ),
    "LayerNormalization": LayerRow(lambda k: k.LayerNormalization(), SEQUENCE),
    "RMSNormalization": LayerRow(lambda k: k.RMSNormalization(), SEQUENCE),
    "GroupNormalization": LayerRow(lambda k: k.GroupNormalization(4), IMAGE),
    "UnitNormalization": LayerRow(lambda k: k.UnitNormalization(), SEQUENCE),
    "MultiHeadAttention": LayerRow(
        lambda k: k.MultiHeadAttention(HEADS, WIDTH // HEADS), SEQUENCE, 3
    ),
    "MultiHeadAttention, causal": LayerRow(
        lambda k: k.MultiHeadAttention(HEADS, WIDTH // HEADS),
        SEQUENCE,
        3,
        options={"use_causal_mask": True},
    ),
    "MultiHeadAttention, masked": LayerRow(
        lambda k: k.MultiHeadAttention(HEADS, WIDTH // HEADS),
        SEQUENCE,
        3,
        lengths=True,
    ),
    "GroupQueryAttention": LayerRow(
        lambda k: k.GroupQueryAttention(WIDTH // HEADS, HEADS, HEADS // 2), SEQUENCE, 3
    ),
    "LSTM": LayerRow(lambda k: k.LSTM(UNITS, return_sequences=True), SEQUENCE),
    "LSTM, masked": LayerRow(
        lambda k: k.LSTM(UNITS, return_sequences=True), SEQUENCE, lengths=True
    ),
    "GRU": LayerRow(lambda k: k.GRU(UNITS, return_sequences=True), SEQUENCE),
    "GRU, masked": LayerRow(
        lambda k: k.GRU(UNITS, return_sequences=True), SEQUENCE, lengths=True
    ),
    "Bidirectional LSTM": LayerRow(
        lambda k: k.Bidirectional(k.LSTM(UNITS, return_sequences=True)), SEQUENCE
    ),
    "ConvLSTM1D": LayerRow(
        lambda k: k.ConvLSTM1D(16, 3, return_sequences=True), (16, 32, 8)
    ),
    "ConvLSTM2D": LayerRow(
        lambda k: k.ConvLSTM2D(8, 3, return_sequences=True), (8, 16, 16, 8)
    ),
    "ConvLSTM3D": LayerRow(
        lambda k: k.ConvLSTM3D(4, 3, return_sequences=True), (4, 8, 8, 8, 4)
    ),
}
