"""Calls: arguments, losses, dtypes, and attributes that are set by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

X = np.ones((2, 3), "float32")


def array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


# --- arguments ---


class Notes(layers.Layer):
    """Returns a constant and notes what it was called on."""

    def call(self, x: Any, flag: Any = None) -> Any:
        object.__setattr__(self, "noted", x)
        return ops.ones((2,))


@pytest.mark.parametrize("value", ["a", ["a"], True, object()])
def test_options_go_by_keyword(backend: str, value: Any) -> None:
    with pytest.raises(ValueError, match="only tensors as positional arguments"):
        Notes()(value)
    with pytest.raises(ValueError, match="by keyword"):
        Notes()(X, value)
    Notes()(X, flag=value)
    Notes()(X, None)


@pytest.mark.parametrize("name", ["Dense", "BatchNormalization", "TimeDistributed"])
def test_a_second_tensor_is_no_training_flag(backend: str, name: str) -> None:
    """By position: one that counted as True would change results in silence."""
    given: dict[str, Any] = {"Dense": {"units": 2}, "BatchNormalization": {}}
    made = given.get(name, {"layer": layers.Dense(2)})
    x = np.ones((2, 4, 3), "float32")
    layer = getattr(layers, name)(**made)
    wrong = "takes 1 argument.*in front of `training`.*Received as argument 1: a tensor"
    for second in (x, ops.convert_to_tensor(x)):
        with pytest.raises(TypeError, match=f"{layer.name}.*{wrong} of shape"):
            layer(x, second)
    with pytest.raises(TypeError, match=f"{layer.name}.*`training`.*argument 1: 1"):
        layer(x, 1)
    symbol = keras.Input((4, 3))
    with pytest.raises(TypeError, match=f"{layer.name}.*`training`"):
        layer(symbol, symbol)
    assert layer(x, None).shape[0] == 2


def test_training_by_position_may_be_left_open(backend: str) -> None:
    """Also where it has a default, and where arguments are behind it."""
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(array(layers.Dropout(0.5)(x, None)), x)
    mask = np.array([True, False])
    rows = layers.BatchNormalization()
    rows(np.ones((2, 3, 4), "float32"), None, np.array([[True] * 3, [False] * 3]))
    model = keras.Sequential([layers.Dense(2)])
    with pytest.raises(TypeError, match="in front of `training`"):
        model(x, mask)


@pytest.mark.parametrize(
    "value", [["a"], np.array(["a", "b"]), np.ones(2), [np.ones(2)]]
)
def test_a_layer_may_take_what_is_no_tensor(backend: str, value: Any) -> None:
    layer = Notes()
    layer._convert_input_args = False
    layer._allow_non_tensor_positional_args = True
    layer(value)
    assert layer.noted is value


def test_rematerialized_call_is_a_function(backend: str) -> None:
    layer = layers.Dense(4)
    expected = array(layer(X))
    x = ops.convert_to_tensor(X)
    again = layer.rematerialized_call(layer.call, x)
    np.testing.assert_allclose(array(again(x)), expected, atol=1e-6)


# --- losses ---


class Adds(layers.Layer):
    def call(self, inputs: Any) -> Any:
        self.add_loss(ops.sum(inputs))
        return inputs


class OnNumbersOnly(Adds):
    """Its shapes are learnt by the backend, which traces or runs its `call`."""

    def call(self, inputs: Any) -> Any:
        if isinstance(inputs, keras.KerasTensor):
            raise TypeError("not on KerasTensors")
        return super().call(inputs)


class Holds(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Adds(), Adds()

    def call(self, inputs: Any) -> Any:
        return self.two(self.one(inputs))


def _functional(*made: Any) -> Any:
    outputs = inputs = keras.Input((3,))
    for layer in made:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (Adds, 1),
        (Holds, 2),
        (lambda: keras.Sequential([Adds()]), 1),
        (lambda: keras.Sequential([keras.Input((3,)), Adds(), Adds()]), 2),
        (lambda: keras.Sequential([keras.Sequential([Adds()]), Holds()]), 3),
        (lambda: _functional(Adds(), Holds()), 3),
        (lambda: _functional(OnNumbersOnly(), Adds()), 2),
        (lambda: keras.Sequential([OnNumbersOnly()]), 1),
        (lambda: _functional(*[Adds()] * 2), 2),
    ],
)
def test_each_call_adds_its_losses_once(backend: str, make: Any, count: int) -> None:
    model = make()
    assert model.losses == []
    for _ in range(3):
        model(X)
        assert [float(array(loss)) for loss in model.losses] == [6.0] * count
    model(keras.Input((3,)))
    assert model.losses == []


def test_losses_of_calls_count_in_training(training_backend: str) -> None:
    class Weighs(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape=input_shape[-1:], initializer="ones")

        def call(self, x: Any) -> Any:
            self.add_loss(2.0 * ops.sum(self.w))
            return x * self.w

    model = keras.Sequential([Weighs()])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = model.fit(X, X, epochs=2, verbose=0).history["loss"]
    np.testing.assert_allclose(history, [6.0, 4.84], rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "losses"),
    [
        (lambda x: x * 2.0, [0.12]),
        (lambda x: (x * 2.0, x), [0.12, 0.03]),
        (lambda x: {"b": x, "a": x * 2.0}, [0.12, 0.03]),
        (lambda x: (x, None), [0.03]),
        (ops.sum, [0.36]),
        (lambda x: x[:0], [0.0]),
    ],
)
def test_activity_regularizers(backend: str, function: Any, losses: Any) -> None:
    """Per sample of the batch, for each output, as PyPI's Keras 3.15 gives them."""

    class Function(layers.Layer):
        def call(self, x: Any) -> Any:
            return function(x)

    layer = Function(activity_regularizer="l2")
    layer(X)
    np.testing.assert_allclose(
        [float(array(x)) for x in layer.losses], losses, rtol=1e-5
    )


