"""Meshes, layouts and rules: facts that need no device."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from keras import distribution
from keras.distribution.batches import DatasetPart

NAMES = [f"cpu:{i}" for i in range(8)]


@pytest.fixture
def mesh(backend):
    return distribution.DeviceMesh((2, 4), ("batch", "model"), NAMES)


def test_mesh(mesh):
    assert mesh.shape == (2, 4) and mesh.axis_names == ("batch", "model")
    assert mesh.devices.tolist() == [NAMES[:4], NAMES[4:]]
    assert repr(mesh) == "<DeviceMesh shape=(2, 4), axis_names=('batch', 'model')>"


@pytest.mark.parametrize(
    "shape, names, words",
    [
        ((), ("a",), "at least one axis"),
        ((8,), (), "at least one axis"),
        ((2, 4), ("a",), "a name for each axis"),
        ((2, 4), ("a", "a"), "a name of its own"),
        ((3, 3), ("a", "b"), r"shape \(3, 3\) needs 9 devices. There are 8: cpu:0"),
    ],
)
def test_meshes_that_do_not_fit(shape, names, words):
    with pytest.raises(ValueError, match=words):
        distribution.DeviceMesh(shape, names, NAMES)


def test_layout(mesh):
    layout = distribution.TensorLayout([None, "model"])
    with pytest.raises(ValueError, match="has no mesh yet"):
        layout.backend_layout  # noqa: B018
    layout.device_mesh = mesh
    assert layout.axes == (None, "model") and layout.device_mesh is mesh
    assert layout.local_shape((6, 8)) == (6, 2) and layout.is_split
    with pytest.raises(ValueError, match="is set already"):
        layout.device_mesh = mesh


@pytest.mark.parametrize(
    "axes, words",
    [
        ((None, "x"), r"axes that the mesh lacks: \['x'\]"),
        (("model", "model"), "two dimensions over one mesh axis"),
        (((("model", "batch")), "batch"), "two dimensions over one mesh axis"),
    ],
    ids=["unknown", "twice", "twice in a tuple"],
)
def test_layouts_that_do_not_fit(mesh, axes, words):
    with pytest.raises(ValueError, match=words):
        distribution.TensorLayout(axes, mesh)


@pytest.mark.parametrize(
    "shape, words",
    [
        ((4, 6), "dimension 1, of size 6, does not divide into 4 parts"),
        ((4,), "its layout .* is for 2 dimensions"),
    ],
    ids=["size", "rank"],
)
def test_shapes_that_do_not_fit(mesh, shape, words):
    layout = distribution.TensorLayout((None, "model"), mesh)
    with pytest.raises(ValueError, match="The kernel has shape .*" + words):
        layout.check(shape, "The kernel")
    layout.check((3, 8, 2), "A tensor of more dimensions")


def test_layout_map(mesh):
    rules = distribution.LayoutMap(mesh)
    rules["dense.*kernel"] = (None, "model")
    rules[".*bias"] = distribution.TensorLayout(("model",))
    assert rules["dense_1/kernel"].axes == (None, "model")
    assert rules["a/b/bias"].axes == ("model",)
    assert rules["a/b/bias"].device_mesh is mesh is rules.device_mesh
    # A rule is for whole paths, as in Keras 3.
    assert rules["a/dense/kernel"] is None and rules["dense/kernel/x"] is None
    assert list(rules) == ["dense.*kernel", ".*bias"] and len(rules) == 2
    assert "dense/kernel" in rules and "other" not in rules
    with pytest.raises(ValueError, match="has a rule '.*bias' already"):
        rules[".*bias"] = ("batch",)
    with pytest.raises(ValueError, match="must be a TensorLayout or a tuple"):
        rules["x"] = 3
    with pytest.raises(ValueError, match="must be a regular expression"):
        rules["(x"] = (None,)
    rules["d.*kernel"] = (None, "batch")
    assert rules["d.*kernel"].axes == (None, "batch")  # itself before what it matches
    with pytest.raises(ValueError, match=r"match the path 'dense/kernel': \['dense"):
        rules["dense/kernel"]
    del rules["d.*kernel"]
    assert rules["dense/kernel"].axes == (None, "model")


def test_data_parallel(mesh, backend):
    names = distribution.DeviceMesh((8,), ["batch"], NAMES)
    parallel = distribution.DataParallel(names)
    assert (parallel.batch_dim_name, parallel.num_model_replicas) == ("batch", 8)
    assert parallel.get_data_layout((None, 4)).axes == ("batch", None)
    assert parallel.get_data_layout(()).axes == ()
    assert parallel.get_tensor_layout("dense/output") is None
    weight = keras.Variable(np.ones((8, 4)))
    assert parallel.get_variable_layout(weight).axes == (None, None)
    assert distribution.DataParallel(devices=NAMES[:2]).num_model_replicas == 2
    with pytest.warns(UserWarning, match="splits batches over the first axis"):
        distribution.DataParallel(mesh)
    with pytest.raises(ValueError, match="must be a keras.distribution.DeviceMesh"):
        distribution.DataParallel("batch")


def test_model_parallel(mesh):
    rules = distribution.LayoutMap(mesh)
    rules[".*gain"] = (None, "model")
    rules["dense/output"] = ("batch", None)
    parallel = distribution.ModelParallel(layout_map=rules)
    assert (parallel.batch_dim_name, parallel.num_model_replicas) == ("batch", 2)
    weight = keras.Variable(np.ones((8, 4)), name="gain")
    assert parallel.get_variable_layout(weight).axes == (None, "model")
    other = keras.Variable(np.ones((8, 4)), name="other")
    assert parallel.get_variable_layout(other).axes == (None, None)
    assert parallel.get_tensor_layout("dense/output").axes == ("batch", None)
    by_model = distribution.ModelParallel(layout_map=rules, batch_dim_name="model")
    assert by_model.get_data_layout((8, 2)).axes == ("model", None)
    with pytest.raises(ValueError, match="must be a keras.distribution.LayoutMap"):
        distribution.ModelParallel()
    with pytest.raises(ValueError, match="must be an axis of the mesh"):
        distribution.ModelParallel(layout_map=rules, batch_dim_name="rows")


def test_what_cannot_be_planned(backend, monkeypatch):
    parallel = distribution.DataParallel(devices=NAMES)

    def make(size=4):
        inputs = keras.Input((size, 2))
        return keras.Model(inputs, keras.layers.Dense(3)(inputs))

    with pytest.raises(ValueError, match="12 samples does not divide over the 8 repl"):
        distribution.plan(make, parallel, 12)
    with pytest.raises(ValueError, match=r"one of shape \(None, None, 2\)"):
        distribution.plan(lambda: make(None), parallel, 16)
    for given in (make, make()):
        monkeypatch.setattr("keras.distribution.planning.is_installed", lambda _: True)
        whole = distribution.plan(given, parallel, 16)
        assert (whole.weights, whole.gradients, whole.optimizer) == (36, 36, 0)
        assert whole.activations == 2 * 4 * 3 * 4  # the outputs, of which loss is made
        assert whole.communicated == 2 * 36 * 7 / 8  # the sum of gradients
        monkeypatch.setattr("keras.distribution.planning.is_installed", lambda _: False)
        part = distribution.plan(given, parallel, 16)
        assert (part.weights, part.activations, part.total) == (36, None, 72)
        assert "sent per step   known with JAX" in str(part)


def test_the_current_distribution(mesh):
    parallel = distribution.DataParallel(devices=NAMES)
    assert distribution.distribution() is None
    with parallel.scope() as entered:
        assert entered is parallel is distribution.distribution()
        inner = distribution.DataParallel(devices=NAMES[:1])
        with inner.scope():
            assert distribution.distribution() is inner
        assert distribution.distribution() is parallel
    assert distribution.distribution() is None
    distribution.set_distribution(parallel)
    try:
        assert distribution.distribution() is parallel
    finally:
        distribution.set_distribution(None)
    with pytest.raises(ValueError, match="The distribution must be"):
        distribution.set_distribution(3)


def test_devices(backend):
    names = distribution.list_devices("cpu")
    assert "cpu:0" in names
    assert distribution.get_device_count("cpu") == len(names)
    with pytest.raises(RuntimeError, match="no device of the type 'tpu'"):
        distribution.list_devices("tpu")


@pytest.mark.parametrize(
    "count, rank, words",
    [(0, None, "must be >= 1"), (2, 2, "must be from 0 to 1")],
)
def test_numbers_of_processes(count, rank, words):
    with pytest.raises(ValueError, match=words):
        distribution.initialize("127.0.0.1:1", count, rank)


def test_numbers_in_the_environment(monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "many")
    with pytest.raises(ValueError, match="NUM_PROCESSES must be a whole number"):
        distribution.initialize()


def test_parts_of_a_data_set(mesh, backend):
    batches = [(np.arange(8).reshape(4, 2), {"y": np.arange(4)})]
    parts = [DatasetPart(batches, part, 2) for part in range(2)]
    assert [len(part) for part in parts] == [1, 1]
    assert [next(iter(part))[1]["y"].tolist() for part in parts] == [[0, 1], [2, 3]]
    with pytest.raises(ValueError, match="4 samples does not divide over 3"):
        next(iter(DatasetPart(batches, 0, 3)))
