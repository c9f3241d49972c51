"""Recurrent layers give the numbers of PyPI's Keras 3.15 for the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.layers.rnn.cases import CASES, outputs_of

GOLDEN = dict(np.load(Path(__file__).parent / "golden.npz"))


@pytest.mark.parametrize("name", CASES)
def test_numbers_are_those_of_keras_3(name: str, backend: str) -> None:
    outputs = outputs_of(CASES[name])
    expected = [GOLDEN[key] for key in GOLDEN if key.partition("/")[0] == name]
    assert expected
    for found, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=2e-5, rtol=2e-5)


def test_every_stored_case_is_checked() -> None:
    assert {key.partition("/")[0] for key in GOLDEN} == set(CASES)