def test_an_activity_regularizer_set_by_hand(backend: str) -> None:
    layer = layers.Dense(2, kernel_initializer="ones")
    layer(X)
    layer.activity_regularizer = keras.regularizers.L1(1.0)
    layer(X)
    assert [float(array(loss)) for loss in layer.losses] == [6.0]
    layer.activity_regularizer = None
    layer(X)
    assert layer.losses == []


# --- attributes set by hand ---

ACTIVATED = {
    "Dense": ({"units": 2}, (2, 3)),
    "EinsumDense": ({"equation": "ab,bc->ac", "output_shape": 2}, (2, 3)),
    "Conv1D": ({"filters": 2, "kernel_size": 1}, (2, 3, 3)),
    "DepthwiseConv1D": ({"kernel_size": 1}, (2, 3, 3)),
    "SeparableConv1D": ({"filters": 2, "kernel_size": 1}, (2, 3, 3)),
    "Activation": ({}, (2, 3)),
}


@pytest.mark.parametrize("name", ACTIVATED)
def test_an_activation_set_by_hand_counts(backend: str, name: str) -> None:
    """Alone and in a model, also where that runs compiled from its second call on."""
    given, shape = ACTIVATED[name]
    layer = getattr(layers, name)(activation="relu", **given)
    model = keras.Sequential([keras.Input(shape[1:]), layer])
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    for call in (model, layer):
        layer.activation = keras.activations.relu
        first = [array(call(x)) for _ in range(3)][-1]
        assert first.min() == 0
        layer.activation = None
        for _ in range(3):
            plain = array(call(x))
            assert plain.min() < 0
            np.testing.assert_allclose(np.maximum(plain, 0), first, atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), plain, atol=1e-6)


# --- dtypes ---

WITHOUT_WEIGHTS = [
    ("Activation", {"activation": "softmax"}),
    ("Softmax", {}),
    ("ReLU", {}),
    ("Flatten", {}),
    ("Reshape", {"target_shape": (2, 2)}),
    ("Permute", {"dims": (2, 1)}),
    ("Identity", {}),
    ("Dropout", {"rate": 0.5}),
    ("Masking", {}),
    ("Rescaling", {"scale": 2.0}),
    ("MaxPooling1D", {}),
    ("AveragePooling1D", {}),
    ("GlobalAveragePooling1D", {}),
    ("GlobalMaxPooling1D", {}),
    ("Lambda", {"function": lambda x: x * 2}),
]


@pytest.mark.parametrize(("name", "given"), WITHOUT_WEIGHTS)
@pytest.mark.parametrize("policy", ["mixed_float16", "float32"])
def test_a_dtype_of_its_own_holds_in_a_model(
    backend: str, policy: str, name: str, given: Any
) -> None:
    own = "float32" if policy == "mixed_float16" else "float16"
    last = getattr(layers, name)(dtype=own, **given)
    before = layers.Dense(2, dtype=policy)
    inputs = keras.Input((2, 2))
    functional = keras.Model(inputs, last(before(inputs)))
    chain = keras.Sequential([keras.Input((2, 2)), before, last])
    for model in (functional, chain):
        assert model.output.dtype == own
        for _ in range(3):
            outputs = model(np.ones((1, 2, 2), "float32"))
            assert keras.utils.standardize_dtype(outputs.dtype) == own


@pytest.mark.parametrize(
    "name", ["Add", "Multiply", "Average", "Maximum", "Concatenate"]
)
def test_a_dtype_of_its_own_holds_when_merging(backend: str, name: str) -> None:
    one, two = keras.Input((2,), dtype="float16"), keras.Input((2,), dtype="float32")
    model = keras.Model([one, two], getattr(layers, name)(dtype="float32")([one, two]))
    outputs = model([np.ones((1, 2), "float16"), np.ones((1, 2), "float32")])
    assert keras.utils.standardize_dtype(outputs.dtype) == "float32"


@pytest.mark.parametrize(
    "make", [list, tuple, lambda xs: dict(zip("ab", xs, strict=True))]
)
def test_lambda_knows_its_shape_on_several_inputs(backend: str, make: Any) -> None:
    def first(inputs: Any) -> Any:
        return ops.sum(keras.tree.flatten(inputs)[0], axis=-1, keepdims=True)

    layer = layers.Lambda(first, output_shape=(1,))
    assert layer(make([keras.Input((3,)), keras.Input((4,))])).shape == (None, 1)
    fixed = [keras.Input(batch_shape=(5, 3)), keras.Input((4,))]
    assert layer(make(fixed)).shape == (5, 1)


def test_the_config_of_rescaling_is_plain(backend: str) -> None:
    layer = layers.Rescaling(np.array(0.25), offset=np.array([0.5, 1.0]))
    config = layer.get_config()
    assert (config["scale"], config["offset"]) == (0.25, [0.5, 1.0])
    again = layers.Rescaling.from_config(config)
    assert array(again(np.full((1, 2), 4.0))).tolist() == [[1.5, 2.0]]


def test_a_dtype_policy_set_by_hand_counts_in_a_graph(backend: str) -> None:
    inputs = keras.Input((3,))
    last = layers.Activation("relu")
    model = keras.Model(inputs, last(layers.Dense(2)(inputs)))
    for policy in ("float16", "float32", "float16"):
        last.dtype_policy = policy
        for _ in range(3):
            assert keras.utils.standardize_dtype(model(X).dtype) == policy


def test_what_call_takes_can_be_asked(backend: str) -> None:
    class Own(layers.Layer):
        def call(self, x: Any, *, training: Any = False) -> Any:
            return x

    class Loose(layers.Layer):
        def call(self, x: Any, mask: Any = None, **kwargs: Any) -> Any:
            return x

    for layer, names, training, mask in (
        (Own(), ["x", "training"], True, False),
        (Loose(), ["x", "mask", "kwargs"], False, True),
        (layers.Concatenate(), ["inputs"], False, False),
        (layers.LSTM(2), ["sequences", "initial_state", "mask", "training"], 1, 1),
    ):
        assert list(layer._call_signature.parameters) == names
        assert layer._call_has_training_arg == training
        assert layer._call_has_mask_arg == mask


def test_layers_below_a_layer(backend: str) -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")], name="s")

    class Outer(layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="o")
            self.inner, self.again = inner, [inner.layers[0]]

    outer = Outer()
    source = inner._flatten_layers(include_self=False)[0].name  # the Input

    def names(**kwargs: Any) -> list[str]:
        return [layer.name for layer in outer._flatten_layers(**kwargs)]

    assert names() == ["o", "s", source, "d"]
    assert names(include_self=False) == ["s", source, "d"]
    assert names(recursive=False) == ["o", "s", "d"]
    assert names(include_self=False, recursive=False) == ["s", "d"]
    assert inner.layers[0]._flatten_layers() == [inner.layers[0]]


def test_attention_has_its_parts_under_the_names_that_subclasses_read(
    backend: str,
) -> None:
    class Own(layers.MultiHeadAttention):
        def build(self, *shapes: Any, **kwargs: Any) -> None:
            super().build(*shapes, **kwargs)
            self._output_dense = layers.EinsumDense("abcd,cde->abe", (None, 7))

    layer = Own(2, 3, dropout=0.5, attention_axes=[1])
    sizes = (layer._num_heads, layer._key_dim, layer._value_dim, layer._dropout)
    assert sizes == (2, 3, 3, 0.5)
    with pytest.raises(AttributeError, match="not built"):
        layer._query_dense.kernel  # noqa: B018
    x = keras.ops.ones((1, 4, 5))
    assert tuple(layer(x, x).shape) == (1, 4, 7)
    for name in ("query", "key", "value", "output"):
        part = getattr(layer, f"_{name}_dense")
        assert part is getattr(layer, f"{name}_dense")
        assert sum(part is held for held in layer._flatten_layers()) == 1
    assert layer._attention_axes == (1,)
    assert len(layer.weights) == 7  # the layer set has no bias


class _Shift(layers.Layer):
    """Says which dtypes it sees: of its input, and of its weight before and inside."""

    def __init__(self, inner: Any = None, **kwargs: Any) -> None:
        super().__init__(dtype="mixed_float16", **kwargs)
        self.inner = inner

    def build(self, input_shape: Any) -> None:
        self.shift = self.add_weight(shape=input_shape[-1:], name="shift")

    def call(self, x: Any) -> Any:
        weight = ops.convert_to_tensor(self.shift)
        self.seen = [keras.backend.standardize_dtype(v.dtype) for v in (x, weight)]
        if self.inner is not None:
            self.inner(x)
        return ops.add(ops.cast(x, self.compute_dtype), self.shift)


def test_without_autocast_inputs_stay_and_weights_are_cast(backend: str) -> None:
    x = np.ones((2, 3), "float32")
    layer = _Shift(autocast=False)
    assert keras.backend.standardize_dtype(layer(x).dtype) == "float16"
    assert layer.seen == ["float32", "float16"]
    assert layer(keras.Input((3,))).dtype == "float16"
    # In a layer that casts, it keeps its own: so a softmax or a table stays precise.
    inner = _Shift(autocast=False)
    _Shift(inner)(x)
    assert inner.seen == ["float16", "float32"]
