"""Files of Keras 2: outputs, the optimizer's state and the next step are its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.core.errors import DeserializationError
from keras.saving.keras_2_optimizers import in_order_of_today
from keras.saving.legacy_models import of_keras_2, upgraded
from tests.conftest import BACKENDS

FOLDER = Path(__file__).parents[1] / "fixtures" / "keras_2"
NAMES = sorted(path.stem for path in FOLDER.glob("[a-z]*.npz"))


def recorded(name: str) -> dict[str, Any]:
    """Inputs, outputs and those after one more step; lists where there are several."""
    with np.load(FOLDER / f"{name}.npz") as file:
        found = {
            kind: [file[key] for key in sorted(file) if key.startswith(kind)]
            for kind in ("in", "out", "next")
        }
    return {kind: x if len(x) > 1 else x[0] for kind, x in found.items()}


def agree(found: Any, wanted: Any, tolerance: float = 1e-5) -> None:
    for one, other in zip(*map(keras.tree.flatten, (found, wanted)), strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", NAMES)
def test_whole_models(name: str, ending: str, backend: str) -> None:
    compiles = backend in ("jax", "tensorflow")
    if compiles and name in ("recurrent", "convolutions", "gates"):
        pytest.skip("it compiles for long; NumPy and torch read the same values")
    data = recorded(name)
    model = keras.saving.load_model(FOLDER / f"{name}.{ending}")
    agree(model.predict(data["in"], verbose=0), data["out"])
    if backend == "numpy" or (compiles and name != "several"):
        return
    zeros = keras.tree.map_structure(np.zeros_like, data["out"])
    model.train_on_batch(data["in"], zeros)
    agree(model.predict(data["in"], verbose=0), data["next"], 1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_json_and_weights(name: str) -> None:
    data = recorded(name)
    with keras.backend_scope("numpy"):
        model = keras.models.model_from_json((FOLDER / f"{name}.json").read_text())
        model.load_weights(FOLDER / f"{name}.weights.h5")
        agree(model.predict(data["in"], verbose=0), data["out"])


@pytest.mark.skipif("torch" not in BACKENDS, reason="one backend is enough")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_what_it_was_compiled_with(ending: str) -> None:
    with keras.backend_scope("torch"):
        _check_compiled(FOLDER / f"_compiled.{ending}")


def _check_compiled(path: Path) -> None:
    model = keras.saving.load_model(path)
    with np.load(FOLDER / "_compiled.npz") as file:
        inputs, evaluated = file["inputs"], file["evaluated"]
    targets = [np.eye(4, 3, dtype="float32"), np.ones((4, 2), "float32")]
    found = model.evaluate(inputs, targets, verbose=0)
    # Keras 3 has the metrics of an output in another order.
    np.testing.assert_allclose(sorted(found), sorted(evaluated), rtol=1e-5)
    assert int(model.optimizer.iterations.value) == 1
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    assert rate == pytest.approx(0.1 * 0.5**0.1)


@pytest.mark.parametrize(
    ("written", "argument", "value"),
    [
        ({"class_name": "LeakyReLU", "config": {"alpha": 0.1}}, "negative_slope", 0.1),
        ({"class_name": "SGD", "config": {"lr": 0.5}}, "learning_rate", 0.5),
        (
            {"class_name": "Huber", "config": {"reduction": "auto", "fn": "huber"}},
            "reduction",
            "sum_over_batch_size",
        ),
    ],
)
def test_arguments_with_another_name(
    written: dict[str, Any], argument: str, value: Any
) -> None:
    assert upgraded(written)["config"] == {argument: value}


def test_a_layer_that_keras_3_has_not() -> None:
    """`ThresholdedReLU` lets through what is above `theta`, and `theta` not."""
    options = {"name": "t", "trainable": True, "theta": 0.5}
    layer = {"class_name": "ThresholdedReLU", "config": options}
    start = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4]}}
    config = {"name": "m", "layers": [start, layer]}
    text = json.dumps(
        {"class_name": "Sequential", "config": config, "keras_version": "2.15.0"}
    )
    with keras.backend_scope("numpy"):
        model = keras.models.model_from_json(text)
        agree(
            model.predict(np.array([[0.2, 0.6, -1, 0.5]])), np.array([[0, 0.6, 0, 0]])
        )


def test_hard_sigmoid_keeps_its_slope(tmp_path: Path) -> None:
    """It is another function under the same name in Keras 3; also once saved again."""
    data = recorded("gates")
    with keras.backend_scope("numpy"):
        model = keras.saving.load_model(FOLDER / "gates.keras")
        assert model.get_layer("hard_sigmoid").activation(2.0) == pytest.approx(0.9)
        for ending in ("keras", "h5"):
            model.save(tmp_path / f"a.{ending}")
            again = keras.saving.load_model(tmp_path / f"a.{ending}")
            agree(again.predict(data["in"], verbose=0), data["out"])
        again = keras.models.model_from_json(model.to_json())
        assert again.get_layer("hard_sigmoid").activation(2.0) == pytest.approx(0.9)


def test_names_of_today_mean_what_they_do_today() -> None:
    options = {"name": "gate", "activation": "hard_sigmoid"}
    layer = {"class_name": "Activation", "config": options}
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}}
    assert of_keras_2(model, "3.15.1") is model
    changed = of_keras_2(model, "2.15.0")["config"]["layers"][0]["config"]
    assert changed["name"] == "gate"
    assert changed["activation"]["config"] == "hard_sigmoid_of_keras_2"


STATES = FOLDER / "optimizers"


@pytest.mark.parametrize(
    "file", sorted(path.name for path in STATES.glob("*.[hk]*")), ids=str
)
@pytest.mark.skipif("torch" not in BACKENDS, reason="one backend is enough")
@pytest.mark.filterwarnings("error:The optimizer keeps its state")
def test_state_that_keras_3_has_in_another_form(file: str) -> None:
    """Fewer variables, or another order of them; the next step is that of Keras 2."""
    name = file.partition(".")[0]
    tolerance = 1e-3 if name == "scaled" else 1e-5  # half precision
    with np.load(STATES / "optimizers.npz") as data, keras.backend_scope("torch"):
        model = keras.saving.load_model(STATES / file)
        agree(model.predict_on_batch(data["inputs"]), data[f"{name} out"], tolerance)
        assert int(model.optimizer.iterations) == (60 if name == "nadam" else 3)
        model.train_on_batch(data["inputs"], np.zeros((4, 3), "float32"))
        agree(model.predict_on_batch(data["inputs"]), data[f"{name} next"], tolerance)


def test_slots_of_equal_shapes_are_told_apart() -> None:
    """The oldest files have one slot of all weights after another."""
    kinds = [f"Adam/d{i}/kernel/{slot}:0" for slot in "mv" for i in (1, 2)]
    names = ["Adam/iter:0", *kinds]
    with keras.backend_scope("numpy"):
        adam, lion = keras.optimizers.Adam(), keras.optimizers.Lion()
    found = in_order_of_today(adam, names, names)
    assert found[1:3] == ["Adam/d1/kernel/m:0", "Adam/d1/kernel/v:0"]
    assert found[3:] == ["Adam/d2/kernel/m:0", "Adam/d2/kernel/v:0"]
    assert in_order_of_today(lion, names, names) == names
    assert in_order_of_today(adam, names[:-1], names[:-1]) == names[:-1]


def test_classes_of_the_user_keep_their_module() -> None:
    own = {"module": "shop", "class_name": "Till", "config": {"a": 1}}
    config = {"class_name": "Sequential", "config": {"layers": [own]}}
    assert of_keras_2(config, "2.15.0")["config"]["layers"] == [own]


def test_nesting_without_end() -> None:
    config: Any = {}
    for _ in range(900):
        config = {"class_name": "Dense", "config": config}
    text = json.dumps({"keras_version": "2.15.0", **config})
    with pytest.raises(DeserializationError):
        keras.models.model_from_json(text)


def of_an_op(function: str, **arguments: Any) -> Any:
    """A model of one op of TensorFlow, as Keras 2 writes it."""
    start = {"name": "x", "batch_input_shape": [None, 3], "dtype": "float32"}
    op = {"name": "op", "trainable": True, "dtype": "float32", "function": function}
    entries = [
        {"class_name": "InputLayer", "config": start, "inbound_nodes": []},
        {
            "class_name": "TFOpLambda",
            "config": op,
            "inbound_nodes": [["x", 0, 0, arguments]],
        },
    ]
    layers = [{**entry, "name": entry["config"]["name"]} for entry in entries]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["op", 0, 0]]}
    config = {"name": "m", "layers": layers, **ends}
    return {"class_name": "Functional", "config": config, "keras_version": "2.15.0"}


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [
        ("io.read_file", {}, r"Layer 'op' is the TensorFlow op 'tf\.io\.read_file'"),
        ("random.normal", {}, r"'tf\.random\.normal', for which no op of Keras"),
        ("__class__", {}, r"'tf\.__class__', for which no op of Keras"),
        (
            "math.reduce_sum",
            {"axes": 1},
            r"'tf\.math\.reduce_sum' of layer 'op' has.*axes",
        ),
        ("reshape", {"shape": [[], []]}, "shape"),
        ("__operators__.getitem", {"slice_spec": [{"start": "a"}]}, "not known before"),
    ],
)
def test_ops_that_cannot_be_read(
    function: str, arguments: dict[str, Any], text: str
) -> None:
    with keras.backend_scope("numpy"), pytest.raises(DeserializationError, match=text):
        keras.models.model_from_json(json.dumps(of_an_op(function, **arguments)))


def test_ops_are_saved_as_those_of_keras(tmp_path: Path) -> None:
    data = recorded("operations")
    with keras.backend_scope("numpy"):
        model = keras.saving.load_model(FOLDER / "operations.keras")
        model.save(tmp_path / "a.keras")
        assert "TFOpLambda" not in model.to_json()
        again = keras.saving.load_model(tmp_path / "a.keras")
        agree(again.predict(data["in"], verbose=0), data["out"])


def test_an_argument_that_a_class_no_longer_hands_on() -> None:
    config = {"name": "d", "trainable": True, "rate": 0.2, "noise_shape": None}
    found = upgraded({"class_name": "SpatialDropout2D", "config": config})
    assert "noise_shape" not in found["config"]
    assert (
        "noise_shape" in upgraded({"class_name": "Dropout", "config": config})["config"]
    )
