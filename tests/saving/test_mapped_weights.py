"""Weights of models in plain torch, both ways, and shards of safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import keras
from keras import layers
from keras.saving import KerasFileEditor
from keras.saving.safetensors import SafetensorsWriter


class ResNet(nn.Module):
    """A residual block between convolutions of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.grouped = nn.Conv2d(8, 16, 3, padding=1, groups=8)
        self.up = nn.ConvTranspose2d(16, 4, 2, stride=2)
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.up(self.grouped(x + self.conv2(x)))
        return self.fc(x.mean((2, 3)))


def keras_resnet() -> Any:
    x = start = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv1")(x)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5, name="bn1")(x))
    x = layers.Add()([x, layers.Conv2D(8, 3, padding="same", name="conv2")(x)])
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="grouped")(x)
    x = layers.Conv2DTranspose(4, 2, strides=2, name="up")(x)
    x = layers.Dense(4, name="fc")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(start, x)


def resnet_map(name: str) -> str | None:
    """Names of torch -> paths of variables."""
    layer, _, weight = name.partition(".")
    norm = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }
    if layer == "bn1":
        return f"bn1/{norm[weight]}" if weight in norm else None
    return f"{layer}/{'kernel' if weight == 'weight' else 'bias'}"


class Bert(nn.Module):
    """An encoder layer as BERT has it."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(11, 12)
        self.query, self.key, self.value = (nn.Linear(12, 12) for _ in range(3))
        self.out = nn.Linear(12, 12)
        self.norm1, self.norm2 = nn.LayerNorm(12), nn.LayerNorm(12)
        self.wide, self.narrow = nn.Linear(12, 20), nn.Linear(20, 12)

    def forward(self, ids: Any) -> Any:
        x = self.words(ids)
        parts = [f(x).unflatten(-1, (3, 4)) for f in (self.query, self.key, self.value)]
        q, k, v = (part.transpose(1, 2) for part in parts)
        seen = nn.functional.scaled_dot_product_attention(q, k, v)
        x = self.norm1(x + self.out(seen.transpose(1, 2).flatten(-2)))
        return self.norm2(x + self.narrow(torch.relu(self.wide(x))))


def keras_bert() -> Any:
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(11, 12, name="words")(ids)
    seen = layers.MultiHeadAttention(3, 4, name="mha")(x, x)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm1")(x + seen)
    y = layers.Dense(20, activation="relu", name="wide")(x)
    y = layers.Dense(12, name="narrow")(y)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm2")(x + y)
    return keras.Model(ids, x)


def bert_map(name: str) -> str:
    layer, _, weight = name.partition(".")
    inside = {
        "query": "mha/query",
        "key": "mha/key",
        "value": "mha/value",
        "out": "mha/attention_output",
    }
    if layer.startswith("norm"):
        return f"{layer}/{'gamma' if weight == 'weight' else 'beta'}"
    if layer == "words":
        return "words/embeddings"
    return f"{inside.get(layer, layer)}/{'kernel' if weight == 'weight' else 'bias'}"


class Packed(nn.Module):
    """Attention whose projections torch keeps in one array."""

    def __init__(self) -> None:
        super().__init__()
        self.mha = nn.MultiheadAttention(12, 3, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.mha(x, x, x)[0]


def keras_packed() -> Any:
    x = keras.Input((5, 12))
    return keras.Model(x, layers.MultiHeadAttention(3, 4, name="mha")(x, x))


def packed_map(name: str) -> Any:
    kind = "bias" if name.endswith("bias") else "kernel"
    if "in_proj" in name:
        return [f"mha/{part}/{kind}" for part in ("query", "key", "value")]
    return f"mha/attention_output/{kind}"


class Recurrent(nn.Module):
    """The three recurrent layers, one of them in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(3, 5, batch_first=True)
        self.lstm = nn.LSTM(5, 5, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(10, 4, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.gru(self.lstm(self.rnn(x)[0])[0])[0]


def keras_recurrent() -> Any:
    x = start = keras.Input((6, 3))
    x = layers.SimpleRNN(5, return_sequences=True, name="rnn")(x)
    lstm = layers.LSTM(5, return_sequences=True, name="lstm")
    x = layers.Bidirectional(lstm, name="lstm")(x)
    return keras.Model(start, layers.GRU(4, return_sequences=True, name="gru")(x))


def recurrent_map(name: str) -> str:
    layer, _, weight = name.partition(".")
    kinds = {"weight_ih": "kernel", "weight_hh": "recurrent_kernel"}
    kind = kinds.get(weight[:9], "bias")
    if layer == "rnn":
        return f"rnn/simple_rnn_cell/{kind}"
    if layer == "lstm":
        way = "backward" if weight.endswith("reverse") else "forward"
        return f"lstm/{way}_lstm/lstm_cell/{kind}"
    row = {"bias_ih": "[0]", "bias_hh": "[1]"}.get(weight[:7], "")
    return f"gru/gru_cell/{kind}{row}"


def written(module: nn.Module, path: Path) -> Path:
    """The state of a module as torch users write it, its values drawn."""
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape) * 0.5 + 0.1)
    writer = SafetensorsWriter()
    for name, value in module.state_dict().items():
        writer.at("", "")[name] = value.numpy()
    writer.write(str(path))
    return path


MODELS = pytest.mark.parametrize(
    ("module", "make", "name_map", "inputs"),
    [
        (ResNet, keras_resnet, resnet_map, (2, 8, 8, 3)),
        (Bert, keras_bert, bert_map, (2, 5)),
        (Packed, keras_packed, packed_map, (2, 5, 12)),
        (Recurrent, keras_recurrent, recurrent_map, (2, 6, 3)),
    ],
    ids=["resnet", "bert", "packed", "recurrent"],
)


