"""Calls that the PyPI keras 3.15.1 takes, found by running both side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.core.errors import ShapeError

X = np.arange(6, dtype="float32").reshape(2, 3)


def numpy_of(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "prod",
        "mean",
        "max",
        "min",
        "amax",
        "amin",
        "any",
        "all",
        "nansum",
        "nanmax",
        "nanmin",
        "logsumexp",
    ],
)
def test_no_axes_reduce_nothing(backend: str, name: str, dtype: str) -> None:
    """`axis=()` is no axis, not all of them, which it is to torch."""
    x = ops.convert_to_tensor(X, dtype)
    kept = X.astype(bool) if name in ("any", "all") else X
    assert numpy_of(getattr(ops, name)(x, axis=())).tolist() == kept.tolist()


def test_no_axes_have_no_spread(backend: str) -> None:
    for name in ("var", "std", "ptp"):
        assert numpy_of(getattr(ops, name)(X, axis=())).tolist() == [[0, 0, 0]] * 2
    assert numpy_of(ops.count_nonzero(X, axis=())).tolist() == [[0, 1, 1], [1, 1, 1]]
    assert numpy_of(ops.max(X, (), initial=4)).tolist() == [[4, 4, 4], [4, 4, 5]]


def test_sizes_and_places_as_arrays(backend: str) -> None:
    """NumPy arrays, tensors and Variables in place of tuples."""
    sizes = np.array([3, 2])
    for given in (sizes, ops.convert_to_tensor(sizes), keras.Variable(sizes)):
        assert numpy_of(ops.reshape(X, given)).shape == (3, 2)
    for starts in (np.array([1, 0]), ops.convert_to_tensor([1, 0])):
        part = ops.slice(X, starts, np.array([1, 2]))
        assert numpy_of(part).tolist() == [[3, 4]]
        changed = ops.slice_update(X, starts, np.ones((1, 2), "float32"))
        assert numpy_of(changed).tolist() == [[0, 1, 2], [1, 1, 5]]
    widths = ops.convert_to_tensor([[1, 0], [0, 1]])
    assert numpy_of(ops.pad(X, widths)).shape == (3, 4)
    assert numpy_of(ops.logsumexp(X, np.int64(1))).shape == (2,)
    x = keras.KerasTensor((None, 3))
    assert ops.reshape(x, np.array([3, -1])).shape == (3, None)
    assert ops.slice(x, np.array([0, 1]), (2, 2)).shape == (2, 2)
    with pytest.raises(ShapeError, match=r"need 2 entries .* of shape \(2, 3\)"):
        ops.slice(X, np.array([0]), (2, 2))


PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "slice": lambda x, at: ops.slice(x, at, (2, 2)),
    "slice of numbers": lambda x, at: ops.slice(x, (at[0], 0), (2, 2)),
    "slice_update": lambda x, at: ops.slice_update(x, at, ops.ones((2, 2))),
    "reshape": lambda x, at: ops.reshape(x, at),
    "roll": lambda x, at: ops.roll(x, at[0], 0),
    "repeat": lambda x, at: ops.repeat(x, at[0] + 1, 0),
    "get_item": lambda x, at: ops.get_item(x, at),
    "full_like": lambda x, at: ops.full_like(x, x[0, 1]),
    "pad": lambda x, at: ops.pad(x, 1, constant_values=x[0, 1]),
    "select": lambda x, at: ops.select([x > 2, x > 1], [x, x * 2], x * 3),
    "size": lambda x, at: x * ops.cast(ops.size(x), "float32"),
    "scan": lambda x, at: ops.scan(lambda c, row: (c + row, c), x[0], x)[1],
    "array_split": lambda x, at: ops.array_split(x, 2)[1],
}


@pytest.mark.parametrize("name", PLACES)
def test_computed_arguments_in_graphs(backend: str, name: str) -> None:
    """Places and values that a graph computes are inputs of its nodes."""
    x, at = keras.Input((4,)), keras.Input(batch_shape=(2,), dtype="int32")
    model = keras.Model([x, at], PLACES[name](x, at))
    data = np.arange(12, dtype="float32").reshape(3, 4)
    places = np.array([4, 3] if name == "reshape" else [1, 0], "int32")
    eager = PLACES[name](ops.convert_to_tensor(data), ops.convert_to_tensor(places))
    np.testing.assert_allclose(numpy_of(model([data, places])), numpy_of(eager))


def test_scale_and_axes_of_normalizations(backend: str) -> None:
    root = np.sqrt((X**2).mean(-1, keepdims=True) + 1e-7)
    np.testing.assert_allclose(
        numpy_of(ops.rms_normalization(X, 2.0)), X / root * 2, rtol=1e-5
    )
    whole = X / np.linalg.norm(X)
    for axis in (None, (0, 1)):
        np.testing.assert_allclose(numpy_of(ops.normalize(X, axis)), whole, rtol=1e-5)
    cubes = X / (X**3).sum() ** (1 / 3)
    np.testing.assert_allclose(
        numpy_of(ops.normalize(X, (0, 1), order=3)), cubes, rtol=1e-5
    )
    assert ops.normalize(keras.KerasTensor((None, 3)), None).shape == (None, 3)


def test_labels_as_floats(backend: str) -> None:
    probabilities = np.array([[0.2, 0.8], [0.5, 0.5]], "float32")
    loss = ops.sparse_categorical_crossentropy(
        np.array([1.0, 0.0], "float32"), probabilities
    )
    np.testing.assert_allclose(numpy_of(loss), -np.log([0.8, 0.5]), rtol=1e-5)


def test_logdet_of_any_matrix(backend: str) -> None:
    skewed = np.array([[1.0, 0.2], [0.3, 0.4]], "float32")
    assert float(ops.logdet(skewed)) == pytest.approx(np.log(0.34), rel=1e-5)
    flipped = ops.logdet(np.stack([np.diag([1.0, -2.0]), np.eye(2)]).astype("float32"))
    assert np.isnan(numpy_of(flipped)).tolist() == [True, False]


def test_round_integers_to_tens(backend: str) -> None:
    x = np.array([15, 25, -15, -25, 4, -7, 36, 250], "int32")
    assert numpy_of(ops.round(x, -1)).tolist() == np.round(x, -1).tolist()


def test_average_with_weights_of_several_axes(backend: str) -> None:
    x, weights = np.arange(24.0).reshape(2, 3, 4), np.arange(8.0).reshape(2, 4)
    for axis, given in (((0, 2), weights), ((2, 0), weights.T)):
        np.testing.assert_allclose(
            numpy_of(ops.average(x, axis, given)),
            np.average(x, axis, given),
            rtol=1e-6,
        )
    with pytest.raises(ShapeError, match="`weights` of average has 2 dimensions"):
        ops.average(x, 0, weights)


def test_unknown_sizes(backend: str) -> None:
    line, images = keras.KerasTensor((None,)), keras.KerasTensor((None, None, 8, 3))
    assert ops.vander(line).shape == (None, None)
    assert [part.shape for part in ops.array_split(line, 2)] == [(None,)] * 2
    assert ops.bincount(keras.KerasTensor((None,), "int32"), [1, 2]).shape == (None,)
    assert [h.shape for h in ops.histogram(line, 4, (0, 1))] == [(4,), (5,)]
    cropped = ops.image.crop_images(images, 1, 1, 1, 1, None, None)
    assert cropped.shape == (None, None, 6, 3)
    crop = {"target_height": 4, "target_width": 5}
    assert ops.image.crop_images(images, 1, 1, **crop).shape == (None, 4, 5, 3)
    pad = {"target_height": 9, "right_padding": 2}
    assert ops.image.pad_images(images, 1, 1, **pad).shape == (None, 9, 11, 3)
    with pytest.raises(ValueError, match="exactly two of top_cropping"):
        ops.image.crop_images(images, 1, 1)


def test_crop_in_a_graph_of_any_size(backend: str) -> None:
    images = keras.Input((None, None, 1))
    cropped = ops.image.crop_images(images, 1, 2, target_height=2, target_width=3)
    data = np.arange(30, dtype="float32").reshape(1, 5, 6, 1)
    result = numpy_of(keras.Model(images, cropped)(data))
    assert result.tolist() == data[:, 1:3, 2:5].tolist()


def test_patches_of_volumes(backend: str) -> None:
    volumes = np.arange(64, dtype="float32").reshape(1, 4, 4, 4, 1)
    flat = ops.image.extract_patches(volumes, (2, 2, 2))
    expected = ops.image.extract_patches_3d(volumes, 2)
    assert numpy_of(flat).tolist() == numpy_of(expected).tolist()


def test_python_complex_numbers_are_complex64(backend: str) -> None:
    listed = [1 + 2j, 3j]
    assert ops.dtype(ops.convert_to_tensor(listed)) == "complex64"
    assert ops.dtype(ops.multiply(listed, listed)) == "complex64"
    assert ops.dtype(ops.outer(np.ones(2, "complex64"), listed)) == "complex64"
    assert ops.dtype(ops.convert_to_tensor(1j)) == "complex64"


def test_histogram_of_nothing(backend: str) -> None:
    counts, edges = ops.histogram(np.zeros((0,), "float32"), 4)
    assert numpy_of(counts).tolist() == [0, 0, 0, 0]
    assert numpy_of(edges).tolist() == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("name", ["jax", "tensorflow"])
def test_bincount_may_be_sparse(name: str) -> None:
    with keras.backend_scope(name):
        counts = ops.bincount(np.array([[1, 2], [1, 1]]), minlength=4, sparse=True)
        assert type(counts).__name__ in ("BCOO", "SparseTensor")
        dense = ops.convert_to_tensor(counts, sparse=False)
        assert numpy_of(dense).tolist() == [[0, 1, 1, 0], [0, 2, 0, 0]]


def test_bincount_without_sparse_tensors() -> None:
    with keras.backend_scope("torch"), pytest.raises(ValueError, match="no sparse"):
        ops.bincount(np.array([1, 2]), sparse=True)


def test_a_keras_tensor_is_no_tensor(backend: str) -> None:
    assert not ops.is_tensor(keras.KerasTensor((2,)))
    assert ops.is_tensor(ops.ones(2))


def test_branches_that_return_none(backend: str) -> None:
    truth = keras.Input(batch_shape=(), dtype="bool")
    assert ops.cond(truth, lambda: None, lambda: None) is None


def test_a_computed_number_fills(backend: str) -> None:
    """`full` with a value that a graph computes."""
    inputs = keras.Input((3,))
    filled = ops.full((2, 2), ops.max(inputs))
    assert filled.shape == (2, 2)
    model = keras.Model(inputs, filled)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(model(np.array([[1.0, 5.0, 2.0]], "float32"))),
        np.full((2, 2), 5.0),
    )


@pytest.mark.parametrize("padding", ["VALID", "Same"])
def test_paddings_in_capitals(backend: str, padding: str) -> None:
    """As TensorFlow's own are written."""
    image, kernel = np.ones((1, 5, 5, 2), "float32"), np.ones((2, 2, 2, 3), "float32")
    depth, back = np.ones((2, 2, 2, 1), "float32"), np.ones((2, 2, 3, 2), "float32")
    for call in (
        lambda p: ops.conv(image, kernel, 2, p),
        lambda p: ops.depthwise_conv(image, depth, 1, p),
        lambda p: ops.conv_transpose(image, back, 2, p),
        lambda p: ops.max_pool(image, 2, 2, p),
        lambda p: ops.average_pool(image, 2, 2, p),
    ):
        np.testing.assert_allclose(
            ops.convert_to_numpy(call(padding)),
            ops.convert_to_numpy(call(padding.lower())),
        )
    assert ops.conv(keras.KerasTensor((1, 5, 5, 2)), kernel, 2, padding).shape == (
        ops.conv(image, kernel, 2, padding).shape
    )


