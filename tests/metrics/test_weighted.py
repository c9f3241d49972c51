"""Every metric beside weights of every rank, against the numbers of PyPI's Keras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.metrics.weighted import ROWS, result_of

with np.load(Path(__file__).with_name("weighted.npz")) as file:
    NUMBERS = dict(file)


@pytest.mark.parametrize("row", ROWS)
def test_weights_of_every_rank(row: str, backend: str) -> None:
    expected = {k: v for k, v in NUMBERS.items() if k.startswith(f"{row}|")}
    assert len(expected) > 4
    for key, numbers in expected.items():
        got = result_of(*key.split("|"))
        np.testing.assert_allclose(got, numbers, atol=1e-4, rtol=1e-4, err_msg=key)
        assert got.shape == numbers.shape, key
