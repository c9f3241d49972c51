"""Layers that enlarge, pad and cut give the numbers of PyPI's Keras 3.15."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.layers.convolutional.cases import CASES, output_of

GOLDEN = dict(np.load(Path(__file__).parent / "golden.npz"))


@pytest.mark.parametrize("name", CASES)
def test_numbers_are_those_of_keras_3(name: str, backend: str) -> None:
    np.testing.assert_allclose(
        output_of(CASES[name]), GOLDEN[name], atol=2e-5, rtol=2e-5
    )


def test_every_stored_case_is_checked() -> None:
    assert set(GOLDEN) == set(CASES)
