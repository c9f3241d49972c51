"""Configs made to harm, at every way in that takes a config and no file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import keras
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.saving import load_model
from tests.saving.corpus import saved, zipped
from tests.saving.corpus_cves import CODE as CODE_FORM
from tests.saving.corpus_cves import LAMBDA as LAMBDA_FORM

FAMILIES = {
    "losses": "a loss",
    "metrics": "a metric",
    "initializers": "an initializer",
    "regularizers": "a regularizer",
    "constraints": "a constraint",
    "optimizers": "an optimizer",
}
FAMILY = pytest.mark.parametrize("family", FAMILIES)
LAMBDA, CODE = LAMBDA_FORM["config"], CODE_FORM["config"]


@pytest.fixture(autouse=True)
def on_torch() -> Iterator[None]:
    with keras.backend_scope("torch"):
        yield


def form(module: Any, name: Any, config: Any, registered: Any = None) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": registered,
    }


def refused(
    load: Callable[[], Any], message: str, kind: type[Exception] = DeserializationError
) -> None:
    with pytest.raises(kind, match=message):
        load()


def craft(folder: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A model of one layer, `d`, whose config is changed."""
    return zipped(saved(folder, change))


@FAMILY
def test_families_refuse_code(family: str) -> None:
    """A lambda as a member, inside of one, and in a layer that stands for one."""
    read = getattr(keras, family).deserialize
    code = {"class_name": "__lambda__", "config": CODE}
    for config in (
        form("keras.layers", "Lambda", LAMBDA),
        form("keras.layers", "TorchModuleWrapper", {"module": "gASV"}),
        form("keras.metrics", "MeanMetricWrapper", {"fn": code}),
        form(None, "__lambda__", CODE, "__lambda__"),
    ):
        with pytest.raises(ValueError):
            read(config)
    refused(
        lambda: read(form("keras.layers", "Lambda", LAMBDA)),
        "safe_mode=False",
        UnsafeDeserializationError,
    )


def test_what_a_family_finds_by_itself_is_guarded_too() -> None:
    """Names that need no module took another way once."""
    wrapper = {"class_name": "MeanMetricWrapper", "config": {"fn": CODE_FORM}}
    refused(
        lambda: keras.metrics.deserialize(wrapper),
        "safe_mode=False",
        UnsafeDeserializationError,
    )

    class Opener(keras.layers.TorchModuleWrapper):
        """A user's class that inherits what runs code."""

    scope = {"Opener": Opener}
    for family in ("losses", "initializers", "optimizers"):
        read = getattr(keras, family).deserialize
        config = {"class_name": "Opener", "config": {"module": "gASV"}}
        refused(
            lambda read=read, config=config: read(config, scope),
            "safe_mode=False",
            UnsafeDeserializationError,
        )


@FAMILY
def test_families_refuse_objects_of_others(family: str) -> None:
    config = form("keras.layers", "Dense", {"units": 2}, "Dense")
    with pytest.raises(ValueError, match=f"is no {FAMILIES[family].split()[1]}"):
        getattr(keras, family).deserialize(config)


@FAMILY
def test_families_say_what_is_wrong(family: str) -> None:
    read = getattr(keras, family).deserialize
    known = ("MeanSquaredError", "Zeros", "L2", "NonNeg", "SGD")
    member = next(name for name in known if hasattr(getattr(keras, family), name))
    with pytest.raises(DeserializationError, match=f"{member} .*must be a dict"):
        read({"class_name": member, "config": "text"})
    with pytest.raises(DeserializationError, match=f"{member} cannot be made"):
        read({"class_name": member, "config": {"surprise": 1}})
    with pytest.raises(ValueError):
        read({"class_name": ["x"], "config": {}})


@FAMILY
def test_families_take_what_users_made(family: str) -> None:
    @keras.saving.register_keras_serializable("hostile", name="mine")
    def mine(*args: Any) -> Any:
        return args[0]

    config = form("builtins", "function", "hostile>mine", "function")
    assert getattr(keras, family).deserialize(config) is mine


@pytest.mark.parametrize("name", ["get", "serialize", "deserialize"])
def test_the_library_itself_is_no_function_to_call(name: str) -> None:
    """CVE-2025-8747: what makes objects is no loss, activation or op."""
    for module in ("builtins", "keras.losses", "keras.activations", "keras.metrics"):
        config = form(module, "function", name, "function")
        refused(lambda c=config: keras.losses.deserialize(c), "not known")
        function = {**LAMBDA, "function": config}
        refused(lambda f=function: keras.layers.Lambda.from_config(f), "not known")


def test_lambdas_of_named_functions_need_nothing_unsafe() -> None:
    config = {**LAMBDA, "function": form("builtins", "function", "relu", "function")}
    layer = keras.layers.Lambda.from_config(config)
    assert layer.function is keras.activations.relu or layer.function is keras.ops.relu


def test_safe_mode_is_kept_inside_of_wrappers() -> None:
    """A nested config cannot loosen what the outer reading has fixed."""
    inner = form("keras.layers", "Lambda", {**LAMBDA, "safe_mode": False})
    outer = form("keras.layers", "TimeDistributed", {"layer": inner})
    for read in (
        keras.layers.deserialize,
        lambda c: keras.layers.TimeDistributed.from_config(c["config"]),
        lambda c: keras.models.model_from_json(
            json.dumps(form("keras", "Sequential", {"name": "s", "layers": [c]}))
        ),
    ):
        refused(
            lambda read=read: read(outer), "safe_mode=False", UnsafeDeserializationError
        )


def test_cloning_a_model_with_a_lambda_reads_no_stored_code() -> None:
    """CVE-2026-12481: `clone_model` of what is already in memory is fine; a config
    that was put under it is not."""

    class Sly(keras.layers.Dense):
        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "activation": CODE_FORM}

    model = keras.Sequential([keras.Input((3,)), Sly(2)])
    refused(
        lambda: keras.models.clone_model(model),
        "safe_mode=False",
        UnsafeDeserializationError,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"lora_rank": 1 << 31},
        {"units": 1e30},
        {"units": "9" * 1000},
        {"activation": "os.system"},
        {"activation": "deserialize"},
        {"dtype": form("keras", "DTypePolicy", {"name": "__import__"})},
        {"kernel_initializer": form("os", "system", {"command": "true"})},
        {"surprise": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_arguments_that_do_not_fit_are_named(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    def spoil(data: dict[str, Any]) -> None:
        data["config"]["layers"][1]["config"].update(change)

    path = craft(tmp_path, spoil)
    refused(lambda: load_model(path), ".")


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    config = form("keras.layers", "Dense", {"units": 1})
    for _ in range(2000):
        config = form("keras.layers", "TimeDistributed", {"layer": config})
    refused(lambda: keras.layers.deserialize(config), "nested too deeply")


@pytest.mark.parametrize("name", ["..", "../../x", "/etc/x", "a/b", "", "C:\\x"])
def test_layer_names_cannot_lead_outside(tmp_path: Path, name: str) -> None:
    """CVE-2026-12479."""

    def rename(data: dict[str, Any]) -> None:
        data["config"]["layers"][1]["config"]["name"] = name

    inside = tmp_path / "inside"
    inside.mkdir()
    path = craft(inside, rename)
    before = sorted(os.listdir(tmp_path))
    try:
        model = load_model(path)
    except ValueError as error:
        assert "name" in str(error)
        return
    keras.saving.save_model(model, inside / "b", zipped=False)
    assert sorted(os.listdir(tmp_path)) == before
    assert sorted(os.listdir(inside / "b")) == [
        "config.json",
        "metadata.json",
        "model.weights.h5",
    ]
