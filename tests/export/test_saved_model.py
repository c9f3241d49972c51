"""SavedModels: written from any backend, served by TensorFlow alone."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import keras
from keras import layers, ops

tf = pytest.importorskip("tensorflow")


def spec(*shape, dtype="float32", name=None):
    return keras.InputSpec(shape=shape, dtype=dtype, name=name)


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def small_model():
    return keras.Sequential(
        [
            keras.Input((3,), name="features"),
            layers.Dense(2),
            layers.LayerNormalization(),
        ]
    )


class TwoArguments(keras.Model):
    """No graph, two arguments, nested outputs."""

    def __init__(self):
        super().__init__()
        self.embed = layers.Embedding(5, 2)

    def call(self, tokens, scale, training=None):
        return self.embed(tokens) * scale, {"scale": scale}


def export(model, tmp_path, **kwargs):
    path = str(tmp_path / "saved")
    model.export(path, verbose=False, **kwargs)
    return tf.saved_model.load(path)


def test_graph_with_nested_structures(backend, tmp_path):
    x = keras.Input((None, 4), name="left")
    y = keras.Input((4,), name="right")
    outputs = [layers.GRU(3)(x), {"double": y * 2}]
    model = keras.Model({"left": x, "right": y}, outputs)
    loaded = export(model, tmp_path)
    for batch, steps in ((2, 5), (3, 1)):  # both are free, and free of each other
        data = {"left": random(batch, steps, 4), "right": random(batch, 4)}
        expected = model(data)
        got = loaded.serve({k: tf.constant(v) for k, v in data.items()})
        np.testing.assert_allclose(
            got[0], ops.convert_to_numpy(expected[0]), rtol=1e-5, atol=1e-5
        )
        np.testing.assert_allclose(got[1]["double"], data["right"] * 2)
    served = loaded.signatures["serving_default"]
    assert set(served.structured_input_signature[1]) == {"left", "right"}
    assert set(served.structured_outputs) == {"output_0", "output_1_double"}


def test_model_without_graph(backend, tmp_path):
    model = TwoArguments()
    tokens, scale = np.array([[1, 2], [3, 4]]), random(2, 2, 1)
    expected = ops.convert_to_numpy(model(tokens, scale)[0])
    loaded = export(model, tmp_path)
    takes = loaded.signatures["serve"].structured_input_signature[1]
    assert set(takes) == {"tokens", "scale"}
    assert takes["tokens"].dtype.is_integer
    got = loaded.serve(tf.constant(tokens, takes["tokens"].dtype), tf.constant(scale))
    np.testing.assert_allclose(got[0], expected, rtol=1e-6)


def test_loads_without_keras(tmp_path):
    with keras.backend_scope("numpy"):
        model = small_model()
        model.export(str(tmp_path / "saved"), verbose=False)
        expected = ops.convert_to_numpy(model(random(4, 3)))
    np.save(tmp_path / "x.npy", random(4, 3))
    program = """
        import sys
        sys.modules["keras"] = None
        import numpy as np, tensorflow as tf
        loaded = tf.saved_model.load("saved")
        served = tf.function(loaded.serve)(tf.constant(np.load("x.npy")))
        np.save("y.npy", served.numpy())
        assert len(loaded.variables) == len(loaded.trainable_variables) == 4
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=tmp_path, check=True
    )
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, atol=1e-5)


