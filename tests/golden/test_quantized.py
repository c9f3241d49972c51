"""Quantized layers give the numbers, the weights and the files of Keras 3.15."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from tests.golden import quantized

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "quantized"


@cache
def _recorded() -> dict[str, np.ndarray]:
    with np.load(HERE / "quantized.npz") as file:
        return dict(file)


def _array(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def _layer(kind: str, mode: str, lora: bool) -> tuple[Any, Any]:
    model = quantized.model(keras, kind)
    layer = model.get_layer("layer")
    quantized.quantize(keras, layer, mode, lora)
    return model, layer


@pytest.mark.parametrize("lora", [False, True], ids=["plain", "lora"])
@pytest.mark.parametrize("mode", quantized.MODES)
@pytest.mark.parametrize("kind", quantized.KINDS)
def test_weights_outputs_and_what_files_hold(kind: str, mode: str, lora: bool) -> None:
    with keras.backend_scope("numpy"):
        _compare(kind, mode, lora)


@pytest.mark.parametrize(
    ("kind", "mode", "lora"),
    [
        ("dense", "int8", True),
        ("batched", "int8", False),
        ("heads", "int4_blocks", True),
        ("untied", "int4_blocks", False),
    ],
)
def test_the_same_on_each_backend(
    backend: str, kind: str, mode: str, lora: bool
) -> None:
    _compare(kind, mode, lora)


def _compare(kind: str, mode: str, lora: bool) -> None:
    key = f"{kind}/{mode}/{'lora' if lora else 'plain'}/"
    found = {k: v for k, v in _recorded().items() if k.startswith(key)}
    recorded = {k.removeprefix(key): v for k, v in found.items()}
    model, layer = _layer(kind, mode, lora)
    expected = recorded.pop("outputs")
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    mine = {f"{i}/{weight.name}": weight for i, weight in enumerate(model.weights)}
    mine.update({f"store/{index}": value for index, value in store.items()})
    assert list(mine) == list(recorded)
    for name, value in mine.items():
        assert keras.backend.standardize_dtype(value.dtype) == recorded[name].dtype
        np.testing.assert_allclose(
            _array(value), recorded[name], rtol=1e-6, atol=1e-6, err_msg=name
        )
    inputs = quantized.inputs_of(kind)
    if kind == "tied" and lora:
        # There, the way back of a quantized table forgets its change.
        table = model.layers[1]
        expected = _array(table(inputs)) @ (_merged(table).T)
        np.testing.assert_allclose(_array(model(inputs)), expected, rtol=0.05, atol=1.0)
        return
    outputs = layer(keras.ops.convert_to_tensor(inputs))
    if kind in ("tied", "untied"):
        outputs = layer(outputs, reverse=True)
    np.testing.assert_allclose(_array(outputs), expected, rtol=1e-5, atol=1e-5)


def _merged(table: Any) -> np.ndarray:
    return _array(table._embeddings_form.value())


FILES = [
    (kind, mode, kind == "dense")
    for kind in ("dense", "untied")
    for mode in quantized.MODES
]


@pytest.mark.parametrize(("kind", "mode", "lora"), FILES)
def test_files_of_keras(tmp_path: Path, kind: str, mode: str, lora: bool) -> None:
    with keras.backend_scope("numpy"):
        _load(tmp_path, kind, mode, lora)


def _load(tmp_path: Path, kind: str, mode: str, lora: bool) -> None:
    inputs = quantized.inputs_of(kind)
    expected = _recorded()[f"{kind}/{mode}/{'lora' if lora else 'plain'}/outputs"]
    # A change by LoRA is merged in files, and rounded with the rest.
    error = {"rtol": 0.1, "atol": 2.0} if lora else {"rtol": 1e-5, "atol": 1e-5}
    loaded: Any = keras.models.load_model(FIXTURES / f"{kind}_{mode}.keras")
    outputs = _array(loaded(inputs))
    np.testing.assert_allclose(outputs, expected, **error)
    loaded.save(tmp_path / "again.keras")
    again: Any = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(_array(again(inputs)), outputs, atol=1e-6)
    before, after = loaded.get_layer("layer"), again.get_layer("layer")
    assert before.get_config() == after.get_config()
    assert before.dtype_policy.name == after.dtype_policy.name
