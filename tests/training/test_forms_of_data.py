"""Sparse data, data in no tuple, and data that is iterated by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse

import keras
from keras.training.data import make_source
from keras.training.data.sparse import SparseRows, sparse_rows
from tests.conftest import INSTALLED

DENSE = np.array([[0, 2, 0], [1, 0, 5], [0, 0, 0], [4, 0, 0]], "float32")


def sparse_kinds():
    yield "csr", lambda: scipy.sparse.csr_matrix(DENSE)
    yield "coo array", lambda: scipy.sparse.coo_array(DENSE)
    yield "dok", lambda: scipy.sparse.dok_matrix(DENSE)
    if "tensorflow" in INSTALLED:
        import tensorflow as tf

        yield "tensorflow", lambda: tf.sparse.from_dense(DENSE)
    if "jax" in INSTALLED:
        from jax.experimental import sparse

        yield "jax", lambda: sparse.BCOO.fromdense(DENSE)
    if "torch" in INSTALLED:
        import torch

        yield "torch", lambda: torch.tensor(DENSE).to_sparse()


KINDS = dict(sparse_kinds())


def summing():
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_arrays_batch_by_batch(kind):
    batches = make_source(KINDS[kind](), DENSE, batch_size=3).epoch()
    for x, y in batches:
        np.testing.assert_array_equal(x, y)


# Whatever it was, it is NumPy's when a step gets it: each with its own framework.
@pytest.mark.parametrize("kind", ["csr", "native"])
def test_sparse_inputs(training_backend, kind):
    kind = training_backend if kind == "native" else kind
    kind = "csr" if kind == "numpy" else kind  # which has none of its own
    model, sparse = summing(), KINDS[kind]()
    expected = DENSE.sum(1, keepdims=True)
    for size in (None, 3):
        np.testing.assert_allclose(model.predict(sparse, size, verbose=0), expected)
    np.testing.assert_allclose(model.predict_on_batch(sparse), expected)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    options = {"batch_size": 2, "epochs": 2, "verbose": 0, "validation_split": 0.5}
    history = model.fit(sparse, expected, **options).history
    assert history["loss"] == history["val_loss"] == [0.0, 0.0]
    assert model.evaluate(sparse, expected, batch_size=3, verbose=0) == 0.0


def test_ragged_inputs_end_in_zeros(backend):
    tf = pytest.importorskip("tensorflow")
    inputs = keras.Input((None,))
    model = keras.Model(inputs, inputs + 1)
    ragged = tf.ragged.constant([[1.0, 2.0, 3.0], [4.0]])
    assert model.predict(ragged, verbose=0).tolist() == [[2, 3, 4], [5, 1, 1]]


def test_rows_of_sparse_arrays():
    # Duplicates add up, as in SciPy; rows are taken in any order.
    places = np.array([[3, 0], [0, 1], [1, 2], [0, 1]])
    rows = SparseRows(places, np.array([4.0, 1.0, 5.0, 1.0]), (4, 3))
    dense = rows[:]
    assert dense.tolist() == [[0, 2, 0], [0, 0, 5], [0, 0, 0], [4, 0, 0]]
    for chosen in (slice(1, 3), np.array([3, 0, 0, 2]), slice(0, 0)):
        np.testing.assert_array_equal(rows[chosen], dense[chosen])
    np.testing.assert_array_equal(rows.part(slice(1, 4))[1:3], dense[2:4])
    assert rows.astype("float16")[:].dtype == "float16"
    assert sparse_rows(DENSE) is None


class Bare(keras.Model):
    """Notes what its steps are given."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.seen = {}

    def call(self, x):
        return self.dense(x["a"] if isinstance(x, dict) else x)

    def train_step(self, data):
        self.seen["train"] = shape_of(data)
        return {"loss": keras.ops.zeros(())}

    def test_step(self, data):
        self.seen["test"] = shape_of(data)
        return {"loss": keras.ops.zeros(())}

    def predict_step(self, data):
        self.seen["predict"] = shape_of(data)
        return super().predict_step(data)


def shape_of(data):
    if isinstance(data, dict):
        return {key: shape_of(part) for key, part in data.items()}
    if isinstance(data, (list, tuple)):
        return tuple(shape_of(part) for part in data)
    return "x"


ARRAY = np.ones((4, 2), "float32")


class Batches(keras.utils.PyDataset):
    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.batch


@pytest.mark.parametrize(
    ("data", "given"),
    [
        (ARRAY, "x"),
        ({"a": ARRAY}, {"a": "x"}),
        (Batches(ARRAY), "x"),
        (Batches({"a": ARRAY}), {"a": "x"}),
        (Batches((ARRAY,)), ("x",)),
        (Batches(({"a": ARRAY},)), ({"a": "x"},)),
        (Batches((ARRAY, ARRAY)), ("x", "x")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_steps_get_data_as_it_was_given(training_backend, data, given):
    model = Bare()
    model.compile("sgd", "mse")
    model.fit(data, verbose=0)
    model.evaluate(data, verbose=0)
    model.predict(data, verbose=0)
    assert model.seen == {"train": given, "test": given, "predict": given}


def test_a_dataset_iterated_by_hand_ends():
    class Endless(Batches):
        __len__ = None

        @property
        def num_batches(self):
            return None

    assert len(list(itertools.islice(Batches(0), 10))) == 2
    assert list(Batches(7)) == [7, 7]
    assert len(list(itertools.islice(Endless(0), 10))) == 10


def test_jit_compile_is_true_or_false(backend):
    model = summing()
    model.compile("sgd", "mse")
    assert isinstance(model.jit_compile, bool)
    assert model.jit_compile is (backend == "jax")  # TensorFlow: there is no GPU
    model.compile("sgd", "mse", run_eagerly=True)
    assert model.jit_compile is False
    with pytest.warns(UserWarning, match="runs eagerly"):
        model.compile("sgd", "mse", run_eagerly=True, jit_compile=True)
    assert model.run_eagerly and model.jit_compile is False
    model.run_eagerly, model.jit_compile = False, True
    assert model.jit_compile is True
    assert model.get_compile_config()["jit_compile"] is False


class OnHost(keras.layers.Layer):
    """A layer that only NumPy can compute."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_jit = False

    def call(self, inputs):
        if isinstance(inputs, keras.KerasTensor):
            return inputs
        return keras.ops.convert_to_tensor(2 * keras.ops.convert_to_numpy(inputs))


def test_a_layer_that_cannot_be_compiled():
    """On JAX it runs as it stands, as nothing else there is eager unasked."""
    with keras.backend_scope("jax"):
        model = keras.Sequential([keras.Input((2,)), OnHost()])
        model.compile(loss="mse")
        assert model.jit_compile is False
        x = np.ones((2, 2), "float32")
        assert model.predict(x, verbose=0).tolist() == [[2, 2], [2, 2]]
        assert model.evaluate(x, 2 * x, verbose=0) == 0
    assert keras.layers.Dense(1).supports_jit
