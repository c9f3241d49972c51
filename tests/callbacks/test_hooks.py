"""How hooks are called, and what a subclass of a callback can rely on."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest

import keras
from keras import callbacks as kc
from keras.callbacks.save_frequency import SaveFrequency

X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


def model_of(optimizer: Any = "sgd", **options: Any) -> Any:
    dense = {"kernel_initializer": "ones", "use_bias": False}
    layers = [keras.layers.Dense(1, name=name, **dense) for name in ("low", "high")]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile(optimizer, "mse", **options)
    return model


@pytest.mark.parametrize("mode", ["train", "test", "predict"])
def test_hooks_at_a_beginning_get_an_empty_dictionary(training_backend, mode):
    seen = []

    class Looks(kc.Callback):
        pass

    names = [f"on_{mode}_begin", f"on_{mode}_batch_begin"]
    for name in names + (["on_epoch_begin"] if mode == "train" else []):
        setattr(Looks, name, lambda self, *given: seen.append(given[-1]))
    model = model_of()
    if mode == "train":
        model.fit(X, Y, callbacks=[Looks()], verbose=0)
    elif mode == "test":
        model.evaluate(X, Y, callbacks=[Looks()], verbose=0)
    else:
        model.predict(X, callbacks=[Looks()], verbose=0)
    assert len(seen) == (3 if mode == "train" else 2)
    assert all(logs == {} for logs in seen)


def test_parameters_of_hooks_may_have_any_names():
    seen = []

    class Own(kc.Callback):
        def on_epoch_begin(self, number, _):
            seen.append(("epoch", number))

        def on_train_batch_begin(self, step, values=None):
            seen.append(("begin", step, values))

        def on_train_batch_end(self, step, **kwargs):
            seen.append(("end", step, sorted(kwargs["logs"])))

        def on_epoch_end(self, number, results):
            seen.append(sorted(results))

        def on_train_end(self, *results):
            seen.append(len(results))

    with keras.backend_scope("torch"):
        model_of().fit(X, Y, callbacks=[Own()], verbose=0)
    expected = [("epoch", 0), ("begin", 0, {}), ("end", 0, ["loss"]), ["loss"], 1]
    assert seen == expected


def test_logs_of_a_list_driven_by_hand_are_floats(backend):
    class Keeps(kc.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.batch = logs

        def on_predict_batch_end(self, batch, logs=None):
            self.outputs = logs["outputs"]

    keeps = Keeps()
    driven = kc.CallbackList([keeps], add_history=True, model=model_of(), epochs=1)
    one = keras.ops.convert_to_tensor(1.5)
    driven.on_train_begin()
    driven.on_epoch_begin(0)
    driven.on_train_batch_begin(0)
    driven.on_train_batch_end(0, {"loss": one})
    driven.on_epoch_end(0, {"loss": one, "rate": np.float32(0.5), "count": 2})
    driven.on_predict_batch_end(0, {"outputs": one})
    assert keeps.batch == {"loss": 1.5} and type(keeps.batch["loss"]) is float
    assert driven.history.history == {"loss": [1.5], "rate": [0.5], "count": [2.0]}
    assert keeps.outputs is one


@pytest.mark.parametrize("kind", [kc.EarlyStopping, kc.ReduceLROnPlateau])
@pytest.mark.parametrize(
    ("monitor", "metrics", "better"),
    [
        ("loss", [], (True, False)),
        ("accuracy", ["accuracy"], (False, True)),
        ("val_mae", ["mae"], (True, False)),
    ],
)
def test_monitor_op(kind, monitor, metrics, better):
    class Own(kind):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            self.seen = (self.monitor_op(1.0, 2.0), self.monitor_op(2.0, 1.0))

    with keras.backend_scope("torch"):
        model, own = model_of(metrics=metrics), Own(monitor)
        model.fit(X, Y, callbacks=[own], validation_data=(X, Y), verbose=0)
    assert own.seen == better


def test_a_monitor_op_of_ones_own():
    stop = kc.EarlyStopping("loss", mode="min", min_delta=0.5)
    stop.monitor_op = np.greater
    assert stop._is_improvement(2.0, 1.0) and not stop._is_improvement(1.4, 1.0)


@pytest.mark.parametrize("kind", ["stop", "reduce", "save"])
def test_a_monitor_that_nothing_bears(kind, tmp_path):
    callback = {
        "stop": kc.EarlyStopping("acc"),
        "reduce": kc.ReduceLROnPlateau("acc"),
        "save": kc.ModelCheckpoint(tmp_path / "m.keras", "acc", save_best_only=True),
    }[kind]
    with keras.backend_scope("torch"):
        model = model_of(metrics=["accuracy"])
        with pytest.raises(ValueError, match="cannot tell whether .*accuracy, loss"):
            model.fit(X, Y, callbacks=[callback], verbose=0)
        # Known, but not measured in this training: it goes on with a warning.
        with pytest.warns(UserWarning, match="not among the logs"):
            stop = kc.EarlyStopping("val_accuracy")
            model.fit(X, Y, callbacks=[stop], verbose=0)


def test_remote_monitor_sends_arrays_of_one_number_as_numbers(monkeypatch):
    sent = []

    class Answer:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    def urlopen(request, timeout):
        sent.append(json.loads(request.data))
        return Answer()

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    logs = {"loss": np.float32(0.5), "rate": np.array([[0.25]]), "both": np.ones(2)}
    kc.RemoteMonitor(send_as_json=True).on_epoch_end(4, logs)
    assert sent == [{"epoch": 4, "loss": 0.5, "rate": 0.25, "both": [1.0, 1.0]}]


def several(**options: Any) -> Any:
    first = keras.optimizers.SGD(0.1, name="first", **options)
    rest = keras.optimizers.SGD(0.01, name="rest")
    split = keras.optimizers.OptimizerMap(
        default_optimizer=rest, optimizer_map={".*low/.*": first}
    )
    return model_of(keras.optimizers.MultiOptimizer(split)), first, rest


def test_learning_rates_of_several_optimizers(training_backend):
    model, first, rest = several()
    halve = kc.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(X, Y, epochs=2, callbacks=[halve], verbose=0).history
    assert history["learning_rate_first"] == pytest.approx([0.05, 0.025])
    assert history["learning_rate_rest"] == pytest.approx([0.005, 0.0025])
    model, first, rest = several()
    reduce = kc.ReduceLROnPlateau("loss", patience=0, min_delta=1e9, min_lr=0.02)
    model.fit(X, Y, epochs=3, callbacks=[reduce], verbose=0)
    assert float(first.learning_rate) == pytest.approx(0.02)
    assert float(rest.learning_rate) == pytest.approx(0.01)


def test_averages_of_one_of_several_optimizers(training_backend):
    model, *_ = several(use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        model.train_on_batch(X, 0 * Y)
    before = [np.array(weight) for weight in model.get_weights()]
    swap = kc.SwapEMAWeights()
    swap.set_model(model)
    swap.on_test_begin()
    assert not np.allclose(before[0], model.get_weights()[0])
    assert np.allclose(before[1], model.get_weights()[1])
    swap.on_test_end()
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(old, new)
    with pytest.raises(ValueError, match="use_ema=True"):
        swap.set_model(several()[0])
        swap.on_test_begin()


def test_checkpoints_count_batches_not_calls():
    class Saves(SaveFrequency):
        def __init__(self, save_freq):
            self._set_save_freq(save_freq)

    saves = Saves(4)  # and three batches run between two calls
    calls = [2, 5, 8, 2, 5]  # the numbers of the last batches, of two epochs
    assert [saves._should_save_on_batch(batch) for batch in calls] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert not Saves("epoch")._should_save_on_batch(7)


def test_parts_of_a_checkpoint_that_subclasses_use(tmp_path):
    class Own(kc.ModelCheckpoint):
        saved: tuple[Any, ...] = ()

        def _save_model(self, epoch, batch, logs):
            self.saved += ((epoch, batch, self._get_file_path(epoch, batch, logs)),)

    with keras.backend_scope("torch"):
        own = Own(str(tmp_path / "{epoch}-{batch}-{loss:.0f}.keras"), save_freq=2)
        model_of().fit(X, 2 * Y, batch_size=1, callbacks=[own], verbose=0)
    assert [saved[:2] for saved in own.saved] == [(0, 1), (0, 3)]
    assert own.saved[0][2].startswith(str(tmp_path / "1-2-"))


def test_curves_of_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    history = kc.History()
    history.on_train_begin()
    for epoch, loss in enumerate([3.0, 2.0, 1.0]):
        logs = {"loss": loss, "mae": 2 * loss}
        if epoch:
            logs["val_loss"] = loss / 2
        history.on_epoch_end(epoch, logs)
    figure = history.plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "mae"]
    curves = [line.get_xydata().tolist() for line in figure.axes[0].lines]
    assert curves == [[[0, 3], [1, 2], [2, 1]], [[1, 1], [2, 0.5]]]
    assert len(history.plot("mae").axes) == 1
    with pytest.raises(ValueError, match=r"curves of 'loss', 'mae'.*'accuracy'"):
        history.plot("accuracy")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install keras\[plots\]"):
        history.plot()
