"""The table of layers: how each is made, and on what it is called.

A row is a layer's name, its arguments, and the shapes of its inputs. `"int"` in place
of a shape is a batch of integers. A layer that wraps others has a function that makes
the arguments, so that each row makes its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import keras


@dataclass
class Row:
    """One layer and its sample inputs."""

    layer: str
    arguments: Any = field(default_factory=dict)
    shape: Any = (2, 5, 3)
    is_list: bool = False
    # Whether the Keras of PyPI has it too: its masks and slopes are recorded then.
    published: bool = True

    @property
    def name(self) -> str:
        """The row's name in test ids."""
        given = {} if callable(self.arguments) else self.arguments
        return "-".join([self.layer, *(f"{k}={v}" for k, v in given.items())])

    def make(self, **more: Any) -> Any:
        """A new layer on the current backend."""
        given = self.arguments() if callable(self.arguments) else self.arguments
        return getattr(keras.layers, self.layer)(**given, **more)

    def inputs(self, seed: int = 0) -> Any:
        """Sample input, the same on every backend."""
        generator = np.random.default_rng(seed)
        if self.shape == "int":
            return generator.integers(0, 9, (2, 5)).astype("int32")
        if isinstance(self.shape, list):
            return [generator.standard_normal(s).astype("float32") for s in self.shape]
        return generator.standard_normal(self.shape).astype("float32")

    def symbols(self) -> Any:
        """KerasTensors like the inputs, with an open batch size."""
        if self.shape == "int":
            return keras.Input((5,), dtype="int32")
        if isinstance(self.shape, list):
            return [keras.Input(s[1:]) for s in self.shape]
        return keras.Input(self.shape[1:])


def _lstm(**more: Any) -> Any:
    return lambda: {"layer": keras.layers.LSTM(4, **more)}


def _stacked() -> Any:
    layers = keras.layers
    cells = [layers.LSTMCell(4), layers.GRUCell(3), layers.SimpleRNNCell(2)]
    return {"cell": cells, "return_sequences": True}


