"""Configs of classes that users derive from ours, with and without get_config."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import keras
from keras import initializers, layers, losses, metrics, optimizers

# A base, and the arguments that an instance of a subclass passes on to it.
BASES = [
    (layers.Layer, {"name": "mine", "activity_regularizer": "l2"}),
    (layers.Dense, {"units": 3, "kernel_initializer": "zeros"}),
    (layers.EinsumDense, {"equation": "ab,bc->ac", "output_shape": 4}),
    (layers.Embedding, {"input_dim": 3, "output_dim": 2, "mask_zero": True}),
    (layers.Conv2D, {"filters": 2, "kernel_size": 3, "padding": "same"}),
    (layers.Dropout, {"rate": 0.25, "seed": 3}),
    (layers.LSTM, {"units": 2, "return_sequences": True}),
    (layers.LayerNormalization, {"axis": 1, "epsilon": 0.1}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}),
    (layers.TimeDistributed, {"layer": lambda: layers.Dense(2, name="inner")}),
    (keras.Model, {"name": "model"}),
    (losses.Loss, {"reduction": "sum"}),
    (losses.Huber, {"delta": 2.0, "name": "h"}),
    (metrics.Metric, {"name": "m"}),
    (metrics.Mean, {"name": "average"}),
    (metrics.MeanMetricWrapper, {"fn": losses.mean_squared_error}),
    (metrics.Precision, {"thresholds": 0.25}),
    (optimizers.Optimizer, {"learning_rate": 0.5, "clipnorm": 1.0}),
    (optimizers.Adam, {"learning_rate": 0.5, "beta_1": 0.5}),
    (initializers.Initializer, {}),
    (initializers.RandomNormal, {"stddev": 2.0}),
    (keras.regularizers.Regularizer, {}),
    (keras.regularizers.L1L2, {"l1": 0.5}),
    (keras.constraints.Constraint, {}),
    (keras.constraints.MaxNorm, {"max_value": 3}),
    (optimizers.schedules.ExponentialDecay, {
        "initial_learning_rate": 0.5, "decay_steps": 2, "decay_rate": 0.25,
    }),
]  # fmt: skip
NAMES = [base.__name__ for base, _ in BASES]


def made(arguments):
    """The arguments, layers among them newly made: each test has its backend."""
    layer = arguments.get("layer")
    return arguments if layer is None else {**arguments, "layer": layer()}


def by_hand(base):
    class Mine(base):
        def __init__(self, alpha=1, function=None, **kwargs):
            super().__init__(**kwargs)
            self.alpha = alpha

        def get_config(self):
            return dict(alpha=self.alpha, **super().get_config())

    return Mine


def recorded(base):
    class Mine(base):
        def __init__(self, alpha=1, **kwargs):
            super().__init__(**kwargs)
            self.alpha = alpha * 2  # the config keeps what was given

    return Mine


@pytest.mark.parametrize(("base", "arguments"), BASES, ids=NAMES)
def test_super_get_config_holds_what_the_base_knows(base, arguments, backend):
    mine = by_hand(base)(2, lambda x: x, **made(arguments))
    config = mine.get_config()
    assert config.pop("alpha") == 2
    plain = base(**made(arguments)).get_config()
    name = plain.get("name")
    if name is not None and "name" not in arguments:
        # An automatic name is made from the class.
        plain["name"] = config["name"]
    assert config == plain
    again = type(mine).from_config(mine.get_config())
    assert again.get_config() == mine.get_config()


@pytest.mark.parametrize(("base", "arguments"), BASES, ids=NAMES)
def test_a_class_without_get_config_keeps_its_arguments_too(base, arguments, backend):
    mine = recorded(base)(3, **made(arguments))
    assert mine.get_config()["alpha"] == 3
    again = type(mine).from_config(mine.get_config())
    assert again.alpha == 6
    assert again.get_config() == mine.get_config()


def test_a_hand_written_config_counts_for_all_classes_above_it(backend):
    class First(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

    class Second(First):
        def __init__(self, units, rate, **kwargs):
            super().__init__(units, **kwargs)
            self.rate = rate

        def get_config(self):
            return dict(super().get_config(), rate=self.rate)

    class Third(Second):
        pass

    for cls in (Second, Third):
        assert set(cls(1, 0.5).get_config()) == {"name", "trainable", "dtype", "rate"}


@pytest.mark.parametrize("how", [by_hand, recorded])
def test_such_a_layer_is_saved_cloned_and_moved(how, backend, tmp_path):
    Mine = how(layers.Dense)
    model = keras.Sequential([keras.Input((2,)), Mine(5, units=3)])
    x = np.ones((1, 2), "float32")
    path = tmp_path / "m.keras"
    model.save(path)
    with keras.saving.custom_object_scope({"Mine": Mine}):
        loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x))
    copies = (loaded, keras.models.clone_model(model), model.to_backend("numpy"))
    for other in copies:
        assert other.layers[0].alpha == model.layers[0].alpha
        assert other.layers[0].units == 3


def test_an_argument_left_out_of_the_config_is_left_out_of_the_file(backend, tmp_path):
    class Apply(layers.Layer):
        def __init__(self, function=None, **kwargs):
            super().__init__(**kwargs)
            self.function = function or (lambda x: x)

        def call(self, inputs):
            return self.function(inputs)

        def get_config(self):
            return super().get_config()

    model = keras.Sequential([keras.Input((2,)), Apply(lambda x: x * 2)])
    model.save(tmp_path / "m.keras")
    objects = {"Apply": Apply}
    loaded = keras.saving.load_model(tmp_path / "m.keras", custom_objects=objects)
    x = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), x)


def test_arguments_without_a_name_cannot_be_recorded(backend):
    class Scaled(layers.Layer):
        def __init__(self, *factors, **kwargs):
            super().__init__(**kwargs)

    class Loss(losses.Loss):
        def __init__(self, *weights):
            super().__init__()

    class ByHand(Scaled):
        def get_config(self):
            return super().get_config()

    for made in (Scaled(2.0, 3.0), Loss(1)):
        with pytest.raises(NotImplementedError, match=r"no name: .* get_config\(\)"):
            made.get_config()
    assert "factors" not in Scaled().get_config()
    assert "factors" not in ByHand(2.0).get_config()


def test_a_plain_dtype_policy_comes_back_as_its_name(backend):
    seen = []

    class Mine(layers.Layer):
        def __init__(self, dtype=None, **kwargs):
            seen.append(dtype)
            super().__init__(dtype=dtype, **kwargs)

    config = json.loads(json.dumps(Mine(dtype="int32").get_config()))
    Mine.from_config(config)
    Mine.from_config(Mine(dtype=keras.DTypePolicy("mixed_float16")).get_config())
    assert (seen[1], seen[3]) == ("int32", "mixed_float16")


@pytest.mark.parametrize(
    "make",
    [
        lambda name: layers.Dense(2, name=name),
        lambda name: keras.Input((2,), name=name),
        lambda name: keras.Sequential(name=name),
        lambda name: keras.Model(name=name),
        lambda name: keras.Operation(name=name),
        lambda name: optimizers.SGD(name=name),
    ],
)
def test_a_slash_parts_paths_so_no_name_has_one(make, backend):
    with pytest.raises(ValueError, match=r"cannot have a '/'.*name='block/dense'"):
        make("block/dense")


def test_metrics_and_losses_may_have_a_slash_in_their_names(backend):
    assert metrics.Mean(name="a/b").name == "a/b"
    assert losses.MeanSquaredError(name="a/b").name == "a/b"


# What deserialization takes besides configs ---------------------------------------


@pytest.mark.parametrize(
    "space",
    ["losses", "metrics", "initializers", "regularizers", "constraints", "optimizers",
     "optimizers.schedules", "activations"],
)  # fmt: skip
def test_deserialize_gives_none_for_none(space):
    assert keras.saving.deserialize_keras_object(None) is None
    module = keras
    for part in space.split("."):
        module = getattr(module, part)
    assert module.deserialize(None) is None


def test_deserialize_returns_what_is_made_already(backend):
    for module, member in (
        (initializers, initializers.Zeros()),
        (losses, losses.MeanSquaredError()),
        (metrics, metrics.Mean()),
        (optimizers, optimizers.SGD()),
    ):
        assert module.deserialize(member) is member


def test_a_bare_name_means_the_custom_object():
    def f(x):
        return x

    read = keras.saving.deserialize_keras_object
    assert read("f") == "f"
    assert read("f", custom_objects={"f": f}) is f
    # Alone it means an object, where it comes with the objects of a package.
    assert isinstance(read("f", module_objects={"f": layers.Flatten}), layers.Flatten)
    both = {"f": layers.Flatten}
    assert read("f", module_objects=both, custom_objects=both) is not layers.Flatten
    assert read(["f", {"g": "f"}], custom_objects={"f": f}) == [f, {"g": f}]
    with keras.saving.custom_object_scope({"f": f}):
        assert read("f") is f
        # The values of a constructor's arguments are left alone.
        config = layers.serialize(layers.Dense(1, name="f"))
        assert read(config).name == "f"


def test_keras_3_6_left_the_package_of_registered_functions_out():
    @keras.saving.register_keras_serializable(package="one")
    def test_only_one(x):
        return x

    def form(name):
        return {"module": "builtins", "class_name": "function", "config": name,
                "registered_name": "function"}  # fmt: skip

    assert keras.saving.deserialize_keras_object(form("test_only_one")) is test_only_one
    keras.saving.register_keras_serializable("two", "test_only_one")(lambda x: x)
    with pytest.raises(ValueError, match="several are registered"):
        keras.saving.deserialize_keras_object(form("test_only_one"))
    for package in ("one", "two"):
        del keras.saving.get_custom_objects()[f"{package}>test_only_one"]


class Uncast(layers.Layer):
    def __init__(self, units: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs, autocast=False)
        self.units = units

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def test_what_a_class_says_to_its_base_is_said_once():
    layer = Uncast.from_config(Uncast(3, name="a").get_config())
    assert layer.units == 3 and not layer.autocast
