"""One small model of each family computes what the PyPI Keras computes.

Its weights are worked out from their shapes by `cases.values`; the outputs of the PyPI
Keras stand in `snapshots.json`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.initializers import VarianceScaling
from tests.applications import cases
from tests.conftest import BACKENDS

SNAPSHOTS = json.loads((Path(__file__).parent / "snapshots.json").read_text())


@lru_cache(maxsize=1)
def weights_of(name: str) -> list[np.ndarray]:
    """The values of the weights of a model: once for all backends."""
    with keras.backend_scope("numpy"):
        return cases.values(cases.make_small(keras, name).weights)


@pytest.mark.parametrize("name", sorted(cases.SMALL))
def test_outputs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(self: Any, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return ops.convert_to_tensor(np.zeros(shape, dtype or "float32"))

    monkeypatch.setattr(VarianceScaling, "__call__", zeros)
    values = weights_of(name)
    expected = np.array(SNAPSHOTS[name]["outputs"], "float32")
    for backend in BACKENDS:
        with keras.backend_scope(backend):
            model = cases.make_small(keras, name)
            model.set_weights(values)
            # One program costs JAX a quarter of what compiling each op does; the
            # others run ops as they come.
            run = model.predict_on_batch if backend == "jax" else model
            outputs = ops.convert_to_numpy(run(cases.images(name)))[0]
        error = np.abs(outputs - expected).max() / np.abs(expected).max()
        assert error < 1e-4, f"{backend}: {outputs} instead of {expected}"
