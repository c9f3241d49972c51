"""A layer of the user's that is quantized: the one of docs/quantization.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

import keras

PAGE = Path(__file__).parents[2] / "docs" / "quantization.md"
ROWS = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def _layer_of_the_page() -> Any:
    """The class that the page defines."""
    source = next(
        text
        for text in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        if "class Gain" in text
    )
    assert len(source.splitlines()) <= 25
    scope: dict[str, Any] = {"keras": keras}
    exec(source, scope)  # our own page
    return scope["Gain"]


def test_the_layer_of_the_page(backend: str, tmp_path: Path) -> None:
    gain = _layer_of_the_page()
    model = keras.Sequential([keras.Input((4,)), gain(), keras.layers.Dense(2)])
    values = np.array([0.5, -1.0, 2.0, 0.1], "float32")
    model.layers[0].gain.assign(values)
    before = keras.ops.convert_to_numpy(model(ROWS))
    model.quantize("int8")
    assert [w.dtype for w in model.layers[0].weights] == ["int8", "float32"]
    after = keras.ops.convert_to_numpy(model(ROWS))
    np.testing.assert_allclose(after, before, atol=0.1)
    model.save(tmp_path / "m.keras")
    again: Any = keras.models.load_model(
        tmp_path / "m.keras", custom_objects={"Gain": gain}
    )
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again(ROWS)), after)
    alone = gain()
    alone.build((None, 4))
    alone.quantize("int8")
    assert len(alone.weights) == 2