def data(shape: tuple[int, ...]) -> Any:
    chance = np.random.default_rng(0)
    if len(shape) == 2:
        return chance.integers(0, 11, shape).astype("int32")
    return chance.normal(size=shape).astype("float32")


@MODELS
def test_both_ways(
    module: Any,
    make: Any,
    name_map: Any,
    inputs: tuple[int, ...],
    tmp_path: Path,
    backend: str,
) -> None:
    torch.manual_seed(0)
    theirs, ours = module().eval(), make()
    path = written(theirs, tmp_path / "theirs.safetensors")
    report = ours.load_weights(path, name_map=name_map)
    assert report.problems == []
    assert len(report.loaded) == len(ours.weights)
    x = data(inputs)
    moved = torch.tensor(np.moveaxis(x, -1, 1) if x.ndim == 4 else x)
    with torch.no_grad():
        expected = theirs(moved).numpy()
    result = keras.ops.convert_to_numpy(ours(x))
    assert np.abs(result - expected).max() < 1e-5 * np.abs(expected).max()

    names = {name: name_map(name) for name in theirs.state_dict() if name_map(name)}
    back = tmp_path / "ours.safetensors"
    keras.saving.save_weights(ours, back, name_map=names)
    state = KerasFileEditor(back).weights_dict
    for name, value in theirs.state_dict().items():
        added = module is Recurrent and "bias" in name and "gru" not in name
        if name in names and not added:
            assert (state[name] == value.numpy()).all(), name
    again = make()  # where torch adds two, one holds the sum and the other zeros
    again.load_weights(back, name_map=name_map)
    for a, b in zip(ours.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_shards_of_safetensors(tmp_path: Path, backend: str) -> None:
    model, other = keras_resnet(), keras_resnet()
    index = tmp_path / "m.safetensors.index.json"
    keras.saving.save_weights(model, index, max_shard_size=1e-6)
    assert len(list(tmp_path.glob("m-*-of-*.safetensors"))) > 2
    assert other.load_weights(index).problems == []
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        assert (a == b).all()
    text = index.read_text()
    index.write_text(text.replace("m-00001", "n-00001"))
    with pytest.raises(FileNotFoundError, match="names the shard 'n-00001"):
        other.load_weights(index)
    index.write_text(text.replace("m-00001", "../m-00001"))
    with pytest.raises(ValueError, match="in the folder of its index"):
        other.load_weights(index)


def test_what_fits_both_ways_is_asked_for(tmp_path: Path) -> None:
    path = written(nn.Sequential(nn.Linear(4, 4)), tmp_path / "a.safetensors")
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((4,)), layers.Dense(4)])
        kernel, bias = (v.path for v in model.variables)
        with pytest.raises(ValueError, match="Say the axes in the name map"):
            model.load_weights(path, name_map={"0.weight": kernel, "0.bias": bias})
        for axes in ((1, 0), (0, 1)):
            said = {"0.weight": (kernel, axes), "0.bias": bias}
            model.load_weights(path, name_map=said)
            stored = KerasFileEditor(path).weights_dict["0.weight"]
            assert (model.get_weights()[0] == stored.transpose(axes)).all()


def test_parts_of_one_variable(tmp_path: Path) -> None:
    path = written(nn.GRU(3, 2), tmp_path / "a.safetensors")
    with keras.backend_scope("numpy"):
        x = keras.Input((None, 3))
        model = keras.Model(x, layers.GRU(2, name="gru")(x))
        before = model.get_weights()
        whole = {
            "weight_ih_l0": "gru/gru_cell/kernel",
            "weight_hh_l0": "gru/gru_cell/recurrent_kernel",
            "bias_ih_l0": "gru/gru_cell/bias",
            "bias_hh_l0": "gru/gru_cell/bias",
        }
        with pytest.raises(ValueError, match=r"for 2 arrays.*'gru/gru_cell/bias\[0\]'"):
            model.load_weights(path, name_map=whole)
        some = {**whole, "bias_ih_l0": "gru/gru_cell/bias[0]"}
        with pytest.raises(ValueError, match="for 2 arrays of the file"):
            model.load_weights(path, name_map=some)
        del some["bias_hh_l0"]
        with pytest.raises(ValueError, match=r"'gru/gru_cell/bias\[1\]' is in no name"):
            model.load_weights(path, name_map=some)
        for a, b in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(a, b)
        with pytest.raises(ValueError, match="no path of a variable"):
            model.load_weights(path, name_map={"bias_ih_l0": "gru/gru_cell/bias[2]"})


def test_errors_of_name_maps(tmp_path: Path) -> None:
    path = written(nn.Linear(3, 4), tmp_path / "a.safetensors")
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(5)])
        kernel, bias = (v.path for v in model.variables)
        with pytest.raises(ValueError, match="no path of a variable. The model has"):
            model.load_weights(path, name_map={"weight": "no"})
        with pytest.raises(ValueError, match="no 3 equal parts along the first axis"):
            model.load_weights(path, name_map={"weight": [kernel, kernel, bias]})
        names = {"weight": kernel}
        with pytest.raises(ValueError, match="is in no name of the map"):
            model.load_weights(path, name_map=names)
        with pytest.warns(UserWarning, match="do not fit"):
            report = model.load_weights(path, name_map=names, skip_mismatch=True)
    assert report.unexpected == ["bias"]
    assert len(report.missing) == len(report.mismatched) == 1
    assert report.loaded == []
    assert bias in report.missing[0]
