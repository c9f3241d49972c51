"""Training, evaluation and prediction on every backend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import keras
from keras.callbacks import Callback, EarlyStopping
from keras.training.data.class_weights import class_weight_to_sample_weights
from tests.conftest import TRAINING_BACKENDS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 4)).astype("float32")
Y = (X @ RNG.normal(size=(4, 3))).argmax(1).astype("int32")
T = (X @ RNG.normal(size=(4, 1))).astype("float32")


@pytest.fixture(params=TRAINING_BACKENDS)
def trains(request):
    """A backend that trains, as the current one."""
    with keras.backend_scope(request.param):
        keras.utils.set_random_seed(3)
        yield request.param


def classifier(**options):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
    )
    settings = {
        "optimizer": keras.optimizers.SGD(0.5),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    }
    model.compile(**{**settings, **options})
    return model


def regressor(**options):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


def test_fit_lowers_the_loss(trains):
    history = classifier().fit(X, Y, epochs=8, verbose=0).history
    assert list(history) == ["accuracy", "loss"]
    assert len(history["loss"]) == 8
    assert history["loss"][-1] < 0.8 * history["loss"][0]


def test_fit_runs_on_the_models_backend_whatever_is_current(trains):
    model = classifier()
    with keras.backend_scope("numpy"):
        model.fit(X, Y, verbose=0)
        loss, accuracy = model.evaluate(X, Y, verbose=0)
    assert 0 <= accuracy <= 1
    assert loss > 0


def test_evaluate_matches_a_hand_computation(trains):
    model = classifier()
    p = model.predict(X, verbose=0)
    loss, accuracy = model.evaluate(X, Y, batch_size=11, verbose=0)
    rows = p[np.arange(len(Y)), Y]
    np.testing.assert_allclose(loss, -np.log(rows).mean(), rtol=1e-5)
    np.testing.assert_allclose(accuracy, (p.argmax(1) == Y).mean(), rtol=1e-5)


def test_first_step_matches_a_hand_computation(trains):
    model = regressor(optimizer=keras.optimizers.SGD(0.1))
    kernel, bias = model.get_weights()
    weight = np.linspace(0.5, 2.0, 48).astype("float32")
    error = X @ kernel + bias - T
    model.train_on_batch(X, T, sample_weight=weight)
    expected = kernel - 0.1 * (2 * weight[:, None] * X * error).mean(0)[:, None]
    np.testing.assert_allclose(model.get_weights()[0], expected, atol=1e-5)


def test_evaluation_and_prediction_on_numpy():
    with keras.backend_scope("numpy"):
        model = classifier()
        p = model.predict(X, batch_size=7, verbose=0)
        loss, _ = model.evaluate(X, Y, verbose=0)
    rows = p[np.arange(len(Y)), Y]
    np.testing.assert_allclose(loss, -np.log(rows).mean(), rtol=1e-5)


def test_predict_keeps_order_and_shapes(backend):
    model = classifier()
    whole = model.predict(X, batch_size=48, verbose=0)
    parts = model.predict(X, batch_size=5, verbose=0)
    assert whole.shape == (48, 3)
    np.testing.assert_allclose(whole, parts, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(X[:2]), whole[:2], atol=1e-6)
    np.testing.assert_allclose(model.predict(X[:1], verbose=0), whole[:1], atol=1e-6)


def test_class_weight_equals_sample_weight(trains):
    weights = {0: 1.0, 1: 3.0, 2: 0.25}
    by_class, by_sample = classifier(), classifier()
    by_sample.set_weights(by_class.get_weights())
    each = np.array([weights[int(c)] for c in Y], "float32")
    by_class.fit(X, Y, class_weight=weights, shuffle=False, verbose=0)
    by_sample.fit(X, Y, sample_weight=each, shuffle=False, verbose=0)
    for a, b in zip(by_class.get_weights(), by_sample.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_classes_of_floats_are_rounded():
    """0.9 is as good as class 1, which it was before someone computed with it."""
    labels = np.array([0.0, 0.9, 1.1, 0.49])
    weights = class_weight_to_sample_weights(labels, {0: 2.0, 1: 3.0})
    assert weights.tolist() == [2, 3, 3, 2]


def test_weighted_metrics_see_weights_and_metrics_do_not(trains):
    model = classifier(weighted_metrics=["accuracy"])
    weight = (Y[0] == Y).astype("float32")
    logs = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)
    right = model.predict(X, verbose=0).argmax(1) == Y
    np.testing.assert_allclose(logs["accuracy"], right.mean(), rtol=1e-5)
    np.testing.assert_allclose(
        logs["weighted_accuracy"], right[Y[0] == Y].mean(), rtol=1e-5
    )


def test_validation_split_takes_the_tail(trains):
    model = regressor(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(X, T, validation_split=0.25, verbose=0).history
    tail = model.evaluate(X[36:], T[36:], verbose=0)
    head = model.evaluate(X[:36], T[:36], verbose=0)
    np.testing.assert_allclose(history["val_loss"], [tail], rtol=1e-5)
    np.testing.assert_allclose(history["loss"], [head], rtol=1e-5)


def test_validation_frequency(trains):
    model = regressor()
    data = (X, T)
    history = model.fit(
        X, T, epochs=4, validation_data=data, validation_freq=2, verbose=0
    )
    assert len(history.history["val_loss"]) == 2


def test_early_stopping_stops(trains):
    model = regressor(optimizer=keras.optimizers.SGD(0.0))
    stop = EarlyStopping(monitor="loss", patience=2)
    history = model.fit(X, T, epochs=20, shuffle=False, callbacks=[stop], verbose=0)
    assert len(history.epoch) == 3


def test_initial_epoch_and_steps_per_epoch(trains):
    class Count(Callback):
        batches: list = []

        def on_train_batch_end(self, batch, logs=None):
            self.batches.append((batch, logs["loss"]))

    count = Count()
    history = regressor().fit(
        X,
        T,
        batch_size=8,
        epochs=5,
        initial_epoch=3,
        steps_per_epoch=2,
        callbacks=count,
        verbose=0,
    )
    assert history.epoch == [3, 4]
    assert [batch for batch, _ in count.batches] == [0, 1, 0, 1]
    np.testing.assert_allclose(count.batches[-1][1], history.history["loss"][-1])


def test_steps_per_execution_calls_less_often(trains):
    class Count(Callback):
        seen: list = []

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append(batch)

    model = regressor(steps_per_execution=4)
    model.fit(X, T, batch_size=8, callbacks=[Count()], verbose=0)
    assert Count.seen == [3, 5]


def test_generators_and_datasets(trains):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            rows = slice(16 * index, 16 * index + 16)
            return X[rows], T[rows]

    model = regressor(optimizer=keras.optimizers.SGD(0.0))
    expected = model.evaluate(X, T, verbose=0)
    batches = Batches()
    generator = (batches[i] for i in range(3))
    history = model.fit(generator, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [expected], rtol=1e-5)
    np.testing.assert_allclose(model.evaluate(batches, verbose=0), expected, rtol=1e-5)
    assert model.predict(batches, verbose=0).shape == (48, 1)


def test_a_model_without_input_shape_is_built_by_fit(trains):
    model = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, T, verbose=0)
    assert [w.shape for w in model.get_weights()] == [(4, 2), (2,), (2, 1), (1,)]
    assert int(model.optimizer.iterations.numpy()) == 2


def test_batch_methods_report_the_batch_alone(trains):
    model = classifier()
    first = model.test_on_batch(X[:8], Y[:8])
    second = model.test_on_batch(X[8:16], Y[8:16], return_dict=True)
    both = model.test_on_batch(X[:16], Y[:16])
    mean = np.add(first, [second["loss"], second["accuracy"]]) / 2
    np.testing.assert_allclose(mean, both, rtol=1e-5)


def test_run_eagerly_and_compiled_agree(trains):
    eager, fast = classifier(run_eagerly=True), classifier()
    fast.set_weights(eager.get_weights())
    for model in (eager, fast):
        model.fit(X, Y, shuffle=False, epochs=2, verbose=0)
    for a, b in zip(eager.get_weights(), fast.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_added_losses_count(trains):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5)),
        ]
    )
    model.compile("sgd", "mse")
    kernel, bias = model.get_weights()
    expected = ((X @ kernel + bias - T) ** 2).mean() + 0.5 * (kernel**2).sum()
    np.testing.assert_allclose(model.evaluate(X, T, verbose=0), expected, rtol=1e-5)


def test_mixed_float16_scales_the_loss(trains):
    inputs = keras.Input((4,))
    model = keras.Sequential(
        [inputs, keras.layers.Dense(1, dtype="mixed_float16")], name="scaled"
    )
    model.dtype_policy = keras.DTypePolicy("mixed_float16")
    model.compile(keras.optimizers.SGD(0.05), "mse")
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    losses = model.fit(X, T, epochs=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


# Errors ----------------------------------------------------------------------


def test_fit_before_compile(trains):
    model = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"must call `compile\(\)` before"):
        model.fit(X, T)


def test_unknown_names(trains):
    with pytest.raises(ValueError, match="loss identifier: 'msee'.*Did you mean"):
        regressor(loss="msee")
    with pytest.raises(ValueError, match="metric identifier: 'accurcy'"):
        regressor(metrics=["accurcy"])
    with pytest.raises(ValueError, match="optimizer identifier: 'adaam'"):
        regressor(optimizer="adaam")


def test_model_without_loss(trains):
    with pytest.raises(ValueError, match="No loss to compute. Provide a `loss`"):
        regressor(loss=None).fit(X, T, verbose=0)


def test_empty_data(trains):
    with pytest.raises(ValueError, match="no batch"):
        regressor().fit(iter(()), verbose=0)


def test_options_that_exclude_each_other(trains):
    with pytest.warns(UserWarning, match="exclude each other"):
        regressor(run_eagerly=True, jit_compile=True)
    with pytest.raises(ValueError, match="steps_per_execution"):
        regressor(steps_per_execution=0)
    with pytest.raises(ValueError, match="cannot be used together"):
        classifier().train_on_batch(X, Y, sample_weight=T[:, 0], class_weight={0: 1.0})


def test_compile_config_round_trip(trains):
    model = classifier(metrics=["acc"], loss_weights=0.5)
    config = model.get_compile_config()
    assert config["metrics"] == ["acc"]
    other = classifier()
    other.compile_from_config(config)
    other.set_weights(model.get_weights())
    assert other.evaluate(X, Y, verbose=0, return_dict=True) == model.evaluate(
        X, Y, verbose=0, return_dict=True
    )
    assert other.get_compile_config() == config


def test_predict_from_one_buffer_that_is_filled_again(backend: str) -> None:
    """Outputs that are views of their input are read before the next batch is."""
    inputs = keras.Input((3,))
    outputs = [inputs, keras.layers.Reshape((3, 1))(inputs), inputs * 2]
    model = keras.Model(inputs, outputs)
    buffer = np.zeros((2, 3), "float32")

    def batches() -> Iterator[np.ndarray]:
        for number in range(3):
            buffer[:] = number
            yield buffer

    expected = np.repeat([0.0, 1.0, 2.0], 2)
    same, reshaped, doubled = model.predict(batches(), verbose=0)
    np.testing.assert_array_equal(same[:, 0], expected)
    np.testing.assert_array_equal(reshaped[:, 0, 0], expected)
    np.testing.assert_array_equal(doubled[:, 0], expected * 2)


def test_predict_function_takes_inputs_alone(backend: str) -> None:
    """A batch that is no tuple is the inputs, as for `predict_step`."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    x = np.arange(12, dtype="float32").reshape(4, 3)
    step = model.make_predict_function()
    for batch in (x, (x,)):
        y = keras.ops.convert_to_numpy(step(batch))
        np.testing.assert_allclose(y, model.predict(x, verbose=0), rtol=1e-5)
