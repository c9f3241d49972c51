"""`Hashing`: strings or integers as one of a fixed number of bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, Shape, Tensor, TensorLike
from keras.layers.arguments import integer
from keras.layers.options import AllLayerOptions
from keras.layers.preprocessing import encoding
from keras.layers.preprocessing.farmhash import fingerprints
from keras.layers.preprocessing.host_layer import HostLayer, integer_dtype, on_host
from keras.layers.preprocessing.siphash import keyed_hashes
from keras.layers.preprocessing.strings import to_bytes
from keras.layers.preprocessing.uneven import is_uneven, on_values


def standardize_salt(owner: str, salt: Any) -> list[int] | None:
    """A key of two integers, from one or two of them.

    Raises:
        ValueError: for anything else.
    """
    if salt is None:
        return None
    parts = list(salt) if isinstance(salt, (tuple, list, np.ndarray)) else [salt, salt]
    numbers = [number for number in map(integer, parts) if number is not None]
    if len(parts) != 2 or len(numbers) != 2:
        raise ValueError(
            f"{owner} expects `salt` to be an integer or two of them. Received: "
            f"salt={salt!r}."
        )
    return numbers


def bins_of(
    strings: Sequence[bytes], bins: int, salt: Sequence[int] | None = None
) -> np.ndarray:
    """The bin of each string: FarmHash, or SipHash with a salt, modulo their number."""
    hashes = fingerprints(strings) if salt is None else keyed_hashes(strings, salt)
    return (hashes % np.uint64(bins)).astype(np.int64)


@public_class("keras.layers")
class Hashing(HostLayer):
    """Which of a fixed number of bins each string or integer falls into.

    The bins are those of Keras on every backend: FarmHash's Fingerprint64, or with a
    `salt` SipHash-2-4, of the UTF-8 of a string or the digits of an integer.

    Args:
        num_bins: number of bins.
        mask_value: a value that goes into bin 0, alone; the others go into bins from 1.
        salt: an integer or two of them, the key of the hash.
        output_mode: `"int"`: the bins; `"one_hot"`, `"multi_hot"` or `"count"`:
            vectors of them, as `CategoryEncoding` makes.
        sparse: whether the vectors are sparse, where the backend has sparse tensors.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Hashing(num_bins=3)
    >>> keras.ops.convert_to_numpy(layer([["A"], ["B"], ["E"]])).tolist()
    [[1], [0], [2]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        if kwargs.get("dtype") is None and output_mode == "int":
            kwargs["dtype"] = "int64"
        super().__init__(**kwargs)
        count = integer(num_bins)
        if count is None or count < 1:
            raise ValueError(
                "Hashing expects `num_bins` to be a positive integer. Received: "
                f"num_bins={num_bins!r}."
            )
        modes = ("int", "one_hot", "multi_hot", "count")
        self.num_bins = count
        self.mask_value = mask_value
        self.salt = standardize_salt("Hashing", salt)
        self.output_mode = encoding.output_mode(self, output_mode, modes)
        self.sparse = encoding.check_sparse(self, sparse, output_mode)
        if output_mode == "int" and not dtypes.is_int(self.compute_dtype):
            raise ValueError(
                "Hashing with output_mode='int' gives integers, so `dtype` must be an "
                f"integer type such as 'int64'. Received: dtype={self.compute_dtype!r}."
            )
        self.supports_masking = True

    def call(self, inputs: TensorLike) -> Tensor:
        """Bins, or vectors of them."""
        if is_uneven(inputs):
            return on_values(inputs, self.output_mode, self._bins_of, self._vectors_of)
        bins = self._bins_of(inputs)
        return bins if self.output_mode == "int" else self._vectors_of(bins)

    def _bins_of(self, inputs: TensorLike) -> Tensor:
        return on_host(self._bins, [inputs], inputs.shape, integer_dtype(self))

    def _vectors_of(self, bins: Tensor) -> Tensor:
        return encoding.encode(
            bins,
            self.num_bins,
            self.output_mode,
            self.compute_dtype,
            sparse=self.sparse,
        )

    def _bins(self, array: np.ndarray) -> np.ndarray:
        texts = to_bytes(array, f"{self.name} (Hashing)")
        if self.mask_value is None or self.num_bins == 1:
            bins = bins_of(texts, self.num_bins, self.salt)
        else:
            masked = to_bytes(np.asarray(self.mask_value), "mask_value")[0]
            bins = bins_of(texts, self.num_bins - 1, self.salt) + 1
            bins[[text == masked for text in texts]] = 0
        return bins.reshape(array.shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the bins or vectors."""
        return encoding.encoded_shape(input_shape, self.num_bins, self.output_mode)

    def compute_output_spec(self, inputs: TensorLike) -> KerasTensor:
        """Shape and dtype of the bins or vectors."""
        as_int = self.output_mode == "int"
        dtype = integer_dtype(self) if as_int else self.compute_dtype
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, dtype, sparse=self.sparse)

    def get_config(self) -> Config:
        """The arguments; the salt as its two integers."""
        return {**super().get_config(), "salt": self.salt}
