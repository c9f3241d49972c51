"""The four workloads, as plain numbers and NumPy arrays.

Every side of a comparison (this keras, the PyPI keras, a bare framework) reads the
sizes and the data from here, so that all do the same work. No framework is imported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLASSES = 10
LEARNING_RATE = 1e-3
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NORM_EPSILON = 1e-3

HIDDEN = 64  # mlp: units of both hidden layers
CONV_FILTERS = (16, 32)  # convnet: filters of its two 3x3 convolutions
VOCABULARY, WIDTH, HEADS, FEED_FORWARD, BLOCKS = 1000, 64, 4, 128, 2  # transformer
UNITS = 32  # lstm
FUSED = 32  # steps that `fit_fused` runs as one program


@dataclass(frozen=True)
class Workload:
    """One model and the size of its job.

    Attributes:
        name: What the command line calls it.
        shape: Shape of one row.
        dtype: Dtype of the rows; integers are token ids.
        batch: Rows per step.
        steps: Steps in the timed epoch of fit and evaluate.
        rows: Rows of the timed predict of many.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    batch: int
    steps: int
    rows: int


WORKLOADS = {
    load.name: load
    for load in (
        Workload("mlp", (64,), "float32", 32, 256, 100_000),
        Workload("convnet", (28, 28, 1), "float32", 32, 48, 512),
        Workload("transformer", (32,), "int32", 16, 48, 256),
        Workload("lstm", (40, 16), "float32", 32, 64, 512),
    )
}


def make_data(name: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Learnable rows and labels: `(rows, *shape)` and int32 `(rows,)`."""
    load = WORKLOADS[name]
    rng = np.random.default_rng(20)
    if load.dtype == "int32":
        x = rng.integers(0, VOCABULARY, (rows, *load.shape)).astype("int32")
        # The class decides from which tenth of the vocabulary half of the tokens come.
        y = rng.integers(0, CLASSES, rows).astype("int32")
        tenth = VOCABULARY // CLASSES
        half = load.shape[0] // 2
        x[:, :half] = x[:, :half] % tenth + tenth * y[:, None]
        return x, y
    x = rng.standard_normal((rows, *load.shape)).astype("float32")
    flat = x.reshape(rows, -1)
    y = np.argmax(flat @ rng.standard_normal((flat.shape[1], CLASSES)), axis=1)
    return x, y.astype("int32")
