"""`keras.src`: the private paths that packages import are names of public objects."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

# module, name, and the public object that it is
SAME = [
    ("keras.src.layers.layer", "Layer", lambda: keras.Layer),
    ("keras.src.layers.core.dense", "Dense", lambda: layers.Dense),
    (
        "keras.src.models.functional",
        "Functional",
        lambda: keras.models.Model._graph_class,
    ),
    ("keras.src.models.model", "Model", lambda: keras.Model),
    ("keras.src.optimizers.adam", "Adam", lambda: keras.optimizers.Adam),
    ("keras.src.backend", "Variable", lambda: keras.Variable),
    ("keras.src.backend.common.keras_tensor", "KerasTensor", lambda: keras.KerasTensor),
    ("keras.src.backend.config", "floatx", lambda: keras.config.floatx),
    ("keras.src.callbacks", "History", lambda: keras.callbacks.History),
    ("keras.src.ops", "matmul", lambda: keras.ops.matmul),
    ("keras.src.saving.saving_lib", "save_model", lambda: keras.saving.save_model),
    ("keras.src.saving.saving_lib", "load_model", lambda: keras.saving.load_model),
    (
        "keras.src.saving.serialization_lib",
        "serialize_keras_object",
        lambda: keras.saving.serialize_keras_object,
    ),
    (
        "keras.src.legacy.saving.serialization",
        "deserialize_keras_object",
        lambda: keras.utils.legacy.deserialize_keras_object,
    ),
    (
        "keras.src.distribution.distribution_lib",
        "distribute_tensor",
        lambda: keras.distribution.distribute_tensor,
    ),
    (
        "keras.src.backend.distribution_lib",
        "list_devices",
        lambda: keras.distribution.list_devices,
    ),
    (
        "keras.src.backend.distribution_lib",
        "initialize",
        lambda: keras.distribution.initialize,
    ),
    (
        "keras.src.utils.python_utils",
        "to_categorical",
        lambda: keras.utils.to_categorical,
    ),
]


@pytest.mark.parametrize(
    ("module", "name", "public"), SAME, ids=[f"{m}.{n}" for m, n, _ in SAME]
)
def test_names_are_public_objects(module: str, name: str, public: Any) -> None:
    assert getattr(import_module(module), name) is public()


def test_all_that_packages_import() -> None:
    """The statements that published packages contain."""
    space: dict[str, Any] = {}
    exec(
        """
