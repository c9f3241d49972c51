"""GPTQ and AWQ: weights that are rounded to data, of any source and on each backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, quantizers
from keras.quantizers.calibration import batches
from keras.quantizers.grouped import Grid, awq, gptq, groups_of, round_groups

TOKENS = np.random.default_rng(0).integers(0, 16, 60).astype("int32")


def _array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


# The roundings themselves -------------------------------------------------------------


def _problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A weight `(outputs, inputs)`, inputs that go together, and their products."""
    rng = np.random.default_rng(1)
    mixed = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 20))
    inputs = mixed + 0.3 * rng.normal(size=(200, 20))
    inputs *= np.where(np.arange(20) % 7 == 0, 8, 1)  # some matter more
    return rng.normal(size=(6, 20)), inputs, inputs.T @ inputs


def _loss(value: np.ndarray) -> float:
    weight, inputs, _ = _problem()
    return float(np.square(inputs @ (value - weight).T).sum())


@pytest.mark.parametrize("size", [4, 7, 150, -1])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_fitted_weights_lose_less_than_rounded_ones(bits: int, size: int) -> None:
    weight, inputs, hessian = _problem()
    grid = Grid(bits)
    plain = round_groups(weight, groups_of(20, size), grid)
    for order in (False, True):
        fitted = gptq(weight, hessian, grid, size, activation_order=order)
        assert _loss(fitted.value()) < 0.8 * _loss(plain.value())
        assert fitted.integers.min() >= 0 and fitted.integers.max() <= 2**bits - 1
        assert fitted.scale.shape == fitted.zero.shape == plain.scale.shape
        counts = np.bincount(fitted.group)
        np.testing.assert_array_equal(counts, np.bincount(plain.group))
    enlarged, factors = awq(weight, hessian, np.abs(inputs).mean(0), grid, size)
    assert _loss(enlarged.value() / factors) <= _loss(plain.value())


def test_inputs_without_relation_are_rounded_to_the_nearest() -> None:
    weight = _problem()[0]
    fitted = gptq(weight, np.eye(20), Grid(4), 4)
    plain = round_groups(weight, groups_of(20, 4), Grid(4))
    for mine, other in zip(fitted, plain, strict=True):
        np.testing.assert_array_equal(mine, other)
    error = np.abs(plain.value() - weight)
    assert np.all(error <= plain.scale[:, plain.group] / 2 + 1e-9)


def test_grids() -> None:
    values = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 1.0]])
    scale, zero = Grid(4).of(values)  # a range always holds 0
    np.testing.assert_allclose(scale, [3 / 15, 2 / 15])
    np.testing.assert_allclose(zero, [0, 8])
    scale, zero = Grid(4, symmetric=True).of(values)
    np.testing.assert_allclose(scale, [6 / 15, 2 / 15])
    np.testing.assert_allclose(zero, [8, 8])
    scale, zero = Grid(4, per_channel=False).of(values)
    np.testing.assert_allclose(scale, [4 / 15, 4 / 15])
    np.testing.assert_allclose(Grid(4).of(np.zeros((1, 3)))[0], [2 / 15])


def test_an_input_that_is_never_there() -> None:
    weight, _, hessian = _problem()
    hessian[3] = hessian[:, 3] = 0
    assert np.all(np.isfinite(gptq(weight, hessian, Grid(4), 4).value()))


# Models -------------------------------------------------------------------------------


class Block(keras.layers.Layer):
    """Attention and a dense layer, as a decoder has them."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
        self.dense = keras.layers.Dense(8, activation="gelu", name="dense")

    def build(self, shape: Any) -> None:
        self.attention.build(shape, shape)
        self.dense.build(shape)

    def call(self, x: Any) -> Any:
        return self.dense(x + self.attention(x, x))


class Decoder(keras.Model):
    """A model that says in which order data passes its layers."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.table = keras.layers.Embedding(16, 8, name="table")
        self.blocks = [Block(name="block"), Block(name="block_1")]
        self.head = keras.layers.Dense(16, name="head")

    def call(self, x: Any) -> Any:
        x = self.table(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def get_quantization_layer_structure(self, mode: str | None = None) -> Any:
        return {"pre_block_layers": [self.table], "sequential_blocks": self.blocks}


def _decoder() -> Any:
    model = Decoder()
    model(np.zeros((1, 6), "int32"))
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) * 0.6 for w in model.weights])
    return model


def _config(mode: str, dataset: Any = None, **more: Any) -> Any:
    cls = {"gptq": quantizers.GPTQConfig, "awq": quantizers.AWQConfig}[mode]
    given = {"group_size": 4, "num_samples": 9, "sequence_length": 6, **more}
    tokenizer = given.pop("tokenizer", None)
    return cls([TOKENS] if dataset is None else dataset, tokenizer, **given)


