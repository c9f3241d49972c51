"""Models as ONNX files: onnxruntime gives what Keras gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import keras
from keras import layers, ops
from keras.export.onnx import file, write_onnx
from keras.export.onnx.reasons import CannotExport
from tests.export.onnx_files import agree, operators, outputs_of, randoms, run
from tests.layers.rows import ROWS, Row

NUMPY = pytest.mark.usefixtures("on_numpy")


@pytest.fixture
def on_numpy() -> Any:
    with keras.backend_scope("numpy"):
        yield


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@NUMPY
def test_every_layer_of_the_table(row: Row, tmp_path: Path) -> None:
    """Every layer of the table, at batch 1 and 3, with the batch size open."""
    symbols = row.symbols()
    model = keras.Model(symbols, row.make()(symbols))
    inputs = keras.tree.flatten(row.inputs())
    batches = [[np.concatenate([x, x])[:size] for x in inputs] for size in (1, 3)]
    agree(model, tmp_path / "m.onnx", *batches)


def _attention(**options: Any) -> Any:
    def make() -> Any:
        x, y = keras.Input((None, 8)), keras.Input((None, 8))
        attention = layers.MultiHeadAttention(2, 4)
        return keras.Model([x, y], attention(x, y, **options))

    return make


def _images() -> Any:
    x = keras.Input((None, None, 3))
    y = layers.Conv2D(4, 3, padding="same", strides=2)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.MaxPooling2D(2, padding="same")(y)
    y = layers.Conv2DTranspose(2, 3, padding="same", strides=2)(y)
    y = layers.UpSampling2D(interpolation="bilinear")(y)
    return keras.Model(
        x, [layers.GlobalAveragePooling2D()(y), layers.Resizing(3, 4)(y)]
    )


SENTENCES = [[randoms(1, 5, 8), randoms(1, 3, 8)], [randoms(3, 7, 8), randoms(3, 2, 8)]]
UNSEEN = {
    "attention": (_attention(), SENTENCES),
    "causal": (_attention(use_causal_mask=True), SENTENCES),
    "scores": (_attention(return_attention_scores=True), SENTENCES),
    "images": (_images, [[randoms(1, 8, 9, 3)], [randoms(3, 11, 7, 3)]]),
}


@pytest.mark.parametrize("name", UNSEEN)
@NUMPY
def test_unseen_sizes(name: str, tmp_path: Path) -> None:
    """Several sizes that are open, each for itself."""
    make, feeds = UNSEEN[name]
    agree(make(), tmp_path / "m.onnx", *feeds)


def _words(batch: int, length: int, gaps: bool) -> list[np.ndarray]:
    x = np.random.default_rng(1).integers(1, 9, (batch, length)).astype("int32")
    x[0, length - 2 :] = 0
    if gaps:
        x[0, 1] = x[-1, 0] = 0
    return [x]


RECURRENT = [
    (cell, options)
    for cell in ("LSTM", "GRU", "SimpleRNN")
    for options in (
        {},
        {"return_sequences": True},
        {"return_sequences": True, "go_backwards": True},
        {"return_sequences": True, "zero_output_for_mask": True},
        {"zero_output_for_mask": True},
        {"return_state": True},
    )
]


@pytest.mark.parametrize(
    ("cell", "options"), RECURRENT, ids=[f"{c}-{'-'.join(o)}" for c, o in RECURRENT]
)
@NUMPY
def test_masks_of_sequences(cell: str, options: dict[str, Any], tmp_path: Path) -> None:
    """Padding at the end, and gaps anywhere, in sequences of unseen lengths."""
    x = keras.Input((None,), dtype="int32")
    embedded = layers.Embedding(9, 3, mask_zero=True)(x)
    model = keras.Model(x, getattr(layers, cell)(4, **options)(embedded))
    feeds = [_words(*shape) for shape in ((1, 5, False), (3, 6, False), (3, 7, True))]
    agree(model, tmp_path / "m.onnx", *feeds)


@NUMPY
def test_layers_are_nodes_of_their_own(tmp_path: Path) -> None:
    """Recurrence, attention and normalizations are ONNX's operators."""
    x = keras.Input((None, 8))
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    y = layers.GRU(8, return_sequences=True)(y)
    y = layers.MultiHeadAttention(2, 4)(y, y)
    y = layers.RMSNormalization()(layers.LayerNormalization()(y))
    y = layers.Conv1D(4, 3, activation="gelu")(y)
    y = layers.BatchNormalization()(y)
    write_onnx(keras.Model(x, y), tmp_path / "m.onnx")
    wanted = {
        "LSTM", "GRU", "Attention", "LayerNormalization", "RMSNormalization", "Conv",
        "BatchNormalization", "Gelu",
    }  # fmt: skip
    assert wanted <= operators(tmp_path / "m.onnx")


