from __future__ import annotations

import io
import types

import pytest

from keras.callbacks import CallbackList, ProgbarLogger
from keras.callbacks.logs import LazyLogs
from keras.core import config
from keras.utils import messages, progbar
from keras.utils.progbar import Progbar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def attach(stream, monkeypatch):
    # pytest puts its own sys.stdout back between set-up and test.
    monkeypatch.setattr(messages, "sys", types.SimpleNamespace(stdout=stream))
    return stream


@pytest.fixture(params=["terminal", "file"])
def screen(request, monkeypatch):
    stream = Terminal() if request.param == "terminal" else io.StringIO()
    attach(stream, monkeypatch)
    monkeypatch.setenv("COLUMNS", "100")
    return stream


def is_terminal(screen):
    return isinstance(screen, Terminal)


def test_progbar(screen):
    bar = Progbar(4, interval=0)
    for step in range(1, 5):
        bar.update(step, [("a", step), ("b", 1e-5)])
    text = screen.getvalue()
    if is_terminal(screen):
        assert text.count("\r") == 4 and text.count("\n") == 1
        assert "\033[1m1/4\033[0m \033[32m━━━━━\033[37m━━━━━━━━━━━━━━━" in text
        assert text.endswith(" - a: 4.0000 - b: 1.0000e-05\033[K\n")
    else:
        assert text.count("\n") == 1 and "\r" not in text and "\033" not in text
        assert text.startswith("4/4 - 0s ") and "/step - a: 4.0000" in text


def test_progbar_redraws_no_more_often_than_the_interval(screen):
    bar = Progbar(1000, interval=3600)
    for step in range(1, 1001):
        bar.update(step, [("a", step)])
    assert screen.getvalue().count("a: ") == (2 if is_terminal(screen) else 1)


def test_progbar_never_wraps(monkeypatch):
    screen = attach(Terminal(), monkeypatch)
    monkeypatch.setenv("COLUMNS", "60")
    for target in (2, None):
        Progbar(target).update(1, [(f"metric_{i}", i) for i in range(20)])
    for line in screen.getvalue().split("\r")[1:]:
        for code in ("\033[1m", "\033[32m", "\033[37m", "\033[0m", "\033[K"):
            line = line.replace(code, "")
        assert len(line) < 60


def test_progbar_kinds(screen):
    silent = Progbar(2, verbose=0)
    silent.update(2, [("a", 1)])
    assert screen.getvalue() == ""
    Progbar(2, verbose=2, unit_name="file").update(1, [("a", 1)])
    assert screen.getvalue() == ""
    Progbar(2, verbose=2, unit_name="file").update(2, [("a", 1)])
    assert screen.getvalue().startswith("2/2 - 0s ")
    assert screen.getvalue().endswith("/file - a: 1.0000\n")


def test_progbar_of_unknown_length_and_averages(screen):
    bar = Progbar(None, stateless_metrics=["a"])
    bar.add(2, [("a", 1)])
    bar.add(1, [("a", 4)])
    bar.update(4, [("a", 5), ("b", "text")], finalize=True)
    assert screen.getvalue().count("\n") == 1
    assert "4/Unknown" in screen.getvalue()
    assert " - a: 2.7500 - b: text" in screen.getvalue()


def test_progbar_writes_to_the_log_when_asked(screen, caplog, monkeypatch):
    monkeypatch.setattr(config.settings, "interactive_logging", False)
    with caplog.at_level("INFO", "keras"):
        Progbar(2).update(2, [("a", 1)])
    assert screen.getvalue() == "" and "2/2 - 0s" in caplog.text


def run(callbacks, steps=3, epochs=2, batches=None):
    read = []
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch in range(batches or steps):
            logs = LazyLogs({"loss": batch})
            callbacks.on_train_batch_end(batch, logs)
            read.append(logs.was_read)
        callbacks.on_test_begin()
        callbacks.on_test_batch_end(0, {"loss": 9.0})
        callbacks.on_test_end({"loss": 9.0})
        callbacks.on_epoch_end(epoch, {"loss": 1.0, "val_loss": 2.0})
    callbacks.on_train_end()
    return read


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_fit_shows_a_line_per_epoch(screen, verbose):
    read = run(CallbackList(ProgbarLogger(), verbose=verbose, epochs=2, steps=3))
    lines = screen.getvalue().splitlines()
    assert [line for line in lines if line.startswith("Epoch")] == [
        "Epoch 1/2",
        "Epoch 2/2",
    ]
    assert len([line for line in lines if "val_loss: 2.0000" in line]) == 2
    assert "9.0" not in screen.getvalue()
    if is_terminal(screen) and verbose != 2:
        # One drawing per epoch before its end, as the steps take no time.
        assert read == [True, False, False] * 2
    else:
        assert len(lines) == 4 and not any(read)


def test_verbose_0_is_silent(screen):
    read = run(CallbackList(ProgbarLogger(), verbose=0, epochs=2, steps=3))
    assert screen.getvalue() == "" and not any(read)


def test_unknown_and_short_epochs_show_what_was_done(screen):
    run(CallbackList(ProgbarLogger(), epochs=1, steps=None), epochs=1, batches=4)
    run(CallbackList(ProgbarLogger(), epochs=1, steps=9), epochs=1, batches=5)
    first, second, _ = screen.getvalue().split("\n")
    assert "4/4" in first and "5/5" in second and "Epoch" not in first


def test_evaluate_and_predict(screen):
    callbacks = CallbackList(ProgbarLogger(), steps=2)
    callbacks.on_test_begin()
    callbacks.on_test_batch_end(0, {"loss": 1.0})
    callbacks.on_test_batch_end(1, {"loss": 2.0})
    callbacks.on_test_end({"loss": 2.0})
    callbacks.on_predict_begin()
    callbacks.on_predict_batch_end(0, {"outputs": object()})
    callbacks.on_predict_batch_end(1, {"outputs": object()})
    callbacks.on_predict_end()
    tested, predicted, _ = screen.getvalue().split("\n")
    assert "2/2" in tested and "loss: 2.0000" in tested
    assert "2/2" in predicted and "outputs" not in predicted


def test_time_per_step_leaves_the_first_step_out(screen, monkeypatch):
    now = [0.0]
    clock = types.SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(progbar, "time", clock)
    callbacks = CallbackList(ProgbarLogger(), verbose=2, epochs=1, steps=3)
    callbacks.on_epoch_begin(0)
    for batch, end in enumerate((60.0, 60.002, 60.004)):
        now[0] = end
        callbacks.on_train_batch_end(batch, {})
    callbacks.on_epoch_end(0, {})
    assert screen.getvalue() == "3/3 - 1:00 - 2ms/step\n"