def test_a_decoder(backend: str, tmp_path: Path) -> None:
    _quantize_a_decoder("gptq", tmp_path)


def test_a_decoder_by_awq(tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        _quantize_a_decoder("awq", tmp_path)


def _quantize_a_decoder(mode: str, tmp_path: Path) -> None:
    model = _decoder()
    x = TOKENS.reshape(10, 6)
    before = _array(model(x))
    model.quantize(mode, config=_config(mode))
    assert model.head.quantization_mode is model.table.quantization_mode is None
    dense = model.blocks[1].dense
    assert dense.dtype_policy.name == f"{mode}/4/4_from_float32"
    factors = {"awq": [("awq_scales", (8,), "float32")]}.get(mode, [])
    expected = [
        ("bias", (8,), "float32"),
        ("kernel", (4, 8), "uint8"),
        ("kernel_scale", (8, 2), "float32"),
        ("kernel_zero", (8, 2), "uint8"),
        *factors,
        ("g_idx", (8,), "float32"),
    ]
    store: dict[str, Any] = {}
    dense.save_own_variables(store)
    found = [(v.name, tuple(v.shape), v.dtype) for v in store.values()]
    assert found == expected
    query = model.blocks[0].attention.query_dense
    assert [w.name for w in query.weights][3] == "zero_point"
    after = _array(model(x))
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.98
    model.save_weights(tmp_path / "m.weights.h5")
    again = _decoder()
    again.quantize(mode, config=_config(mode, [np.zeros(6, "int32")]))
    again.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(_array(again(x)), after)


def _sequential() -> Any:
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(6, activation="relu", name="d0"),
            keras.layers.Dense(3, name="d1"),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def _structure(model: Any) -> dict[str, Any]:
    return {"pre_block_layers": [], "sequential_blocks": model.layers}


ROWS = np.random.default_rng(2).normal(size=(40, 8)).astype("float32")


def test_samples_files_and_lora(training_backend: str, tmp_path: Path) -> None:
    _train_upon("gptq", tmp_path)


def test_samples_files_and_lora_by_awq(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        _train_upon("awq", tmp_path)


def _train_upon(mode: str, tmp_path: Path) -> None:
    """Floats are samples; what is saved, moved and merged gives the same."""
    model = _sequential()
    before = _array(model(ROWS))
    config = _config(mode, [ROWS], quantization_layer_structure=_structure(model))
    model.quantize(mode, config=config)
    assert model.layers[0].quantization_config.dataset is None
    after = _array(model(ROWS))
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.98
    model.save(tmp_path / "m.keras")
    again: Any = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(_array(again(ROWS)), after)
    np.testing.assert_allclose(
        _array(model.to_backend("numpy")(ROWS)), after, atol=1e-4
    )
    first = model.layers[0]
    first.enable_lora(2)
    integers = _array(first._kernel)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    y = np.ones((40, 3), "float32")
    losses = [float(model.train_on_batch(ROWS, y)) for _ in range(4)]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(_array(first._kernel), integers)
    merged = _array(first._kernel_form.value())
    model.save(tmp_path / "lora.keras")
    again = keras.models.load_model(tmp_path / "lora.keras")
    loaded = _array(again.layers[0]._kernel_form.value())
    step = _array(first.kernel_scale).max() * (1 if mode == "gptq" else 2)
    assert np.abs(loaded - merged).max() < step


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_layers_that_are_made_so(bits: int) -> None:
    """From a policy, or by `layer.quantize`, which has no data: what is nearest."""
    with keras.backend_scope("numpy"):
        layer = keras.layers.Dense(5, dtype=f"gptq/{bits}/3_from_float32")
        layer.build((None, 8))
        columns = 3 if bits == 4 else 5
        assert [tuple(w.shape) for w in layer.weights[1:]] == [
            (columns, 8),
            (5, 3),
            (5, 3),
            (8,),
        ]
        other = keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3))
        other.build((None, 4, 8))
        kernel = _array(other.kernel)
        other.quantize(config=_config("gptq", weight_bits=bits))
        steps = np.abs(kernel).max() * 2 / (2**bits - 1)
        assert np.abs(_array(other._kernel_form.value()) - kernel).max() <= steps
        assert other.get_config()["gptq_unpacked_column_size"] == 6
        again = keras.layers.EinsumDense.from_config(other.get_config())
        again.build((None, 4, 8))
        again.set_weights(other.get_weights())
        x = ROWS.reshape(10, 4, 8)
        np.testing.assert_array_equal(again(x), other(x))
        assert other.kernel.dtype == "uint8" and other.kernel.shape == (8, 2, 3)


def test_filters() -> None:
    with keras.backend_scope("numpy"):
        model = _sequential()
        config = _config("gptq", [ROWS], quantization_layer_structure=_structure(model))
        model.quantize("gptq", config=config, filters="d1")
        assert [x.quantization_mode for x in model.layers] == [None, "gptq"]