@NUMPY
def test_channels_last_costs_two_transpositions(tmp_path: Path) -> None:
    """Between layers of images nothing is reordered."""
    x = keras.Input((16, 16, 3))
    y = layers.Conv2D(4, 3, activation="relu")(x)
    z = layers.Conv2D(4, 3, padding="same")(layers.BatchNormalization()(y))
    y = layers.Concatenate()([layers.Add()([y, z]), z])
    y = layers.MaxPooling2D()(layers.ZeroPadding2D()(y))
    write_onnx(keras.Model(x, y), tmp_path / "m.onnx")
    nodes = [n.op_type for n in onnx.load(str(tmp_path / "m.onnx")).graph.node]
    assert nodes.count("Transpose") == 2


class Nested(keras.Model):
    """Sizes, conditions and loops in a `call` of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x: Any) -> Any:
        y = self.dense(x)
        flat = ops.reshape(y, (-1, ops.shape(x)[1] * 3))
        chosen = ops.cond(ops.sum(x) > 0, lambda: y * 2, lambda: y)
        _, doubled = ops.while_loop(
            lambda i, v: i < 3, lambda i, v: (i + 1, v * 2), (0, y)
        )
        summed = ops.fori_loop(0, 3, lambda i, v: v + ops.cast(i, "float32"), y)
        _, sums = ops.scan(lambda c, row: (c + row, c * row), y[0], y)
        return {"flat": flat, "chosen": chosen, "loops": [doubled, summed, sums]}


def test_a_call_of_ones_own(backend: str, tmp_path: Path) -> None:
    """The same on every backend: control flow becomes loops and branches."""
    model = Nested()
    model(randoms(2, 4, 5))
    signature = [keras.InputSpec(shape=(None, None, 5), dtype="float32")]
    feeds = [[randoms(1, 4, 5)], [randoms(3, 7, 5)]]
    agree(model, tmp_path / "m.onnx", *feeds, input_signature=signature)
    assert {"If", "Loop", "Scan"} <= operators(tmp_path / "m.onnx")


@NUMPY
def test_names_are_those_of_the_model(tmp_path: Path) -> None:
    """Inputs, outputs and weights can be found by their names in Keras."""
    x = keras.Input((4,), name="features")
    model = keras.Model(x, layers.Dense(3, name="score")(x))
    found = agree(model, tmp_path / "m.onnx", [randoms(2, 4)])
    assert [i.name for i in found.get_inputs()] == ["features"]
    assert [o.name for o in found.get_outputs()] == ["score"]
    weights = {w.name for w in onnx.load(str(tmp_path / "m.onnx")).graph.initializer}
    assert {v.path for v in model.weights} <= weights


@NUMPY
def test_large_weights_lie_beside(tmp_path: Path, monkeypatch: Any) -> None:
    """Beyond what one file can hold, numbers are in a second one."""
    monkeypatch.setattr(file, "LARGEST", 1000)
    model = keras.Sequential([keras.Input((40,)), layers.Dense(30)])
    agree(model, tmp_path / "m.onnx", [randoms(2, 40)])
    assert (tmp_path / "m.onnx.data").stat().st_size >= 40 * 30 * 4
    assert (tmp_path / "m.onnx").stat().st_size < 2000


@pytest.mark.parametrize("opset", [20, 22, 23])
@NUMPY
def test_opsets(opset: int, tmp_path: Path) -> None:
    """Older versions get what they have."""
    x = keras.Input((5, 8))
    y = layers.RMSNormalization()(layers.MultiHeadAttention(2, 4)(x, x))
    agree(
        keras.Model(x, y), tmp_path / "m.onnx", [randoms(2, 5, 8)], opset_version=opset
    )
    assert onnx.load(str(tmp_path / "m.onnx")).opset_import[0].version == opset


@NUMPY
def test_openvino_runs_it(tmp_path: Path) -> None:
    """OpenVINO's own files, by its runtime."""
    import openvino

    x = keras.Input((8, 8, 3))
    y = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3)(x)))
    y = layers.LSTM(3)(layers.Reshape((6, -1))(y))
    model = keras.Model(x, layers.Dense(2, activation="softmax")(y))
    model.export(tmp_path / "m.xml", format="openvino", verbose=False)
    compiled = openvino.compile_model(
        str(tmp_path / "m.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    for size in (1, 3):
        image = randoms(size, 8, 8, 3)
        found = compiled(image)[0]
        np.testing.assert_allclose(found, outputs_of(model, [image])[0], atol=1e-4)


# What cannot be written --------------------------------------------------------------


class Native(layers.Layer):
    """Calls NumPy, as a layer might call any framework."""

    def call(self, x: Any) -> Any:
        return np.sin(x)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


class Deciding(layers.Layer):
    """Decides in Python on a value."""

    def call(self, x: Any) -> Any:
        return x if float(ops.sum(x)) > 0 else -x

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


class Inverse(layers.Layer):
    """An op that ONNX lacks."""

    def call(self, x: Any) -> Any:
        return ops.inv(x)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (Native, "must compute with keras.ops"),
        (Deciding, "Use keras.ops instead"),
        (Inverse, "keras.ops.inv cannot be written .* takes a matrix apart"),
        (lambda name: layers.Hashing(3, name=name), "must compute with keras.ops"),
        (lambda name: layers.GaussianNoise(1.0, name=name), None),
    ],
    ids=["native", "deciding", "inverse", "hashing", "noise"],
)
@NUMPY
def test_a_layer_that_cannot_is_named(layer: Any, why: Any, tmp_path: Path) -> None:
    """And what was there stays as it was."""
    target = tmp_path / "m.onnx"
    target.write_bytes(b"old")
    x = keras.Input((4, 4))
    model = keras.Model(x, layer(name="mine")(layers.Dense(4)(x)))
    if why is None:
        write_onnx(model, target)
        return
    with pytest.raises(
        CannotExport, match=rf"'mine' cannot be exported to ONNX: .*{why}"
    ):
        write_onnx(model, target)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


