"""Objects to plain data and back, without files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.core.configurable import Configurable
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.core.keras_tensor import KerasTensor
from keras.core.safe_mode import (
    SafeModeScope,
    enable_unsafe_deserialization,
    in_safe_mode,
)
from keras.core.serialization import (
    deserialize_arguments,
    object_sharing,
    serialize_leniently,
)
from keras.saving import (
    deserialize_keras_object,
    register_keras_serializable,
    serialize_keras_object,
)


@register_keras_serializable(package="tests")
class Box(Configurable):
    """Holds anything."""

    def __init__(self, content: Any = None, name: str | None = None) -> None:
        self.content = content
        self.name = name


@register_keras_serializable(package="tests")
def doubled(x: Any) -> Any:
    """A registered function."""
    return 2 * x


class Private(Box):
    """Not registered."""


def through_json(config: Any) -> Any:
    return json.loads(json.dumps(config))


@pytest.mark.parametrize(
    "value",
    [None, 1, 1.5, True, "text", [1, [2]], {"a": {"b": 1}}, b"\xffab", ...],
    ids=repr,
)
def test_plain_values_come_back(value: Any) -> None:
    assert (
        deserialize_keras_object(through_json(serialize_keras_object(value))) == value
    )


def test_slices_come_back_inside_lists() -> None:
    value = [slice(None, 3), slice(1, None, 2)]
    assert (
        deserialize_keras_object(through_json(serialize_keras_object(value))) == value
    )


@pytest.mark.parametrize("dtype", ["int32", "float32", "bool", "bfloat16"])
def test_arrays_come_back(dtype: str) -> None:
    import ml_dtypes

    array = np.array([[0, 1], [1, 0]], getattr(ml_dtypes, dtype, dtype))
    config = serialize_keras_object(array)
    assert config["class_name"] == "__numpy__"
    back = deserialize_keras_object(through_json(config))
    assert back.dtype == array.dtype
    assert (back == array).all()


def test_numpy_scalars_become_numbers() -> None:
    assert serialize_keras_object(np.float32(0.5)) == 0.5
    assert type(serialize_keras_object(np.int64(3))) is int


def test_types_come_back() -> None:
    config = serialize_keras_object(np.float32)
    assert config["config"] == "float32"
    assert deserialize_keras_object(config) is np.float32
    assert deserialize_keras_object(serialize_keras_object(int)) is int


def test_symbolic_tensors_keep_shape_and_dtype() -> None:
    config = serialize_keras_object(KerasTensor((None, 3), "int32"))
    back = deserialize_keras_object(through_json(config))
    assert (back.shape, back.dtype) == ((None, 3), "int32")


def test_the_form_is_that_of_keras_3() -> None:
    config = serialize_keras_object(Box([1, Box()], name="outer"))
    assert config["class_name"] == "Box"
    assert config["registered_name"] == "tests>Box"
    assert config["config"]["name"] == "outer"
    inner = config["config"]["content"][1]
    assert set(inner) == {"module", "class_name", "config", "registered_name"}


def test_registered_objects_come_back_through_json() -> None:
    outer = Box({"inner": Box(doubled), "slice": slice(2)}, name="outer")
    back = deserialize_keras_object(through_json(serialize_keras_object(outer)))
    assert type(back) is Box
    assert back.content["inner"].content is doubled
    assert back.content["slice"] == slice(2)


def test_get_config_and_from_config_keep_nested_objects() -> None:
    config = Box(Box(5), name="outer").get_config()
    assert config["content"]["class_name"] == "Box"
    assert Box.from_config(through_json(config)).content.content == 5


def test_custom_objects_are_found_by_class_name() -> None:
    config = serialize_keras_object(Private(3))
    back = deserialize_keras_object(config, custom_objects={"Private": Private})
    assert type(back) is Private


def test_module_objects_are_accepted() -> None:
    config = {"class_name": "Private", "config": {"content": 1}}
    back = deserialize_keras_object(config, module_objects={"Private": Private})
    assert back.content == 1


def test_unknown_arguments_are_named() -> None:
    with pytest.raises(TypeError, match="unknown arguments.*zork"):
        deserialize_keras_object(1, zork=2)


def test_one_object_stays_one_object() -> None:
    shared = Box(1)
    with object_sharing():
        config = serialize_keras_object([shared, shared, Box(1)])
    assert "shared_object_id" not in config[2]
    with object_sharing():
        back = deserialize_keras_object(through_json(config))
    assert back[0] is back[1]
    assert back[2] is not back[0]


def test_lenient_form_leaves_data_alone() -> None:
    value = {"class_name": "data", "config": {"of": "the user"}, "n": (1, 2)}
    assert serialize_leniently(value) == value
    assert deserialize_arguments({"x": value})["x"] == value


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"\{1\} of type set cannot be written.*get_conf"
    ):
        serialize_keras_object({1})


def test_an_unknown_class_says_where_and_what_to_do() -> None:
    config = serialize_keras_object(Box([Private(name="deep")], name="outer"))
    with pytest.raises(DeserializationError) as caught:
        deserialize_keras_object(config)
    text = str(caught.value)
    assert "class 'Private'" in text
    assert "Box 'outer' > content > [0] > Private 'deep'" in text
    assert "custom_objects={'Private': Private}" in text
    assert "register_keras_serializable" in text


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("keras.core.configurable", "Configurable"),
        ("keras.utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.saving.model_files", "load_model"),
        ("keras.layers.os", "system"),
        ("keras.layers", "__builtins__"),
        ("keras", "os"),
        (["keras"], "Dense"),
    ],
)
@pytest.mark.parametrize("form", ["class", "function"])
def test_foreign_names_are_never_resolved(module: Any, name: str, form: str) -> None:
    config: dict[str, Any] = {"module": module, "registered_name": name}
    if form == "class":
        config.update(class_name=name, config={"command": "true"})
    else:
        config.update(class_name="function", config=name)
    with pytest.raises(TypeError, match="not known"):  # so in Keras
        deserialize_keras_object(config, safe_mode=False)


def test_a_foreign_module_is_not_imported(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "trap_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    config = {
        "module": "trap_module",
        "class_name": "Trap",
        "config": {},
        "registered_name": "Trap",
    }
    with pytest.raises(DeserializationError, match="a file cannot import"):
        deserialize_keras_object(config, safe_mode=False)


def test_lambdas_need_unsafe_mode() -> None:
    config = through_json(serialize_keras_object(Box(lambda x: x + 1)))
    for safe_mode in (True, None):
        with pytest.raises(UnsafeDeserializationError, match="safe_mode=False"):
            deserialize_keras_object(config, safe_mode=safe_mode)
    with pytest.raises(UnsafeDeserializationError, match="safe_mode=False"):
        Box.from_config(config["config"])
    assert deserialize_keras_object(config, safe_mode=False).content(2) == 3


def test_lambdas_keep_defaults_and_closures() -> None:
    offset = 4
    config = through_json(serialize_keras_object(lambda x, y=2: x + y + offset))
    assert deserialize_keras_object(config, safe_mode=False)(1) == 7


def test_both_spellings_of_lambdas_are_guarded() -> None:
    from keras.core.code import lambda_to_config

    config = {"class_name": "__lambda__", "config": lambda_to_config(lambda x: -x)}
    with pytest.raises(UnsafeDeserializationError):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, safe_mode=False)(1) == -1


def test_damaged_byte_code_is_an_error() -> None:
    config = {"class_name": "__lambda__", "config": {"code": "AAAA"}}
    with pytest.raises(DeserializationError, match="damaged or of another Python"):
        deserialize_keras_object(config, safe_mode=False)


SAID = [True, False, None, "nothing"]


@pytest.mark.parametrize("inner", SAID)
@pytest.mark.parametrize("outer", SAID)
def test_the_strictest_safe_mode_wins(outer: Any, inner: Any, tmp_path: Path) -> None:
    """Scopes, calls and loads within each other, both ways."""
    outermost = {} if outer == "nothing" else {"safe_mode": outer}
    said = {} if inner == "nothing" else {"safe_mode": inner}
    runs = outer is False and inner is not True
    config = serialize_keras_object(lambda x: x)
    lambda_layer = keras.layers.Lambda(lambda x: x)
    tried: list[bool] = []

    @register_keras_serializable(package="tests")
    class Reader(keras.layers.Layer):
        """Reads other things while it is read itself."""

        @classmethod
        def from_config(cls, config: Any) -> Any:
            for read in reads:
                try:
                    read()
                except UnsafeDeserializationError:
                    tried.append(False)
                else:
                    tried.append(True)
            return cls(**config)

    files = [str(tmp_path / "inner.keras"), str(tmp_path / "inner.h5")]
    for file in files:
        keras.Sequential([keras.Input((1,)), lambda_layer]).save(file)
    reads = [
        lambda: deserialize_keras_object(config, **said),
        lambda: keras.layers.Lambda.from_config(lambda_layer.get_config(), **said),
        *(lambda file=file: keras.saving.load_model(file, **said) for file in files),
    ]
    path = str(tmp_path / "outer.keras")
    keras.Sequential([keras.Input((1,)), Reader()]).save(path)
    keras.saving.load_model(path, **outermost)
    deserialize_keras_object(serialize_keras_object(Reader()), **outermost)
    with SafeModeScope(outermost.get("safe_mode")):
        Reader.from_config({})
        with SafeModeScope(said.get("safe_mode")):
            tried.append(not in_safe_mode())
    assert tried == [runs] * len(tried)
    assert len(tried) == 13
    assert in_safe_mode()


def test_what_calls_say_counts_no_more_once_unsafe_is_enabled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in Keras: `safe_mode=True` does not bring it back, a scope does."""
    monkeypatch.setattr("keras.core.safe_mode._allowed_everywhere", False)
    config = serialize_keras_object(lambda x: x)
    enable_unsafe_deserialization()
    for said in (True, False, None):
        assert deserialize_keras_object(config, safe_mode=said)(3) == 3
        with SafeModeScope(True), pytest.raises(UnsafeDeserializationError):
            deserialize_keras_object(config, safe_mode=said)
    with SafeModeScope(None):
        assert not in_safe_mode()


