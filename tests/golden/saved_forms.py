"""Layers and models whose serialized form is compared with the published Keras's.

`make_saved_forms.py` writes down what the Keras of PyPI gives; the tests compare, key
by key. A case uses names of the public API only, so that the same text runs on both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]
# Layers that take each of their inputs as an argument.
_APART = ("MultiHeadAttention", "GroupQueryAttention")


# Layers for images -> arguments; those that draw at random do so while training only.
_ON_IMAGES: dict[str, dict[str, Any]] = {
    "AugMix": {"num_chains": 2, "seed": 1},
    "AutoContrast": {},
    "ContrastLimitedAdaptiveHistogramEqualization": {},
    "CutMix": {"seed": 1},
    "Equalization": {},
    "MixUp": {"seed": 1},
    "RandAugment": {"num_ops": 1, "seed": 1},
    "RandomBrightness": {"factor": 0.2, "seed": 1},
    "RandomColorDegeneration": {"factor": 0.2, "seed": 1},
    "RandomColorJitter": {"brightness_factor": 0.2, "seed": 1},
    "RandomContrast": {"factor": 0.2, "seed": 1},
    "RandomCrop": {"height": 4, "width": 5, "seed": 1},
    "RandomElasticTransform": {"seed": 1},
    "RandomErasing": {"factor": 0.5, "seed": 1},
    "RandomFlip": {"mode": "vertical", "seed": 1},
    "RandomGaussianBlur": {"seed": 1},
    "RandomGrayscale": {"seed": 1},
    "RandomHue": {"factor": 0.2, "seed": 1},
    "RandomInvert": {"factor": 0.2, "seed": 1},
    "RandomPerspective": {"seed": 1},
    "RandomPosterization": {"factor": 2, "seed": 1},
    "RandomRotation": {"factor": 0.2, "seed": 1},
    "RandomSaturation": {"factor": 0.2, "seed": 1},
    "RandomSharpness": {"factor": 0.2, "seed": 1},
    "RandomShear": {"x_factor": 0.2, "seed": 1},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.1, "seed": 1},
    "RandomZoom": {"height_factor": 0.2, "seed": 1},
    "Solarization": {"seed": 1},
}


def _layer(
    name: str,
    shape: Any,
    inner: Make | None = None,
    /,
    _dtype: str = "float32",
    **arguments: Any,
) -> Make:
    """A layer, built by a call on symbols of this shape (or of these, in a list)."""

    def make(keras: Any) -> Any:
        cls = getattr(keras.layers, name)
        args = () if inner is None else (inner(keras),)
        layer = cls(*args, name="it", **arguments)
        if isinstance(shape, list):
            symbols = [keras.Input(s, dtype=_dtype) for s in shape]
            layer(*symbols) if name in _APART else layer(symbols)
        elif shape is not None:
            layer(keras.Input(shape, dtype=_dtype))
        return layer

    return make


LAYERS: dict[str, Make] = {
    "Dense": _layer("Dense", (3,), units=4),
    "Dense, all": _layer(
        "Dense",
        (3,),
        units=4,
        activation="relu",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer="l2",
        activity_regularizer="l1",
        kernel_constraint="non_neg",
        dtype="mixed_float16",
        trainable=False,
    ),
    "Dense, lora": _layer("Dense", (3,), units=4, lora_rank=2, lora_alpha=3.0),
    "EinsumDense": _layer(
        "EinsumDense",
        (5, 3),
        equation="abc,cd->abd",
        output_shape=(None, 4),
        bias_axes="d",
    ),
    "EinsumDense, lora": _layer(
        "EinsumDense",
        (5, 3),
        equation="abc,cd->abd",
        output_shape=(None, 4),
        lora_rank=2,
    ),
    "Embedding": _layer("Embedding", (5,), input_dim=9, output_dim=4),
    "Embedding, mask": _layer(
        "Embedding", (5,), input_dim=9, output_dim=4, mask_zero=True
    ),
    "Embedding, lora": _layer(
        "Embedding", (5,), input_dim=9, output_dim=4, lora_rank=2
    ),
    "ReversibleEmbedding": _layer(
        "ReversibleEmbedding", (5,), input_dim=9, output_dim=4
    ),
    "ReversibleEmbedding, all": _layer(
        "ReversibleEmbedding",
        (5,),
        input_dim=9,
        output_dim=4,
        tie_weights=False,
        embeddings_regularizer="l2",
        embeddings_constraint="non_neg",
        mask_zero=True,
        reverse_dtype="float32",
        logit_soft_cap=5.0,
        dtype="mixed_bfloat16",
    ),
    "ReversibleEmbedding, lora": _layer(
        "ReversibleEmbedding", (5,), input_dim=9, output_dim=4, lora_rank=2
    ),
    "Conv1D": _layer("Conv1D", (8, 3), filters=4, kernel_size=3, padding="causal"),
    "Conv2D": _layer("Conv2D", (8, 8, 3), filters=4, kernel_size=3),
    "Conv3D": _layer("Conv3D", (4, 4, 4, 3), filters=4, kernel_size=2, strides=2),
    "DepthwiseConv1D": _layer("DepthwiseConv1D", (8, 3), kernel_size=3),
    "DepthwiseConv2D": _layer("DepthwiseConv2D", (8, 8, 3), kernel_size=3),
    "SeparableConv1D": _layer("SeparableConv1D", (8, 3), filters=4, kernel_size=3),
    "SeparableConv2D": _layer("SeparableConv2D", (8, 8, 3), filters=4, kernel_size=3),
    "Conv2D, lora": _layer(
        "Conv2D", (8, 8, 3), filters=4, kernel_size=3, lora_rank=2, lora_alpha=3.0
    ),
    "Conv1DTranspose": _layer("Conv1DTranspose", (8, 3), filters=4, kernel_size=3),
    "Conv2DTranspose": _layer(
        "Conv2DTranspose",
        (8, 8, 3),
        filters=4,
        kernel_size=3,
        strides=2,
        output_padding=1,
    ),
    "Conv3DTranspose": _layer(
        "Conv3DTranspose", (2, 2, 2, 3), filters=4, kernel_size=2
    ),
    "Cropping1D": _layer("Cropping1D", (8, 3), cropping=2),
    "Cropping2D": _layer("Cropping2D", (8, 8, 3), cropping=((1, 2), (0, 3))),
    "Cropping3D": _layer("Cropping3D", (4, 4, 4, 3)),
    "ZeroPadding1D": _layer("ZeroPadding1D", (8, 3)),
    "ZeroPadding2D": _layer("ZeroPadding2D", (8, 8, 3), padding=(1, 2)),
    "ZeroPadding3D": _layer("ZeroPadding3D", (4, 4, 4, 3), padding=1),
    "UpSampling1D": _layer("UpSampling1D", (8, 3)),
    "UpSampling2D": _layer(
        "UpSampling2D", (8, 8, 3), size=(2, 3), interpolation="bilinear"
    ),
    "UpSampling3D": _layer("UpSampling3D", (4, 4, 4, 3), size=2),
    "MaxPooling1D": _layer("MaxPooling1D", (8, 3)),
    "MaxPooling2D": _layer("MaxPooling2D", (8, 8, 3), pool_size=3, padding="same"),
    "MaxPooling3D": _layer("MaxPooling3D", (4, 4, 4, 3)),
    "AveragePooling1D": _layer("AveragePooling1D", (8, 3), pool_size=2),
    "AveragePooling2D": _layer("AveragePooling2D", (8, 8, 3), pool_size=2, strides=1),
    "AveragePooling3D": _layer("AveragePooling3D", (4, 4, 4, 3), pool_size=2),
    "GlobalAveragePooling1D": _layer("GlobalAveragePooling1D", (8, 3)),
    "GlobalAveragePooling2D": _layer("GlobalAveragePooling2D", (8, 8, 3)),
    "GlobalAveragePooling3D": _layer("GlobalAveragePooling3D", (4, 4, 4, 3)),
    "GlobalMaxPooling1D": _layer("GlobalMaxPooling1D", (8, 3)),
    "GlobalMaxPooling2D": _layer("GlobalMaxPooling2D", (8, 8, 3), keepdims=True),
    "GlobalMaxPooling3D": _layer("GlobalMaxPooling3D", (4, 4, 4, 3)),
    "AdaptiveAveragePooling1D": _layer(
        "AdaptiveAveragePooling1D", (8, 3), output_size=2
    ),
    "AdaptiveAveragePooling2D": _layer(
        "AdaptiveAveragePooling2D", (8, 8, 3), output_size=(2, 3)
    ),
    "AdaptiveAveragePooling3D": _layer(
        "AdaptiveAveragePooling3D", (4, 4, 4, 3), output_size=2
    ),
    "AdaptiveMaxPooling1D": _layer("AdaptiveMaxPooling1D", (8, 3), output_size=2),
    "AdaptiveMaxPooling2D": _layer("AdaptiveMaxPooling2D", (8, 8, 3), output_size=3),
    "AdaptiveMaxPooling3D": _layer(
        "AdaptiveMaxPooling3D",
        (3, 4, 4, 4),
        output_size=(1, 2, 3),
        data_format="channels_first",
    ),
    "Flatten": _layer("Flatten", (3, 4)),
    "Reshape": _layer("Reshape", (3, 4), target_shape=(-1, 2)),
    "Permute": _layer("Permute", (3, 4), dims=(2, 1)),
    "RepeatVector": _layer("RepeatVector", (4,), n=3),
    "Activation": _layer("Activation", (4,), activation="gelu"),
    "ReLU": _layer("ReLU", (4,), max_value=1.0, negative_slope=0.1),
    "LeakyReLU": _layer("LeakyReLU", (4,), negative_slope=0.1),
    "PReLU": _layer("PReLU", (4,)),
    "PReLU, all": _layer(
        "PReLU",
        (3, 4),
        alpha_initializer="ones",
        alpha_regularizer="l2",
        alpha_constraint="non_neg",
        shared_axes=[1],
    ),
    "ELU": _layer("ELU", (4,), alpha=0.5),
    "Softmax": _layer("Softmax", (4,)),
    "Dropout": _layer("Dropout", (4,), rate=0.5, seed=1),
    "Dropout, shape": _layer("Dropout", (3, 4), rate=0.5, noise_shape=(None, 1, 4)),
    "AlphaDropout": _layer("AlphaDropout", (4,), rate=0.5, noise_shape=(None, 1)),
    "GaussianDropout": _layer("GaussianDropout", (4,), rate=0.5, seed=1),
    "GaussianNoise": _layer("GaussianNoise", (4,), stddev=0.5),
    "SpatialDropout1D": _layer("SpatialDropout1D", (5, 4), rate=0.5, seed=1),
    "SpatialDropout2D": _layer(
        "SpatialDropout2D", (5, 5, 4), rate=0.5, data_format="channels_first"
    ),
    "SpatialDropout3D": _layer("SpatialDropout3D", (2, 2, 2, 4), rate=0.5),
    "ActivityRegularization": _layer("ActivityRegularization", (4,), l1=0.1, l2=0.2),
    "BatchNormalization": _layer("BatchNormalization", (4,)),
    "BatchNormalization, all": _layer(
        "BatchNormalization",
        (5, 4),
        axis=1,
        momentum=0.9,
        scale=False,
        beta_regularizer="l2",
    ),
    "BatchNormalization, renorm": _layer(
        "BatchNormalization", (4,), renorm=True, renorm_clipping={"rmax": 2.0}
    ),
    "LayerNormalization": _layer("LayerNormalization", (4,)),
    "LayerNormalization, axes": _layer("LayerNormalization", (3, 4), axis=(1, 2)),
    "GroupNormalization": _layer("GroupNormalization", (3, 4), groups=2),
    "GroupNormalization, all": _layer(
        "GroupNormalization",
        (3, 4),
        groups=-1,
        axis=1,
        epsilon=0.1,
        center=False,
        gamma_initializer="zeros",
        gamma_regularizer="l2",
        gamma_constraint="non_neg",
    ),
    "RMSNormalization": _layer("RMSNormalization", (4,)),
    "RMSNormalization, axes": _layer("RMSNormalization", (3, 4), axis=(1, 2)),
    "UnitNormalization": _layer("UnitNormalization", (4,)),
    "UnitNormalization, axes": _layer("UnitNormalization", (3, 4), axis=[1, 2]),
    "SpectralNormalization": _layer(
        "SpectralNormalization",
        (3,),
        lambda keras: keras.layers.Dense(4, name="d"),
        power_iterations=2,
    ),
    "MultiHeadAttention": _layer(
        "MultiHeadAttention", [(5, 8), (5, 8)], num_heads=2, key_dim=4
    ),
    "MultiHeadAttention, all": _layer(
        "MultiHeadAttention",
        [(5, 8), (7, 8), (7, 6)],
        num_heads=2,
        key_dim=4,
        value_dim=5,
        dropout=0.1,
        use_bias=False,
        output_shape=3,
        sliding_window=2,
        flash_attention=False,
        kernel_regularizer="l2",
        use_gate=True,
        seed=3,
    ),
    "Attention": _layer("Attention", [(5, 8), (7, 8)]),
    "Attention, all": _layer(
        "Attention",
        [(5, 8), (7, 8)],
        use_scale=True,
        score_mode="concat",
        dropout=0.1,
        seed=3,
    ),
    "AdditiveAttention": _layer("AdditiveAttention", [(5, 8), (7, 8)]),
    "AdditiveAttention, all": _layer(
        "AdditiveAttention", [(5, 8), (7, 8)], use_scale=False, dropout=0.1, seed=3
    ),
    "GroupQueryAttention": _layer(
        "GroupQueryAttention",
        [(5, 8), (7, 8)],
        head_dim=3,
        num_query_heads=4,
        num_key_value_heads=2,
    ),
    "GroupQueryAttention, all": _layer(
        "GroupQueryAttention",
        [(5, 8), (7, 8), (7, 8)],
        head_dim=3,
        num_query_heads=4,
        num_key_value_heads=1,
        dropout=0.1,
        use_bias=False,
        sliding_window=2,
        flash_attention=False,
        kernel_regularizer="l2",
        bias_constraint="non_neg",
        use_gate=True,
        seed=3,
    ),
    "LSTM": _layer("LSTM", (5, 3), units=4),
    "LSTM, all": _layer(
        "LSTM",
        (5, 3),
        units=4,
        return_sequences=True,
        dropout=0.1,
        recurrent_dropout=0.2,
        seed=1,
        use_cudnn=False,
    ),
    "LSTMCell": _layer("LSTMCell", None, units=4),
    "RNN": _layer("RNN", (5, 3), lambda keras: keras.layers.LSTMCell(4, name="cell")),
    "Bidirectional": _layer(
        "Bidirectional", (5, 3), lambda keras: keras.layers.LSTM(4, name="lstm")
    ),
    "TimeDistributed": _layer(
        "TimeDistributed", (5, 3), lambda keras: keras.layers.Dense(4, name="d")
    ),
    "SimpleRNN": _layer("SimpleRNN", (5, 3), units=4, go_backwards=True),
    "GRU": _layer("GRU", (5, 3), units=4),
    "GRU, all": _layer(
        "GRU",
        (5, 3),
        units=4,
        reset_after=False,
        use_bias=False,
        recurrent_initializer="glorot_uniform",
        kernel_regularizer="l2",
        dropout=0.1,
        return_sequences=True,
    ),
    "SimpleRNNCell": _layer("SimpleRNNCell", None, units=4, activation="relu"),
    "GRUCell": _layer("GRUCell", None, units=4),
    "StackedRNNCells": _layer(
        "RNN",
        (5, 3),
        lambda keras: keras.layers.StackedRNNCells(
            [keras.layers.LSTMCell(4, name="a"), keras.layers.GRUCell(2, name="b")],
            name="cells",
        ),
        return_state=True,
    ),
    "ConvLSTM1D": _layer("ConvLSTM1D", (4, 6, 3), filters=2, kernel_size=3),
    "ConvLSTM2D": _layer(
        "ConvLSTM2D",
        (3, 6, 5, 2),
        filters=2,
        kernel_size=(3, 2),
        padding="same",
        return_sequences=True,
    ),
    "ConvLSTM3D": _layer("ConvLSTM3D", (2, 4, 4, 4, 2), filters=2, kernel_size=2),
    "Bidirectional, all": _layer(
        "Bidirectional",
        (5, 3),
        lambda keras: keras.layers.GRU(4, name="gru"),
        merge_mode="sum",
    ),
    "Masking": _layer("Masking", (5, 3)),
    "Rescaling": _layer("Rescaling", (3,), scale=0.5, offset=1.0),
    "Rescaling, channels": _layer("Rescaling", (3,), scale=[0.5, 1.0, 2.0]),
    "Identity": _layer("Identity", (3,)),
    "Add": _layer("Add", [(3,), (3,)]),
    "Subtract": _layer("Subtract", [(3,), (3,)]),
    "Multiply": _layer("Multiply", [(3,), (3,)]),
    "Average": _layer("Average", [(3,), (3,)]),
    "Maximum": _layer("Maximum", [(3,), (3,)]),
    "Minimum": _layer("Minimum", [(3,), (3,)]),
    "Concatenate": _layer("Concatenate", [(3,), (4,)], axis=1),
    "Dot": _layer("Dot", [(3,), (3,)], axes=1),
    "Dot, axes": _layer("Dot", [(3, 4), (5, 3)], axes=(1, 2), normalize=True),
    "Normalization": _layer(
        "Normalization", (3,), mean=[1.0, 2, 3], variance=[1, 4, 9]
    ),
    "CategoryEncoding": _layer(
        "CategoryEncoding", (4,), _dtype="int32", num_tokens=5, output_mode="count"
    ),
    "Discretization": _layer("Discretization", (3,), bin_boundaries=[0.0, 1.0]),
    "Hashing": _layer("Hashing", (3,), _dtype="int32", num_bins=5, salt=[1, 2]),
    "HashedCrossing": _layer("HashedCrossing", None, num_bins=5),
    "IntegerLookup": _layer(
        "IntegerLookup", (3,), _dtype="int32", vocabulary=[3, 1, 2], mask_token=0
    ),
    "StringLookup": _layer("StringLookup", None, vocabulary=["a", "b"]),
    "TextVectorization": _layer(
        "TextVectorization", None, vocabulary=["a", "b"], output_sequence_length=3
    ),
    "STFTSpectrogram": _layer(
        "STFTSpectrogram", (64, 2), frame_length=16, frame_step=8
    ),
    "MelSpectrogram": _layer(
        "MelSpectrogram",
        (256,),
        fft_length=64,
        sequence_stride=32,
        sampling_rate=8000,
        num_mel_bins=8,
    ),
    "Resizing": _layer("Resizing", (8, 8, 3), height=4, width=5),
    "CenterCrop": _layer("CenterCrop", (8, 8, 3), height=4, width=5),
    **{
        name: _layer(name, (8, 8, 3), **arguments)
        for name, arguments in _ON_IMAGES.items()
    },
    "Pipeline": _layer(
        "Pipeline",
        (8, 8, 3),
        lambda keras: [
            keras.layers.RandomFlip(seed=1, name="flip"),
            keras.layers.Rescaling(0.5, name="scale"),
        ],
    ),
    "MaxNumBoundingBoxes": _layer("MaxNumBoundingBoxes", None, max_number=3),
    "Wrapper": _layer("Wrapper", None, lambda keras: keras.layers.Dense(4, name="d")),
    "InputLayer": _layer("InputLayer", None, shape=(3,), batch_size=2),
    "InputLayer, integers": _layer(
        "InputLayer", None, batch_shape=(None, 3), dtype="int32", optional=True
    ),
}


def _mlp(keras: Any) -> Any:
    model = keras.Sequential(
        [
            keras.Input((3,), name="x"),
            keras.layers.Dense(4, activation="relu", name="a"),
            keras.layers.Dropout(0.1, name="b"),
            keras.layers.Dense(2, name="c"),
        ],
        name="mlp",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0, name="adam"),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc"), "mae"],
        weighted_metrics=["mse"],
    )
    return model


def _sequential_unbuilt(keras: Any) -> Any:
    return keras.Sequential([keras.layers.Dense(4, name="a")], name="free")


def _branches(keras: Any) -> Any:
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = keras.layers.Dense(3, name="shared")
    inner_in = keras.Input((3,), name="inner_in")
    inner = keras.Model(
        inner_in, keras.layers.Dense(2, name="inner_d")(inner_in), name="inner"
    )
    y = keras.layers.Concatenate(name="cat")([inner(shared(a)), inner(shared(b))])
    z = keras.layers.Add(name="sum")([shared(a), shared(b)])
    model = keras.Model({"a": a, "b": b}, {"y": y, "z": z}, name="branches")
    model.compile(
        optimizer=keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9),
            momentum=0.9,
            name="sgd",
        ),
        loss={"y": "mse", "z": keras.losses.Huber(delta=0.5)},
        loss_weights={"y": 1.0, "z": 0.5},
        metrics={"y": ["mae"], "z": [keras.metrics.MeanSquaredError(name="m")]},
    )
    return model


def _transformer(keras: Any) -> Any:
    ids = keras.Input((6,), dtype="int32", name="ids")
    x = keras.layers.Embedding(9, 8, mask_zero=True, name="embedding")(ids)
    y = keras.layers.MultiHeadAttention(2, 4, name="attention")(
        x, x, use_causal_mask=True
    )
    x = keras.layers.LayerNormalization(name="norm")(
        keras.layers.Add(name="sum")([x, y])
    )
    x = keras.layers.GlobalAveragePooling1D(name="pool")(x)
    return keras.Model(ids, keras.layers.Dense(3, name="out")(x), name="transformer")


def _convnet(keras: Any) -> Any:
    x = image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Rescaling(1 / 255, name="scale")(x)
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(x)
    x = keras.layers.BatchNormalization(name="bn")(x)
    x = keras.layers.Activation("relu", name="relu")(x)
    x = keras.layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = keras.layers.MaxPooling2D(name="pool")(x)
    x = keras.layers.Flatten(name="flat")(x)
    return keras.Model(image, keras.layers.Dense(2, name="out")(x), name="convnet")


def _recurrent(keras: Any) -> Any:
    x = steps = keras.Input((None, 3), name="steps")
    x = keras.layers.Masking(name="masking")(x)
    lstm = keras.layers.LSTM(4, return_sequences=True, name="lstm")
    x = keras.layers.Bidirectional(lstm, name="both")(x)
    x = keras.layers.LSTM(3, name="last")(x)
    return keras.Model(steps, x, name="recurrent")


def _mixed(keras: Any) -> Any:
    x = inputs = keras.Input((4,), name="x")
    x = keras.layers.Dense(4, dtype="mixed_bfloat16", name="a")(x)
    x = keras.layers.Dense(2, dtype="float32", name="b")(x)
    return keras.Model(inputs, x, name="mixed")


MODELS: dict[str, Make] = {
    "mlp": _mlp,
    "unbuilt": _sequential_unbuilt,
    "branches": _branches,
    "transformer": _transformer,
    "convnet": _convnet,
    "recurrent": _recurrent,
    "mixed": _mixed,
}


def forms(keras: Any) -> dict[str, Any]:
    """The serialized form of every case, as plain data."""
    found: dict[str, Any] = {}
    for name, make in {**LAYERS, **MODELS}.items():
        found[name] = keras.saving.serialize_keras_object(make(keras))
    return found
