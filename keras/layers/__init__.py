"""Layers: `keras.layers`."""

from __future__ import annotations

from typing import Any

from keras.core.serialization import (
    deserialize_keras_object as _deserialize_keras_object,
)
from keras.core.serialization import serialize_keras_object as _serialize_keras_object
from keras.core.surface import surface as _surface
from keras.core.typing import CustomObjects
from keras.layers.activations.activation import Activation as Activation
from keras.layers.activations.elu import ELU as ELU
from keras.layers.activations.leaky_relu import LeakyReLU as LeakyReLU
from keras.layers.activations.prelu import PReLU as PReLU
from keras.layers.activations.relu import ReLU as ReLU
from keras.layers.activations.softmax import Softmax as Softmax
from keras.layers.attention.additive_attention import (
    AdditiveAttention as AdditiveAttention,
)
from keras.layers.attention.attention import Attention as Attention
from keras.layers.attention.grouped_query_attention import (
    GroupedQueryAttention as _GroupedQueryAttention,
)
from keras.layers.attention.multi_head_attention import (
    MultiHeadAttention as MultiHeadAttention,
)
from keras.layers.convolutional.conv1d import Conv1D as Conv1D
from keras.layers.convolutional.conv2d import Conv2D as Conv2D
from keras.layers.convolutional.conv3d import Conv3D as Conv3D
from keras.layers.convolutional.conv_transpose import (
    Conv1DTranspose as Conv1DTranspose,
)
from keras.layers.convolutional.conv_transpose import (
    Conv2DTranspose as Conv2DTranspose,
)
from keras.layers.convolutional.conv_transpose import (
    Conv3DTranspose as Conv3DTranspose,
)
from keras.layers.convolutional.depthwise_conv import DepthwiseConv1D as DepthwiseConv1D
from keras.layers.convolutional.depthwise_conv import DepthwiseConv2D as DepthwiseConv2D
from keras.layers.convolutional.separable_conv import SeparableConv1D as SeparableConv1D
from keras.layers.convolutional.separable_conv import SeparableConv2D as SeparableConv2D
from keras.layers.core.dense import Dense as Dense
from keras.layers.core.einsum_dense import EinsumDense as EinsumDense
from keras.layers.core.embedding import Embedding as Embedding
from keras.layers.core.identity import Identity as Identity
from keras.layers.core.input_layer import Input as Input
from keras.layers.core.input_layer import InputLayer as InputLayer
from keras.layers.core.lambda_layer import Lambda as Lambda
from keras.layers.core.masking import Masking as Masking
from keras.layers.core.reversible_embedding import (
    ReversibleEmbedding as ReversibleEmbedding,
)
from keras.layers.core.wrapper import Wrapper as Wrapper
from keras.layers.guests.flax_layer import FlaxLayer as FlaxLayer
from keras.layers.guests.jax_layer import JaxLayer as JaxLayer
from keras.layers.guests.tfsm_layer import TFSMLayer as TFSMLayer
from keras.layers.guests.torch_module_wrapper import (
    TorchModuleWrapper as TorchModuleWrapper,
)
from keras.layers.input_spec import InputSpec as InputSpec
from keras.layers.layer import Layer as Layer
from keras.layers.merging.concatenate import Concatenate as Concatenate
from keras.layers.merging.dot import Dot as Dot
from keras.layers.merging.elementwise import Add as Add
from keras.layers.merging.elementwise import Average as Average
from keras.layers.merging.elementwise import Maximum as Maximum
from keras.layers.merging.elementwise import Minimum as Minimum
from keras.layers.merging.elementwise import Multiply as Multiply
from keras.layers.merging.elementwise import Subtract as Subtract
from keras.layers.merging.functions import add as add
from keras.layers.merging.functions import average as average
from keras.layers.merging.functions import concatenate as concatenate
from keras.layers.merging.functions import dot as dot
from keras.layers.merging.functions import maximum as maximum
from keras.layers.merging.functions import minimum as minimum
from keras.layers.merging.functions import multiply as multiply
from keras.layers.merging.functions import subtract as subtract
from keras.layers.normalization.batch_normalization import (
    BatchNormalization as BatchNormalization,
)
from keras.layers.normalization.group_normalization import (
    GroupNormalization as GroupNormalization,
)
from keras.layers.normalization.layer_normalization import (
    LayerNormalization as LayerNormalization,
)
from keras.layers.normalization.rms_normalization import (
    RMSNormalization as RMSNormalization,
)
from keras.layers.normalization.spectral_normalization import (
    SpectralNormalization as SpectralNormalization,
)
from keras.layers.normalization.unit_normalization import (
    UnitNormalization as UnitNormalization,
)
from keras.layers.pooling.adaptive_pooling import (
    AdaptiveAveragePooling1D as AdaptiveAveragePooling1D,
)
from keras.layers.pooling.adaptive_pooling import (
    AdaptiveAveragePooling2D as AdaptiveAveragePooling2D,
)
from keras.layers.pooling.adaptive_pooling import (
    AdaptiveAveragePooling3D as AdaptiveAveragePooling3D,
)
from keras.layers.pooling.adaptive_pooling import (
    AdaptiveMaxPooling1D as AdaptiveMaxPooling1D,
)
from keras.layers.pooling.adaptive_pooling import (
    AdaptiveMaxPooling2D as AdaptiveMaxPooling2D,
)
from keras.layers.pooling.adaptive_pooling import (
    AdaptiveMaxPooling3D as AdaptiveMaxPooling3D,
)
from keras.layers.pooling.average_pooling import AveragePooling1D as AveragePooling1D
from keras.layers.pooling.average_pooling import AveragePooling2D as AveragePooling2D
from keras.layers.pooling.average_pooling import AveragePooling3D as AveragePooling3D
from keras.layers.pooling.global_pooling import (
    GlobalAveragePooling1D as GlobalAveragePooling1D,
)
from keras.layers.pooling.global_pooling import (
    GlobalAveragePooling2D as GlobalAveragePooling2D,
)
from keras.layers.pooling.global_pooling import (
    GlobalAveragePooling3D as GlobalAveragePooling3D,
)
from keras.layers.pooling.global_pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
from keras.layers.pooling.global_pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from keras.layers.pooling.global_pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
from keras.layers.pooling.max_pooling import MaxPooling1D as MaxPooling1D
from keras.layers.pooling.max_pooling import MaxPooling2D as MaxPooling2D
from keras.layers.pooling.max_pooling import MaxPooling3D as MaxPooling3D
from keras.layers.preprocessing.category_encoding import (
    CategoryEncoding as CategoryEncoding,
)
from keras.layers.preprocessing.discretization import Discretization as Discretization
from keras.layers.preprocessing.hashed_crossing import HashedCrossing as HashedCrossing
from keras.layers.preprocessing.hashing import Hashing as Hashing
from keras.layers.preprocessing.image.boxes import (
    MaxNumBoundingBoxes as MaxNumBoundingBoxes,
)
from keras.layers.preprocessing.image.colors import (
    RandomColorDegeneration as RandomColorDegeneration,
)
from keras.layers.preprocessing.image.colors import (
    RandomColorJitter as RandomColorJitter,
)
from keras.layers.preprocessing.image.colors import RandomGrayscale as RandomGrayscale
from keras.layers.preprocessing.image.colors import RandomHue as RandomHue
from keras.layers.preprocessing.image.colors import (
    RandomPosterization as RandomPosterization,
)
from keras.layers.preprocessing.image.colors import RandomSaturation as RandomSaturation
from keras.layers.preprocessing.image.colors import RandomSharpness as RandomSharpness
from keras.layers.preprocessing.image.geometry import RandomFlip as RandomFlip
from keras.layers.preprocessing.image.geometry import (
    RandomPerspective as RandomPerspective,
)
from keras.layers.preprocessing.image.geometry import RandomRotation as RandomRotation
from keras.layers.preprocessing.image.geometry import RandomShear as RandomShear
from keras.layers.preprocessing.image.geometry import (
    RandomTranslation as RandomTranslation,
)
from keras.layers.preprocessing.image.geometry import RandomZoom as RandomZoom
from keras.layers.preprocessing.image.histograms import (
    ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,  # noqa: E501
)
from keras.layers.preprocessing.image.histograms import Equalization as Equalization
from keras.layers.preprocessing.image.light import AutoContrast as AutoContrast
from keras.layers.preprocessing.image.light import RandomBrightness as RandomBrightness
from keras.layers.preprocessing.image.light import RandomContrast as RandomContrast
from keras.layers.preprocessing.image.light import RandomInvert as RandomInvert
from keras.layers.preprocessing.image.light import Solarization as Solarization
from keras.layers.preprocessing.image.mixing import CutMix as CutMix
from keras.layers.preprocessing.image.mixing import MixUp as MixUp
from keras.layers.preprocessing.image.noise import (
    RandomElasticTransform as RandomElasticTransform,
)
from keras.layers.preprocessing.image.noise import RandomErasing as RandomErasing
from keras.layers.preprocessing.image.noise import (
    RandomGaussianBlur as RandomGaussianBlur,
)
from keras.layers.preprocessing.image.policies import AugMix as AugMix
from keras.layers.preprocessing.image.policies import Pipeline as Pipeline
from keras.layers.preprocessing.image.policies import RandAugment as RandAugment
from keras.layers.preprocessing.image.sizes import CenterCrop as CenterCrop
from keras.layers.preprocessing.image.sizes import RandomCrop as RandomCrop
from keras.layers.preprocessing.image.sizes import Resizing as Resizing
from keras.layers.preprocessing.integer_lookup import IntegerLookup as IntegerLookup
from keras.layers.preprocessing.mel_spectrogram import MelSpectrogram as MelSpectrogram
from keras.layers.preprocessing.normalization import Normalization as Normalization
from keras.layers.preprocessing.rescaling import Rescaling as Rescaling
from keras.layers.preprocessing.stft_spectrogram import (
    STFTSpectrogram as STFTSpectrogram,
)
from keras.layers.preprocessing.string_lookup import StringLookup as StringLookup
from keras.layers.preprocessing.text_vectorization import (
    TextVectorization as TextVectorization,
)
from keras.layers.regularization.activity_regularization import (
    ActivityRegularization as ActivityRegularization,
)
from keras.layers.regularization.alpha_dropout import AlphaDropout as AlphaDropout
from keras.layers.regularization.dropout import Dropout as Dropout
from keras.layers.regularization.gaussian_dropout import (
    GaussianDropout as GaussianDropout,
)
from keras.layers.regularization.gaussian_noise import GaussianNoise as GaussianNoise
from keras.layers.regularization.spatial_dropout import (
    SpatialDropout1D as SpatialDropout1D,
)
from keras.layers.regularization.spatial_dropout import (
    SpatialDropout2D as SpatialDropout2D,
)
from keras.layers.regularization.spatial_dropout import (
    SpatialDropout3D as SpatialDropout3D,
)
from keras.layers.reshaping.cropping import Cropping1D as Cropping1D
from keras.layers.reshaping.cropping import Cropping2D as Cropping2D
from keras.layers.reshaping.cropping import Cropping3D as Cropping3D
from keras.layers.reshaping.flatten import Flatten as Flatten
from keras.layers.reshaping.permute import Permute as Permute
from keras.layers.reshaping.repeat_vector import RepeatVector as RepeatVector
from keras.layers.reshaping.reshape import Reshape as Reshape
from keras.layers.reshaping.up_sampling import UpSampling1D as UpSampling1D
from keras.layers.reshaping.up_sampling import UpSampling2D as UpSampling2D
from keras.layers.reshaping.up_sampling import UpSampling3D as UpSampling3D
from keras.layers.reshaping.zero_padding import ZeroPadding1D as ZeroPadding1D
from keras.layers.reshaping.zero_padding import ZeroPadding2D as ZeroPadding2D
from keras.layers.reshaping.zero_padding import ZeroPadding3D as ZeroPadding3D
from keras.layers.rnn.bidirectional import Bidirectional as Bidirectional
from keras.layers.rnn.conv_lstm import ConvLSTM1D as ConvLSTM1D
from keras.layers.rnn.conv_lstm import ConvLSTM2D as ConvLSTM2D
from keras.layers.rnn.conv_lstm import ConvLSTM3D as ConvLSTM3D
from keras.layers.rnn.gru import GRU as GRU
from keras.layers.rnn.gru_cell import GRUCell as GRUCell
from keras.layers.rnn.lstm import LSTM as LSTM
from keras.layers.rnn.lstm_cell import LSTMCell as LSTMCell
from keras.layers.rnn.rnn import RNN as RNN
from keras.layers.rnn.simple_rnn import SimpleRNN as SimpleRNN
from keras.layers.rnn.simple_rnn_cell import SimpleRNNCell as SimpleRNNCell
from keras.layers.rnn.stacked_rnn_cells import StackedRNNCells as StackedRNNCells
from keras.layers.rnn.time_distributed import TimeDistributed as TimeDistributed

Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
GroupQueryAttention = _GroupedQueryAttention
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D


def serialize(layer: Layer) -> dict[str, Any]:
    """The config of a layer, as `deserialize` accepts it.

    Args:
        layer: the layer.

    Returns:
        A dict that JSON can hold.

    Example:

    >>> import keras
    >>> keras.layers.serialize(keras.layers.Flatten())["class_name"]
    'Flatten'
    """
    return _serialize_keras_object(layer)


def deserialize(config: dict[str, Any], custom_objects: CustomObjects = None) -> Any:
    """The layer that a config stands for.

    Args:
        config: what `serialize` returned.
        custom_objects: classes and functions by name, besides those registered.

    Returns:
        A layer.

    Raises:
        ValueError: if the config is of something else.

    Example:

    >>> import keras
    >>> config = keras.layers.serialize(keras.layers.Dense(4))
    >>> keras.layers.deserialize(config).units
    4
    """
    found = _deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(found, Layer):
        raise ValueError(
            "keras.layers.deserialize expects the config of a layer. Received the "
            f"config of a {type(found).__name__}."
        )
    return found


__all__, __dir__ = _surface(globals())
