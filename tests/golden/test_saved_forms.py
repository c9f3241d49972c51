"""What is written agrees key by key with the published Keras, and is read again.

`saved_forms.json` holds what PyPI's Keras gives for the same calls. `KNOWN` lists where
ours differs, with the reason; a difference that has gone fails as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.core import public_names
from tests.golden.saved_forms import LAYERS, MODELS

FORMS = json.loads((Path(__file__).parent / "saved_forms.json").read_text())["forms"]
# Pattern of a place and what is there -> why it is not the same.
KNOWN = {
    r"Dense, all/config/activity_regularizer/config/l1: .*": "there through float32",
    r"Dense, lora/config/lora_alpha: 2 / 3.0": "there the argument is lost",
    r".*/compile_config/jit_compile: True / auto": "here decided where it is compiled",
    r"mlp/compile_config/loss/config/axis: absent / -1": "there left out",
    r"branches/compile_config/loss/z/config/delta: absent / 0.5": "there it is lost",
    r".*/inbound_nodes\[\d\]/kwargs/mask: None / absent": "here no mask is not written",
    r"(transformer|recurrent)/config/layers: .*": (
        "there operations that make masks are layers; here masks are made anew"
    ),
    r".*/build_config: {'input_shape': .*} / absent": "here there is nothing to build",
    r"SimpleRNN/config/seed: absent / None": "there it is lost",
    r"RandomGrayscale/config/seed: absent / 1": "there it is lost",
    r"MaxNumBoundingBoxes/config/fill_value: absent / -1": "there it is lost",
}
# What reading may drop: it says nothing.
SLIGHT = ("/mask:", "/training: False", "zero_output_for_mask: False", "/build_config")


def form(name: str) -> Any:
    """What is written here, through JSON."""
    with keras.backend_scope("numpy"):
        made = {**LAYERS, **MODELS}[name](keras)
        return json.loads(json.dumps(keras.saving.serialize_keras_object(made)))


def differences(place: str, theirs: Any, ours: Any) -> Iterator[str]:
    """`place: theirs / ours` for each value that differs."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            pair = theirs.get(key, "absent"), ours.get(key, "absent")
            yield from differences(f"{place}/{key}", *pair)
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield f"{place}: {len(theirs)} items / {len(ours)} items"
            return
        for index, pair in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(f"{place}[{index}]", *pair)
    elif theirs != ours:
        yield f"{place}: {theirs} / {ours}"


@cache
def found_differences(name: str) -> tuple[str, ...]:
    return tuple(differences(name, FORMS[name], form(name)))


def test_every_case_is_stored() -> None:
    assert set(FORMS) == {*LAYERS, *MODELS}


def test_every_layer_that_a_file_can_name_is_a_case() -> None:
    cases = {name.partition(",")[0] for name in LAYERS}
    cases = {getattr(keras.layers, name) for name in cases}
    room = "keras.layers."
    names = [n for n in public_names.loadable_names() if n.startswith(room)]
    missing = {n.removeprefix(room) for n in names}
    missing = {n for n in missing if getattr(keras.layers, n) not in cases}
    # Bases, and what brings code along.
    guests = {"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"}
    assert missing == {"InputSpec", "Lambda", "Layer", *guests}


def test_legacy_files_name_a_class_by_its_own_name() -> None:
    """As Keras 3 does in `.h5` files, where the public name is another."""
    found = public_names.find_class(None, "GroupedQueryAttention")
    assert found is keras.layers.GroupQueryAttention


@pytest.mark.parametrize("name", FORMS)
def test_written_as_published_keras_writes(name: str) -> None:
    found = found_differences(name)
    assert [f for f in found if not any(re.fullmatch(k, f) for k in KNOWN)] == []


def test_known_differences_are_there() -> None:
    found = [f for name in FORMS for f in found_differences(name)]
    assert [k for k in KNOWN if not any(re.fullmatch(k, f) for f in found)] == []


@pytest.mark.parametrize("name", FORMS)
def test_what_published_keras_wrote_is_read(backend: str, name: str) -> None:
    made = keras.saving.deserialize_keras_object(FORMS[name])
    shapes = FORMS[name].get("build_config", {}).get("input_shape")
    if name in LAYERS and shapes is not None and made.weights:
        with keras.backend_scope(backend):
            same = LAYERS[name](keras)
        assert [w.shape for w in made.weights] == [w.shape for w in same.weights]
    again = json.loads(json.dumps(keras.saving.serialize_keras_object(made)))
    lost = [
        found
        for found in differences("", FORMS[name], again)
        if found.endswith("/ absent") and not any(k in found for k in SLIGHT)
    ]
    assert lost == []


def test_a_config_with_an_unknown_argument_is_refused() -> None:
    config = json.loads(json.dumps(FORMS["Dense"]))
    config["config"]["surprise"] = 1
    with pytest.raises(ValueError, match="surprise"):
        keras.layers.deserialize(config)


def test_what_stands_beside_the_config_is_ignored() -> None:
    config = {**FORMS["Dense"], "remark": {"anything": 1}}
    assert keras.layers.deserialize(config).units == 4


def test_configs_hold_plain_data_only() -> None:
    np.testing.assert_equal(json.loads(json.dumps(form("mlp"))), form("mlp"))
