"""Writes what the PyPI keras makes of some texts: `golden.json`, read by the tests.

    KERAS_BACKEND=torch python tests/datasets/make_golden.py

with the PyPI keras in place of this one. The files lie where `get_file` would have put
them.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import keras

OPTIONS: list[dict[str, Any]] = [
    {},
    {"num_words": 15},
    {"num_words": 15, "skip_top": 5},
    {"maxlen": 6},
    {"start_char": None},
    {"start_char": None, "index_from": 0},
    {"oov_char": None, "num_words": 12},
    {"seed": 5},
]


def texts(count: int, seed: int) -> list[list[int]]:
    random = np.random.RandomState(seed)
    sizes = random.randint(3, 9, count)
    return [random.randint(1, 30, size=size).tolist() for size in sizes]


def as_objects(lists: list[list[int]]) -> np.ndarray:
    found = np.empty(len(lists), dtype=object)
    found[:] = lists
    return found


def write_files(folder: Path) -> None:
    train, test = texts(7, 0), texts(5, 1)
    np.savez(
        folder / "imdb.npz",
        x_train=as_objects(train),
        y_train=np.arange(7) % 2,
        x_test=as_objects(test),
        y_test=np.arange(5) % 2,
    )
    np.savez(folder / "reuters.npz", x=as_objects(texts(9, 2)), y=np.arange(9))


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    write_files(folder)
    found = []
    for name in ("imdb", "reuters"):
        module = importlib.import_module(f"keras.src.datasets.{name}")
        module.get_file = lambda *_, name=name, **__: str(folder / f"{name}.npz")
        for options in OPTIONS:
            parts = getattr(keras.datasets, name).load_data(**options)
            plain = [
                [[[int(word) for word in text] for text in x], y.tolist()]
                for x, y in parts
            ]
            found.append([name, options, plain])
    path = Path(__file__).parent / "golden.json"
    path.write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
