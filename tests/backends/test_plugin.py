"""A backend in a package of its own, found by its entry point, runs layers."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import backends, layers, ops
from keras.backends import contract
from keras.backends.common import Common
from keras.core.errors import BackendError, MissingBackendError
from keras.ops.contract import lacking

PLUGIN = Path(__file__).parent / "plugin"


def _install(folder: Path, **entries: str) -> None:
    """What `pip install` leaves behind: the metadata of a distribution."""
    info = folder / "toy_keras_backend-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: toy-keras-backend\nVersion: 1.0\n"
    )
    lines = [f"{name} = {package}" for name, package in entries.items()]
    text = "\n".join(["[keras.backends]", *lines, ""])
    (info / "entry_points.txt").write_text(text)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = tmp_path_factory.mktemp("site")
    _install(site, toy="toy_keras_backend", broken="no_such_package_of_mine")
    sys.path[:0] = [str(site), str(PLUGIN)]
    try:
        yield "toy"
    finally:
        sys.path.remove(str(site))
        sys.path.remove(str(PLUGIN))


def _numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype("float32")


def _attention() -> Any:
    x = keras.Input((5, 8))
    attend = layers.MultiHeadAttention(2, 4, attention_axes=(1,))
    return keras.Model(x, attend(x, x, use_causal_mask=True))


LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "Dense": (lambda: layers.Dense(4, activation="relu"), (2, 3)),
    "Conv2D": (
        lambda: layers.Conv2D(4, 3, padding="same", strides=2, activation="tanh"),
        (2, 9, 8, 3),
    ),
    "LSTM": (lambda: layers.LSTM(4, return_sequences=True), (2, 5, 3)),
    "MultiHeadAttention": (_attention, (2, 5, 8)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_computes_what_numpy_computes(toy: str, name: str) -> None:
    make, shape = LAYERS[name]
    x = _numbers(*shape)
    with keras.backend_scope("numpy"):
        reference = make()
        wanted = ops.convert_to_numpy(reference(x))
    with keras.backend_scope(toy):
        layer = make()
        layer(x)  # makes the weights
        layer.set_weights(reference.get_weights())
        found = layer(x)
        assert type(found).__name__ == "ToyTensor"
        np.testing.assert_allclose(ops.convert_to_numpy(found), wanted, atol=1e-6)


def test_a_model_predicts_on_it_and_moves_to_it(toy: str) -> None:
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    x = _numbers(6, 3)
    moved = model.to_backend(toy)
    found = moved.predict(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=1e-6)


def test_it_is_chosen_by_name(toy: str) -> None:
    before = keras.config.backend()
    keras.config.set_backend(toy)
    try:
        assert keras.config.backend() == "toy"
        assert type(keras.Variable(1.0).value).__name__ == "ToyTensor"
    finally:
        keras.config.set_backend(before)
    with keras.backend_scope(toy):
        with pytest.raises(BackendError, match="toy backend does not.*`arctan2`"):
            ops.arctan2([1.0], [2.0])
        with pytest.raises(BackendError, match="`value_and_grad`"):
            keras.value_and_grad(lambda x: x)(ops.ones(()))


def test_a_package_that_cannot_be_imported_says_which(toy: str) -> None:
    with pytest.raises(MissingBackendError, match="package 'no_such_package_of_mine'"):
        backends.load("broken")
    with pytest.raises(ValueError, match="Known backends: .*numpy, .*toy"):
        keras.config.set_backend("toi")


def test_one_name_for_two_things_is_an_error(tmp_path: Path) -> None:
    package = tmp_path / "twofold_backend"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "array.py").write_text("def zeros(shape): ...\n")
    (package / "nn.py").write_text("def zeros(shape): ...\n")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(BackendError, match="two different things named 'zeros'"):
            backends.Backend("twofold", "twofold_backend")
    finally:
        sys.path.remove(str(tmp_path))


def test_it_is_small() -> None:
    lines = sum(len(f.read_text().splitlines()) for f in PLUGIN.rglob("*.py"))
    assert lines < 600


def test_the_page_on_backends_is_true(
    toy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "adding_a_backend.md").read_text()
    one_line, listing = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    with keras.backend_scope(toy):
        space: dict[str, Any] = {}
        exec(textwrap.dedent(one_line), space)
        three = space["add"](ops.ones((2,)), space["subtract"](ops.ones((2,)), -1.0))
        np.testing.assert_array_equal(ops.convert_to_numpy(three), [3.0, 3.0])
    exec(listing, {})
    assert capsys.readouterr().out.splitlines() == lacking(toy)
    missing = [line.partition("(")[0] for line in lacking(toy)]
    assert "arctan2" in missing and "value_and_grad" in missing
    assert not {"add", "softmax", "linear", "gelu"} & set(missing)
    named = re.findall(r"^\d\. (.*?):", page, re.MULTILINE)
    files = {f"`{f.name}`" for f in (PLUGIN / "toy_keras_backend").glob("*.py")}
    assert {name for line in named[:-1] for name in line.split(", ")} <= files


def test_the_page_names_all_facts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "adding_a_backend.md").read_text()
    named = set(re.findall(r"`(\w+)`", page.partition("## The facts")[2]))
    facts = {name for name in vars(Common) if name.islower() and name[0] != "_"}
    facts -= {name for name in facts if callable(getattr(Common, name))}
    for protocol in vars(contract).values():
        if getattr(protocol, "__module__", None) == contract.__name__:
            kinds = getattr(protocol, "__annotations__", {})
            # What may be called is of any type there.
            facts |= {name for name, kind in kinds.items() if kind != "Any"}
    facts.discard("Variable")  # of which the files tell
    assert {"mutable", "layouts", "compiles_each_shape", "hosts_others"} <= facts
    assert facts <= named
