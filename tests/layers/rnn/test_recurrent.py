"""Recurrent layers: fused ops against plain steps, dropout, states, errors."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

MASK = np.array([[1, 1, 0, 0], [1, 0, 1, 1]], bool)
FUSED = [
    ("LSTM", {}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
]
EVERY = [*FUSED, ("SimpleRNN", {})]


def sample(features: int = 3, seed: int = 0) -> np.ndarray:
    shape = (2, 4, features)
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


def alike(name: str, features: int, **arguments: Any) -> tuple[Any, Any]:
    """A layer that runs fused, and one with the same weights that runs its cell."""
    fused = getattr(layers, name)(4, **arguments)
    stepped = getattr(layers, name)(4, use_cudnn=False, **arguments)
    for layer in (fused, stepped):
        layer.build((2, 4, features))
    weights = [
        np.random.default_rng(1).standard_normal(w.shape).astype("float32")
        for w in fused.get_weights()
    ]
    fused.set_weights(weights)
    stepped.set_weights(weights)
    return fused, stepped


# Up to as many features as units, the product with the inputs may be inside the loop.
@pytest.mark.parametrize(("compiled", "features"), [(False, 3), (True, 3), (True, 6)])
@pytest.mark.parametrize(("name", "arguments"), FUSED)
def test_fused_is_what_the_cell_computes(
    name: str, arguments: Any, compiled: bool, features: int, backend: str
) -> None:
    fused, stepped = alike(name, features, return_sequences=True, **arguments)
    start = [np.full((2, 4), 0.5, "float32")] * (2 if name == "LSTM" else 1)

    def plain(layer: Any, x: Any) -> Any:
        return layer(x)

    def full(layer: Any, x: Any) -> Any:
        return layer(x, mask=MASK, initial_state=start)

    for call in (plain, full):
        found, expected = (
            array((keras.jit(partial(call, f)) if compiled else partial(call, f))(x))
            for f, x in ((fused, sample(features)), (stepped, sample(features)))
        )
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("features", "name", "arguments"),
    [(n, *case) for n, case in zip((3, 6, 3), FUSED, strict=True)],
)
def test_gradients_of_fused_are_those_of_the_cell(
    features: int, name: str, arguments: Any, backend: str
) -> None:
    fused, stepped = alike(name, features, go_backwards=True, **arguments)
    x = sample(features)
    found, expected = (
        keras.grad(lambda f=f: ops.sum(ops.square(f(x, mask=MASK))), f.weights)()
        for f in (fused, stepped)
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(array(one), array(other), atol=1e-4)


@pytest.mark.parametrize(("name", "arguments"), EVERY)
def test_dropout_is_for_training_and_repeats_with_a_seed(
    name: str, arguments: Any, backend: str
) -> None:
    def make() -> Any:
        keras.utils.set_random_seed(1)
        return getattr(layers, name)(
            4, dropout=0.5, recurrent_dropout=0.5, seed=3, **arguments
        )

    x = sample()
    layer = make()
    still = array(layer(x))
    np.testing.assert_allclose(array(layer(x)), still)
    noisy = array(layer(x, training=True))
    assert not np.allclose(noisy, still)
    assert not np.allclose(array(layer(x, training=True)), noisy)
    np.testing.assert_allclose(array(make()(x, training=True)), noisy, atol=1e-6)


@pytest.mark.parametrize("recurrent", [0.0, 1e-6], ids=["fused", "stepped"])
def test_one_mask_of_dropout_serves_all_steps(recurrent: float, backend: str) -> None:
    layer = layers.SimpleRNN(
        16,
        activation="linear",
        dropout=0.5,
        recurrent_dropout=recurrent,
        return_sequences=True,
        kernel_initializer="identity",
        recurrent_initializer="zeros",
    )
    outputs = array(layer(np.ones((2, 4, 16), "float32"), training=True))
    assert set(np.round(np.unique(outputs), 3)) <= {0.0, 2.0}
    np.testing.assert_allclose(outputs, np.broadcast_to(outputs[:, :1], (2, 4, 16)))


class Doubling(keras.layers.Layer):
    """A cell as the documentation of RNN writes one."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], self.units), "ones")

    def call(self, inputs: Any, states: Any) -> Any:
        output = ops.matmul(inputs, self.kernel) + 2 * states[0]
        return output, [output]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def test_cells_are_given_a_list_of_states(backend: str) -> None:
    layer = layers.RNN(Doubling(1), return_state=True)
    output, state = layer(np.ones((1, 3, 1), "float32"))
    assert float(array(output)[0, 0]) == 7.0
    np.testing.assert_allclose(array(state), array(output))


