"""Every layer gives its outputs the masks that the Keras of PyPI gives them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import keras
from keras.core.masking import get_mask
from tests.conftest import BACKENDS
from tests.layers.masks_of_rows import called, cases, masks_of

GOLDEN: dict[str, list[Any]] = json.loads(
    Path(__file__).with_name("masks.json").read_text()
)
CASES = dict(cases())
RUNS = [name for name in ("numpy", "torch") if name in BACKENDS]


@pytest.mark.parametrize("backend", RUNS, indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_masks_are_those_of_published_keras(backend: str, name: str) -> None:
    """Called on tensors, and as a model of the layer; JAX would compile each."""
    row = CASES[name]
    layer = row.make()
    with warnings.catch_warnings():  # of masks that end
        warnings.filterwarnings("ignore", ".*does not support masks", UserWarning)
        assert masks_of(called(row, layer, row.inputs()), get_mask) == GOLDEN[name]
        symbols = row.symbols()
        model = keras.Model(symbols, called(row, layer, symbols))
        assert masks_of(model(row.inputs()), get_mask) == GOLDEN[name]


def test_every_row_has_masks() -> None:
    assert set(CASES) == set(GOLDEN)
    assert sum(any(masks) for masks in GOLDEN.values()) > 40