def test_several_endpoints(backend, tmp_path, capsys):
    model = small_model()
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("infer", model.call, [spec(None, 3)])
    archive.add_endpoint("wide", model, [spec(None, 3, name="x")])
    archive.add_endpoint(
        "double", tf.function(lambda x: x * 2), [tf.TensorSpec((None,), tf.int32)]
    )
    archive.add_variable_collection("kernels", [model.layers[0].kernel])
    assert len(archive.variables) == len(archive.trainable_variables) == 4
    assert archive.non_trainable_variables == []
    archive.write_out(str(tmp_path / "saved"))
    shown = capsys.readouterr().out
    assert all(f"* Endpoint '{name}'" in shown for name in ("infer", "wide", "double"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    assert set(loaded.signatures) == {"infer", "wide", "double", "serving_default"}
    assert loaded.double(tf.constant([3])).numpy() == 6
    # All of them use the same variables.
    loaded.kernels[0].assign(tf.zeros((3, 2)))
    for function in (loaded.infer, loaded.wide):
        np.testing.assert_allclose(function(tf.ones((2, 3))), np.zeros((2, 2)))


def test_functions_of_tensorflow_layers(tmp_path):
    with keras.backend_scope("tensorflow"):
        model = small_model()
        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(["a"]), tf.constant([5.0])),
            -1.0,
        )
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.track(table)
        archive.add_endpoint(
            "both",
            lambda x, word: {"y": model(x), "found": table.lookup(word)},
            [spec(None, 3), tf.TensorSpec((None,), tf.string)],
        )
        archive.write_out(str(tmp_path / "saved"), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    got = loaded.signatures["both"](x=tf.ones((1, 3)), word=tf.constant(["a"]))
    assert got["found"].numpy() == 5 and got["y"].shape == (1, 2)


@pytest.mark.parametrize(
    ("signature", "size"),
    [
        ([spec(2, 3)], 2),
        ([keras.KerasTensor((None, 3))], None),
        (spec(None, 3), None),
        ([np.ones((4, 3), "float32")], 4),
    ],
    ids=["list", "keras_tensor", "alone", "array"],
)
def test_input_signatures(signature, size, tmp_path):
    loaded = export(small_model(), tmp_path, input_signature=signature)
    takes = loaded.signatures["serve"].structured_input_signature[1]
    assert takes["features"].shape.as_list() == [size, 3]


@pytest.mark.parametrize(
    ("signature", "error", "text"),
    [
        ([3], TypeError, "Received: 3 of type int"),
        ([keras.InputSpec(ndim=2)], ValueError, "must say the shape"),
        ([spec(None, 5)], ValueError, "does not fit Sequential layer"),
        ([spec(None, 3), spec(None, 3)], ValueError, "does not fit"),
    ],
    ids=["no_spec", "no_shape", "size", "number"],
)
def test_signatures_that_do_not_fit(signature, error, text, tmp_path):
    with pytest.raises(error, match=text):
        export(small_model(), tmp_path, input_signature=signature)
    assert os.listdir(tmp_path) == []


def test_targets(tmp_path):
    model = small_model()
    there = tmp_path / "deep" / "folder"
    model.export(there, verbose=False)
    (there / "notes.txt").write_text("a server's own")
    model.export(there, verbose=False)
    assert {"notes.txt", "saved_model.pb", "variables"} <= set(os.listdir(there))
    assert not [name for name in os.listdir(there) if name.startswith(".")]
    assert there.stat().st_mode & 0o077 == there.parent.stat().st_mode & 0o077
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(FileExistsError, match="is a file"):
        model.export(file, verbose=False)
    with pytest.raises(OSError, match="cannot be made"):
        model.export(file / "under", verbose=False)


def test_bad_models_and_formats(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="must be built"):
        keras.Sequential([layers.Dense(1)]).export(tmp_path / "x")
    with pytest.raises(ValueError, match=r"one of 'tf_saved_model', .*'zip'"):
        small_model().export(tmp_path / "x", format="zip")
    with pytest.raises(ValueError, match="must end in '.tflite'"):
        small_model().export(tmp_path / "x", format="litert")
    with pytest.raises(TypeError, match=r"unknown options: \['nonsense'\]"):
        small_model().export(tmp_path / "x", nonsense=1)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"needs the package 'onnx'.*pip install"):
        small_model().export(tmp_path / "x.onnx", format="onnx")
    assert os.listdir(tmp_path) == []


