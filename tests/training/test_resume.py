"""A training that is killed and run again is, bit by bit, the one that was not."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import keras
from keras import callbacks, layers

_X = np.random.default_rng(1).normal(size=(22, 3)).astype("float32")
_Y = _X.sum(axis=1, keepdims=True)


class Killed(BaseException):
    """Ends a training as a signal would: nothing is told."""


class Kill(callbacks.Callback):
    """Ends the process, in a way, after some steps; 0 for never."""

    def __init__(self, step):
        super().__init__()
        self.step, self.steps = step, itertools.count(1)  # which no backup can hold

    def on_train_batch_end(self, batch, logs=None):
        if next(self.steps) == self.step:
            raise Killed


class Rows(keras.utils.PyDataset):
    """Shuffles itself after each epoch, and draws noise from NumPy's generator."""

    def __init__(self):
        super().__init__()
        self.order = np.arange(len(_X))

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = self.order[index * 4 : index * 4 + 4]
        noise = np.random.normal(size=(len(rows), 1)).astype("float32")
        return _X[rows] + noise, _Y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)


class OwnOrder:
    """An iterable with random numbers of its own."""

    def __init__(self):
        self.random = np.random.default_rng(5)

    def __iter__(self):
        order = self.random.permutation(len(_X))
        for start in range(0, len(_X), 5):
            yield _X[order[start : start + 5]], _Y[order[start : start + 5]]


def _generator():
    random = np.random.default_rng(2)
    while True:
        rows = random.integers(0, len(_X), 4)
        yield _X[rows], _Y[rows]


def _grain():
    import grain

    data = grain.MapDataset.source(list(zip(_X, _Y, strict=True)))
    return data.shuffle(seed=3).repeat().batch(4).to_iter_dataset()


def _tf_data():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((_X, _Y))
    return data.shuffle(22, seed=4).batch(5)


def _torch_loader(own):
    import torch

    data = torch.utils.data.TensorDataset(torch.tensor(_X), torch.tensor(_Y))
    generator = torch.Generator().manual_seed(6) if own else None
    return torch.utils.data.DataLoader(data, 5, shuffle=True, generator=generator)


DATA = {
    "arrays": lambda: {"x": _X, "y": _Y, "batch_size": 5},
    "arrays, cut": lambda: {"x": _X, "y": _Y, "batch_size": 5, "steps_per_epoch": 3},
    "arrays, batches": lambda: {"x": _X, "y": _Y, "batch_size": 5, "shuffle": "batch"},
    "dataset": lambda: {"x": Rows(), "shuffle": True},
    "iterable": lambda: {"x": OwnOrder()},
    "generator": lambda: {"x": _generator(), "steps_per_epoch": 4},
    "grain": lambda: {"x": _grain(), "steps_per_epoch": 4},
    "tf.data": lambda: {"x": _tf_data()},
    "tf.data, cut": lambda: {"x": _tf_data().repeat(), "steps_per_epoch": 3},
    "loader": lambda: {"x": _torch_loader(own=False)},
    "loader, own generator": lambda: {"x": _torch_loader(own=True)},
}


def _train(data, folder=None, save_freq=1, kill=0, epochs=3):
    """One run of the program; returns the model and its history."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, "tanh"), layers.Dropout(0.3)]
        + [layers.BatchNormalization(), layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(0.05), "mse", metrics=["mae"])
    listeners = [
        callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.7),
        callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True),
    ]
    if folder is not None:
        listeners.insert(0, callbacks.BackupAndRestore(folder, save_freq))
    listeners.append(Kill(kill))
    history = model.fit(
        **DATA[data](),
        epochs=epochs,
        verbose=0,
        callbacks=listeners,
        validation_data=(_X[:6], _Y[:6]),
    )
    return model, history


def _check_same(one, other):
    model, history = one
    expected, of = other
    assert history.history == of.history and history.epoch == of.epoch
    pairs = zip(model.variables, expected.variables, strict=True)
    for got, wanted in [*pairs, *_pairs(model.optimizer, expected.optimizer)]:
        np.testing.assert_array_equal(got.numpy(), wanted.numpy())


def _pairs(one, other):
    return zip(one.variables, other.variables, strict=True)


def _check_resumed(data, folder, save_freq, kills):
    whole = _train(data)
    for kill in kills:
        with pytest.raises(Killed):
            _train(data, folder, save_freq, kill)
        np.random.normal(size=3)  # another process has other random numbers
    _check_same(_train(data, folder, save_freq), whole)


@pytest.mark.parametrize("data", DATA)
def test_every_kind_of_data_goes_on_where_it_was(data, tmp_path):
    with keras.backend_scope("torch"):
        _check_resumed(data, tmp_path / "backup", 1, [3, 2, 5])


@pytest.mark.parametrize("save_freq", ["epoch", 2])
def test_every_backend_goes_on_where_it_was(training_backend, save_freq, tmp_path):
    kills = [7, 8] if save_freq == "epoch" else [4, 5]
    _check_resumed("arrays", tmp_path / "backup", save_freq, kills)


def test_a_step_of_ones_own_goes_on(tmp_path):
    class Own(keras.Sequential):
        def train_step(self, data):
            logs = super().train_step(data)
            return {**logs, "twice": logs["loss"] * 2}

    def train(kill, folder=None):
        keras.utils.set_random_seed(1)
        model = Own([layers.Input((3,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        listeners = [Kill(kill)]
        if folder is not None:
            listeners.append(callbacks.BackupAndRestore(folder, 1))
        return model, model.fit(_X, _Y, 11, 2, verbose=0, callbacks=listeners)

    with keras.backend_scope("torch"):
        whole = train(0)
        with pytest.raises(Killed):
            train(3, tmp_path / "b")
        _check_same(train(0, tmp_path / "b"), whole)


def test_a_training_that_was_stopped_stays_so(tmp_path):
    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    class KillAtEnd(callbacks.Callback):
        def on_train_end(self, logs=None):
            raise Killed

    with keras.backend_scope("torch"):
        for ending in (KillAtEnd(), callbacks.Callback()):
            model = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
            model.compile("sgd", "mse")
            backup = callbacks.BackupAndRestore(tmp_path / "b")
            listeners = [ending, backup, Stop()]
            try:
                history = model.fit(_X, _Y, epochs=5, verbose=0, callbacks=listeners)
            except Killed:
                continue
    assert history.epoch == [0]


_PROGRAM = """
    import os, signal, sys
    import numpy as np
    sys.path.insert(0, {root!r})
    import keras
    from tests.training import test_resume as program

    kill = int(sys.argv[2])
    class Shot(program.Kill):
        def on_train_batch_end(self, batch, logs=None):
            if next(self.steps) == kill:
                os.kill(os.getpid(), signal.SIGKILL)
    program.Kill = Shot
    model, history = program._train("arrays", sys.argv[1] or None, 1)
    np.savez(sys.argv[3], *[v.numpy() for v in model.variables],
             loss=history.history["loss"])
"""


def test_a_process_killed_at_any_step(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(_PROGRAM.format(root=root)))
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": root}
    kill = int(np.random.default_rng().integers(1, 15))
    runs = [("", 0, "a.npz"), ("backup", kill, "b.npz"), ("backup", 0, "b.npz")]
    for folder, kill, name in runs:
        command = [sys.executable, str(script), folder, str(kill), name]
        done = subprocess.run(command, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == (-9 if kill else 0)
    with np.load(tmp_path / "a.npz") as one, np.load(tmp_path / "b.npz") as other:
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])
