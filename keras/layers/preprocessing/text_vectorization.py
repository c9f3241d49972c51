"""`TextVectorization`: text as indices or vectors of its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from keras.backends import current
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, Data, Shape, Tensor, TensorLike
from keras.layers.arguments import integer, integers
from keras.layers.options import UnnamedOptions
from keras.layers.preprocessing import adapting, encoding
from keras.layers.preprocessing.host_layer import (
    HostLayer,
    from_host,
    has_strings,
    index_dtype,
    on_host,
)
from keras.layers.preprocessing.string_lookup import StringLookup
from keras.layers.preprocessing.strings import (
    PUNCTUATION,
    check_strings,
    to_bytes,
    to_text,
)

if TYPE_CHECKING:
    from keras.backends.backend import Backend

Rows = list[list[bytes]]
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLIT = ("whitespace", "character")


@public_class("keras.layers", opens=("vocabulary",))
class TextVectorization(HostLayer):
    """Text as the indices of its words in a vocabulary, or as vectors of these.

    Each text is standardized, split into tokens, joined to n-grams, and looked up.
    Letters and punctuation mean those of ASCII, and spaces too, as in Keras.

    Args:
        max_tokens: how many tokens the vocabulary may have, special ones counted.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"`,
            None, or a function of strings. A function gets a tensor of strings on
            TensorFlow and a NumPy array of `str` elsewhere, and gives the same.
        split: `"whitespace"`, `"character"`, None for texts that are split already,
            `(batch, tokens)`, or a function that gives the tokens of each text: a
            ragged tensor or lists.
        ngrams: n-grams of tokens: up to this size, or of these sizes.
        output_mode: `"int"`: indices; `"multi_hot"`, `"count"` or `"tf_idf"`: a vector
            for each text, of which tokens it has, how often, or how often times their
            weights.
        output_sequence_length: how many indices there are of each text: it is cut off
            or filled with 0; None for those of the longest of the batch.
        pad_to_max_tokens: whether vectors have the size `max_tokens`, whatever the size
            of the vocabulary.
        vocabulary: the tokens, or the path of a text file with one in each line;
            without it, `adapt` learns them.
        idf_weights: in mode `"tf_idf"`, the weight of each token of `vocabulary`.
        sparse: whether the vectors are sparse, where the backend has sparse tensors.
        ragged: whether indices come as a ragged tensor, where the backend has them.
        encoding: how bytes encode text.
        name: a name; made up by default.
        **kwargs: `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.TextVectorization()
    >>> layer.adapt(["the quick fox", "the dog"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'the', 'quick', 'fox', 'dog']
    >>> keras.ops.convert_to_numpy(layer(["The fox!", "a quick fox"])).tolist()
    [[2, 4, 0], [1, 3, 4]]
    """

    _input_dtype = "string"

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: TensorLike = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        self._check_stage("standardize", standardize, _STANDARDIZE)
        self._check_stage("split", split, _SPLIT)
        modes = ("int", "multi_hot", "count", "tf_idf")
        if output_mode not in modes:
            raise ValueError(
                "TextVectorization expects `output_mode` to be one of "
                f"{', '.join(map(repr, modes))}. Received: output_mode={output_mode!r}."
            )
        length = output_sequence_length
        if length is not None and output_mode != "int":
            raise ValueError(
                "TextVectorization uses `output_sequence_length` with "
                f"output_mode='int' only. Received: output_mode={output_mode!r}."
            )
        if length is not None and (integer(length) is None or length < 0):
            raise ValueError(
                "TextVectorization expects `output_sequence_length` to be 0 or more. "
                f"Received: output_sequence_length={length!r}."
            )
        if ragged and output_mode != "int":
            raise ValueError(
                "TextVectorization gives ragged tensors with output_mode='int' only. "
                f"Received: ragged=True, output_mode={output_mode!r}."
            )
        if ragged and "ragged" not in self._keras_backend.layouts:
            raise ValueError(
                f"The {self._keras_backend.name} backend has no ragged tensors, so "
                "TextVectorization cannot have ragged=True. Leave it out: texts are "
                "filled up with 0."
            )
        self._sizes = self._ngram_sizes(ngrams)
        self.standardize = standardize
        self.split = split
        self.ngrams = ngrams
        self.output_mode = output_mode
        self.output_sequence_length = length
        self.sparse = sparse
        self.ragged = bool(ragged)
        self.encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            encoding=encoding,
            dtype=self.dtype_policy,
        )

    def _check_stage(self, name: str, value: Any, known: tuple[str, ...]) -> None:
        if value is not None and not callable(value) and value not in known:
            raise ValueError(
                f"TextVectorization expects `{name}` to be one of "
                f"{', '.join(map(repr, known))}, None or a function. Received: "
                f"{name}={value!r}."
            )

    def _ngram_sizes(self, ngrams: Any) -> tuple[int, ...]:
        if ngrams is None:
            return (1,)
        sizes = integers(self, "ngrams", ngrams)
        return sizes if isinstance(ngrams, (tuple, list)) else (*range(1, ngrams + 1),)

    # The vocabulary -------------------------------------------------------------

    def adapt(
        self, data: Data, batch_size: int | None = None, steps: int | None = None
    ) -> None:
        """Learns the vocabulary of texts, in one pass.

        Args:
            data: an array, tensor, list or column of texts, or something that yields
                batches of them, such as a `tf.data.Dataset` or a `DataLoader`.
            batch_size: accepted for compatibility: arrays are read at once.
            steps: how many batches to take; None for all.

        Raises:
            ValueError: if the vocabulary was given.
        """
        del batch_size
        self._lookup_layer._refuse_if_given()
        self.reset_state()
        for batch in adapting.batches(self, data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Data) -> None:
        """Counts a batch in."""
        self._lookup_layer._refuse_if_given()
        rows = self._rows(adapting.to_array(data), self._keras_backend)
        title = f"{self.name} (TextVectorization)"
        texts = [to_text(row, self.encoding, title) for row in rows]
        self._lookup_layer._count_rows(texts)

    def finalize_state(self) -> None:
        """Makes the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forgets what was counted."""
        self._lookup_layer.reset_state()

    @property
    def _learns(self) -> bool:
        return self._lookup_layer._learns

    @property
    def _is_adapted(self) -> bool:
        return self._lookup_layer._is_adapted

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens in the order of their indices.

        Args:
            include_special_tokens: whether `""` and `"[UNK]"` are among them.
        """
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """How many tokens there are, the special ones counted."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: TensorLike = None) -> None:
        """Sets the tokens, and in mode `"tf_idf"` their weights.

        Args:
            vocabulary: a list, array or tensor of tokens, or the path of a text file
                with one in each line.
            idf_weights: the weight of each token.
        """
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def build(self, input_shape: Shape | None = None) -> None:
        """Nothing to make; the vocabulary comes from elsewhere."""
        self.built = True

    # Computing ---------------------------------------------------------------------

    def call(self, inputs: TensorLike) -> Tensor:
        """Indices, or vectors."""
        self._lookup_layer._check_ready()
        self._check_shape(tuple(inputs.shape))
        if self.ragged:
            return self._ragged(inputs)
        spec = self.compute_output_spec(inputs)
        run = partial(self._numbers, current())
        outputs = on_host(run, [inputs], spec.shape, spec.dtype)
        if not self.sparse:
            return outputs
        # How many tokens there are is not known: each number may be one of them.
        return encoding.as_sparse(outputs, outputs)

    def _numbers(self, backend: Backend, array: np.ndarray) -> np.ndarray:
        rows = self._cut(self._rows(array, backend))
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        ids = self._lookup_layer.ids([token for row in rows for token in row])
        if self.output_mode != "int":
            places = np.repeat(np.arange(len(rows)), lengths)
            dtype = encoding.vector_dtype(self)
            found = self._lookup_layer._vectors(ids, places, len(rows), dtype)
            return found if array.ndim else found[0]
        if self.split is None and array.ndim == 1 and self._sizes == (1,):
            return ids
        width = self.output_sequence_length
        width = int(lengths.max(initial=0)) if width is None else width
        padded = np.zeros((len(rows), width), np.int64)
        padded[np.arange(width) < lengths[:, None]] = ids
        return padded if array.ndim else padded[0]

    def _ragged(self, inputs: TensorLike) -> Any:
        """The indices of each text, without filling up: two arrays make one tensor."""
        backend = current()

        def values(array: np.ndarray) -> np.ndarray:
            rows = self._cut(self._rows(array, backend))
            return self._lookup_layer.ids([token for row in rows for token in row])

        def lengths(array: np.ndarray) -> np.ndarray:
            return np.array([len(row) for row in self._cut(self._rows(array, backend))])

        dtype = index_dtype()
        return backend.ragged_rows(
            on_host(values, [inputs], (None,), dtype),
            on_host(lengths, [inputs], (None,), "int64"),
        )

    def _cut(self, rows: Rows) -> Rows:
        length = self.output_sequence_length
        return rows if length is None else [row[:length] for row in rows]

    def _rows(self, array: np.ndarray, backend: Backend) -> Rows:
        """The tokens of each text."""
        self._check_shape(array.shape)
        if self.split is not None and array.ndim > 1:
            array = array[:, 0]
        title = f"{self.name} (TextVectorization)"
        check_strings(array, title)
        if callable(self.standardize):
            given = _for_user(array, backend, title)
            array = adapting.to_array(self.standardize(given))
        texts = self._standardized(to_bytes(array, title))
        if callable(self.split):
            array = np.array(texts, dtype=object).reshape(array.shape)
            found = self.split(_for_user(array, backend, title))
            rows = _from_user(found, title, array.ndim == 0)
        else:
            rows = self._tokens(texts, array)
        return rows if self._sizes == (1,) else [self._ngrams_of(row) for row in rows]

    def _standardized(self, texts: list[bytes]) -> list[bytes]:
        lower = self.standardize in ("lower", "lower_and_strip_punctuation")
        if self.standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
            if lower:
                return [text.lower().translate(None, PUNCTUATION) for text in texts]
            return [text.translate(None, PUNCTUATION) for text in texts]
        return [text.lower() for text in texts] if lower else texts

    def _tokens(self, texts: list[bytes], array: np.ndarray) -> Rows:
        if self.split == "whitespace":
            return [text.split() for text in texts]
        if self.split == "character":
            return [
                [letter.encode() for letter in text.decode("utf-8", "replace")]
                for text in texts
            ]
        width = array.shape[1] if array.ndim > 1 else 1
        return [texts[i : i + width] for i in range(0, len(texts), max(width, 1))]

    def _ngrams_of(self, row: list[bytes]) -> list[bytes]:
        return [
            b" ".join(tokens)
            for size in self._sizes
            for tokens in zip(*(row[i:] for i in range(size)), strict=False)
        ]

    def _check_shape(self, shape: Shape) -> None:
        if self.split is not None and len(shape) > 1 and shape[-1] not in (1, None):
            raise ValueError(
                f"{self.name} (TextVectorization) splits texts of shape (batch,) or "
                f"(batch, 1). Received: shape {tuple(shape)}. Join them, or set "
                "split=None for texts that are split already."
            )

    # Shapes, files ----------------------------------------------------------------

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the indices or vectors."""
        shape = tuple(input_shape)
        batch = shape[:1]
        if self.output_mode != "int":
            return (*batch, self._lookup_layer._encoded_shape((1,))[-1])
        if self.split is None and len(shape) == 1 and self._sizes == (1,):
            return shape
        length = self.output_sequence_length
        if length is None and self.split is None and self._sizes == (1,):
            length = shape[-1]
        return (*batch, length)

    def compute_output_spec(self, inputs: TensorLike) -> KerasTensor:
        """Shape and dtype of the indices or vectors."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        if self.output_mode == "int":
            return KerasTensor(shape, index_dtype(), ragged=self.ragged)
        return KerasTensor(shape, encoding.vector_dtype(self), sparse=self.sparse)

    def save_assets(self, dir_path: str) -> None:
        """Writes the vocabulary, if the config does not hold it."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Reads the vocabulary that `save_assets` wrote."""
        self._lookup_layer.load_assets(dir_path)

    def save_own_variables(self, store: Any) -> None:
        """Writes the weights of tokens, if the config does not hold them."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        """Reads the weights of tokens."""
        self._lookup_layer.load_own_variables(store)

    def get_config(self) -> Config:
        """The arguments, and the vocabulary where it was given."""
        lookup = self._lookup_layer
        config = super().get_config()
        config.update(
            lookup._vocabulary_config(),
            max_tokens=lookup.max_tokens,
            pad_to_max_tokens=lookup.pad_to_max_tokens,
        )
        return config


def _for_user(array: np.ndarray, backend: Backend, title: str) -> Any:
    """Texts as a user's function takes them: a tensor, or an array of `str`."""
    if has_strings(backend):
        texts = np.array(to_bytes(array, title), dtype=object)
        return from_host(texts.reshape(array.shape), "string")
    texts = [text.decode("utf-8", "replace") for text in to_bytes(array, title)]
    return np.array(texts, dtype=object).reshape(array.shape)


def _from_user(found: Any, title: str, one_text: bool) -> Rows:
    """Tokens that a user's function gives: a ragged tensor, an array or lists."""
    if hasattr(found, "to_list"):
        rows: Any = found.to_list()
    elif isinstance(found, Sequence):
        rows = found
    else:
        rows = adapting.to_array(found).tolist()
    if one_text or not isinstance(rows, Iterable) or isinstance(rows, (str, bytes)):
        rows = [rows]
    return [to_bytes(np.array(list(row), dtype=object), title) for row in rows]
