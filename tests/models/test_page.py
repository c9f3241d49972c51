"""A model as notebooks show it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import keras
from keras import layers


def parsed(model: Any) -> ElementTree.Element:
    return ElementTree.fromstring(model._repr_html_().replace("<br>", "<br/>"))


def test_models_in_models_are_folded_away(backend: str) -> None:
    inner = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, name="<deep>")], name="inner"
    )
    inputs = keras.Input((3,))
    x = inner(inputs)
    outputs = layers.Add(name="sum")([layers.Dense(4, name="side")(x), x])
    page = parsed(keras.Model(inputs, outputs, name="a&b"))
    assert page.findtext("b") == "a&b"
    details = page.findall(".//details")
    assert [each.findtext("summary") for each in details] == ["inner (Sequential)"]
    cells = ["".join(cell.itertext()) for cell in details[0].iter("td")]
    assert cells == ["<deep> (Dense)", "(None, 4)", "16"]
    last = page.findall("table/tr")[-1]
    assert [cell.text for cell in last] == [
        "sum (Add)",
        "(None, 4)",
        "0",
        "side[0][0], inner[0][0]",
    ]
    assert "Total params: 36 (144.00 B)" in "".join(page.itertext())


def test_a_model_that_is_not_built(backend: str) -> None:
    class Unbuilt(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="user")
            self.dense = layers.Dense(2, name="dense")

    text = "".join(parsed(Unbuilt()).itertext())
    assert "user (Unbuilt)" in text and "dense (Dense)?0 (unbuilt)" in text
