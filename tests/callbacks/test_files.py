"""The callbacks that write somewhere."""

from __future__ import annotations

import http.server
import json
import threading

import numpy as np
import pytest

import keras
from keras.callbacks import (
    BackupAndRestore,
    CallbackList,
    CSVLogger,
    MetricsLogger,
    RemoteMonitor,
    SwapEMAWeights,
    TensorBoard,
    TerminateOnNaN,
)
from keras.core import placement
from tests.callbacks.fakes import FakeModel, FakeRun


def train(callback, model, epochs, batches=3, die=None):
    """A training loop that may be interrupted at `die = (epoch, batch)`."""
    callback.set_model(model)
    callback._keras_run = FakeRun()
    callback.on_train_begin()
    start = callback._keras_run.initial_epoch
    for epoch in range(start, epochs):
        callback.on_epoch_begin(epoch)
        for batch in range(batches):
            if (epoch, batch) == die:
                return start
            model.weights += 1
            callback.on_train_batch_end(batch)
        callback.on_epoch_end(epoch)
    callback.on_train_end()
    return start


def test_csv_logger_as_keras(tmp_path):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.set_model(FakeModel())
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.0, "acc": 0.5})
    # Every line is on disk at once.
    assert path.read_text() == "epoch,acc,loss,val_acc,val_loss\n0,0.5,1.0,NA,NA\n"
    logger.on_epoch_end(1, {"loss": 0.1, "acc": np.float32(0.5), "val_loss": 3.0})
    logger.on_epoch_end(2, {"loss": 0.1})
    logger.on_train_end()
    rows = "1,0.5,0.1,NA,3.0\n2,NA,0.1,NA,NA\n"
    assert path.read_text().endswith(rows)


def test_metrics_logger_writes_lines_of_json(tmp_path, caplog):
    path = tmp_path / "log.jsonl"
    logger = MetricsLogger(path, logger="keras.test", every=2)
    logger.on_train_begin()
    logger.on_epoch_begin(0)
    for batch in (0, 2, 3):  # batches 1 and 2 as one execution
        logger.on_train_batch_end(batch, {"loss": 0.5})
    logger.on_epoch_end(0, {"loss": np.float32(0.25), "acc": float("nan")})
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [
        {"epoch": 0, "batch": 2, "loss": 0.5},
        {"epoch": 0, "batch": 3, "loss": 0.5},
        {"epoch": 0, "loss": 0.25, "acc": "nan"},
    ]
    logger.on_train_end()
    with caplog.at_level("INFO", logger="keras.test"):
        logger.on_train_begin()
        logger.on_epoch_end(1, {"loss": 0.125, "scores": np.array([1.0, 2.0])})
        logger.on_train_end()
    assert caplog.messages == ["epoch 1 - loss: 0.125 - scores: [1.0, 2.0]"]
    assert len(path.read_text().splitlines()) == 4
    with pytest.raises(ValueError, match="neither"):
        MetricsLogger()
    with pytest.raises(ValueError, match="every"):
        MetricsLogger(path, every=0)
    assert not CallbackList(MetricsLogger(path)).wants_train_batch_end


