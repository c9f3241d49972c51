from __future__ import annotations

import math

import pytest

from keras.callbacks import (
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from tests.callbacks.fakes import FakeMetric, FakeModel, drive

NAN = float("nan")


# Last epoch and final weights as PyPI Keras 3.15.1 gives them.
@pytest.mark.parametrize(
    "options, values, last, weights",
    [
        ({}, [3, 2, 2, 1], 2, 2),
        ({"restore_best_weights": True}, [3, 2, 2, 1], 2, 1),
        ({"patience": 2, "restore_best_weights": True}, [3, 2, 2.5, 2.2, 1], 3, 1),
        ({"patience": 9, "restore_best_weights": True}, [3, 2, 2.5, 2.2], 3, 1),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.6, 2.4, 1], 1, 1),
        ({"patience": 1, "min_delta": 0.5, "mode": "max"}, [3, 3.4, 3.6, 1], 1, 1),
        ({"patience": 2, "baseline": 1.0}, [3, 2, 1.5, 0.5], 3, 3),
        (
            {"start_from_epoch": 2, "restore_best_weights": True},
            [1, 2, 3, 2.5, 2.7, 1],
            4,
            3,
        ),
        ({}, [1, NAN, 3], 1, 1),
    ],
)
def test_early_stopping_as_keras(options, values, last, weights):
    model = drive(EarlyStopping(**{"mode": "min", **options}), values)
    assert (model.last_epoch, model.weights) == (last, weights)


def test_early_stopping_recovers_from_a_nan_at_the_start():
    stop = EarlyStopping(patience=3, restore_best_weights=True)
    model = drive(stop, [NAN, 5.0, 6.0])
    assert stop.best == 5.0 and model.weights == 1 and not model.stop_training


def test_early_stopping_can_be_used_again_and_talks(capsys):
    stop = EarlyStopping(verbose=1, restore_best_weights=True)
    for _ in range(2):
        model = drive(stop, [3, 2, 2, 1])
        assert model.stop_training and (stop.stopped_epoch, stop.best_epoch) == (2, 1)
    out = capsys.readouterr().out
    assert "Epoch 3: early stopping\n" in out and "best epoch: 2." in out


def test_early_stopping_names_what_is_missing():
    with pytest.warns(UserWarning, match="'nope', which is not among.*val_loss") as got:
        drive(EarlyStopping("nope", mode="min"), [1, 2])
    assert len(got) == 2
    with pytest.warns(UserWarning, match="need `validation_data`"):
        drive(EarlyStopping(), [1], name="loss")


@pytest.mark.parametrize("name", ["acc", "val_accuracy", "val_auc", "my_recall", "f1"])
def test_auto_mode_knows_names_to_maximize(name):
    assert drive(EarlyStopping(name), [1, 2, 3, 2], name=name).last_epoch == 3


@pytest.mark.parametrize("name", ["loss", "val_mse", "mean_squared_error", "d_loss"])
def test_auto_mode_knows_names_to_minimize(name):
    assert drive(EarlyStopping(name), [3, 2, 1, 2], name=name).last_epoch == 3


def test_auto_mode_prefers_what_the_metric_declares():
    model = FakeModel([FakeMetric("gain_loss", "up")])
    stop = EarlyStopping("val_gain_loss")
    assert drive(stop, [1, 2, 3, 2], "val_gain_loss", model).last_epoch == 3


def test_auto_mode_does_not_guess():
    with pytest.raises(ValueError, match="ModelCheckpoint monitors 'zeal'.*mode='max'"):
        keep = ModelCheckpoint("x.keras", "zeal", save_best_only=True)
        drive(keep, [1, 2], name="zeal")


def test_unknown_mode_warns():
    with pytest.warns(UserWarning, match="Received: mode='foo'; 'auto' is used"):
        assert EarlyStopping(mode="foo").mode == "auto"


# Learning rates as PyPI Keras 3.15.1 gives them.
@pytest.mark.parametrize(
    "options, values, rates",
    [
        (
            {"patience": 2},
            [3, 3, 3, 3, 3, 3, 2, 2, 2],
            [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.0125],
        ),
        (
            {"patience": 1, "cooldown": 2},
            [3] * 7,
            [0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125],
        ),
        (
            {"patience": 1, "factor": 0.1, "min_lr": 0.005},
            [3] * 5,
            [0.1, 0.01, 0.005, 0.005, 0.005],
        ),
        ({"patience": 0}, [3] * 3, [0.1, 0.05, 0.025]),
        (
            {"patience": 1, "min_delta": 0.5},
            [3, 2.8, 2.6, 2.4, 2.2],
            [0.1, 0.05, 0.025, 0.025, 0.0125],
        ),
    ],
)
def test_reduce_lr_as_keras(options, values, rates):
    model = drive(ReduceLROnPlateau(**{"factor": 0.5, **options}), values)
    assert model.rates == pytest.approx(rates)