def test_native_layer_is_named(tmp_path):
    torch = pytest.importorskip("torch")

    class Native(keras.Layer):
        def call(self, x):
            return torch.relu(x)

        def compute_output_shape(self, input_shape):
            return input_shape

    with keras.backend_scope("torch"):
        model = keras.Sequential([keras.Input((3,)), Native(name="odd")])
    with pytest.raises(
        ValueError, match=r"Native layer 'odd'.*write it with keras.ops"
    ):
        model.export(tmp_path / "x", verbose=False)
    assert os.listdir(tmp_path) == []


def test_what_calls_python_is_refused(tmp_path):
    """Another process could not run it; nothing is written."""
    with keras.backend_scope("tensorflow"):
        inputs = keras.Input((1,), dtype="string")
        words = layers.StringLookup(vocabulary=["a", "b"])(inputs)
        model = keras.Model(inputs, layers.Embedding(4, 2)(words))
        with pytest.raises(ValueError, match="'serve'.*put them before the exported"):
            model.export(tmp_path / "model", verbose=False)
    assert not (tmp_path / "model").exists()


def test_archive_bad_input():
    archive = keras.export.ExportArchive()
    model = small_model()
    with pytest.raises(ValueError, match="needs an endpoint"):
        archive.write_out("nowhere")
    with pytest.raises(ValueError, match="Received: resource=3 of type int"):
        archive.track(3)
    with pytest.raises(ValueError, match="'serve' needs an `input_signature`"):
        archive.add_endpoint("serve", model.call)
    archive.add_endpoint("serve", model)
    with pytest.raises(ValueError, match="'serve' is already taken"):
        archive.add_endpoint("serve", model)
    with pytest.raises(ValueError, match="must be a list, tuple or set"):
        archive.add_variable_collection("kernels", 3)
    with pytest.raises(ValueError, match="must hold variables. .* type int"):
        archive.add_variable_collection("kernels", [3])
    with pytest.raises(ValueError, match="must be built before it is exported"):
        archive.track(layers.Dense(2))


# TFSMLayer --------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    with keras.backend_scope("numpy"):
        small_model().export(tmp_path / "saved", verbose=False)
    return str(tmp_path / "saved")


@pytest.fixture
def on_tensorflow():
    with keras.backend_scope("tensorflow"):
        yield


def test_layer_of_a_saved_model(saved, on_tensorflow, tmp_path):
    layer = layers.TFSMLayer(saved)
    assert len(layer.weights) == len(layer.trainable_weights) == 4
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(1)(layer(x)))
    assert layer.output.shape == (None, 2)
    before = layer.weights[0].numpy()
    model.compile("sgd", "mse")
    model.fit(random(8, 3), random(8, 1), verbose=0)
    assert np.abs(layer.weights[0].numpy() - before).max() > 0
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="safe mode"):
        keras.models.load_model(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=False)
    np.testing.assert_allclose(
        loaded.predict(random(2, 3), verbose=0), model.predict(random(2, 3), verbose=0)
    )


def test_endpoints_of_a_saved_model(on_tensorflow, tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Dropout(0.5)])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("infer", model, [spec(None, 2)])
    archive.add_endpoint("train", lambda x: model(x, training=True), [spec(None, 2)])
    archive.write_out(tmp_path / "saved", verbose=False)
    layer = layers.TFSMLayer(
        tmp_path / "saved", "infer", call_training_endpoint="train", trainable=False
    )
    assert layer.trainable_weights == []
    x = np.ones((64, 2), "float32")
    np.testing.assert_array_equal(layer(x), x)
    assert 0 in layer(x, training=True).numpy()
    by_signature = layers.TFSMLayer(tmp_path / "saved", "serving_default")
    assert by_signature(x)["output_0"].shape == (64, 2)
    with pytest.raises(ValueError, match="no endpoint 'other'. It has: 'infer'"):
        layers.TFSMLayer(tmp_path / "saved", "other")
    with pytest.raises(FileNotFoundError, match="no SavedModel at 'nowhere'"):
        layers.TFSMLayer("nowhere")


def test_layer_of_a_saved_model_elsewhere(saved):
    error = pytest.raises(RuntimeError, match="does not provide `saved_model`")
    with keras.backend_scope("numpy"), error:
        layers.TFSMLayer(saved)