def test_stacked_cells_are_layers_on_top_of_each_other(backend: str) -> None:
    stacked = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_state=True)
    x = sample()
    output, first, second = stacked(x)
    lower = layers.LSTM(4, return_sequences=True)
    upper = layers.GRU(3)
    lower.build((2, 4, 3))
    upper.build((2, 4, 4))
    lower.set_weights(stacked.cell.cells[0].get_weights())
    upper.set_weights(stacked.cell.cells[1].get_weights())
    np.testing.assert_allclose(array(output), array(upper(lower(x))), atol=1e-5)
    assert [tuple(s.shape) for s in first] == [(2, 4), (2, 4)]
    assert [tuple(s.shape) for s in second] == [(2, 3)]
    assert stacked.state_size == [[4, 4], 3]
    shapes = stacked.compute_output_shape((2, 4, 3))
    assert shapes == ((2, 3), [(2, 4), (2, 4)], [(2, 3)])


def test_stacked_cells_drop_out_together(backend: str) -> None:
    cells = [
        layers.LSTMCell(4, dropout=0.5, recurrent_dropout=0.5),
        layers.GRUCell(3, dropout=0.5, recurrent_dropout=0.5),
    ]
    layer = layers.RNN(cells)
    x = sample()
    still = array(layer(x))
    assert not np.allclose(array(layer(x, training=True)), still)
    np.testing.assert_allclose(array(layer(x)), still)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
def test_states_of_a_model_outlive_a_batch(
    name: str, tmp_path: Path, backend: str
) -> None:
    x = sample()
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(2, 4, 3)),
            getattr(layers, name)(4, stateful=True),
        ]
    )
    layer = model.layers[0]
    first, second = (model.predict(x, verbose=0) for _ in range(2))
    assert not np.allclose(first, second)
    whole = getattr(layers, name)(4)
    whole.build((2, 8, 3))
    whole.set_weights(layer.get_weights())
    twice = np.concatenate([x, x], axis=1)
    np.testing.assert_allclose(second, array(whole(twice)), atol=1e-5)
    layer.reset_state()
    np.testing.assert_allclose(model.predict(x, verbose=0), first, atol=1e-6)

    assert len(layer.weights) == 3  # states are none of them
    model.save(tmp_path / "stateful.keras")
    again = keras.saving.load_model(tmp_path / "stateful.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), first, atol=1e-6)


def test_states_of_stacked_cells_outlive_a_batch(backend: str) -> None:
    layer = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], stateful=True)
    layer.build((2, 4, 3))
    first, second = (array(layer(sample())) for _ in range(2))
    assert not np.allclose(first, second)
    layer.reset_state()
    np.testing.assert_allclose(array(layer(sample())), first, atol=1e-6)


def test_both_directions_keep_their_states(backend: str) -> None:
    layer = layers.Bidirectional(layers.GRU(4, stateful=True))
    layer.build((2, 4, 3))
    first, second = (array(layer(sample())) for _ in range(2))
    assert len(layer.states) == 2
    assert not np.allclose(first[:, :4], second[:, :4])
    assert not np.allclose(first[:, 4:], second[:, 4:])
    layer.reset_state()
    np.testing.assert_allclose(array(layer(sample())), first, atol=1e-6)
    assert layers.Bidirectional(layers.GRU(4)).states is None


