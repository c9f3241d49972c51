"""`tf.keras`: what it has beyond Keras, numbers as seen of the published Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras._tf_keras import keras as tf_keras
from keras._tf_keras.keras import backend as K
from keras._tf_keras.keras.losses import Reduction, mse

numpy_of = ops.convert_to_numpy

X = np.arange(24.0, dtype="float32").reshape(2, 3, 4) / 10
M = np.array([[0.1, 0.9], [0.6, 0.4]], "float32")
IMAGES = np.arange(32.0, dtype="float32").reshape(1, 4, 4, 2)

CASES: dict[str, tuple[Any, Any]] = {
    "arange": (lambda: K.arange(3), [0, 1, 2]),
    "argmax": (lambda: K.argmax(M), [1, 0]),
    "mean": (lambda: K.mean(ops.convert_to_tensor(M > 0.5)), 0.5),
    "clip": (lambda: K.clip(M, 0.2, None), np.clip(M, 0.2, None)),
    "hard_sigmoid": (lambda: K.hard_sigmoid(M), 0.2 * M + 0.5),
    "batch_dot": (lambda: K.batch_dot(X, X, axes=2), X @ X.transpose(0, 2, 1)),
    "batch_dot of vectors": (lambda: K.batch_dot(M, M), (M * M).sum(1)[:, None]),
    "batch_flatten": (lambda: K.batch_flatten(X), X.reshape(2, 12)),
    "constant": (lambda: K.constant(2, shape=(2,)), [2.0, 2.0]),
    "permute": (lambda: K.permute_dimensions(X, (0, 2, 1)), X.transpose(0, 2, 1)),
    "repeat": (lambda: K.repeat(M, 3), np.repeat(M[:, None], 3, 1)),
    "reverse": (lambda: K.reverse(X, 1), X[:, ::-1]),
    "gather": (lambda: K.gather(M, [1]), M[1:]),
    "foldr": (lambda: K.foldr(lambda a, b: a - b, M), M[1] - M[0]),
    "switch": (
        lambda: K.switch(ops.convert_to_tensor([True, False]), M, 2 * M),
        M * [1, 2],
    ),
    "switch of rows": (
        lambda: K.switch(np.array([True, False]), X[:, 0], 2 * X[:, 0]),
        [X[0, 0], 2 * X[1, 0]],
    ),
    "switch of two axes": (
        lambda: K.switch(X[..., 0] > 1, X, 2 * X),
        np.where(X[..., :1] > 1, X, 2 * X),
    ),
    "switch of one": (lambda: K.switch(False, lambda: M, lambda: 2 * M), 2 * M),
    "l2_normalize": (
        lambda: K.l2_normalize(M, 1),
        M / np.linalg.norm(M, axis=1, keepdims=True),
    ),
    "relu": (
        lambda: K.relu(M - 0.5, alpha=0.5, max_value=0.3),
        [[-0.2, 0.3], [0.1, -0.05]],
    ),
    "pool": (
        lambda: K.pool2d(IMAGES, (2, 2), (2, 2), pool_mode="avg")[0, 0, 0],
        [5.0, 6.0],
    ),
    "padding": (lambda: K.spatial_2d_padding(IMAGES).shape, (1, 6, 6, 2)),
    "resize": (
        lambda: K.resize_images(IMAGES, 2, 3, "channels_last").shape,
        (1, 8, 12, 2),
    ),
    "focal": (
        lambda: K.binary_focal_crossentropy(
            ops.convert_to_tensor(np.eye(2, dtype="float32")), M
        ),
        [[0.81 * 2.302585, 0.81 * 2.302585], [0.36 * 0.9162907, 0.36 * 0.9162907]],
    ),
    "bias_add": (lambda: K.bias_add(M, np.ones(2, "float32")), M + 1),
    "in_top_k": (lambda: K.in_top_k(M, np.array([1, 1]), 1), [True, False]),
    "int_shape": (lambda: K.int_shape(keras.Input((3,)))[1:], (3,)),
    "mse": (lambda: mse(M, 0 * M), (M * M).mean(1)),
}


@pytest.mark.parametrize("name", CASES)
def test_functions_of_keras_2(backend: str, name: str) -> None:
    function, expected = CASES[name]
    found = function()
    found = found if isinstance(found, tuple) else numpy_of(found)
    np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-5, atol=1e-6)


def test_variables_of_keras_2(backend: str) -> None:
    x = K.variable([1.0, 2.0], name="x")
    K.update_add(x, [1.0, 1.0])
    K.moving_average_update(x, ops.zeros(2), 0.5)
    np.testing.assert_allclose(K.get_value(x), [1.0, 1.5])
    K.batch_set_value([(x, [3.0, 4.0])])
    assert K.batch_get_value([x])[0].tolist() == [3.0, 4.0]
    assert K.count_params(x) == 2 and K.ndim(x) == 1 and K.dtype(x) == "float32"
    with pytest.raises(RuntimeError, match=r"Use `keras\.grad`"):
        K.gradients(x, x)


def test_convolutions_of_keras_2(backend: str) -> None:
    kernel = np.ones((3, 3, 2, 2), "float32")
    y = K.conv2d(IMAGES, kernel)
    assert tuple(y.shape) == (1, 2, 2, 2)
    back = K.conv2d_transpose(y, kernel, (1, 4, 4, 2))
    assert tuple(back.shape) == (1, 4, 4, 2)
    with pytest.raises(ValueError, match=r"No transpose .* sizes \(9, 9\)"):
        K.conv2d_transpose(y, kernel, (1, 9, 9, 2))
    causal = K.conv1d(X, np.ones((2, 4, 1), "float32"), padding="causal")
    np.testing.assert_allclose(numpy_of(causal)[0, 0, 0], X[0, 0].sum(), rtol=1e-5)
    with pytest.raises(ValueError, match="must be 'max' or 'avg'"):
        K.pool2d(IMAGES, (2, 2), pool_mode="sum")


def test_names_of_keras_2() -> None:
    assert Reduction.AUTO == "auto" and "sum" in Reduction.all()
    with pytest.raises(ValueError, match="one of .* Received: 'none at all'"):
        Reduction.validate("none at all")
    assert tf_keras.metrics.MSE is tf_keras.losses.mse
    assert not hasattr(keras.losses, "MSE") and not hasattr(keras.backend, "mean")
    assert tf_keras.layers.Dense is keras.layers.Dense
    assert "mean" in dir(tf_keras.backend) and "epsilon" in dir(tf_keras.backend)
    space: dict[str, Any] = {}
    exec("from keras._tf_keras.keras.layers import *", space)
    assert space["Dense"] is keras.layers.Dense
    layer = space["ThresholdedReLU"](0.5)
    assert numpy_of(layer(M)).tolist() == np.where(M > 0.5, M, 0).tolist()
    with pytest.raises(ValueError, match="`theta` to be 0 or more"):
        space["ThresholdedReLU"](-1)
    assert type(layer).from_config(layer.get_config()).theta == 0.5