import keras.src.callbacks
from keras.src import backend, saving
from keras.src.backend import compute_output_spec, get_keras_mask, set_keras_mask
from keras.src.backend import nn, standardize_shape
from keras.src.distribution import distribution_lib
from keras.src.layers.convolutional.base_conv import BaseConv
from keras.src.layers.merging.base_merge import Merge
from keras.src.layers.pooling.base_pooling import BasePooling
from keras.src.layers.preprocessing.data_layer import DataLayer
from keras.src.losses.losses import LossFunctionWrapper
from keras.src.ops import *
from keras.src.saving import serialization_lib
from keras.src.saving.saving_lib import H5IOStore, load_model, save_model
from keras.src.trainers.data_adapters.data_adapter_utils import (
    class_weight_to_sample_weights,
)
from keras.src.utils.backend_utils import in_grain_data_pipeline
from keras.src.utils.tracking import no_automatic_dependency_tracking
""",
        space,
    )
    assert space["matmul"] is keras.ops.matmul
    assert issubclass(layers.Conv2D, space["BaseConv"])
    assert issubclass(layers.Add, space["Merge"])
    assert issubclass(layers.MaxPooling2D, space["BasePooling"])
    assert keras.src.saving.saving_lib.H5IOStore is space["H5IOStore"]
    assert space["nn"].relu is not None and space["in_grain_data_pipeline"]() is False


def test_a_function_knows_whether_a_dataset_of_grain_calls_it() -> None:
    grain = pytest.importorskip("grain")
    backend_utils = import_module("keras.src.utils.backend_utils")

    def ask(_: object) -> bool:
        return backend_utils.in_grain_data_pipeline()

    data = grain.MapDataset.source([1, 2]).map(ask)
    assert list(data) == [True, True] and data[0] is True
    # Rows that a thread of grain makes; whoever reads them is outside.
    outside = [(inside, ask(0)) for inside in data.to_iter_dataset()]
    assert outside == [(True, False)] * 2


BASES = [
    ("conv", {"filters": 4}, layers.Conv2D),
    ("conv_transpose", {"filters": 4}, layers.Conv2DTranspose),
    ("separable_conv", {"filters": 4}, layers.SeparableConv2D),
    ("depthwise_conv", {"depth_multiplier": 2}, layers.DepthwiseConv2D),
]


@pytest.mark.parametrize(("name", "more", "public"), BASES)
def test_bases_of_convolutions_take_a_rank(
    backend: str, name: str, more: dict[str, Any], public: Any
) -> None:
    module = import_module(f"keras.src.layers.convolutional.base_{name}")
    base = next(vars_of for vars_of in public.__mro__ if _is_base(vars_of, name))
    assert getattr(module, base.__name__) is base

    class Mine(base):
        def __init__(self, rank: int = 2, kernel_size: Any = 3, **kwargs: Any) -> None:
            super().__init__(rank=rank, kernel_size=kernel_size, **kwargs)

    x = np.random.default_rng(0).random((2, 5, 5, 2)).astype("float32")
    mine = Mine(**more, padding="same")
    plain = public(kernel_size=3, **more, padding="same")
    plain.build(x.shape)
    mine.build(x.shape)
    assert np.abs(mine.get_weights()[0]).max() > 0  # the bias alone starts at 0
    assert not np.any(mine.get_weights()[-1])
    mine.set_weights(plain.get_weights())
    expected = ops.convert_to_numpy(plain(x))
    np.testing.assert_allclose(ops.convert_to_numpy(mine(x)), expected, rtol=1e-5)
    again = Mine.from_config(mine.get_config())
    assert again.rank == 2 and again.padding == "same"
    with pytest.raises(ValueError, match="must be told its `rank`"):
        base(kernel_size=3, **more)


def _is_base(cls: type, name: str) -> bool:
    return cls.__name__.lower() == f"base{name}".replace("_", "")


def test_activations_by_a_name_of_ones_own() -> None:
    from keras.src.activations import ALL_OBJECTS_DICT

    assert ALL_OBJECTS_DICT["relu"] is keras.activations.relu
    ALL_OBJECTS_DICT["halved"] = half = lambda x: x / 2
    try:
        assert keras.activations.get("halved") is half
    finally:
        del ALL_OBJECTS_DICT["halved"]


def test_what_is_not_there_says_so() -> None:
    dense = import_module("keras.src.layers.core.dense")
    with pytest.raises(AttributeError, match="'nothing' of it has no public"):
        _ = dense.nothing
    with pytest.raises(ImportError, match="no_such_folder"):
        import_module("keras.src.no_such_folder")


@pytest.mark.parametrize(
    "path",
    [
        "utils.argument_validation.no_such_function",
        "backend.no_such_function",
        "backend.torch.no_such_function",
        "layers.core.dense.no_such_function",
        "trainers.data_adapters.NoSuchAdapter",
    ],
)
def test_what_is_not_there_is_no_module(path: str) -> None:
    """Packages catch the error and go another way."""
    folder, _, name = path.rpartition(".")
    with pytest.raises(ImportError, match=name):
        exec(f"from keras.src.{folder} import {name}", {})


def test_derived_layers_are_made() -> None:
    """Classes that packages derive from, and helpers that they call in `build`."""
    exec(
        """
from keras.src.backend import standardize_data_format
from keras.src.layers.attention.multi_head_attention import (
    _build_attention_equation,
    _build_proj_equation,
)
from keras.src.layers.convolutional.base_conv_transpose import BaseConvTranspose
from keras.src.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from keras.src.layers.convolutional.base_separable_conv import BaseSeparableConv
from keras.src.layers.core.einsum_dense import (
    _analyze_einsum_string,
    _analyze_quantization_info,
)
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell
from keras.src.ops.numpy import Abs, TrueDivide
from keras.src.ops.operation_utils import compute_conv_output_shape
from keras.src.utils.argument_validation import standardize_tuple

class Cell(DropoutRNNCell, keras.layers.Layer):
    pass