def test_safe_mode_cannot_be_turned_off_while_reading() -> None:
    @register_keras_serializable(package="tests")
    class Gadget(Configurable):
        def __init__(self) -> None:
            enable_unsafe_deserialization()

    config = {
        "module": None,
        "class_name": "Gadget",
        "config": {},
        "registered_name": "tests>Gadget",
    }
    with pytest.raises(UnsafeDeserializationError, match="while a config or file"):
        deserialize_keras_object(config)
    assert in_safe_mode()


def test_a_constructor_that_fails_is_named() -> None:
    config = {
        "module": None,
        "class_name": "Box",
        "config": {"zork": 1, "name": "b"},
        "registered_name": "tests>Box",
    }
    with pytest.raises(DeserializationError, match=r"Box.*at Box 'b'.*zork"):
        deserialize_keras_object(config)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"class_name": 3, "config": {}}, "`class_name` must be a string"),
        ({"class_name": "__slice__", "config": {}}, "lacks its field 'start'"),
        (
            {
                "class_name": "__numpy__",
                "config": {"value": [[1], [1, 2]], "dtype": "i"},
            },
            "An array at",
        ),
        (
            {"class_name": "Box", "config": [1], "registered_name": "tests>Box"},
            "`config` of Box.*must be a dict",
        ),
    ],
)
def test_malformed_configs_are_errors(config: Any, message: str) -> None:
    with pytest.raises(DeserializationError, match=message):
        deserialize_keras_object(config)


def test_a_very_deep_config_is_an_error() -> None:
    config: Any = {"class_name": "Box", "config": {}, "registered_name": "tests>Box"}
    for _ in range(5000):
        config = {
            "class_name": "Box",
            "config": {"content": config},
            "registered_name": "tests>Box",
        }
    with pytest.raises(DeserializationError, match="nested too deeply"):
        deserialize_keras_object(config)
