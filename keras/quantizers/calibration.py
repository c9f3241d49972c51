"""Data that weights are fitted to: sequences of tokens, or samples, of any source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras import ops

_ROWS_AT_ONCE = 8


def batches(config: Any) -> list[np.ndarray]:
    """What a config's dataset comes to: small batches of what a model is called on.

    Texts and integers are joined to one stream of tokens, and sequences cut from it at
    even distances. Floats are samples: the first axis of an array counts them.

    Args:
        config: a `GPTQConfig` or `AWQConfig`.

    Returns:
        Arrays `(batch, sequence_length)` of int32, or of samples.

    Raises:
        ValueError: if there is no data, it is too short for one sequence, or texts come
            without a tokenizer.
    """
    name = type(config).__name__
    count, length = config.num_samples, config.sequence_length
    tokens: list[np.ndarray] = []
    samples: list[np.ndarray] = []
    have = 0
    for item in _items(config.dataset, name):
        array = _array(item, config.tokenizer, name)
        if array.dtype.kind == "f":
            samples.extend(array.astype("float32"))
        else:
            tokens.append(array.reshape(-1))
            have += array.size
        if len(samples) >= count or have >= count * length:
            break
    if samples and tokens:
        raise ValueError(
            f"`dataset` of {name} must hold tokens, or samples of floats. Received: "
            "both."
        )
    if samples:
        whole = np.stack(samples[:count])
    else:
        whole = _sequences(tokens, count, length, name)
    return [whole[i : i + _ROWS_AT_ONCE] for i in range(0, len(whole), _ROWS_AT_ONCE)]


def _items(dataset: Any, name: str) -> Iterator[Any]:
    """The items of a dataset; of pairs the inputs."""
    if dataset is None or isinstance(dataset, (str, bytes)):
        raise ValueError(
            f"{name} expects `dataset` to be an iterable of texts, of arrays of token "
            f"ids or of samples. Received: dataset={dataset!r}."
        )
    if hasattr(dataset, "num_batches"):  # a PyDataset
        dataset = map(dataset.__getitem__, range(len(dataset)))
    for item in dataset:
        yield item[0] if isinstance(item, (tuple, list)) and _is_pair(item) else item


def _is_pair(item: Any) -> bool:
    return len(item) > 0 and hasattr(item[0], "shape")


def _array(item: Any, tokenizer: Any, name: str) -> np.ndarray:
    """An item as an array of integers, or of floats."""
    if not isinstance(item, (str, bytes, np.str_, np.bytes_, list, tuple)):
        item = ops.convert_to_numpy(item) if hasattr(item, "shape") else item
    array = np.asarray(item)
    if array.dtype.kind in "USO":
        if tokenizer is None:
            raise ValueError(
                f"{name} received texts, but tokenizer=None. Pass a callable from a "
                "text to its token ids, or an object with `tokenize`."
            )
        tokenize = getattr(tokenizer, "tokenize", tokenizer)
        texts = [x.decode() if isinstance(x, bytes) else str(x) for x in array.flat]
        found = [np.asarray(ops.convert_to_numpy(tokenize(text))) for text in texts]
        array = np.concatenate([ids.reshape(-1) for ids in found] or [np.zeros(0, int)])
        array = array.astype("int64")
    if array.dtype.kind not in "iufb":
        raise ValueError(
            f"`dataset` of {name} must hold texts, token ids or floats. Received: an "
            f"item of dtype {array.dtype}."
        )
    return array


def _sequences(
    tokens: list[np.ndarray], count: int, length: int, name: str
) -> np.ndarray:
    stream = np.concatenate([np.zeros(0, "int32"), *tokens]).astype("int32")
    if len(stream) < length:
        raise ValueError(
            f"`dataset` of {name} is {'too short' if len(stream) else 'empty'}: a "
            f"sequence has sequence_length={length} tokens. Received: {len(stream)} "
            "tokens in all."
        )
    last = len(stream) - length
    starts = np.unique(np.linspace(0, last, min(count, last + 1)).astype("int64"))
    return np.stack([stream[start : start + length] for start in starts])
