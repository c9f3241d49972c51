"""`Normalization`: inputs shifted and scaled to mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from keras import ops
from keras.backends import current
from keras.core import dtypes
from keras.core.config import epsilon
from keras.core.facts import public_class
from keras.core.typing import Axis, Config, Data, Shape, Tensor, TensorLike
from keras.layers.input_spec import InputSpec, check_input
from keras.layers.options import AllLayerOptions
from keras.layers.preprocessing import adapting
from keras.layers.preprocessing.data_layer import DataLayer


@public_class("keras.layers", pure=True)
class Normalization(DataLayer):
    """`(inputs - mean) / sqrt(variance)`, with numbers that are given or learned.

    `adapt(data)` learns mean and variance before training; fitting a model does not
    change them.

    Args:
        axis: the axis or axes that have a mean and a variance of each place, such as
            the features; None for one of all values.
        mean: the mean, where it is known; it is broadcast to those axes.
        variance: the variance, together with `mean`.
        invert: whether to undo it: `inputs * sqrt(variance) + mean`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Normalization(axis=None)
    >>> layer.adapt([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> [round(float(x), 4) for x in layer([1.0, 3.0])]
    [-1.4142, 0.0]
    """

    def __init__(
        self,
        axis: Axis = -1,
        mean: TensorLike = None,
        variance: TensorLike = None,
        invert: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if axis is None:
            axis = ()
        self.axis = (axis,) if isinstance(axis, int) else tuple(axis)
        self.invert = bool(invert)
        if (mean is None) != (variance is None):
            raise ValueError(
                "Normalization expects `mean` and `variance` together, or neither of "
                f"them and a call of `adapt`. Received: mean={mean}, "
                f"variance={variance}."
            )
        self.input_mean = mean
        self.input_variance = variance
        # Given statistics as arrays, in the shape that is broadcast once that is known:
        # calls that are compiled do not convert lists.
        self._given = {"mean": _array(mean), "variance": _array(variance)}
        self.supports_masking = True
        self.reset_state()
        self._sizes = InputSpec()
        self._broadcast: tuple[int, ...] = ()
        if mean is not None and not self.axis:
            self.built = True

    def build(self, input_shape: Shape) -> None:
        """Makes the statistics, one for each place along the axes kept."""
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                f"{self.name} (Normalization) expects `axis` from {-rank} to "
                f"{rank - 1} for inputs of rank {rank}. Received: axis={self.axis}, "
                f"input_shape={tuple(input_shape)}."
            )
        kept = sorted(axis % rank for axis in self.axis)
        sizes = tuple(size for axis in kept if (size := input_shape[axis]) is not None)
        if len(sizes) < len(kept):
            raise ValueError(
                f"{self.name} (Normalization) needs known sizes along `axis`. "
                f"Received: axis={self.axis}, input_shape={tuple(input_shape)}."
            )
        self._kept = tuple(kept)
        self._broadcast = tuple(
            size if i in kept else 1 for i, size in enumerate(input_shape)
        )
        if self.input_mean is None:
            kwargs: Any = {"shape": sizes, "trainable": False, "autocast": False}
            self.adapt_mean = self.add_weight(
                name="mean", initializer="zeros", **kwargs
            )
            self.adapt_variance = self.add_weight(
                name="variance", initializer="ones", **kwargs
            )
            self.count = self.add_weight(
                name="count", dtype="int64", initializer="zeros", trainable=False
            )
        else:
            for name, value in self._given.items():
                if value.ndim:
                    spread = self._spread(name, value, sizes)
                    self._given[name] = np.reshape(spread, self._broadcast)
        # Not `input_spec`: lists of numbers are taken too; `call` makes them a tensor.
        self._sizes = InputSpec(axes={axis: input_shape[axis] for axis in self.axis})
        self.built = True

    def adapt(self, data: Data) -> None:
        """Learns mean and variance of data, in one pass.

        Args:
            data: an array, tensor, list or table of numbers, or something that yields
                batches of them, such as a `tf.data.Dataset` or a `DataLoader`.

        Raises:
            ValueError: if the layer was made with `mean` and `variance`, or the data
                do not fit.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"{self.name} (Normalization) was made with `mean` and `variance`, so "
                "there is nothing for `adapt` to learn. Leave them out."
            )
        self.reset_state()
        for batch in adapting.batches(self, data):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Data) -> None:
        """Counts a batch in."""
        batch = adapting.numbers_only(self, adapting.to_array(data))
        if not self.built:
            self.build(tuple(batch.shape))
        others = tuple(i for i in range(batch.ndim) if i not in self._kept)
        count = math.prod(batch.shape[i] for i in others)
        if not count:
            return
        total, mean, spread = self._counted
        change = batch.mean(axis=others) - mean
        # Chan et al.: the squares about the common mean, from those of both parts.
        here = batch.var(axis=others) * count
        apart = change**2 * (total * count / (total + count))
        total += count
        self._counted = total, mean + change * (count / total), spread + here + apart

    def finalize_state(self) -> None:
        """Makes mean and variance of what was counted, if there is any."""
        total, mean, spread = self._counted
        if total:
            self.adapt_mean.assign(mean)
            self.adapt_variance.assign(spread / total)
        self.reset_state()

    def reset_state(self) -> None:
        """Forgets what was counted."""
        # How many values, their mean, and the sum of the squares about it.
        self._counted: tuple[int, Any, Any] = (0, 0.0, 0.0)

    @property
    def _learns(self) -> bool:
        return self.input_mean is None

    @property
    def _is_adapted(self) -> bool:
        return self.built or not self._learns

    @property
    def mean(self) -> Any:
        """The mean in a shape that is broadcast to the inputs."""
        return self._statistic("mean")

    @property
    def variance(self) -> Any:
        """The variance in a shape that is broadcast to the inputs."""
        return self._statistic("variance")

    def call(self, inputs: TensorLike) -> Tensor:
        """The normalized inputs."""
        inputs = ops.cast(inputs, self.compute_dtype)
        check_input(self._sizes, inputs, self, "0")
        mean = ops.cast(self.mean, self.compute_dtype)
        scale = ops.cast(
            ops.maximum(ops.sqrt(self.variance), epsilon()), self.compute_dtype
        )
        if self.invert:
            return mean + inputs * scale
        return (inputs - mean) / scale

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape

    def get_config(self) -> Config:
        """The arguments; statistics that were given as lists of numbers."""
        config = super().get_config()
        for name in ("mean", "variance"):
            value = getattr(self, f"input_{name}")
            if value is not None and not isinstance(value, (int, float)):
                value = adapting.to_array(value).tolist()
            config[name] = value
        return config

    def _statistic(self, name: str) -> Any:
        given = self._given[name]
        if given is not None:
            return ops.convert_to_tensor(given)
        if not self.built:
            return None
        value = getattr(self, f"adapt_{name}")
        if current() is not self._keras_backend:  # in a pipeline of another framework
            value = self._keras_backend.convert_to_numpy(value.value)
        return ops.reshape(value, self._broadcast)

    def _spread(
        self, name: str, value: np.ndarray, sizes: tuple[int, ...]
    ) -> np.ndarray:
        for shape in (sizes, self._broadcast):
            try:
                return np.broadcast_to(value, shape)
            except ValueError:
                continue
        raise ValueError(
            f"{self.name} (Normalization) expects `{name}` of shape {sizes}, the sizes "
            f"of the inputs along axis={self.axis}. Received: {name} of shape "
            f"{value.shape}."
        )


def _array(given: TensorLike) -> Any:
    """A statistic as floats; None if there is none."""
    if given is None:
        return None
    value = adapting.to_array(given)
    return value if dtypes.is_float(value.dtype.name) else value.astype("float32")