class Plain(keras.Layer):
    """A cell with one state, which makes no states itself."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], self.units))

    def call(self, inputs: Any, states: Any) -> Any:
        output = ops.tanh(ops.matmul(inputs, self.kernel) + states[0])
        return output, [output]


@pytest.mark.parametrize("stateful", [False, True])
def test_states_of_stacked_cells_stand_as_the_cells_have_them(
    stateful: bool, backend: str
) -> None:
    cells = [Plain(3), layers.LSTMCell(2), Plain(4)]
    layer = layers.RNN(cells, return_state=True, stateful=stateful)
    last, first, both, second = layer(sample())
    assert tuple(first.shape) == (2, 3)
    assert [tuple(state.shape) for state in both] == [(2, 2)] * 2
    np.testing.assert_array_equal(array(second), array(last))
    again = layer(sample(), initial_state=[first, both, second])
    assert tuple(again[1].shape) == (2, 3)
    inputs = keras.Input(batch_shape=(2, None, 3))
    model = keras.Model(inputs, layer(inputs))
    assert [tuple(x.shape) for x in keras.tree.flatten(model(sample()))] == [
        (2, 4), (2, 3), (2, 2), (2, 2), (2, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
@pytest.mark.parametrize(("name", "arguments"), EVERY)
def test_numbers_that_are_no_floats_are_taken(
    name: str, arguments: Any, dtype: str, backend: str
) -> None:
    layer = getattr(layers, name)(4, **arguments)
    x = np.random.default_rng(0).integers(0, 2, (2, 4, 3)).astype(dtype)
    expected = array(layer(x.astype("float32")))
    np.testing.assert_allclose(array(layer(x)), expected, atol=1e-6)
    inputs = keras.Input((None, 3), dtype=dtype)
    model = keras.Model(inputs, layers.Bidirectional(layer)(inputs))
    assert model(x).shape[1] == 8


@pytest.mark.parametrize(("name", "arguments"), EVERY)
def test_an_activation_set_later_counts(
    name: str, arguments: Any, backend: str
) -> None:
    layer = getattr(layers, name)(4, **arguments)
    before = array(layer(sample()))
    layer.activation = keras.activations.relu
    expected = getattr(layers, name)(4, activation="relu", **arguments)
    expected.build((2, 4, 3))
    expected.set_weights(layer.get_weights())
    after = array(layer(sample()))
    np.testing.assert_allclose(after, array(expected(sample())), atol=1e-6)
    assert not np.allclose(before, after)


@pytest.mark.parametrize("use_cudnn", [True, False, "auto"])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_both_directions_are_run_in_the_layers_way(name: str, use_cudnn: Any) -> None:
    both = layers.Bidirectional(getattr(layers, name)(2, use_cudnn=use_cudnn))
    for layer in (both.forward_layer, both.backward_layer):
        assert layer.use_cudnn == use_cudnn


@pytest.mark.parametrize("given", [3, 1])
@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
def test_kept_states_fix_the_batch_size(name: str, given: int, backend: str) -> None:
    layer = getattr(layers, name)(4, stateful=True)
    both = layers.Bidirectional(getattr(layers, name)(4, stateful=True))
    for made in (layer, both):
        made(sample())
        with pytest.raises(ValueError, match=rf"of 2 sequences.* Received: {given}"):
            made(np.ones((given, 4, 3), "float32"))


BAD_STATES = {
    "too few": ((2, 4),),
    "too many": ((2, 4), (2, 4), (2, 4)),
    "units": ((2, 4), (2, 5)),
    "batch": ((3, 4), (3, 4)),
    "rank": ((4,), (4,)),
}


@pytest.mark.parametrize("shapes", BAD_STATES.values(), ids=BAD_STATES)
def test_states_that_do_not_fit_are_refused(shapes: Any, backend: str) -> None:
    states = [np.ones(shape, "float32") for shape in shapes]
    with pytest.raises(ValueError, match=r"2 tensor\(s\) of shape\(s\) \(2, 4\)"):
        layers.LSTM(4)(sample(), initial_state=states)


def test_both_directions_need_states(backend: str) -> None:
    both = layers.Bidirectional(layers.GRU(4))
    state = np.ones((2, 4), "float32")
    for given in ([state], state):
        with pytest.raises(ValueError, match="list of 2 tensors.* Received: 1"):
            both(sample(), initial_state=given)
    assert both(sample(), initial_state=[state, state]).shape[1] == 8


@pytest.mark.parametrize("shape", [(3, 4), (2, 5), (2,)])
@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
def test_masks_of_other_sequences_are_refused(
    name: str, shape: Any, backend: str
) -> None:
    with pytest.raises(ValueError, match=r"mask of shape \(batch, time\), here \(2, 4"):
        getattr(layers, name)(4)(sample(), mask=np.ones(shape, bool))


def test_configs_take_custom_cells(backend: str) -> None:
    layer = layers.RNN([Doubling(1)])
    config = layer.get_config()
    again = layers.RNN.from_config(config, {"Doubling": Doubling})
    assert isinstance(again.cell.cells[0], Doubling)


def test_layers_without_states_have_nothing_to_reset(backend: str) -> None:
    layers.GRU(4).reset_state()


@pytest.mark.parametrize(("name", "arguments"), EVERY)
def test_training_lowers_the_loss(name: str, arguments: Any, backend: str) -> None:
    keras.utils.set_random_seed(0)
    recurrent = getattr(layers, name)(8, **arguments)
    model = keras.Sequential([keras.Input((4, 3)), recurrent, layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    x = np.random.default_rng(0).standard_normal((32, 4, 3)).astype("float32")
    y = x[:, 0, :1]
    losses = model.fit(x, y, epochs=15, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.GRU(0), "GRU expects `units` to be a positive integer"),
        (lambda: layers.GRU(2, dropout=2), "dropout"),
        (lambda: layers.GRU(2, use_cudnn="no"), "use_cudnn"),
        (lambda: layers.StackedRNNCells([layers.Dense(2)]), "StackedRNNCells expects"),
        (lambda: layers.StackedRNNCells([]), "at least one cell"),
        (lambda: layers.RNN([layers.Dense(2)]), "StackedRNNCells expects `cells`"),
        (lambda: layers.GRUCell(2).build((None, None)), "must be known"),
        (
            lambda: layers.GRU(2)(np.ones((2, 3), "float32")),
            "gru.*expects sequences of shape",
        ),
        (
            lambda: layers.GRU(2, stateful=True)(keras.Input((3, 2))),
            "the batch size must be known",
        ),
    ],
)
def test_wrong_arguments_are_told(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
