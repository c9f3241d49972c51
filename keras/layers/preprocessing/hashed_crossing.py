"""`HashedCrossing`: combinations of features as one of a fixed number of bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, DType, Shape, Tensor, TensorLike
from keras.layers.arguments import positive_integer
from keras.layers.preprocessing import encoding
from keras.layers.preprocessing.farmhash import combined, fingerprints
from keras.layers.preprocessing.host_layer import (
    HostLayer,
    integer_dtype,
    is_strings,
    on_host,
)
from keras.layers.preprocessing.strings import to_bytes

# What the hash of a cross starts from, in TensorFlow and Keras.
_KEY = np.uint64(0xDECAFCAFFE)


@public_class("keras.layers")
class HashedCrossing(HostLayer):
    """Which of a fixed number of bins each combination of features falls into.

    Args:
        num_bins: number of bins.
        output_mode: `"int"`: the bins; `"one_hot"`: vectors of them.
        sparse: whether the vectors are sparse, where the backend has sparse tensors.
        name: a name; made up by default.
        dtype: an integer type for `"int"`; that of the vectors else.
        **kwargs: see `Layer`.

    Call arguments: a list or tuple of two features or more, strings or integers of
    shape `()`, `(batch,)` or `(batch, 1)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.HashedCrossing(num_bins=5)
    >>> bins = layer((["A", "B"], [101, 102]))
    >>> keras.ops.convert_to_numpy(bins).tolist()
    [1, 1]
    """

    _takes_several = True

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        if dtype is None and output_mode == "int":
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.num_bins = positive_integer(self, "num_bins", num_bins)
        self.output_mode = encoding.output_mode(self, output_mode, ("int", "one_hot"))
        self.sparse = encoding.check_sparse(self, sparse, output_mode)
        if output_mode == "int" and not dtypes.is_int(self.compute_dtype):
            raise ValueError(
                "HashedCrossing with output_mode='int' gives integers, so `dtype` must "
                "be an integer type such as 'int64'. Received: "
                f"dtype={self.compute_dtype!r}."
            )

    def call(self, inputs: TensorLike) -> Tensor:
        """Bins, or vectors of them."""
        self._check_features(inputs)
        shape = inputs[0].shape
        bins = on_host(self._bins, list(inputs), shape, integer_dtype(self))
        if self.output_mode == "int":
            return bins
        return encoding.encode(
            bins, self.num_bins, "one_hot", self.compute_dtype, sparse=self.sparse
        )

    def _bins(self, *features: np.ndarray) -> np.ndarray:
        hashes = np.full(features[0].size, _KEY)
        for feature in features:
            if is_strings(feature):
                owner = f"{self.name} (HashedCrossing)"
                codes = fingerprints(to_bytes(feature, owner))
            else:
                codes = feature.reshape(-1).astype(np.int64).view(np.uint64)
            hashes = combined(hashes, codes)
        bins = (hashes % np.uint64(self.num_bins)).astype(np.int64)
        return bins.reshape(features[0].shape)

    def _check_features(self, inputs: TensorLike) -> None:
        title = f"{self.name} (HashedCrossing)"
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(
                f"{title} expects a list or tuple of two features or more. Received: "
                f"{inputs!r}."
            )
        shapes = [tuple(x.shape) for x in inputs]
        first = shapes[0]
        if len(first) > 2 or (len(first) == 2 and first[1] != 1):
            raise ValueError(
                f"{title} expects features of shape (), (batch,) or (batch, 1). "
                f"Received: shapes {shapes}."
            )
        if any(len(shape) != len(first) or shape[1:] != first[1:] for shape in shapes):
            raise ValueError(
                f"{title} expects features of one shape. Received: shapes {shapes}."
            )
        kinds = [
            "string" if is_strings(x) else dtypes.standardize_dtype(x.dtype)
            for x in inputs
        ]
        if any(kind != "string" and not dtypes.is_int(kind) for kind in kinds):
            raise ValueError(
                f"{title} expects features of strings or integers. Received: dtypes "
                f"{kinds}. Make floats integers before, such as by Discretization."
            )

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape of the bins or vectors."""
        first = tuple(input_shape[0])
        return encoding.encoded_shape(first, self.num_bins, self.output_mode)

    def compute_output_spec(self, inputs: TensorLike) -> KerasTensor:
        """Shape and dtype of the bins or vectors."""
        self._check_features(inputs)
        as_int = self.output_mode == "int"
        dtype = integer_dtype(self) if as_int else self.compute_dtype
        shape = self.compute_output_shape([x.shape for x in inputs])
        return KerasTensor(shape, dtype, sparse=self.sparse)

    def get_config(self) -> Config:
        """The arguments."""
        return {
            "num_bins": self.num_bins,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }
