"""When layers are built, with which shapes, and what files keep of it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

from .rows import ROWS, Row

A, B = np.ones((2, 4), "float32"), np.ones((2, 3), "float32")
FIRST = {row.layer: row for row in reversed(ROWS)}


def _with(build: Any, call: Any) -> Any:
    """A layer with these methods that notes the shapes it is built with."""
    return type("Noted", (layers.Layer,), {"build": build, "call": call})()


def _one(self: Any, input_shape: Any) -> None:
    self.noted = input_shape


def _of_b(self: Any, b_shape: Any) -> None:
    self.noted = b_shape


def _two(self: Any, a_shape: Any, b_shape: Any) -> None:
    self.noted = a_shape, b_shape


def _optional(self: Any, a_shape: Any, b_shape: Any = None) -> None:
    self.noted = a_shape, b_shape


def _keywords(self: Any, **shapes: Any) -> None:
    self.noted = shapes


def _masked(self: Any, a_shape: Any, attention_mask_shape: Any = None) -> None:
    self.noted = a_shape, attention_mask_shape


def _f(self: Any, a: Any) -> Any:
    return a


def _g(self: Any, a: Any, b: Any = None) -> Any:
    return a


def _h(self: Any, a: Any, attention_mask: Any = None) -> Any:
    return a


@pytest.mark.parametrize(
    ("build", "call", "given", "noted", "config"),
    [
        (_one, _f, (A,), (2, 4), {"input_shape": (2, 4)}),
        (_one, _g, (A, B), (2, 4), {"input_shape": (2, 4)}),
        (_of_b, _g, (A, B), (2, 4), {"input_shape": (2, 4)}),
        (_one, _f, ([A, B],), [(2, 4), (2, 3)], {"input_shape": [(2, 4), (2, 3)]}),
        (_one, _f, ({"p": A, "q": None},), {"p": (2, 4), "q": None}, None),
        (
            _two,
            _g,
            (A, B),
            ((2, 4), (2, 3)),
            {"shapes_dict": {"a_shape": (2, 4), "b_shape": (2, 3)}},
        ),
        (_optional, _g, (A,), ((2, 4), None), {"input_shape": (2, 4)}),
        (_optional, _g, (A, B), ((2, 4), (2, 3)), None),
        (_keywords, _g, (A, B), {}, {"shapes_dict": {}}),
        (_masked, _h, (A, B), ((2, 4), (2, 3)), None),
        (_masked, _h, (A,), ((2, 4), None), None),
    ],
)
def test_build_is_given_the_shapes_it_asks_for(
    backend: str, build: Any, call: Any, given: Any, noted: Any, config: Any
) -> None:
    layer = _with(build, call)
    assert not layer.built
    layer(*given)
    assert layer.built
    assert layer.noted == noted
    if config is not None:
        assert layer.get_build_config() == config
    again = _with(build, call)
    again.build_from_config(layer.get_build_config())
    assert again.built
    assert again.noted == noted


@pytest.mark.parametrize("call", [_f, _h])
@pytest.mark.parametrize("build", [_two, _optional])
def test_a_build_that_asks_for_unknown_arguments_is_told(build: Any, call: Any) -> None:
    with pytest.raises(ValueError, match="must be named after those of its `call`"):
        _with(build, call)(A)


def test_a_build_config_of_every_argument_is_read(backend: str) -> None:
    """Files that this Keras wrote before name all arguments of the call."""
    layer = _with(_one, _g)
    layer.build_from_config({"shapes_dict": {"a_shape": [2, 4], "b_shape": [2, 3]}})
    assert layer.noted == (2, 4)


def test_layers_of_two_inputs_with_one_shape_are_saved(
    backend: str, tmp_path: Any
) -> None:
    @keras.saving.register_keras_serializable("test_building")
    class Weighted(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape=input_shape[-1:], name="w")

        def call(self, x0: Any, x: Any) -> Any:
            return x0 * self.w + x

    one, two = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([one, two], Weighted()(one, two))
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.get_weights()[0], model.get_weights()[0])


class Around(layers.Layer):
    """Holds a layer and leaves it to `call` to build it."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers.Dense(4)

    def call(self, inputs: Any) -> Any:
        return self.inner(inputs)


class Shaped(Around):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], 4)


class Specified(Around):
    def compute_output_spec(self, x: Any) -> Any:
        return keras.KerasTensor((*x.shape[:-1], 4), x.dtype)


@pytest.mark.parametrize("make", [Around, Shaped, Specified])
def test_sublayers_are_built_by_a_symbolic_call(backend: str, make: Any) -> None:
    layer = make()
    outputs = layer(keras.Input((3,)))
    assert outputs.shape == (None, 4)
    assert layer.inner.built
    assert len(layer.weights) == 2


def test_sublayers_whose_call_needs_numbers_are_told(backend: str) -> None:
    class Concrete(Shaped):
        def call(self, inputs: Any) -> Any:
            raise RuntimeError("needs numbers")

    with pytest.warns(UserWarning, match="sublayers without weights yet"):
        Concrete()(keras.Input((3,)))


def test_build_without_a_shape(backend: str) -> None:
    class Ready(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.w = self.add_weight(shape=(1,), name="w")

    class Holds(layers.Layer):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

    layer = Holds(Holds(Ready()))
    layer.build(None)
    assert layer.built
    assert len(layer.weights) == 1
    with pytest.raises(ValueError, match="has no `build`"):
        Holds(layers.Dense(2)).build(None)


# --- subclasses of every layer that define one method ---


def _subclass(row: Row, **members: Any) -> Any:
    base = getattr(keras.layers, row.layer)
    given = row.arguments() if callable(row.arguments) else row.arguments
    return type(f"My{row.layer}", (base,), members)(**given)


def _first(outputs: Any) -> np.ndarray:
    return ops.convert_to_numpy(keras.tree.flatten(outputs)[0])


@pytest.mark.parametrize("name", FIRST)
def test_a_subclass_with_a_build_of_its_own(backend: str, name: str) -> None:
    """It is unbuilt until its first call, which builds it, whatever the base does."""

    def build(self: Any, *shapes: Any, **named: Any) -> None:
        base.build(self, *shapes, **named)
        self.own = self.add_weight(shape=(), initializer="ones", name="own")

    row = FIRST[name]
    base = getattr(keras.layers, row.layer)
    layer = _subclass(row, build=build)
    assert not layer.built
    outputs = layer(row.inputs())
    assert layer.built
    assert any(weight is layer.own for weight in layer.weights)
    plain = row.make()
    plain(row.inputs())
    if len(plain.weights) == 0 and name != "Dropout":
        np.testing.assert_allclose(_first(outputs), _first(plain(row.inputs())))


@pytest.mark.parametrize("name", FIRST)
def test_a_subclass_with_a_call_of_its_own(backend: str, name: str) -> None:
    row = FIRST[name]
    base = getattr(keras.layers, row.layer)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.calls = getattr(self, "calls", 0) + 1
        return base.call(self, *args, **kwargs)

    call.__signature__ = inspect.signature(base.call)  # type: ignore[attr-defined]
    layer = _subclass(row, call=call)
    first = _first(layer(row.inputs()))
    second = _first(layer(row.inputs()))
    assert layer.calls >= 2
    assert first.shape == second.shape


@pytest.mark.parametrize("name", FIRST)
def test_a_subclass_with_a_config_of_its_own(backend: str, name: str) -> None:
    row = FIRST[name]
    base = getattr(keras.layers, row.layer)

    def get_config(self: Any) -> Any:
        return {**base.get_config(self), "name": "other"}

    layer = _subclass(row, get_config=get_config)
    layer(row.inputs())
    again = type(layer).from_config(layer.get_config())
    assert again.name == "other"
    again(row.inputs())
    assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]


def test_a_recurrent_subclass_may_name_its_inputs_anew(backend: str) -> None:
    class Mine(layers.LSTM):
        def call(self, x: Any, mask: Any = None, training: Any = None) -> Any:
            return super().call(x, mask=mask, training=training)

    assert tuple(Mine(2)(np.ones((2, 4, 3), "float32")).shape) == (2, 2)


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_float16", None, "int32"])
def test_from_config_passes_plain_dtypes_by_name(dtype: Any) -> None:
    class Recorder(layers.Dense):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            seen.append(kwargs["dtype"])
            super().__init__(*args, **kwargs)

    seen: list[Any] = []
    Recorder.from_config(layers.Dense(2, dtype=dtype).get_config())
    assert seen == [dtype or "float32"]


def test_a_layer_of_strings_is_built_without_a_shape(backend: str) -> None:
    class Tokens(layers.Layer):
        _convert_input_args = False
        _allow_non_tensor_positional_args = True

        def build(self, input_shape: Any) -> None:
            seen.append(input_shape)

        def call(self, x: Any) -> Any:
            return [len(word) for word in x]

    seen: list[Any] = []
    assert Tokens(dtype="string")(["ab"]) == [2] and seen.pop() is None
    layer = Tokens()
    assert layer(["a", "bcd"]) == [1, 3] and layer(["e"]) == [1]
    assert seen == [None] and layer.built

    class Plain(Tokens):
        _allow_non_tensor_positional_args = False

    with pytest.raises(ValueError, match="no argument of its call is a tensor"):
        Plain()(x=["a"])


@pytest.mark.parametrize(
    "name", ["Conv2D", "Conv2DTranspose", "SeparableConv2D", "Conv1D"]
)
def test_a_convolution_whose_subclass_knows_its_filters_later(
    backend: str, name: str
) -> None:
    base: Any = getattr(layers, name)

    class AsManyAsInputs(base):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(filters=None, kernel_size=3, **kwargs)

        def build(self, input_shape: Any) -> None:
            self.filters = input_shape[-1]
            super().build(input_shape)

    x = np.ones((1, *(5,) * AsManyAsInputs().rank, 3), "float32")
    assert AsManyAsInputs()(x).shape[-1] == 3
    with pytest.raises(ValueError, match="`filters` to be a positive .* filters=None"):
        base(None, 3)

    class Forgets(base):
        pass

    with pytest.raises(ValueError, match="`filters` to be a positive .* filters=None"):
        Forgets(None, 3)(x)


def test_a_layer_that_computes_with_another_framework(
    backend: str,
) -> None:
    jnp = pytest.importorskip("jax.numpy")

    class Own(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return jnp.abs(jnp.asarray(keras.ops.convert_to_numpy(inputs)))[:, :2]

    if backend in ("jax", "tensorflow"):  # their symbolic tensors hold no numbers
        assert Own()(np.ones((4, 3), "float32")).shape == (4, 2)
        return
    found = Own()(keras.Input((3,)))
    assert found.shape == (None, 2) and found.dtype == "float32"
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(Own()(inputs)))
    assert tuple(model(np.ones((4, 3), "float32")).shape) == (4, 1)


def test_a_size_that_a_reshape_in_a_call_leaves_open(backend: str) -> None:
    class Flat(layers.Layer):
        def call(self, x: Any) -> Any:
            batch, _, _, channels = keras.ops.shape(x)
            return keras.ops.reshape(x, (batch, -1, channels))

    for side in (1, 2):
        assert Flat()(keras.Input((side, side, 3))).shape == (None, side**2, 3)
    assert Flat()(keras.Input((None, 2, 3))).shape == (None, None, 3)
    spec = keras.KerasTensor((None, 2, 2, 3))  # whose unknown size that is, none knows
    assert keras.ops.reshape(spec, (None, -1, 3)).shape == (None, None, 3)


def test_the_shape_of_what_another_framework_traces(backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    seen: list[Any] = []

    def note(x: Any) -> Any:
        seen.append(keras.ops.shape(x))
        return x

    tf.data.Dataset.from_tensors(np.ones((2, 3), "float32")).map(note)
    assert seen == [(2, 3)]


def test_an_output_of_one_shape_whatever_the_inputs(backend: str) -> None:
    class Three(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return keras.ops.ones((3,))

        def compute_output_shape(self) -> Any:  # type: ignore[override]
            return (3,)

    assert Three()(keras.Input((4,))).shape == (3,)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Permute((2, 1)), (2, 4, 3)),
        (layers.Dropout(0.1), (2, 3, 4)),
        (layers.MaxPooling1D(), (2, 1, 4)),
        (layers.RepeatVector(2), (2, 2, 3)),
        (layers.Dense(5), (2, 3, 5)),
    ],
)
def test_shapes_by_the_name_input_shape(layer: Any, shape: tuple[int, ...]) -> None:
    given = (2, 3) if isinstance(layer, layers.RepeatVector) else (2, 3, 4)
    assert tuple(layer.compute_output_shape(input_shape=given)) == shape


def test_an_argument_that_is_called_input_keeps_its_name() -> None:
    class Named(layers.Layer):
        def call(self, other: Any, input: Any) -> Any:
            return input

    shape = Named().compute_output_shape(other_shape=(2, 3), input_shape=(2, 5))
    assert shape == (2, 5)


class Held(layers.Layer):
    """A base of a package: it writes its own part of the configuration."""

    def __init__(self, held: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.held = held

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "held": self.held}


class HeldActivation(layers.Activation, Held):
    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(activation=activation, **kwargs)
        self.inner = layers.Dense(4)

    def call(self, inputs: Any) -> Any:
        return self.inner(self.activation(inputs))


def test_a_layer_before_a_base_of_the_users_is_in_the_config(backend: str) -> None:
    config = HeldActivation("tanh", held=3).get_config()
    assert (config["activation"], config["held"]) == ("tanh", 3)
    again = HeldActivation.from_config(config)
    assert (again.activation, again.held) == (keras.activations.tanh, 3)


def test_shapes_alone_are_those_of_the_layer_that_is_derived_from(backend: str) -> None:
    """Asked for shapes, as in `build`, a layer does not run what the user wrote."""
    layer = HeldActivation("tanh")
    assert tuple(layer.compute_output_shape((2, 3))) == (2, 3)
    assert not layer.inner.built
    assert tuple(layer(keras.Input((3,))).shape) == (None, 4)
