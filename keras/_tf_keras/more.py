"""What `tf.keras` has beyond Keras, for programs that were written for Keras 2."""

from __future__ import annotations

from typing import Any

from keras import losses, ops
from keras._tf_keras import (
    functions,
    image_data_generator,
    image_files,
    image_iterators,
    images,
    networks,
    random_sizes,
    sequences,
    text,
)
from keras.core.typing import Shape, Tensor
from keras.layers import Layer
from keras.ops.rnn import rnn

# Functions of `tf.keras.backend` that are ops of the same name and arguments.
_SAME = (
    *("abs", "all", "any", "cast", "cos", "elu", "equal", "exp", "greater"),
    *("greater_equal", "less", "less_equal", "log", "max", "maximum"),
    *("min", "minimum", "not_equal", "prod", "reshape", "round", "shape"),
    *("sigmoid", "sign", "sin", "softmax", "softplus", "softsign", "sqrt", "square"),
    *("squeeze", "stack", "std", "sum", "tanh", "tile", "transpose", "var"),
)
_FUNCTIONS = {
    "KLD": losses.kl_divergence,
    "MAE": losses.mean_absolute_error,
    "MAPE": losses.mean_absolute_percentage_error,
    "MSE": losses.mean_squared_error,
    "MSLE": losses.mean_squared_logarithmic_error,
}
_LOSSES: dict[str, Any] = {
    **_FUNCTIONS,
    **{name.lower(): function for name, function in _FUNCTIONS.items()},
    "kullback_leibler_divergence": losses.kl_divergence,
    "logcosh": losses.log_cosh,
}


class Reduction:
    """The names of what a loss does with the values of a batch."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """Refuses what is none of them.

        Raises:
            ValueError: if `key` is not one of `all()`.
        """
        if key not in cls.all():
            raise ValueError(
                f"A reduction must be one of {cls.all()}. Received: {key!r}."
            )


class ThresholdedReLU(Layer):
    """Keeps what is larger than `theta`; the rest becomes 0.

    Args:
        theta: the threshold, 0 or more.
        **kwargs: `name`, `dtype`, `trainable`.
    """

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if theta is None or theta < 0:
            raise ValueError(
                f"ThresholdedReLU expects `theta` to be 0 or more. Received: {theta!r}."
            )
        self.theta = theta

    def call(self, inputs: Tensor) -> Tensor:
        """`(...,)` as the inputs."""
        return ops.multiply(
            inputs, ops.cast(ops.greater(inputs, self.theta), inputs.dtype)
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape


MORE: dict[str, dict[str, Any]] = {
    "backend": {
        **{name: getattr(ops, name) for name in _SAME},
        "rnn": rnn,
        **{name: getattr(functions, name) for name in functions.__all__},
        **{name: getattr(networks, name) for name in networks.__all__},
    },
    "layers": {
        "RandomHeight": random_sizes.RandomHeight,
        "RandomWidth": random_sizes.RandomWidth,
        "ThresholdedReLU": ThresholdedReLU,
    },
    "losses": {**_LOSSES, "Reduction": Reduction},
    "metrics": _LOSSES,
    "preprocessing.image": {
        "BatchFromFilesMixin": image_files.BatchFromFilesMixin,
        "DataFrameIterator": image_files.DataFrameIterator,
        "DirectoryIterator": image_files.DirectoryIterator,
        "ImageDataGenerator": image_data_generator.ImageDataGenerator,
        "Iterator": image_iterators.Iterator,
        "NumpyArrayIterator": image_iterators.NumpyArrayIterator,
        **{
            name: getattr(images, name)
            for name in (
                *("apply_affine_transform", "apply_brightness_shift"),
                *("apply_channel_shift", "flip_axis", "random_brightness"),
                *("random_channel_shift", "random_rotation", "random_shear"),
                *("random_shift", "random_zoom"),
            )
        },
    },
    "preprocessing.sequence": {
        name: getattr(sequences, name)
        for name in ("TimeseriesGenerator", "make_sampling_table", "skipgrams")
    },
    "preprocessing.text": {
        "Tokenizer": text.Tokenizer,
        "hashing_trick": text.hashing_trick,
        "one_hot": text.one_hot,
        "text_to_word_sequence": text.text_to_word_sequence,
        "tokenizer_from_json": text.tokenizer_from_json,
    },
}
