"""The layers that are timed give the numbers of the framework's own, at small sizes.

What stands on the other side of a benchmark is written in torch.nn, jax.lax and jax.nn,
or tf.nn: values and slopes of ours are those.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import keras
from tests.conftest import FRAMEWORK_BACKENDS

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
NAMES = ("layers", "layer_rows", *(f"layers_{name}" for name in FRAMEWORK_BACKENDS))
# Each is compiled there, which takes some tenths of a second.
ON_JAX = (
    "Conv1D, causal",
    "Conv2D, same, strided",
    "Conv2DTranspose",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "AveragePooling2D",
    "AdaptiveAveragePooling2D",
    "BatchNormalization, training",
    "GroupNormalization",
    "GroupQueryAttention",
    "LSTM",
)


def imported(names: tuple[str, ...]) -> dict[str, Any]:
    """Modules of the folder of benchmarks, which is no package."""
    sys.path.insert(0, str(FOLDER))
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(FOLDER))


MODULES = imported(NAMES)
ROWS = MODULES["layer_rows"].ROWS
RUNS = [
    (backend, name)
    for backend in FRAMEWORK_BACKENDS
    for name in MODULES[f"layers_{backend}"].ROWS
    if backend != "jax" or name in ON_JAX
]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(MODULES["layer_rows"], "BATCH", 3)
    if "tensorflow" not in FRAMEWORK_BACKENDS:
        yield
        return
    tf = pytest.importorskip("tensorflow")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize(
    ("framework_backend", "name"), RUNS, indirect=["framework_backend"]
)
def test_ours_are_the_numbers_of_the_framework(
    framework_backend: str, name: str
) -> None:
    module, row = MODULES[f"layers_{framework_backend}"], ROWS[name]
    *sizes, channels = row.shape
    kept = sizes[:1] if name.endswith("first") else []
    sizes = [*kept, *(min(size, 8) for size in sizes[len(kept) :])]
    small = replace(row, shape=(*sizes, channels))
    layer = small.make(keras.layers)
    arrays = small.arrays()
    layer(*arrays, **small.call_options())
    sides = module.sides(name, small, layer, arrays)
    passes = {side: sides[side] for side in ("ours", "native")}
    assert MODULES["layers"].difference(small, passes) < 2e-4