""",
        {"keras": keras, "__name__": "test"},
    )
    scope = _imported(
        ("layers.attention.multi_head_attention", "_build_attention_equation"),
        ("layers.attention.multi_head_attention", "_build_proj_equation"),
        ("layers.core.einsum_dense", "_analyze_einsum_string"),
        ("layers.core.einsum_dense", "_analyze_quantization_info"),
        ("ops.operation_utils", "compute_conv_output_shape"),
        ("utils.argument_validation", "standardize_tuple"),
        ("ops.numpy", "TrueDivide"),
    )
    attention, projection, sizes, axes, of_convolution, pair, divide = scope
    assert projection(3, 1, 2) == ("abcd,def->abcef", "ef", 5)
    scores, values, rank = attention(5, (2,))
    query = keras.KerasTensor((2, 3, 4, 5, 6))
    assert rank == 5 and ops.einsum(scores, query, query).shape == (2, 3, 5, 4, 4)
    found = ops.einsum(values, ops.einsum(scores, query, query), query)
    assert found.shape == query.shape
    equation, shape = "abc,cde->abde", (None, 4, 3)
    expected = ([3, 5, 6], [5, 6], [None, 4, 5, 6], [0], [1, 2])
    assert sizes(equation, "de", shape, (4, 5, 6)) == expected
    assert axes(equation, shape)[8] == "abde,cde->abc"
    assert of_convolution((None, 8, 8, 3), 5, (3, 3), strides=2) == (None, 3, 3, 5)
    assert pair(2, 2, "kernel_size") == (2, 2) and pair([0, 1], 2, "a", True) == (0, 1)
    with pytest.raises(ValueError, match="`kernel_size` must be an integer of 1 or"):
        pair(0, 2, "kernel_size")
    x = keras.Input((2,))
    assert isinstance((x / x)._keras_history.operation, divide)


def _imported(*names: tuple[str, str]) -> list[Any]:
    return [getattr(import_module(f"keras.src.{path}"), name) for path, name in names]


def test_graphs_of_tensorflow_and_shared_objects() -> None:
    from keras.src.backend.common.symbolic_scope import in_symbolic_scope
    from keras.src.saving.serialization_lib import record_object_after_deserialization
    from keras.src.utils.backend_utils import in_tf_graph

    assert not in_tf_graph() and not in_symbolic_scope()
    record_object_after_deserialization(object(), 3)  # nothing is being read


def test_files_never_come_this_way() -> None:
    code = (
        "import sys, keras; keras.layers.deserialize({'module': 'keras.src.layers', "
        "'class_name': 'Dense', 'config': {'units': 2}}); "
        "print([m for m in sys.modules if m.startswith('keras.src')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": "numpy"},  # TensorFlow looks there itself
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[]\n", done.stderr


def test_safe_mode_masks_and_specs(backend: str) -> None:
    library = import_module("keras.src.saving.serialization_lib")
    assert not library.in_safe_mode()
    with library.SafeModeScope(True):
        assert library.in_safe_mode() is True
    private = import_module("keras.src.backend")
    x, mask = keras.ops.ones((2, 3)), keras.ops.ones((2, 3), "bool")
    assert private.get_keras_mask(x) is None
    private.set_keras_mask(x, mask)
    assert private.get_keras_mask(x) is mask
    spec = private.compute_output_spec(keras.ops.square, keras.KerasTensor((None, 3)))
    assert spec.shape == (None, 3)
    assert private.any_symbolic_tensors((spec,)) and not private.any_symbolic_tensors(
        (x,)
    )


def test_a_loss_of_any_function(backend: str) -> None:
    wrapper = import_module("keras.src.losses.losses").LossFunctionWrapper
    loss = wrapper(_scaled, name="mine", factor=3.0)
    y = np.ones((2, 1), "float32")
    assert float(loss(y[:, 0], y * 3)) == 6.0
    config = loss.get_config()
    assert config["name"] == "mine" and config["factor"] == 3.0


def _scaled(y_true: Any, y_pred: Any, factor: float) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1) * factor


def test_a_store_of_weights(tmp_path) -> None:
    store_of = import_module("keras.src.saving.saving_lib").H5IOStore
    store = store_of(tmp_path / "a.h5", mode="w")
    store.make("lora")["rank"] = 4
    store.make("lora/0")["kernel"] = np.arange(3.0)
    store.close()
    store = store_of(tmp_path / "a.h5", mode="r")
    assert int(store.get("lora")["rank"][()]) == 4
    np.testing.assert_array_equal(store.get("lora/0")["kernel"], np.arange(3.0))
    store.close()


def test_attributes_that_nobody_tracks(backend: str) -> None:
    tracking = import_module("keras.src.utils.tracking")

    class Holder(layers.Layer):
        @tracking.no_automatic_dependency_tracking
        def hold(self, value: Any) -> None:
            self.held = value

        def call(self, x: Any) -> Any:
            return x

    holder, inner = Holder(), [layers.Dense(1)]
    holder.hold(inner)
    assert holder.held is inner and holder._layers == []
    holder.own = layers.Dense(2)
    assert holder._layers == [holder.own]


def test_modules_that_nobody_imported() -> None:
    private = keras.src
    assert private.utils.tracking.no_automatic_dependency_tracking is not None
    library = private.saving.serialization_lib
    assert library.serialize_keras_object is keras.saving.serialize_keras_object
    assert not hasattr(private.utils, "no_such_name")


def test_processes_and_seeds(backend: str) -> None:
    from keras.src.backend import distribution_lib
    from keras.src.random.seed_generator import draw_seed

    assert (distribution_lib.num_processes(), distribution_lib.process_id()) == (1, 0)
    assert distribution_lib.get_device_count() >= 1
    for name in ("distribute_tensor", "distribute_value"):
        tensor = getattr(distribution_lib, name)(np.ones(3), None)
        assert ops.is_tensor(tensor) and tensor.shape == (3,)
    generator = keras.random.SeedGenerator(3)
    drawn = [draw_seed(7), draw_seed(generator), draw_seed(generator)]
    found = [ops.convert_to_numpy(seed) for seed in drawn]
    assert [x.tolist() for x in found[:2]] == [[7, 0], [3, 0]]
    assert all(x.shape == (2,) and x.dtype.kind in "iu" for x in found)
    assert found[2].tolist() != [3, 0]


def test_a_key_for_jax() -> None:
    jax = pytest.importorskip("jax")
    random = import_module("keras.src.backend.jax.random")
    with keras.backend_scope("jax"):
        key = random.jax_draw_seed(7)
        assert jax.random.uniform(key, (2,)).shape == (2,)


class _Held:
    def __init__(self, a: int = 1) -> None:
        self.a = a

    def get_config(self) -> dict[str, int]:
        return {"a": self.a}

    @classmethod
    def from_config(cls, config: dict[str, int]) -> _Held:
        return cls(**config)


@pytest.mark.parametrize("place", [1, 2])
def test_the_legacy_form_takes_objects_in_either_place(place: int) -> None:
    """keras-tuner passes them in the other one's."""
    read = keras.utils.legacy.deserialize_keras_object
    given: list[Any] = [None, None]
    given[place - 1] = {"Held": _Held}
    config = {"class_name": "Held", "config": {"a": 3}}
    assert read(config, *given).a == 3
    assert read("Held", *given).a == 1


