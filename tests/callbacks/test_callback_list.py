from __future__ import annotations

import pytest

from keras.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    ProgbarLogger,
    TerminateOnNaN,
)
from keras.callbacks.logs import LazyLogs

HOOKS = [
    ("on_train_begin", ()),
    ("on_epoch_begin", (0,)),
    ("on_train_batch_begin", (0,)),
    ("on_train_batch_end", (0,)),
    ("on_test_begin", ()),
    ("on_test_batch_begin", (0,)),
    ("on_test_batch_end", (0,)),
    ("on_test_end", ()),
    ("on_epoch_end", (0,)),
    ("on_train_end", ()),
    ("on_predict_begin", ()),
    ("on_predict_batch_begin", (0,)),
    ("on_predict_batch_end", (0,)),
    ("on_predict_end", ()),
]


def test_every_hook_reaches_every_callback():
    told = []

    class Ear(Callback):
        pass

    for hook, arguments in HOOKS:
        parameters = "self, number, logs" if arguments else "self, logs"
        body = f"lambda {parameters}: told.append(({hook!r}, {arguments}, logs))"
        setattr(Ear, hook, eval(body, {"told": told}))
    callbacks = CallbackList([Ear(), (Ear(),)])
    for hook, arguments in HOOKS:
        getattr(callbacks, hook)(*arguments, {"a": 1})
    assert told == [(*pair, {"a": 1}) for pair in HOOKS for _ in range(2)]


def test_what_nobody_listens_to_is_known():
    quiet = CallbackList([EarlyStopping()], add_history=True)
    for mode in ("train", "test", "predict"):
        assert not getattr(quiet, f"wants_{mode}_batch_logs")
    assert not quiet.wants_train_batch_begin and not quiet.wants_train_batch_end
    quiet.append(LambdaCallback(on_train_batch_end=lambda batch, logs: None))
    assert quiet.wants_train_batch_end and not quiet.wants_train_batch_begin
    assert not quiet.wants_test_batch_logs


def test_the_older_hook_name_is_heard():
    callbacks = CallbackList([TerminateOnNaN()])
    assert callbacks.wants_train_batch_end and not callbacks.wants_train_batch_begin
    told = []
    callbacks = CallbackList(
        LambdaCallback(on_batch_end=lambda b, logs: told.append(b))
    )
    callbacks.on_train_batch_end(3, {})
    assert told == [3]


def test_a_hook_that_is_set_in_on_train_begin_is_heard():
    told = []

    class Late(Callback):
        def on_train_begin(self, logs=None):
            self.on_train_batch_end = lambda batch, logs=None: told.append(batch)

    callbacks = CallbackList(Late())
    assert not callbacks.wants_train_batch_end
    callbacks.on_train_begin()
    callbacks.on_train_batch_end(1, {})
    assert callbacks.wants_train_batch_end and told == [1]


def test_lazy_logs_pass_unread():
    callbacks = CallbackList(
        [LambdaCallback(on_train_batch_end=lambda b, logs: None, on_epoch_end=print)]
    )
    logs = LazyLogs({"loss": 1})
    callbacks.on_train_batch_end(0, logs)
    callbacks.on_train_end(logs)
    assert not logs.was_read


def test_defaults_are_added_once_and_after_the_users():
    callbacks = CallbackList([EarlyStopping()], add_history=True, add_progbar=True)
    kinds = [type(each) for each in callbacks.callbacks]
    assert kinds == [EarlyStopping, ProgbarLogger, History]
    mine = History()
    again = CallbackList(mine, add_history=True)
    assert again.callbacks == [mine] and again.history is mine
    assert CallbackList(again).callbacks == [mine]


def test_model_and_params_reach_everyone():
    one = Callback()
    callbacks = CallbackList([one], model="model", epochs=3, steps=2, verbose=0)
    assert one.model == callbacks.model == "model"
    assert one.params == {"epochs": 3, "steps": 2, "verbose": 0}


def test_strangers_are_refused():
    with pytest.raises(TypeError, match="must be instances.*Received: 3 of type int"):
        CallbackList([3])
    with pytest.raises(TypeError, match="This is the class: call it"):
        CallbackList([History])


def test_history():
    history = History()
    history.on_train_begin()
    history.on_epoch_end(0, {"loss": 1.0})
    history.on_epoch_end(1, {"loss": 2.0, "a": 1})
    assert history.history == {"loss": [1.0, 2.0], "a": [1]}
    assert history.epoch == [0, 1]


def test_lambda_callback():
    seen = []
    callback = LambdaCallback(
        on_test_begin=lambda anything: seen.append(anything),
        on_epoch_end=lambda e, anything: seen.append((e, anything)),
        note=5,
    )
    CallbackList(callback).on_test_begin({"a": 1})
    callback.on_epoch_end(2, logs={"b": 1})
    assert seen == [{"a": 1}, (2, {"b": 1})] and callback.note == 5
    with pytest.raises(ValueError, match="`on_epoch_ends`, which is no hook. Hooks: "):
        LambdaCallback(on_epoch_ends=print)
    with pytest.raises(ValueError, match="needs a function for `on_epoch_end`"):
        LambdaCallback(on_epoch_end=3)


def test_a_callback_may_forget_super_init():
    class Bare(Callback):
        def __init__(self):
            self.mine = 1

    CallbackList([Bare()], model="model").on_train_begin()
    assert Bare().model is None
