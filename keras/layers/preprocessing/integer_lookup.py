"""`IntegerLookup`: integers as their places in a vocabulary, and back."""

from __future__ import annotations

from functools import partial
from typing import Any, Unpack

import numpy as np

from keras import ops
from keras.backends import current
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, Shape, Tensor, TensorLike
from keras.layers.arguments import one_of
from keras.layers.options import UnnamedOptions
from keras.layers.preprocessing import encoding
from keras.layers.preprocessing.data_layer import DataLayer
from keras.layers.preprocessing.hashing import bins_of, standardize_salt
from keras.layers.preprocessing.host_layer import index_dtype, on_host
from keras.layers.preprocessing.strings import to_bytes
from keras.layers.preprocessing.uneven import on_values
from keras.layers.preprocessing.vocabulary import VocabularyLayer


@public_class("keras.layers", opens=("vocabulary",))
class IntegerLookup(VocabularyLayer, DataLayer):
    """Integers as indices of a vocabulary, or as vectors of these.

    Args:
        max_tokens: how many tokens the vocabulary may have, special ones counted.
        num_oov_indices: how many indices unknown integers share; with 0 they are an
            error.
        mask_token: an integer that stands for no input; it has index 0.
        oov_token: what stands for unknown integers in the vocabulary.
        vocabulary: the integers, or the path of a text file with one in each line;
            without it, `adapt` learns them.
        vocabulary_dtype: `"int64"`.
        idf_weights: in mode `"tf_idf"`, the weight of each integer of `vocabulary`.
        invert: whether to go from indices to integers.
        output_mode: `"int"`: the indices; `"one_hot"`: a vector for each;
            `"multi_hot"`, `"count"` or `"tf_idf"`: a vector for each row, of which
            indices it has, how often, or how often times their weights.
        sparse: whether the vectors are sparse, where the backend has sparse tensors.
        pad_to_max_tokens: whether vectors have the size `max_tokens`, whatever the size
            of the vocabulary.
        oov_method: how unknown integers share indices: `"floormod"`, the remainder, or
            `"farmhash"`, their hash.
        salt: an integer or two of them, the key of the hash.
        name: a name; made up by default.
        **kwargs: `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.IntegerLookup(vocabulary=[12, 36, 1138])
    >>> keras.ops.convert_to_numpy(layer([[12, 1138], [7, 36]])).tolist()
    [[1, 3], [0, 2]]
    """

    _has_nothing_to_build = True
    _convert_input_args = False
    _allow_non_tensor_positional_args = True

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: TensorLike = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        self.vocabulary_dtype = one_of(
            self, "vocabulary_dtype", vocabulary_dtype, ("int64",)
        )
        self.invert = bool(invert)
        methods = ("floormod", "farmhash")
        self.oov_method = one_of(self, "oov_method", oov_method, methods)
        self.salt = standardize_salt("IntegerLookup", salt)
        if salt is not None and oov_method != "farmhash":
            raise ValueError(
                "IntegerLookup uses `salt` with oov_method='farmhash' only. Received: "
                f"oov_method={oov_method!r}."
            )
        if invert and output_mode != "int":
            raise ValueError(
                "IntegerLookup with invert=True gives integers, so `output_mode` must "
                f"be 'int'. Received: output_mode={output_mode!r}."
            )
        self._init_vocabulary(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
        )
        self.supports_masking = True

    def call(self, inputs: TensorLike) -> Tensor:
        """Indices, vectors, or integers of the vocabulary."""
        self._check_ready()
        dtype = index_dtype()
        if hasattr(inputs, "row_splits"):
            if self.invert:
                return inputs.with_flat_values(self.call(inputs.flat_values))
            numbers = partial(self._ids, whole=dtype)
            return on_values(inputs, self.output_mode, numbers, self._vectors_of)
        inputs = ops.convert_to_tensor(inputs)
        if self.invert:
            return self._to_tokens(ops.cast(inputs, dtype), dtype)
        ids = self._ids(inputs, dtype)
        return ids if self.output_mode == "int" else self._vectors_of(ids)

    def _vectors_of(self, ids: Tensor) -> Tensor:
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        dtype = encoding.vector_dtype(self)
        outputs = encoding.encode(ids, self._depth(), mode, dtype)
        if self.output_mode == "tf_idf":
            outputs = outputs * ops.cast(self.idf_weights, dtype)
        return encoding.as_sparse(outputs, ids) if self.sparse else outputs

    def _ids(self, inputs: Tensor, whole: str) -> Any:
        inputs = ops.cast(inputs, whole)
        known = self._sorted.astype(whole)
        place = ops.searchsorted(known, ops.reshape(inputs, (-1,)))
        place = ops.reshape(ops.minimum(place, len(known) - 1), ops.shape(inputs))
        found = ops.equal(ops.take(known, place), inputs)
        ids = ops.take(self._places.astype(whole), place)
        return ops.where(found, ids, self._unknown(inputs, found, whole))

    def _unknown(self, inputs: Tensor, found: Tensor, whole: str) -> Any:
        if self.num_oov_indices == 1:
            return np.asarray(self._first_oov, whole)
        if not self.num_oov_indices:
            if not current().in_trace() and not bool(ops.all(found)):
                odd = ops.convert_to_numpy(inputs)[~ops.convert_to_numpy(found)]
                raise ValueError(
                    f"{self.name} (IntegerLookup) has num_oov_indices=0, so all "
                    "integers must be in the vocabulary. Not in it: "
                    f"{odd[:10].tolist()}. Set num_oov_indices=1 to take them as "
                    "unknown."
                )
            return np.asarray(-1, whole)
        if self.oov_method == "floormod":
            return ops.mod(inputs, self.num_oov_indices) + self._first_oov
        return on_host(self._bins, [inputs], inputs.shape, whole)

    def _bins(self, array: np.ndarray) -> np.ndarray:
        texts = to_bytes(array, f"{self.name} (IntegerLookup)")
        bins = bins_of(texts, self.num_oov_indices, self.salt)
        return bins.reshape(array.shape) + self._first_oov

    def _to_tokens(self, inputs: Tensor, whole: str) -> Any:
        tokens = np.asarray([*self.get_vocabulary(), self.oov_token], whole)
        last = len(tokens) - 1
        inside = ops.logical_and(inputs >= 0, inputs < last)
        return ops.take(tokens, ops.where(inside, inputs, last))

    def _use_table(self, table: dict[int, int]) -> None:
        if self.mask_token is not None:
            table[self.mask_token] = 0 if self.output_mode == "int" else -1
        if self.num_oov_indices == 1:
            table.setdefault(self.oov_token, self._first_oov)
        self._sorted = np.array(sorted(table), np.int64)
        self._places = np.array([table[i] for i in self._sorted.tolist()], np.int64)

    def _keras_count(self, batch: np.ndarray) -> None:
        values = batch.astype(np.int64)
        rows = values.reshape(len(values), -1) if values.ndim else values.reshape(1, 1)
        self._count_rows([row.tolist() for row in rows])

    def _read_tokens(self, values: TensorLike) -> list[int]:
        try:
            return [int(value) for value in values]
        except ValueError:
            raise ValueError(
                f"{self.name} (IntegerLookup) expects a vocabulary of integers. "
                f"Received: {list(values)[:10]}. Use StringLookup for strings."
            ) from None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the indices, vectors or integers."""
        return self._encoded_shape(input_shape)

    def compute_output_spec(self, inputs: TensorLike) -> KerasTensor:
        """Shape and dtype of the indices, vectors or integers."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        as_int = self.output_mode == "int"
        dtype = index_dtype() if as_int else encoding.vector_dtype(self)
        return KerasTensor(shape, dtype, sparse=self.sparse)

    def get_config(self) -> Config:
        """The arguments, and the vocabulary where it was given."""
        config = super().get_config()
        config.update(self._vocabulary_config(), salt=self.salt)
        return config