@NUMPY
def test_text_is_refused_by_the_input(tmp_path: Path) -> None:
    """Strings are no tensors of ONNX's operators."""
    x = keras.Input((1,), dtype="string", name="words")
    model = keras.Model(x, layers.StringLookup(vocabulary=["a", "b"])(x))
    with pytest.raises(CannotExport, match="Input 'words' is text"):
        write_onnx(model, tmp_path / "m.onnx")


@NUMPY
def test_bad_arguments(tmp_path: Path, monkeypatch: Any) -> None:
    """Opsets, options, paths, and a package that is missing."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="`opset_version` must be from 20 to"):
        write_onnx(model, tmp_path / "m.onnx", opset_version=7)
    with pytest.raises(TypeError, match="unknown options: \\['colour'\\]"):
        write_onnx(model, tmp_path / "m.onnx", colour="red")
    with pytest.raises(ValueError, match=r"must end in '\.xml'"):
        model.export(tmp_path / "m.bin", format="openvino")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install keras\[export\]"):
        write_onnx(model, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "shape"),
    [("MobileNetV2", (32, 32, 3)), ("DenseNet121", (32, 32, 3))],
)
@NUMPY
def test_applications(name: str, shape: Any, tmp_path: Path) -> None:
    """Two of the applications; `benchmarks/export.py --applications` runs all."""
    model = getattr(keras.applications, name)(
        weights=None, input_shape=shape, include_top=False, pooling="avg"
    )
    write_onnx(model, tmp_path / "m.onnx")
    found = agree(model, tmp_path / "m.onnx", [randoms(1, *shape)])
    assert run(found, [randoms(3, *shape)])[0].shape[0] == 3
