from __future__ import annotations

import numpy as np
import pytest

from keras import ops, utils
from keras.utils.numerical import normalize, to_categorical


def test_to_categorical():
    np.testing.assert_array_equal(to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]])
    assert to_categorical([[0], [2]]).shape == (2, 3)
    assert to_categorical(np.zeros((2, 3), int), 4).shape == (2, 3, 4)
    assert to_categorical(2).tolist() == [0, 0, 1]
    assert to_categorical([], 3).shape == (0, 3)


@pytest.mark.parametrize(
    "x, classes, message",
    [
        ([0, 5], 3, "from 0 to 2.*Received: 5"),
        ([-1, 0], 3, "Received: -1"),
        ([], None, "number of classes of an empty"),
    ],
)
def test_to_categorical_refuses(x, classes, message):
    with pytest.raises(ValueError, match=message):
        to_categorical(x, classes)


def test_normalize():
    rows = normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize([1.0, 2.0]), np.array([1, 2]) / 5**0.5)
    columns = normalize(np.array([[3, 4.0], [1, 2]]), axis=0, order=1)
    np.testing.assert_allclose(columns, [[0.75, 2 / 3], [0.25, 1 / 3]])


def test_tensors_stay_tensors(backend: str) -> None:
    """As in the PyPI keras: arrays for arrays, tensors for the backend's tensors."""
    rows = utils.to_categorical(ops.convert_to_tensor([0, 2]), 3)
    scaled = utils.normalize(ops.convert_to_tensor([[3.0, 4.0]]))
    assert ops.is_tensor(rows) and ops.is_tensor(scaled)
    assert ops.convert_to_numpy(rows).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert ops.is_tensor(utils.normalize([[3.0, 4.0]]))
    assert type(utils.normalize(np.array([[3.0, 4.0]]))) is np.ndarray
    assert type(utils.to_categorical([0, 2])) is np.ndarray