def test_csv_logger_appends_to_the_columns_that_are_there(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch;loss;acc\n0;1.0;0.5\n")
    logger = CSVLogger(path, separator=";", append=True)
    logger.on_train_begin()
    logger.on_epoch_end(1, {"acc": [0.5, 1], "loss": 2.0})
    logger.on_train_end()
    assert path.read_text().splitlines()[2] == '1;2.0;"""[0.5, 1]"""'
    with pytest.raises(RuntimeError, match="opens it in `on_train_begin`"):
        logger.on_epoch_end(2, {})


@pytest.mark.parametrize("double", [False, True])
def test_backup_and_restore_after_each_epoch(tmp_path, double):
    folder = tmp_path / "backup"
    options = {"double_checkpoint": double}
    train(BackupAndRestore(folder, **options), FakeModel(), 5, die=(2, 1))
    weights = sorted(p.name for p in folder.glob("*.h5"))
    assert len(weights) == (2 if double else 1)
    model = FakeModel()
    # Two epochs of three batches were finished.
    assert train(BackupAndRestore(folder, **options), model, 5) == 2
    assert model.weights == 15
    assert not folder.exists()


def test_backup_within_an_epoch_names_that_epoch(tmp_path):
    folder = tmp_path / "backup"
    train(BackupAndRestore(folder, save_freq=2), FakeModel(), 5, die=(1, 2))
    model = FakeModel()
    callback = BackupAndRestore(folder, save_freq=2, delete_checkpoint=False)
    assert train(callback, model, 2) == 1
    assert model.weights == 4 + 3
    assert folder.exists()


def test_backup_falls_back_on_the_one_before(tmp_path):
    callback = BackupAndRestore(tmp_path / "b", double_checkpoint=True)
    train(callback, FakeModel(), 5, die=(2, 0))
    newest = json.loads((tmp_path / "b" / "training_metadata.json").read_text())
    (tmp_path / "b" / newest["backups"][0]["file"]).write_text("torn")
    model = FakeModel()
    callback.set_model(model)
    callback._keras_run = FakeRun()
    callback.on_train_begin()
    assert callback._keras_run.initial_epoch == 1 and model.weights == 3


def test_bad_backups(tmp_path):
    train(BackupAndRestore(tmp_path), FakeModel(), 5, die=(2, 0))
    (weights,) = tmp_path.glob("*.h5")
    weights.write_text("torn")
    callback = BackupAndRestore(tmp_path)
    callback.set_model(FakeModel())
    with pytest.raises(ValueError, match="cannot be read.*another `backup_dir`"):
        callback.on_train_begin()
    metadata = tmp_path / "training_metadata.json"
    metadata.write_text(json.dumps({"backups": [{"file": "../x", "epoch": 1}]}))
    with pytest.raises(ValueError, match="names a file outside its folder"):
        callback.on_train_begin()
    metadata.write_text("{")
    with pytest.raises(ValueError, match="is no backup that BackupAndRestore wrote"):
        callback.on_train_begin()
    with pytest.raises(ValueError, match="`backup_dir` of BackupAndRestore must name"):
        BackupAndRestore("")


class Server:
    def __enter__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length).decode()
                received.append((self.path, self.headers["Content-Type"], body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()


def test_remote_monitor():
    with Server() as server:
        RemoteMonitor(server.root).on_epoch_end(1, {"loss": np.float32(0.5)})
        RemoteMonitor(server.root, send_as_json=True).on_epoch_end(2, {"loss": 1.0})
    (path, _, form), (_, kind, text) = server.received
    assert path == "/publish/epoch/end/"
    assert form == "data=%7B%22epoch%22%3A+1%2C+%22loss%22%3A+0.5%7D"
    assert kind == "application/json"
    assert json.loads(text) == {"epoch": 2, "loss": 1.0}


def test_remote_monitor_without_a_server():
    with pytest.warns(UserWarning, match="could not reach http://127.0.0.1:9"):
        RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {})
    with pytest.raises(ValueError, match="must begin with http"):
        RemoteMonitor("file:///tmp").on_epoch_end(0, {})


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_terminate_on_nan(loss, capsys):
    model = FakeModel()
    callback = TerminateOnNaN()
    callback.set_model(model)
    callback.on_train_batch_end(0, {"loss": 1.0})
    callback.on_train_batch_end(0, {})
    assert not model.stop_training
    callback.on_train_batch_end(4, {"loss": loss})
    assert model.stop_training
    assert f"Batch 4: the loss is {loss}, terminating" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="Lower the learning rate"):
        TerminateOnNaN(raise_error=True).on_train_batch_end(4, {"loss": loss})


class Holder:
    """A variable that is assigned in place, as torch's are."""

    def __init__(self, value):
        self.value = np.array([value])

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value) if copy else self.value

    def assign(self, value):
        self.value[...] = value


def test_swap_ema_weights():
    model, weight, average = FakeModel(), Holder(1.0), Holder(2.0)
    model.optimizer.use_ema = True
    model.optimizer._trainable_variables = [weight]
    model.optimizer._keras_averages = [average]

    def now():
        return float(weight.value[0]), float(average.value[0])

    swap = SwapEMAWeights()
    swap.set_model(model)
    swap.on_epoch_begin(0)
    swap.on_test_begin()
    assert now() == (2.0, 1.0)
    swap.on_test_end()
    assert now() == (1.0, 2.0)
    swap = SwapEMAWeights(swap_on_epoch=True)
    swap.set_model(model)
    swap.on_epoch_begin(0)
    swap.on_epoch_end(0)
    assert now() == (2.0, 1.0)
    swap.on_epoch_begin(1)
    assert now() == (1.0, 2.0)
    model.optimizer.use_ema = False
    with pytest.raises(ValueError, match="`use_ema=True`"):
        swap.on_epoch_end(1)


def test_a_process_that_does_not_write_leaves_no_files(tmp_path, monkeypatch):
    """Of the processes of a job the first one writes."""
    monkeypatch.setattr(placement, "writes_files", lambda: False)
    with keras.backend_scope("torch"):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(3, 1)])
        model.compile("sgd", "mse")
        callbacks = [
            CSVLogger(tmp_path / "a.csv"),
            MetricsLogger(filename=tmp_path / "a.jsonl"),
            TensorBoard(tmp_path, histogram_freq=1, embeddings_freq=1),
        ]
        x, y = np.zeros((2, 2), "int32"), np.zeros((2, 2, 1), "float32")
        model.fit(x, y, verbose=0, callbacks=callbacks)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