def test_reduce_lr_reports_the_rate(capsys):
    reduce = ReduceLROnPlateau(factor=0.5, patience=0, verbose=1)
    reduce.set_model(FakeModel())
    reduce.on_train_begin()
    logs = {"val_loss": 1.0}
    reduce.on_epoch_end(0, logs)
    reduce.on_epoch_end(1, {"val_loss": 1.0})
    assert logs["learning_rate"] == 0.1
    assert "Epoch 2: learning rate reduced to 0.05." in capsys.readouterr().out


def test_reduce_lr_refuses():
    with pytest.raises(ValueError, match="must be below 1.*Received: 1.0"):
        ReduceLROnPlateau(factor=1.0)
    with pytest.raises(TypeError, match="unknown arguments: epsilon.*`min_delta`"):
        ReduceLROnPlateau(epsilon=1e-3)


@pytest.mark.parametrize(
    "schedule, rates",
    [
        (lambda epoch, rate: rate * 0.5, [0.05, 0.025, 0.0125]),
        (lambda epoch: 0.5 / (epoch + 1), [0.5, 0.25, 0.5 / 3]),
    ],
)
def test_learning_rate_scheduler(schedule, rates, capsys):
    scheduler = LearningRateScheduler(schedule, verbose=1)
    assert drive(scheduler, [1, 2, 3]).rates == pytest.approx(rates)
    assert "Epoch 3: learning rate set to" in capsys.readouterr().out
    logs = {"loss": 1.0}
    scheduler.on_epoch_end(0, logs)
    assert math.isclose(logs["learning_rate"], rates[-1])


def test_learning_rate_scheduler_refuses():
    with pytest.raises(ValueError, match="must return a float. Received: 'x'"):
        drive(LearningRateScheduler(lambda epoch: "x"), [1])
    model = FakeModel()
    model.optimizer = None
    with pytest.raises(ValueError, match="the optimizer None, which has no"):
        drive(LearningRateScheduler(lambda epoch: 1.0), [1], model=model)


@pytest.mark.parametrize(
    "name, options, values, saved",
    [
        (
            "a{epoch:02d}-{val_loss:.2f}.keras",
            {},
            [3, 2.5, 1],
            ["a01-3.00.keras", "a02-2.50.keras", "a03-1.00.keras"],
        ),
        (
            "b{epoch}.keras",
            {"save_best_only": True},
            [3, 2.5, 2.5, 2.7, 1],
            ["b1.keras", "b2.keras", "b5.keras"],
        ),
        (
            "b{epoch}.keras",
            {"save_best_only": True, "initial_value_threshold": 2.0},
            [3, 2.5, 1.5, 2.7, 1],
            ["b3.keras", "b5.keras"],
        ),
        (
            "{epoch}.weights.h5",
            {"save_weights_only": True},
            [3, 2.5],
            ["1.weights.h5", "2.weights.h5"],
        ),
    ],
)
def test_model_checkpoint_as_keras(tmp_path, name, options, values, saved):
    keep = ModelCheckpoint(tmp_path / "new" / name, **options)
    assert drive(keep, values).saved == saved
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(saved)


def test_model_checkpoint_talks(tmp_path, capsys):
    keep = ModelCheckpoint(tmp_path / "b.keras", verbose=1, save_best_only=True)
    drive(keep, [3, 4, 1])
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines == [
        "Epoch 1: val_loss improved from none to 3.00000, saving model",
        "Epoch 2: val_loss did not improve from 3.00000",
        "Epoch 3: val_loss improved from 3.00000 to 1.00000, saving model",
    ]


def test_model_checkpoint_saves_where_the_metric_is_missing(tmp_path):
    keep = ModelCheckpoint(tmp_path / "b.keras", "xx", save_best_only=True, mode="min")
    with pytest.warns(UserWarning, match="saves the best model by 'xx'"):
        assert drive(keep, [1.0]).saved == ["b.keras"]


def test_model_checkpoint_every_few_batches(tmp_path):
    keep = ModelCheckpoint(tmp_path / "{epoch}_{batch}_{loss:.1f}.keras", save_freq=3)
    model = FakeModel()
    keep.set_model(model)
    for epoch in range(2):
        keep.on_epoch_begin(epoch)
        for batch in range(4):
            keep.on_train_batch_end(batch, {"loss": batch + 0.5})
        keep.on_epoch_end(epoch, {"loss": 1.0})
    assert model.saved == ["1_3_2.5.keras", "2_2_1.5.keras"]


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("x", {}, "must end in `.keras`.*Received: 'x'"),
        ("x.h5", {"save_weights_only": True}, "must end in `.weights.h5`"),
        ("x.keras", {"save_weights_only": True}, "must end in `.weights.h5`"),
        ("x.keras", {"save_freq": "foo"}, "`save_freq` of ModelCheckpoint.*'foo'"),
        ("x.keras", {"save_freq": 0}, "Received: 0"),
    ],
)
def test_model_checkpoint_refuses(name, options, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(name, **options)


def test_model_checkpoint_bad_targets(tmp_path):
    with pytest.raises(KeyError, match=r"holds \{nope\}.*Known: val_loss, epoch"):
        drive(ModelCheckpoint(tmp_path / "{nope}.keras"), [1.0])
    (tmp_path / "d.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="which is a folder"):
        drive(ModelCheckpoint(tmp_path / "d.keras"), [1.0])
