"""Losses, metrics, optimizers and the rest agree with the numbers of the PyPI Keras."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from tests.golden.cases import CASES

NUMBERS = np.load(Path(__file__).parent / "numbers.npz")
IDS = [f"{family}/{name}" for family, group in CASES.items() for name in group]

# Relative and absolute tolerance. Trajectories drift by float32 rounding, and Adam's
# bias correction is worked out with more digits here than there.
TOLERANCES = {"optimizers": (2e-5, 4e-6), "optimizer_state": (2e-5, 4e-6)}
DEFAULT = (1e-5, 2e-6)


@pytest.fixture(params=IDS)
def case(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    """Each case in turn, with its name."""
    family, _, name = request.param.partition("/")
    yield request.param, CASES[family][name]


@pytest.mark.filterwarnings("ignore:.*overflow encountered")
@pytest.mark.filterwarnings("ignore:.*invalid value encountered")
def test_agrees_with_published_keras(backend: str, case: tuple[str, Any]) -> None:
    name, run = case
    rtol, atol = TOLERANCES.get(name.partition("/")[0], DEFAULT)
    result = np.asarray(run(keras), dtype="float32")
    expected = NUMBERS[name]
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=atol)


def test_every_case_has_numbers() -> None:
    """Cases added since the numbers were made would not be compared with anything."""
    assert sorted(IDS) == sorted(name for name in NUMBERS if name != "version")