@pytest.mark.parametrize("name", ["jax", "tensorflow", "torch"])
def test_float64_of_numpy_is_a_python_float(name: str) -> None:
    """What `np.sqrt(2)` gives doubles nobody's memory, in graphs as on data."""
    half = np.float64(0.5)
    with keras.backend_scope(name):
        for dtype in ("float16", "float32"):
            x, symbol = ops.ones((2,), dtype), keras.KerasTensor((2,), dtype)
            for function in (
                lambda x: ops.multiply(x, half),
                lambda x: ops.maximum(half, x),
                lambda x: ops.where(True, half, x),
                lambda x: ops.clip(x, half, half),
                lambda x: ops.stack([half, x[0]]),
            ):
                result = function(x)
                assert keras.backend.standardize_dtype(result.dtype) == dtype
                assert function(symbol).dtype == dtype
        assert (keras.KerasTensor((2,)) * half).dtype == "float32"
        assert keras.Variable([1.0]).value.dtype == (keras.Variable([1.0]) * half).dtype
        whole = ops.add(ops.ones((2,), "int8"), half)
        assert keras.backend.standardize_dtype(whole.dtype) == "float32"
        assert numpy_of(whole).tolist() == [1.5, 1.5]


def test_booleans_beside_numbers(backend: str) -> None:
    for dtype in ("int8", "int32", "uint8", "float32"):
        x = ops.convert_to_tensor([2, 3], dtype)
        assert numpy_of(ops.multiply(x, True)).tolist() == [2, 3]
        assert numpy_of(ops.add(x, True)).tolist() == [3, 4]
        assert keras.backend.standardize_dtype(ops.maximum(x, False).dtype) == dtype


HALF = np.float64(0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.Rescaling(HALF, offset=HALF),
        lambda: keras.layers.ReLU(HALF, HALF, HALF),
        lambda: keras.losses.Huber(HALF),
        lambda: keras.losses.BinaryCrossentropy(label_smoothing=HALF),
        lambda: keras.losses.CategoricalFocalCrossentropy(HALF, HALF),
        lambda: keras.losses.Tversky(HALF, HALF),
        lambda: keras.constraints.MaxNorm(HALF, np.int64(0)),
        lambda: keras.constraints.UnitNorm(np.int64(0)),
        lambda: keras.regularizers.L1L2(HALF, HALF),
    ],
    ids=["Rescaling", "ReLU", "Huber", "BCE", "focal", "Tversky", "max", "unit", "L1"],
)
def test_numpy_numbers_as_options(framework_backend: str, make: Any) -> None:
    """What a search over `np.linspace` passes: nothing computes in float64.

    On NumPy such a number is a tensor.
    """
    made = make()
    x = ops.convert_to_tensor(X[:, 1:] / 8)
    result = made(x, x) if isinstance(made, keras.Loss) else made(x)
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
