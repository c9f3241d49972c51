"""`StringLookup`: strings as their places in a vocabulary, and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np

from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, Shape, Tensor, TensorLike
from keras.layers.options import UnnamedOptions
from keras.layers.preprocessing import encoding
from keras.layers.preprocessing.hashing import bins_of, standardize_salt
from keras.layers.preprocessing.host_layer import HostLayer, index_dtype, on_host
from keras.layers.preprocessing.string_index import StringIndex
from keras.layers.preprocessing.strings import check_strings, to_bytes, to_text
from keras.layers.preprocessing.uneven import is_uneven, on_values
from keras.layers.preprocessing.vocabulary import VocabularyLayer

# Stands for strings that are not in the vocabulary, until their hash is known.
_UNKNOWN = -2


@public_class("keras.layers", opens=("vocabulary",))
class StringLookup(VocabularyLayer, HostLayer):
    """Strings as indices of a vocabulary, or as vectors of these.

    Args:
        max_tokens: how many tokens the vocabulary may have, special ones counted.
        num_oov_indices: how many indices unknown strings share, by their hash; with 0
            they are an error.
        mask_token: a string that stands for no input; it has index 0.
        oov_token: what stands for unknown strings in the vocabulary.
        vocabulary: the strings, or the path of a text file with one in each line;
            without it, `adapt` learns them.
        idf_weights: in mode `"tf_idf"`, the weight of each string of `vocabulary`.
        invert: whether to go from indices to strings.
        output_mode: `"int"`: the indices; `"one_hot"`: a vector for each;
            `"multi_hot"`, `"count"` or `"tf_idf"`: a vector for each row, of which
            indices it has, how often, or how often times their weights.
        pad_to_max_tokens: whether vectors have the size `max_tokens`, whatever the size
            of the vocabulary.
        sparse: whether the vectors are sparse, where the backend has sparse tensors.
        encoding: how bytes encode text.
        name: a name; made up by default.
        salt: an integer or two of them, the key of the hash of unknown strings.
        **kwargs: `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.StringLookup(vocabulary=["a", "b", "c"])
    >>> keras.ops.convert_to_numpy(layer([["a", "c"], ["z", "b"]])).tolist()
    [[1, 3], [0, 2]]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str | None = "[UNK]",
        vocabulary: Any = None,
        idf_weights: TensorLike = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        for said in ("vocabulary_size", "oov_method"):  # by configs
            kwargs.pop(said, None)
        super().__init__(name=name, **kwargs)
        self.encoding = encoding
        self.invert = bool(invert)
        self.salt = standardize_salt("StringLookup", salt)
        if invert and output_mode != "int":
            raise ValueError(
                "StringLookup with invert=True gives strings, so `output_mode` must be "
                f"'int'. Received: output_mode={output_mode!r}."
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

    @property
    def _input_dtype(self) -> str:
        """The dtype of inputs, where a model asks that does not know it."""
        return "int64" if self.invert else "string"

    def call(self, inputs: TensorLike) -> Tensor:
        """Indices, vectors, or strings."""
        self._check_ready()
        if is_uneven(inputs):
            if self.invert:
                return on_values(inputs, "int", self._plain, self._vectors_of)
            return on_values(inputs, self.output_mode, self._ids_of, self._vectors_of)
        return self._plain(inputs)

    def _plain(self, inputs: TensorLike) -> Tensor:
        spec = self.compute_output_spec(inputs)
        run = self._to_strings if self.invert else self._to_numbers
        outputs = on_host(run, [inputs], spec.shape, spec.dtype)
        return encoding.as_sparse(outputs, inputs) if self.sparse else outputs

    def _ids_of(self, values: Tensor) -> Tensor:
        return on_host(self.ids, [values], values.shape, index_dtype())

    def _vectors_of(self, ids: Tensor) -> Tensor:
        dtype = encoding.vector_dtype(self)
        run = partial(self._encoded, dtype=dtype)
        outputs = on_host(run, [ids], self._encoded_shape(tuple(ids.shape)), dtype)
        return encoding.as_sparse(outputs, ids) if self.sparse else outputs

    def _to_numbers(self, array: np.ndarray) -> np.ndarray:
        ids = self.ids(array.reshape(-1)).reshape(array.shape)
        if self.output_mode == "int":
            return ids
        return self._encoded(ids, encoding.vector_dtype(self))

    def ids(self, values: np.ndarray | Sequence[Any]) -> np.ndarray:
        """Indices of strings or bytes; -1 for the mask token, where it has no index.

        Raises:
            ValueError: for what is no string, and unknown strings without an index.
        """
        title, alone = f"{self.name} (StringLookup)", self.num_oov_indices == 1
        missing = self._first_oov if alone else _UNKNOWN
        ids = self._keras_index.find(values, missing, title)
        if alone:
            return ids
        places = np.flatnonzero(ids == _UNKNOWN)
        if not len(places):
            return ids
        unknown = [values[i] for i in places.tolist()]
        if not self.num_oov_indices:
            raise ValueError(
                f"{title} has num_oov_indices=0, so all strings "
                "must be in the vocabulary. Not in it: "
                f"{unknown[:10]}. Set num_oov_indices=1 to take them as unknown."
            )
        texts = to_bytes(np.array(unknown, dtype=object), title)
        bins = bins_of(texts, self.num_oov_indices, self.salt)
        ids[places] = bins + self._first_oov
        return ids

    def _to_strings(self, array: np.ndarray) -> np.ndarray:
        tokens = [*self.get_vocabulary(), self.oov_token]
        names = np.array(["" if t is None else t for t in tokens], dtype=object)
        places = array.astype(np.int64)
        known = (places >= 0) & (places < len(names) - 1)
        return np.asarray(names[np.where(known, places, len(names) - 1)], dtype=object)

    def _use_table(self, table: dict[Any, int]) -> None:
        if self.mask_token is not None:
            table[self.mask_token] = 0 if self.output_mode == "int" else -1
        if self.oov_token is not None and self.num_oov_indices == 1:
            table.setdefault(self.oov_token, self._first_oov)
        self._keras_index = StringIndex(table, self.encoding)

    def _keras_count(self, batch: np.ndarray) -> None:
        title = f"{self.name} (StringLookup)"
        check_strings(batch, title)
        texts = to_text(to_bytes(batch, title), self.encoding, title)
        if batch.ndim > 1:
            width = int(np.prod(batch.shape[1:]))
            self._count_rows(
                [texts[i : i + width] for i in range(0, len(texts), max(width, 1))]
            )
        else:
            self._count_rows([[text] for text in texts])

    def _read_tokens(self, values: TensorLike) -> list[str]:
        return to_text(list(values), self.encoding, f"{self.name} (StringLookup)")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the indices, vectors or strings."""
        return self._encoded_shape(input_shape)

    def compute_output_spec(self, inputs: TensorLike) -> KerasTensor:
        """Shape and dtype of the indices, vectors or strings."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        if self.invert:
            return KerasTensor(shape, "string")
        as_int = self.output_mode == "int"
        dtype = index_dtype() if as_int else encoding.vector_dtype(self)
        return KerasTensor(shape, dtype, sparse=self.sparse)

    def get_config(self) -> Config:
        """The arguments, and the vocabulary where it was given."""
        config = super().get_config()
        config.update(self._vocabulary_config(), oov_method="floormod", salt=self.salt)
        return config