ROWS = [
    Row("Dense", {"units": 4, "activation": "relu"}),
    Row("Dense", {"units": 4, "use_bias": False}, (2, 3)),
    Row(
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 4), "bias_axes": "de"},
    ),
    Row(
        "EinsumDense",
        {"equation": "...x,xy->...y", "output_shape": 4, "bias_axes": "y"},
    ),
    Row(
        "EinsumDense",
        {"equation": "abc,bd->adc", "output_shape": (7, 3), "bias_axes": "d"},
    ),
    Row("Embedding", {"input_dim": 9, "output_dim": 4}, "int"),
    Row("Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": True}, "int"),
    Row("ReversibleEmbedding", {"input_dim": 9, "output_dim": 4}, "int"),
    Row(
        "ReversibleEmbedding",
        {"input_dim": 9, "output_dim": 4, "tie_weights": False, "mask_zero": True},
        "int",
    ),
    Row("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (2, 8, 3)),
    Row("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2}, (2, 8, 8, 3)),
    Row(
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "data_format": "channels_first"},
        (2, 3, 8, 7),
    ),
    Row("Conv3D", {"filters": 4, "kernel_size": 2}, (2, 4, 4, 4, 3)),
    Row("DepthwiseConv1D", {"kernel_size": 3}, (2, 8, 3)),
    Row("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (2, 8, 8, 3)),
    Row("SeparableConv1D", {"filters": 4, "kernel_size": 3}, (2, 8, 3)),
    Row("SeparableConv2D", {"filters": 4, "kernel_size": 3}, (2, 8, 8, 3)),
    Row("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2}, (2, 5, 3)),
    Row(
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
        (2, 4, 5, 3),
    ),
    Row(
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": 2, "data_format": "channels_first"},
        (2, 3, 4, 5),
    ),
    Row(
        "Conv3DTranspose",
        {"filters": 2, "kernel_size": 2, "strides": 2, "output_padding": 1},
        (2, 2, 3, 2, 3),
    ),
    Row("Cropping1D", {"cropping": (1, 2)}, (2, 8, 3)),
    Row("Cropping2D", {"cropping": ((1, 2), (0, 3))}, (2, 8, 8, 3)),
    Row("Cropping3D", {}, (2, 4, 3, 4, 3)),
    Row("ZeroPadding1D", {"data_format": "channels_first"}, (2, 8, 3)),
    Row("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}, (2, 4, 4, 3)),
    Row("ZeroPadding3D", {"padding": 2}, (2, 2, 2, 2, 3)),
    Row("UpSampling1D", {"size": 3}, (2, 4, 3)),
    Row("UpSampling2D", {"size": (2, 3)}, (2, 4, 4, 3)),
    Row("UpSampling2D", {"interpolation": "bilinear"}, (2, 4, 4, 3)),
    Row("UpSampling3D", {"data_format": "channels_first"}, (2, 3, 2, 2, 2)),
    Row("MaxPooling1D", {}, (2, 8, 3)),
    Row("MaxPooling2D", {"pool_size": 3, "padding": "same"}, (2, 8, 8, 3)),
    Row("MaxPooling3D", {}, (2, 4, 4, 4, 3)),
    Row("AveragePooling1D", {"pool_size": 2}, (2, 8, 3)),
    Row(
        "AveragePooling2D",
        {"pool_size": 2, "data_format": "channels_first"},
        (2, 3, 8, 8),
    ),
    Row("AveragePooling3D", {"pool_size": 2}, (2, 4, 4, 4, 3)),
    Row("GlobalAveragePooling1D", {}, (2, 8, 3)),
    Row("GlobalAveragePooling2D", {"keepdims": True}, (2, 8, 8, 3)),
    Row("GlobalAveragePooling3D", {}, (2, 4, 4, 4, 3)),
    Row("GlobalMaxPooling1D", {"data_format": "channels_first"}, (2, 3, 8)),
    Row("GlobalMaxPooling2D", {}, (2, 8, 8, 3)),
    Row("GlobalMaxPooling3D", {"keepdims": True}, (2, 4, 4, 4, 3)),
    Row("AdaptiveAveragePooling1D", {"output_size": 3}, (2, 8, 3)),
    Row("AdaptiveAveragePooling2D", {"output_size": (2, 3)}, (2, 5, 7, 3)),
    Row("AdaptiveAveragePooling3D", {"output_size": 2}, (2, 3, 4, 5, 3)),
    Row("AdaptiveMaxPooling1D", {"output_size": 2}, (2, 7, 3)),
    Row(
        "AdaptiveMaxPooling2D",
        {"output_size": (2, 3), "data_format": "channels_first"},
        (2, 3, 5, 7),
    ),
    Row("AdaptiveMaxPooling3D", {"output_size": (1, 2, 3)}, (2, 3, 4, 5, 3)),
    Row("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]}),
    Row("CenterCrop", {"height": 3, "width": 4}, (2, 5, 6, 3)),
    Row("Resizing", {"height": 3, "width": 4}, (2, 5, 6, 3)),
    Row("AutoContrast", {}, (2, 5, 6, 3)),
    Row("MelSpectrogram", {"fft_length": 16, "sequence_stride": 8}, (2, 64)),
    Row("STFTSpectrogram", {"mode": "psd", "frame_length": 8}, (2, 32, 2)),
    Row("STFTSpectrogram", {"frame_length": 6, "expand_dims": True}, (2, 32, 2)),
    Row("Flatten", {}, (2, 3, 4)),
    Row("Flatten", {"data_format": "channels_first"}, (2, 3, 4, 4)),
    Row("Flatten", {}, "int"),
    Row("Reshape", {"target_shape": (-1, 2)}, (2, 3, 4)),
    Row("Permute", {"dims": (2, 1)}, (2, 3, 4)),
    Row("RepeatVector", {"n": 3}, (2, 4)),
    Row("Activation", {"activation": "gelu"}),
    Row("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    Row("LeakyReLU", {"negative_slope": 0.1}),
    Row("PReLU", {"alpha_initializer": "ones"}),
    Row("PReLU", {"alpha_initializer": "he_normal", "shared_axes": [1]}),
    Row("ELU", {"alpha": 0.5}),
    Row("Softmax"),
    Row("Softmax", {"axis": (1, 2)}),
    Row("Dropout", {"rate": 0.5, "seed": 1}),
    Row("AlphaDropout", {"rate": 0.5, "noise_shape": (None, 1, 3), "seed": 1}),
    Row("GaussianDropout", {"rate": 0.5, "seed": 1}),
    Row("GaussianNoise", {"stddev": 0.5, "seed": 1}),
    Row("SpatialDropout1D", {"rate": 0.5, "seed": 1}),
    Row("SpatialDropout2D", {"rate": 0.5, "seed": 1}, (2, 4, 4, 3)),
    Row(
        "SpatialDropout3D",
        {"rate": 0.5, "data_format": "channels_first", "seed": 1},
        (2, 3, 4, 2, 2),
    ),
    Row("ActivityRegularization", {"l1": 0.1, "l2": 0.2}),
    Row("BatchNormalization", {}, (4, 5, 3)),
    Row("BatchNormalization", {"axis": 1, "scale": False}, (4, 5, 3)),
    Row("BatchNormalization", {"renorm": True}, (4, 5, 3)),
    Row("LayerNormalization"),
    Row("LayerNormalization", {"axis": (1, 2), "center": False}),
    Row("GroupNormalization", {"groups": 2}, (2, 3, 4)),
    Row("GroupNormalization", {"groups": -1, "axis": 1, "scale": False}, (2, 3, 4, 5)),
    Row("RMSNormalization"),
    Row("RMSNormalization", {"axis": (1, 2)}),
    Row("UnitNormalization"),
    Row("UnitNormalization", {"axis": [1, 2]}),
    Row("SpectralNormalization", lambda: {"layer": keras.layers.Dense(4)}),
    Row(
        "SpectralNormalization",
        lambda: {"layer": keras.layers.Conv1D(2, 3), "power_iterations": 3},
    ),
    Row("Attention", {}, [(2, 4, 3), (2, 5, 3)]),
    Row("Attention", {"use_scale": True}, [(2, 4, 3), (2, 5, 2), (2, 5, 3)]),
    Row(
        "Attention",
        {"use_scale": True, "score_mode": "concat", "dropout": 0.5},
        [(2, 4, 3), (2, 5, 3)],
    ),
    Row("AdditiveAttention", {}, [(2, 4, 3), (2, 5, 3)]),
    Row("AdditiveAttention", {"use_scale": False}, [(2, 4, 3), (2, 5, 2), (2, 5, 3)]),
    Row("LSTM", {"units": 4}),
    Row("LSTM", {"units": 4, "return_sequences": True, "go_backwards": True}),
    Row("LSTM", {"units": 4, "activation": "relu", "use_bias": False}),
    Row("LSTM", {"units": 4, "return_state": True, "unroll": True}),
    Row("GRU", {"units": 4}),
    Row("GRU", {"units": 4, "return_sequences": True, "go_backwards": True}),
    Row("GRU", {"units": 4, "reset_after": False, "return_state": True}),
    Row("GRU", {"units": 4, "recurrent_activation": "tanh", "use_bias": False}),
    Row("GRU", {"units": 4, "reset_after": False, "activation": "relu"}),
    Row("SimpleRNN", {"units": 4, "return_state": True}),
    Row("SimpleRNN", {"units": 4, "use_bias": False, "unroll": True}),
    Row("ConvLSTM1D", {"filters": 2, "kernel_size": 3}, (2, 3, 5, 2)),
    Row(
        "ConvLSTM2D",
        {
            "filters": 2,
            "kernel_size": 2,
            "strides": 2,
            "padding": "same",
            "return_sequences": True,
        },
        (2, 3, 4, 5, 2),
    ),
    Row(
        "ConvLSTM2D",
        {
            "filters": 2,
            "kernel_size": 2,
            "data_format": "channels_first",
            "return_state": True,
        },
        (2, 3, 2, 4, 5),
    ),
    Row("ConvLSTM3D", {"filters": 2, "kernel_size": 2}, (1, 2, 3, 3, 2, 2)),
    Row("RNN", lambda: {"cell": keras.layers.LSTMCell(4), "return_sequences": True}),
    Row("RNN", lambda: {"cell": keras.layers.GRUCell(4), "return_state": True}),
    Row("RNN", _stacked),
    Row("Bidirectional", lambda: {"layer": keras.layers.GRU(3)}),
    Row("Bidirectional", _lstm(return_sequences=True)),
    Row("Bidirectional", _lstm(return_state=True)),
    Row("TimeDistributed", lambda: {"layer": keras.layers.Dense(4)}),
    Row("Masking"),
    Row("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0]}),
    Row("Identity"),
    Row("Add", {}, [(2, 3, 4), (2, 3, 4), (2, 4)]),
    Row("Subtract", {}, [(2, 4), (2, 4)]),
    Row("Multiply", {}, [(2, 4), (2, 4), (2, 1)]),
    Row("Average", {}, [(2, 4), (2, 4)]),
    Row("Maximum", {}, [(2, 4), (2, 4)]),
    Row("Minimum", {}, [(2, 4), (2, 4)]),
    Row("Dot", {"axes": -1}, [(2, 4), (2, 4)]),
    Row("Dot", {"axes": (1, 2), "normalize": True}, [(2, 3, 4), (2, 5, 3)]),
    Row("Concatenate", {}, [(2, 4), (2, 3)]),
    Row("Concatenate", {"axis": 1}, [(2, 4, 2), (2, 3, 2)]),
]
