"""Pictures of models: the boxes, the arrows, the files."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import keras
from keras import layers
from keras.visualization.diagram import Shown, make_diagram
from keras.visualization.layout import lay_out


@pytest.fixture(autouse=True)
def on_numpy() -> Any:
    """Pictures are the same everywhere, whatever had a name before."""
    keras.backend.clear_session()
    with keras.backend_scope("numpy"):
        yield


def branched() -> keras.Model:
    """Two inputs, a shared layer, an inner model, an op."""
    one, two = keras.Input((8,), name="one"), keras.Input((8,), name="two")
    shared = layers.Dense(8, activation="relu", name="shared")
    inner = keras.Sequential(
        [keras.Input((8,)), layers.Dense(3, name="deep")], name="inner"
    )
    frozen = layers.Dense(3, name="frozen", trainable=False)(shared(two))
    merged = layers.Add(name="merged")([inner(shared(one)), frozen])
    return keras.Model([one, two], [merged + 1.0, shared(one)], name="branched")


class Subclassed(keras.Model):
    """A model whose graph nobody knows."""

    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.first = layers.Dense(2, name="first")

    def call(self, x: Any) -> Any:
        """The layer."""
        return self.first(x)


def arrows(diagram: Any) -> set[tuple[str, str]]:
    """The arrows by the titles of their ends."""
    titles = [box.title for box in diagram.boxes]
    return {(titles[a], titles[b]) for a, b in diagram.arrows}


def test_arrows_are_the_calls_of_the_graph() -> None:
    """A shared layer is one box, and has an arrow from each of its inputs."""
    diagram = make_diagram(branched(), Shown(names=True, nested=True))
    assert arrows(diagram) == {
        ("one (InputLayer)", "shared (Dense)"),
        ("two (InputLayer)", "shared (Dense)"),
        ("shared (Dense)", "inner (Sequential)"),
        ("shared (Dense)", "frozen (Dense)"),
        ("inner (Sequential)", "merged (Add)"),
        ("frozen (Dense)", "merged (Add)"),
        ("merged (Add)", "add (Add)"),
    }
    inner = next(box.inner for box in diagram.boxes if box.inner is not None)
    assert [box.title for box in inner.boxes] == ["deep (Dense)"]


def test_each_option_adds_its_rows() -> None:
    """Shapes of all calls, dtypes, activations, and whether a layer is trained."""
    shown = Shown(shapes=True, dtype=True, activations=True, trainable=True, names=True)
    rows = {box.title: dict(box.rows) for box in make_diagram(branched(), shown).boxes}
    assert rows["shared (Dense)"] == {
        "Activation": "relu",
        "Input shape": "(None, 8)",
        "Output shape": "(None, 8)",
        "Output dtype": "float32",
        "Trainable": "yes",
    }
    assert rows["frozen (Dense)"]["Trainable"] == "no"
    assert rows["merged (Add)"]["Input shape"] == "(None, 3), (None, 3)"
    assert "Trainable" not in rows["merged (Add)"]


def test_subclassed_models_are_one_box_with_their_layers_in_it() -> None:
    """Also as an inner model."""
    model = Subclassed()
    model(np.ones((1, 3)))
    (box,) = make_diagram(model, Shown()).boxes
    assert (box.title, box.inner) == ("Subclassed", None)
    (box,) = make_diagram(model, Shown(nested=True)).boxes
    assert box.inner is not None
    assert [part.title for part in box.inner.boxes] == ["Dense"]
    outer = keras.Sequential([keras.Input((3,)), Subclassed()])
    (box,) = make_diagram(outer, Shown(nested=True)).boxes
    assert box.inner is not None
    assert [part.title for part in box.inner.boxes] == ["Dense"]


@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL"])
def test_boxes_do_not_overlap_and_arrows_end_at_them(direction: str) -> None:
    """All is inside the picture, and each arrow goes on in its direction."""
    diagram = make_diagram(branched(), Shown(shapes=True, nested=True))
    layout = lay_out(diagram, direction)
    placed = layout.placed
    for number, a in enumerate(placed):
        assert a.x >= -1e-6
        assert a.x + a.width <= layout.width + 1e-6
        assert a.y >= -1e-6
        assert a.y + a.height <= layout.height + 1e-6
        for b in placed[number + 1 :]:
            beside = a.x + a.width <= b.x or b.x + b.width <= a.x
            assert beside or a.y + a.height <= b.y or b.y + b.height <= a.y
    axis, sign = int(direction in ("TB", "BT")), -1 if direction in ("BT", "RL") else 1
    for line, (source, target) in zip(layout.arrows, diagram.arrows, strict=True):
        assert all((b[axis] - a[axis]) * sign >= 0 for a, b in zip(line, line[1:]))
        for (x, y), end in ((line[0], placed[source]), (line[-1], placed[target])):
            assert end.x - 1e-6 <= x <= end.x + end.width + 1e-6
            assert end.y - 1e-6 <= y <= end.y + end.height + 1e-6


def over_and_over() -> keras.Model:
    """A block applied to what it gave itself, and two layers in turn."""
    x = keras.Input((4,), name="x")
    block = keras.Sequential([layers.Dense(4), layers.Dropout(0.1)], name="block")
    one, two = layers.Dense(4, name="one"), layers.Dense(4, name="two")
    return keras.Model(x, two(one(two(one(block(block(x)))))))


@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL"])
def test_arrows_that_lead_back_go_around(direction: str) -> None:
    diagram = make_diagram(over_and_over(), Shown(names=True, nested=True))
    block = "block (Sequential)"
    assert arrows(diagram) == {
        ("x (InputLayer)", block),
        (block, block),
        (block, "one (Dense)"),
        ("one (Dense)", "two (Dense)"),
        ("two (Dense)", "one (Dense)"),
    }
    layout = lay_out(diagram, direction)
    back = [line for line in layout.arrows if len(line) == 6]
    assert len(back) == 2
    for points in back:  # inside the picture, and through no box
        for (a, b), (c, d) in zip(points, points[1:]):
            assert min(a, b, c, d) >= -1e-6
            assert max(a, c) <= layout.width + 1e-6
            assert max(b, d) <= layout.height + 1e-6
            for box in layout.placed:
                beside = max(a, c) <= box.x + 1e-6 or min(a, c) >= box.x + box.width
                under = max(b, d) <= box.y + 1e-6
                assert beside or under or min(b, d) >= box.y + box.height - 1e-6


def test_a_block_that_leads_to_itself_in_text(tmp_path: Path) -> None:
    """An edge inside of it: neither language has one from a group to itself."""
    model, path = over_and_over(), tmp_path / "model.mmd"
    keras.utils.plot_model(model, path, expand_nested=True)
    assert "n1_1 --> n1_0\n" in path.read_text()
    pytest.importorskip("pydot")
    text = keras.utils.model_to_dot(model, expand_nested=True).to_string()
    assert "n1_1 -> n1_0;" in text


def test_svg_is_well_formed_and_has_all_texts(tmp_path: Path) -> None:
    """Names with signs of XML in them too."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="a<b>&c")])
    path = tmp_path / "model.svg"
    keras.utils.plot_model(model, path, show_shapes=True, show_layer_names=True)
    texts = [e.text for e in ElementTree.parse(path).iter() if e.tag.endswith("text")]
    shapes = ["Input shape: (None, 2)", "Output shape: (None, 1)"]
    assert texts == ["a<b>&c (Dense)", *shapes]


