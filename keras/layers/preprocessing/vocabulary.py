"""`VocabularyLayer`: what layers share that keep a table of tokens and their places."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from keras.core.classes import declared_class
from keras.core.typing import Config, Data, Shape, TensorLike
from keras.layers.arguments import integer
from keras.layers.layer import Layer
from keras.layers.preprocessing import adapting, encoding

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_FILE = "vocabulary.txt"
# Beside it where a token has a line break, which the other file cannot keep apart.
_EXACT_FILE = "vocabulary.json"


class _Counted:
    """What `adapt` has seen so far.

    Its counters are no attributes of a layer, which would look through them for what
    it owns at each change.
    """

    def __init__(self) -> None:
        self.tokens: Counter[Any] = Counter()
        self.in_documents: Counter[Any] = Counter()
        self.documents = 0


class VocabularyLayer(Layer):
    """A layer with a vocabulary: given, read from a file, or learned by `adapt`.

    Index 0 is the mask token, where there is one and indices are what the layer gives;
    then come those for unknown tokens; then the tokens, the most frequent first.
    """

    _weights_name = "idf_weights"

    def _init_vocabulary(
        self,
        *,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
    ) -> None:
        title = declared_class(self).__name__
        limit, oov = integer(max_tokens), integer(num_oov_indices)
        if max_tokens is not None and (limit is None or limit <= 1):
            raise ValueError(
                f"{title} expects `max_tokens` to be above 1, or None for no limit. "
                f"Received: max_tokens={max_tokens!r}."
            )
        if oov is None or oov < 0:
            raise ValueError(
                f"{title} expects `num_oov_indices` to be 0 or more. Received: "
                f"num_oov_indices={num_oov_indices!r}."
            )
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(
                f"{title} with pad_to_max_tokens=True needs `max_tokens`. Received: "
                "max_tokens=None."
            )
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(
                f"{title} uses `idf_weights` with output_mode='tf_idf' only. Received: "
                f"output_mode={output_mode!r}."
            )
        self.max_tokens = limit
        self.num_oov_indices = oov
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.output_mode = encoding.output_mode(self, output_mode, MODES)
        self.sparse = encoding.check_sparse(self, sparse, output_mode)
        self.pad_to_max_tokens = bool(pad_to_max_tokens)
        self._tokens: list[Any] = []
        self._idf: np.ndarray | None = None
        self._given = vocabulary is not None
        self._from_file = isinstance(vocabulary, (str, os.PathLike))
        self._given_idf = idf_weights
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # Learning -------------------------------------------------------------------

    def adapt(self, data: Data, steps: int | None = None) -> None:
        """Learns the vocabulary of data, in one pass.

        Args:
            data: an array, tensor, list or table, or something that yields batches of
                them, such as a `tf.data.Dataset` or a `DataLoader`.
            steps: how many batches to take; None for all.

        Raises:
            ValueError: if the vocabulary was given.
        """
        self._refuse_if_given()
        self.reset_state()
        for batch in adapting.batches(self, data, steps):
            self._keras_count(batch)
        self.finalize_state()

    def update_state(self, data: Data) -> None:
        """Counts a batch in."""
        self._refuse_if_given()
        self._keras_count(adapting.to_array(data))

    def finalize_state(self) -> None:
        """Makes the vocabulary of what was counted."""
        counted = self._counted
        if self._given or not counted.documents:
            return
        special = {self._as_key(self.mask_token), self._as_key(self.oov_token)}
        # The more frequent first, and of equally frequent ones the greater.
        ranked = sorted(
            ((n, token) for token, n in counted.tokens.items() if token not in special),
            reverse=True,
        )
        room = None
        if self.max_tokens is not None:
            room = max(0, self.max_tokens - len(self._special_tokens()))
        chosen = [token for _, token in ranked[:room]]
        self._idf = None
        if self.output_mode == "tf_idf":
            found = np.array([counted.in_documents[t] for t in chosen], "float64")
            weights = np.log(1 + counted.documents / (1 + found))
            self._idf = self._with_special(weights.astype("float32"))
        self._set_tokens([self._from_key(token) for token in chosen])
        self.reset_state()

    def reset_state(self) -> None:
        """Forgets what was counted."""
        self._counted = _Counted()

    def _count_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Counts documents in, each of them a sequence of keys."""
        counted = self._counted
        counted.documents += len(rows)
        counted.tokens.update(chain.from_iterable(rows))
        if self.output_mode == "tf_idf":
            counted.in_documents.update(chain.from_iterable(map(set, rows)))

    def _keras_count(self, batch: np.ndarray) -> None:
        raise NotImplementedError

    def _refuse_if_given(self) -> None:
        if self._given:
            raise ValueError(
                f"{self.name} ({declared_class(self).__name__}) has a vocabulary that "
                "was given by `vocabulary` or `set_vocabulary()`, so it cannot be "
                "adapted. Make the layer without it."
            )

    # Tokens and keys: how a token stands in the table ----------------------------

    def _as_key(self, token: Any) -> Any:
        return token

    def _from_key(self, key: TensorLike) -> Any:
        return key

    def _read_tokens(self, values: TensorLike) -> list[Any]:
        raise NotImplementedError

    def _special_tokens(self) -> list[Any]:
        masks = self.mask_token is not None and self.output_mode == "int"
        masked = [self.mask_token] if masks else []
        return masked + [self.oov_token] * self.num_oov_indices

    @property
    def _first_oov(self) -> int:
        return len(self._special_tokens()) - self.num_oov_indices

    # The vocabulary -----------------------------------------------------------------

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their indices.

        Args:
            include_special_tokens: whether the mask token and those for unknown ones
                are among them.
        """
        special = self._special_tokens() if include_special_tokens else []
        return special + list(self._tokens)

    def vocabulary_size(self) -> int:
        """How many tokens there are, the special ones counted."""
        return len(self._special_tokens()) + len(self._tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: TensorLike = None) -> None:
        """Sets the tokens, and in mode `"tf_idf"` their weights.

        Args:
            vocabulary: a list, tuple, array or tensor of tokens, or the path of a text
                file with one token in each line. Special tokens may stand before them,
                all of them, or be left out.
            idf_weights: the weight of each token.

        Raises:
            ValueError: if tokens are repeated, too many or none, or weights do not fit.
        """
        title = f"{self.name} ({declared_class(self).__name__})"
        if isinstance(vocabulary, (str, os.PathLike)):
            tokens = self._read_tokens(_lines(os.fspath(vocabulary), title))
        else:
            tokens = self._read_tokens(adapting.to_array(vocabulary).reshape(-1))
        if not tokens:
            raise ValueError(f"{title} cannot have an empty vocabulary.")
        weights = self._check_weights(title, tokens, idf_weights)
        special = self._special_tokens()
        complete = bool(special) and tokens[: len(special)] == special
        tokens = tokens[len(special) :] if complete else tokens
        self._check_tokens(title, tokens, special)
        self._idf = None
        if weights is not None:
            self._idf = weights if complete else self._with_special(weights)
        self._given = True
        self._set_tokens(tokens)

    def _check_weights(
        self, title: str, tokens: list[Any], weights: TensorLike
    ) -> np.ndarray | None:
        if self.output_mode != "tf_idf":
            if weights is None:
                return None
            raise ValueError(
                f"{title} uses `idf_weights` with output_mode='tf_idf' only. Received: "
                f"output_mode={self.output_mode!r}."
            )
        if weights is None:
            raise ValueError(
                f"{title} with output_mode='tf_idf' needs `idf_weights`, one for each "
                "token of `vocabulary`."
            )
        array = adapting.to_array(weights).astype("float32").reshape(-1)
        if len(array) != len(tokens):
            raise ValueError(
                f"{title} expects one of `idf_weights` for each token. Received: "
                f"{len(array)} weights and {len(tokens)} tokens."
            )
        return array

    def _check_tokens(self, title: str, tokens: list[Any], special: list[Any]) -> None:
        if len(set(tokens)) != len(tokens):
            repeated = [token for token, n in Counter(tokens).items() if n > 1]
            raise ValueError(
                f"{title} expects each token once in the vocabulary. Repeated: "
                f"{repeated[:10]}."
            )
        if self.mask_token is not None and self.mask_token in tokens:
            raise ValueError(
                f"{title} found its mask token {self.mask_token!r} in the vocabulary "
                f"at index {tokens.index(self.mask_token)}. Leave all special tokens "
                f"out, or put exactly these before the others: {special}."
            )
        size = len(tokens) + len(special)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"{title} has max_tokens={self.max_tokens}, but the vocabulary with "
                f"its {len(special)} special tokens has {size}."
            )

    def _set_tokens(self, tokens: list[Any]) -> None:
        self._tokens = tokens
        keys = map(self._as_key, tokens)
        first = len(self._special_tokens())
        self._use_table({key: i for i, key in enumerate(keys, first)})

    def _use_table(self, table: dict[Any, int]) -> None:
        """Takes another table of tokens and their places; it may be changed."""

    def _with_special(self, weights: np.ndarray) -> np.ndarray:
        """Weights of tokens, and before them those of unknown ones: the mean."""
        unknown = np.mean(weights) if len(weights) else 0.0
        front = np.full(len(self._special_tokens()), unknown, "float32")
        return np.concatenate([front, weights]).astype("float32")

    @property
    def idf_weights(self) -> np.ndarray | None:
        """The weight of each index, special ones included; None in other modes."""
        if self._idf is None:
            return None
        return np.pad(self._idf, (0, self._depth() - len(self._idf)))

    @idf_weights.setter
    def idf_weights(self, value: Any) -> None:
        self._idf = None if value is None else np.asarray(value, "float32")

    def _depth(self) -> int:
        """Size of the vectors."""
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        return self.vocabulary_size()

    @property
    def _learns(self) -> bool:
        return not self._given

    @property
    def _is_adapted(self) -> bool:
        return bool(self._tokens) or self._given

    def _check_ready(self) -> None:
        if not self._is_adapted:
            raise ValueError(
                f"{self.name} ({declared_class(self).__name__}) has no vocabulary yet. "
                "Call `adapt(data)` or `set_vocabulary(tokens)` before, or make the "
                "layer with `vocabulary`."
            )

    # Counting, on the host --------------------------------------------------------

    def _vectors(
        self, ids: np.ndarray, rows: np.ndarray, count: int, dtype: str
    ) -> np.ndarray:
        """Indices as one vector for each row; negative ones count as none.

        Args:
            ids: the indices, one after the other.
            rows: the row of each of them.
            count: how many rows there are.
            dtype: of the vectors.
        """
        depth = self._depth()
        known = ids >= 0
        places = rows[known] * depth + ids[known]
        counts = np.bincount(places, minlength=count * depth).reshape(count, depth)
        if self.output_mode == "multi_hot":
            counts = counts > 0
        elif self.output_mode == "tf_idf":
            counts = counts * np.asarray(self.idf_weights)
        return counts.astype(dtype)

    def _encoded(self, ids: np.ndarray, dtype: str) -> np.ndarray:
        """Indices of any shape in the layer's mode, as `encoding.encode` does it."""
        shape: Any = encoding.encoded_shape(ids.shape, self._depth(), self.output_mode)
        flat = ids.reshape(-1)
        count = math.prod(shape[:-1])
        rows = np.repeat(np.arange(count), len(flat) // count if count else 0)
        return self._vectors(flat, rows, count, dtype).reshape(shape)

    def _encoded_shape(self, shape: Shape) -> Shape:
        ready = self._is_adapted or self.pad_to_max_tokens
        return encoding.encoded_shape(
            shape, self._depth() if ready else None, self.output_mode
        )

    # Files --------------------------------------------------------------------------

    def save_assets(self, dir_path: str) -> None:
        """Writes the vocabulary, if the config does not hold it."""
        if self._given and not self._from_file:
            return
        tokens = [str(token) for token in self.get_vocabulary()]
        with open(
            os.path.join(dir_path, _FILE), "w", encoding="utf-8", newline=""
        ) as file:
            file.write("\n".join(tokens))
        if any("\n" in token or "\r" in token for token in tokens):
            with open(
                os.path.join(dir_path, _EXACT_FILE), "w", encoding="utf-8"
            ) as file:
                json.dump(tokens, file)

    def load_assets(self, dir_path: str) -> None:
        """Reads the vocabulary that `save_assets` wrote."""
        path = os.path.join(dir_path, _EXACT_FILE)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                tokens = json.load(file)
        else:
            path = os.path.join(dir_path, _FILE)
            if self._tokens or not os.path.isfile(path):
                return
            with open(path, encoding="utf-8", newline="") as file:
                tokens = file.read().split("\n")
        special = len(self._special_tokens())
        self._set_tokens(self._read_tokens(tokens[special:]))

    def save_own_variables(self, store: Any) -> None:
        """Writes the weights of tokens, if the config does not hold them."""
        if self._idf is not None and (not self._given or self._from_file):
            store[self._weights_name] = self._idf

    def load_own_variables(self, store: Any) -> None:
        """Reads the weights of tokens."""
        if self._weights_name in store.keys():  # noqa: SIM118 - a group of a file
            self._idf = np.asarray(store[self._weights_name], "float32")

    @property
    def _host_state(self) -> tuple[list[Any], Any]:
        """What a copy needs besides config and weights: all that was learned."""
        return list(self._tokens), self._idf

    @_host_state.setter
    def _host_state(self, state: tuple[list[Any], Any]) -> None:
        tokens, self._idf = state
        self._set_tokens(tokens)

    def get_build_config(self) -> Config:
        """Nothing: there is nothing to build."""
        return {}

    def build_from_config(self, config: Config) -> None:
        """Nothing to do."""
        del config

    def _vocabulary_config(self) -> Config:
        """What the config holds of the vocabulary."""
        written = self._given and not self._from_file
        idf = self._idf if written else None
        if idf is not None:
            idf = idf[len(self._special_tokens()) :].tolist()
            if self._given_idf is not None:
                idf = adapting.to_array(self._given_idf).tolist()
        return {
            "vocabulary": list(self._tokens) if written else None,
            "idf_weights": idf,
            "vocabulary_size": self.vocabulary_size(),
        }


def _lines(path: str, title: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read().removesuffix("\n").replace("\r\n", "\n").split("\n")
    except OSError as error:
        raise ValueError(
            f"{title} cannot read the vocabulary file {path!r}: {error.strerror}. Pass "
            "the path of a text file with one token in each line, or a list of tokens."
        ) from error