def test_modules_that_name_a_backend() -> None:
    """Packages take one as an attribute, and make generators that live on it."""
    pytest.importorskip("torch")
    module = import_module("keras.src.backend.torch")
    joined = module.numpy.concatenate([module.numpy.zeros((1, 2)), np.ones((1, 2))])
    assert type(joined).__module__ == "torch"
    grey = module.image.rgb_to_grayscale(np.ones((1, 2, 2, 3), "float32"))
    assert tuple(grey.shape) == (1, 2, 2, 1)
    assert tuple(module.random.normal((2, 3), seed=1).shape) == (2, 3)
    with keras.backend_scope("numpy"):
        seeds = keras.random.SeedGenerator(1, backend=module)
        assert type(seeds.next()).__module__ == "torch"
        assert keras.random.SeedGenerator(1).next().tolist() == [1, 0]
    with pytest.raises(
        ValueError, match=r"takes `seed` and `name`. Received: \['of'\]"
    ):
        keras.random.SeedGenerator(1, of=module)


def test_no_safe_mode_where_objects_read_what_is_theirs(
    backend: str, tmp_path: Any
) -> None:
    library = import_module("keras.src.saving.serialization_lib")

    class Own(layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            seen["init"] = library.in_safe_mode()

        def call(self, inputs: Any) -> Any:
            return inputs

        def save_assets(self, dir_path: str) -> None:
            with open(os.path.join(dir_path, "words.txt"), "w") as file:
                file.write("a")

        def load_assets(self, dir_path: str) -> None:
            seen["assets"] = library.in_safe_mode()

        def load_own_variables(self, store: Any) -> None:
            seen["weights"] = library.in_safe_mode()

    seen: dict[str, Any] = {}
    path = str(tmp_path / "m.keras")
    keras.Sequential([keras.Input((2,)), Own()]).save(path)
    for safe in (True, False):
        keras.saving.load_model(path, {"Own": Own}, safe_mode=safe)
        assert seen == {"init": safe, "assets": None, "weights": None}


def test_words_and_windows_of_keras_2() -> None:
    text = import_module("keras.src.legacy.preprocessing.text")
    sequence = import_module("keras.src.legacy.preprocessing.sequence")
    assert text.Tokenizer.__name__ == "Tokenizer" and callable(sequence.skipgrams)