# Data of any source -------------------------------------------------------------------


class _Tokenizer:
    def tokenize(self, text: str) -> list[int]:
        return [ord(letter) - ord("a") for letter in text]


TEXTS = ["".join(chr(ord("a") + int(t)) for t in part) for part in np.split(TOKENS, 4)]


def _dataset(rows: np.ndarray) -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((rows, rows)).batch(2)


def _loader(rows: np.ndarray) -> Any:
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(torch.as_tensor(rows), batch_size=2)


class _PyDataset(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, i: int) -> Any:
        rows = TOKENS.reshape(5, 12)[i : i + 1]
        return rows, rows


def _endless(rows: np.ndarray) -> Iterator[np.ndarray]:
    yield from rows
    while True:
        yield rows[-1]


SOURCES: dict[str, Any] = {
    "texts": lambda: (TEXTS, _Tokenizer().tokenize),
    "texts, an object": lambda: (TEXTS, _Tokenizer()),
    "lists": lambda: ([list(map(int, TOKENS))], None),
    "one array": lambda: (TOKENS.reshape(10, 6), None),
    "tf.data": lambda: (_dataset(TOKENS.reshape(10, 6)), None),
    "DataLoader": lambda: (_loader(TOKENS.reshape(10, 6)), None),
    "PyDataset": lambda: (_PyDataset(), None),
    "generator": lambda: (_endless(TOKENS.reshape(10, 6)), None),
}


@pytest.mark.parametrize("source", SOURCES)
def test_data_of_any_source(source: str) -> None:
    dataset, tokenizer = SOURCES[source]()
    config = _config("gptq", dataset, tokenizer=tokenizer, num_samples=10)
    found = batches(config)
    assert [len(batch) for batch in found] == [8, 2]
    np.testing.assert_array_equal(np.concatenate(found), TOKENS.reshape(10, 6))


# Bad input ----------------------------------------------------------------------------

_BAD: dict[str, tuple[Any, str]] = {
    "no data": ({"dataset": []}, "`dataset` of GPTQConfig is empty.*0 tokens"),
    "too short": ({"dataset": [[1, 2]]}, "too short: a sequence has sequence_length=6"),
    "a text": ({"dataset": "a text"}, "iterable of texts.*dataset='a text'"),
    "no tokenizer": ({"dataset": ["a text"]}, "tokenizer=None. Pass a callable"),
    "no numbers": ({"dataset": [ROWS * np.nan]}, "'d0' cannot be fitted.*are NaN"),
    "too large": ({"dataset": [ROWS * 1e25]}, "that their squares overflow. Look at"),
    "objects": ({"dataset": [1j]}, "must hold texts, token ids or floats.*complex"),
    "both": ({"dataset": [ROWS[:2], TOKENS]}, "tokens, or samples of floats.*both"),
    "no structure": (
        {"quantization_layer_structure": None},
        "a quantization structure",
    ),
    "no blocks": (
        {"quantization_layer_structure": {"pre_block_layers": []}},
        "a quantization structure: a dict with 'pre_block_layers'.*Received: {",
    ),
    "empty blocks": (
        {
            "quantization_layer_structure": {
                "pre_block_layers": [],
                "sequential_blocks": [],
            }
        },
        "Received: no blocks",
    ),
}


@pytest.mark.parametrize("case", _BAD)
def test_bad_input_leaves_the_model_as_it_was(case: str) -> None:
    with keras.backend_scope("numpy"):
        model = _sequential()
        names, before = [w.path for w in model.weights], model.get_weights()
        given, message = _BAD[case]
        structure = _structure(model)
        given = {"quantization_layer_structure": structure, **given}
        dataset = given.pop("dataset", [ROWS])
        with pytest.raises(ValueError, match=message):
            model.quantize("gptq", config=_config("gptq", dataset, **given))
        assert [w.path for w in model.weights] == names
        for mine, other in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(mine, other)
        assert [x.quantization_mode for x in model.layers] == [None, None]


def test_a_failure_midway_leaves_the_model_as_it_was() -> None:
    class Fails(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            if hasattr(x, "dtype") and not isinstance(x, keras.KerasTensor):
                raise RuntimeError("no")
            return x

    with keras.backend_scope("numpy"):
        model = _sequential()
        blocks = [*model.layers, Fails()]
    before = _array(model(ROWS))
    structure = {"pre_block_layers": [], "sequential_blocks": blocks}
    config = _config("gptq", [ROWS], quantization_layer_structure=structure)
    with pytest.raises(RuntimeError, match="no"):
        model.quantize("gptq", config=config)
    np.testing.assert_array_equal(_array(model(ROWS)), before)
    assert [x.quantization_mode for x in model.layers] == [None, None]
    assert not model.run_eagerly