def test_mermaid_has_boxes_arrows_and_subgraphs(tmp_path: Path) -> None:
    """Each name that an arrow has is one of a box."""
    path = tmp_path / "model.mmd"
    keras.utils.plot_model(branched(), path, rankdir="LR", expand_nested=True)
    text = path.read_text()
    assert text.startswith("flowchart LR\n")
    made = set(re.findall(r"^\s*(?:subgraph )?(n\w+)\[", text, re.M))
    ends = re.findall(r"^\s*(n\w+) --> (n\w+)$", text, re.M)
    assert len(ends) == 7
    assert {end for pair in ends for end in pair} <= made
    assert text.count("subgraph") == text.count("end\n") == 1


def test_dot_has_edges_into_clusters() -> None:
    """And is a cluster itself, if asked."""
    pytest.importorskip("pydot")
    model = branched()
    text = keras.utils.model_to_dot(model, expand_nested=True, rankdir="LR").to_string()
    assert "rankdir=LR" in text
    assert 'label="shared (Dense)"' in text
    assert len(re.findall("->", text)) == 7
    assert len(re.findall(r"lhead=\"?cluster_n", text)) == 1
    part = keras.utils.model_to_dot(model, subgraph=True)
    assert type(part).__name__ == "Cluster"


def test_pixels_without_graphviz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow draws a png; a file of the default ending if none is given."""
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setitem(sys.modules, "pydot", None)
    keras.utils.plot_model(branched(), tmp_path / "picture", dpi=96)
    pixels = np.asarray(image.open(tmp_path / "picture.png").convert("RGB"))
    assert {(255, 255, 255), (238, 243, 251)} <= set(
        map(tuple, pixels[::3].reshape(-1, 3))
    )
    with pytest.raises(ImportError, match="needs pydot and Graphviz to write 'a.pdf'"):
        keras.utils.plot_model(branched(), tmp_path / "a.pdf")
    with pytest.raises(ImportError, match="needs the package pydot"):
        keras.utils.model_to_dot(branched())


@pytest.mark.parametrize("draw", ["plot_model", "model_to_dot"])
def test_wrong_arguments_are_explained(draw: str) -> None:
    """What was got, and what to do."""
    function = getattr(keras.utils, draw)
    model = keras.Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match="is built, and 'sequential.*Call it on"):
        function(model)
    with pytest.raises(TypeError, match=r"expects a Keras model. Received: int"):
        function(3)
    model.build((None, 2))
    with pytest.raises(ValueError, match="'TB', 'BT', 'LR', 'RL'.*rankdir='XX'"):
        function(model, rankdir="XX")
    with pytest.raises(ValueError, match=r"does not know the arguments \['bogus'\]"):
        function(model, bogus=1)
