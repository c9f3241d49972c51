"""Many callbacks as one, which knows what nobody listens to.

For each batch hook only the callbacks that override it are called, and the
trainer can ask (`wants_train_batch_end` and so on) whether it needs to say
anything at all, so that a loop with nobody listening pays nothing per batch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from keras.callbacks.callback import Callback, Logs
from keras.callbacks.history import History
from keras.callbacks.logs import to_host_logs
from keras.callbacks.progbar_logger import ProgbarLogger
from keras.core.typing import Structure

if TYPE_CHECKING:
    from keras.models.model import Model

_BATCH_HOOKS = tuple(
    f"on_{mode}_batch_{moment}"
    for mode in ("train", "test", "predict")
    for moment in ("begin", "end")
)
_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)
# What logs hold when they have been read.
_READ = (float, int, str, type(None))
# A callback may still override the older name of a training hook.
_OLD_NAMES = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
}


class CallbackList(Callback):
    """Calls each of several callbacks.

    Args:
        callbacks: One callback, or several, nested as you like, or a
            `CallbackList`.
        add_history: Whether to add a `History` where there is none.
        add_progbar: Whether to add a `ProgbarLogger` where there is none.
        model: The model that the callbacks are to know.
        **params: The facts about the loop: `verbose`, `epochs`, `steps`.

    Raises:
        TypeError: If an element is not a `Callback`.

    Example:

    >>> from keras.callbacks import CallbackList
    >>> callbacks = CallbackList(add_history=True, epochs=1)
    >>> callbacks.on_train_begin()
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    >>> callbacks.callbacks[0].history
    {'loss': [0.5]}
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Model | None = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = list(_flat(callbacks))
        self._add_default(add_progbar, ProgbarLogger)
        self._add_default(add_history, History)
        if model is not None:
            self.set_model(model)
        self.set_params(params)
        self._listen()

    def _add_default(self, wanted: bool, kind: type[Callback]) -> None:
        if wanted and not any(isinstance(each, kind) for each in self.callbacks):
            self.callbacks.append(kind())

    @property
    def history(self) -> History | None:
        """The `History` among the callbacks."""
        found = (each for each in self.callbacks if isinstance(each, History))
        return next(found, None)

    def append(self, callback: Callback) -> None:
        """Add a callback."""
        self.callbacks.extend(_flat(callback))
        self._listen()

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell every callback the facts about the loop."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Model) -> None:
        """Tell every callback the model."""
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def _listen(self) -> None:
        """Find out, per batch hook, who overrides it."""
        heard: dict[str, list[Callable[..., Any]]] = {
            hook: [
                _takes_logs(getattr(callback, hook))
                for callback in self._in_order_of_telling()
                if _overrides(callback, hook)
            ]
            for hook in _BATCH_HOOKS
        }
        self._heard = heard
        self.wants_train_batch_begin = bool(heard["on_train_batch_begin"])
        self.wants_train_batch_end = bool(heard["on_train_batch_end"])
        self.wants_test_batch_begin = bool(heard["on_test_batch_begin"])
        self.wants_test_batch_end = bool(heard["on_test_batch_end"])
        self.wants_predict_batch_begin = bool(heard["on_predict_batch_begin"])
        self.wants_predict_batch_end = bool(heard["on_predict_batch_end"])

    def _in_order_of_telling(self) -> list[Any]:
        """The callbacks as they are told that something has ended."""
        return sorted(self.callbacks, key=lambda x: getattr(x, "_is_told_last", False))

    def follows_data(self) -> bool:
        """Whether some callback wants to know where the data is; see `Callback`."""
        return any(getattr(each, "_follows_data", False) for each in self.callbacks)

    def states(self) -> list[Any]:
        """What each callback has come to know, by its class; None for foreign ones."""
        return [
            (type(each).__name__, each._keras_state())
            if isinstance(each, Callback)
            else None
            for each in self.callbacks
        ]

    def set_states(self, states: list[Any]) -> None:
        """Let each callback know what it knew in another process.

        Args:
            states: What `states` returned there.
        """
        for each, state in zip(self.callbacks, states, strict=False):
            if state is not None and type(each).__name__ == state[0]:
                each._keras_set_state(state[1])

    def undo(self) -> None:
        """Have callbacks take back what only holds for part of a loop that failed."""
        for callback in self.callbacks:
            if isinstance(callback, Callback):
                callback._keras_undo()

    def set_run(self, run: Any) -> None:
        """Tell every callback what the loop holds; see `keras.training.run.Run`."""
        self._keras_run = run
        for callback in self.callbacks:
            if isinstance(callback, Callback):
                callback._keras_run = run

    def listens(self, mode: str) -> bool:
        """Whether anyone is told of `mode` batches, begun or ended."""
        begin, end = f"on_{mode}_batch_begin", f"on_{mode}_batch_end"
        return bool(self._heard[begin] or self._heard[end])

    def keep_logs(self, mode: str) -> bool:
        """Whether anyone may keep the logs of `mode` batches for later.

        A progress bar looks at once or never.
        """
        hooks = (f"on_{mode}_batch_begin", f"on_{mode}_batch_end")
        return any(
            not isinstance(callback, ProgbarLogger)
            and any(_overrides(callback, hook) for hook in hooks)
            for callback in self.callbacks
        )

    @property
    def wants_train_batch_logs(self) -> bool:
        """Whether anyone is told of training batches, begun or ended."""
        return self.wants_train_batch_begin or self.wants_train_batch_end

    @property
    def wants_test_batch_logs(self) -> bool:
        """Whether anyone is told of test batches, begun or ended."""
        return self.wants_test_batch_begin or self.wants_test_batch_end

    @property
    def wants_predict_batch_logs(self) -> bool:
        """Whether anyone is told of predicted batches, begun or ended."""
        return self.wants_predict_batch_begin or self.wants_predict_batch_end

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """An older name of `on_train_batch_begin`."""
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """An older name of `on_train_batch_end`."""
        self.on_train_batch_end(batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Tell those who listen."""
        logs = _given(logs)
        for hook in self._heard["on_train_batch_begin"]:
            hook(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Tell those who listen."""
        logs = _given(logs)
        for hook in self._heard["on_train_batch_end"]:
            hook(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Tell those who listen."""
        logs = _given(logs)
        for hook in self._heard["on_test_batch_begin"]:
            hook(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Tell those who listen."""
        logs = _given(logs)
        for hook in self._heard["on_test_batch_end"]:
            hook(batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Tell those who listen."""
        logs = {} if logs is None else logs
        for hook in self._heard["on_predict_batch_begin"]:
            hook(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Tell those who listen."""
        logs = {} if logs is None else logs
        for hook in self._heard["on_predict_batch_end"]:
            hook(batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_epoch_begin", epoch, logs=_given(logs))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Tell every callback."""
        logs = _given(logs)
        for callback in self._in_order_of_telling():
            callback.on_epoch_end(epoch, logs)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_train_begin", logs=_given(logs))
        self._listen()  # a callback may have given itself hooks

    def on_train_end(self, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_train_end", logs=_given(logs))

    def on_test_begin(self, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_test_begin", logs=_given(logs))

    def on_test_end(self, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_test_end", logs=_given(logs))

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_predict_begin", logs=_given(logs))

    def on_predict_end(self, logs: Logs = None) -> None:
        """Tell every callback."""
        self._tell("on_predict_end", logs=_given(logs))

    def _tell(self, hook: str, *args: Any, logs: Logs) -> None:
        # By position: who overrides a hook may call its parameters anything.
        for callback in self.callbacks:
            getattr(callback, hook)(*args, logs)


def _given(logs: Logs) -> Any:
    """Logs as callbacks get them: an empty dictionary for none, floats for tensors."""
    if logs is None:
        return {}
    if type(logs) is dict and not all(isinstance(x, _READ) for x in logs.values()):
        return to_host_logs(logs)
    return logs


def _takes_logs(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A batch hook that is called with `(batch, logs)`, whatever it calls them."""
    try:
        parameters = list(inspect.signature(hook).parameters.values())
    except (TypeError, ValueError):
        return hook
    kinds = {p.name: p.kind for p in parameters}
    by_position = sum(kind in _POSITIONAL for kind in kinds.values()) > 1
    if inspect.Parameter.VAR_POSITIONAL in kinds.values():
        by_position = kinds.get("logs") is not inspect.Parameter.KEYWORD_ONLY
    return hook if by_position else _ByKeyword(hook)


class _ByKeyword:
    """A hook such as `def on_train_batch_end(self, batch, **kwargs)`."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(self, batch: int, logs: Logs) -> Structure:
        return self.hook(batch, logs=logs)


def _overrides(callback: Any, hook: str) -> bool:
    own = getattr(getattr(callback, hook, None), "__func__", None)
    if own is not getattr(Callback, hook):
        return hasattr(callback, hook)
    old = _OLD_NAMES.get(hook)
    if old is None:
        return False
    own = getattr(getattr(callback, old, None), "__func__", None)
    return own is not getattr(Callback, old)


def _flat(callbacks: Any) -> Iterable[Any]:
    if callbacks is None:
        return
    if isinstance(callbacks, CallbackList):
        yield from callbacks.callbacks
    elif isinstance(callbacks, (list, tuple)):
        for each in callbacks:
            yield from _flat(each)
    elif _is_callback(callbacks):
        yield callbacks
    else:
        is_class = isinstance(callbacks, type)
        raise TypeError(
            "Callbacks must be instances of `keras.callbacks.Callback`. Received: "
            f"{callbacks!r} of type {type(callbacks).__name__}."
            + (" This is the class: call it to make an instance." if is_class else "")
        )


def _is_callback(value: Any) -> bool:
    # Callbacks of other libraries that only look the part are welcome.
    return isinstance(value, Callback) or (
        hasattr(value, "on_train_batch_end") and not isinstance(value, type)
    )
